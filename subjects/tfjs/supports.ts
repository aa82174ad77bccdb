import type { Supports } from '../../properties/index.js'

/** What TensorFlow.js computes and has no gradient of. */
export const forwardOnly: readonly string[] = ['luongAttention', 'horizontalFlip']

/** What TensorFlow.js has of an operator, where it has not all of it. */
export const supports: Supports = {
  softmax: { attributes: { axis: [-1] } },
  logSoftmax: { attributes: { axis: [-1] } },
  linear: { ranks: { x: [2, 3, 4, 5, 6] } },
  feedForward: { ranks: { x: [2, 3, 4, 5, 6] } },
  conv1d: { attributes: { groups: [1] } },
  avgPool2d: { attributes: { countIncludePad: [false] } },
  meanOverTime: { without: ['lengths'] },
  adaptiveAvgPool2d: { attributes: { output: [[1, 1]] } },
  layerNorm: { ranks: { x: [2, 3, 4] } },
  batchNorm: { ranks: { x: [2, 3, 4] } },
  sgd: { attributes: { weightDecay: [0] } },
}
