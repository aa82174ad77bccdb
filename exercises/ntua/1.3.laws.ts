import fc from 'fast-check'
import { item, map, reshape, rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { statesOf } from './1.3.quantities.js'

/**
 * Small whole numbers. The vector of the first word is chosen against the signs of one row of W_wh, so that ReLU has
 * something to do, as it has not on the sheet's own sentence.
 */
export function sentenceArbitrary(): fc.Arbitrary<Values> {
  const small = fc.integer({ min: -2, max: 2 })
  const matrix = (rows: number, columns: number) =>
    fc
      .array(small, { minLength: rows * columns, maxLength: rows * columns })
      .map((data) => tensor([rows, columns], data))
  const bias = (size: number) =>
    fc.array(small, { minLength: size, maxLength: size }).map((data) => tensor([size], data))
  return fc
    .record({
      vocabulary: matrix(7, 3),
      sentence: fc.array(fc.nat({ max: 6 }), { minLength: 3, maxLength: 3 }),
      inputWeights: matrix(2, 3),
      hiddenWeights: matrix(2, 2),
      outputWeights: matrix(3, 2),
      hiddenBias: fc.oneof(fc.constant(zeros([2])), bias(2)),
      outputBias: fc.oneof(fc.constant(zeros([3])), bias(3)),
      row: fc.nat({ max: 1 }),
    })
    .map(({ sentence, row, vocabulary, inputWeights, ...drawn }) => {
      const weights = rowMajor(inputWeights).slice(3 * row, 3 * row + 3)
      const table = rowMajor(vocabulary).slice()
      const away = [1, 2, 3].map((size, i) => (weights[i] === 0 ? size - 2 : -Math.sign(weights[i]) * size))
      table.set(away, 3 * sentence[0])
      return {
        ...drawn,
        vocabulary: tensor([7, 3], table),
        inputWeights,
        sentence: tensor([3], sentence),
        h0: zeros([2]),
      }
    })
}

/** Whether no two logits tie and ReLU has something to do, so that leaving it out is seen. */
export function isDecided(values: Values): boolean {
  const differ = (name: string) => new Set(rowMajor(tensorOf(values, name))).size === tensorOf(values, name).size
  const cut = ['a1', 'a2', 'a3'].some((name) => rowMajor(tensorOf(values, name)).some((a) => a < 0))
  const alive = rowMajor(tensorOf(values, 'h3')).some((h) => h > 0)
  return differ('logits') && differ('meanLogits') && cut && alive
}

/** The three word vectors over time: [3, 1, size]. */
function wordsOf(values: Values): Tensor {
  const rows = [1, 2, 3].map((t) => rowMajor(tensorOf(values, `x${t}`)))
  return tensor([3, 1, rows[0].length], Float64Array.from(rows.flatMap((row) => [...row])))
}

/** What rounding may do to hidden states and logits: their size times the number of operations on the way to them. */
function allowedFor(slack: number, ...sizes: readonly Tensor[]): number {
  return 32 * slack * (1 + sizes.reduce((most, x) => Math.max(most, largest(x)), 0))
}

/** What holds for ntua/1.3 whatever the vocabulary, the sentence and the weights. */
export const classifierLaws: readonly ExerciseLaw[] = [
  {
    name: 'the network run over the whole sentence has the hidden states of the unrolled computation',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const hidden = await forward(
        operators,
        'rnn',
        'hidden',
        {
          x: wordsOf(solved),
          weightInput: tensorOf(given, 'inputWeights'),
          weightHidden: tensorOf(given, 'hiddenWeights'),
          biasInput: tensorOf(given, 'hiddenBias'),
        },
        { activation: 'relu' },
      )
      const states = statesOf(solved)
      expectAllClose('the hidden states of the run', hidden, states, allowedFor(slack, states, sizesOf(solved)))
    },
  },
  {
    name: 'a step is ReLU of a matrix product of weights and word plus one of weights and state',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      for (const t of [1, 2, 3]) {
        const fromWord = await times(operators, tensorOf(given, 'inputWeights'), tensorOf(solved, `x${t}`))
        const fromState = await times(operators, tensorOf(given, 'hiddenWeights'), tensorOf(solved, `h${t - 1}`))
        const bias = rowMajor(tensorOf(given, 'hiddenBias'))
        const sum = fromWord.map((value, i) => value + fromState[i] + bias[i])
        const expected = tensor(
          [sum.length],
          sum.map((value) => Math.max(0, value)),
        )
        expectAllClose(`h${t}`, tensorOf(solved, `h${t}`), expected, allowedFor(slack, sizesOf(solved)))
      }
    },
  },
  {
    name: 'a word is its one-hot vector times the vocabulary',
    async check(given, solve, slack, operators) {
      const [solved, table] = [await solve(given), tensorOf(given, 'vocabulary')]
      const oneHot = await forward(
        operators,
        'oneHot',
        'y',
        { ids: tensorOf(given, 'sentence') },
        { classes: table.shape[0] },
      )
      const rows = await forward(operators, 'matmul', 'y', { a: oneHot, b: table })
      expectAllClose('the words', reshape(wordsOf(solved), [3, 3]), rows, allowedFor(slack, table))
    },
  },
  {
    name: 'probabilities sum to one and are largest at the class',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const [probabilities, label] of [
        ['probabilities', 'class'],
        ['meanProbabilities', 'meanClass'],
      ]) {
        const p = rowMajor(tensorOf(solved, probabilities))
        const allowed = 8 * slack
        expectClose(
          `the sum of ${probabilities}`,
          p.reduce((sum, value) => sum + value, 0),
          1,
          allowed,
        )
        expectClose(`the probability of ${label}`, p[item(tensorOf(solved, label))], Math.max(...p), allowed)
      }
    },
  },
  {
    name: 'classifying the mean state is averaging the logits of the states',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const logits = await forward(operators, 'linear', 'y', {
        x: statesOf(solved),
        weight: tensorOf(given, 'outputWeights'),
        bias: tensorOf(given, 'outputBias'),
      })
      const mean = await forward(operators, 'meanOverTime', 'y', { x: logits })
      const allowed = allowedFor(slack, logits, statesOf(solved))
      expectAllClose('the logits of the mean', tensorOf(solved, 'meanLogits'), reshape(mean, [3]), allowed)
    },
  },
]

/** Magnitudes that a hidden state is summed from: |W|·|x| + |U|·|h| at their largest, as one number. */
function sizesOf(solved: Values): Tensor {
  const size = (name: string) => largest(tensorOf(solved, name))
  const words = Math.max(size('x1'), size('x2'), size('x3'))
  const states = Math.max(size('h1'), size('h2'), size('h3'))
  return map(zeros([1]), () => 3 * size('inputWeights') * words + 2 * size('hiddenWeights') * states)
}

async function times(operators: Operators, matrix: Tensor, vector: Tensor): Promise<Float64Array> {
  return rowMajor(await forward(operators, 'matmul', 'y', { a: matrix, b: reshape(vector, [vector.size, 1]) }))
}
