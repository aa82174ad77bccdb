import { add, besides, columnsOf } from './blocks.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { concatenate } from './layout.js'
import { transform } from './linear.js'
import { subtract } from './linearAutoencoder.js'
import { crossEntropyItems, crossEntropySlopes, squaredErrorParts, squaredErrorSlopes } from './losses.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { total } from './reduction.js'
import { transformBackward } from './transformGradients.js'

const rectified = kernel('parent', function (this: Thread, size: number, x: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  return Math.max(x[i], 0)
})

/** The sum of the gradients with respect to the parent, where it is active. */
const parentGradient = kernel(
  'gradient of parent',
  function (this: Thread, size: number, parent: Values, given: Values, second: Values, third: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (parent[i] <= 0) return 0
    return given[i] + (second[i] + third[i])
  },
)

/** x = [left; right], p = ReLU(W₁x + b₁), x′ = W₂p + b₂, the logits W₃p + b₃, and how both errors are weighted. */
async function prepare(call: GpuCall) {
  const { workspace } = call
  const { N, D, P, C } = call.sizes
  const x = await besides(workspace, call.input('left'), call.input('right'), [D, D])
  const before = await transform(workspace, x, call.input('weight1'), call.input('bias1'), [2 * D, P])
  const parent = await workspace.run(rectified, N * P, before)
  const [reconstruction, logits] = await Promise.all([
    transform(workspace, parent, call.input('weight2'), call.input('bias2'), [P, 2 * D]),
    transform(workspace, parent, call.input('weight3'), call.input('bias3'), [P, C]),
  ])
  const errorWeight = 0.5 / N
  const classification = { classes: C, smoothing: 0, weight: 1 / N }
  return { workspace, N, D, P, C, x, parent, reconstruction, logits, errorWeight, classification }
}

export const recursiveAutoencoder: GpuOperator = {
  forward: async (call) => {
    const { workspace, x, parent, reconstruction, logits, errorWeight, classification } = await prepare(call)
    const parts = await Promise.all([
      squaredErrorParts(workspace, reconstruction, x, errorWeight),
      crossEntropyItems(workspace, logits, call.input('target'), classification),
    ])
    const loss = await total(workspace, await concatenate(workspace, parts))
    return { parent, reconstruction, logits, loss }
  },
  /** x receives a gradient as the input of W₁ and, negated, as the target of its reconstruction. */
  backward: async (call) => {
    const { workspace, D, P, C, x, parent, reconstruction, logits, errorWeight, classification } = await prepare(call)
    const g = call.gradient('loss')
    const [ofError, ofClasses] = await Promise.all([
      squaredErrorSlopes(workspace, reconstruction, x, g, errorWeight),
      crossEntropySlopes(workspace, logits, call.input('target'), g, classification),
    ])
    const [atReconstruction, atLogits] = await Promise.all([
      add(workspace, call.gradient('reconstruction'), ofError),
      add(workspace, call.gradient('logits'), ofClasses),
    ])
    const [second, third] = await Promise.all([
      transformBackward(workspace, parent, call.input('weight2'), atReconstruction, [P, 2 * D]),
      transformBackward(workspace, parent, call.input('weight3'), atLogits, [P, C]),
    ])
    const branches = [call.gradient('parent'), second.x, third.x] as const
    const delta = await workspace.run(parentGradient, parent.length, parent, ...branches)
    const first = await transformBackward(workspace, x, call.input('weight1'), delta, [2 * D, P])
    const both = await subtract(workspace, first.x, ofError)
    const half = (from: number) => columnsOf(workspace, both, 2 * D, { first: from, width: D })
    const [left, right] = await Promise.all([half(0), half(D)])
    return {
      left,
      right,
      weight1: first.weight,
      bias1: first.bias,
      weight2: second.weight,
      bias2: second.bias,
      weight3: third.weight,
      bias3: third.bias,
    }
  },
}
