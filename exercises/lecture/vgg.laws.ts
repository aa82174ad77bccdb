import { item, rowMajor, type Tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { convolved, convolvedBack } from './convolution.js'
import { ones, totalSize } from './featureMaps.js'
import { comparisons } from './vgg.stack.js'

/** The gradient of one output in the middle by the image, through `depth` filters of ones. */
export async function gradientSupport(
  depth: number,
  kernel: number,
  channels: number,
  operators: Operators,
): Promise<{ readonly gradient: Tensor; readonly weights: number }> {
  const reach = depth * (kernel - 1)
  // Room for a window two larger than expected on every side.
  const side = reach + 5
  const inputs = Array.from({ length: depth }, (_, layer) => {
    const length = side - layer * (kernel - 1)
    return { x: zeros([1, channels, length, length]), weight: ones([channels, channels, kernel, kernel]) }
  })
  let y = zeros([1, channels, 5, 5])
  y.set(0, 0, 2, 2, 1)
  let weights = 0
  for (const input of [...inputs].reverse()) {
    weights += (await backward(operators, 'conv2d', 'weight', input, { y })).size
    y = await backward(operators, 'conv2d', 'x', input, { y })
  }
  return { gradient: y, weights }
}

/** The side of the smallest square, from its first to its last row, that holds all entries that are not zero. */
export function supportSide(gradient: Tensor): number {
  const [, , height, width] = gradient.shape
  const numbers = rowMajor(gradient)
  const rows = Array.from({ length: height }, (_, row) => row).filter((row) =>
    numbers.slice(row * width, (row + 1) * width).some((value) => value !== 0),
  )
  return (rows.at(-1) ?? -1) - rows[0] + 1
}

function dot(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return rowMajor(a).reduce((sum, value, i) => sum + value * right[i], 0)
}

/** What rounding may do to sums of products of entries of the image and both filters. */
function allowedFor(values: Values, slack: number): number {
  const sizes = ['kernel1', 'kernel2'].map((name) => totalSize(tensorOf(values, name)))
  return 128 * slack * (1 + totalSize(tensorOf(values, 'patch')) * sizes[0] * sizes[1])
}

export const stackLaws: readonly ExerciseLaw[] = [
  {
    name: 'the gradient of one output by the image is not zero on exactly the receptive field; the layers that were run have the weights',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [kernel, channels] = ['smallKernel', 'stackChannels'].map((name) => numberOf(given, name))
      for (const i of comparisons) {
        const stack = await gradientSupport(numberOf(solved, `stackDepth${i}`), kernel, channels, operators)
        const large = await gradientSupport(1, numberOf(given, `largeKernel${i}`), channels, operators)
        const side = supportSide(stack.gradient)
        expectClose(`the receptive field of stack ${i}`, numberOf(solved, `stackField${i}`), side, 8 * slack * side)
        expectClose(`the side that stack ${i} sees`, side, supportSide(large.gradient), 0)
        for (const [name, { weights }] of [
          [`stackWeights${i}`, stack],
          [`largeWeights${i}`, large],
        ] as const)
          expectClose(`the number ${name}`, numberOf(solved, name), weights, 8 * slack * weights)
      }
    },
  },
  {
    name: 'the saving does not depend on the number of channels',
    async check(given, solve, slack) {
      const [solved, wider] = [await solve(given), await solve({ ...given, stackChannels: ones([]) })]
      for (const i of comparisons) {
        const name = `saving${i}`
        expectClose(name, numberOf(solved, name), numberOf(wider, name), 32 * slack)
      }
    },
  },
  {
    name: 'without ReLU two small filters are the one large filter, in either order',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [x, first, second] = ['patch', 'kernel1', 'kernel2'].map((name) => tensorOf(given, name))
      const E = tensorOf(solved, 'equivalentKernel')
      const allowed = allowedFor(given, slack)
      for (const [one, other] of [
        [first, second],
        [second, first],
      ]) {
        const y = await convolved(await convolved(x, one, operators), other, operators)
        expectClose('the output of the large filter', numberOf(solved, 'largeOutput'), item(y), allowed)
        expectAllClose('the large filter', E, await convolvedBack('x', [x, one, other], operators), allowed)
      }
      expectClose('the sum of the large filter', totalOf(E), totalOf(first) * totalOf(second), allowed)
    },
  },
  {
    name: 'the output is the sum of the image, or of either filter, times its gradient',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const [input, gradient] of [
        ['patch', 'stackGradientPatch'],
        ['kernel1', 'stackGradientKernel1'],
        ['kernel2', 'stackGradientKernel2'],
      ]) {
        const sum = dot(tensorOf(given, input), tensorOf(solved, gradient))
        expectClose(`${input} times its gradient`, sum, numberOf(solved, 'stackOutput'), allowedFor(given, slack))
      }
    },
  },
  {
    name: 'a step against the gradient of the image moves the output by the squared gradient, while no unit switches',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [x, gradient] = [tensorOf(given, 'patch'), tensorOf(solved, 'stackGradientPatch')]
      const a = tensorOf(solved, 'stackPreActivation')
      const change = await convolved(gradient, tensorOf(given, 'kernel1'), operators)
      // Half the way to the first unit that would switch; at 0 a unit switches at once.
      const moves = rowMajor(change)
      const step = rowMajor(a).reduce(
        (least, value, i) => (moves[i] === 0 ? least : Math.min(least, Math.abs(value / moves[i]) / 2)),
        1 / (1 + largest(gradient)),
      )
      const [numbers, slopes] = [rowMajor(x), rowMajor(gradient)]
      const moved = zeros(x.shape)
      numbers.forEach((value, i) => {
        moved.data[i] = value + step * slopes[i]
      })
      const h = await forward(operators, 'relu', 'y', {
        x: await convolved(moved, tensorOf(given, 'kernel1'), operators),
      })
      const y = await convolved(h, tensorOf(given, 'kernel2'), operators)
      const expected = numberOf(solved, 'stackOutput') + step * dot(gradient, gradient)
      expectClose('the output behind the step', item(y), expected, allowedFor({ ...given, patch: moved }, 4 * slack))
    },
  },
]

function totalOf(x: Tensor): number {
  return rowMajor(x).reduce((sum, value) => sum + value, 0)
}
