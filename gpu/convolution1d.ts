import { convolutionOperator } from './convolution.js'

/** A signal is an image one row high. */
export const conv1d = convolutionOperator((call) => {
  const { N, C, L, O, K } = call.sizes
  return {
    images: N,
    channels: C,
    image: [1, L],
    outputs: O,
    kernel: [1, K],
    stride: [1, call.number('stride')],
    padding: [0, call.number('padding')],
    dilation: [1, call.number('dilation')],
    groups: call.number('groups'),
  }
})
