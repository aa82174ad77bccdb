import { crossEntropy } from '../oracle/losses.js'
import { map, rowMajor, tensor } from '../oracle/tensor.js'
import { isMean, reduced, summed } from './losses.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { alongAxis, mapPlaces, scaled, sum, upTo } from './rearrange.js'

const right = passes(crossEntropy)

/** log Σe^z of a row, from its largest entry. */
function logSumExp(row: readonly number[]): number {
  const largest = Math.max(...row)
  return largest + Math.log(sum(row.map((z) => Math.exp(z - largest))))
}

/** Cross-entropy from other log-probabilities than the right ones. */
function crossEntropyOf(
  logProbabilities: (row: readonly number[]) => readonly number[],
  axis = 1,
): Required<Mistake>['forward'] {
  return ({ logits, target }, attributes) => {
    const [N, C] = logits.shape
    const smoothing = numberOf(attributes, 'labelSmoothing')
    const ids = rowMajor(target)
    const logs = rowMajor(alongAxis(axis, [logits], logProbabilities))
    const weight = (n: number, c: number) => smoothing / C + (c === ids[n] ? 1 - smoothing : 0)
    const items = upTo(N).map((n) =>
      sum(upTo(C).map((c) => (weight(n, c) === 0 ? 0 : -weight(n, c) * logs[n * C + c]))),
    )
    return reduced(tensor([N], items), attributes)
  }
}

/** Each entry less one number that is computed from all of them, once: a vocabulary is a long row. */
const less = (row: readonly number[], total: number) => row.map((z) => z - total)

const softmaxOf = (row: readonly number[]) => less(row, logSumExp(row)).map(Math.exp)

/** A row or the whole of the gradient changed by f, which gets the right gradient and whether the class is the target. */
function changedGradient(
  f: (value: number, isTarget: boolean, incoming: number, smoothing: number, C: number) => number,
): Required<Mistake>['backward'] {
  return (inputs, attributes, gradients) => {
    const { logits } = right.backward(inputs, attributes, gradients)
    const [N, C] = logits.shape
    const ids = rowMajor(inputs.target)
    const g = rowMajor(gradients.loss)
    const incoming = (n: number) => (attributes.reduction === 'none' ? g[n] : isMean(attributes) ? g[0] / N : g[0])
    const smoothing = numberOf(attributes, 'labelSmoothing')
    return {
      logits: mapPlaces(logits, (value, place) => {
        const n = Math.floor(place / C)
        return f(value, place % C === ids[n], incoming(n), smoothing, C)
      }),
    }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'crossEntropy without subtracting the maximum',
    operator: 'crossEntropy',
    explanation: 'log Σe^z was computed without first subtracting the largest logit, so that it overflows.',
    forward: crossEntropyOf((row) => less(row, Math.log(sum(row.map(Math.exp))))),
  },
  {
    name: 'crossEntropy as the logarithm of the softmax',
    operator: 'crossEntropy',
    explanation: 'The logarithm was taken of probabilities that underflow to 0, which makes the loss infinite.',
    forward: crossEntropyOf((row) => softmaxOf(row).map(Math.log)),
  },
  {
    name: 'crossEntropy with 1e-9 added inside the logarithm',
    operator: 'crossEntropy',
    explanation: 'log(p + 1e-9) was computed against log 0: the loss of an item cannot exceed 20.7 any more.',
    forward: crossEntropyOf((row) => softmaxOf(row).map((p) => Math.log(p + 1e-9))),
  },
  {
    name: 'crossEntropy of probabilities',
    operator: 'crossEntropy',
    explanation: 'The softmax was applied twice: the logits were turned into probabilities and these taken for logits.',
    forward: crossEntropyOf((row) => {
      const p = softmaxOf(row)
      return less(p, logSumExp(p))
    }),
  },
  {
    name: 'crossEntropy with the softmax over the batch',
    operator: 'crossEntropy',
    explanation: 'The softmax ran along axis 0, over the rows, instead of over the classes.',
    forward: crossEntropyOf((column) => less(column, logSumExp(column)), 0),
  },
  {
    name: 'crossEntropy with its sign turned',
    operator: 'crossEntropy',
    explanation: 'The minus sign is missing: log p was averaged instead of −log p.',
    forward: (inputs, attributes) => scaled(right.forward(inputs, attributes), -1),
  },
  {
    name: 'crossEntropy averaged over classes too',
    operator: 'crossEntropy',
    explanation: 'The mean divided by N·C, the number of logits, instead of by the number of rows N.',
    forward: (inputs, attributes) => {
      const whole = right.forward(inputs, attributes)
      return isMean(attributes) ? scaled(whole, 1 / inputs.logits.shape[1]) : whole
    },
  },
  {
    name: 'crossEntropy summed instead of averaged',
    operator: 'crossEntropy',
    explanation: "reduction = 'mean' returned the sum over the batch: the division by N is missing.",
    forward: (inputs, attributes) => right.forward(inputs, summed(attributes)),
  },
  {
    name: 'crossEntropy without label smoothing',
    operator: 'crossEntropy',
    explanation: 'labelSmoothing was ignored.',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, labelSmoothing: 0 }),
  },
  {
    name: 'crossEntropy smoothed over the other classes only',
    operator: 'crossEntropy',
    explanation: 'The smoothing was spread over the C − 1 wrong classes instead of over all C.',
    forward: (inputs, attributes) => {
      const C = inputs.logits.shape[1]
      const labelSmoothing = Math.min(1, (numberOf(attributes, 'labelSmoothing') * C) / Math.max(1, C - 1))
      return right.forward(inputs, { ...attributes, labelSmoothing })
    },
  },
  {
    name: 'crossEntropy gradient without subtracting the target',
    operator: 'crossEntropy',
    explanation: 'The gradient was taken to be softmax(z) instead of softmax(z) minus the one-hot target.',
    backward: changedGradient((value, isTarget, g, s, C) => value + g * (s / C + (isTarget ? 1 - s : 0))),
  },
  {
    name: 'crossEntropy gradient with its sign turned',
    operator: 'crossEntropy',
    explanation: 'Target minus softmax was returned; the gradient is softmax minus target.',
    backward: changedGradient((value) => -value),
  },
  {
    name: 'crossEntropy gradient without label smoothing',
    operator: 'crossEntropy',
    explanation: 'The gradient was taken against the one-hot target instead of against the smoothed one.',
    backward: (inputs, attributes, gradients) =>
      right.backward(inputs, { ...attributes, labelSmoothing: 0 }, gradients),
  },
  {
    name: 'crossEntropy gradient of the mean not divided',
    operator: 'crossEntropy',
    explanation: "softmax minus target was returned for reduction = 'mean' without dividing by the number of rows.",
    backward: (inputs, attributes, gradients) => right.backward(inputs, summed(attributes), gradients),
  },
  {
    name: 'crossEntropy that takes an id beyond the classes for the last one',
    operator: 'crossEntropy',
    explanation: 'A target out of range was clipped to the last class instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { logits, target } = inputs
      if (logits === undefined || target === undefined || logits.shape.length !== 2) return undefined
      const last = logits.shape[1] - 1
      return crossEntropy.forward({ ...inputs, target: map(target, (id) => Math.min(id, last)) }, attributes)
    },
  },
  {
    name: 'crossEntropy that counts a negative target from the end',
    operator: 'crossEntropy',
    explanation: 'A target of −1 picked the last class, as array indices do, instead of being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { logits, target } = inputs
      if (logits === undefined || target === undefined || logits.shape.length !== 2) return undefined
      const C = logits.shape[1]
      return crossEntropy.forward({ ...inputs, target: map(target, (id) => (id < 0 ? id + C : id)) }, attributes)
    },
  },
]
