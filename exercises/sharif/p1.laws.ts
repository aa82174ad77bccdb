import fc from 'fast-check'
import { item, map, reshape, rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import { multiples, nonzeroMultiples } from '../draws.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { gradientsOf } from '../training.js'
import { questionOf } from './p1.quantities.js'

/** Words of the vocabulary, numbers in a vector, hidden units, words of the text. */
export const sizes = { words: 6, dimensions: 3, hidden: 2, text: 4 } as const

/** Three different words, and a text that may repeat some. */
const drawnWords = {
  question: fc
    .shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 3, maxLength: 3 })
    .map((chosen) => tensor([3], chosen)),
  text: fc
    .array(fc.nat({ max: sizes.words - 1 }), { minLength: sizes.text, maxLength: sizes.text })
    .map((ids) => tensor([sizes.text], ids)),
  label: fc.nat({ max: 1 }).map(scalar),
  lstmVocabulary: fc.integer({ min: 2, max: 20 }).map(scalar),
  lstmInputs: fc.integer({ min: 1, max: 6 }).map(scalar),
  lstmUnits: fc.integer({ min: 1, max: 6 }).map(scalar),
}

/**
 * Vectors none of which is zero, nor the analogy vector: in every vector the first number is odd, the others are even, so that
 * the first number of c − a + b is odd too.
 */
export function wordsArbitrary(): fc.Arbitrary<Values> {
  const { words, dimensions, hidden } = sizes
  return fc
    .record({
      ...drawnWords,
      odd: fc.array(fc.constantFrom(-3, -1, 1, 3), { minLength: words, maxLength: words }),
      rest: multiples([words, dimensions - 1], -2, 2),
      hiddenWeights: nonzeroMultiples([hidden, dimensions], 4, 0.5),
      hiddenBias: multiples([hidden], -2, 2),
      outputWeights: nonzeroMultiples([2, hidden], 2),
      outputBias: multiples([2], -2, 2),
    })
    .map(({ odd, rest, ...given }) => {
      const others = rowMajor(rest)
      const rows = odd.map((first, word) => [first, others[2 * word], others[2 * word + 1]])
      return { ...given, vectors: tensor([words, dimensions], rows.flat()) }
    })
}

/** What rounding may do to a number that was computed from others of these sizes. */
function allowedFor(slack: number, ...tensors: readonly Tensor[]): number {
  return 64 * slack * tensors.reduce((product, x) => product * Math.max(1, largest(x)), 1)
}

/** What holds for sharif/p1 whatever the vectors, the text and the weights. */
export const wordLaws: readonly ExerciseLaw[] = [
  {
    name: 'a cosine is the product of the vectors divided by their lengths, and 1 for a word and itself',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const table = tensorOf(given, 'vectors')
      const unit = await unitRows(table)
      const all = await forward(operators, 'matmul', 'y', { a: unit, b: unit.transpose(1, 0) })
      const c = questionOf(given)[2]
      const expected = tensor([sizes.words], rowMajor(all).slice(c * sizes.words, (c + 1) * sizes.words))
      expectAllClose('the similarities', tensorOf(solved, 'similarities'), expected, 64 * slack)
      expectClose('the similarity of c and c', tensorOf(solved, 'similarities').get(c), 1, 16 * slack)
    },
  },
  {
    name: 'longer vectors have the same cosines, and the mean vector and the analogy grow with them',
    async check(given, solve, slack) {
      const longer = { ...given, vectors: map(tensorOf(given, 'vectors'), (x) => 3 * x) }
      const [once, thrice] = [await solve(given), await solve(longer)]
      for (const name of ['similarities', 'analogySimilarities'])
        expectAllClose(name, tensorOf(thrice, name), tensorOf(once, name), 64 * slack)
      for (const name of ['mean', 'analogy']) {
        const expected = map(tensorOf(once, name), (x) => 3 * x)
        expectAllClose(name, tensorOf(thrice, name), expected, allowedFor(slack, expected))
      }
    },
  },
  {
    name: 'the analogy closes a parallelogram: what is added to c leads from a to b',
    async check(given, solve, slack) {
      const [solved, [a, b, c]] = [await solve(given), questionOf(given)]
      const table = tensorOf(given, 'vectors')
      const v = tensorOf(solved, 'analogy')
      for (let i = 0; i < sizes.dimensions; i++)
        expectClose(
          `v − c at ${i}`,
          v.get(i) - table.get(c, i),
          table.get(b, i) - table.get(a, i),
          allowedFor(slack, table),
        )
    },
  },
  {
    name: 'the answer is none of the words of the question, and no other word is more similar',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [similar, asked] = [rowMajor(tensorOf(solved, 'analogySimilarities')), questionOf(given)]
      const answer = item(tensorOf(solved, 'answer'))
      if (asked.includes(answer)) throw new Error(`the answer is ${answer}, which is a word of the question`)
      const most = Math.max(...similar.filter((_, word) => !asked.includes(word)))
      expectClose('the similarity of the answer', similar[answer], most, 64 * slack)
    },
  },
  {
    name: 'the mean vector is the words counted, times the vocabulary; their order does not matter',
    async check(given, solve, slack, operators) {
      const [table, ids] = [tensorOf(given, 'vectors'), tensorOf(given, 'text')]
      const rows = await forward(operators, 'oneHot', 'y', { ids }, { classes: sizes.words })
      const share = tensor([1, sizes.text], new Float64Array(sizes.text).fill(1 / sizes.text))
      const shares = await forward(operators, 'matmul', 'y', { a: share, b: rows })
      const expected = reshape(await forward(operators, 'matmul', 'y', { a: shares, b: table }), [sizes.dimensions])
      const allowed = allowedFor(slack, table)
      expectAllClose('the mean', tensorOf(await solve(given), 'mean'), expected, allowed)
      const backwards = { ...given, text: tensor([sizes.text], rowMajor(ids).slice().reverse()) }
      expectAllClose('the mean backwards', tensorOf(await solve(backwards), 'mean'), expected, allowed)
    },
  },
  {
    name: 'probabilities sum to 1, are largest at the class, and have the loss as the logarithm of the right one',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const p = rowMajor(tensorOf(solved, 'probabilities'))
      const size = allowedFor(slack, tensorOf(solved, 'logits'))
      expectClose('the sum', p[0] + p[1], 1, 8 * slack)
      expectClose('the probability of the class', p[item(tensorOf(solved, 'class'))], Math.max(...p), 8 * slack)
      const loss = item(tensorOf(solved, 'loss'))
      expectClose('e to the minus loss', Math.exp(-loss), p[numberOf(given, 'label')], size)
    },
  },
  {
    name: 'the gradient by the table is, in all, that of the mean vector, and zero for words that the text does not have',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [g, table] = [tensorOf(solved, 'meanGradient'), tensorOf(solved, 'vectorsGradient')]
      const ids = new Set(rowMajor(tensorOf(given, 'text')))
      for (let i = 0; i < sizes.dimensions; i++) {
        let sum = 0
        for (let word = 0; word < sizes.words; word++) {
          if (!ids.has(word)) expectClose(`the gradient of word ${word}`, table.get(word, i), 0, 0)
          sum += table.get(word, i)
        }
        expectClose(`the sum of the gradients at ${i}`, sum, g.get(i), allowedFor(slack, g))
      }
    },
  },
  {
    name: 'the loss changes along the gradient by the mean vector as that gradient says',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      // Away from the kink of the ReLU, the network is smooth: a difference of a step h errs by h² and slack/h.
      if (rowMajor(tensorOf(solved, 'hiddenSums')).some((a) => Math.abs(a) < 0.05)) return
      const g = tensorOf(solved, 'meanGradient')
      const steepness = Math.max(1, largest(tensorOf(given, 'hiddenWeights')) * 3)
      const h = Math.min(0.04 / (steepness * Math.max(1, largest(g))), Math.cbrt(slack))
      const lossAt = async (step: number) => {
        const mean = map(tensorOf(solved, 'mean'), (x) => x)
        for (let i = 0; i < sizes.dimensions; i++) mean.set(i, mean.get(i) + step * g.get(i))
        return lossOf(given, mean, operators)
      }
      const slope = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h)
      const squared = rowMajor(g).reduce((sum, x) => sum + x * x, 0)
      // The third derivative of the loss along g is at most (‖W₂‖·‖W₁‖·‖g‖)³, with norms bounded by 12 times the largest entry.
      const reach =
        12 * largest(tensorOf(given, 'outputWeights')) * largest(tensorOf(given, 'hiddenWeights')) * Math.sqrt(squared)
      const rounding = allowedFor(slack, tensorOf(solved, 'logits'), tensorOf(solved, 'mean')) / h
      expectClose('the slope of the loss', slope, squared, (reach ** 3 * h * h) / 6 + 4 * rounding)
    },
  },
  {
    name: 'an LSTM that is run has as many weights and biases as are counted, and an embedding V·D more',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [V, D, H] = ['lstmVocabulary', 'lstmInputs', 'lstmUnits'].map((name) => numberOf(given, name))
      const lookup = { ids: zeros([2, 1]), table: map(zeros([V, D]), () => 1) }
      const x = await forward(operators, 'embedding', 'y', lookup)
      const weights = {
        weightInput: zeros([4 * H, D]),
        weightHidden: zeros([4 * H, H]),
        biasInput: zeros([4 * H]),
      }
      const call = { x, ...weights }
      const hidden = map(await forward(operators, 'lstm', 'hidden', call), () => 1)
      const gradients = await gradientsOf(operators, 'lstm', call, { hidden })
      const counted = Object.keys(weights).reduce((sum, name) => sum + gradients[name].size, 0)
      const { table } = await gradientsOf(operators, 'embedding', lookup, { y: gradients.x })
      const frozen = numberOf(solved, 'frozenParameters')
      expectClose('the number of trained parameters, frozen', frozen, counted, 8 * slack * counted)
      const all = counted + table.size
      expectClose('the number of trained parameters', numberOf(solved, 'trainedParameters'), all, 8 * slack * all)
    },
  },
]

/** Every row divided by its length, in float64 on the host. */
async function unitRows(table: Tensor): Promise<Tensor> {
  const size = table.shape[1]
  const data = rowMajor(table)
  const norms = Array.from({ length: table.shape[0] }, (_, row) =>
    Math.hypot(...data.subarray(row * size, (row + 1) * size)),
  )
  return tensor(
    table.shape,
    data.map((x, i) => x / norms[Math.floor(i / size)]),
  )
}

/** The loss of a text whose mean vector is this. */
async function lossOf(given: Values, mean: Tensor, operators: Parameters<ExerciseLaw['check']>[3]): Promise<number> {
  const a = await forward(operators, 'linear', 'y', {
    x: mean,
    weight: tensorOf(given, 'hiddenWeights'),
    bias: tensorOf(given, 'hiddenBias'),
  })
  const h = await forward(operators, 'relu', 'y', { x: a })
  const z = await forward(operators, 'linear', 'y', {
    x: h,
    weight: tensorOf(given, 'outputWeights'),
    bias: tensorOf(given, 'outputBias'),
  })
  const target = tensor([1], [numberOf(given, 'label')])
  return item(await forward(operators, 'crossEntropy', 'loss', { logits: reshape(z, [1, 2]), target }))
}
