import { type Attention, attend, attendBackward } from './attention.js'
import { attentionWeights } from './attentionWeights.js'
import { add, besides, columnsOf } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { matrix, multiply, sumRows, transposed } from './linear.js'
import type { GpuCall, GpuOperator, Results } from './operator.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

/** a[n,s,row] = Σ weight[row]·[d; eₛ], or its tanh where it is to be squashed. */
const concatenated = kernel(
  'scores of concatenated states',
  function (
    this: Thread,
    size: number,
    decoder: Values,
    encoder: Values,
    weight: Values,
    positions: number,
    rows: number,
    ofDecoder: number,
    ofEncoder: number,
    squashed: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const at = quotient(i, rows)
    const row = i - at * rows
    const d = quotient(at, positions) * ofDecoder
    const e = at * ofEncoder
    const w = row * (ofDecoder + ofEncoder)
    let sum = 0
    for (let start = 0; start < ofDecoder; start += 64) {
      const end = Math.min(start + 64, ofDecoder)
      let part = 0
      for (let k = start; k < end; k += 1) part += weight[w + k] * decoder[d + k]
      sum += part
    }
    for (let first = 0; first < ofEncoder; first += 64) {
      const last = Math.min(first + 64, ofEncoder)
      let share = 0
      for (let c = first; c < last; c += 1) share += weight[w + ofDecoder + c] * encoder[e + c]
      sum += share
    }
    if (squashed === 1) return hyperbolicTangent(sum)
    return sum
  },
  (_decoder, _encoder, _weight, _positions, _rows, ofDecoder, ofEncoder) =>
    roundsOfSum(ofDecoder) + roundsOfSum(ofEncoder),
)

const throughTangent = kernel(
  'gradient through tanh',
  function (this: Thread, size: number, gradient: Values, x: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    return gradient[i] * slopeOfTangent(x[i])
  },
)

const repetition = kernel('repeated rows', function (this: Thread, size: number, x: Values, length: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  return x[i - quotient(i, length) * length]
})

/** One call's sizes and inputs. */
function inputsOf(call: GpuCall) {
  const { N, D, S, E } = call.sizes
  const [decoder, encoder] = [call.input('decoder'), call.input('encoder')]
  return { workspace: call.workspace, score: String(call.attributes.score), N, D, S, E, decoder, encoder }
}

type Inputs = ReturnType<typeof inputsOf>

function preActivations({ workspace, N, D, S, E, decoder, encoder }: Inputs, weight: DeviceArray, squashed: boolean) {
  const A = weight.length / (D + E)
  const scalars = [S, A, D, E, squashed ? 1 : 0] as const
  return workspace.run(concatenated, N * S * A, decoder, encoder, weight, ...scalars)
}

/** Every score is a dot product q·kₛ: of d with eₛ, of d·W with eₛ, of the vector with tanh(W·[d; eₛ]). */
async function attentionOf(call: GpuCall, inputs: Inputs): Promise<Attention> {
  const { workspace, score, N, D, S, E, decoder, encoder } = inputs
  const plain = { N, heads: 1, T: 1, S, mask: undefined, scale: 1, causal: false }
  const both = { query: decoder, key: encoder, value: encoder }
  if (score === 'dot') return { ...plain, ...both }
  const weight = call.input('weight')
  if (score === 'general')
    return { ...plain, ...both, query: await multiply(workspace, matrix(decoder, D), matrix(weight, E), [N, D, E]) }
  const vector = call.input('vector')
  const [query, key] = await Promise.all([
    workspace.run(repetition, N * vector.length, vector, vector.length),
    preActivations(inputs, weight, true),
  ])
  return { ...plain, query, key, value: encoder }
}

/** From the gradient of tanh(W·[d; eₛ]) to those of d, of the scores' share of e, and of W. */
async function concatenatedBackward(inputs: Inputs, weight: DeviceArray, gradient: DeviceArray) {
  const { workspace, N, D, S, E, decoder, encoder } = inputs
  const A = weight.length / (D + E)
  const delta = await workspace.run(
    throughTangent,
    gradient.length,
    gradient,
    await preActivations(inputs, weight, false),
  )
  const [sums, ofEncoder] = await Promise.all([
    overPositions(workspace, delta, [N, S, A]),
    columnsOf(workspace, weight, D + E, { first: D, width: E }),
  ])
  const [atDecoder, atEncoder] = [matrix(sums, A), matrix(delta, A)]
  const [toDecoder, toEncoder, left, right] = await Promise.all([
    multiply(workspace, atDecoder, matrix(weight, D + E), [N, A, D]),
    multiply(workspace, atEncoder, matrix(ofEncoder, E), [N * S, A, E]),
    multiply(workspace, transposed(atDecoder), matrix(decoder, D), [A, N, D]),
    multiply(workspace, transposed(atEncoder), matrix(encoder, E), [A, N * S, E]),
  ])
  return { decoder: toDecoder, encoder: toEncoder, weight: await besides(workspace, left, right, [D, E]) }
}

/** Σₛ x[n,s,a] */
async function overPositions(workspace: Workspace, x: DeviceArray, [N, S, A]: readonly [number, number, number]) {
  const ones = matrix(await workspace.filled(S, 1), S)
  return multiply(workspace, ones, matrix(x, A, S * A), [1, S, A], N)
}

export const luongAttention: GpuOperator = {
  forward: async (call) => {
    const { output, weights } = await attend(call.workspace, await attentionOf(call, inputsOf(call)))
    return { context: output, weights }
  },
  /** Backward through the attention of one query to q and k, and from there to what they were computed from. */
  backward: async (call): Promise<Results> => {
    const { workspace } = call
    const inputs = inputsOf(call)
    const { score, N, D, E, decoder } = inputs
    const attention = await attentionOf(call, inputs)
    const weights = await attentionWeights(workspace, attention)
    const given = { output: call.gradient('context'), weights: call.gradient('weights') }
    const { query, key, value } = await attendBackward(workspace, attention, weights, given)
    if (score === 'dot') return { decoder: query, encoder: await add(workspace, key, value) }
    const weight = call.input('weight')
    if (score === 'general') {
      const [ofDecoder, ofEncoder, ofWeight] = await Promise.all([
        multiply(workspace, matrix(query, E), transposed(matrix(weight, E)), [N, E, D]),
        add(workspace, key, value),
        multiply(workspace, transposed(matrix(decoder, D)), matrix(query, E), [D, N, E]),
      ])
      return { decoder: ofDecoder, encoder: ofEncoder, weight: ofWeight }
    }
    const [scores, vector] = await Promise.all([
      concatenatedBackward(inputs, weight, key),
      sumRows(workspace, query, query.length / N),
    ])
    return { ...scores, encoder: await add(workspace, scores.encoder, value), vector }
  },
}
