import { item, reshape, rowMajor, scalar, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import { ones } from '../matrices.js'
import { countingOperators } from '../operationCounts.js'
import type { HeatMap } from '../picture.js'
import { Descent, normalTensor, type Parameters, randomNumbers } from '../training.js'
import { attendByHeads } from './multi-head.run.js'

/** The layer split into 1, 2, 4, 8 heads, run by its matrix products. */
export const costExperiment: Experiment = {
  question: 'What do more heads cost?',
  async run(operators, { progress } = {}) {
    const [n, d] = [6, 16]
    const weight = ones([d, d])
    const layer = { weightQ: weight, weightK: weight, weightV: weight, weightO: weight }
    const rows: number[][] = []
    for (const heads of [1, 2, 4, 8]) {
      const counting = countingOperators(operators)
      await attendByHeads(counting.operators, ones([n, d]), layer, heads)
      rows.push([heads, d / heads, counting.counts.multiplyAdds])
      progress?.(rows.length, 4)
    }
    return {
      columns: ['heads', 'width of a head', 'multiply-adds'],
      rows,
      findings: [
        {
          statement: 'A layer of h heads of d/h takes exactly as many multiply-adds as one of a single head of d.',
          holds: rows.every((row) => row[2] === rows[0][2]),
        },
        {
          statement: 'They are 4·n·d² for the products with weights and 2·n²·d for scores and weighted sums.',
          holds: rows.every((row) => row[2] === 4 * n * d * d + 2 * n * n * d),
        },
      ],
    }
  },
}

/** Words of a ring of six: where each stands, as one of six, and two numbers of its own. */
const places = 6
const width = 8

interface Ring {
  readonly x: Tensor
  /** At every place the number of the place before, then that of the place after; all else is to be 0. */
  readonly target: Tensor
}

function ringsOf(count: number, random: () => number): Ring {
  const x: number[] = []
  const target: number[] = []
  for (let ring = 0; ring < count; ring++) {
    const numbers = Array.from({ length: places }, () => 2 * random() - 1)
    for (let place = 0; place < places; place++) {
      x.push(...Array.from({ length: places }, (_, i) => (i === place ? 1 : 0)), numbers[place], 0)
      const [before, after] = [numbers[(place + places - 1) % places], numbers[(place + 1) % places]]
      target.push(before, after, ...new Array(width - 2).fill(0))
    }
  }
  const shape = [count, places, width]
  return { x: tensor(shape, x), target: tensor(shape, target) }
}

const names = ['weightQuery', 'weightKey', 'weightValue', 'weightOutput']

function initial(random: () => number): Parameters {
  return Object.fromEntries(names.map((name) => [name, normalTensor([width, width], 0.5, random)]))
}

const settings = { learningRate: 0.3, momentum: 0.9 }

/** One step; answers with the mean squared error of the two numbers before it. */
async function step(descent: Descent, { x, target }: Ring, heads: number, operators: Operators): Promise<Tensor> {
  const inputs: Tensors = { query: x, key: x, value: x, ...descent.parameters }
  const prediction = await forward(operators, 'multiHeadAttention', 'output', inputs, { heads })
  const call = { prediction, target }
  // Two of eight columns hold the numbers.
  const attributes = { factor: width / 2 }
  const loss = await forward(operators, 'squaredError', 'loss', call, attributes)
  const output = await backward(operators, 'squaredError', 'prediction', call, { loss: scalar(1) }, attributes)
  const gradients = (await operators.multiHeadAttention.backward?.(inputs, { heads }, { output })) ?? {}
  await descent.step(Object.fromEntries(names.map((name) => [name, gradients[name]])), operators)
  return loss
}

interface Curve {
  readonly heads: number
  readonly losses: readonly { readonly t: number; readonly loss: Tensor }[]
  readonly weights: Tensor
}

/** One head and two of half its width, trained to read the places before and after. */
export const headsExperiment: Experiment = {
  question: 'Why several heads?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 500 : 8
    const curves: Curve[] = []
    for (const [i, heads] of [1, 2].entries()) {
      const random = randomNumbers(51)
      const rings = ringsOf(16, random)
      const descent = new Descent(initial(random), settings)
      const losses: { readonly t: number; readonly loss: Tensor }[] = []
      for (let t = 0; t < steps; t++) {
        const loss = await step(descent, rings, heads, operators)
        if (t % Math.ceil(steps / 10) === 0 || t === steps - 1) losses.push({ t, loss })
        progress?.(i * steps + t, 2 * steps)
      }
      const first = rings.x.hi(1, -1, -1)
      const inputs = { query: first, key: first, value: first, ...descent.parameters }
      const weights = await forward(operators, 'multiHeadAttention', 'weights', inputs, { heads })
      curves.push({ heads, losses, weights })
    }
    await read(curves.flatMap(({ losses, weights }) => [weights, ...losses.map(({ loss }) => loss)]))
    const rows = curves[0].losses.map(({ t, loss }, i) => [t, item(loss), item(curves[1].losses[i].loss)])
    const [start, end] = [rows[0], rows[rows.length - 1]]
    const findings = [
      { statement: 'Training lowers the error of both layers.', holds: end[1] < start[1] && end[2] < start[2] },
    ]
    if (extent === 'full')
      findings.push({
        statement:
          'Two heads of half the width, each on a place of its own, bring the error below a tenth of what one head comes to, whose weights mix both places.',
        holds: end[2] < end[1] / 10,
      })
    const maps = curves.flatMap(({ heads, weights }) =>
      Array.from({ length: heads }, (_, head): HeatMap => {
        const data = rowMajor(reshape(weights.pick(0, head, null, null), [places * places]))
        return {
          kind: 'heatMap',
          title: heads === 1 ? 'The weights of one head' : `The weights of head ${head + 1} of two`,
          rowTitle: 'reading place',
          columnTitle: 'place that is read',
          values: Array.from({ length: places }, (_row, t) => [...data.subarray(places * t, places * (t + 1))]),
          labelled: true,
        }
      }),
    )
    return {
      columns: ['step', 'error with one head of 8', 'error with two heads of 4'],
      rows,
      findings,
      pictures: [
        {
          kind: 'lineChart',
          title: 'Reading two places at once',
          x: { title: 'step' },
          y: { title: 'mean squared error', scale: 'log' },
          lines: [1, 2].map((heads) => ({
            name: heads === 1 ? 'one head' : 'two heads',
            points: rows.map((row) => [row[0], row[heads]] as const),
          })),
        },
        ...maps,
      ],
    }
  },
}

/** The two heads of the experiment. */
export const headsTraining: Training = {
  name: 'two heads that read the places before and after',
  async losses(operators, steps) {
    const random = randomNumbers(51)
    const rings = ringsOf(16, random)
    const descent = new Descent(initial(random), settings)
    const losses: Tensor[] = []
    for (let t = 0; t < steps; t++) losses.push(await step(descent, rings, 2, operators))
    return losses
  },
}
