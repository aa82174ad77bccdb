import { map, rowMajor, type Tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators } from '../exercise.js'
import { normalTensor, plus, randomNumbers } from '../training.js'

const [channels, side, images] = [4, 6, 2]

/** Gains of the initial weights: standard deviation gain / √(weights of a unit). √2 keeps what ReLU passes as large as it was. */
const gains = [1, Math.SQRT2, 2] as const

interface Unit {
  readonly first: Tensor
  readonly second: Tensor
}

/** A stack of units of two filters: plain, or each with its input added before the last ReLU. */
async function run(
  units: readonly Unit[],
  residual: boolean,
  [image, gradient]: readonly [Tensor, Tensor],
  operators: Operators,
): Promise<Tensor> {
  const attributes = { padding: 1 }
  const trace = []
  let x = image
  for (const { first, second } of units) {
    const inner = { x, weight: first }
    const a = await forward(operators, 'conv2d', 'y', inner, attributes)
    const outer = { x: await forward(operators, 'relu', 'y', { x: a }), weight: second }
    const f = await forward(operators, 'conv2d', 'y', outer, attributes)
    const sum = residual ? plus(f, x) : f
    trace.push({ inner, a, outer, sum })
    x = await forward(operators, 'relu', 'y', { x: sum })
  }
  let y = gradient
  for (const { inner, a, outer, sum } of trace.reverse()) {
    const ofSum = await backward(operators, 'relu', 'x', { x: sum }, { y })
    const ofHidden = await backward(operators, 'conv2d', 'x', outer, { y: ofSum }, attributes)
    const ofInner = await backward(operators, 'relu', 'x', { x: a }, { y: ofHidden })
    const ofBranch = await backward(operators, 'conv2d', 'x', inner, { y: ofInner }, attributes)
    y = residual ? plus(ofBranch, ofSum) : ofBranch
  }
  return y
}

function norm(x: Tensor): number {
  return Math.hypot(...rowMajor(x))
}

/** The size of the gradient that reaches the first layer of plain and residual stacks of growing depth, for one gradient at the end. */
export const gradientFlowExperiment: Experiment = {
  question: 'Why can residual networks be so deep?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const depths = extent === 'full' ? [2, 4, 8, 16, 32] : [2, 8]
    const chosen = extent === 'full' ? gains : gains.slice(0, 1)
    const random = randomNumbers(152)
    const image = normalTensor([images, channels, side, side], 1, random)
    const gradient = normalTensor([images, channels, side, side], 1, random)
    const deviation = Math.sqrt(1 / (9 * channels))
    const units = Array.from({ length: depths[depths.length - 1] / 2 }, () => ({
      first: normalTensor([channels, channels, 3, 3], deviation, random),
      second: normalTensor([channels, channels, 3, 3], deviation, random),
    }))
    const measured: { gain: number; depth: number; plain: Tensor; residual: Tensor; start: Tensor }[] = []
    for (const gain of chosen)
      for (const depth of depths) {
        const stack = units.slice(0, depth / 2).map(({ first, second }) => ({
          first: scaled(first, gain),
          second: scaled(second, gain),
        }))
        const start = stack.map(({ first, second }) => ({ first, second: scaled(second, 0) }))
        const call = [image, gradient] as const
        measured.push({
          gain,
          depth,
          plain: await run(stack, false, call, operators),
          residual: await run(stack, true, call, operators),
          start: await run(start, true, call, operators),
        })
        progress?.(measured.length, chosen.length * depths.length)
      }
    await read(measured.flatMap(({ plain, residual, start }) => [plain, residual, start]))
    const scale = norm(gradient)
    const rows = measured.map(({ gain, depth, plain, residual, start }) => [
      gain,
      depth,
      ...[plain, residual, start].map((x) => norm(x) / scale),
    ])
    const small = rows.filter(([gain]) => gain === gains[0])
    const [shallow, deep] = [small[0], small[small.length - 1]]
    const starts = rows.map((row) => row[4])
    return {
      columns: ['gain of the weights', 'filters', 'plain', 'residual', 'residual, second filters zero'],
      rows,
      findings: [
        {
          statement: 'In a plain stack of weights with gain 1 the gradient dies away with depth.',
          holds: deep[2] < shallow[2] / 5,
        },
        {
          statement: 'Through shortcuts it stays at least a third of what it was.',
          holds: small.every((row) => row[3] > 1 / 3),
        },
        {
          statement: 'With zero weights at the end of every branch it is the same at every depth.',
          holds: Math.max(...starts) - Math.min(...starts) <= 1e-5 * Math.max(...starts),
        },
        ...(extent === 'full'
          ? [
              {
                statement:
                  'In a plain stack the gain decides: at 32 filters that of 2 makes the gradient 2³² times that of 1.',
                holds: Math.abs(rows[rows.length - 1][2] / deep[2] / 2 ** 32 - 1) < 1e-3,
              },
            ]
          : []),
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Gradient at the first layer, gain 1',
          x: { title: 'filters', scale: 'log' },
          y: { title: 'norm, of that at the end', scale: 'log' },
          lines: [
            { name: 'plain', points: small.map((row) => [row[1], row[2]] as const) },
            { name: 'residual', points: small.map((row) => [row[1], row[3]] as const) },
            { name: 'residual, zero branches', points: small.map((row) => [row[1], row[4]] as const) },
          ],
        },
      ],
    }
  },
}

/** Host numbers times a factor. */
function scaled(x: Tensor, factor: number): Tensor {
  return map(x, (value) => value * factor)
}
