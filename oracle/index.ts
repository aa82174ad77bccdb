import { logSoftmax, relu, sigmoid, softmax, tanh } from './activations.js'
import type { Declaration, Implementation } from './contract.js'
import { conv2d, convOutputSize } from './convolution.js'
import { embedding, oneHot } from './embeddings.js'
import { linear, matmul } from './linear.js'
import { crossEntropy, squaredError, weightPenalty } from './losses.js'
import type { OracleOperator } from './operator.js'
import { sgd } from './optimizers.js'
import { maxPool2d, meanOverTime } from './pooling.js'
import { rnn } from './recurrent.js'

/** Every operator of the reference, in the order of the contract's page. */
const operators: readonly OracleOperator[] = [
  matmul,
  linear,
  sigmoid,
  tanh,
  relu,
  softmax,
  logSoftmax,
  squaredError,
  crossEntropy,
  weightPenalty,
  conv2d,
  convOutputSize,
  maxPool2d,
  meanOverTime,
  oneHot,
  embedding,
  rnn,
  sgd,
]

/** The reference: float64 on ndarray. */
export interface Oracle extends Implementation {
  readonly operators: Readonly<Record<string, OracleOperator>>
}

export const oracle: Oracle = {
  name: 'oracle',
  precision: 'float64',
  operators: Object.fromEntries(operators.map((operator) => [operator.declaration.name, operator])),
}

/** The operator contract as data: the declaration of every operator, by name. */
export const contract: Readonly<Record<string, Declaration>> = Object.fromEntries(
  operators.map(({ declaration }) => [declaration.name, declaration]),
)
