import type { Definitions } from './operator.js'
import { channelsFirst, channelsLast, rank4, shapeOf, single, type TensorFlow } from './tensorflow.js'

/** Weights ∝ exp(−i²/2σ²) for −radius ≤ i ≤ radius, which sum to 1. */
function gaussian(tf: TensorFlow, sigma: number, radius: number) {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return tf.tensor1d(weights.map((weight) => weight / sum))
}

export const images: Definitions = {
  horizontalFlip: (tf, { image }) => ({
    y: channelsFirst(tf, tf.image.flipLeftRight(channelsLast(tf, image))),
  }),
  /** Reflecting padding, then a depthwise convolution along each axis. */
  gaussianBlur(tf, { image }, settings) {
    const radius = settings.number('radius')
    const C = shapeOf(image)[1]
    const weights = gaussian(tf, settings.number('sigma'), radius)
    const length = 2 * radius + 1
    const vertical = rank4(tf.tile(tf.reshape(weights, [length, 1, 1, 1]), [1, 1, C, 1]))
    const horizontal = rank4(tf.tile(tf.reshape(weights, [1, length, 1, 1]), [1, 1, C, 1]))
    const borders: [number, number][] = [
      [0, 0],
      [radius, radius],
      [radius, radius],
      [0, 0],
    ]
    const padded = rank4(tf.mirrorPad(channelsLast(tf, image), borders, 'reflect'))
    const blurred = tf.depthwiseConv2d(tf.depthwiseConv2d(padded, vertical, 1, 'valid'), horizontal, 1, 'valid')
    return { y: channelsFirst(tf, blurred) }
  },
  adjustColor: (tf, { image, scale, shift }) => ({
    y: channelsFirst(tf, tf.add(tf.mul(channelsLast(tf, image), scale), shift)),
  }),
  crop(tf, { image }, settings) {
    const [, , H, W] = image.shape
    const [top, left] = [settings.number('top'), settings.number('left')]
    const layer = tf.layers.cropping2D({
      cropping: [
        [top, H - top - settings.number('height')],
        [left, W - left - settings.number('width')],
      ],
      dataFormat: 'channelsFirst',
    })
    return { y: single(layer.call(image, {})) }
  },
  resize(tf, { image }, settings) {
    const size: [number, number] = [settings.number('height'), settings.number('width')]
    return { y: channelsFirst(tf, tf.image.resizeBilinear(channelsLast(tf, image), size, false, true)) }
  },
}
