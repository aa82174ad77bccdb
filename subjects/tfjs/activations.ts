import type { Definitions } from './operator.js'
import { single } from './tensorflow.js'

export const activations: Definitions = {
  sigmoid: (tf, { x }) => ({ y: tf.sigmoid(x) }),
  tanh: (tf, { x }) => ({ y: tf.tanh(x) }),
  relu: (tf, { x }) => ({ y: tf.relu(x) }),
  leakyRelu: (tf, { x }, settings) => ({ y: tf.leakyRelu(x, settings.number('negativeSlope')) }),
  gelu(tf, { x }, settings) {
    const layer = tf.layers.activation({ activation: settings.text('approximate') === 'tanh' ? 'gelu_new' : 'gelu' })
    return { y: single(layer.call(x, {})) }
  },
  softmax: (tf, { x }) => ({ y: tf.softmax(x) }),
  logSoftmax: (tf, { x }) => ({ y: tf.logSoftmax(x) }),
}
