import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { concatenate } from './layout.js'
import { matrix, multiply, transposed } from './linear.js'
import { penaltyParts, squaredErrorParts, squaredErrorSlopes } from './losses.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { total } from './reduction.js'
import type { Workspace } from './workspace.js'

/** a + factor·g·b, g the only gradient. */
const penalized = kernel(
  'gradient with penalty',
  function (this: Thread, size: number, a: Values, b: Values, gradient: Values, factor: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return a[i] + factor * gradient[0] * b[i]
  },
)

const difference = kernel('difference', function (this: Thread, size: number, a: Values, b: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  return a[i] - b[i]
})

/** a − b, element by element. */
export function subtract(workspace: Workspace, a: DeviceArray, b: DeviceArray): Promise<DeviceArray> {
  return workspace.run(difference, a.length, a, b)
}

/** One example a column: x is [M,N], the encoder [K,M], the decoder [M,K]. Code and reconstruction are W₁X and W₂W₁X. */
async function prepare(call: GpuCall) {
  const { workspace } = call
  const { M, N, K } = call.sizes
  const [x, encoder, decoder] = [call.input('x'), call.input('encoder'), call.input('decoder')]
  const code = await multiply(workspace, matrix(encoder, M), matrix(x, N), [K, M, N])
  const reconstruction = await multiply(workspace, matrix(decoder, K), matrix(code, N), [M, K, N])
  return { workspace, M, N, K, x, encoder, decoder, code, reconstruction, lambda: call.number('lambda') }
}

export const linearAutoencoder: GpuOperator = {
  forward: async (call) => {
    const { workspace, N, x, encoder, decoder, reconstruction, lambda } = await prepare(call)
    const penalties = lambda === 0 ? [] : [encoder, decoder]
    const parts = await Promise.all([
      squaredErrorParts(workspace, reconstruction, x, 1 / N),
      ...penalties.map((weight) => penaltyParts(workspace, weight, 2, lambda)),
    ])
    return { loss: await total(workspace, await concatenate(workspace, parts)) }
  },
  /** With Δ = 2(W₂W₁X − X)/N: ∂/∂W₂ = Δ(W₁X)ᵀ + 2λW₂, ∂/∂W₁ = W₂ᵀΔXᵀ + 2λW₁, ∂/∂X = W₁ᵀW₂ᵀΔ − Δ. */
  backward: async (call) => {
    const { workspace, M, N, K, x, encoder, decoder, code, reconstruction, lambda } = await prepare(call)
    const gradient = call.gradient('loss')
    const delta = await squaredErrorSlopes(workspace, reconstruction, x, gradient, 1 / N)
    const atCode = await multiply(workspace, transposed(matrix(decoder, K)), matrix(delta, N), [K, M, N])
    const withPenalty = async (product: Promise<DeviceArray>, weight: DeviceArray) =>
      workspace.run(penalized, weight.length, await product, weight, gradient, 2 * lambda)
    const [fromCode, gradEncoder, gradDecoder] = await Promise.all([
      multiply(workspace, transposed(matrix(encoder, M)), matrix(atCode, N), [M, K, N]),
      withPenalty(multiply(workspace, matrix(atCode, N), transposed(matrix(x, N)), [K, N, M]), encoder),
      withPenalty(multiply(workspace, matrix(delta, N), transposed(matrix(code, N)), [M, N, K]), decoder),
    ])
    return {
      x: await subtract(workspace, fromCode, delta),
      encoder: gradEncoder,
      decoder: gradDecoder,
    }
  },
}
