import { reshape, type Tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Operators } from '../exercise.js'
import { scaledGiven, sideBySide, times, transposed } from '../matrices.js'

/** Weights of a layer, features in rows: words stand on the left of them. */
export interface Layer {
  readonly weightQ: Tensor
  readonly weightK: Tensor
  readonly weightV: Tensor
  readonly weightO: Tensor
}

/** Multi-head attention by its matrix products, for given weights: every head by itself, then side by side, then W^O. */
export async function attendByHeads(operators: Operators, x: Tensor, layer: Layer, heads: number): Promise<Tensor> {
  const width = x.shape[1] / heads
  const outputs: Tensor[] = []
  for (let head = 0; head < heads; head++) {
    const of = (weight: Tensor) => times(operators, x, weight.lo(0, head * width).hi(-1, width))
    const query = await of(scaledGiven(layer.weightQ, 1 / Math.sqrt(width)))
    const scores = await times(operators, query, transposed(await of(layer.weightK)))
    const weights = await forward(operators, 'softmax', 'y', { x: scores })
    outputs.push(await times(operators, weights, await of(layer.weightV)))
  }
  return times(operators, sideBySide(outputs), layer.weightO)
}

/** What the operator multiHeadAttention reads: its weights stand on the left of words, so that they are transposed. */
export function operatorCall(x: Tensor, layer: Layer) {
  const sequence = reshape(x, [1, ...x.shape])
  return {
    ...{ query: sequence, key: sequence, value: sequence },
    weightQuery: transposed(layer.weightQ),
    weightKey: transposed(layer.weightK),
    weightValue: transposed(layer.weightV),
    weightOutput: transposed(layer.weightO),
  }
}
