import { reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, joined, onHost, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'

const steps = [1, 2, 3] as const

/** One step of the network: ReLU(W_wh·x + W_hh·h + b_h), by `rnn` on a sequence of one word. */
export async function recurrentStep(
  values: Values,
  [x, h]: readonly [Tensor, Tensor],
  operators: Operators,
  activation: 'relu' | 'identity' = 'relu',
): Promise<Tensor> {
  const hidden = await forward(
    operators,
    'rnn',
    'hidden',
    {
      x: reshape(x, [1, 1, x.size]),
      h0: reshape(h, [1, h.size]),
      weightInput: tensorOf(values, 'inputWeights'),
      weightHidden: tensorOf(values, 'hiddenWeights'),
      biasInput: tensorOf(values, 'hiddenBias'),
    },
    { activation },
  )
  return reshape(hidden, [h.size])
}

/** The index of the largest element, the first where several are equal. */
export function argmax(x: Tensor): Tensor {
  return onHost([x], [], (data) => [data.indexOf(Math.max(...data))])
}

function word(t: number): Quantity {
  return {
    name: `x${t}`,
    symbols: [`x_${t}`, `x^(${t})`],
    meaning: `the vector of word ${t}`,
    kind: 'real',
    from: ['sentence', 'vocabulary'],
    formula: `\\mathcal{V}_{ids_${t}}`,
    compute: async (values, operators) => {
      const ids = tensor([1], [rowMajor(tensorOf(values, 'sentence'))[t - 1]])
      const row = await forward(operators, 'embedding', 'y', { ids, table: tensorOf(values, 'vocabulary') })
      return reshape(row, [row.size])
    },
  }
}

function stateInputs(t: number): readonly string[] {
  return ['inputWeights', `x${t}`, 'hiddenWeights', `h${t - 1}`, 'hiddenBias']
}

function preActivation(t: number): Quantity {
  return {
    name: `a${t}`,
    symbols: [`a_${t}`, `z_${t}`, `a^(${t})`],
    meaning: `the pre-activation of step ${t}`,
    kind: 'real',
    from: stateInputs(t),
    formula: `W_{wh} \\cdot x_${t} + W_{hh} \\cdot h_${t - 1} + b_h`,
    compute: (values, operators) =>
      recurrentStep(values, [tensorOf(values, `x${t}`), tensorOf(values, `h${t - 1}`)], operators, 'identity'),
  }
}

function state(t: number): Quantity {
  return {
    name: `h${t}`,
    symbols: [`h_${t}`, `h^(${t})`],
    meaning: `the hidden state after word ${t}`,
    kind: 'real',
    from: stateInputs(t),
    formula: `ReLU(W_{wh} \\cdot x_${t} + W_{hh} \\cdot h_${t - 1} + b_h)`,
    compute: (values, operators) =>
      recurrentStep(values, [tensorOf(values, `x${t}`), tensorOf(values, `h${t - 1}`)], operators),
  }
}

/** Logits, probabilities and class from one hidden state. */
function classification(stage: 'last' | 'mean', hidden: string, symbol: string): readonly Quantity[] {
  const named = (name: string) => (stage === 'last' ? name : `mean${name[0].toUpperCase()}${name.slice(1)}`)
  const logits = named('logits')
  return [
    {
      name: logits,
      symbols: ['z', 'logits', 'o', 's', 'score', 'scores'],
      meaning: 'the logits of the three classes',
      kind: 'real',
      from: ['outputWeights', hidden, 'outputBias'],
      formula: `W_{hy} \\cdot ${symbol} + b_y`,
      stage,
      compute: (values, operators) =>
        forward(operators, 'linear', 'y', {
          x: tensorOf(values, hidden),
          weight: tensorOf(values, 'outputWeights'),
          bias: tensorOf(values, 'outputBias'),
        }),
    },
    {
      name: named('probabilities'),
      symbols: ['y', 'hat y', 'p', 'P', 'probabilities', 'y_3', 'softmax'],
      meaning: 'the probabilities of the three classes',
      kind: 'real',
      from: [logits],
      formula: 'softmax(z)',
      stage,
      compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, logits) }),
    },
    {
      name: named('class'),
      symbols: ['class', 'label', 'prediction', 'κλαση'],
      meaning: 'the class with the largest logit',
      kind: 'class',
      from: [logits],
      formula: 'argmax(z)',
      stage,
      asked: true,
      compute: async (values) => argmax(tensorOf(values, logits)),
    },
  ]
}

/** Everything that ntua/1.3 asks for or passes on the way. */
export const classifierQuantities: readonly Quantity[] = [
  ...steps.map(word),
  ...steps.flatMap((t) => [preActivation(t), state(t)]),
  ...classification('last', 'h3', 'h_3'),
  {
    name: 'meanHidden',
    symbols: ['h', 'bar h', 'h_mean', 'h_avg', 'h_average'],
    meaning: 'the mean of the hidden states',
    kind: 'real',
    from: ['h1', 'h2', 'h3'],
    formula: '\\frac{h_1 + h_2 + h_3}{3}',
    stage: 'mean',
    compute: async (values, operators) => {
      const mean = await forward(operators, 'meanOverTime', 'y', { x: statesOf(values) })
      return reshape(mean, [mean.size])
    },
  },
  ...classification('mean', 'meanHidden', 'h'),
]

/** h₁, h₂ and h₃ over time: [3, 1, hidden]. */
export function statesOf(values: Values): Tensor {
  const states = steps.map((t) => tensorOf(values, `h${t}`))
  return joined(states, [3, 1, states[0].size])
}
