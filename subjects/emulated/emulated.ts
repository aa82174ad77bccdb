import type { Implementation, Operator } from '../../oracle/contract.js'
import { contract } from '../../oracle/index.js'
import { map, type Tensors, zeros } from '../../oracle/tensor.js'
import { validateCall, validateGradients } from '../../oracle/validation.js'
import { logSoftmax, relu, sigmoid, softmax, tanh } from './activations.js'
import { adam } from './adam.js'
import { discriminatorLoss, generatorLoss } from './adversarial.js'
import { type ArithmeticOptions, EmulatedArithmetic } from './arithmetic.js'
import { multiHeadAttention, scaledDotProductAttention } from './attention.js'
import { adjustColor, crop, gaussianBlur, horizontalFlip, resize } from './augmentation.js'
import { linearAutoencoder, recursiveAutoencoder } from './autoencoders.js'
import { binaryCrossEntropy } from './binaryCrossEntropy.js'
import { contrastiveLoss, infoNce, momentumUpdate, ntXent } from './contrastive.js'
import { conv1d, conv2d, convOutputSize, depthwiseSeparableConv2d } from './convolution.js'
import { cosineSimilarity } from './cosineSimilarity.js'
import { embedding, oneHot } from './embeddings.js'
import { lstm } from './gated.js'
import { gelu } from './gelu.js'
import { gru, gruResetBefore } from './gru.js'
import { leakyRelu } from './leakyRelu.js'
import { linear, matmul } from './linear.js'
import { crossEntropy, squaredError, weightPenalty } from './losses.js'
import { luongAttention } from './luongAttention.js'
import { negativeSampling } from './negativeSampling.js'
import { batchNorm, layerNorm } from './normalization.js'
import { sgd } from './optimizers.js'
import { patchEmbedding } from './patchEmbedding.js'
import { adaptiveAvgPool2d, avgPool2d, maxPool2d, meanOverTime } from './pooling.js'
import { positionalEncoding } from './positionalEncoding.js'
import { maskTokens } from './pretraining.js'
import { quadraticAttention } from './quadraticAttention.js'
import { rnn } from './recurrent.js'
import { dropout, localResponseNorm } from './regularization.js'
import { decoderLayer, encoderLayer, feedForward } from './transformer.js'

/** Every operator over some arithmetic: plain formulas, written apart from the oracle's. */
const makers: Readonly<Record<string, (arithmetic: EmulatedArithmetic) => Operator>> = {
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
  sgd,
  leakyRelu,
  gelu,
  binaryCrossEntropy,
  positionalEncoding,
  patchEmbedding,
  cosineSimilarity,
  negativeSampling,
  contrastiveLoss,
  infoNce,
  ntXent,
  momentumUpdate,
  adam,
  maskTokens,
}

/** float32 computed term by term in the order written, every operation correctly rounded. */
const plain: ArithmeticOptions = {
  precision: 'float32',
  accumulate: 'same',
  order: 'natural',
  fused: false,
  flushesSubnormals: false,
  functions: 'rounded',
  formulation: 'textbook',
  seed: 0,
}

/**
 * An honest implementation of the whole contract at some precision: what it answers may differ from the oracle by rounding,
 * and by nothing else. Bad calls are refused.
 */
export function emulated(options: Partial<ArithmeticOptions> = {}): Implementation {
  const arithmetic = new EmulatedArithmetic({ ...plain, ...options })
  return {
    name: describe(arithmetic.options),
    precision: arithmetic.options.precision,
    operators: Object.fromEntries(
      Object.entries(makers).map(([name, make]) => [name, checked(name, make(arithmetic), arithmetic)]),
    ),
  }
}

/** The operator on float inputs of the arithmetic's precision, bad calls refused and missing gradients filled in. */
function checked(name: string, operator: Operator, arithmetic: EmulatedArithmetic): Operator {
  const declaration = contract[name]
  const { backward } = operator
  const isFloat = (input: string) => (declaration.inputs[input]?.kind ?? 'float') === 'float'
  const rounded = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([key, x]) => [key, isFloat(key) ? map(x, (value) => arithmetic.round(value)) : x]),
    )
  return {
    forward(inputs, attributes) {
      const call = validateCall(declaration, inputs, attributes)
      return operator.forward(rounded(inputs), call.attributes)
    },
    ...(backward === undefined
      ? {}
      : {
          backward(inputs, attributes, gradients) {
            const call = validateCall(declaration, inputs, attributes)
            validateGradients(declaration, call, gradients)
            const complete = Object.fromEntries(
              Object.entries(call.outputShapes).map(([output, shape]) => [output, gradients[output] ?? zeros(shape)]),
            )
            return backward(rounded(inputs), call.attributes, rounded(complete))
          },
        }),
  }
}

/** What an arithmetic does, in words: `float32, pairwise sums, fused`. */
function describe(options: ArithmeticOptions): string {
  const functions = { rounded: [], largest: ['functions off upwards'], scattered: ['functions off at random'] }
  return [
    options.precision,
    ...(options.order === 'natural' ? [] : [`${options.order} sums`]),
    ...(options.accumulate === 'wider' ? ['wider sums'] : []),
    ...(options.fused ? ['fused'] : []),
    ...(options.flushesSubnormals ? ['subnormals flushed'] : []),
    ...functions[options.functions],
    ...(options.formulation === 'logarithmic' ? ['logarithmic formulas'] : []),
  ].join(', ')
}
