import { adam } from './adam.js'
import { adjustColor } from './adjustColor.js'
import { discriminatorLoss, generatorLoss } from './adversarial.js'
import { scaledDotProductAttention } from './attentionLaws.js'
import { crop, horizontalFlip } from './augmentation.js'
import { linearAutoencoder } from './autoencoderLaws.js'
import { adaptiveAvgPool2d, avgPool2d } from './averagePoolingLaws.js'
import { batchNorm } from './batchNormalization.js'
import { binaryCrossEntropy } from './binaryCrossEntropy.js'
import type { OperatorProperties } from './calls.js'
import { contrastiveLoss, momentumUpdate } from './contrastiveLaws.js'
import { convOutputSize } from './convOutputSize.js'
import { conv1d } from './convolution1d.js'
import { conv2d } from './convolution2d.js'
import { cosineSimilarity } from './cosineSimilarity.js'
import { crossEntropy } from './crossEntropy.js'
import { embedding, oneHot } from './embeddings.js'
import { feedForward } from './feedForward.js'
import { gelu } from './gelu.js'
import { generalLaws } from './general.js'
import { gru, gruResetBefore } from './gru.js'
import type { Law } from './law.js'
import { layerNorm } from './layerNormalization.js'
import { leakyRelu } from './leakyRelu.js'
import { linear, matmul } from './linear.js'
import { logSoftmax } from './logSoftmax.js'
import { lstm } from './lstm.js'
import { luongAttention } from './luongAttentionLaws.js'
import { maxPool2d } from './maxPooling.js'
import { meanOverTime } from './meanOverTime.js'
import type { Model } from './model.js'
import { multiHeadAttention } from './multiHeadAttentionLaws.js'
import { negativeSampling } from './negativeSampling.js'
import { sgd } from './optimizers.js'
import { patchEmbedding } from './patchEmbedding.js'
import { positionalEncoding } from './positionalEncoding.js'
import { maskTokens } from './pretraining.js'
import { quadraticAttention } from './quadraticAttentionLaws.js'
import { rnn } from './recurrent.js'
import { recursiveAutoencoder } from './recursiveAutoencoderLaws.js'
import { refusalLaws } from './refusals.js'
import { dropout, localResponseNorm } from './regularizationLaws.js'
import { relu } from './relu.js'
import { gaussianBlur, resize } from './resamplingLaws.js'
import { secondOrderLaws } from './secondOrder.js'
import { depthwiseSeparableConv2d } from './separableConvolution.js'
import { sigmoid } from './sigmoid.js'
import { infoNce, ntXent } from './similarityLaws.js'
import { softmax } from './softmax.js'
import { squaredError } from './squaredError.js'
import { tanh } from './tanh.js'
import { decoderLayer, encoderLayer } from './transformerLaws.js'
import { weightPenalty } from './weightPenalty.js'

/** What this room knows of every operator, in the order of the contract's page. */
const properties: readonly OperatorProperties[] = [
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
  discriminatorLoss,
  generatorLoss,
  horizontalFlip,
  gaussianBlur,
  adjustColor,
  crop,
  resize,
  contrastiveLoss,
  infoNce,
  ntXent,
  momentumUpdate,
  sgd,
  adam,
  maskTokens,
]

/** How the arithmetic of every operator behaves, by the operator's name. */
export const models: Readonly<Record<string, Model>> = Object.fromEntries(
  properties.map(({ operator, model }) => [operator, model]),
)

/** Valid calls of every operator, by the operator's name and the kind of their numbers. */
export const callsOf: Readonly<Record<string, OperatorProperties['calls']>> = Object.fromEntries(
  properties.map(({ operator, calls }) => [operator, calls]),
)

/** Every law of every operator. */
export const laws: readonly Law[] = properties.flatMap((each) => [
  ...generalLaws(each),
  ...secondOrderLaws(each),
  ...each.laws,
  ...refusalLaws(each),
])
