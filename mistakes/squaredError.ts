import { squaredError } from '../oracle/losses.js'
import { map, rowMajor, scalar, type Tensor, tensor, zip } from '../oracle/tensor.js'
import { isMean, reduced, summed } from './losses.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { scaled, sum } from './rearrange.js'

const right = passes(squaredError)

export const mistakes: readonly Mistake[] = [
  {
    name: 'squaredError halved whatever factor says',
    operator: 'squaredError',
    explanation: '½(p − t)² was computed instead of factor·(p − t)².',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, factor: 0.5 }),
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
      if (attributes.reduction === 'none') return right.forward({ prediction, target }, attributes)
      const total = sum(rowMajor(zip(prediction, target, (p, t) => p - t)))
      const count = isMean(attributes) ? prediction.size : 1
      return { loss: scalar((numberOf(attributes, 'factor') * total ** 2) / count) }
    },
  },
  {
    name: 'squaredError summed instead of averaged',
    operator: 'squaredError',
    explanation: "reduction = 'mean' returned the sum: the division by the number of elements is missing.",
    forward: (inputs, attributes) => right.forward(inputs, summed(attributes)),
  },
  {
    name: 'squaredError averaged over the batch only',
    operator: 'squaredError',
    explanation: 'The mean divided by the length of the first dimension instead of by the number of all elements.',
    forward: (inputs, attributes) => {
      const whole = right.forward(inputs, attributes)
      const [rows = 1] = inputs.prediction.shape
      return isMean(attributes) ? scaled(whole, inputs.prediction.size / rows) : whole
    },
  },
  {
    name: 'squaredError gradient without the factor 2',
    operator: 'squaredError',
    explanation: 'The gradient was taken as factor·(p − t), as if the loss were halved, instead of 2·factor·(p − t).',
    backward: (inputs, attributes, gradients) => scaled(right.backward(inputs, attributes, gradients), 0.5),
  },
  {
    name: 'squaredError gradient with its sign turned',
    operator: 'squaredError',
    explanation: 'The gradient with respect to the prediction was taken as 2(t − p) instead of 2(p − t).',
    backward: (inputs, attributes, gradients) => {
      const { prediction, target } = right.backward(inputs, attributes, gradients)
      return { prediction: target, target: prediction }
    },
  },
  {
    name: 'squaredError gradient of the target equal to that of the prediction',
    operator: 'squaredError',
    explanation: 'Prediction and target got the same gradient; that of the target has the opposite sign.',
    backward: (inputs, attributes, gradients) => {
      const { prediction } = right.backward(inputs, attributes, gradients)
      return { prediction, target: prediction }
    },
  },
  {
    name: 'squaredError gradient of the mean not divided',
    operator: 'squaredError',
    explanation:
      "The gradient for reduction = 'mean' is that of the sum: the division by the number of elements is missing.",
    backward: (inputs, attributes, gradients) => right.backward(inputs, summed(attributes), gradients),
  },
  {
    name: 'squaredError gradient without the incoming gradient',
    operator: 'squaredError',
    explanation: 'The gradient that comes in was taken to be 1 instead of being multiplied in.',
    backward: (inputs, attributes, { loss }) => right.backward(inputs, attributes, { loss: map(loss, () => 1) }),
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
