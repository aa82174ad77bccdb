import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment } from '../exercise.js'
import { largest } from '../expectation.js'
import { identityMatrix, scaledGiven } from '../matrices.js'
import { countingOperators } from '../operationCounts.js'
import { normalTensor, randomNumbers } from '../training.js'
import { linearAttention, softmaxAttention } from './4.attention.js'

const [D, M] = [4, 4]

/** Both forms, run on growing lengths: what they count, and what they keep. */
export const growthExperiment: Experiment = {
  question: 'From which length on does the linear form win?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const lengths = extent === 'full' ? [8, 16, 32, 64, 128, 256, 512] : [8, 16, 32, 64]
    const random = randomNumbers(41)
    const measured = []
    for (const [i, N] of lengths.entries()) {
      const [q, k, v] = [D, D, M].map((width) => normalTensor([N, width], 1, random))
      const [soft, linear] = [countingOperators(operators), countingOperators(operators)]
      await softmaxAttention(soft.operators, q, k, v)
      const quotient = await linearAttention(linear.operators, q, k, v)
      const output = await forward(operators, 'quadraticAttention', 'output', { query: q, key: k, value: v })
      measured.push({ N, soft: soft.counts, linear: linear.counts, quotient, output })
      progress?.(i + 1, lengths.length)
    }
    await read(measured.flatMap(({ quotient, output }) => [quotient.numerators, quotient.denominators, output]))
    const rows = measured.map(({ N, soft, linear, quotient, output }) => [
      ...[N, soft.multiplyAdds, linear.multiplyAdds],
      ...[soft.largestAnswer, linear.largestAnswer],
      differenceOf(quotient.numerators, quotient.denominators, output),
    ])
    const crossover = (2 * D * D * (M + 2)) / (D + M)
    const grows = (column: number, factor: number) =>
      rows.slice(1).every((row, i) => row[column] === factor * rows[i][column])
    return {
      columns: ['N', 'multiply-adds, softmax', 'linear form', 'largest tensor, softmax', 'linear form', 'difference'],
      rows,
      findings: [
        {
          statement: 'Twice the length takes softmax attention four times the multiply-adds and memory.',
          holds: grows(1, 4) && grows(3, 4),
        },
        { statement: 'Twice the length takes the linear form twice the multiply-adds.', holds: grows(2, 2) },
        {
          statement: 'The linear form takes fewer multiply-adds exactly beyond N = 2·D²·(M + 2)/(D + M).',
          holds: rows.every((row) => row[2] < row[1] === row[0] > crossover),
        },
        {
          statement: 'The linear form has the output of the quadratic kernel’s attention.',
          holds: rows.every((row) => row[5] < 1e-3),
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Multiply-adds by length, D = M = 4',
          x: { title: 'N', scale: 'log' },
          y: { title: 'multiply-adds', scale: 'log' },
          lines: [
            { name: 'softmax', points: rows.map((row) => [row[0], row[1]] as const) },
            { name: 'linear form', points: rows.map((row) => [row[0], row[2]] as const) },
          ],
        },
      ],
    }
  },
}

/** How far numerators over denominators are from the output, relative to its largest entry. */
function differenceOf(numerators: Tensor, denominators: Tensor, output: Tensor): number {
  const [above, below, expected] = [numerators, denominators, output].map(rowMajor)
  const columns = above.length / below.length
  const most = above.reduce(
    (sum, value, i) => Math.max(sum, Math.abs(value / below[Math.floor(i / columns)] - expected[i])),
    0,
  )
  return most / largest(output)
}

/** What the weights of both kernels make of queries of growing length, and of keys that are opposite. */
export const sharpnessExperiment: Experiment = {
  question: 'What does the quadratic kernel lose?',
  async run(operators, { read = async () => {} } = {}) {
    const query = tensor([1, 2], [1, 0.5])
    // The query itself, its opposite, one at a right angle to it and one at an acute angle.
    const key = tensor([4, 2], [1, 0.5, -1, -0.5, -0.5, 1, 1, -0.5])
    const measured = []
    for (const size of [1, 2, 4, 8]) {
      const inputs = { query: scaledGiven(query, size), key, value: identityMatrix(4) }
      measured.push({
        size,
        soft: await forward(operators, 'scaledDotProductAttention', 'weights', inputs),
        quadratic: await forward(operators, 'quadraticAttention', 'output', inputs),
      })
    }
    await read(measured.flatMap(({ soft, quadratic }) => [soft, quadratic]))
    const rows = measured.map(({ size, soft, quadratic }) => [size, ...rowMajor(soft), ...rowMajor(quadratic)])
    const [first, last] = [rows[0], rows[rows.length - 1]]
    return {
      columns: [
        'length of the query',
        ...['same', 'opposite', 'right angle', 'acute angle'].map((name) => `softmax: ${name}`),
        ...['same', 'opposite', 'right angle', 'acute angle'].map((name) => `quadratic: ${name}`),
      ],
      rows,
      findings: [
        {
          statement: 'The quadratic kernel cannot tell a key from its opposite; the softmax can.',
          holds: rows.every((row) => Math.abs(row[5] - row[6]) < 1e-5 && row[1] > 2 * row[2]),
        },
        {
          statement: 'A longer query makes the softmax attend to one key, and leaves the quadratic kernel’s weights.',
          holds: last[1] > 0.9 && first[1] < 0.6 && last.slice(5).every((w, i) => Math.abs(w - first[5 + i]) < 1e-5),
        },
      ],
    }
  },
}
