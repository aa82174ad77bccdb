import { map, rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { totalSize } from './featureMaps.js'

function dot(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return rowMajor(a).reduce((sum, value, i) => sum + value * right[i], 0)
}

/**
 * What rounding may do to a sum of products of what the block reads: every path multiplies an input, or a gradient, by entries of
 * at most three filters, and sums over all of them.
 */
function allowedFor(values: Values, slack: number): number {
  const filters = ['kernel1', 'kernel2', 'strided', 'expansion', 'projection'].reduce(
    (product, name) => product * (1 + totalSize(tensorOf(values, name))),
    1,
  )
  const inputs = (1 + totalSize(tensorOf(values, 'x'))) * (1 + totalSize(tensorOf(values, 'outputGradient')))
  return 64 * slack * filters * inputs
}

const named = (values: Values, ...names: readonly string[]) => names.map((name) => tensorOf(values, name))

export const blockLaws: readonly ExerciseLaw[] = [
  {
    name: 'with zero weights in its branch a block is ReLU of its input, and its gradient passes undiminished',
    async check(given, solve, slack, operators) {
      const [x, gradient] = named(given, 'x', 'outputGradient')
      const expected = await forward(operators, 'relu', 'y', { x })
      const passed = tensor(
        x.shape,
        rowMajor(gradient).map((value, i) => (rowMajor(x)[i] > 0 ? value : 0)),
      )
      for (const name of ['kernel1', 'kernel2']) {
        const solved = await solve({ ...given, [name]: zeros([3, 3]) })
        const allowed = allowedFor(given, slack)
        expectAllClose('the output of the block', tensorOf(solved, 'output'), expected, allowed)
        expectAllClose('the gradient by the input', tensorOf(solved, 'inputGradient'), passed, allowed)
      }
    },
  },
  {
    name: 'the block is homogeneous: input times gradient, output times gradient and each filter times its gradient agree',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const allowed = allowedFor(given, slack)
      const [x, y, gradient] = [tensorOf(given, 'x'), tensorOf(solved, 'output'), tensorOf(given, 'outputGradient')]
      const through = dot(tensorOf(solved, 'branch'), tensorOf(solved, 'sumGradient'))
      expectClose('input times gradient', dot(x, tensorOf(solved, 'inputGradient')), dot(y, gradient), allowed)
      for (const [filter, by] of [
        ['kernel1', 'kernel1Gradient'],
        ['kernel2', 'kernel2Gradient'],
      ]) {
        const product = dot(tensorOf(given, filter), tensorOf(solved, by))
        expectClose(`${filter} times its gradient`, product, through, allowed)
      }
      expectClose('input times gradient of the branch', dot(x, tensorOf(solved, 'branchGradient')), through, allowed)
    },
  },
  {
    name: 'an input twice as large makes every map twice as large and leaves the gradient by the input',
    async check(given, solve, slack) {
      const [solved, doubled] = [
        await solve(given),
        await solve({ ...given, x: map(tensorOf(given, 'x'), (value) => 2 * value) }),
      ]
      const allowed = 2 * allowedFor(given, slack)
      for (const name of ['output', 'filledUp1', 'filledUp2', 'projectedOutput1', 'projectedOutput2']) {
        const twice = map(tensorOf(solved, name), (value) => 2 * value)
        expectAllClose(name, tensorOf(doubled, name), twice, allowed)
      }
      expectAllClose('the gradient', tensorOf(doubled, 'inputGradient'), tensorOf(solved, 'inputGradient'), allowed)
    },
  },
  {
    name: 'a zero-padding shortcut is a projection by 1 and 0',
    async check(given, solve, slack) {
      const solved = await solve({ ...given, projection: tensor([2], [1, 0]) })
      const allowed = allowedFor(given, slack)
      for (const channel of [1, 2])
        expectAllClose(
          `channel ${channel}`,
          tensorOf(solved, `filledUp${channel}`),
          tensorOf(solved, `projectedOutput${channel}`),
          allowed,
        )
    },
  },
  {
    name: 'the gradient by the input is the slope of the loss along it, while no unit switches',
    async check(given, solve, slack) {
      // Away from whole numbers, so that no pre-activation is exactly 0.
      const x = tensor(
        [3, 3],
        rowMajor(tensorOf(given, 'x')).map((value, i) => value + Math.sin((i + 1) ** 2) / 16),
      )
      const gradient = tensorOf(given, 'outputGradient')
      const solved = await solve({ ...given, x })
      const slope = tensorOf(solved, 'inputGradient')
      const kernel1 = totalSize(tensorOf(given, 'kernel1'))
      // What a change of the input by 1 may do to a pre-activation.
      const reach = 1 + kernel1 * (1 + totalSize(tensorOf(given, 'kernel2')))
      const distances = ['preActivation', 'sum'].flatMap((name) => [...rowMajor(tensorOf(solved, name))].map(Math.abs))
      const distance = Math.min(1, ...distances.filter((size) => size > 0))
      const step = 2 ** Math.floor(Math.log2(distance / (2 * reach * (1 + largest(slope)))))
      const moved = tensor(
        x.shape,
        rowMajor(x).map((value, i) => value + step * rowMajor(slope)[i]),
      )
      const after = await solve({ ...given, x: moved })
      const rise = dot(tensorOf(after, 'output'), gradient) - dot(tensorOf(solved, 'output'), gradient)
      expectClose('the rise of the loss', rise, step * dot(slope, slope), 2 * allowedFor(given, slack))
    },
  },
]
