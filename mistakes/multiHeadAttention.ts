import { product } from '../oracle/linear.js'
import { multiHeadAttention } from '../oracle/multiHeadAttention.js'
import { copy, map, reshape, rowMajor, type Tensor, type Tensors, tensor, zeros, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, sum, take, upTo, without } from './rearrange.js'

const right = passes(multiHeadAttention)

function features({ query }: Tensors): number {
  return query.shape[2]
}

/** The inputs with some of them replaced by what f makes of them. */
function changed(inputs: Tensors, names: readonly string[], f: (x: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, names.includes(name) ? f(x) : x]))
}

const weights = ['weightQuery', 'weightKey', 'weightValue', 'weightOutput'] as const

/** Projections with the rows of the heads in another order, undone by the columns of the last weight where `undo`. */
function withRows(inputs: Tensors, order: readonly number[], undo: boolean): Tensors {
  const moved = changed(inputs, ['weightQuery', 'weightKey', 'weightValue', 'biasQuery', 'biasKey', 'biasValue'], (x) =>
    take(x, 0, order),
  )
  return undo ? changed(moved, ['weightOutput'], (x) => take(x, 1, order)) : moved
}

/** The features in the order in which head h takes every heads-th column. */
function interleaved(E: number, heads: number): readonly number[] {
  return upTo(E).map((i) => (i % (E / heads)) * heads + Math.floor(i / (E / heads)))
}

function identity(size: number): Tensor {
  return mapPlaces(zeros([size, size]), (_, place) => (place % (size + 1) === 0 ? 1 : 0))
}

/** x·Wᵀ + b of rows. */
function projected(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const E = weight.shape[0]
  const y = reshape(product(reshape(x, [x.size / weight.shape[1], weight.shape[1]]), weight.transpose(1, 0)), [
    ...x.shape.slice(0, -1),
    E,
  ])
  return bias === undefined ? y : mapPlaces(y, (value, place) => value + bias.get(place % E))
}

/** What the heads answer, side by side, before the last layer. */
function joinedHeads(inputs: Tensors, attributes: Parameters<typeof right.forward>[1]) {
  const plain = { ...without(inputs, 'biasOutput'), weightOutput: identity(features(inputs)) }
  return right.forward(plain, attributes)
}

/** Weights [N,T,S] for all heads, as [N,heads,T,S]. */
function forAllHeads(x: Tensor, shape: readonly number[]): Tensor {
  const [, heads, T, S] = shape
  const data = rowMajor(x)
  return mapPlaces(zeros(shape), (_, place) => data[Math.floor(place / (heads * T * S)) * T * S + (place % (T * S))])
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'multiHeadAttention with scores divided by √E',
    operator: 'multiHeadAttention',
    explanation: 'The scores were divided by the root of all features; a head has E/heads of them.',
    forward: (inputs, attributes) => {
      const factor = 1 / Math.sqrt(numberOf(attributes, 'heads'))
      return right.forward(
        changed(inputs, ['weightQuery', 'biasQuery'], (x) => map(x, (value) => value * factor)),
        attributes,
      )
    },
  },
  {
    name: 'multiHeadAttention with scores that are not scaled',
    operator: 'multiHeadAttention',
    explanation: 'The scores were not divided by the root of the features of a head.',
    forward: (inputs, attributes) => {
      const factor = Math.sqrt(features(inputs) / numberOf(attributes, 'heads'))
      return right.forward(
        changed(inputs, ['weightQuery', 'biasQuery'], (x) => map(x, (value) => value * factor)),
        attributes,
      )
    },
  },
  {
    name: 'multiHeadAttention with one head over all features',
    operator: 'multiHeadAttention',
    explanation: 'The features were not split: one attention ran over all of them, whatever the number of heads.',
    forward: (inputs, attributes) => {
      const one = right.forward(inputs, { ...attributes, heads: 1 })
      const [N, , T, S] = one.weights.shape
      const shape = [N, numberOf(attributes, 'heads'), T, S]
      return { output: one.output, weights: forAllHeads(one.weights, shape) }
    },
  },
  {
    name: 'multiHeadAttention with heads that take every other column',
    operator: 'multiHeadAttention',
    explanation: 'Head h took the columns h, h + heads, …; it takes E/heads neighbouring ones.',
    forward: (inputs, attributes) => {
      const order = interleaved(features(inputs), numberOf(attributes, 'heads'))
      return right.forward(withRows(inputs, order, true), attributes)
    },
  },
  {
    name: 'multiHeadAttention with heads joined in the wrong order of dimensions',
    operator: 'multiHeadAttention',
    explanation: 'The heads [N, heads, T, E/heads] were read as [N, T, E] without exchanging heads and time first.',
    forward: (inputs, attributes) => {
      const heads = numberOf(attributes, 'heads')
      const { output, weights: shares } = joinedHeads(inputs, attributes)
      const [N, T, E] = output.shape
      const split = copy(reshape(output, [N, T, heads, E / heads]).transpose(0, 2, 1, 3))
      const joined = reshape(split, [N, T, E])
      return { output: projected(joined, inputs.weightOutput, inputs.biasOutput), weights: shares }
    },
  },
  {
    name: 'multiHeadAttention with its weights transposed',
    operator: 'multiHeadAttention',
    explanation: 'The projections were taken as x·W instead of x·Wᵀ, which no shape gives away as W is square.',
    forward: (inputs, attributes) =>
      right.forward(
        changed(inputs, weights, (x) => x.transpose(1, 0)),
        attributes,
      ),
  },
  {
    name: 'multiHeadAttention with the last weight transposed',
    operator: 'multiHeadAttention',
    explanation: 'The last projection was taken as x·W instead of x·Wᵀ.',
    forward: (inputs, attributes) =>
      right.forward({ ...inputs, weightOutput: inputs.weightOutput.transpose(1, 0) }, attributes),
  },
  {
    name: 'multiHeadAttention without the last layer',
    operator: 'multiHeadAttention',
    explanation: 'The heads side by side were taken for the output; the last linear layer is missing.',
    forward: (inputs, attributes) => joinedHeads(inputs, attributes),
  },
  {
    name: 'multiHeadAttention with values projected like the keys',
    operator: 'multiHeadAttention',
    explanation: 'The values were projected with the weight of the keys instead of their own.',
    forward: (inputs, attributes) => right.forward({ ...inputs, weightValue: inputs.weightKey }, attributes),
  },
  {
    name: 'multiHeadAttention of the query with itself',
    operator: 'multiHeadAttention',
    explanation: 'Where query and key have equal lengths, keys and values were taken from the query.',
    forward: (inputs, attributes) =>
      right.forward(
        inputs.query.shape[1] === inputs.key.shape[1] ? { ...inputs, key: inputs.query, value: inputs.query } : inputs,
        attributes,
      ),
  },
  {
    name: 'multiHeadAttention without the bias of the query',
    operator: 'multiHeadAttention',
    explanation: 'biasQuery was ignored; unlike that of the keys it changes the weights.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'biasQuery'), attributes),
  },
  {
    name: 'multiHeadAttention without the bias of the output',
    operator: 'multiHeadAttention',
    explanation: 'biasOutput was ignored.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'biasOutput'), attributes),
  },
  {
    name: 'multiHeadAttention that masks its first head only',
    operator: 'multiHeadAttention',
    explanation: 'The mask was applied to the first head instead of to all.',
    forward: (inputs, attributes) => {
      const heads = numberOf(attributes, 'heads')
      if (inputs.mask === undefined || heads === 1) return right.forward(inputs, attributes)
      const [masked, open] = [joinedHeads(inputs, attributes), joinedHeads(without(inputs, 'mask'), attributes)]
      const E = features(inputs)
      const [, , T, S] = masked.weights.shape
      const joined = mapPlaces(open.output, (value, place) =>
        place % E < E / heads ? rowMajor(masked.output)[place] : value,
      )
      return {
        output: projected(joined, inputs.weightOutput, inputs.biasOutput),
        weights: mapPlaces(open.weights, (value, place) =>
          Math.floor(place / (T * S)) % heads === 0 ? rowMajor(masked.weights)[place] : value,
        ),
      }
    },
  },
  {
    name: 'multiHeadAttention that looks into the future',
    operator: 'multiHeadAttention',
    explanation: 'causal was ignored.',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, causal: false }),
  },
  {
    name: 'multiHeadAttention with the mean of its heads for the weights of each',
    operator: 'multiHeadAttention',
    explanation: 'The weights were averaged over the heads; each head has its own.',
    forward: (inputs, attributes) => {
      const { output, weights: shares } = right.forward(inputs, attributes)
      const [N, heads, T, S] = shares.shape
      const mean = tensor(
        [N, T, S],
        upTo(N * T * S).map((i) => {
          const [n, place] = [Math.floor(i / (T * S)), i % (T * S)]
          return sum(upTo(heads).map((h) => rowMajor(shares)[(n * heads + h) * T * S + place])) / heads
        }),
      )
      return { output, weights: forAllHeads(mean, shares.shape) }
    },
  },
  {
    name: 'multiHeadAttention with the gradient of the last weight transposed',
    operator: 'multiHeadAttention',
    explanation: 'The gradient of weightOutput was taken as xᵀ·g instead of gᵀ·x.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      return { ...all, weightOutput: copy(all.weightOutput.transpose(1, 0)) }
    },
  },
  {
    name: 'multiHeadAttention without the gradient of its weights',
    operator: 'multiHeadAttention',
    explanation: 'The gradient of the output weights was ignored; they are an output like any other.',
    backward: (inputs, attributes, gradients) =>
      right.backward(inputs, attributes, { ...gradients, weights: map(gradients.weights, () => 0) }),
  },
  {
    name: 'multiHeadAttention with the gradient of the query for the key as well',
    operator: 'multiHeadAttention',
    explanation: 'Where all shapes agree, the gradient of the query was added to that of the key.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      if (inputs.query.shape[1] !== inputs.key.shape[1]) return all
      return { ...all, key: zip(all.key, all.query, (a, b) => a + b) }
    },
  },
  {
    name: 'multiHeadAttention with a gradient for the bias of the keys',
    operator: 'multiHeadAttention',
    explanation: 'biasKey got the gradient of biasValue; a bias of the keys changes nothing and its gradient is 0.',
    backward: (inputs, attributes, gradients) => {
      if (inputs.biasKey === undefined) return right.backward(inputs, attributes, gradients)
      const biasValue = inputs.biasValue ?? map(inputs.biasKey, () => 0)
      const { biasValue: gradient, ...others } = right.backward({ ...inputs, biasValue }, attributes, gradients)
      return { ...others, biasKey: copy(gradient), ...(inputs.biasValue === undefined ? {} : { biasValue: gradient }) }
    },
  },
  {
    name: 'multiHeadAttention with bias gradients of the first sequence',
    operator: 'multiHeadAttention',
    explanation: 'The gradient of biasOutput was that of the first sequence of the batch instead of the sum over all.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      if (all.biasOutput === undefined) return all
      const [, T, E] = inputs.query.shape
      const g = rowMajor(gradients.output)
      return { ...all, biasOutput: mapPlaces(all.biasOutput, (_, e) => sum(upTo(T).map((t) => g[t * E + e]))) }
    },
  },
  {
    name: 'multiHeadAttention gradient without the scale',
    operator: 'multiHeadAttention',
    explanation: 'The gradients of query and key were not divided by the root of the features of a head.',
    backward: (inputs, attributes, gradients) => {
      const factor = Math.sqrt(features(inputs) / numberOf(attributes, 'heads'))
      const scaled = ['query', 'weightQuery', 'biasQuery', 'key', 'weightKey', 'biasKey']
      return changed(right.backward(inputs, attributes, gradients), scaled, (x) => map(x, (value) => value * factor))
    },
  },
  {
    name: 'multiHeadAttention with one head where heads do not divide the features',
    operator: 'multiHeadAttention',
    explanation: 'A number of heads that does not divide the features was taken for 1; such a call is refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { heads } = attributes
      if (typeof heads !== 'number' || !(heads >= 1) || inputs.query?.shape.length !== 3) return undefined
      if (features(inputs) % heads === 0) return undefined
      return right.forward(inputs, { ...attributes, heads: 1 })
    },
  },
  {
    name: 'multiHeadAttention with time from the first key on where there are more keys',
    operator: 'multiHeadAttention',
    explanation: 'A causal call with other numbers of queries and keys was answered; it is refused.',
    insteadOfRefusing: (inputs, attributes) => {
      if (attributes.causal !== true || inputs.query === undefined || inputs.key === undefined) return undefined
      const [T, S] = [inputs.query.shape[1], inputs.key.shape[1]]
      if (T === S) return undefined
      const mask = mapPlaces(zeros([T, S]), (_, place) => (place % S <= Math.floor(place / S) ? 1 : 0))
      return right.forward({ ...inputs, mask }, { ...attributes, causal: false })
    },
  },
]
