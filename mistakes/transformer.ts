import type { Attributes } from '../oracle/contract.js'
import { multiHeadAttention } from '../oracle/multiHeadAttention.js'
import { layerNorm } from '../oracle/normalization.js'
import { map, type Tensor, type Tensors, zip } from '../oracle/tensor.js'
import { feedForward } from '../oracle/transformer.js'
import { numberOf } from './mistake.js'

export const nothing = (x: Tensor) => map(x, () => 0)
export const plus = (a: Tensor, b: Tensor) => zip(a, b, (p, q) => p + q)

function partOf(inputs: Tensors, part: string): Tensors {
  const own = Object.entries(inputs).filter(([name]) => name.startsWith(`${part}.`))
  return Object.fromEntries(own.map(([name, x]) => [name.slice(part.length + 1), x]))
}

/** The parts of a layer, to be put together in another way. */
export function partsOf(inputs: Tensors, attributes: Attributes) {
  const epsilon = numberOf(attributes, 'epsilon')
  const heads = numberOf(attributes, 'heads')
  return {
    norm: (name: string, x: Tensor) => layerNorm.forward({ x, ...partOf(inputs, name) }, { epsilon }).y,
    feed: (x: Tensor) => feedForward.forward({ x, ...partOf(inputs, 'feedForward') }, {}).y,
    attend: (part: string, query: Tensor, key: Tensor, value: Tensor, causal: boolean, mask?: Tensor) =>
      multiHeadAttention.forward(
        { query, key, value, ...partOf(inputs, part), ...(mask === undefined ? {} : { mask }) },
        { heads, causal },
      ).output,
  }
}

/** What the parts of a layer are put together from: normalizations, the feed-forward network and attentions, by name. */
export type Parts = ReturnType<typeof partsOf>
