import type { Definitions } from './operator.js'
import type { Tensor, TensorFlow } from './tensorflow.js'

/** 1 where query t may attend to key s. */
function allowedPairs(tf: TensorFlow, T: number, S: number, mask: Tensor | undefined, causal: boolean) {
  const given = mask ?? tf.ones([T, S])
  return causal ? tf.linalg.bandPart(given, -1, 0) : given
}

export const attention: Definitions = {
  scaledDotProductAttention(tf, { query, key, value, mask }, settings) {
    const [T, S] = [query.shape[query.rank - 2], key.shape[key.rank - 2]]
    const logits = tf.mul(settings.number('scale'), tf.matMul(query, key, false, true))
    const allowed = tf.cast(allowedPairs(tf, T, S, mask, settings.boolean('causal')), 'bool')
    const weights = tf.softmax(tf.where(allowed, logits, tf.fill(logits.shape, Number.NEGATIVE_INFINITY)))
    return { output: tf.matMul(weights, value), weights }
  },
  luongAttention(tf, { decoder, encoder, weight, vector }, settings) {
    const weights = tf.softmax(logitsOf())
    return { context: tf.einsum('ns,nse->ne', weights, encoder), weights }

    function logitsOf(): Tensor {
      if (settings.text('score') === 'dot') return tf.einsum('nd,nsd->ns', decoder, encoder)
      if (settings.text('score') === 'general') return tf.einsum('ne,nse->ns', tf.matMul(decoder, weight), encoder)
      const [N, S] = encoder.shape
      const repeated = tf.tile(tf.expandDims(decoder, 1), [1, S, 1])
      const both = tf.reshape(tf.concat([repeated, encoder], -1), [N * S, -1])
      const scores = tf.dot(tf.tanh(tf.matMul(both, weight, false, true)), vector)
      return tf.reshape(scores, [N, S])
    }
  },
}
