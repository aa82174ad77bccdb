import { reshape, type Tensor } from '../../oracle/tensor.js'
import { forward, joined, scalarOf, tensorOf } from '../computation.js'
import type { Operators, Quantity } from '../exercise.js'
import { minus, ones, times } from '../matrices.js'
import { concatenated } from './2.quantities.js'
import { scoreCosts } from './3.costs.js'

/** The three ways to score an encoder state, as stages of the solution. */
export const scoreKinds = ['dot', 'general', 'tanh'] as const
export type ScoreKind = (typeof scoreKinds)[number]

/** A quantity's name at a stage: `dotWeights`. */
export function staged(kind: ScoreKind, name: string): string {
  return `${kind}${name}`
}

/** W·x of a vector, or of every row of a matrix, by `linear`. */
export function applied(operators: Operators, weight: Tensor, x: Tensor): Promise<Tensor> {
  return forward(operators, 'linear', 'y', { x, weight })
}

/** The dot product of a vector with every row of a matrix. */
export async function dots(operators: Operators, x: Tensor, rows: Tensor): Promise<Tensor> {
  const y = await applied(operators, reshape(x, [1, x.size]), rows)
  return reshape(y, [rows.shape[0]])
}

/** [h; eₛ] of every encoder state, a row each. */
export function pairs(decoder: Tensor, encoder: Tensor, decoderFirst = true): Tensor {
  const [S, E] = encoder.shape
  const rows = Array.from({ length: S }, (_, s) => encoder.pick(s, null))
  const parts = rows.flatMap((row) => (decoderFirst ? [decoder, row] : [row, decoder]))
  return joined(parts, [S, decoder.size + E])
}

const scoring: Readonly<Record<ScoreKind, readonly Quantity[]>> = {
  dot: [
    score('dot', ['decoder', 'encoder'], 'H_e \\cdot h_d', (values, operators) =>
      dots(operators, tensorOf(values, 'decoder'), tensorOf(values, 'encoder')),
    ),
  ],
  general: [
    {
      name: 'generalQuery',
      symbols: ['q'],
      meaning: 'the decoder state as W_a turns it towards the encoder’s',
      kind: 'real',
      from: ['decoder', 'generalWeight'],
      formula: 'W_a^{T} \\cdot h_d',
      stage: 'general',
      compute: async (values, operators) => {
        const decoder = tensorOf(values, 'decoder')
        const y = await times(operators, reshape(decoder, [1, decoder.size]), tensorOf(values, 'generalWeight'))
        return reshape(y, [y.size])
      },
    },
    score('general', ['generalQuery', 'encoder'], 'H_e \\cdot q', (values, operators) =>
      dots(operators, tensorOf(values, 'generalQuery'), tensorOf(values, 'encoder')),
    ),
  ],
  tanh: [
    {
      name: 'tanhPreActivations',
      symbols: ['u', 'U'],
      meaning: 'W_b·[h_d; h_e] of every encoder state, a row each',
      kind: 'real',
      from: ['decoder', 'encoder', 'tanhWeight'],
      formula: '[h_d; h_e] \\cdot W_b^{T}',
      stage: 'tanh',
      compute: (values, operators) =>
        applied(
          operators,
          tensorOf(values, 'tanhWeight'),
          pairs(tensorOf(values, 'decoder'), tensorOf(values, 'encoder')),
        ),
    },
    {
      name: 'tanhUnits',
      symbols: ['m', 'M'],
      meaning: 'the units of the tanh layer for every encoder state, a row each',
      kind: 'real',
      from: ['tanhPreActivations'],
      formula: '\\tanh(u)',
      stage: 'tanh',
      compute: (values, operators) => forward(operators, 'tanh', 'y', { x: tensorOf(values, 'tanhPreActivations') }),
    },
    score('tanh', ['tanhVector', 'tanhUnits'], 'm \\cdot v_a', (values, operators) =>
      dots(operators, tensorOf(values, 'tanhVector'), tensorOf(values, 'tanhUnits')),
    ),
  ],
}

function score(kind: ScoreKind, from: readonly string[], formula: string, compute: Quantity['compute']): Quantity {
  return {
    name: staged(kind, 'Scores'),
    symbols: ['e', 's', 'score', 'scores', 'e_t'],
    meaning: 'the scores of the encoder states',
    kind: 'real',
    from,
    formula,
    stage: kind,
    asked: true,
    compute,
  }
}

/** Weights, context, ĥ and output, out of the scores of a stage. */
function attention(kind: ScoreKind): readonly Quantity[] {
  const named = (name: string) => staged(kind, name)
  return [
    {
      name: named('Weights'),
      symbols: ['a', 'a_t', 'alpha', 'alpha_t', 'weights'],
      meaning: 'the attention weights of the encoder states',
      kind: 'real',
      from: [named('Scores')],
      formula: 'softmax(e)',
      stage: kind,
      asked: true,
      compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, named('Scores')) }),
    },
    {
      name: named('Context'),
      symbols: ['c', 'c_t', 'context'],
      meaning: 'the context vector',
      kind: 'real',
      from: [named('Weights'), 'encoder'],
      formula: 'H_e^{T} \\cdot a',
      stage: kind,
      asked: true,
      compute: (values, operators) =>
        contextOf(operators, tensorOf(values, named('Weights')), tensorOf(values, 'encoder')),
    },
    {
      name: named('Joined'),
      symbols: ['k', 'c_h'],
      meaning: 'context and decoder state, one after the other',
      kind: 'real',
      from: [named('Context'), 'decoder'],
      formula: '[c_t; h_d]',
      stage: kind,
      compute: async (values) => concatenated(tensorOf(values, named('Context')), tensorOf(values, 'decoder')),
    },
    {
      name: named('Hidden'),
      symbols: ['hat h', 'tilde h', 'hat h_t', 'tilde h_t'],
      meaning: 'the attentional hidden state',
      kind: 'real',
      from: ['contextWeight', named('Joined')],
      formula: '\\tanh(W_c \\cdot k)',
      stage: kind,
      compute: async (values, operators) => {
        const x = await applied(operators, tensorOf(values, 'contextWeight'), tensorOf(values, named('Joined')))
        return forward(operators, 'tanh', 'y', { x })
      },
    },
    {
      name: named('Logits'),
      symbols: ['z', 'o', 'logits'],
      meaning: 'the logits of the output words',
      kind: 'real',
      from: ['outputWeight', named('Hidden')],
      formula: 'W_s \\cdot \\hat{h}',
      stage: kind,
      compute: (values, operators) =>
        applied(operators, tensorOf(values, 'outputWeight'), tensorOf(values, named('Hidden'))),
    },
    {
      name: named('Output'),
      symbols: ['y', 'y_t', 'hat y', 'p', 'hat y_t'],
      meaning: 'the distribution of the output word',
      kind: 'real',
      from: [named('Logits')],
      formula: 'softmax(z)',
      stage: kind,
      asked: true,
      compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, named('Logits')) }),
    },
  ]
}

/** Σₛ aₛ·eₛ. */
export async function contextOf(operators: Operators, weights: Tensor, encoder: Tensor): Promise<Tensor> {
  const y = await times(operators, reshape(weights, [1, weights.size]), encoder)
  return reshape(y, [y.size])
}

const coverage: readonly Quantity[] = [
  {
    name: 'laterWeights',
    symbols: ['a_2', 'alpha_2', "a'", "alpha'"],
    meaning: 'the attention weights of the next step, by the dot product',
    kind: 'real',
    from: ['laterDecoder', 'encoder'],
    formula: "softmax(H_e \\cdot h_d')",
    stage: 'coverage',
    compute: async (values, operators) => {
      const x = await dots(operators, tensorOf(values, 'laterDecoder'), tensorOf(values, 'encoder'))
      return forward(operators, 'softmax', 'y', { x })
    },
  },
  {
    name: 'repeated',
    symbols: ['m'],
    meaning: 'how much of the attention of the next step goes where the first step’s went already',
    kind: 'real',
    from: ['dotWeights', 'laterWeights'],
    formula: "min(a, a')",
    stage: 'coverage',
    compute: (values, operators) =>
      lesserOf(operators, tensorOf(values, 'laterWeights'), tensorOf(values, 'dotWeights')),
  },
  {
    name: 'coverageLoss',
    symbols: ['L_cov', 'covloss', 'coverage loss', 'L_c'],
    meaning: 'the coverage penalty of both steps',
    kind: 'real',
    from: ['repeated'],
    formula: '\\sum_s m_s',
    stage: 'coverage',
    asked: true,
    compute: (values, operators) => sumOf(operators, tensorOf(values, 'repeated')),
  },
]

/** The lesser of each two elements: a − ReLU(a − b). */
export async function lesserOf(operators: Operators, a: Tensor, b: Tensor): Promise<Tensor> {
  return minus(a, await forward(operators, 'relu', 'y', { x: minus(a, b) }))
}

export async function sumOf(operators: Operators, x: Tensor): Promise<Tensor> {
  return scalarOf(await forward(operators, 'linear', 'y', { x: reshape(x, [x.size]), weight: ones([1, x.size]) }))
}

/** Everything that sharif/3 asks for or passes on the way. */
export const scoreQuantities: readonly Quantity[] = [
  ...scoreKinds.flatMap((kind) => [...scoring[kind], ...attention(kind)]),
  ...coverage,
  ...scoreCosts,
]
