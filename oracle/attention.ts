import { float, type InputDeclaration, output } from './contract.js'
import { defineOperator } from './operator.js'
import { rowMajor, sameShape, shapeText, sizeOf, type Tensor, type Tensors, zeros } from './tensor.js'

/** Which keys a query may attend to: 1 takes part, 0 does not. */
export const maskInput: InputDeclaration<true> = { dimensions: ['T', 'S'], kind: 'mask', optional: true }

/** What is wrong with a mask that leaves a query without any key, or nothing. */
export function maskComplaint({ mask }: Tensors, causal: boolean): string | undefined {
  if (mask === undefined) return undefined
  const [T, S] = mask.shape
  const allowed = rowMajor(mask)
  for (let t = 0; t < T; t++)
    if (!allowed.subarray(t * S, t * S + (causal ? t + 1 : S)).includes(1))
      return `mask leaves query ${t} no key${causal ? ' (causal)' : ''}; every query should keep at least one`
  return undefined
}

/** What is wrong with the sizes of a causal call, or nothing. */
export function causalComplaint(T: number, S: number, causal: boolean): string | undefined {
  if (!causal || T === S) return undefined
  return `key has ${S} positions, query has ${T}; they should be equal (causal = true)`
}

/** Sizes and settings of an attention over one item or several, named once for its loops. */
export interface Attention {
  /** [items,T,D] */
  readonly query: Float64Array
  /** [items,S,D] */
  readonly key: Float64Array
  /** [items,S,M] */
  readonly value: Float64Array
  readonly T: number
  readonly S: number
  readonly D: number
  readonly M: number
  readonly scale: number
  isAllowed(t: number, s: number): boolean
}

/** Whether query t may attend to key s, by the mask [T,S] and, where causal, by s ≤ t. */
export function permission(mask: Tensor | undefined, causal: boolean): Attention['isAllowed'] {
  const S = mask === undefined ? 0 : mask.shape[1]
  const takesPart = mask && rowMajor(mask)
  return (t, s) => (!causal || s <= t) && (takesPart === undefined || takesPart[t * S + s] === 1)
}

function attentionOf(
  { query, key, value, mask }: { query: Tensor; key: Tensor; value: Tensor; mask?: Tensor },
  { scale, causal }: { scale: number; causal: boolean },
): Attention {
  const [T, D] = query.shape.slice(-2)
  const [S, M] = value.shape.slice(-2)
  const tensors = { query: rowMajor(query), key: rowMajor(key), value: rowMajor(value) }
  return { ...tensors, T, S, D, M, scale, isAllowed: permission(mask, causal) }
}

/** q·k for entries scaled down by `shrink` each. */
function dot({ query, key, D }: Attention, q: number, k: number, shrink: number): number {
  let sum = 0
  if (shrink === 1) for (let d = 0; d < D; d++) sum += query[q + d] * key[k + d]
  else for (let d = 0; d < D; d++) sum += query[q + d] * shrink * (key[k + d] * shrink)
  return sum
}

/** Where logits overflow, both factors are taken at 2^−600 of their size, and only differences of logits grow back. */
const tiny = 2 ** -600

/** The weights of query row t of item i, softmax over the allowed keys of scale·q·k, written to `weights` from `at` on. */
function attend(a: Attention, i: number, t: number, weights: Float64Array, at: number, shrink = 1): void {
  let maximum = Number.NEGATIVE_INFINITY
  let overflows = false
  for (let s = 0; s < a.S; s++) {
    if (!a.isAllowed(t, s)) continue
    const logit = a.scale * dot(a, (i * a.T + t) * a.D, (i * a.S + s) * a.D, shrink)
    weights[at + s] = logit
    maximum = Math.max(maximum, logit)
    overflows ||= !Number.isFinite(logit)
  }
  if (overflows && shrink === 1) {
    attend(a, i, t, weights, at, tiny)
    return
  }
  let sum = 0
  for (let s = 0; s < a.S; s++) {
    weights[at + s] = a.isAllowed(t, s) ? Math.exp((weights[at + s] - maximum) / shrink / shrink) : 0
    sum += weights[at + s]
  }
  for (let s = 0; s < a.S; s++) weights[at + s] /= sum
}

/** Adds to `output` [items,T,M] what query t of item i takes from the values, by its weights from `at` on. */
export function attendTo(
  a: Attention,
  i: number,
  t: number,
  weights: Float64Array,
  at: number,
  output: Float64Array,
): void {
  attend(a, i, t, weights, at)
  const row = (i * a.T + t) * a.M
  for (let s = 0; s < a.S; s++) {
    const weight = weights[at + s]
    const v = (i * a.S + s) * a.M
    if (weight !== 0) for (let m = 0; m < a.M; m++) output[row + m] += weight * a.value[v + m]
  }
}

/** The gradients with respect to query [items,T,D], key [items,S,D] and value [items,S,M]. */
type AttentionGradients = Readonly<Record<'query' | 'key' | 'value', Float64Array>>

/**
 * Adds what query t of item i contributes to the gradients. With w its weights and g its output's gradient: ∂L/∂vₛ = Σₜ wₜₛ·gₜ;
 * ∂L/∂wₛ = g·vₛ + the gradient given for the weights; for the logits δₛ = wₛ·(∂L/∂wₛ − Σ w·∂L/∂w);
 * ∂L/∂q = scale·Σₛ δₛ·kₛ, ∂L/∂kₛ = scale·Σₜ δₜₛ·qₜ. `weights` and `delta` are room for S numbers each.
 */
export function attendBackward(
  a: Attention,
  i: number,
  t: number,
  { weights, delta }: Record<'weights' | 'delta', Float64Array>,
  given: { readonly output: Float64Array; readonly weights?: Float64Array },
  gradients: AttentionGradients,
): void {
  const { S, D, M } = a
  const row = i * a.T + t
  attend(a, i, t, weights, 0)
  let heaviest = 0
  for (let s = 0; s < S; s++) {
    if (weights[s] > weights[heaviest]) heaviest = s
    if (weights[s] === 0) continue
    const v = (i * S + s) * M
    let sum = given.weights?.[row * S + s] ?? 0
    for (let m = 0; m < M; m++) {
      sum += given.output[row * M + m] * a.value[v + m]
      gradients.value[v + m] += weights[s] * given.output[row * M + m]
    }
    delta[s] = sum
  }
  // Taken from the heaviest key's, so that its own difference from the mean keeps its digits where its weight is nearly 1.
  const reference = delta[heaviest]
  let mean = 0
  for (let s = 0; s < S; s++) {
    if (weights[s] === 0) continue
    delta[s] -= reference
    mean += weights[s] * delta[s]
  }
  for (let s = 0; s < S; s++) {
    if (weights[s] === 0) continue
    const factor = a.scale * weights[s] * (delta[s] - mean)
    const [q, k] = [row * D, (i * S + s) * D]
    for (let d = 0; d < D; d++) {
      gradients.query[q + d] += factor * a.key[k + d]
      gradients.key[k + d] += factor * a.query[q + d]
    }
  }
}

export const scaledDotProductAttention = defineOperator({
  name: 'scaledDotProductAttention',
  family: 'attention',
  summary:
    'weights = softmax over s of scale·q·k, output = weights·value; the mask holds 1 where query t may attend to key s; causal: only to s ≤ t',
  source: 'Attention Is All You Need (2017), section 3.2.1, equation 1',
  inputs: {
    query: float('…', 'T', 'D'),
    key: float('…', 'S', 'D'),
    value: float('…', 'S', 'M'),
    mask: maskInput,
  },
  attributes: {
    scale: { type: 'number', default: { text: '1/√D', compute: ({ sizes: { D } }) => 1 / Math.sqrt(D) } },
    causal: { type: 'boolean', default: false },
  },
  outputs: { output: output('…', 'T', 'M'), weights: output('…', 'T', 'S') },
  dimensionNames: { T: 'queries', S: 'keys', D: 'features', M: 'value features' },
  constraint: ({ sizes: { T, S }, shapes, attributes }) => {
    const leading = shapes.query.slice(0, -2)
    for (const name of ['key', 'value'])
      if (!sameShape(shapes[name].slice(0, -2), leading))
        return `${name} has leading dimensions ${shapeText(shapes[name].slice(0, -2))}, query has ${shapeText(leading)}; they should be equal`
    return causalComplaint(T, S, attributes.causal === true)
  },
  valueConstraint: (inputs, { attributes }) => maskComplaint(inputs, attributes.causal === true),
  forward: (inputs, settings) => {
    const a = attentionOf(inputs, settings)
    const leading = inputs.query.shape.slice(0, -2)
    const result = zeros([...leading, a.T, a.M])
    const weights = zeros([...leading, a.T, a.S])
    for (let i = 0; i < sizeOf(leading); i++)
      for (let t = 0; t < a.T; t++) attendTo(a, i, t, weights.data, (i * a.T + t) * a.S, result.data)
    return { output: result, weights }
  },
  /** Query by query, see attendBackward. */
  backward: (inputs, settings, gradients) => {
    const a = attentionOf(inputs, settings)
    const given = { output: rowMajor(gradients.output), weights: rowMajor(gradients.weights) }
    const [query, key, value] = [zeros(inputs.query.shape), zeros(inputs.key.shape), zeros(inputs.value.shape)]
    const room = { weights: new Float64Array(a.S), delta: new Float64Array(a.S) }
    const data = { query: query.data, key: key.data, value: value.data }
    for (let i = 0; i < sizeOf(inputs.query.shape.slice(0, -2)); i++)
      for (let t = 0; t < a.T; t++) attendBackward(a, i, t, room, given, data)
    return { query, key, value }
  },
})
