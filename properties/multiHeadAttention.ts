import fc from 'fast-check'
import type { AttributeValue } from '../oracle/contract.js'
import type { Tensor, Tensors } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  constant,
  exact,
  joined,
  permuted,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { type Allowed, allowedBy, attended, attentionGradients, drawMask, maskings } from './attention.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { type Filling, fill, fillings, type Limits, sizes } from './data.js'
import type { Model } from './model.js'
import { times } from './relations.js'

/** x[N,T,I]·Wᵀ + b as one sum, whose terms may be added in any order. */
export function projected(
  arithmetic: Arithmetic,
  x: Approximation,
  weight: Approximation,
  bias: Approximation | undefined,
): Approximation {
  const [O, I] = weight.shape
  const rows = x.value.length / I
  const flat = reshaped(x, [rows, I])
  const y =
    bias === undefined
      ? arithmetic.matmul(flat, transposed(weight))
      : arithmetic.matmul(joined([flat, constant([rows, 1], 1)]), transposed(joined([weight, reshaped(bias, [O, 1])])))
  return reshaped(y, [...x.shape.slice(0, -1), O])
}

/** What x, weight and bias of a projection receive from the gradient g of its result. */
export function projectionGradients(arithmetic: Arithmetic, x: Approximation, weight: Approximation, g: Approximation) {
  const [O, I] = weight.shape
  const rows = x.value.length / I
  const flat = reshaped(g, [rows, O])
  return {
    x: reshaped(arithmetic.matmul(flat, weight, 'common'), x.shape),
    weight: arithmetic.matmul(transposed(flat), reshaped(x, [rows, I]), 'common'),
    bias: arithmetic.sum(transposed(flat), 'common'),
  }
}

/** [N,T,E] as [N·heads,T,E/heads]. */
function inHeads(x: Approximation, heads: number): Approximation {
  const [N, T, E] = x.shape
  const width = E / heads
  return reshaped(permuted(reshaped(x, [N, T, heads, width]), [0, 2, 1, 3]), [N * heads, T, width])
}

/** [N·heads,T,E/heads] as [N,T,E]. */
function sideBySide(x: Approximation, heads: number): Approximation {
  const [items, T, width] = x.shape
  const N = items / heads
  return reshaped(permuted(reshaped(x, [N, heads, T, width]), [0, 2, 1, 3]), [N, T, heads * width])
}

const projections = [
  ['query', 'weightQuery', 'biasQuery'],
  ['key', 'weightKey', 'biasKey'],
  ['value', 'weightValue', 'biasValue'],
] as const

/** What the heads see and what they answer, side by side [N,T,E]. */
function heads(arithmetic: Arithmetic, inputs: Approximations, count: number, allowed: Allowed) {
  const [query, key, value] = projections.map(([x, weight, bias]) =>
    inHeads(projected(arithmetic, inputs[x], inputs[weight], inputs[bias]), count),
  )
  const scale = 1 / Math.sqrt(query.shape[2])
  const parts = { query, key, value, allowed, scale }
  const { output, weights } = attended(arithmetic, parts)
  return { parts, weights, together: sideBySide(output, count) }
}

/** Output [N,T,E] and weights [N,heads,T,S] of inputs and parameters named as the operator names them. */
export function multiHead(arithmetic: Arithmetic, inputs: Approximations, count: number, allowed: Allowed) {
  const { weights, together } = heads(arithmetic, inputs, count, allowed)
  const [items, T, S] = weights.shape
  return {
    output: projected(arithmetic, together, inputs.weightOutput, inputs.biasOutput),
    weights: reshaped(weights, [items / count, count, T, S]),
  }
}

/** The gradients of every input and parameter that is given, from those of output and weights. */
export function multiHeadGradients(
  arithmetic: Arithmetic,
  inputs: Approximations,
  count: number,
  allowed: Allowed,
  gradients: { readonly output: Approximation; readonly weights?: Approximation },
): Approximations {
  const { parts, together } = heads(arithmetic, inputs, count, allowed)
  const last = projectionGradients(arithmetic, together, inputs.weightOutput, gradients.output)
  const { weights } = gradients
  const ofHeads = attentionGradients(arithmetic, parts, {
    output: inHeads(last.x, count),
    ...(weights === undefined
      ? {}
      : { weights: reshaped(weights, [weights.shape[0] * count, ...weights.shape.slice(2)]) }),
  })
  const result: Record<string, Approximation> = { weightOutput: last.weight }
  if ('biasOutput' in inputs) result.biasOutput = last.bias
  for (const [x, weight, bias] of projections) {
    const g = sideBySide(ofHeads[x], count)
    const gradient = projectionGradients(arithmetic, inputs[x], inputs[weight], g)
    result[x] = gradient.x
    result[weight] = gradient.weight
    if (bias in inputs) result[bias] = gradient.bias
  }
  return result
}

function exactly({ mask: _, ...inputs }: Tensors): Approximations {
  return Object.fromEntries(Object.entries(inputs).map(([name, x]: [string, Tensor]) => [name, exact(x)]))
}

const multiHeadModel: Model = {
  shapes: ({ query, key }, attributes) => {
    const [N, T, E] = query.shape
    return { output: [N, T, E], weights: [N, Number(attributes.heads), T, key.shape[1]] }
  },
  forward: (arithmetic, inputs, attributes) =>
    multiHead(arithmetic, exactly(inputs), Number(attributes.heads), allowedBy(inputs.mask, attributes.causal)),
  backward: (arithmetic, inputs, attributes, { output, weights }) =>
    multiHeadGradients(
      arithmetic,
      exactly(inputs),
      Number(attributes.heads),
      allowedBy(inputs.mask, attributes.causal),
      { output: exact(output), weights: exact(weights) },
    ),
}

const factors: Limits = { multiplied: true, most: 20 }

const multiHeadCalls = completeCalls(
  'multiHeadAttention',
  multiHeadModel,
  (kind, profile) => {
    // Weights of size 1 at most: logits are products of four factors.
    const weight = fillings(kind === 'wide' ? 'smooth' : kind, profile)
    const bias = perhaps(fillings(kind === 'wide' ? 'smooth' : kind, profile))
    const x = fillings(kind, profile, factors)
    return fc
      .record({
        N: sizes(2),
        T: sizes(3),
        S: sizes(4),
        heads: sizes(3),
        width: sizes(3),
        causal: perhaps(fc.boolean()),
        masking: perhaps(maskings),
        query: x,
        key: x,
        value: x,
        weights: fc.record({ weightQuery: weight, weightKey: weight, weightValue: weight, weightOutput: weight }),
        biases: fc.record({ biasQuery: bias, biasKey: bias, biasValue: bias, biasOutput: bias }),
      })
      .map(({ N, T, S: other, heads, width, causal, masking, query, key, value, weights, biases }) => {
        const S = causal ? T : other
        const E = heads * width
        // Products of four factors bend too much between the ends of a difference quotient unless these are small.
        const filled = (shape: readonly number[], how: Filling) =>
          kind === 'smooth' ? times(fill(shape, how, profile), 1 / 4) : fill(shape, how, profile)
        const filledBiases = Object.entries(biases).map(([name, bias]) => [name, bias && filled([E], bias)])
        const filledWeights = Object.entries(weights).map(([name, w]) => [name, filled([E, E], w)])
        return {
          inputs: present({
            query: filled([N, T, E], query),
            key: filled([N, S, E], key),
            value: filled([N, S, E], value),
            ...Object.fromEntries(filledWeights),
            ...Object.fromEntries(filledBiases),
            mask: masking && drawMask(T, S, masking, causal === true),
          }),
          attributes: chosen<AttributeValue>({ heads, causal }),
        }
      })
  },
  factors,
)

/** The shapes, arithmetic and calls of multi-head attention. */
export const multiHeadBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'multiHeadAttention',
  model: multiHeadModel,
  calls: multiHeadCalls,
  smooth: multiHeadCalls('smooth'),
}
