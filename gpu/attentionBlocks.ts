import { type Attention, type AttentionGradients, attend, attendBackward } from './attention.js'
import { attentionWeights, type Sizes } from './attentionWeights.js'
import { add } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { concatenate, slice } from './layout.js'
import type { Workspace } from './workspace.js'

/** Some queries of an item, from query `first` on, or all those of several items. */
export interface Block {
  readonly item: number
  readonly items: number
  readonly first: number
  readonly queries: number
}

/** An attention in as few blocks as have no more than `most` weights each, in the order of items and queries. */
export function blocksOf({ N, heads, T, S }: Sizes, most: number): Block[] {
  const blocks: Block[] = []
  const items = Math.floor(most / (heads * T * S))
  if (items > 0) {
    for (let item = 0; item < N; item += items)
      blocks.push({ item, items: Math.min(items, N - item), first: 0, queries: T })
    return blocks
  }
  const queries = Math.max(1, Math.floor(most / (heads * S)))
  for (let item = 0; item < N; item++)
    for (let first = 0; first < T; first += queries)
      blocks.push({ item, items: 1, first, queries: Math.min(queries, T - first) })
  return blocks
}

function isWhole({ items, queries }: Block, { N, T }: Sizes): boolean {
  return items === N && queries === T
}

/** The rows of a block, out of rows of equal length for all queries. */
export async function ofQueries(
  workspace: Workspace,
  x: DeviceArray,
  sizes: Sizes,
  block: Block,
): Promise<DeviceArray> {
  if (isWhole(block, sizes)) return x
  const { N, T } = sizes
  const { item, items, first, queries } = block
  const width = x.length / (N * T)
  return slice(workspace, x, (item * T + first) * width, items * queries * width)
}

/** The rows of a block's items. */
function ofItems(workspace: Workspace, x: DeviceArray, { N }: Sizes, { item, items }: Block): Promise<DeviceArray> {
  return slice(workspace, x, (item * x.length) / N, (items * x.length) / N)
}

/** A block as an attention of its own. */
export async function partOf(workspace: Workspace, attention: Attention, block: Block): Promise<Attention> {
  const { S, mask } = attention
  const { items, first, queries } = block
  if (isWhole(block, attention)) return attention
  const [query, key, value, rowsOfMask] = await Promise.all([
    ofQueries(workspace, attention.query, attention, block),
    ofItems(workspace, attention.key, attention, block),
    ofItems(workspace, attention.value, attention, block),
    mask && slice(workspace, mask, first * S, queries * S),
  ])
  return { ...attention, N: items, T: queries, first, query, key, value, mask: rowsOfMask }
}

/** The output of an attention whose weights nobody asks for: no more than `most` of them are held at a time. */
export async function attendInBlocks(
  workspace: Workspace,
  attention: Attention,
  most = workspace.device.elements,
): Promise<DeviceArray> {
  const outputs: DeviceArray[] = []
  for (const block of blocksOf(attention, most)) {
    const { output, weights } = await attend(workspace, await partOf(workspace, attention, block))
    await workspace.device.release(weights)
    outputs.push(output)
  }
  return concatenate(workspace, outputs)
}

/** The gradients of an attention from that of its output, made block by block as well. */
export async function attendInBlocksBackward(
  workspace: Workspace,
  attention: Attention,
  gradient: DeviceArray,
  most = workspace.device.elements,
): Promise<AttentionGradients> {
  return gatherBlocks(workspace, attention, most, async (part, block) => {
    const output = await ofQueries(workspace, gradient, attention, block)
    return attendBackward(workspace, part, await attentionWeights(workspace, part), { output })
  })
}

/** The gradients of all blocks put together: keys and values receive the sum of what the blocks of their item give. */
export async function gatherBlocks(
  workspace: Workspace,
  attention: Attention,
  most: number,
  gradientsOf: (part: Attention, block: Block) => Promise<AttentionGradients>,
): Promise<AttentionGradients> {
  const queries: DeviceArray[] = []
  const keys: DeviceArray[] = []
  const values: DeviceArray[] = []
  for (const block of blocksOf(attention, most)) {
    const { query, key, value } = await gradientsOf(await partOf(workspace, attention, block), block)
    queries.push(query)
    const [ofKey, ofValue] = [keys.at(-1), values.at(-1)]
    if (block.first === 0 || ofKey === undefined || ofValue === undefined) {
      keys.push(key)
      values.push(value)
    } else {
      keys.splice(-1, 1, await add(workspace, ofKey, key))
      values.splice(-1, 1, await add(workspace, ofValue, value))
    }
  }
  const [query, key, value] = await Promise.all([
    concatenate(workspace, queries),
    concatenate(workspace, keys),
    concatenate(workspace, values),
  ])
  return { query, key, value }
}
