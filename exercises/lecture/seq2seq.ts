import fc from 'fast-check'
import { fromNested, rowMajor, tensor, toNested } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { multiples } from '../draws.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { scaleExperiment } from './seq2seq.experiment.js'
import { attentionLaws } from './seq2seq.laws.js'
import { attentionMistakes } from './seq2seq.mistakes.js'
import { attentionQuantities } from './seq2seq.quantities.js'

const encoderStates = fromNested([
  [0, 1, 1],
  [5, 0, 1],
  [1, 1, 0],
  [0, 5, 1],
])
const decoderState = tensor([3], [10, 5, 10])

const given: readonly Given[] = [
  {
    name: 'encoderStates',
    symbols: ['H', 'encoder hidden', 'encoder states', 'h_enc', 'encoder'],
    meaning: 'the hidden states of the encoder, a row a word',
    kind: 'real',
    rows: ['h', 'H'],
    value: encoderStates,
  },
  {
    name: 'decoderState',
    symbols: ['s', 'decoder hidden', 'decoder state', 'h_dec', 'decoder', 'd'],
    meaning: 'the first hidden state of the decoder',
    kind: 'real',
    value: decoderState,
  },
]

function arbitrary(): fc.Arbitrary<Values> {
  return fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))
    .chain(([S, E]) =>
      fc.record({ encoderStates: multiples([S, E], -6, 6, 0.5), decoderState: multiples([E], -6, 6, 0.5) }),
    )
}

/** Whether the shares can be told apart, and none has nearly all. */
function isWorkable(values: Values): boolean {
  const scores = rowMajor(tensorOf(values, 'attentionScores'))
  return new Set(scores).size === scores.length && Math.max(...scores) - Math.min(...scores) <= 3
}

function pictures(values: Values): readonly Picture[] {
  const words = Array.from({ length: tensorOf(values, 'encoderStates').shape[0] }, (_, s) => `state ${s + 1}`)
  const aligned = toNested(tensorOf(values, 'alignedVectors'))
  const rows = Array.isArray(aligned)
    ? aligned.map((row) => (Array.isArray(row) ? row.map(Number) : [Number(row)]))
    : []
  return [
    {
      kind: 'heatMap',
      title: 'The attention distribution over the encoder states',
      rowTitle: 'decoder state',
      columnTitle: 'encoder state',
      rows: ['1'],
      columns: words,
      values: [[...rowMajor(tensorOf(values, 'attentionDistribution'))]],
      labelled: true,
    },
    {
      kind: 'heatMap',
      title: 'The aligned vectors, and the context vector that they add up to',
      rowTitle: 'vector',
      columnTitle: 'component',
      rows: [...words, 'context'],
      values: [...rows, [...rowMajor(tensorOf(values, 'contextVector'))]],
      labelled: true,
    },
  ]
}

export const seq2seq: Exercise = {
  id: 'lecture/seq2seq',
  title: 'Attention between encoder and decoder, step by step',
  source:
    'NTUA, Neural Networks and Deep Learning, lecture on attention and transformers, sequence to sequence with attention',
  statement: `A sequence-to-sequence model translates with attention: before its first word the decoder looks at all hidden states of the encoder, $H$.
From them and its own hidden state $s$ it makes a context vector in four steps.

(1) Give every encoder state a score, its dot product with the decoder state. (2) Turn the scores into an attention distribution by a
softmax. (3) Multiply every encoder state by its share: the aligned vectors. (4) Add them up to the context vector.`,
  heading: { number: 'seq2seq' },
  given,
  arbitrary,
  stages: [],
  quantities: attentionQuantities,
  conventions: [],
  mistakes: attentionMistakes,
  laws: attentionLaws,
  experiments: [scaleExperiment(encoderStates, decoderState)],
  worksheet: {
    arbitrary: () => fc.record({ encoderStates: multiples([4, 3], -2, 2), decoderState: multiples([3], -2, 2, 0.5) }),
    isWorkable,
  },
  pictures,
}
