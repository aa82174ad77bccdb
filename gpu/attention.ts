import { sizeOf } from '../oracle/tensor.js'
import { gradientOfShares } from './attentionGradients.js'
import { attentionWeights, type Queries } from './attentionWeights.js'
import type { DeviceArray } from './deviceArray.js'
import { mixture, mixtureBack } from './mixture.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

/** Scaled dot-product attention of every head of every item. */
export interface Attention extends Queries {
  readonly value: DeviceArray
}

/** softmax(scale·q·k)·v, heads side by side [N,T,heads·M], and the weights [N,heads,T,S]. */
export async function attend(workspace: Workspace, attention: Attention) {
  const weights = await attentionWeights(workspace, attention)
  return { output: await mixture(workspace, weights, attention.value, attention), weights }
}

/** The gradients with respect to query, key and value. */
export interface AttentionGradients {
  readonly query: DeviceArray
  readonly key: DeviceArray
  readonly value: DeviceArray
}

/**
 * With the weights w: ∂L/∂v = Σₜ wₜₛ·gₜ; for the logits δₜₛ = wₜₛ·(∂wₜₛ − Σ w·∂w) with ∂wₜₛ = gₜ·vₛ + the gradient given for
 * the weights; ∂L/∂q = scale·Σₛ δₜₛ·kₛ, ∂L/∂k = scale·Σₜ δₜₛ·qₜ. The weights are given back, and what is as large as they are.
 */
export async function attendBackward(
  workspace: Workspace,
  attention: Attention,
  weights: DeviceArray,
  given: { readonly output: DeviceArray; readonly weights?: DeviceArray },
): Promise<AttentionGradients> {
  const { query, key, value, scale } = attention
  const delta = await gradientOfShares(workspace, weights, weights, value, given, attention, scale)
  const [ofQuery, ofKey, ofValue] = await Promise.all([
    mixture(workspace, delta, key, attention),
    mixtureBack(workspace, delta, query, attention),
    mixtureBack(workspace, weights, given.output, attention),
  ])
  for (const array of [weights, delta]) await workspace.device.release(array)
  return { query: ofQuery, key: ofKey, value: ofValue }
}

function attentionOf(call: GpuCall): Attention {
  return {
    N: sizeOf(call.shapes.query.slice(0, -2)),
    heads: 1,
    T: call.sizes.T,
    S: call.sizes.S,
    query: call.input('query'),
    key: call.input('key'),
    value: call.input('value'),
    mask: call.optional('mask'),
    scale: call.number('scale'),
    causal: call.attributes.causal === true,
  }
}

export const scaledDotProductAttention: GpuOperator = {
  forward: (call) => attend(call.workspace, attentionOf(call)),
  backward: async (call) => {
    const attention = attentionOf(call)
    const weights = await attentionWeights(call.workspace, attention)
    const given = { output: call.gradient('output'), weights: call.gradient('weights') }
    return { ...(await attendBackward(call.workspace, attention, weights, given)) }
  },
}
