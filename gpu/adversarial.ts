import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { concatenate } from './layout.js'
import type { GpuOperator } from './operator.js'
import { group, total } from './reduction.js'
import type { Workspace } from './workspace.js'

declare function logistic(x: number): number
declare function softplus(x: number): number

/** Σ weight·softplus(sign·x) over each group of logits. */
const softplusSums = kernel(
  'sum of softplus',
  function (this: Thread, size: number, x: Values, length: number, group: number, sign: number, weight: number) {
    const i = this.thread.x
    if (i >= size) return 0
    const end = Math.min((i + 1) * group, length)
    let sum = 0
    for (let k = i * group; k < end; k += 1) sum += weight * softplus(sign * x[k])
    return sum
  },
)

/** weight·sign·σ(sign·x)·g */
const softplusGradient = kernel(
  'gradient of a sum of softplus',
  function (this: Thread, size: number, x: Values, gradient: Values, sign: number, weight: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return weight * sign * gradient[0] * logistic(sign * x[i])
  },
)

/** What weight·Σ softplus(sign·x) is made of: its sums by groups. */
function sums(workspace: Workspace, x: DeviceArray, sign: number, weight: number): Promise<DeviceArray> {
  return workspace.run(softplusSums, Math.ceil(x.length / group), x, x.length, group, sign, weight)
}

function slopes(workspace: Workspace, x: DeviceArray, gradient: DeviceArray, sign: number, weight: number) {
  return workspace.run(softplusGradient, x.length, x, gradient, sign, weight)
}

export const discriminatorLoss: GpuOperator = {
  /** mean softplus(−real) + mean softplus(fake) */
  forward: async (call) => {
    const { workspace, sizes } = call
    const weight = 1 / sizes.N
    const [real, fake] = [call.input('real'), call.input('fake')]
    const parts = await Promise.all([sums(workspace, real, -1, weight), sums(workspace, fake, 1, weight)])
    return { loss: await total(workspace, await concatenate(workspace, parts)) }
  },
  backward: async (call) => {
    const { workspace, sizes } = call
    const gradient = call.gradient('loss')
    const [real, fake] = await Promise.all([
      slopes(workspace, call.input('real'), gradient, -1, 1 / sizes.N),
      slopes(workspace, call.input('fake'), gradient, 1, 1 / sizes.N),
    ])
    return { real, fake }
  },
}

/** Of weight·Σ softplus(sign·fake): mean softplus(−fake), or −mean softplus(fake). */
function formOf(kind: unknown, N: number): readonly [sign: number, weight: number] {
  return kind === 'minimax' ? [1, -1 / N] : [-1, 1 / N]
}

export const generatorLoss: GpuOperator = {
  forward: async (call) => {
    const form = formOf(call.attributes.kind, call.sizes.N)
    return { loss: await total(call.workspace, await sums(call.workspace, call.input('fake'), ...form)) }
  },
  backward: async (call) => {
    const form = formOf(call.attributes.kind, call.sizes.N)
    return { fake: await slopes(call.workspace, call.input('fake'), call.gradient('loss'), ...form) }
  },
}
