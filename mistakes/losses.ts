import type { Attributes } from '../oracle/contract.js'
import { crossEntropy, squaredError, weightPenalty } from '../oracle/losses.js'
import { item, map, rowMajor, scalar, type Tensor, type Tensors, tensor, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { alongAxis, mapPlaces, sum, upTo } from './rearrange.js'

const rightSquaredError = passes(squaredError)
const rightCrossEntropy = passes(crossEntropy)
const rightWeightPenalty = passes(weightPenalty)

/** All tensors multiplied by a number. */
function scaled(tensors: Tensors, factor: number): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, map(x, (value) => value * factor)]))
}

/** One loss an item, reduced as the attribute says. */
function reduced(items: Tensor, { reduction }: Attributes): Tensors {
  if (reduction === 'none') return { loss: items }
  const total = sum(rowMajor(items))
  return { loss: scalar(reduction === 'sum' ? total : total / items.size) }
}

const isMean = (attributes: Attributes) => attributes.reduction === 'mean'

const squaredErrorMistakes: readonly Mistake[] = [
  {
    name: 'squaredError halved whatever factor says',
    operator: 'squaredError',
    explanation: '½(p − t)² was computed instead of factor·(p − t)².',
    forward: (inputs, attributes) => rightSquaredError.forward(inputs, { ...attributes, factor: 0.5 }),
  },
  {
    name: 'squaredError that is not squared',
    operator: 'squaredError',
    explanation: 'The difference p − t was taken as it is; the error is its square.',
    forward: ({ prediction, target }, attributes) =>
      reduced(
        zip(prediction, target, (p, t) => numberOf(attributes, 'factor') * (p - t)),
        attributes,
      ),
  },
  {
    name: 'squaredError as the absolute error',
    operator: 'squaredError',
    explanation: '|p − t| was computed instead of (p − t)².',
    forward: ({ prediction, target }, attributes) =>
      reduced(
        zip(prediction, target, (p, t) => numberOf(attributes, 'factor') * Math.abs(p - t)),
        attributes,
      ),
  },
  {
    name: 'squaredError as the difference of squares',
    operator: 'squaredError',
    explanation: 'p² − t² was computed instead of (p − t)².',
    forward: ({ prediction, target }, attributes) =>
      reduced(
        zip(prediction, target, (p, t) => numberOf(attributes, 'factor') * (p * p - t * t)),
        attributes,
      ),
  },
  {
    name: 'squaredError with the square of the sum',
    operator: 'squaredError',
    explanation: 'The differences were added first and then squared, (Σ(p − t))², instead of squared and then added.',
    forward: ({ prediction, target }, attributes) => {
      if (attributes.reduction === 'none') return rightSquaredError.forward({ prediction, target }, attributes)
      const total = sum(rowMajor(zip(prediction, target, (p, t) => p - t)))
      const count = isMean(attributes) ? prediction.size : 1
      return { loss: scalar((numberOf(attributes, 'factor') * total ** 2) / count) }
    },
  },
  {
    name: 'squaredError summed instead of averaged',
    operator: 'squaredError',
    explanation: "reduction = 'mean' returned the sum: the division by the number of elements is missing.",
    forward: (inputs, attributes) =>
      rightSquaredError.forward(inputs, isMean(attributes) ? { ...attributes, reduction: 'sum' } : attributes),
  },
  {
    name: 'squaredError averaged over the batch only',
    operator: 'squaredError',
    explanation: 'The mean divided by the length of the first dimension instead of by the number of all elements.',
    forward: (inputs, attributes) => {
      const right = rightSquaredError.forward(inputs, attributes)
      const [rows = 1] = inputs.prediction.shape
      return isMean(attributes) ? scaled(right, inputs.prediction.size / rows) : right
    },
  },
  {
    name: 'squaredError gradient without the factor 2',
    operator: 'squaredError',
    explanation: 'The gradient was taken as factor·(p − t), as if the loss were halved, instead of 2·factor·(p − t).',
    backward: (inputs, attributes, gradients) => scaled(rightSquaredError.backward(inputs, attributes, gradients), 0.5),
  },
  {
    name: 'squaredError gradient with its sign turned',
    operator: 'squaredError',
    explanation: 'The gradient with respect to the prediction was taken as 2(t − p) instead of 2(p − t).',
    backward: (inputs, attributes, gradients) => {
      const { prediction, target } = rightSquaredError.backward(inputs, attributes, gradients)
      return { prediction: target, target: prediction }
    },
  },
  {
    name: 'squaredError gradient of the target equal to that of the prediction',
    operator: 'squaredError',
    explanation: 'Prediction and target got the same gradient; that of the target has the opposite sign.',
    backward: (inputs, attributes, gradients) => {
      const { prediction } = rightSquaredError.backward(inputs, attributes, gradients)
      return { prediction, target: prediction }
    },
  },
  {
    name: 'squaredError gradient of the mean not divided',
    operator: 'squaredError',
    explanation:
      "The gradient for reduction = 'mean' is that of the sum: the division by the number of elements is missing.",
    backward: (inputs, attributes, gradients) =>
      rightSquaredError.backward(
        inputs,
        isMean(attributes) ? { ...attributes, reduction: 'sum' } : attributes,
        gradients,
      ),
  },
  {
    name: 'squaredError gradient without the incoming gradient',
    operator: 'squaredError',
    explanation: 'The gradient that comes in was taken to be 1 instead of being multiplied in.',
    backward: (inputs, attributes, { loss }) =>
      rightSquaredError.backward(inputs, attributes, { loss: map(loss, () => 1) }),
  },
  {
    name: 'squaredError over as many entries as both have',
    operator: 'squaredError',
    explanation:
      'Prediction and target of different sizes were compared up to the end of the shorter one instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { prediction, target } = inputs
      if (prediction === undefined || target === undefined) return undefined
      const size = Math.min(prediction.size, target.size)
      const start = (x: Tensor) => tensor([size], rowMajor(x).slice(0, size))
      return squaredError.forward({ ...inputs, prediction: start(prediction), target: start(target) }, attributes)
    },
  },
]

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

const softmaxOf = (row: readonly number[]) => row.map((z) => Math.exp(z - logSumExp(row)))

/** A row or the whole of the gradient changed by f, which gets the right gradient and whether the class is the target. */
function changedGradient(
  f: (value: number, isTarget: boolean, incoming: number, smoothing: number, C: number) => number,
): Required<Mistake>['backward'] {
  return (inputs, attributes, gradients) => {
    const { logits } = rightCrossEntropy.backward(inputs, attributes, gradients)
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

const crossEntropyMistakes: readonly Mistake[] = [
  {
    name: 'crossEntropy without subtracting the maximum',
    operator: 'crossEntropy',
    explanation: 'log Σe^z was computed without first subtracting the largest logit, so that it overflows.',
    forward: crossEntropyOf((row) => row.map((z) => z - Math.log(sum(row.map(Math.exp))))),
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
      return p.map((z) => z - logSumExp(p))
    }),
  },
  {
    name: 'crossEntropy with the softmax over the batch',
    operator: 'crossEntropy',
    explanation: 'The softmax ran along axis 0, over the rows, instead of over the classes.',
    forward: crossEntropyOf((column) => column.map((z) => z - logSumExp(column)), 0),
  },
  {
    name: 'crossEntropy with its sign turned',
    operator: 'crossEntropy',
    explanation: 'The minus sign is missing: log p was averaged instead of −log p.',
    forward: (inputs, attributes) => scaled(rightCrossEntropy.forward(inputs, attributes), -1),
  },
  {
    name: 'crossEntropy averaged over classes too',
    operator: 'crossEntropy',
    explanation: 'The mean divided by N·C, the number of logits, instead of by the number of rows N.',
    forward: (inputs, attributes) => {
      const right = rightCrossEntropy.forward(inputs, attributes)
      return isMean(attributes) ? scaled(right, 1 / inputs.logits.shape[1]) : right
    },
  },
  {
    name: 'crossEntropy summed instead of averaged',
    operator: 'crossEntropy',
    explanation: "reduction = 'mean' returned the sum over the batch: the division by N is missing.",
    forward: (inputs, attributes) =>
      rightCrossEntropy.forward(inputs, isMean(attributes) ? { ...attributes, reduction: 'sum' } : attributes),
  },
  {
    name: 'crossEntropy without label smoothing',
    operator: 'crossEntropy',
    explanation: 'labelSmoothing was ignored.',
    forward: (inputs, attributes) => rightCrossEntropy.forward(inputs, { ...attributes, labelSmoothing: 0 }),
  },
  {
    name: 'crossEntropy smoothed over the other classes only',
    operator: 'crossEntropy',
    explanation: 'The smoothing was spread over the C − 1 wrong classes instead of over all C.',
    forward: (inputs, attributes) => {
      const C = inputs.logits.shape[1]
      const labelSmoothing = Math.min(1, (numberOf(attributes, 'labelSmoothing') * C) / Math.max(1, C - 1))
      return rightCrossEntropy.forward(inputs, { ...attributes, labelSmoothing })
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
      rightCrossEntropy.backward(inputs, { ...attributes, labelSmoothing: 0 }, gradients),
  },
  {
    name: 'crossEntropy gradient of the mean not divided',
    operator: 'crossEntropy',
    explanation: "softmax minus target was returned for reduction = 'mean' without dividing by the number of rows.",
    backward: (inputs, attributes, gradients) =>
      rightCrossEntropy.backward(
        inputs,
        isMean(attributes) ? { ...attributes, reduction: 'sum' } : attributes,
        gradients,
      ),
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

const weightPenaltyMistakes: readonly Mistake[] = [
  {
    name: 'weightPenalty as the norm itself',
    operator: 'weightPenalty',
    explanation: 'λ·√Σw² was computed for norm 2 instead of λ·Σw².',
    forward: ({ weight }, attributes) =>
      attributes.norm === 2
        ? { loss: scalar(numberOf(attributes, 'lambda') * Math.sqrt(sum(rowMajor(weight).map((w) => w * w)))) }
        : rightWeightPenalty.forward({ weight }, attributes),
  },
  {
    name: 'weightPenalty halved',
    operator: 'weightPenalty',
    explanation: '½λ·Σw² was computed for norm 2 instead of λ·Σw².',
    forward: (inputs, attributes) =>
      scaled(rightWeightPenalty.forward(inputs, attributes), attributes.norm === 2 ? 0.5 : 1),
  },
  {
    name: 'weightPenalty averaged',
    operator: 'weightPenalty',
    explanation: 'The mean over the weights was taken instead of their sum.',
    forward: (inputs, attributes) => scaled(rightWeightPenalty.forward(inputs, attributes), 1 / inputs.weight.size),
  },
  {
    name: 'weightPenalty without absolute values',
    operator: 'weightPenalty',
    explanation: 'λ·Σw was computed for norm 1 instead of λ·Σ|w|, so that weights of opposite sign cancel.',
    forward: ({ weight }, attributes) =>
      attributes.norm === 1
        ? { loss: scalar(numberOf(attributes, 'lambda') * sum(rowMajor(weight))) }
        : rightWeightPenalty.forward({ weight }, attributes),
  },
  {
    name: 'weightPenalty with norm 2 always',
    operator: 'weightPenalty',
    explanation: 'The squares were added whatever the attribute norm says.',
    forward: (inputs, attributes) => rightWeightPenalty.forward(inputs, { ...attributes, norm: 2 }),
  },
  {
    name: 'weightPenalty gradient without the factor 2',
    operator: 'weightPenalty',
    explanation: 'The gradient of λ·w² was taken as λ·w instead of 2λ·w.',
    backward: (inputs, attributes, gradients) =>
      scaled(rightWeightPenalty.backward(inputs, attributes, gradients), attributes.norm === 2 ? 0.5 : 1),
  },
  {
    name: 'weightPenalty gradient without the sign',
    operator: 'weightPenalty',
    explanation: 'The gradient of λ·|w| was taken as λ for negative weights too, where it is −λ.',
    backward: (inputs, attributes, gradients) => {
      const right = rightWeightPenalty.backward(inputs, attributes, gradients)
      const g = item(gradients.loss) * numberOf(attributes, 'lambda')
      return attributes.norm === 1 ? { weight: map(inputs.weight, () => g) } : right
    },
  },
  {
    name: 'weightPenalty gradient of one at zero',
    operator: 'weightPenalty',
    explanation: 'The derivative of |w| at exactly 0 was taken to be 1 (w ≥ 0); by convention it is 0.',
    backward: (inputs, attributes, gradients) => {
      const right = rightWeightPenalty.backward(inputs, attributes, gradients)
      const g = item(gradients.loss) * numberOf(attributes, 'lambda')
      return attributes.norm === 1 ? { weight: map(inputs.weight, (w) => (w >= 0 ? g : -g)) } : right
    },
  },
  {
    name: 'weightPenalty gradient without the incoming gradient',
    operator: 'weightPenalty',
    explanation: 'The gradient that comes in was taken to be 1 instead of being multiplied in.',
    backward: (inputs, attributes) => rightWeightPenalty.backward(inputs, attributes, { loss: scalar(1) }),
  },
  {
    name: 'weightPenalty that takes a negative lambda for 0',
    operator: 'weightPenalty',
    explanation: 'A negative λ was set to 0 instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.lambda === 'number' && attributes.lambda < 0
        ? weightPenalty.forward(inputs, { ...attributes, lambda: 0 })
        : undefined,
  },
]

export const mistakes: readonly Mistake[] = [...squaredErrorMistakes, ...crossEntropyMistakes, ...weightPenaltyMistakes]
