import { logSoftmax, relu, sigmoid, softmax, tanh } from './activations.js'
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
import { conv2d, convOutputSize } from './convolution.js'
import { conv1d } from './convolution1d.js'
import { cosineSimilarity } from './cosineSimilarity.js'
import { embedding, oneHot } from './embeddings.js'
import { feedForward } from './feedForward.js'
import { gelu } from './gelu.js'
import { generalLaws } from './general.js'
import { gru } from './gru.js'
import type { Law } from './law.js'
import { leakyRelu } from './leakyRelu.js'
import { linear, matmul } from './linear.js'
import { crossEntropy, squaredError, weightPenalty } from './losses.js'
import { lstm } from './lstm.js'
import { luongAttention } from './luongAttentionLaws.js'
import type { Model } from './model.js'
import { multiHeadAttention } from './multiHeadAttentionLaws.js'
import { negativeSampling } from './negativeSampling.js'
import { layerNorm } from './normalizationLaws.js'
import { sgd } from './optimizers.js'
import { patchEmbedding } from './patchEmbedding.js'
import { maxPool2d, meanOverTime } from './pooling.js'
import { positionalEncoding } from './positionalEncoding.js'
import { maskTokens } from './pretraining.js'
import { quadraticAttention } from './quadraticAttentionLaws.js'
import { rnn } from './recurrent.js'
import { recursiveAutoencoder } from './recursiveAutoencoderLaws.js'
import { refusalLaws } from './refusals.js'
import { dropout, localResponseNorm } from './regularizationLaws.js'
import { gaussianBlur, resize } from './resamplingLaws.js'
import { secondOrderLaws } from './secondOrder.js'
import { depthwiseSeparableConv2d } from './separableConvolution.js'
import { infoNce, ntXent } from './similarityLaws.js'
import { decoderLayer, encoderLayer } from './transformerLaws.js'

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

/** Every law of every operator. */
export const laws: readonly Law[] = properties.flatMap((each) => [
  ...generalLaws(each),
  ...secondOrderLaws(each),
  ...each.laws,
  ...refusalLaws(each),
])
