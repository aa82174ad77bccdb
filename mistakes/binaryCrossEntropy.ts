import { binaryCrossEntropy } from '../oracle/losses.js'
import { map, rowMajor, zip } from '../oracle/tensor.js'
import { logistic } from './elementwise.js'
import { reduced, summed } from './losses.js'
import { type Mistake, passes } from './mistake.js'
import { scaled } from './rearrange.js'

const right = passes(binaryCrossEntropy)

/** A loss of every logit and its target. */
function lossOf(f: (z: number, t: number) => number): Required<Mistake>['forward'] {
  return ({ logits, target }, attributes) => reduced(zip(logits, target, f), attributes)
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'binaryCrossEntropy through the logarithm of the sigmoid',
    operator: 'binaryCrossEntropy',
    explanation: 'log σ(z) was taken of a sigmoid that underflows to 0 or rounds to 1, which makes the loss infinite.',
    forward: lossOf((z, t) => -t * Math.log(logistic(z)) - (1 - t) * Math.log(1 - logistic(z))),
  },
  {
    name: 'binaryCrossEntropy of probabilities clipped to 1e-7',
    operator: 'binaryCrossEntropy',
    explanation: 'The probabilities were clipped to [1e-7, 1 − 1e-7], so that no loss exceeds 16.1.',
    forward: lossOf((z, t) => {
      const p = Math.min(1 - 1e-7, Math.max(1e-7, logistic(z)))
      return -t * Math.log(p) - (1 - t) * Math.log(1 - p)
    }),
  },
  {
    name: 'binaryCrossEntropy of the positive class only',
    operator: 'binaryCrossEntropy',
    explanation: '−t·log σ(z) was computed; the term −(1 − t)·log(1 − σ(z)) is missing.',
    forward: lossOf((z, t) => t * (Math.max(-z, 0) + Math.log1p(Math.exp(-Math.abs(z))))),
  },
  {
    name: 'binaryCrossEntropy with the targets exchanged',
    operator: 'binaryCrossEntropy',
    explanation: 't and 1 − t are exchanged: the logit was taken to speak for class 0.',
    forward: ({ logits, target }, attributes) =>
      right.forward({ logits, target: map(target, (t) => 1 - t) }, attributes),
  },
  {
    name: 'binaryCrossEntropy of a target rounded to 0 or 1',
    operator: 'binaryCrossEntropy',
    explanation: 'A target between 0 and 1 was rounded to a class instead of taken as a probability.',
    forward: ({ logits, target }, attributes) => right.forward({ logits, target: map(target, Math.round) }, attributes),
  },
  {
    name: 'binaryCrossEntropy in bits',
    operator: 'binaryCrossEntropy',
    explanation: 'The logarithm to base 2 was taken instead of the natural one.',
    forward: (inputs, attributes) => scaled(right.forward(inputs, attributes), 1 / Math.LN2),
  },
  {
    name: 'binaryCrossEntropy summed instead of averaged',
    operator: 'binaryCrossEntropy',
    explanation: "reduction = 'mean' returned the sum: the division by the number of logits is missing.",
    forward: (inputs, attributes) => right.forward(inputs, summed(attributes)),
  },
  {
    name: 'binaryCrossEntropy gradient with its sign turned',
    operator: 'binaryCrossEntropy',
    explanation: 't − σ(z) was returned; the gradient is σ(z) − t.',
    backward: (inputs, attributes, gradients) => scaled(right.backward(inputs, attributes, gradients), -1),
  },
  {
    name: 'binaryCrossEntropy gradient through the sigmoid twice',
    operator: 'binaryCrossEntropy',
    explanation: 'σ(z) − t, already the gradient with respect to z, was multiplied by σ′(z) once more.',
    backward: (inputs, attributes, gradients) => ({
      logits: zip(
        right.backward(inputs, attributes, gradients).logits,
        inputs.logits,
        (g, z) => g * logistic(z) * logistic(-z),
      ),
    }),
  },
  {
    name: 'binaryCrossEntropy gradient of the mean not divided',
    operator: 'binaryCrossEntropy',
    explanation: "σ(z) − t was returned for reduction = 'mean' without dividing by the number of logits.",
    backward: (inputs, attributes, gradients) => right.backward(inputs, summed(attributes), gradients),
  },
  {
    name: 'binaryCrossEntropy that clips a target out of range',
    operator: 'binaryCrossEntropy',
    explanation: 'A target below 0 or above 1 was clipped instead of refused.',
    insteadOfRefusing: ({ logits, target, ...others }, attributes) => {
      if (logits === undefined || target === undefined || Object.keys(others).length > 0) return undefined
      if (rowMajor(target).every((t) => t >= 0 && t <= 1) || rowMajor(target).some((t) => !Number.isFinite(t)))
        return undefined
      return binaryCrossEntropy.forward({ logits, target: map(target, (t) => Math.min(1, Math.max(0, t))) }, attributes)
    },
  },
  {
    name: 'binaryCrossEntropy that broadcasts a single target',
    operator: 'binaryCrossEntropy',
    explanation: 'A target of another shape was repeated to the shape of the logits instead of refused.',
    insteadOfRefusing: ({ logits, target, ...others }, attributes) => {
      if (logits === undefined || target === undefined || Object.keys(others).length > 0) return undefined
      if (logits.shape.join() === target.shape.join()) return undefined
      const [first] = rowMajor(target)
      return binaryCrossEntropy.forward({ logits, target: map(logits, () => first) }, attributes)
    },
  },
]
