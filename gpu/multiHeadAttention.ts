import { type Attention, attend, attendBackward } from './attention.js'
import { attendInBlocks, attendInBlocksBackward } from './attentionBlocks.js'
import type { DeviceArray } from './deviceArray.js'
import { transform } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { transformBackward } from './transformGradients.js'
import type { Workspace } from './workspace.js'

/** A linear layer of E features to E. */
export interface Projection {
  readonly weight: DeviceArray
  readonly bias: DeviceArray | undefined
}

/** Sizes, settings and parameters of an attention in heads. */
export interface MultiHead {
  readonly N: number
  readonly T: number
  readonly S: number
  readonly E: number
  readonly heads: number
  readonly causal: boolean
  readonly mask: DeviceArray | undefined
  readonly query: Projection
  readonly key: Projection
  readonly value: Projection
  readonly output: Projection
}

/** What the layer reads: query [N,T,E], key and value [N,S,E]. */
export interface Read {
  readonly query: DeviceArray
  readonly key: DeviceArray
  readonly value: DeviceArray
}

/** Query, key and value as the heads see them, side by side. */
async function inHeads(workspace: Workspace, layer: MultiHead, read: Read): Promise<Attention> {
  const { N, T, S, E, heads, causal, mask } = layer
  const project = (x: DeviceArray, { weight, bias }: Projection) => transform(workspace, x, weight, bias, [E, E])
  const [query, key, value] = await Promise.all([
    project(read.query, layer.query),
    project(read.key, layer.key),
    project(read.value, layer.value),
  ])
  return { N, T, S, heads, causal, mask, query, key, value, scale: 1 / Math.sqrt(E / heads) }
}

/** What the forward pass keeps for the backward one: what the heads see, and what they answer, side by side [N,T,E]. */
interface Kept {
  readonly attention: Attention
  readonly attended: DeviceArray
}

function outputOf(workspace: Workspace, { output, E }: MultiHead, attended: DeviceArray): Promise<DeviceArray> {
  return transform(workspace, attended, output.weight, output.bias, [E, E])
}

/** The layer's output [N,T,E], for those who do not ask for its weights. */
export async function attendInHeads(
  workspace: Workspace,
  layer: MultiHead,
  read: Read,
): Promise<Kept & { readonly output: DeviceArray }> {
  const attention = await inHeads(workspace, layer, read)
  const attended = await attendInBlocks(workspace, attention)
  return { attention, attended, output: await outputOf(workspace, layer, attended) }
}

/** The gradients of what is read and of all parameters, under the operator's names, from that of what the heads answer on. */
export async function attendInHeadsBackward(
  workspace: Workspace,
  layer: MultiHead,
  read: Read,
  { attention, attended }: Kept,
  output: DeviceArray,
  ofHeads = (gradient: DeviceArray) => attendInBlocksBackward(workspace, attention, gradient),
) {
  const both = [layer.E, layer.E] as const
  const last = await transformBackward(workspace, attended, layer.output.weight, output, both)
  const seen = await ofHeads(last.x)
  const [query, key, value] = await Promise.all([
    transformBackward(workspace, read.query, layer.query.weight, seen.query, both),
    transformBackward(workspace, read.key, layer.key.weight, seen.key, both),
    transformBackward(workspace, read.value, layer.value.weight, seen.value, both),
  ])
  return {
    ...{ query: query.x, key: key.x, value: value.x },
    ...{ weightQuery: query.weight, weightKey: key.weight, weightValue: value.weight, weightOutput: last.weight },
    ...{ biasQuery: query.bias, biasKey: key.bias, biasValue: value.bias, biasOutput: last.bias },
  }
}

/** The four projections of an attention whose parameters' names begin with `prefix`. */
export function projectionsOf(call: GpuCall, prefix = '') {
  const projection = (name: string): Projection => ({
    weight: call.input(`${prefix}weight${name}`),
    bias: call.optional(`${prefix}bias${name}`),
  })
  return {
    query: projection('Query'),
    key: projection('Key'),
    value: projection('Value'),
    output: projection('Output'),
  }
}

function layerOf(call: GpuCall): MultiHead {
  const { N, T, S, E } = call.sizes
  return {
    ...{ N, T, S, E },
    heads: call.number('heads'),
    causal: call.attributes.causal === true,
    mask: call.optional('mask'),
    ...projectionsOf(call),
  }
}

function readBy(call: GpuCall): Read {
  return { query: call.input('query'), key: call.input('key'), value: call.input('value') }
}

export const multiHeadAttention: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const layer = layerOf(call)
    const { output, weights } = await attend(workspace, await inHeads(workspace, layer, readBy(call)))
    return { output: await outputOf(workspace, layer, output), weights }
  },
  backward: async (call) => {
    const { workspace } = call
    const [layer, read] = [layerOf(call), readBy(call)]
    const attention = await inHeads(workspace, layer, read)
    const { output: attended, weights } = await attend(workspace, attention)
    const given = { weights: call.gradient('weights') }
    const kept = { attention, attended }
    const gradients = await attendInHeadsBackward(workspace, layer, read, kept, call.gradient('output'), (output) =>
      attendBackward(workspace, attention, weights, { ...given, output }),
    )
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}
