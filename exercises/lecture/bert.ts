import fc from 'fast-check'
import { rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { bert } from '../architecture/models/bert.js'
import { tableOf, walk } from '../architecture/walker.js'
import { tensorOf } from '../computation.js'
import { multiples } from '../draws.js'
import type { Exercise, Values } from '../exercise.js'
import type { HeatMap } from '../picture.js'
import { maskingExperiment } from './bert.experiment.js'
import { sizes, special, textGiven } from './bert.given.js'
import { bertLaws } from './bert.laws.js'
import { bertMistakes } from './bert.mistakes.js'
import { networkGiven, networkQuantities, networkSizes, sizesOf } from './bert.network.js'
import { textQuantities } from './bert.quantities.js'
import { models } from './encoderLayers.js'

const upTo = (least: number, most: number) => fc.integer({ min: least, max: most })

/** Two sentences of one and two words, or two and one, with one of the words surely chosen. */
function sequences(): fc.Arbitrary<Values> {
  const word = upTo(sizes.firstWord, sizes.vocabulary - 1)
  const numbers = (least: number, most: number, unit: number, shift: number) =>
    fc
      .array(upTo(least, most), { minLength: sizes.length, maxLength: sizes.length })
      .map((drawn) => drawn.map((value) => unit * value + shift))
  return fc
    .record({
      words: fc.tuple(word, word, word),
      firstIsLonger: fc.boolean(),
      // Not between two numbers that a float would round to one.
      draws: numbers(0, 9, 0.1, 0),
      actions: numbers(0, 9, 0.1, 0.05),
      replacements: fc.array(word, { minLength: sizes.length, maxLength: sizes.length }),
      surely: upTo(0, 2),
    })
    .map(({ words: [a, b, c], firstIsLonger, draws, actions, replacements, surely }) => {
      const { first, separator } = special
      const ids = firstIsLonger ? [first, a, b, separator, c, separator] : [first, a, separator, b, c, separator]
      const places = firstIsLonger ? [1, 2, 4] : [1, 3, 4]
      draws[places[surely]] = 0.1
      const row = (numbersOfRow: readonly number[]) => tensor([sizes.length], numbersOfRow)
      return {
        ids: row(ids),
        draws: row(draws.map((draw) => Math.round(10 * draw) / 10)),
        actions: row(actions.map((action) => Math.round(100 * action) / 100)),
        replacements: row(replacements),
      }
    })
}

const byHalves = [
  'tokenTable',
  'segmentTable',
  'positionTable',
  'gain',
  'bias',
  'wordLogits',
  'pooled',
  'pairWeights',
  'pairBias',
]

function textArbitrary(): fc.Arbitrary<Values> {
  const real: Readonly<Record<string, fc.Arbitrary<Tensor>>> = Object.fromEntries(
    textGiven
      .filter(({ name }) => byHalves.includes(name))
      .map(({ name, value }) => [name, multiples(value.shape, -4, 4, 0.5)] as const),
  )
  const rest = fc.record({
    rate: fc.constantFrom(0.15, 0.25, 0.35).map(scalar),
    label: upTo(0, 1).map(scalar),
    pairs: upTo(1, 500).map((pairs) => scalar(2 * pairs)),
  })
  return fc
    .tuple(sequences(), fc.record(real), rest)
    .map(([sequence, numbers, others]) => ({ ...sequence, ...numbers, ...others }))
}

function arbitraryWith(networks: fc.Arbitrary<Values>): fc.Arbitrary<Values> {
  return fc.tuple(networks, textArbitrary()).map(([network, text]) => ({ ...network, ...text }))
}

function smallNetworks(): fc.Arbitrary<Values> {
  const own = fc.tuple(upTo(1, 4), upTo(1, 4), upTo(1, 20), upTo(1, 4))
  return fc.record({ vocabulary: upTo(2, 40), longest: upTo(1, 9), own: fc.tuple(own, own) }).map(networkSizes)
}

/** Sizes of models that are seen in practice. */
function worksheetNetworks(): fc.Arbitrary<Values> {
  const own = fc.tuple(
    fc.constantFrom(2, 4, 8),
    fc.constantFrom(16, 32, 64),
    fc.constantFrom(256, 512, 1024),
    fc.constantFrom(2, 4, 6),
  )
  return fc
    .record({
      vocabulary: fc.constantFrom(1000, 5000, 10_000),
      longest: fc.constantFrom(64, 128, 256),
      own: fc.tuple(own, own),
    })
    .map(networkSizes)
}

/** Something is changed by masking, no row of the sums is constant, no gain is zero. */
function isWorkable(values: Values): boolean {
  const numbers = (name: string) => [...rowMajor(tensorOf(values, name))]
  const [ids, masked, sums, chosen] = ['ids', 'masked', 'sums', 'chosen'].map(numbers)
  const spreads = ids.map((_, t) => {
    const row = sums.slice(t * sizes.width, (t + 1) * sizes.width)
    return Math.max(...row) - Math.min(...row)
  })
  return (
    masked.some((id, t) => id !== ids[t]) &&
    chosen.reduce((sum, one) => sum + one, 0) < 3 &&
    spreads.every((spread) => spread >= 0.5) &&
    numbers('gain').every((gain) => gain !== 0) &&
    // Where gain and bias cancel, by hand it is exactly 0.
    numbers('input').every((value) => Math.abs(value) > 1e-3) &&
    numbers('bias').some((value) => value !== 0)
  )
}

function pictures(values: Values): readonly HeatMap[] {
  const titles = { sums: 'Sums of the three embeddings', wordGradient: 'Gradient of the scores' }
  return Object.entries(titles).map(([name, title]) => {
    const x = tensorOf(values, name)
    const [rows, columns] = x.shape
    return {
      kind: 'heatMap',
      title,
      rowTitle: 'place',
      columnTitle: name === 'sums' ? 'number of the token' : 'id',
      values: Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_column, i) => x.get(row, i))),
      labelled: true,
    }
  })
}

export const exerciseBert: Exercise = {
  id: 'lecture/bert',
  title: 'BERT: input, masked words, next sentences',
  source:
    'NTUA, lecture on attention, transformers and transfer learning; Devlin and others, BERT: Pre-training of Deep Bidirectional Transformers, 2019, section 3; vocabulary of the published uncased models',
  statement: `BERT reads two sentences as one sequence: \`[CLS]\`, the words of the first, \`[SEP]\`, the words of the second, \`[SEP]\`. The input of its $L$ encoder layers is the sum of
an embedding of the token, one of the sentence and a learned one of the position, normalized with a gain and a bias for each of the $D$ numbers. The vocabulary
has $V$ tokens, sequences have at most $S$. An encoder layer has an attention (four projections with biases), a feed-forward layer of $F$
hidden units with biases, and two normalizations. The pooler, a layer of $D$ units, reads the first token. Two heads serve pre-training: a layer of $D$ units, its
normalization and the scores of all tokens, whose weights are the table of tokens and whose biases are their own; and two scores on the pooler's answer.

(1) How many parameters have the input, a layer, the pooler and each model without its heads? How many do the heads add?

A small vocabulary has the ids ${special.pad} \`[PAD]\`, ${special.first} \`[CLS]\`, ${special.separator} \`[SEP]\`, ${special.mask} \`[MASK]\`, and words from ${sizes.firstWord} on. A word is chosen to be predicted
where its random number $q$ is below $\\rho$; a chosen one becomes \`[MASK]\` where its second number $a$ is below 0.8, the random word $r$ where $a$ is below 0.9, and stays as
it is otherwise. (2) What does the model read, and which shares of all words are expected to be masked, replaced and kept? (3) What are the
segments, and what does the first encoder layer read at each place? (4) The model answers with the scores $Z$. What is the loss of masked words, and its gradient by $Z$?
(5) The pooler answers $h$. How likely is the second sentence the next one, and what is the loss of both tasks? Of $m$ pairs in the corpus, how many are
expected to be next sentences? (6) Why are some chosen words not masked?`,
  heading: { number: 'bert' },
  given: [...networkGiven, ...textGiven],
  arbitrary: () => arbitraryWith(smallNetworks()),
  stages: [
    { name: 'networks', title: 'The networks' },
    { name: 'masking', title: 'Masking' },
    { name: 'input', title: 'The input' },
    { name: 'masked words', title: 'Masked words' },
    { name: 'next sentences', title: 'Next sentences' },
  ],
  quantities: [...networkQuantities, ...textQuantities],
  conventions: [],
  mistakes: bertMistakes,
  laws: bertLaws,
  experiments: [maskingExperiment],
  worksheet: { arbitrary: () => arbitraryWith(worksheetNetworks()), isWorkable },
  pictures,
  tables: (values) => models.map((model) => tableOf(walk(bert(sizesOf(values, model))))),
}
