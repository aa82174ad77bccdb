import type { Definitions } from './operator.js'
import { channelsFirst, channelsLast, shapeOf, single, withWeights } from './tensorflow.js'

export const normalization: Definitions = {
  layerNorm(tf, { x, gain, bias }, settings) {
    const layer = tf.layers.layerNormalization({
      epsilon: settings.number('epsilon'),
      scale: gain !== undefined,
      center: bias !== undefined,
    })
    const weights = [gain, bias].filter((weight) => weight !== undefined)
    return { y: withWeights(layer, x.shape, weights, () => single(layer.call(x, {}))) }
  },
  /**
   * With the channels last: the layer is wrong for another axis (docs/findings.md). Gain and bias that are not given are ones and zeros:
   * it fails in training where it was told to have none.
   */
  batchNorm(tf, { x, gain, bias, mean, variance }, settings) {
    const C = shapeOf(x)[1]
    const [batch, channel, ...rest] = x.shape.map((_, axis) => axis)
    const training = settings.boolean('training')
    const layer = tf.layers.batchNormalization({ epsilon: settings.number('epsilon') })
    const weights = [gain ?? tf.ones([C]), bias ?? tf.zeros([C]), ...(training ? [] : [mean, variance])]
    const last = tf.transpose(x, [batch, ...rest, channel])
    const y = withWeights(layer, last.shape, weights, () => single(layer.call(last, { training })))
    return { y: tf.transpose(y, [batch, x.rank - 1, ...rest.map((axis) => axis - 1)]) }
  },
  /** TensorFlow.js takes the reach to either side for the size, and alpha for alpha/size. */
  localResponseNorm(tf, { x }, settings) {
    const size = settings.number('size')
    const y = tf.localResponseNormalization(
      channelsLast(tf, x),
      (size - 1) / 2,
      settings.number('k'),
      settings.number('alpha') / size,
      settings.number('beta'),
    )
    return { y: channelsFirst(tf, y) }
  },
}
