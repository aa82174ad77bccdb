import { mistakes as adam } from './adam.js'
import { mistakes as adversarial } from './adversarial.js'
import { mistakes as aliasing } from './aliasing.js'
import { mistakes as attention } from './attention.js'
import { mistakes as augmentation } from './augmentation.js'
import { mistakes as autoencoders } from './autoencoders.js'
import { mistakes as averagePooling } from './averagePooling.js'
import { mistakes as batchNormalization } from './batchNormalization.js'
import { mistakes as binaryCrossEntropy } from './binaryCrossEntropy.js'
import { mistakes as contrastive } from './contrastive.js'
import { mistakes as convolution } from './convolution.js'
import { mistakes as convolution1d } from './convolution1d.js'
import { mistakes as cosineSimilarity } from './cosineSimilarity.js'
import { mistakes as crossEntropy } from './crossEntropy.js'
import { mistakes as decoderLayer } from './decoderLayer.js'
import { mistakes as embeddings } from './embeddings.js'
import { mistakes as encoderLayer } from './encoderLayer.js'
import { mistakes as feedForward } from './feedForward.js'
import { mistakes as gaussianBlur } from './gaussianBlur.js'
import { mistakes as gelu } from './gelu.js'
import { mistakes as gru } from './gru.js'
import { mistakes as gruResetBefore } from './gruResetBefore.js'
import { mistakes as layerNormalization } from './layerNormalization.js'
import { mistakes as leakyRelu } from './leakyRelu.js'
import { mistakes as linear } from './linear.js'
import { mistakes as logSoftmax } from './logSoftmax.js'
import { mistakes as lstm } from './lstm.js'
import { mistakes as luongAttention } from './luongAttention.js'
import type { Mistake } from './mistake.js'
import { mistakes as multiHeadAttention } from './multiHeadAttention.js'
import { mistakes as negativeSampling } from './negativeSampling.js'
import { mistakes as optimizers } from './optimizers.js'
import { mistakes as patchEmbedding } from './patchEmbedding.js'
import { mistakes as pooling } from './pooling.js'
import { mistakes as positionalEncoding } from './positionalEncoding.js'
import { mistakes as pretraining } from './pretraining.js'
import { mistakes as quadraticAttention } from './quadraticAttention.js'
import { mistakes as recurrent } from './recurrent.js'
import { mistakes as regularization } from './regularization.js'
import { mistakes as relu } from './relu.js'
import { mistakes as resize } from './resize.js'
import { mistakes as separableConvolution } from './separableConvolution.js'
import { mistakes as sigmoid } from './sigmoid.js'
import { mistakes as similarity } from './similarity.js'
import { mistakes as softmax } from './softmax.js'
import { mistakes as squaredError } from './squaredError.js'
import { mistakes as tanh } from './tanh.js'
import { mistakes as weightPenalty } from './weightPenalty.js'

export { type Mistake, mistaken } from './mistake.js'

/** The catalogue: every known mistake, family by family. */
export const mistakes: readonly Mistake[] = [
  ...linear,
  ...sigmoid,
  ...tanh,
  ...relu,
  ...softmax,
  ...logSoftmax,
  ...squaredError,
  ...crossEntropy,
  ...weightPenalty,
  ...convolution,
  ...separableConvolution,
  ...convolution1d,
  ...pooling,
  ...layerNormalization,
  ...batchNormalization,
  ...regularization,
  ...averagePooling,
  ...embeddings,
  ...recurrent,
  ...lstm,
  ...gru,
  ...gruResetBefore,
  ...attention,
  ...multiHeadAttention,
  ...luongAttention,
  ...quadraticAttention,
  ...feedForward,
  ...encoderLayer,
  ...decoderLayer,
  ...autoencoders,
  ...adversarial,
  ...augmentation,
  ...gaussianBlur,
  ...resize,
  ...optimizers,
  ...leakyRelu,
  ...gelu,
  ...binaryCrossEntropy,
  ...positionalEncoding,
  ...patchEmbedding,
  ...cosineSimilarity,
  ...negativeSampling,
  ...contrastive,
  ...similarity,
  ...adam,
  ...pretraining,
  ...aliasing,
]

/** The mistakes known of one operator. */
export function mistakesOf(operator: string): readonly Mistake[] {
  return mistakes.filter((mistake) => mistake.operator === operator)
}
