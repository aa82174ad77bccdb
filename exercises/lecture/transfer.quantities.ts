import { reshape, scalar, type Tensor } from '../../oracle/tensor.js'
import { backward, forward, numberOf, product, scalarOf, tensorOf, weightedSum } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { type Strategy, strategies } from './transfer.network.js'

/** W·x, by `linear`. */
function times(weight: Tensor, x: Tensor, operators: Operators): Promise<Tensor> {
  return forward(operators, 'linear', 'y', { x, weight })
}

function rectified(x: Tensor, operators: Operators): Promise<Tensor> {
  return forward(operators, 'relu', 'y', { x })
}

/** The logits of the network of these weights. */
export async function logitsWith(
  [first, second, third]: readonly Tensor[],
  x: Tensor,
  operators: Operators,
): Promise<Tensor> {
  const h1 = await rectified(await times(first, x, operators), operators)
  const h2 = await rectified(await times(second, h1, operators), operators)
  return times(third, h2, operators)
}

/** The cross-entropy of logits [C] and a class. */
export async function crossEntropyOf(logits: Tensor, target: Tensor, operators: Operators): Promise<Tensor> {
  const call = { logits: reshape(logits, [1, logits.size]), target: reshape(target, [1]) }
  return scalarOf(await forward(operators, 'crossEntropy', 'loss', call))
}

type Compute = (inputs: readonly Tensor[], operators: Operators) => Promise<Tensor>

function real(
  name: string,
  symbols: readonly string[],
  meaning: string,
  from: readonly string[],
  formula: string,
  compute: Compute,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from,
    formula,
    compute: (values, operators) =>
      compute(
        from.map((input) => tensorOf(values, input)),
        operators,
      ),
  }
}

const forwardPass: readonly Quantity[] = [
  real('a1', ['a_1', 'z_1'], 'the first layer’s pre-activations', ['W1', 'x'], 'W_1 \\cdot x', ([W, x], operators) =>
    times(W, x, operators),
  ),
  real('h1', ['h_1', 'y_1'], 'the first layer’s activations', ['a1'], 'ReLU(a_1)', ([a], operators) =>
    rectified(a, operators),
  ),
  real(
    'a2',
    ['a_2', 'z_2'],
    'the second layer’s pre-activations',
    ['W2', 'h1'],
    'W_2 \\cdot h_1',
    ([W, h], operators) => times(W, h, operators),
  ),
  {
    ...real(
      'h2',
      ['h_2', 'y_2', 'features'],
      'the features that the new classifier reads',
      ['a2'],
      'ReLU(a_2)',
      ([a], operators) => rectified(a, operators),
    ),
    asked: true,
  },
  real(
    'logits',
    ['z', 'logits', 'z_3', 'a_3'],
    'the logits of the new classes',
    ['W3', 'h2'],
    'W_3 \\cdot h_2',
    ([W, h], operators) => times(W, h, operators),
  ),
  real(
    'probabilities',
    ['p', 'hat y', 'probabilities', 'y_3'],
    'the probabilities of the new classes',
    ['logits'],
    'softmax(z)',
    ([x], operators) => forward(operators, 'softmax', 'y', { x }),
  ),
  {
    ...real(
      'loss',
      ['L', 'cal L', 'loss', 'E'],
      'the cross-entropy of the example',
      ['logits', 'target'],
      '-\\ln p_t',
      ([logits, target], operators) => crossEntropyOf(logits, target, operators),
    ),
    asked: true,
  },
]

/** A layer's gradient, δ·xᵀ, from the backward pass of `linear`. */
function weightGradient(layer: 1 | 2 | 3, reads: string, symbol: string): Quantity {
  return {
    ...real(
      `gradient${layer}`,
      [`G_${layer}`, `nabla W_${layer}`, `g_${layer}`, `dW_${layer}`],
      `the gradient of the loss by W${'₁₂₃'[layer - 1]}`,
      [`delta${layer}`, reads, `W${layer}`],
      `\\delta_${layer} \\cdot ${symbol}^T`,
      ([y, x, weight], operators) => backward(operators, 'linear', 'weight', { x, weight }, { y }),
    ),
    asked: true,
  }
}

/** δ of a layer below, back through the weights above it and ReLU. */
function hiddenDelta(layer: 1 | 2): Quantity {
  const above = layer + 1
  return real(
    `delta${layer}`,
    [`delta_${layer}`],
    `the gradient of the loss by a${'₁₂'[layer - 1]}`,
    [`W${above}`, `delta${above}`, `a${layer}`, `h${layer}`],
    `(W_${above}^T \\cdot \\delta_${above}) \\odot [a_${layer} > 0]`,
    async ([weight, y, a, x], operators) => {
      const ofActivation = await backward(operators, 'linear', 'x', { x, weight }, { y })
      return backward(operators, 'relu', 'x', { x: a }, { y: ofActivation })
    },
  )
}

const backwardPass: readonly Quantity[] = [
  {
    name: 'oneHot',
    symbols: ['y', 'one hot'],
    meaning: 'the one-hot vector of the class',
    kind: 'whole',
    from: ['target', 'W3'],
    formula: '\\text{one-hot}(t)',
    compute: (values, operators) =>
      forward(
        operators,
        'oneHot',
        'y',
        { ids: tensorOf(values, 'target') },
        { classes: tensorOf(values, 'W3').shape[0] },
      ),
  },
  real(
    'delta3',
    ['delta_3', 'delta', 'delta_z'],
    'the gradient of the loss by the logits',
    ['logits', 'target'],
    'p - y',
    async ([x, target], operators) => {
      const call = { logits: reshape(x, [1, x.size]), target: reshape(target, [1]) }
      return reshape(await backward(operators, 'crossEntropy', 'logits', call, { loss: scalar(1) }), [x.size])
    },
  ),
  weightGradient(3, 'h2', 'h_2'),
  hiddenDelta(2),
  weightGradient(2, 'h1', 'h_1'),
  hiddenDelta(1),
  weightGradient(1, 'x', 'x'),
]

/** Weights one step of `sgd` further, at a rate that is given. */
export async function stepped(
  weights: Tensor,
  gradient: Tensor,
  learningRate: number,
  operators: Operators,
): Promise<Tensor> {
  const { parameter } = await operators.sgd.forward({ parameter: weights, gradient }, { learningRate })
  return parameter
}

/** Weights after a step: moved at this rate, or, if it is frozen, the same. */
function newWeights(
  strategy: Strategy | undefined,
  layer: 1 | 2 | 3,
  rate: 'rate' | 'smallRate' | undefined,
): Quantity {
  const name = strategy === undefined ? `newW${layer}` : `${strategy}W${layer}`
  const symbol = rate === 'rate' ? '\\eta' : "\\eta'"
  const subscript = '₁₂₃'[layer - 1]
  return {
    name,
    symbols: [`W_${layer}^new`, `W_${layer}'`],
    meaning: rate === undefined ? `W${subscript} after the step: frozen` : `W${subscript} after the step`,
    kind: 'real',
    from: rate === undefined ? [`W${layer}`] : [`W${layer}`, rate, `gradient${layer}`],
    formula: rate === undefined ? `W_${layer}` : `W_${layer} - ${symbol} \\cdot G_${layer}`,
    ...(strategy === undefined ? {} : { stage: strategy }),
    asked: true,
    compute: async (values, operators) => {
      const weights = tensorOf(values, `W${layer}`)
      if (rate === undefined) return weights
      return stepped(weights, tensorOf(values, `gradient${layer}`), numberOf(values, rate), operators)
    },
  }
}

/** The trained numbers of a way: the sizes of the weights that it moves. */
function trainedNumbers(strategy: Strategy): Quantity {
  const trained = strategies[strategy]
  return {
    name: `${strategy}Parameters`,
    symbols: ['n', 'trainable parameters', 'trained parameters', 'parameters'],
    meaning: 'how many of the network’s weights are trained',
    kind: 'whole',
    from: trained.map((layer) => `W${layer}`),
    formula: trained.map((layer) => `|W_${layer}|`).join(' + '),
    stage: strategy,
    asked: true,
    compute: (values, operators) => {
      const sizes = trained.map((layer) => tensorOf(values, `W${layer}`).size)
      return weightedSum(operators, Array<number>(sizes.length).fill(1), sizes)
    },
  }
}

function lossAfter(strategy: Strategy): Quantity {
  const from = [`${strategy}W1`, `${strategy}W2`, 'newW3', 'x', 'target']
  return {
    name: `${strategy}Loss`,
    symbols: ['L^new', "L'", 'new loss', 'loss after'],
    meaning: 'the loss of the same example after the step',
    kind: 'real',
    from,
    formula: '-\\ln p_t^{new}',
    stage: strategy,
    asked: true,
    compute: async (values, operators) => {
      const [first, second, third, x, target] = from.map((name) => tensorOf(values, name))
      return crossEntropyOf(await logitsWith([first, second, third], x, operators), target, operators)
    },
  }
}

function stageOf(strategy: Strategy, rates: readonly ('rate' | 'smallRate' | undefined)[]): readonly Quantity[] {
  return [
    newWeights(strategy, 1, rates[0]),
    newWeights(strategy, 2, rates[1]),
    trainedNumbers(strategy),
    lossAfter(strategy),
  ]
}

/** (features + 1)·classes: a weight for every feature and one bias, for every class. */
async function classifierSize(values: Values, classes: string, operators: Operators): Promise<Tensor> {
  const perClass = await weightedSum(operators, [1, 1], [tensorOf(values, 'featureSize'), 1])
  return product(operators, perClass, tensorOf(values, classes))
}

/** Everything that lecture/transfer asks for or passes on the way. */
export const transferQuantities: readonly Quantity[] = [
  {
    name: 'classifierParameters',
    symbols: ['n_clf', 'classifier parameters', 'new classifier'],
    meaning: 'the weights and biases of a new classifier on an AlexNet’s features: all that is trained',
    kind: 'whole',
    from: ['featureSize', 'targetClasses'],
    formula: '(F + 1) \\cdot C_t',
    asked: true,
    compute: (values, operators) => classifierSize(values, 'targetClasses', operators),
  },
  {
    name: 'removedParameters',
    symbols: ['n_rem', 'removed parameters', 'old classifier'],
    meaning: 'the weights and biases of the last layer, which is taken off',
    kind: 'whole',
    from: ['featureSize', 'sourceClasses'],
    formula: '(F + 1) \\cdot C_s',
    compute: (values, operators) => classifierSize(values, 'sourceClasses', operators),
  },
  ...forwardPass,
  ...backwardPass,
  newWeights(undefined, 3, 'rate'),
  ...stageOf('frozen', [undefined, undefined]),
  ...stageOf('last', [undefined, 'rate']),
  ...stageOf('all', ['smallRate', 'smallRate']),
]
