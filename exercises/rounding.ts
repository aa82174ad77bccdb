import { type Attributes, Failure } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { map, rowMajor, type Tensors, tensor, zip } from '../oracle/tensor.js'

/** How accurately a platform computes; a profile of the laws is one. Absolute errors are in the units of the result. */
export interface Accuracy {
  /** Half a unit in the last place, relative: 2⁻²⁴ for float32. */
  readonly unitRoundoff: number
  /** Absolute error of an operation whose result is too small for a normal number. */
  readonly underflow: number
  /** Relative error of a division, in unit roundoffs. */
  readonly division: number
  exp(x: number, result: number): number
  log(x: number, result: number): number
  tanh(x: number, result: number): number
}

/** One call of an operator, with what it answered. */
export interface Call {
  readonly operator: string
  readonly pass: 'forward' | 'backward'
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly gradients: Tensors
  readonly answer: Tensors
}

/**
 * What rounding may add to each element of a call's answer, worst case, first order: the operator's inputs rounded to the
 * platform's precision, and every operation of its formula, sums in any order. Throws a Failure for an operator without a model.
 */
export function roundingErrors(call: Call, accuracy: Accuracy): Tensors {
  const model = models[call.operator]
  if (model === undefined) throw new Failure('unimplemented', `there is no rounding model of ${call.operator}`)
  const errors = model(call, accuracy)
  return Object.fromEntries(Object.keys(call.answer).map((name) => [name, errors[name]]))
}

type Model = (call: Call, accuracy: Accuracy) => Tensors

/**
 * An operator whose answer is a sum of products of inputs: with every term made positive, the answer is the sum of the
 * magnitudes, and each term has gone through at most `operations` roundings. `subtracted` inputs have a minus sign in
 * the formula, so they are made negative.
 */
function sumOfProducts(operationsOf: (call: Call) => number, subtracted: readonly string[] = []): Model {
  return (call, { unitRoundoff, underflow }) => {
    const positive = (tensors: Tensors) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, x]) => [name, map(x, subtracted.includes(name) ? negative : Math.abs)]),
      )
    const operator = oracle.operators[call.operator]
    const magnitudes =
      call.pass === 'forward'
        ? operator.forward(positive(call.inputs), call.attributes)
        : (operator.backward?.(positive(call.inputs), call.attributes, positive(call.gradients)) ?? {})
    const operations = operationsOf(call)
    const relative = (operations * unitRoundoff) / (1 - operations * unitRoundoff)
    return Object.fromEntries(
      Object.entries(magnitudes).map(([name, x]) => [
        name,
        map(x, (value) => relative * Math.abs(value) + operations * underflow),
      ]),
    )
  }
}

function negative(value: number): number {
  return -Math.abs(value)
}

/** An upper bound of the terms in a sum of a call: the elements of its largest tensor. */
function longestSum({ inputs, answer }: Call): number {
  return Math.max(...[...Object.values(inputs), ...Object.values(answer)].map(({ size }) => size))
}

/** Roundings of a product in a sum: two inputs, an attribute, the product and the sum's additions. */
const products = sumOfProducts((call) => longestSum(call) + 4)

/** No arithmetic: values are copied, and only rounded to the platform's precision. */
const copies: Model = ({ answer }, { unitRoundoff }) =>
  Object.fromEntries(
    Object.entries(answer).map(([name, x]) => [name, map(x, (value) => unitRoundoff * Math.abs(value))]),
  )

/** An elementwise function, with the error of its value at x and of its derivative, given x and y. */
function elementwise(
  valueError: (x: number, y: number, accuracy: Accuracy) => number,
  slopeError: (x: number, y: number, accuracy: Accuracy) => number,
): Model {
  return (call, accuracy): Tensors => {
    const { x } = call.inputs
    const { y } = call.pass === 'forward' ? call.answer : oracle.operators[call.operator].forward({ x })
    const errors = zip(x, y, (a, value) => (call.pass === 'forward' ? valueError : slopeError)(a, value, accuracy))
    if (call.pass === 'forward') return { y: errors }
    const slopes = zip(errors, call.gradients.y, (error, gradient) => error * Math.abs(gradient) + accuracy.underflow)
    return { x: slopes }
  }
}

/** σ(a) = 1/(1 + e^−a): the exponential's relative error counts σ·(1 − σ), the rest once. */
function sigmoidError(a: number, y: number, accuracy: Accuracy): number {
  const { unitRoundoff: u, division } = accuracy
  const exponential = accuracy.exp(-Math.abs(a), 1) + u * Math.abs(a)
  return y * (1 - y) * exponential + y * (division + 2) * u + accuracy.underflow
}

/** tanh: its own accuracy, and the rounding of its argument. */
function tanhError(a: number, y: number, accuracy: Accuracy): number {
  return accuracy.tanh(a, y) + accuracy.unitRoundoff * (Math.abs(a) * (1 - y * y) + 2 * Math.abs(y))
}

const sigmoid = elementwise(sigmoidError, (a, y, accuracy) => {
  const error = sigmoidError(a, y, accuracy)
  return y * (error + accuracy.unitRoundoff) + (1 - y) * error + 4 * accuracy.unitRoundoff * y * (1 - y)
})

const tanh = elementwise(
  tanhError,
  (a, y, accuracy) => 2 * Math.abs(y) * tanhError(a, y, accuracy) + 5 * accuracy.unitRoundoff,
)

/**
 * softmax over the last axis: pᵢ·(Eᵢ + Σ pⱼEⱼ + roundings of the sum and the division), E the exponentials' relative errors;
 * or as e^(x − log Σe^x), where the logarithm's error takes the place of the division's.
 */
const softmax: Model = ({ inputs, answer }, accuracy) => {
  const { unitRoundoff: u, division } = accuracy
  const [x, p] = [rowMajor(inputs.x), rowMajor(answer.y)]
  const width = answer.y.shape[answer.y.shape.length - 1]
  const errors = p.map((probability, i) => {
    const start = i - (i % width)
    const [row, weights] = [x.subarray(start, start + width), p.subarray(start, start + width)]
    const largest = Math.max(...row)
    const relative = row.map((logit) => {
      const below = largest - logit
      return accuracy.exp(-below, 1) + u * (2 * below + Math.abs(logit) + Math.abs(largest))
    })
    const ofSum = relative.reduce((sum, error, j) => sum + error * weights[j], 0)
    const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0)
    const ofLogarithm = accuracy.log(sum, Math.log(sum)) + 2 * u * Math.log(sum)
    const roundings = (width + division + 2) * u + ofLogarithm
    return probability * (relative[i % width] + ofSum + roundings) + accuracy.underflow
  })
  return { y: tensor(answer.y.shape, errors) }
}

/** hₜ = f(W·xₜ + b + U·hₜ₋₁ + c), f ReLU or identity: a sum of products whose roundings add up over the steps. */
const rnn: Model = (call, accuracy) => {
  const [T] = call.inputs.x.shape
  const [H, I] = call.inputs.weightInput.shape
  const linear = { ...call, attributes: { activation: 'identity' } }
  return sumOfProducts(() => T * (H + I + 6))(linear, accuracy)
}

const models: Readonly<Record<string, Model>> = {
  matmul: products,
  linear: products,
  sigmoid,
  tanh,
  relu: copies,
  softmax,
  squaredError: sumOfProducts((call) => longestSum(call) + 6, ['target']),
  weightPenalty: products,
  sgd: sumOfProducts(() => 6, ['gradient']),
  embedding: (call, accuracy) => (call.pass === 'forward' ? copies : products)(call, accuracy),
  oneHot: copies,
  maxPool2d: copies,
  convOutputSize: copies,
  meanOverTime: sumOfProducts((call) => call.inputs.x.shape[0] + 3),
  rnn,
}
