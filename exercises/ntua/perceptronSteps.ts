import { reshape, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward, type Numeric, negated, product, scalarOf, vector } from '../computation.js'
import type { Operators } from '../exercise.js'
import type { Activation } from './perceptron.js'

/** δ₅ = error·g′, the derivative taken from y₅. */
export async function outputDelta(
  activation: Activation,
  error: Numeric,
  y: Numeric,
  operators: Operators,
): Promise<Tensor> {
  return product(operators, error, await activation.slope(operators, y))
}

/** δⱼ = g′(aⱼ)·w_j5·δ₅: δ₅ back through the output neuron's connection, then through the activation. */
export async function hiddenDelta(
  activation: Activation,
  [y, weight, delta]: readonly [Numeric, Numeric, Numeric],
  operators: Operators,
): Promise<Tensor> {
  const back = await backward(
    operators,
    'linear',
    'x',
    { x: vector([y]), weight: reshape(scalarOf(weight), [1, 1]) },
    { y: vector([delta]) },
  )
  return product(operators, await activation.slope(operators, y), back)
}

/** η·δ·x: δ·x by the backward pass of the connection, then a step of gradient descent from zero against `sign`·δ·x. */
export async function step(
  [eta, delta, x]: readonly [number, Numeric, Numeric],
  operators: Operators,
  sign: 1 | -1 = 1,
): Promise<Tensor> {
  const gradient = await backward(
    operators,
    'linear',
    'weight',
    { x: vector([x]), weight: tensor([1, 1], [0]) },
    { y: vector([delta]) },
  )
  return descend(0, sign === 1 ? negated(gradient) : gradient, eta, operators)
}

/** parameter − rate·gradient, by `sgd`. */
export function descend(parameter: Numeric, gradient: Numeric, rate: number, operators: Operators): Promise<Tensor> {
  return forward(
    operators,
    'sgd',
    'parameter',
    { parameter: scalarOf(parameter), gradient: scalarOf(gradient) },
    { learningRate: rate },
  )
}
