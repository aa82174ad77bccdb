import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'
import { reductionOf, total } from './reduction.js'
import { distancesOfRows } from './rowLengths.js'

declare function quotient(i: number, n: number): number

/** weight·d² where alike, weight·max(0, margin − d)² where not. */
const losses = kernel(
  'contrastiveLoss',
  function (this: Thread, size: number, distances: Values, same: Values, margin: number, weight: number): number {
    const n = this.thread.x
    if (n >= size) return 0
    let apart = distances[n]
    if (same[n] === 0) apart = Math.max(0, margin - apart)
    return weight * apart * apart
  },
)

/** 2·weight·g·(a − b) where alike, −2·weight·g·max(0, margin − d)·(a − b)/d where not, and 0 where d is 0. */
const lossGradient = kernel(
  'gradient of contrastiveLoss',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    distances: Values,
    same: Values,
    gradient: Values,
    gradientStep: number,
    columns: number,
    margin: number,
    weight: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, columns)
    const difference = a[i] - b[i]
    const share = 2 * weight * gradient[n * gradientStep]
    if (same[n] === 1) return share * difference
    if (distances[n] === 0) return 0
    return -share * Math.max(0, margin - distances[n]) * (difference / distances[n])
  },
)

export const contrastiveLoss: GpuOperator = {
  forward: async (call) => {
    const { workspace, sizes } = call
    const { weight, added } = reductionOf(call, sizes.N)
    const distances = await distancesOfRows(workspace, call.input('a'), call.input('b'), sizes.D)
    const items = await workspace.run(losses, sizes.N, distances, call.input('same'), call.number('margin'), weight)
    return { loss: added ? await total(workspace, items) : items }
  },
  /** ∂/∂b = −∂/∂a */
  backward: async (call) => {
    const { workspace, sizes } = call
    const [a, b, same, gradient] = [call.input('a'), call.input('b'), call.input('same'), call.gradient('loss')]
    const { weight, added } = reductionOf(call, sizes.N)
    const distances = await distancesOfRows(workspace, a, b, sizes.D)
    const scalars = [added ? 0 : 1, sizes.D, call.number('margin'), weight] as const
    const toward = (mine: DeviceArray, other: DeviceArray) =>
      workspace.run(lossGradient, mine.length, mine, other, distances, same, gradient, ...scalars)
    const [gradA, gradB] = await Promise.all([toward(a, b), toward(b, a)])
    return { a: gradA, b: gradB }
  },
}
