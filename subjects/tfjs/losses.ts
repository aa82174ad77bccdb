import type { Definitions } from './operator.js'
import type { TensorFlow } from './tensorflow.js'

/** The reduction that the contract names `reduction`. */
function reductionNamed(tf: TensorFlow, reduction: string) {
  const { MEAN, SUM, NONE } = tf.Reduction
  return reduction === 'mean' ? MEAN : reduction === 'sum' ? SUM : NONE
}

export const losses: Definitions = {
  squaredError(tf, { prediction, target }, settings) {
    const reduction = reductionNamed(tf, settings.text('reduction'))
    const loss = tf.losses.meanSquaredError(target, prediction, undefined, reduction)
    return { loss: tf.mul(settings.number('factor'), loss) }
  },
  crossEntropy(tf, { logits, target }, settings) {
    const [, classes] = logits.shape
    const labels = tf.cast(tf.equal(tf.expandDims(target, 1), tf.range(0, classes, 1, 'int32')), 'float32')
    const reduction = reductionNamed(tf, settings.text('reduction'))
    const smoothing = settings.number('labelSmoothing')
    return { loss: tf.losses.softmaxCrossEntropy(labels, logits, undefined, smoothing, reduction) }
  },
  binaryCrossEntropy(tf, { logits, target }, settings) {
    const reduction = reductionNamed(tf, settings.text('reduction'))
    return { loss: tf.losses.sigmoidCrossEntropy(target, logits, undefined, 0, reduction) }
  },
  weightPenalty(tf, { weight }, settings) {
    const lambda = settings.number('lambda')
    const { l1, l2 } = tf.regularizers
    const regularizer = settings.number('norm') === 1 ? l1({ l1: lambda }) : l2({ l2: lambda })
    return { loss: regularizer.apply(weight) }
  },
  discriminatorLoss: (tf, { real, fake }) => ({
    loss: tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake))),
  }),
  generatorLoss: (tf, { fake }, settings) => ({
    loss: settings.text('kind') === 'minimax' ? tf.neg(tf.mean(tf.softplus(fake))) : tf.mean(tf.softplus(tf.neg(fake))),
  }),
  negativeSampling(tf, { center, positive, negatives }) {
    const near = tf.logSigmoid(tf.sum(tf.mul(center, positive), -1))
    const products = tf.squeeze(tf.matMul(negatives, tf.expandDims(center, -1)), [-1])
    const far = tf.sum(tf.logSigmoid(tf.neg(products)), -1)
    return { loss: tf.neg(tf.mean(tf.add(near, far))) }
  },
}
