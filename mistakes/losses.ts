import type { Attributes } from '../oracle/contract.js'
import { rowMajor, scalar, type Tensor, type Tensors } from '../oracle/tensor.js'
import { sum } from './rearrange.js'

/** One loss an item, reduced as the attribute says. */
export function reduced(items: Tensor, { reduction }: Attributes): Tensors {
  if (reduction === 'none') return { loss: items }
  const total = sum(rowMajor(items))
  return { loss: scalar(reduction === 'sum' ? total : total / items.size) }
}

export const isMean = (attributes: Attributes) => attributes.reduction === 'mean'

/** The attributes, a mean made a sum. */
export function summed(attributes: Attributes): Attributes {
  return isMean(attributes) ? { ...attributes, reduction: 'sum' } : attributes
}
