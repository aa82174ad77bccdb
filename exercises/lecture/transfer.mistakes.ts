import { map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { backward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { stepped } from './transfer.quantities.js'

function mistake(
  name: string,
  quantities: readonly string[],
  explanation: string,
  from: readonly string[] | ((quantity: string) => readonly string[]),
  wrong: (values: Values, operators: Operators, quantity: string) => Tensor | Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities,
    explanation,
    from: typeof from === 'function' ? from : () => from,
    compute: async (quantity, values, operators) => wrong(values, operators, quantity),
  }
}

/** The layer that a quantity's name ends with. */
const layerOf = (quantity: string) => quantity.slice(-1)

/** A step of a quantity's layer at a rate of another sign or size. */
function otherStep(
  name: string,
  quantities: readonly string[],
  explanation: string,
  rate: string,
  factor = 1,
): ExerciseMistake {
  return mistake(
    name,
    quantities,
    explanation,
    (quantity) => [`W${layerOf(quantity)}`, `gradient${layerOf(quantity)}`, rate],
    (values, operators, quantity) => {
      const layer = layerOf(quantity)
      const gradient = map(tensorOf(values, `gradient${layer}`), (g) => factor * g)
      return stepped(tensorOf(values, `W${layer}`), gradient, numberOf(values, rate), operators)
    },
  )
}

const ofSteps: readonly ExerciseMistake[] = [
  otherStep(
    'frozen layers moved',
    ['frozenW1', 'frozenW2', 'lastW1'],
    'is what you get when a frozen layer is trained: its weights stay as the source task left them.',
    'rate',
  ),
  otherStep(
    'same rate for all layers',
    ['allW1', 'allW2'],
    'is what you get at the classifier’s rate; layers that have been trained before get the smaller one.',
    'rate',
  ),
  otherStep(
    'smaller rate for the classifier',
    ['newW3'],
    'is what you get at the smaller rate, which is for layers that have been trained before; the classifier is new.',
    'smallRate',
  ),
  otherStep(
    'smaller rate for the last layers',
    ['lastW2'],
    'is what you get at the smaller rate, which belongs to the training of all layers.',
    'smallRate',
  ),
  otherStep(
    'step along the gradient',
    ['newW3', 'lastW2'],
    'is what you get when the gradient is added: the step goes against it.',
    'rate',
    -1,
  ),
  otherStep(
    'step along the gradient, all layers',
    ['allW1', 'allW2'],
    'is what you get when the gradient is added: the step goes against it.',
    'smallRate',
    -1,
  ),
  mistake(
    'learning rate left out',
    ['newW3', 'lastW2', 'allW1', 'allW2'],
    'is what you get when the whole gradient is subtracted, without the learning rate.',
    (quantity) => [`W${layerOf(quantity)}`, `gradient${layerOf(quantity)}`],
    (values, operators, quantity) => {
      const [weights, gradient] = [`W${layerOf(quantity)}`, `gradient${layerOf(quantity)}`]
      return stepped(tensorOf(values, weights), tensorOf(values, gradient), 1, operators)
    },
  ),
  mistake(
    'layer of the last layers frozen',
    ['lastW2', 'allW1', 'allW2'],
    'are the old weights; here this layer is trained.',
    (quantity) => [`W${layerOf(quantity)}`],
    (values, _, quantity) => tensorOf(values, `W${layerOf(quantity)}`),
  ),
]

/** a·bᵀ */
function outer(a: Tensor, b: Tensor): Tensor {
  const [left, right] = [rowMajor(a), rowMajor(b)]
  return tensor(
    [left.length, right.length],
    [...left].flatMap((x) => [...right].map((y) => x * y)),
  )
}

const reads: Readonly<Record<string, string>> = { gradient1: 'x', gradient2: 'h1', gradient3: 'h2' }

const ofGradients: readonly ExerciseMistake[] = [
  mistake(
    'target minus probability',
    ['delta3'],
    'is y − p, of the opposite sign: the gradient by the logits is p − y.',
    ['delta3'],
    (values) => map(tensorOf(values, 'delta3'), (d) => -d),
  ),
  mistake(
    'one-hot vector forgotten',
    ['delta3'],
    'is the probabilities themselves; 1 is subtracted at the right class.',
    ['probabilities'],
    (values) => tensorOf(values, 'probabilities'),
  ),
  mistake(
    'derivative of a sigmoid multiplied in',
    ['delta3'],
    'has p·(1 − p) multiplied in, as for a squared error behind a sigmoid; with softmax and cross-entropy it cancels.',
    ['delta3', 'probabilities'],
    (values) => zip(tensorOf(values, 'delta3'), tensorOf(values, 'probabilities'), (d, p) => d * p * (1 - p)),
  ),
  mistake(
    'derivative of ReLU forgotten',
    ['delta1', 'delta2'],
    'is what you get without the factor [a > 0]: nothing flows back through a unit that is off.',
    (quantity) => aboveOf(quantity),
    (values, operators, quantity) => {
      const [weight, y, x] = aboveOf(quantity).map((name) => tensorOf(values, name))
      return backward(operators, 'linear', 'x', { x, weight }, { y })
    },
  ),
  mistake(
    'activation in place of the derivative of ReLU',
    ['delta1', 'delta2'],
    'has the activation multiplied in where its derivative, 0 or 1, belongs.',
    (quantity) => aboveOf(quantity),
    async (values, operators, quantity) => {
      const [weight, y, x] = aboveOf(quantity).map((name) => tensorOf(values, name))
      return zip(await backward(operators, 'linear', 'x', { x, weight }, { y }), x, (d, h) => d * h)
    },
  ),
  mistake(
    'new weights in the backward pass',
    ['delta2'],
    'is what you get when δ goes back through the weights after the step; all gradients belong to the weights before it.',
    ['newW3', 'delta3', 'a2', 'h2'],
    async (values, operators) => {
      const [weight, y, a, x] = ['newW3', 'delta3', 'a2', 'h2'].map((name) => tensorOf(values, name))
      const back = await backward(operators, 'linear', 'x', { x, weight }, { y })
      return backward(operators, 'relu', 'x', { x: a }, { y: back })
    },
  ),
  mistake(
    'gradient transposed',
    ['gradient1', 'gradient2', 'gradient3'],
    'is the transpose: a row of the gradient belongs to a unit of the layer, δ·xᵀ, not x·δᵀ.',
    (quantity) => [`delta${layerOf(quantity)}`, reads[quantity]],
    (values, _, quantity) => outer(tensorOf(values, reads[quantity]), tensorOf(values, `delta${layerOf(quantity)}`)),
  ),
  mistake(
    'pre-activation in place of the activation',
    ['gradient2', 'gradient3'],
    'has the pre-activation of the layer below; the layer reads what ReLU makes of it.',
    (quantity) => [`delta${layerOf(quantity)}`, `a${Number(layerOf(quantity)) - 1}`],
    (values, _, quantity) => {
      const layer = Number(layerOf(quantity))
      return outer(tensorOf(values, `delta${layer}`), tensorOf(values, `a${layer - 1}`))
    },
  ),
  mistake(
    'input in place of the features',
    ['gradient3'],
    'has the network’s input; the classifier reads the features h₂.',
    ['delta3', 'x'],
    (values) => outer(tensorOf(values, 'delta3'), tensorOf(values, 'x')),
  ),
  mistake(
    'ReLU left out',
    ['h1', 'h2'],
    'is what you get without ReLU.',
    (quantity) => [`a${layerOf(quantity)}`],
    (values, _, quantity) => tensorOf(values, `a${layerOf(quantity)}`),
  ),
  mistake('minus sign forgotten', ['loss'], 'is ln p; the loss is minus that.', ['loss'], (values) =>
    map(tensorOf(values, 'loss'), (loss) => -loss),
  ),
]

/** The weights above a hidden layer, the δ above it, and its activations. */
function aboveOf(quantity: string): readonly string[] {
  const layer = Number(layerOf(quantity))
  return [`W${layer + 1}`, `delta${layer + 1}`, `h${layer}`]
}

const sizeOf = (values: Values, ...names: readonly string[]) =>
  scalar(names.reduce((sum, name) => sum + tensorOf(values, name).size, 0))

const ofCounts: readonly ExerciseMistake[] = [
  mistake(
    'classes of the source task',
    ['classifierParameters'],
    'is the layer that is taken off, with the classes of the source task.',
    ['removedParameters'],
    (values) => tensorOf(values, 'removedParameters'),
  ),
  mistake(
    'biases of the classifier forgotten',
    ['classifierParameters'],
    'is what you get without a bias for each class.',
    ['featureSize', 'targetClasses'],
    (values) => scalar(numberOf(values, 'featureSize') * numberOf(values, 'targetClasses')),
  ),
  mistake(
    'one bias for the whole classifier',
    ['classifierParameters'],
    'counts one bias in all; every class has its own.',
    ['featureSize', 'targetClasses'],
    (values) => scalar(numberOf(values, 'featureSize') * numberOf(values, 'targetClasses') + 1),
  ),
  mistake(
    'new classes added to the old ones',
    ['classifierParameters'],
    'counts a classifier of both tasks’ classes; the new one takes the old one’s place.',
    ['featureSize', 'targetClasses', 'sourceClasses'],
    (values) => {
      const classes = numberOf(values, 'targetClasses') + numberOf(values, 'sourceClasses')
      return scalar((numberOf(values, 'featureSize') + 1) * classes)
    },
  ),
  mistake(
    'frozen weights counted',
    ['frozenParameters', 'lastParameters'],
    'counts all weights, those of frozen layers too.',
    ['W1', 'W2', 'W3'],
    (values) => sizeOf(values, 'W1', 'W2', 'W3'),
  ),
  mistake(
    'classifier not counted',
    ['lastParameters', 'allParameters'],
    'counts the layers that have been trained before only; the new classifier is trained too.',
    (quantity) => (quantity === 'lastParameters' ? ['W2'] : ['W1', 'W2']),
    (values, _, quantity) => sizeOf(values, ...(quantity === 'lastParameters' ? ['W2'] : ['W1', 'W2'])),
  ),
  mistake(
    'loss before the step',
    ['frozenLoss', 'lastLoss', 'allLoss'],
    'is the loss before the step.',
    ['loss'],
    (values) => reshape(tensorOf(values, 'loss'), []),
  ),
]

/** What people get wrong in lecture/transfer. */
export const transferMistakes: readonly ExerciseMistake[] = [...ofSteps, ...ofGradients, ...ofCounts]
