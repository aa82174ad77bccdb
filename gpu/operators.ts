import * as activations from './activations.js'
import * as adam from './adam.js'
import * as adversarial from './adversarial.js'
import * as attention from './attention.js'
import * as averagePooling from './averagePooling.js'
import * as batchNormalization from './batchNormalization.js'
import * as binaryCrossEntropy from './binaryCrossEntropy.js'
import * as contrastiveLoss from './contrastiveLoss.js'
import * as convolution from './convolution.js'
import * as convolution1d from './convolution1d.js'
import * as cosineSimilarity from './cosineSimilarity.js'
import * as dropout from './dropout.js'
import * as embeddings from './embeddings.js'
import * as feedForward from './feedForward.js'
import * as gelu from './gelu.js'
import * as gru from './gru.js'
import * as gruResetBefore from './gruResetBefore.js'
import * as images from './images.js'
import * as layerNormalization from './layerNormalization.js'
import * as leakyRelu from './leakyRelu.js'
import * as linear from './linear.js'
import * as linearAutoencoder from './linearAutoencoder.js'
import * as localResponseNorm from './localResponseNorm.js'
import * as losses from './losses.js'
import * as lstm from './lstm.js'
import * as luongAttention from './luongAttention.js'
import * as maskTokens from './maskTokens.js'
import * as momentumUpdate from './momentumUpdate.js'
import * as multiHeadAttention from './multiHeadAttention.js'
import * as negativeSampling from './negativeSampling.js'
import type { GpuOperator } from './operator.js'
import * as optimizers from './optimizers.js'
import * as patchEmbedding from './patchEmbedding.js'
import * as pooling from './pooling.js'
import * as positionalEncoding from './positionalEncoding.js'
import * as quadraticAttention from './quadraticAttention.js'
import * as recurrent from './recurrent.js'
import * as recursiveAutoencoder from './recursiveAutoencoder.js'
import * as resampling from './resampling.js'
import * as separableConvolution from './separableConvolution.js'
import * as similarityLosses from './similarityLosses.js'
import * as transformer from './transformer.js'

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
  conv1d: convolution1d.conv1d,
  depthwiseSeparableConv2d: separableConvolution.depthwiseSeparableConv2d,
  maxPool2d: pooling.maxPool2d,
  avgPool2d: averagePooling.avgPool2d,
  adaptiveAvgPool2d: averagePooling.adaptiveAvgPool2d,
  meanOverTime: pooling.meanOverTime,
  oneHot: embeddings.oneHot,
  embedding: embeddings.embedding,
  positionalEncoding: positionalEncoding.positionalEncoding,
  patchEmbedding: patchEmbedding.patchEmbedding,
  rnn: recurrent.rnn,
  lstm: lstm.lstm,
  gru: gru.gru,
  gruResetBefore: gruResetBefore.gruResetBefore,
  scaledDotProductAttention: attention.scaledDotProductAttention,
  multiHeadAttention: multiHeadAttention.multiHeadAttention,
  quadraticAttention: quadraticAttention.quadraticAttention,
  luongAttention: luongAttention.luongAttention,
  feedForward: feedForward.feedForward,
  encoderLayer: transformer.encoderLayer,
  decoderLayer: transformer.decoderLayer,
  layerNorm: layerNormalization.layerNorm,
  batchNorm: batchNormalization.batchNorm,
  leakyRelu: leakyRelu.leakyRelu,
  gelu: gelu.gelu,
  dropout: dropout.dropout,
  momentumUpdate: momentumUpdate.momentumUpdate,
  adam: adam.adam,
  maskTokens: maskTokens.maskTokens,
  binaryCrossEntropy: binaryCrossEntropy.binaryCrossEntropy,
  discriminatorLoss: adversarial.discriminatorLoss,
  generatorLoss: adversarial.generatorLoss,
  cosineSimilarity: cosineSimilarity.cosineSimilarity,
  negativeSampling: negativeSampling.negativeSampling,
  contrastiveLoss: contrastiveLoss.contrastiveLoss,
  infoNce: similarityLosses.infoNce,
  ntXent: similarityLosses.ntXent,
  linearAutoencoder: linearAutoencoder.linearAutoencoder,
  recursiveAutoencoder: recursiveAutoencoder.recursiveAutoencoder,
  sgd: optimizers.sgd,
  localResponseNorm: localResponseNorm.localResponseNorm,
  horizontalFlip: images.horizontalFlip,
  crop: images.crop,
  adjustColor: images.adjustColor,
  gaussianBlur: resampling.gaussianBlur,
  resize: resampling.resize,
}

/** Their names: all of the contract's. */
export const operatorNames: readonly string[] = Object.keys(operators)

/** Those of them that the host computes: there is nothing in them for a device to do. */
export const hostOperatorNames: readonly string[] = operatorNames.filter((name) => operators[name].host === true)
