import { reshape, type Tensor, zeros } from '../../oracle/tensor.js'
import { forward, joined } from '../computation.js'
import type { Operators } from '../exercise.js'
import { ones, scaledGiven, times, transposed } from '../matrices.js'
import { plus } from '../training.js'
import { productFeatures } from './4.quantities.js'

/** Numerators [queries, M] and denominators [queries] of attention, whose output is their quotient. */
export interface Quotient {
  readonly numerators: Tensor
  readonly denominators: Tensor
}

/** Softmax attention of given queries by its matrix products: QKᵀ, with Q over √D, softmax, times V. */
export async function softmaxAttention(operators: Operators, q: Tensor, k: Tensor, v: Tensor): Promise<Tensor> {
  const x = await times(operators, scaledGiven(q, 1 / Math.sqrt(q.shape[1])), transposed(k))
  return times(operators, await forward(operators, 'softmax', 'y', { x }), v)
}

/** Attention with the quadratic kernel in its linear form: sums over the keys first, then every query with the sums. */
export async function linearAttention(operators: Operators, q: Tensor, k: Tensor, v: Tensor): Promise<Quotient> {
  const [ofQueries, ofKeys] = [await productFeatures(operators, q), await productFeatures(operators, k)]
  const moments = await times(operators, transposed(ofKeys), v)
  const sums = await times(operators, transposed(ofKeys), ones([k.shape[0], 1]))
  const denominators = await times(operators, ofQueries, sums)
  return {
    numerators: await times(operators, ofQueries, moments),
    denominators: reshape(denominators, [q.shape[0]]),
  }
}

/** Causal attention with the quadratic kernel, a position at a time: φ(k)·vᵀ and φ(k) are added to a state that every query reads. */
export async function causalByRunningSums(operators: Operators, q: Tensor, k: Tensor, v: Tensor): Promise<Quotient> {
  const [N, M] = v.shape
  const [ofQueries, ofKeys] = [await productFeatures(operators, q), await productFeatures(operators, k)]
  const F = ofKeys.shape[1]
  let moments = zeros([F, M])
  let sums = zeros([F, 1])
  const rows: Quotient[] = []
  for (let t = 0; t < N; t++) {
    const key = reshape(ofKeys.pick(t, null), [F, 1])
    const query = reshape(ofQueries.pick(t, null), [1, F])
    moments = plus(moments, await times(operators, key, reshape(v.pick(t, null), [1, M])))
    sums = plus(sums, key)
    rows.push({
      numerators: await times(operators, query, moments),
      denominators: await times(operators, query, sums),
    })
  }
  return {
    numerators: joined(
      rows.map(({ numerators }) => numerators),
      [N, M],
    ),
    denominators: joined(
      rows.map(({ denominators }) => denominators),
      [N],
    ),
  }
}
