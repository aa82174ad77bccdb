import { gelu, leakyRelu, logSoftmax, relu, sigmoid, softmax, tanh } from './activations.js'
import { discriminatorLoss, generatorLoss } from './adversarial.js'
import { scaledDotProductAttention } from './attention.js'
import { adjustColor, crop, gaussianBlur, horizontalFlip, resize } from './augmentation.js'
import { linearAutoencoder, recursiveAutoencoder } from './autoencoders.js'
import type { Declaration, Implementation } from './contract.js'
import { contrastiveLoss, infoNce, momentumUpdate, ntXent } from './contrastive.js'
import { conv1d, conv2d, convOutputSize, depthwiseSeparableConv2d } from './convolution.js'
import {
  cosineSimilarity,
  embedding,
  negativeSampling,
  oneHot,
  patchEmbedding,
  positionalEncoding,
} from './embeddings.js'
import { gru, gruResetBefore } from './gru.js'
import { linear, matmul } from './linear.js'
import { binaryCrossEntropy, crossEntropy, squaredError, weightPenalty } from './losses.js'
import { luongAttention } from './luongAttention.js'
import { multiHeadAttention } from './multiHeadAttention.js'
import { batchNorm, layerNorm } from './normalization.js'
import type { OracleOperator } from './operator.js'
import { adam, sgd } from './optimizers.js'
import { adaptiveAvgPool2d, avgPool2d, maxPool2d, meanOverTime } from './pooling.js'
import { maskTokens } from './pretraining.js'
import { quadraticAttention } from './quadraticAttention.js'
import { lstm, rnn } from './recurrent.js'
import { dropout, localResponseNorm } from './regularization.js'
import { decoderLayer, encoderLayer, feedForward } from './transformer.js'

/** Every operator of the reference, in the order of the contract's page. */
const operators: readonly OracleOperator[] = [
  matmul,
  linear,
  sigmoid,
  tanh,
  relu,
  leakyRelu,
  gelu,
  softmax,
  logSoftmax,
  squaredError,
  crossEntropy,
  binaryCrossEntropy,
  weightPenalty,
  conv1d,
  conv2d,
  depthwiseSeparableConv2d,
  convOutputSize,
  maxPool2d,
  avgPool2d,
  adaptiveAvgPool2d,
  meanOverTime,
  layerNorm,
  batchNorm,
  localResponseNorm,
  dropout,
  oneHot,
  embedding,
  positionalEncoding,
  patchEmbedding,
  cosineSimilarity,
  negativeSampling,
  rnn,
  lstm,
  gru,
  gruResetBefore,
  scaledDotProductAttention,
  multiHeadAttention,
  luongAttention,
  quadraticAttention,
  feedForward,
  encoderLayer,
  decoderLayer,
  linearAutoencoder,
  recursiveAutoencoder,
  contrastiveLoss,
  infoNce,
  ntXent,
  momentumUpdate,
  discriminatorLoss,
  generatorLoss,
  horizontalFlip,
  gaussianBlur,
  adjustColor,
  crop,
  resize,
  sgd,
  adam,
  maskTokens,
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
