import { scaledDotProductAttention } from '../oracle/attention.js'
import { map, rowMajor, sizeOf, type Tensors, tensor } from '../oracle/tensor.js'
import { backwardWith, over, shapesOf, softmax, weighed } from './attentionPasses.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, sum, take, upTo } from './rearrange.js'

const right = passes(scaledDotProductAttention)

function withScale(change: (scale: number, inputs: Tensors) => number): Required<Mistake>['forward'] {
  return (inputs, attributes) =>
    right.forward(inputs, { ...attributes, scale: change(numberOf(attributes, 'scale'), inputs) })
}

const features = ({ query }: Tensors) => query.shape[query.shape.length - 1]

function withoutMask({ mask: _, ...inputs }: Tensors): Tensors {
  return inputs
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'scaledDotProductAttention without division by √D',
    operator: 'scaledDotProductAttention',
    explanation: 'The products q·k were taken as they are; they are to be multiplied with scale, 1/√D by default.',
    forward: withScale(() => 1),
  },
  {
    name: 'scaledDotProductAttention with division by D',
    operator: 'scaledDotProductAttention',
    explanation: 'The products were divided by √D once more, which makes D of the default scale.',
    forward: withScale((scale, inputs) => scale / Math.sqrt(features(inputs))),
  },
  {
    name: 'scaledDotProductAttention with multiplication by √D',
    operator: 'scaledDotProductAttention',
    explanation: 'The products were divided by scale instead of multiplied with it.',
    forward: withScale((scale) => (scale === 0 ? 0 : 1 / scale)),
  },
  {
    name: 'scaledDotProductAttention with 1/√D whatever the scale is',
    operator: 'scaledDotProductAttention',
    explanation: 'The attribute scale was ignored.',
    forward: withScale((_, inputs) => 1 / Math.sqrt(features(inputs))),
  },
  {
    name: 'scaledDotProductAttention with softmax over the queries',
    operator: 'scaledDotProductAttention',
    explanation: 'The softmax ran over the queries of a key instead of over the keys of a query.',
    forward: weighed((logits, { allowed }) => {
      const columns = upTo(logits[0].length).map((s) =>
        over(
          logits.map((row) => row[s]),
          (t) => allowed(t, s),
        ),
      )
      return logits.map((row, t) => row.map((_, s) => columns[s][t] ?? 0))
    }),
  },
  {
    name: 'scaledDotProductAttention without subtracting the maximum',
    operator: 'scaledDotProductAttention',
    explanation: 'e^logit overflows from 710 on (89 in float32); the row’s maximum is to be subtracted first.',
    forward: weighed((logits, { allowed }) =>
      logits.map((row, t) => {
        const powers = row.map((x, s) => (allowed(t, s) ? Math.exp(x) : 0))
        return powers.map((power) => power / sum(powers))
      }),
    ),
  },
  {
    name: 'scaledDotProductAttention with logits of 0 for masked keys',
    operator: 'scaledDotProductAttention',
    explanation: 'The logits were multiplied with the mask, so that a masked key still weighs e⁰; it is to weigh 0.',
    forward: weighed((logits, { allowed }) =>
      logits.map((row, t) => softmax(row.map((x, s) => (allowed(t, s) ? x : 0)))),
    ),
  },
  {
    name: 'scaledDotProductAttention masked after the softmax',
    operator: 'scaledDotProductAttention',
    explanation: 'The weights were multiplied with the mask after the softmax, so that they no longer sum to one.',
    forward: weighed((logits, { allowed }) =>
      logits.map((row, t) => softmax(row).map((weight, s) => (allowed(t, s) ? weight : 0))),
    ),
  },
  {
    name: 'scaledDotProductAttention with 10 subtracted for masked keys',
    operator: 'scaledDotProductAttention',
    explanation: 'Masked logits were lowered by 10 instead of to −∞: such keys still have a small weight.',
    forward: weighed((logits, { allowed }) =>
      logits.map((row, t) => softmax(row.map((x, s) => (allowed(t, s) ? x : x - 10)))),
    ),
  },
  {
    name: 'scaledDotProductAttention without the mask',
    operator: 'scaledDotProductAttention',
    explanation: 'The mask was ignored.',
    forward: (inputs, attributes) => right.forward(withoutMask(inputs), attributes),
  },
  {
    name: 'scaledDotProductAttention without the mask where time counts',
    operator: 'scaledDotProductAttention',
    explanation: 'The causal mask replaced the given one; both hold together.',
    forward: (inputs, attributes) =>
      right.forward(attributes.causal === true ? withoutMask(inputs) : inputs, attributes),
  },
  {
    name: 'scaledDotProductAttention that looks one step ahead',
    operator: 'scaledDotProductAttention',
    explanation: 'Where time counts, query t attended to s ≤ t + 1; it attends to s ≤ t.',
    forward: (inputs, attributes) => {
      if (attributes.causal !== true) return right.forward(inputs, attributes)
      return weighed((logits) =>
        logits.map((row, t) =>
          over(row, (s) => s <= t + 1 && (inputs.mask === undefined || inputs.mask.get(t, s) === 1)),
        ),
      )(inputs, attributes)
    },
  },
  {
    name: 'scaledDotProductAttention that looks back from the end',
    operator: 'scaledDotProductAttention',
    explanation: 'Where time counts, query t attended to s ≥ t: the triangle of the mask is the other one.',
    forward: (inputs, attributes) => {
      if (attributes.causal !== true) return right.forward(inputs, attributes)
      return weighed((logits) => logits.map((row, t) => over(row, (s) => s >= t)))(inputs, attributes)
    },
  },
  {
    name: 'scaledDotProductAttention with the mask transposed',
    operator: 'scaledDotProductAttention',
    explanation: 'The mask was read as [S, T] where both are equal; it is [T, S].',
    forward: (inputs, attributes) => {
      const { mask } = inputs
      if (mask === undefined || mask.shape[0] !== mask.shape[1] || attributes.causal === true)
        return right.forward(inputs, attributes)
      return weighed((logits) => logits.map((row, t) => over(row, (s) => mask.get(s, t) === 1)))(inputs, attributes)
    },
  },
  {
    name: 'scaledDotProductAttention with weights that leave out the last key',
    operator: 'scaledDotProductAttention',
    explanation: 'The last key was left out where there are more than two, as by a loop that ends one too early.',
    forward: (inputs, attributes) => {
      const axis = inputs.key.shape.length - 2
      const S = inputs.key.shape[axis]
      if (S < 3 || attributes.causal === true || inputs.mask !== undefined) return right.forward(inputs, attributes)
      const first = upTo(S - 1)
      const fewer = { ...inputs, key: take(inputs.key, axis, first), value: take(inputs.value, axis, first) }
      const { output, weights } = right.forward(fewer, attributes)
      const shape = shapesOf(inputs).weights
      const data = rowMajor(weights)
      return {
        output,
        weights: tensor(
          shape,
          upTo(sizeOf(shape)).map((i) => (i % S === S - 1 ? 0 : data[Math.floor(i / S) * (S - 1) + (i % S)])),
        ),
      }
    },
  },
  {
    name: 'scaledDotProductAttention gradient without the mean',
    operator: 'scaledDotProductAttention',
    explanation: 'The gradient of a logit was taken as w·∂w; softmax has w·(∂w − Σ w·∂w).',
    backward: backwardWith({ logits: (w, g) => w.map((x, s) => x * g[s]) }),
  },
  {
    name: 'scaledDotProductAttention gradient through w·(1 − w) alone',
    operator: 'scaledDotProductAttention',
    explanation: "Only the diagonal of softmax's Jacobian was used.",
    backward: backwardWith({ logits: (w, g) => w.map((x, s) => x * (1 - x) * g[s]) }),
  },
  {
    name: 'scaledDotProductAttention gradient without the scale',
    operator: 'scaledDotProductAttention',
    explanation: 'The gradients of query and key were not multiplied with scale.',
    backward: backwardWith({ queryScale: () => 1, keyScale: () => 1 }),
  },
  {
    name: 'scaledDotProductAttention key gradient without the scale',
    operator: 'scaledDotProductAttention',
    explanation: 'The gradient of the key was not multiplied with scale, as if the query alone had been scaled.',
    backward: backwardWith({ keyScale: () => 1 }),
  },
  {
    name: 'scaledDotProductAttention value gradient with the weights not transposed',
    operator: 'scaledDotProductAttention',
    explanation: 'The gradient of value was taken as W·g where T = S; it is Wᵀ·g.',
    backward: backwardWith({ spread: (w, t, s) => (w.length === w[0].length ? w[s][t] : w[t][s]) }),
  },
  {
    name: 'scaledDotProductAttention without the gradient of its weights',
    operator: 'scaledDotProductAttention',
    explanation: 'The gradient of the output weights was ignored; they are an output like any other.',
    backward: (inputs, attributes, gradients) =>
      right.backward(inputs, attributes, { ...gradients, weights: map(gradients.weights, () => 0) }),
  },
  {
    name: 'scaledDotProductAttention gradient that forgets the mask',
    operator: 'scaledDotProductAttention',
    explanation: 'The weights were computed anew for the backward pass without the mask.',
    backward: (inputs, attributes, gradients) => right.backward(withoutMask(inputs), attributes, gradients),
  },
  {
    name: 'scaledDotProductAttention that means over all keys where none is left',
    operator: 'scaledDotProductAttention',
    explanation: 'A query without any key got the mean of all values; such a mask is refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { mask } = inputs
      if (mask === undefined || attributes.causal === true || mask.shape.length !== 2) return undefined
      const [T, S] = mask.shape
      const bare = upTo(T).filter((t) => upTo(S).every((s) => mask.get(t, s) === 0))
      if (bare.length === 0) return undefined
      const full = mapPlaces(mask, (value, place) => (bare.includes(Math.floor(place / S)) ? 1 : value))
      return right.forward({ ...inputs, mask: full }, attributes)
    },
  },
  {
    name: 'scaledDotProductAttention with time from the first key on where there are more keys',
    operator: 'scaledDotProductAttention',
    explanation: 'A causal call with other numbers of queries and keys was answered; it is refused.',
    insteadOfRefusing: (inputs, attributes) => {
      if (attributes.causal !== true || inputs.query === undefined || inputs.key === undefined) return undefined
      const axis = inputs.query.shape.length - 2
      const [T, S] = [inputs.query.shape[axis], inputs.key.shape[axis]]
      if (T === S) return undefined
      const mask = tensor(
        [T, S],
        upTo(T * S).map((i) => (i % S <= Math.floor(i / S) ? 1 : 0)),
      )
      return right.forward({ ...inputs, mask }, { ...attributes, causal: false })
    },
  },
]
