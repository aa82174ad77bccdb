import { item, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import { times, transposed } from '../matrices.js'
import { Descent, normalTensor, randomNumbers } from '../training.js'
import { eigensystem } from './eigenvalues.js'

/** Points whose second moments have the eigenvalues 15/16, 9/16 and 0, the two directions lying across the axes. */
const points = tensor(
  [3, 4],
  [1, 1, -2, 2, 2, -1, -1, 1, -1, 2, -1, 1].map((x) => x / 2),
)
const settings = { learningRate: 0.05, momentum: 0.5 }
const seeds = [11, 12, 13] as const

function startOf(seed: number): Descent {
  const random = randomNumbers(seed)
  const weights = { encoder: normalTensor([2, 3], 0.7, random), decoder: normalTensor([3, 2], 0.7, random) }
  return new Descent(weights, settings)
}

/** One step down the loss; answers with the loss before it. */
async function step(descent: Descent, lambda: number, operators: Operators, wantsLoss: boolean) {
  const inputs = { x: points, ...descent.parameters }
  const gradients = await operators.linearAutoencoder.backward?.(inputs, { lambda }, { loss: scalar(1) })
  const loss = wantsLoss ? await forward(operators, 'linearAutoencoder', 'loss', inputs, { lambda }) : undefined
  if (gradients !== undefined) await descent.step({ encoder: gradients.encoder, decoder: gradients.decoder }, operators)
  return loss
}

/** What W₂ has come to: how it stands to W₁, its singular values, and how far its directions are from the principal ones. */
function measured(encoder: Tensor, decoder: Tensor, product: Tensor) {
  const [w1, w2] = [rowMajor(transposed(encoder)), rowMajor(decoder)]
  const difference = Math.hypot(...w2.map((value, i) => value - w1[i]))
  const squares = eigensystem(rowMajor(product), 3)
  const moments = principal()
  const cosine = Math.abs(squares.vectors[0].reduce((sum, value, i) => sum + value * moments.vectors[0][i], 0))
  return {
    difference,
    singular: [0, 1].map((i) => Math.sqrt(Math.max(0, squares.values[i]))),
    angle: (Math.acos(Math.min(1, cosine)) * 180) / Math.PI,
  }
}

/** The eigensystem of the points' second moments. */
function principal() {
  const data = rowMajor(points)
  const entry = (a: number, b: number) =>
    [0, 1, 2, 3].reduce((sum, j) => sum + data[4 * a + j] * data[4 * b + j], 0) / 4
  return eigensystem(
    Array.from({ length: 9 }, (_, i) => entry(Math.floor(i / 3), i % 3)),
    3,
  )
}

/** Gradient descent from several starts, with a small penalty and without one. */
export const biasExperiment: Experiment = {
  question: 'Does a small penalty tell which matrix W₂ is found?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 2000 : 12
    const runs = seeds.flatMap((seed) => [0, 0.1].map((lambda) => ({ seed, lambda })))
    const ends = []
    for (const [i, { seed, lambda }] of runs.entries()) {
      const descent = startOf(seed)
      const first = await step(descent, lambda, operators, true)
      for (let t = 1; t < steps; t++) {
        await step(descent, lambda, operators, false)
        if (t % 100 === 0) progress?.(i * steps + t, runs.length * steps)
      }
      const { encoder, decoder } = descent.parameters
      const inputs = { x: points, encoder, decoder }
      const last = await forward(operators, 'linearAutoencoder', 'loss', inputs, { lambda })
      const product = await times(operators, decoder, transposed(decoder))
      ends.push({ seed, lambda, first, last, encoder, decoder, product })
    }
    await read(
      ends.flatMap(({ first, last, encoder, decoder, product }) => [first ?? last, last, encoder, decoder, product]),
    )
    const results = ends.map(({ seed, lambda, first, last, encoder, decoder, product }) => ({
      ...{ seed, lambda, first: item(first ?? last), last: item(last) },
      ...measured(encoder, decoder, product),
    }))
    const expected = (lambda: number) => [...principal().values].slice(0, 2).map((s) => Math.sqrt(1 - lambda / s))
    const [free, penalized] = [0, 0.1].map((lambda) => results.filter((result) => result.lambda === lambda))
    const found = [
      {
        statement: 'Gradient descent lowers the loss from every start.',
        holds: results.every(({ first, last }) => last < first),
      },
    ]
    if (extent === 'full')
      found.push(
        {
          statement: 'Without a penalty W₂ is another matrix from every start: its directions lie degrees apart.',
          holds: Math.max(...free.map(({ angle }) => angle)) - Math.min(...free.map(({ angle }) => angle)) > 5,
        },
        {
          statement: 'Without a penalty W₁ is not W₂ᵀ.',
          holds: free.every(({ difference }) => difference > 0.1),
        },
        {
          statement: 'With a small penalty W₁ = W₂ᵀ from every start.',
          holds: penalized.every(({ difference }) => difference < 1e-4),
        },
        {
          statement: 'With a small penalty the singular values of W₂ are √(1 − λ/σᵢ) from every start.',
          holds: penalized.every(({ singular, lambda }) =>
            singular.every((value, i) => Math.abs(value - expected(lambda)[i]) < 1e-4),
          ),
        },
        {
          statement: 'With a small penalty the directions of W₂ are the principal ones from every start.',
          holds: penalized.every(({ angle }) => angle < 0.1),
        },
      )
    return {
      columns: [
        'start',
        'λ',
        'loss at first',
        'loss at last',
        '‖W₁ − W₂ᵀ‖',
        's₁',
        's₂',
        'angle to the first direction',
      ],
      rows: results.map(({ seed, lambda, first, last, difference, singular, angle }) => [
        ...[seed, lambda, first, last, difference],
        ...[singular[0], singular[1], angle],
      ]),
      findings: found,
    }
  },
}

/** The descent of the experiment's first start, with the penalty. */
export const biasTraining: Training = {
  name: 'linear autoencoder with a small penalty',
  async losses(operators, steps) {
    const descent = startOf(seeds[0])
    const losses: Tensor[] = []
    for (let t = 0; t < steps; t++) {
      const loss = await step(descent, 0.1, operators, true)
      if (loss !== undefined) losses.push(loss)
    }
    return losses
  },
}

/** The minimum in bases ever more skewed: the error stays, the penalty grows. */
export const basisExperiment: Experiment = {
  question: 'Is every basis of the principal directions’ span as good?',
  async run(operators, { read = async () => {} } = {}) {
    const lambda = 0.1
    const { values, vectors } = principal()
    const s = [0, 1].map((i) => Math.sqrt(1 - lambda / values[i]))
    const decoder = tensor(
      [3, 2],
      [0, 1, 2].flatMap((row) => [s[0] * vectors[0][row], s[1] * vectors[1][row]]),
    )
    const measurements = []
    for (const stretch of [1, 1.25, 1.5, 2, 4]) {
      const weights = {
        encoder: await times(operators, tensor([2, 2], [1 / stretch, 0, 0, stretch]), transposed(decoder)),
        decoder: await times(operators, decoder, tensor([2, 2], [stretch, 0, 0, 1 / stretch])),
      }
      const at = (penalty: number) =>
        forward(operators, 'linearAutoencoder', 'loss', { x: points, ...weights }, { lambda: penalty })
      measurements.push({ stretch, error: await at(0), loss: await at(lambda) })
    }
    await read(measurements.flatMap(({ error, loss }) => [error, loss]))
    const rows = measurements.map(({ stretch, error, loss }) => [stretch, item(error), item(loss)])
    return {
      columns: ['stretch of the basis', 'reconstruction error', 'loss with the penalty'],
      rows,
      findings: [
        {
          statement: 'Stretching one direction of the code and shrinking the other leaves the reconstruction error.',
          holds: rows.every(([, error]) => Math.abs(error - rows[0][1]) < 1e-5),
        },
        {
          statement: 'The penalty grows with every stretch: it tells the bases apart.',
          holds: rows.slice(1).every(([, , loss], i) => loss > rows[i][2]),
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Error and loss as the basis is stretched',
          x: { title: 'stretch', scale: 'log' },
          y: { title: 'loss' },
          lines: [
            { name: 'reconstruction error', points: rows.map(([stretch, error]) => [stretch, error] as const) },
            { name: 'with the penalty', points: rows.map(([stretch, , loss]) => [stretch, loss] as const) },
          ],
        },
      ],
    }
  },
}
