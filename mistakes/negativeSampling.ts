import { negativeSampling } from '../oracle/embeddings.js'
import { map, rowMajor, scalar, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Mistake, passes } from './mistake.js'
import { scaled, sum, take, upTo } from './rearrange.js'

const right = passes(negativeSampling)

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** The scores c·p and c·nₖ of every word. */
function scores({ center, positive, negatives }: Tensors) {
  const [N, K, D] = negatives.shape
  const [c, p, n] = [center, positive, negatives].map(rowMajor)
  const dot = (row: number, other: Float64Array, at: number) =>
    sum(upTo(D).map((d) => c[row * D + d] * other[at * D + d]))
  return upTo(N).map((row) => ({
    positive: dot(row, p, row),
    negatives: upTo(K).map((k) => dot(row, n, row * K + k)),
  }))
}

/** A loss of the scores of a word, averaged over the words. */
function lossOf(f: (positive: number, negatives: readonly number[]) => number): Required<Mistake>['forward'] {
  return (inputs) => {
    const items = scores(inputs).map(({ positive, negatives }) => f(positive, negatives))
    return { loss: scalar(sum(items) / items.length) }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'negativeSampling through the logarithm of the sigmoid',
    operator: 'negativeSampling',
    explanation: 'log σ was taken of a sigmoid that underflows to 0, which makes the loss infinite for large scores.',
    forward: lossOf(
      (positive, negatives) =>
        -Math.log(1 / (1 + Math.exp(-positive))) - sum(negatives.map((s) => Math.log(1 / (1 + Math.exp(s))))),
    ),
  },
  {
    name: 'negativeSampling without the minus of the negatives',
    operator: 'negativeSampling',
    explanation: 'log σ(c·nₖ) was taken for the negatives instead of log σ(−c·nₖ): they are drawn near.',
    forward: lossOf((positive, negatives) => softplus(-positive) + sum(negatives.map((s) => softplus(-s)))),
  },
  {
    name: 'negativeSampling averaged over the negatives',
    operator: 'negativeSampling',
    explanation: 'The mean over the K negatives was taken instead of their sum.',
    forward: lossOf((positive, negatives) => softplus(-positive) + sum(negatives.map(softplus)) / negatives.length),
  },
  {
    name: 'negativeSampling summed over the words',
    operator: 'negativeSampling',
    explanation: 'The sum over the N words was returned instead of their mean.',
    forward: (inputs, attributes) => scaled(right.forward(inputs, attributes), inputs.center.shape[0]),
  },
  {
    name: 'negativeSampling with its sign turned',
    operator: 'negativeSampling',
    explanation: 'The log likelihood was returned; the loss is its negative.',
    forward: (inputs, attributes) => scaled(right.forward(inputs, attributes), -1),
  },
  {
    name: 'negativeSampling of the first negative only',
    operator: 'negativeSampling',
    explanation: 'All negatives but the first were ignored.',
    forward: (inputs, attributes) =>
      right.forward({ ...inputs, negatives: take(inputs.negatives, 1, [0]) }, attributes),
  },
  {
    name: 'negativeSampling with one word’s negatives for all',
    operator: 'negativeSampling',
    explanation: 'The negatives of the first word were used for every word.',
    forward: (inputs, attributes) => {
      const [N] = inputs.negatives.shape
      return right.forward(
        {
          ...inputs,
          negatives: take(
            inputs.negatives,
            0,
            upTo(N).map(() => 0),
          ),
        },
        attributes,
      )
    },
  },
  {
    name: 'negativeSampling gradient without the negatives',
    operator: 'negativeSampling',
    explanation: 'The center got the gradient of its positive only.',
    backward: (inputs, attributes, gradients) => {
      const result = right.backward(inputs, attributes, gradients)
      const apart = { ...inputs, negatives: map(inputs.negatives, () => 0) }
      return { ...result, center: right.backward(apart, attributes, gradients).center }
    },
  },
  {
    name: 'negativeSampling gradient of the positive with its sign turned',
    operator: 'negativeSampling',
    explanation: 'The slope of the positive was taken as σ(−c·p) instead of −σ(−c·p).',
    backward: (inputs, attributes, gradients) => {
      const result = right.backward(inputs, attributes, gradients)
      return { ...result, positive: map(result.positive, (value) => -value) }
    },
  },
  {
    name: 'negativeSampling gradient not divided by the words',
    operator: 'negativeSampling',
    explanation: 'The gradient of the sum over words was returned; the loss is their mean.',
    backward: (inputs, attributes, gradients) =>
      scaled(right.backward(inputs, attributes, gradients), inputs.center.shape[0]),
  },
  {
    name: 'negativeSampling of fewer negatives than words',
    operator: 'negativeSampling',
    explanation: 'Negatives for another number of words were repeated for all of them instead of refused.',
    insteadOfRefusing: ({ center, positive, negatives, ...others }) => {
      if (center === undefined || positive === undefined || negatives === undefined) return undefined
      if (Object.keys(others).length > 0 || center.shape.length !== 2 || negatives.shape.length !== 3) return undefined
      const N = negatives.shape[0]
      if (center.shape.join() !== positive.shape.join() || negatives.shape[2] !== center.shape[1]) return undefined
      if (N === center.shape[0] || ![center, positive, negatives].every(holdsNumbers)) return undefined
      const repeated = take(
        negatives,
        0,
        upTo(center.shape[0]).map((n) => n % N),
      )
      return negativeSampling.forward({ center, positive, negatives: repeated }, {})
    },
  },
]

function holdsNumbers(x: Tensor): boolean {
  return rowMajor(x).every(Number.isFinite)
}
