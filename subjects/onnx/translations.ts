import { gelu, leakyRelu, logSoftmax, relu, sigmoid, softmax, tanh } from './operators/activations.js'
import {
  decoderLayer,
  encoderLayer,
  feedForward,
  multiHeadAttention,
  scaledDotProductAttention,
} from './operators/attention.js'
import {
  adaptiveAvgPool2d,
  avgPool2d,
  conv1d,
  conv2d,
  depthwiseSeparableConv2d,
  maxPool2d,
  meanOverTime,
  patchEmbedding,
} from './operators/convolution.js'
import { embedding, oneHot } from './operators/embeddings.js'
import { adjustColor, crop, horizontalFlip, resize } from './operators/images.js'
import { linear, matmul } from './operators/linear.js'
import { crossEntropy, squaredError, weightPenalty } from './operators/losses.js'
import { batchNorm, layerNorm, localResponseNorm } from './operators/normalization.js'
import { gru, gruResetBefore, lstm, rnn } from './operators/recurrent.js'
import type { Translation } from './translation.js'

/** The operators of the contract that ONNX has, or has the few parts of. */
export const translations: Readonly<Record<string, Translation>> = {
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
  weightPenalty,
  conv1d,
  conv2d,
  depthwiseSeparableConv2d,
  maxPool2d,
  avgPool2d,
  adaptiveAvgPool2d,
  meanOverTime,
  layerNorm,
  batchNorm,
  localResponseNorm,
  oneHot,
  embedding,
  patchEmbedding,
  rnn,
  lstm,
  gru,
  gruResetBefore,
  scaledDotProductAttention,
  multiHeadAttention,
  feedForward,
  encoderLayer,
  decoderLayer,
  horizontalFlip,
  adjustColor,
  crop,
  resize,
}
