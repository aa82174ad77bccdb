import type { Definitions } from './operator.js'
import { channelsFirst, channelsLast, lacks, rank3, rank4, single, type Tensor, type TensorFlow } from './tensorflow.js'

/** Padding of the two spatial axes, of a tensor with its channels last. */
type Padding = [[number, number], [number, number], [number, number], [number, number]]

function padding([height, width]: readonly [number, number]): Padding {
  return [
    [0, 0],
    [height, height],
    [width, width],
    [0, 0],
  ]
}

/** weight[O,C,KH,KW] as a filter [KH,KW,C,O]. */
function filterOf(tf: TensorFlow, weight: Tensor) {
  return rank4(tf.transpose(weight, [2, 3, 1, 0]))
}

function isOne(pair: readonly [number, number]): boolean {
  return pair[0] === 1 && pair[1] === 1
}

function withBias(tf: TensorFlow, y: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? y : tf.add(y, bias)
}

export const convolution: Definitions = {
  /** The padding written out: as a number it is also put around the axis of height 1 that TensorFlow.js computes this with. */
  conv1d(tf, { x, weight, bias }, settings, pass) {
    const [stride, dilation] = [settings.number('stride'), settings.number('dilation')]
    if (stride > 1 && dilation > 1) lacks('convolution with both a stride and a dilation')
    if (dilation > 1 && pass === 'backward') lacks('gradient of a dilated convolution')
    const y = tf.conv1d(
      rank3(tf.transpose(x, [0, 2, 1])),
      rank3(tf.transpose(weight, [2, 1, 0])),
      stride,
      padding([0, settings.number('padding')]),
      'NWC',
      dilation,
    )
    return { y: tf.transpose(withBias(tf, y, bias), [0, 2, 1]) }
  },
  conv2d(tf, { x, weight, bias }, settings, pass) {
    const [stride, dilation] = [settings.pair('stride'), settings.pair('dilation')]
    const pad = padding(settings.pair('padding'))
    const groups = settings.number('groups')
    if (!isOne(stride) && !isOne(dilation)) lacks('convolution with both a stride and a dilation')
    if (!isOne(dilation) && pass === 'backward') lacks('gradient of a dilated convolution')
    const image = channelsLast(tf, x)
    if (groups === 1) {
      const filter = filterOf(tf, weight)
      const y =
        bias === undefined
          ? tf.conv2d(image, filter, stride, pad, 'NHWC', dilation)
          : tf.fused.conv2d({ x: image, filter, strides: stride, pad, dilations: dilation, bias })
      return { y: channelsFirst(tf, y) }
    }
    if (groups !== x.shape[1]) lacks('groups of several channels in a convolution')
    const [outputs, , height, width] = weight.shape
    const filter = tf.reshape(weight, [groups, outputs / groups, height, width])
    const y = tf.depthwiseConv2d(image, rank4(tf.transpose(filter, [2, 3, 0, 1])), stride, pad, 'NHWC', dilation)
    return { y: channelsFirst(tf, withBias(tf, y, bias)) }
  },
  /** Its padding is not one of separableConv2d's: that takes no numbers. */
  depthwiseSeparableConv2d(tf, { x, depthwise, pointwise, bias }, settings) {
    const y = tf.separableConv2d(
      rank4(tf.pad(channelsLast(tf, x), padding(settings.pair('padding')))),
      rank4(tf.transpose(depthwise, [2, 3, 0, 1])),
      filterOf(tf, pointwise),
      settings.pair('stride'),
      'valid',
    )
    return { y: channelsFirst(tf, withBias(tf, y, bias)) }
  },
  patchEmbedding(tf, { image, weight, bias }, settings) {
    const patch = settings.number('patch')
    const [N, C] = image.shape
    const filter = filterOf(tf, tf.reshape(weight, [weight.shape[0], C, patch, patch]))
    const y = withBias(tf, tf.conv2d(channelsLast(tf, image), filter, patch, 'valid'), bias)
    return { y: tf.reshape(y, [N, -1, weight.shape[0]]) }
  },
  maxPool2d(tf, { x }, settings) {
    const y = tf.maxPool(
      channelsLast(tf, x),
      settings.pair('kernel'),
      settings.pair('stride'),
      padding(settings.pair('padding')),
    )
    return { y: channelsFirst(tf, y) }
  },
  avgPool2d(tf, { x }, settings) {
    const y = tf.avgPool(
      channelsLast(tf, x),
      settings.pair('kernel'),
      settings.pair('stride'),
      padding(settings.pair('padding')),
    )
    return { y: channelsFirst(tf, y) }
  },
  adaptiveAvgPool2d(tf, { x }) {
    const layer = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsFirst' })
    const [N, C] = x.shape
    return { y: tf.reshape(single(layer.call(x, {})), [N, C, 1, 1]) }
  },
  meanOverTime: (tf, { x }) => ({ y: tf.mean(x, 0) }),
}
