import { scaledDotProductAttention } from '../oracle/attention.js'
import type { Attributes } from '../oracle/contract.js'
import { product } from '../oracle/linear.js'
import { luongAttention } from '../oracle/luongAttention.js'
import { copy, map, reshape, rowMajor, type Tensor, type Tensors, tensor, zip } from '../oracle/tensor.js'
import { type Mistake, passes } from './mistake.js'
import { mapPlaces, take, upTo } from './rearrange.js'

const right = passes(luongAttention)
const attention = passes(scaledDotProductAttention)

/** Attention of one query a sequence to keys of its own, the positions as values. */
function attend(encoder: Tensor, query: Tensor, key: Tensor, scale = 1): Tensors {
  const [N, S, E] = encoder.shape
  const one = reshape(query, [N, 1, query.size / N])
  const { output, weights } = attention.forward({ query: one, key, value: encoder }, { scale })
  return { context: reshape(output, [N, E]), weights: reshape(weights, [N, S]) }
}

/** W·[d; eₛ] of every position: [N,S,A]. */
function preActivations({ decoder, encoder, weight }: Tensors): Tensor {
  const [N, S, E] = encoder.shape
  const D = decoder.shape[1]
  const both = tensor(
    [N * S, D + E],
    upTo(N * S * (D + E)).map((i) => {
      const [row, column] = [Math.floor(i / (D + E)), i % (D + E)]
      return column < D
        ? decoder.get(Math.floor(row / S), column)
        : encoder.get(Math.floor(row / S), row % S, column - D)
    }),
  )
  return reshape(product(both, weight.transpose(1, 0)), [N, S, weight.shape[0]])
}

/** The vector of concat, once a sequence. */
function repeatedVector({ vector }: Tensors, N: number): Tensor {
  return mapPlaces(tensor([N, vector.size], new Float64Array(N * vector.size)), (_, place) =>
    vector.get(place % vector.size),
  )
}

/** The mistake where the score is this one; what is right for the others. */
function forScore(
  score: string,
  forward: (inputs: Tensors) => Tensors,
): (inputs: Tensors, attributes: Attributes) => Tensors {
  return (inputs, attributes) => (attributes.score === score ? forward(inputs) : right.forward(inputs, attributes))
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'luongAttention with scores divided by √D',
    operator: 'luongAttention',
    explanation: 'The scores were divided by √D as in scaled dot-product attention; they are taken as they are.',
    forward: forScore('dot', ({ decoder, encoder }) =>
      attend(encoder, decoder, encoder, 1 / Math.sqrt(decoder.shape[1])),
    ),
  },
  {
    name: 'luongAttention with the weight transposed',
    operator: 'luongAttention',
    explanation: 'For general, where D = E, the score was taken as e·W·d instead of d·W·e.',
    forward: forScore('general', (inputs) => {
      const [rows, columns] = inputs.weight.shape
      const weight = rows === columns ? inputs.weight.transpose(1, 0) : inputs.weight
      return right.forward({ ...inputs, weight }, { score: 'general' })
    }),
  },
  {
    name: 'luongAttention without the weight where D = E',
    operator: 'luongAttention',
    explanation: 'For general, the score was taken as d·e where D = E: the weight was left out.',
    forward: forScore('general', (inputs) => {
      const { decoder, encoder } = inputs
      const same = decoder.shape[1] === encoder.shape[2]
      return same ? attend(encoder, decoder, encoder) : right.forward(inputs, { score: 'general' })
    }),
  },
  {
    name: 'luongAttention with the encoder before the decoder',
    operator: 'luongAttention',
    explanation: 'For concat, the weight was multiplied with [e; d] instead of [d; e].',
    forward: forScore('concat', (inputs) => {
      const [D, E] = [inputs.decoder.shape[1], inputs.encoder.shape[2]]
      const columns = upTo(D + E).map((i) => (i < D ? E + i : i - D))
      return right.forward({ ...inputs, weight: take(inputs.weight, 1, columns) }, { score: 'concat' })
    }),
  },
  {
    name: 'luongAttention without tanh',
    operator: 'luongAttention',
    explanation: 'For concat, the score was taken as v·W·[d; e]; tanh is missing.',
    forward: forScore('concat', (inputs) =>
      attend(inputs.encoder, repeatedVector(inputs, inputs.encoder.shape[0]), preActivations(inputs)),
    ),
  },
  {
    name: 'luongAttention with tanh of the score',
    operator: 'luongAttention',
    explanation: 'For concat, tanh was applied to v·W·[d; e] instead of to W·[d; e].',
    forward: forScore('concat', (inputs) => {
      const [N, S] = inputs.encoder.shape
      const { vector } = inputs
      const scores = product(reshape(preActivations(inputs), [N * S, vector.size]), reshape(vector, [vector.size, 1]))
      const ones = tensor([N, 1], new Float64Array(N).fill(1))
      return attend(inputs.encoder, ones, reshape(map(scores, Math.tanh), [N, S, 1]))
    }),
  },
  {
    name: 'luongAttention with the mean of the positions for the context',
    operator: 'luongAttention',
    explanation: 'The positions were averaged for the context instead of weighed.',
    forward: (inputs, attributes) => {
      const { context, weights } = right.forward(inputs, attributes)
      const [, S, E] = inputs.encoder.shape
      const mean = mapPlaces(context, (_, place) => {
        const [n, e] = [Math.floor(place / E), place % E]
        return upTo(S).reduce((total, s) => total + inputs.encoder.get(n, s, e), 0) / S
      })
      return { context: mean, weights }
    },
  },
  {
    name: 'luongAttention with the decoder of the first sequence for all',
    operator: 'luongAttention',
    explanation: 'Every sequence of the batch was scored with the decoder state of the first.',
    forward: (inputs, attributes) => {
      const first = upTo(inputs.decoder.shape[0]).map(() => 0)
      return right.forward({ ...inputs, decoder: take(inputs.decoder, 0, first) }, attributes)
    },
  },
  {
    name: 'luongAttention gradient of the encoder through the context alone',
    operator: 'luongAttention',
    explanation: 'The encoder got the gradient wₛ·g of the context; that of the scores is missing.',
    backward: (inputs, attributes, gradients) => {
      const { weights } = right.forward(inputs, attributes)
      const [, S, E] = inputs.encoder.shape
      const encoder = mapPlaces(inputs.encoder, (_, place) => {
        const [n, s, e] = [Math.floor(place / (S * E)), Math.floor(place / E) % S, place % E]
        return weights.get(n, s) * gradients.context.get(n, e)
      })
      return { ...right.backward(inputs, attributes, gradients), encoder }
    },
  },
  {
    name: 'luongAttention gradient of the encoder through the scores alone',
    operator: 'luongAttention',
    explanation: 'The encoder got the gradient of the scores; that of the context, wₛ·g, is missing.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      const { weights } = right.forward(inputs, attributes)
      const [, S, E] = inputs.encoder.shape
      const direct = mapPlaces(inputs.encoder, (_, place) => {
        const [n, s, e] = [Math.floor(place / (S * E)), Math.floor(place / E) % S, place % E]
        return weights.get(n, s) * gradients.context.get(n, e)
      })
      return { ...all, encoder: zip(all.encoder, direct, (a, b) => a - b) }
    },
  },
  {
    name: 'luongAttention without the gradient of its weights',
    operator: 'luongAttention',
    explanation: 'The gradient of the output weights was ignored; they are an output like any other.',
    backward: (inputs, attributes, gradients) =>
      right.backward(inputs, attributes, { ...gradients, weights: map(gradients.weights, () => 0) }),
  },
  {
    name: 'luongAttention with the gradient of the weight transposed',
    operator: 'luongAttention',
    explanation: 'For general, where D = E, the gradient of the weight was taken as e·dᵀ instead of d·eᵀ.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      if (attributes.score !== 'general' || all.weight.shape[0] !== all.weight.shape[1]) return all
      return { ...all, weight: copy(all.weight.transpose(1, 0)) }
    },
  },
  {
    name: 'luongAttention with the vector gradient of the first sequence',
    operator: 'luongAttention',
    explanation: 'For concat, the gradient of the vector was that of the first sequence instead of the sum over all.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      if (attributes.score !== 'concat') return all
      const first = (x: Tensor) => take(x, 0, [0])
      const alone = right.backward(
        { ...inputs, decoder: first(inputs.decoder), encoder: first(inputs.encoder) },
        attributes,
        { context: first(gradients.context), weights: first(gradients.weights) },
      )
      return { ...all, vector: alone.vector }
    },
  },
  {
    name: 'luongAttention that ignores a weight it has no use for',
    operator: 'luongAttention',
    explanation: 'For dot, a weight was accepted and ignored; it is superfluous there and refused.',
    insteadOfRefusing: (inputs, { score }) => {
      const { weight, vector, ...others } = inputs
      if ((score ?? 'dot') !== 'dot' || weight === undefined || vector !== undefined) return undefined
      if (others.decoder?.shape[1] !== others.encoder?.shape[2] || !rowMajor(weight).every(Number.isFinite))
        return undefined
      return right.forward(others, {})
    },
  },
]
