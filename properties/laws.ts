import { logSoftmax, relu, sigmoid, softmax, tanh } from './activations.js'
import type { OperatorProperties } from './calls.js'
import { conv2d, convOutputSize } from './convolution.js'
import { embedding, oneHot } from './embeddings.js'
import { generalLaws } from './general.js'
import type { Law } from './law.js'
import { linear, matmul } from './linear.js'
import { crossEntropy, squaredError, weightPenalty } from './losses.js'
import type { Model } from './model.js'
import { sgd } from './optimizers.js'
import { maxPool2d, meanOverTime } from './pooling.js'
import { rnn } from './recurrent.js'
import { refusalLaws } from './refusals.js'

/** What this room knows of every operator, in the order of the contract's page. */
const properties: readonly OperatorProperties[] = [
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

/** How the arithmetic of every operator behaves, by the operator's name. */
export const models: Readonly<Record<string, Model>> = Object.fromEntries(
  properties.map(({ operator, model }) => [operator, model]),
)

/** Every law of every operator. */
export const laws: readonly Law[] = properties.flatMap((each) => [
  ...generalLaws(each),
  ...each.laws,
  ...refusalLaws(each),
])
