import type { Definitions } from './operator.js'
import { type Given, single, type TensorFlow, withWeights } from './tensorflow.js'

/** A dense layer with weight[O,I] as its transposed kernel. */
export function dense(tf: TensorFlow, { x, weight, bias }: Given, activation: 'linear' | 'relu' = 'linear') {
  const layer = tf.layers.dense({
    units: weight.shape[0],
    useBias: bias !== undefined,
    activation,
    kernelInitializer: 'zeros',
  })
  const weights = [tf.transpose(weight), ...(bias === undefined ? [] : [bias])]
  return withWeights(layer, x.shape, weights, () => single(layer.call(x, {})))
}

export const linear: Definitions = {
  matmul: (tf, { a, b }) => ({ y: tf.matMul(a, b) }),
  linear: (tf, inputs) => ({ y: dense(tf, inputs) }),
  feedForward(tf, { x, weight1, bias1, weight2, bias2 }) {
    const hidden = dense(tf, { x, weight: weight1, bias: bias1 }, 'relu')
    return { y: dense(tf, { x: hidden, weight: weight2, bias: bias2 }) }
  },
}
