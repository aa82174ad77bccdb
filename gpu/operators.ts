import * as activations from './activations.js'
import * as convolution from './convolution.js'
import * as embeddings from './embeddings.js'
import * as linear from './linear.js'
import * as losses from './losses.js'
import type { GpuOperator } from './operator.js'
import * as optimizers from './optimizers.js'
import * as pooling from './pooling.js'
import * as recurrent from './recurrent.js'

/** Every operator of the GPU path, by name. */
export const operators: Readonly<Record<string, GpuOperator>> = {
  matmul: linear.matmul,
  linear: linear.linear,
  sigmoid: activations.sigmoid,
  tanh: activations.tanh,
  relu: activations.relu,
  softmax: activations.softmax,
  logSoftmax: activations.logSoftmax,
  squaredError: losses.squaredError,
  crossEntropy: losses.crossEntropy,
  weightPenalty: losses.weightPenalty,
  conv2d: convolution.conv2d,
  convOutputSize: convolution.convOutputSize,
  maxPool2d: pooling.maxPool2d,
  meanOverTime: pooling.meanOverTime,
  oneHot: embeddings.oneHot,
  embedding: embeddings.embedding,
  rnn: recurrent.rnn,
  sgd: optimizers.sgd,
}

/** The operators that have kernels; the others of the contract run on the oracle only. */
export const operatorNames: readonly string[] = Object.keys(operators)
