import { scaledDotProductAttention } from './attention.js'
import { type CallShape, float, type InputsOf, optional, output } from './contract.js'
import { hyperbolicTangent, sechSquared } from './elementary.js'
import { product, sumLeading } from './linear.js'
import { backwardOf, defineOperator } from './operator.js'
import { reshape, rowMajor, sameShape, shapeText, type Tensor, type Tensors, tensor, zeros } from './tensor.js'

const inputs = {
  decoder: float('N', 'D'),
  encoder: float('N', 'S', 'E'),
  weight: optional(float('A', 'B')),
  vector: optional(float('A')),
} as const

/** The shapes that weight and vector should have for a score, in letters and in numbers; without an entry: superfluous. */
function parametersOf(score: string, { D, E, A }: Readonly<Record<string, number>>) {
  const shapes: Record<string, { letters: string; shape: readonly number[] }> = {}
  if (score === 'general') shapes.weight = { letters: '[D, E]', shape: [D, E] }
  if (score === 'concat') {
    shapes.weight = { letters: '[A, D+E]', shape: [A, D + E] }
    shapes.vector = { letters: '[A]', shape: [A] }
  }
  return shapes
}

function complaint({ sizes, shapes, attributes }: CallShape): string | undefined {
  const score = String(attributes.score)
  const needed = parametersOf(score, sizes)
  for (const name of ['weight', 'vector']) {
    const [held, parameter] = [shapes[name], needed[name]]
    if (held === undefined && parameter === undefined) continue
    if (parameter === undefined) return `input ${name} is superfluous (score = '${score}'); it should be left out`
    const wanted = `it should have shape ${parameter.letters} (score = '${score}')`
    if (held === undefined) return `input ${name} is missing; ${wanted}`
    if (!sameShape(held, parameter.shape))
      return `${name} has shape ${shapeText(held)}; ${wanted}, here ${shapeText(parameter.shape)}`
  }
  if (score === 'dot' && sizes.D !== sizes.E)
    return `encoder has ${sizes.E} features, decoder has ${sizes.D}; they should be equal (score = 'dot')`
  return undefined
}

type Score = 'dot' | 'general' | 'concat'
type Inputs = InputsOf<typeof inputs>

function given(x: Tensor | undefined): Tensor {
  if (x === undefined) throw new TypeError('luongAttention: validation let a missing input pass')
  return x
}

/** W·[d; eₛ] of all encoder positions, [N,S,A]. */
function preActivations({ decoder, encoder, weight }: Inputs): Tensor {
  const [D, E] = [decoder.shape[1], encoder.shape[2]]
  const [N, S] = encoder.shape
  const [ofDecoder, ofEncoder] = [given(weight).hi(-1, D), given(weight).lo(0, D)]
  const A = ofDecoder.shape[0]
  const fromDecoder = rowMajor(product(decoder, ofDecoder.transpose(1, 0)))
  const sum = rowMajor(product(reshape(encoder, [N * S, E]), ofEncoder.transpose(1, 0)))
  for (let i = 0; i < sum.length; i++) sum[i] += fromDecoder[Math.floor(i / (S * A)) * A + (i % A)]
  return tensor([N, S, A], sum)
}

/** Every score is a dot product q·kₛ: of d with eₛ, of d·W with eₛ, of the vector with tanh(W·[d; eₛ]). */
function factors(inputs: Inputs, score: Score) {
  const { decoder, encoder } = inputs
  const N = decoder.shape[0]
  const asQueries = (q: Tensor) => reshape(q, [N, 1, q.size / N])
  if (score === 'dot') return { query: asQueries(decoder), key: encoder, value: encoder }
  if (score === 'general')
    return { query: asQueries(product(decoder, given(inputs.weight))), key: encoder, value: encoder }
  const vector = rowMajor(given(inputs.vector))
  const query = zeros([N, 1, vector.length])
  for (let i = 0; i < query.size; i++) query.data[i] = vector[i % vector.length]
  const key = preActivations(inputs)
  for (let i = 0; i < key.size; i++) key.data[i] = hyperbolicTangent(key.data[i])
  return { query, key, value: encoder }
}

export const luongAttention = defineOperator({
  name: 'luongAttention',
  family: 'attention',
  summary:
    "weights = softmax over s of score(d, eₛ), context = Σ weights·eₛ; the score is d·e ('dot', D = E), d·W·e ('general', weight [D, E]) or v·tanh(W·[d; e]) ('concat', weight [A, D+E], vector [A])",
  source: 'Effective Approaches to Attention-based Neural Machine Translation (2015), section 3.1, equations 7 and 8',
  inputs,
  attributes: { score: { type: 'choice', values: ['dot', 'general', 'concat'], default: 'dot' } },
  outputs: { context: output('N', 'E'), weights: output('N', 'S') },
  dimensionNames: { N: 'sequences', D: 'decoder features', E: 'encoder features', S: 'positions', A: 'rows' },
  constraint: complaint,
  forward: (inputs, { score }) => {
    const [N, S, E] = inputs.encoder.shape
    const attended = scaledDotProductAttention.forward(factors(inputs, score), { scale: 1 })
    return { context: reshape(attended.output, [N, E]), weights: reshape(attended.weights, [N, S]) }
  },
  /** Backward through the attention of one query to q and k, and from there to what they were computed from. */
  backward: (inputs, { score }, gradients): Tensors => {
    const { decoder, encoder, weight } = inputs
    const [N, S, E] = encoder.shape
    const D = decoder.shape[1]
    const attended = backwardOf(scaledDotProductAttention)(
      factors(inputs, score),
      { scale: 1 },
      { output: reshape(gradients.context, [N, 1, E]), weights: reshape(gradients.weights, [N, 1, S]) },
    )
    const query = reshape(attended.query, [N, attended.query.size / N])
    if (score === 'dot') return { decoder: query, encoder: addTo(attended.key, attended.value) }
    if (score === 'general')
      return {
        decoder: product(query, given(weight).transpose(1, 0)),
        encoder: addTo(attended.key, attended.value),
        weight: product(decoder.transpose(1, 0), query),
      }
    const A = query.shape[1]
    const [ofDecoder, ofEncoder] = [given(weight).hi(-1, D), given(weight).lo(0, D)]
    const delta = preActivations(inputs)
    for (let i = 0; i < delta.size; i++) delta.data[i] = attended.key.data[i] * sechSquared(delta.data[i])
    const atDecoder = zeros([N, A])
    for (const [i, value] of delta.data.entries()) atDecoder.data[Math.floor(i / (S * A)) * A + (i % A)] += value
    const atEncoder = reshape(delta, [N * S, A])
    return {
      decoder: product(atDecoder, ofDecoder),
      encoder: addTo(reshape(product(atEncoder, ofEncoder), encoder.shape), attended.value),
      weight: sideBySide(
        product(atDecoder.transpose(1, 0), decoder),
        product(atEncoder.transpose(1, 0), reshape(encoder, [N * S, E])),
      ),
      vector: sumLeading(query, [A]),
    }
  },
})

/** Adds b to a, a tensor of this pass's own, and answers with it. */
function addTo(a: Tensor, b: Tensor): Tensor {
  for (let i = 0; i < a.size; i++) a.data[i] += b.data[i]
  return a
}

/** [left, right], row by row. */
function sideBySide(left: Tensor, right: Tensor): Tensor {
  const [rows, D] = left.shape
  const E = right.shape[1]
  const both = zeros([rows, D + E])
  for (let a = 0; a < rows; a++) {
    both.data.set(rowMajor(left).subarray(a * D, (a + 1) * D), a * (D + E))
    both.data.set(rowMajor(right).subarray(a * E, (a + 1) * E), a * (D + E) + D)
  }
  return both
}
