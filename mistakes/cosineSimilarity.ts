import { cosineSimilarity } from '../oracle/embeddings.js'
import { map, rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { sum, upTo } from './rearrange.js'

const right = passes(cosineSimilarity)

/** A value of every pair of rows. */
function byRow(
  f: (a: readonly number[], b: readonly number[], epsilon: number) => number,
): Required<Mistake>['forward'] {
  return ({ a, b }, attributes) => {
    const D = a.shape[a.shape.length - 1]
    const row = (x: Tensor, n: number) => Array.from(rowMajor(x).subarray(n * D, (n + 1) * D))
    return {
      y: tensor(
        a.shape.slice(0, -1),
        upTo(a.size / D).map((n) => f(row(a, n), row(b, n), numberOf(attributes, 'epsilon'))),
      ),
    }
  }
}

const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((x, i) => x * b[i]))
const length = (a: readonly number[]) => Math.sqrt(dot(a, a))

export const mistakes: readonly Mistake[] = [
  {
    name: 'cosineSimilarity without normalization',
    operator: 'cosineSimilarity',
    explanation: 'The inner product a·b was returned without dividing by the lengths.',
    forward: byRow(dot),
  },
  {
    name: 'cosineSimilarity divided by the squared lengths',
    operator: 'cosineSimilarity',
    explanation: 'The roots are missing: a·b was divided by ‖a‖²‖b‖².',
    forward: byRow((a, b, epsilon) => dot(a, b) / Math.max(dot(a, a) * dot(b, b), epsilon)),
  },
  {
    name: 'cosineSimilarity divided by one length only',
    operator: 'cosineSimilarity',
    explanation: 'a·b was divided by ‖a‖ but not by ‖b‖.',
    forward: byRow((a, b, epsilon) => dot(a, b) / Math.max(length(a), epsilon)),
  },
  {
    name: 'cosineSimilarity with epsilon added',
    operator: 'cosineSimilarity',
    explanation: 'a·b/(‖a‖‖b‖ + epsilon) was computed instead of a·b/max(‖a‖‖b‖, epsilon).',
    forward: byRow((a, b, epsilon) => dot(a, b) / (length(a) * length(b) + epsilon)),
  },
  {
    name: 'cosineSimilarity with epsilon for each length',
    operator: 'cosineSimilarity',
    explanation: 'Each length was taken as at least epsilon, instead of their product.',
    forward: byRow((a, b, epsilon) => dot(a, b) / (Math.max(length(a), epsilon) * Math.max(length(b), epsilon))),
  },
  {
    name: 'cosineSimilarity that is NaN for a zero vector',
    operator: 'cosineSimilarity',
    explanation: 'Without epsilon, the similarity to a zero vector is 0/0.',
    forward: byRow((a, b) => dot(a, b) / (length(a) * length(b))),
  },
  {
    name: 'cosineSimilarity as a distance',
    operator: 'cosineSimilarity',
    explanation: '1 − cos was returned instead of cos.',
    forward: (inputs, attributes) => ({ y: map(right.forward(inputs, attributes).y, (y) => 1 - y) }),
  },
  {
    name: 'cosineSimilarity without its sign',
    operator: 'cosineSimilarity',
    explanation: 'The absolute value was taken: opposite vectors count as equal ones.',
    forward: (inputs, attributes) => ({ y: map(right.forward(inputs, attributes).y, Math.abs) }),
  },
  {
    name: 'cosineSimilarity gradient with the lengths held fast',
    operator: 'cosineSimilarity',
    explanation: 'The lengths were taken for constants: b/(‖a‖‖b‖), without the part −y·a/‖a‖².',
    backward: ({ a, b }, attributes, { y }) => {
      const D = a.shape[a.shape.length - 1]
      const epsilon = numberOf(attributes, 'epsilon')
      const g = rowMajor(y)
      const row = (x: Tensor, n: number) => Array.from(rowMajor(x).subarray(n * D, (n + 1) * D))
      const factor = upTo(g.length).map((n) => g[n] / Math.max(length(row(a, n)) * length(row(b, n)), epsilon))
      const times = (x: Tensor) =>
        tensor(
          x.shape,
          rowMajor(x).map((value, i) => value * factor[Math.floor(i / D)]),
        )
      return { a: times(b), b: times(a) }
    },
  },
  {
    name: 'cosineSimilarity gradient without regard to epsilon',
    operator: 'cosineSimilarity',
    explanation: 'Where epsilon is the denominator, the gradient is b/epsilon; the one of the quotient was returned.',
    backward: (inputs, _, gradients) => {
      const tiny = right.backward(inputs, { epsilon: 1e-300 }, gradients)
      const finite = (x: Tensor) => map(x, (value) => (Number.isFinite(value) ? value : 0))
      return { a: finite(tiny.a), b: finite(tiny.b) }
    },
  },
  {
    name: 'cosineSimilarity gradients of a and b exchanged',
    operator: 'cosineSimilarity',
    explanation: 'The gradient of a was returned for b and that of b for a.',
    backward: (inputs, attributes, gradients) => {
      const { a, b } = right.backward(inputs, attributes, gradients)
      return { a: b, b: a }
    },
  },
  {
    name: 'cosineSimilarity of one row with many',
    operator: 'cosineSimilarity',
    explanation: 'A b of another shape was repeated to the shape of a instead of refused.',
    insteadOfRefusing: ({ a, b, ...others }, attributes) => {
      if (a === undefined || b === undefined || Object.keys(others).length > 0) return undefined
      if (a.shape.length === 0 || a.shape.join() === b.shape.join()) return undefined
      const data = rowMajor(b)
      const repeated = tensor(
        a.shape,
        upTo(a.size).map((i) => data[i % data.length]),
      )
      return cosineSimilarity.forward({ a, b: repeated }, attributes)
    },
  },
]
