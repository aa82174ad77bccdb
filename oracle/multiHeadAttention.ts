import {
  type Attention,
  attendBackward,
  attendTo,
  causalComplaint,
  maskComplaint,
  maskInput,
  permission,
} from './attention.js'
import { float, type InputsOf, optional, output } from './contract.js'
import { defineOperator } from './operator.js'
import { rowMajor, type Tensor, zeros } from './tensor.js'

/** The weights and biases of `multiHeadAttention`. */
export const attentionParameters = {
  weightQuery: float('E', 'E'),
  weightKey: float('E', 'E'),
  weightValue: float('E', 'E'),
  weightOutput: float('E', 'E'),
  biasQuery: optional(float('E')),
  biasKey: optional(float('E')),
  biasValue: optional(float('E')),
  biasOutput: optional(float('E')),
} as const

/** What is wrong with the number of heads for E features, or nothing. */
export function headsComplaint(heads: number, E: number): string | undefined {
  return E % heads === 0 ? undefined : `heads is ${heads}; it should divide the ${E} features`
}

export type MultiHeadInputs = InputsOf<typeof attentionParameters> &
  Readonly<Record<'query' | 'key' | 'value', Tensor>> & { readonly mask?: Tensor }

interface Settings {
  readonly heads: number
  readonly causal: boolean
}

/** What a head sees of the query, the key or the value: rows of x through `width` rows of the weight, from row `first` on. */
interface Projection {
  /** [N,rows,E] */
  readonly x: Float64Array
  readonly weight: Float64Array
  readonly bias: Float64Array | undefined
  readonly rows: number
  /** [rows,width], for one item and head at a time. */
  readonly projected: Float64Array
}

function projectionOf(x: Tensor, weight: Tensor, bias: Tensor | undefined, width: number): Projection {
  const projected = new Float64Array(x.shape[1] * width)
  return { x: rowMajor(x), weight: rowMajor(weight), bias: bias && rowMajor(bias), rows: x.shape[1], projected }
}

/** projected[r,c] = W[first + c]·x[n,r] + b[first + c] */
function project({ x, weight, bias, rows, projected }: Projection, n: number, first: number, E: number): void {
  const width = projected.length / rows
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) {
      const [from, w] = [(n * rows + r) * E, (first + c) * E]
      let sum = 0
      for (let e = 0; e < E; e++) sum += x[from + e] * weight[w + e]
      projected[r * width + c] = sum + (bias?.[first + c] ?? 0)
    }
}

/** Where the gradients of a projection are gathered: those of x, the weight and the bias. */
type ProjectionGradients = Readonly<Record<'x' | 'weight' | 'bias', Float64Array>>

/** Adds δ·W[first + c] to x's gradient, δᵀ·x to the weight's and Σ δ to the bias's, for δ [rows,width] of one item and head. */
function projectBackward(
  { x, weight, rows }: Projection,
  delta: Float64Array,
  n: number,
  first: number,
  E: number,
  gradients: ProjectionGradients,
): void {
  const width = delta.length / rows
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < width; c++) {
      const [from, w, factor] = [(n * rows + r) * E, (first + c) * E, delta[r * width + c]]
      gradients.bias[first + c] += factor
      for (let e = 0; e < E; e++) {
        gradients.x[from + e] += factor * weight[w + e]
        gradients.weight[w + e] += factor * x[from + e]
      }
    }
}

/** Query, key and value as the heads see them; every head works in the same memory, one after the other. */
function headsOf(inputs: MultiHeadInputs, { heads, causal }: Settings) {
  const [N, T, E] = inputs.query.shape
  const [S, width] = [inputs.key.shape[1], E / heads]
  const query = projectionOf(inputs.query, inputs.weightQuery, inputs.biasQuery, width)
  const key = projectionOf(inputs.key, inputs.weightKey, inputs.biasKey, width)
  const value = projectionOf(inputs.value, inputs.weightValue, inputs.biasValue, width)
  const attention: Attention = {
    ...{ query: query.projected, key: key.projected, value: value.projected },
    ...{ T, S, D: width, M: width, scale: 1 / Math.sqrt(width), isAllowed: permission(inputs.mask, causal) },
  }
  return { N, T, S, E, width, query, key, value, attention }
}

/** The layer's output [N,T,E]; the weights [N,heads,T,S] are written where there is room given for them. */
export function attendInHeads(inputs: MultiHeadInputs, settings: Settings, weights?: Float64Array): Tensor {
  const { N, T, S, E, width, query, key, value, attention } = headsOf(inputs, settings)
  const last = rowMajor(inputs.weightOutput)
  const result = zeros([N, T, E])
  const attended = new Float64Array(T * width)
  const room = weights ?? new Float64Array(S)
  for (let n = 0; n < N; n++)
    for (let h = 0; h < settings.heads; h++) {
      const first = h * width
      for (const part of [query, key, value]) project(part, n, first, E)
      attended.fill(0)
      for (let t = 0; t < T; t++) {
        attendTo(attention, 0, t, room, weights === undefined ? 0 : ((n * settings.heads + h) * T + t) * S, attended)
        for (let o = 0; o < E; o++) {
          let sum = 0
          for (let c = 0; c < width; c++) sum += attended[t * width + c] * last[o * E + first + c]
          result.data[(n * T + t) * E + o] += sum
        }
      }
    }
  if (inputs.biasOutput !== undefined) {
    const bias = rowMajor(inputs.biasOutput)
    for (let i = 0; i < result.size; i++) result.data[i] += bias[i % E]
  }
  return result
}

/**
 * The gradients of every input that was given, mask excepted, head by head: back through the last layer's columns of that
 * head, its attention, and its rows of the three projections.
 */
export function attendInHeadsBackward(
  inputs: MultiHeadInputs,
  settings: Settings,
  given: { readonly output: Tensor; readonly weights?: Tensor },
) {
  const { N, T, S, E, width, query, key, value, attention } = headsOf(inputs, settings)
  const last = rowMajor(inputs.weightOutput)
  const [g, gWeights] = [rowMajor(given.output), given.weights && rowMajor(given.weights)]
  const gradients = {
    ...{ query: zeros(inputs.query.shape), key: zeros(inputs.key.shape), value: zeros(inputs.value.shape) },
    ...{
      weightQuery: zeros([E, E]),
      weightKey: zeros([E, E]),
      weightValue: zeros([E, E]),
      weightOutput: zeros([E, E]),
    },
    ...{ biasQuery: zeros([E]), biasKey: zeros([E]), biasValue: zeros([E]), biasOutput: zeros([E]) },
  }
  const gather = (x: Tensor, weight: Tensor, bias: Tensor) => ({ x: x.data, weight: weight.data, bias: bias.data })
  const parts = [
    [query, new Float64Array(T * width), gather(gradients.query, gradients.weightQuery, gradients.biasQuery)],
    [key, new Float64Array(S * width), gather(gradients.key, gradients.weightKey, gradients.biasKey)],
    [value, new Float64Array(S * width), gather(gradients.value, gradients.weightValue, gradients.biasValue)],
  ] as const
  const deltas = { query: parts[0][1], key: parts[1][1], value: parts[2][1] }
  const [attended, atAttended] = [new Float64Array(T * width), new Float64Array(T * width)]
  const room = { weights: new Float64Array(S), delta: new Float64Array(S) }
  for (let i = 0; i < g.length; i++) gradients.biasOutput.data[i % E] += g[i]
  for (let n = 0; n < N; n++)
    for (let h = 0; h < settings.heads; h++) {
      const first = h * width
      for (const [part, delta] of parts) {
        project(part, n, first, E)
        delta.fill(0)
      }
      attended.fill(0)
      atAttended.fill(0)
      const item = (n * settings.heads + h) * T * S
      const weights = gWeights?.subarray(item, item + T * S)
      for (let t = 0; t < T; t++) {
        attendTo(attention, 0, t, room.weights, 0, attended)
        for (let o = 0; o < E; o++) {
          const slope = g[(n * T + t) * E + o]
          for (let c = 0; c < width; c++) {
            atAttended[t * width + c] += slope * last[o * E + first + c]
            gradients.weightOutput.data[o * E + first + c] += slope * attended[t * width + c]
          }
        }
        attendBackward(attention, 0, t, room, { output: atAttended, ...(weights && { weights }) }, deltas)
      }
      for (const [part, delta, sums] of parts) projectBackward(part, delta, n, first, E, sums)
    }
  const { biasQuery, biasKey, biasValue, biasOutput, ...others } = gradients
  return {
    ...others,
    ...(inputs.biasQuery && { biasQuery }),
    ...(inputs.biasKey && { biasKey }),
    ...(inputs.biasValue && { biasValue }),
    ...(inputs.biasOutput && { biasOutput }),
  }
}

export const multiHeadAttention = defineOperator({
  name: 'multiHeadAttention',
  family: 'attention',
  summary:
    'query, key and value each through a linear layer, scaledDotProductAttention in every head, the heads side by side through a last linear layer',
  source: 'Attention Is All You Need (2017), section 3.2.2',
  inputs: {
    query: float('N', 'T', 'E'),
    key: float('N', 'S', 'E'),
    value: float('N', 'S', 'E'),
    ...attentionParameters,
    mask: maskInput,
  },
  attributes: {
    heads: { type: 'number', integer: true, least: 1 },
    causal: { type: 'boolean', default: false },
  },
  outputs: { output: output('N', 'T', 'E'), weights: output('N', 'heads', 'T', 'S') },
  dimensionNames: { N: 'sequences', T: 'queries', S: 'keys', E: 'features' },
  constraint: ({ sizes: { T, S, E }, attributes }) =>
    headsComplaint(Number(attributes.heads), E) ?? causalComplaint(T, S, attributes.causal === true),
  valueConstraint: (inputs, { attributes }) => maskComplaint(inputs, attributes.causal === true),
  /** W_O·[head₁; …] is taken as the sum of every head through its own columns of W_O. */
  forward: (inputs, settings) => {
    const [N, T] = inputs.query.shape
    const weights = zeros([N, settings.heads, T, inputs.key.shape[1]])
    return { output: attendInHeads(inputs, settings, weights.data), weights }
  },
  backward: (inputs, settings, gradients) => attendInHeadsBackward(inputs, settings, gradients),
})
