import fc from 'fast-check'
import { fromNested, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { HeatMap } from '../picture.js'
import { sentenceTraining, trainingExperiment } from './loss.experiment.js'
import { lossLaws } from './loss.laws.js'
import { lossMistakes } from './loss.mistakes.js'
import { binaryLogarithm, lossQuantities, sumOverPositions, words } from './loss.quantities.js'

const indices = words.map((word, id) => `\`${id} ${word}\``).join(', ')
const ids = { least: 0, most: words.length - 1 }

const given: readonly Given[] = [
  {
    name: 'untrained',
    symbols: ['p', 'hat y', 'untrained output', 'untrained'],
    meaning: 'the distribution that an untrained model gives at one position',
    kind: 'real',
    value: tensor([6], [0.2, 0.2, 0.1, 0.2, 0.2, 0.1]),
    range: { least: 2 ** -40, most: 1 },
  },
  {
    name: 'untrainedTarget',
    symbols: ['w', 'word', 'target word'],
    meaning: 'the index of the word that this position should have',
    kind: 'whole',
    value: scalar(3),
    range: ids,
  },
  {
    name: 'targets',
    symbols: ['t', 'w_t', 'targets', 'target sentence', 'target ids'],
    meaning: 'the indices of the words of the target sentence',
    kind: 'whole',
    value: tensor([5], [2, 1, 0, 4, 5]),
    range: ids,
  },
  {
    name: 'trained',
    symbols: ['P', 'hat Y', 'trained output', 'trained'],
    meaning: 'the distributions that a trained model gives, a row each position of the target sentence',
    kind: 'real',
    value: fromNested([
      [0.01, 0.02, 0.93, 0.01, 0.03, 0.01],
      [0.01, 0.8, 0.1, 0.05, 0.01, 0.03],
      [0.99, 0.001, 0.001, 0.001, 0.002, 0.001],
      [0.001, 0.002, 0.001, 0.02, 0.94, 0.01],
      [0.01, 0.01, 0.001, 0.001, 0.001, 0.98],
    ]),
    range: { least: 2 ** -40, most: 1 },
  },
]

/** A distribution over six words from whole parts, the likeliest alone at its place. */
function distribution(least: number, most: number): fc.Arbitrary<readonly number[]> {
  const part = fc.integer({ min: least, max: most })
  return fc
    .record({ parts: fc.array(part, { minLength: 6, maxLength: 6 }), likeliest: fc.nat({ max: 5 }) })
    .map(({ parts, likeliest }) => {
      const raised = parts.map((value, v) => (v === likeliest ? value + most : value))
      const total = raised.reduce((sum, value) => sum + value, 0)
      return raised.map((value) => value / total)
    })
}

/** A distribution over six words in twentieths, none of them 0. */
const twentieths = fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 5, maxLength: 5 }).map((drawn) => {
  const cuts = [...new Set(drawn)].sort((a, b) => a - b)
  for (let cut = 1; cuts.length < 5; cut++) if (!cuts.includes(cut)) cuts.push(cut)
  const sorted = [0, ...cuts.sort((a, b) => a - b), 20]
  return sorted.slice(1).map((cut, i) => (cut - sorted[i]) / 20)
})

/** Distributions of this kind; the sentence ends with `<eos>`. */
function arbitraryOf(row: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Values> {
  const id = fc.nat({ max: words.length - 1 })
  return fc
    .record({
      untrained: row,
      untrainedTarget: id,
      sentence: fc.array(fc.nat({ max: words.length - 2 }), { minLength: 4, maxLength: 4 }),
      trained: fc.array(row, { minLength: 5, maxLength: 5 }),
    })
    .map(({ untrained, untrainedTarget, sentence, trained }) => ({
      untrained: tensor([6], untrained),
      untrainedTarget: scalar(untrainedTarget),
      targets: tensor([5], [...sentence, words.length - 1]),
      trained: tensor([5, 6], trained.flat()),
    }))
}

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [rows, columns] = x.shape
  const data = [...rowMajor(x)]
  return Array.from({ length: rows }, (_, r) => data.slice(r * columns, (r + 1) * columns))
}

/** Whether the largest number of a row stands alone, by more than rounding. */
function hasOneLargest(row: readonly number[]): boolean {
  const sorted = [...row].sort((a, b) => b - a)
  return sorted[0] > sorted[1] + 0.01
}

function picture(title: string, values: readonly (readonly number[])[]): HeatMap {
  return {
    kind: 'heatMap',
    title,
    rowTitle: 'position',
    columnTitle: 'word of the vocabulary',
    columns: words,
    values,
    labelled: true,
  }
}

const [{ value: untrained }, , { value: targets }] = given

export const loss: Exercise = {
  id: 'lecture/loss',
  title: 'Cross-entropy of a Transformer’s output, and greedy decoding',
  source:
    'NTUA lecture on attention and Transformers, output and loss function: vocabulary and targets; the distributions are numbers of our own, since the lecture only draws them, and do not all sum to 1 exactly',
  statement: `The output vocabulary of a translation model has six words, with the indices ${indices}.

(a) An untrained model gives the distribution $p$ where the word $w$ should stand. Write down the one-hot vector of that word and the cross-entropy of the
two. What is its gradient by the logits? (b) A trained model gives the distributions $P$, a row a position, for a sentence that should be $t$. Write down the one-hot
vectors and the cross-entropy of every position, and the loss of the sentence. (c) How probable does the model find the sentence, and what is its
perplexity? (d) Which words does greedy decoding write? (e) How far does training take the output towards the one-hot vectors?`,
  heading: { number: 'loss' },
  given,
  arbitrary: () => arbitraryOf(distribution(1, 9)),
  stages: [],
  quantities: lossQuantities,
  conventions: [
    {
      axis: 'logarithm',
      conventions: [
        { name: 'natural logarithm', description: 'losses with the natural logarithm', overrides: {} },
        binaryLogarithm,
      ],
    },
    {
      axis: 'reduction',
      conventions: [
        {
          name: 'mean over positions',
          description: 'the loss of a sentence is the mean over its positions',
          overrides: {},
        },
        sumOverPositions,
      ],
    },
  ],
  mistakes: lossMistakes,
  laws: lossLaws,
  experiments: [trainingExperiment({ untrained, targets })],
  trainings: [sentenceTraining({ untrained, targets })],
  worksheet: {
    arbitrary: () => arbitraryOf(twentieths),
    isWorkable: (values) => rowsOf(tensorOf(values, 'trained')).every(hasOneLargest),
  },
  pictures: (values) => [
    picture('One-hot vectors of the target sentence', rowsOf(tensorOf(values, 'oneHots'))),
    picture('Output of the trained model', rowsOf(tensorOf(values, 'trained'))),
  ],
}
