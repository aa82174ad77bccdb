import { item, map, reshape, rowMajor, scalar, tensor, zeros, zip } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { argmax, recurrentStep, statesOf } from './1.3.quantities.js'

const states = ['h1', 'h2', 'h3']
/** Those with a state before them that is not zero. */
const laterStates = ['h2', 'h3']
const stateInputs = (quantity: string) => [
  'inputWeights',
  `x${quantity[1]}`,
  'hiddenWeights',
  before(quantity),
  'hiddenBias',
]
const before = (quantity: string) => `h${Number(quantity[1]) - 1}`

/** A mistake in a hidden state. */
function stateMistake(
  name: string,
  quantities: readonly string[],
  explanation: string,
  compute: (values: Values, quantity: string, operators: Operators) => ReturnType<ExerciseMistake['compute']>,
): ExerciseMistake {
  return {
    name,
    quantities,
    explanation,
    from: stateInputs,
    compute: (quantity, values, operators) => compute(values, quantity, operators),
  }
}

/** A mistake in the mean of the hidden states. */
function meanMistake(
  name: string,
  explanation: string,
  from: readonly string[],
  weightsOf: readonly number[],
): ExerciseMistake {
  return {
    name,
    quantities: ['meanHidden'],
    explanation,
    from: () => from,
    compute: async (_, values) =>
      from
        .map((state, i) => map(tensorOf(values, state), (x) => x * weightsOf[i]))
        .reduce((sum, state) => zip(sum, state, (a, b) => a + b)),
  }
}

/** What people get wrong in ntua/1.3. */
export const classifierMistakes: readonly ExerciseMistake[] = [
  stateMistake('ReLU left out', states, 'is what you get without the ReLU.', (values, quantity, operators) =>
    recurrentStep(
      values,
      [tensorOf(values, `x${quantity[1]}`), tensorOf(values, before(quantity))],
      operators,
      'identity',
    ),
  ),
  stateMistake(
    'previous state left out',
    laterStates,
    'is what you get when the previous hidden state is not added.',
    (values, quantity, operators) => {
      const x = tensorOf(values, `x${quantity[1]}`)
      return recurrentStep(values, [x, zeros(tensorOf(values, before(quantity)).shape)], operators)
    },
  ),
  stateMistake(
    'ReLU before the previous state is added',
    laterStates,
    'is what you get when ReLU is applied to W·x alone and the previous state is added afterwards.',
    async (values, quantity, operators) => {
      const [x, h] = [tensorOf(values, `x${quantity[1]}`), tensorOf(values, before(quantity))]
      const alone = await recurrentStep(values, [x, zeros(h.shape)], operators)
      const back = await forward(operators, 'linear', 'y', { x: h, weight: tensorOf(values, 'hiddenWeights') })
      return zip(alone, back, (a, b) => a + b)
    },
  ),
  {
    name: 'unknown word skipped',
    quantities: ['h2'],
    explanation: 'is what you get when the state is set to zero at the unknown word; a word of zeros leaves W_hh·h.',
    from: () => ['h1'],
    compute: async (_, values) => zeros(tensorOf(values, 'h1').shape),
  },
  meanMistake('sum not divided', 'is the sum of the hidden states; the mean is a third of it.', states, [1, 1, 1]),
  meanMistake(
    'initial state counted',
    'is what you get when h₀ is averaged in too.',
    ['h0', ...states],
    [0.25, 0.25, 0.25, 0.25],
  ),
  meanMistake(
    'unknown word not counted',
    'is what you get when the state after the unknown word is left out of the mean.',
    ['h1', 'h3'],
    [0.5, 0.5],
  ),
  meanMistake('last state instead of the mean', 'is the last hidden state.', ['h3'], [1]),
  {
    name: 'maximum instead of the mean',
    quantities: ['meanHidden'],
    explanation: 'is the largest of the hidden states (max pooling), not their mean.',
    from: () => states,
    compute: async (_, values, operators) => {
      const x = statesOf(values)
      const [T, , H] = x.shape
      const columns = reshape(x.transpose(1, 2, 0), [1, H, T, 1])
      const pooled = await forward(operators, 'maxPool2d', 'y', { x: columns }, { kernel: [T, 1] })
      return reshape(pooled, [H])
    },
  },
  ...(['', 'mean'] as const).flatMap((stage) => classificationMistakes(stage)),
]

function classificationMistakes(stage: '' | 'mean'): readonly ExerciseMistake[] {
  const named = (name: string) => (stage === '' ? name.toLowerCase() : `mean${name}`)
  const [logits, probabilities, label] = [named('Logits'), named('Probabilities'), named('Class')]
  const hidden = stage === '' ? 'h3' : 'meanHidden'
  const suffix = stage === '' ? '' : ' (mean)'
  return [
    {
      name: `softmax skipped${suffix}`,
      quantities: [probabilities],
      explanation: 'is the vector of logits: the softmax was not applied.',
      from: () => [logits],
      compute: async (_, values) => tensorOf(values, logits),
    },
    {
      name: `normalised without exponentials${suffix}`,
      quantities: [probabilities],
      explanation: 'is the vector of logits divided by its sum; the softmax takes exponentials first.',
      from: () => [logits],
      compute: async (_, values) => {
        const x = tensorOf(values, logits)
        const sum = rowMajor(x).reduce((total, value) => total + value, 0)
        return map(x, (value) => value / sum)
      },
    },
    {
      name: `exponentials not normalised${suffix}`,
      quantities: [probabilities],
      explanation: 'is the vector of exponentials of the logits, not divided by its sum.',
      from: () => [logits],
      compute: async (_, values) => map(tensorOf(values, logits), Math.exp),
    },
    {
      name: `ReLU applied to the logits${suffix}`,
      quantities: [logits],
      explanation: 'is what you get when ReLU is applied to the logits too.',
      from: () => ['outputWeights', hidden, 'outputBias'],
      compute: async (_, values, operators) => {
        const weight = tensorOf(values, 'outputWeights')
        const y = await forward(operators, 'linear', 'y', {
          x: tensorOf(values, hidden),
          weight,
          bias: tensorOf(values, 'outputBias'),
        })
        return forward(operators, 'relu', 'y', { x: y })
      },
    },
    {
      name: `hidden units exchanged${suffix}`,
      quantities: [logits],
      explanation: 'is what you get when the two hidden units are exchanged before the output weights.',
      from: () => ['outputWeights', hidden, 'outputBias'],
      compute: (_, values, operators) => {
        const h = rowMajor(tensorOf(values, hidden))
        return forward(operators, 'linear', 'y', {
          x: tensor([h.length], [...h].reverse()),
          weight: tensorOf(values, 'outputWeights'),
          bias: tensorOf(values, 'outputBias'),
        })
      },
    },
    {
      name: `classes counted from one${suffix}`,
      quantities: [label],
      explanation: 'is what you get when classes are counted from 1; here they are 0, 1 and 2.',
      from: () => [logits],
      compute: async (_, values) => scalar(item(argmax(tensorOf(values, logits))) + 1),
    },
    {
      name: `smallest logit taken${suffix}`,
      quantities: [label],
      explanation: 'is the class of the smallest logit.',
      from: () => [logits],
      compute: async (_, values) => {
        const data = rowMajor(tensorOf(values, logits))
        return scalar(data.indexOf(Math.min(...data)))
      },
    },
  ]
}
