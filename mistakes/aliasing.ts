import { softmax } from '../oracle/activations.js'

import { matmul } from '../oracle/linear.js'
import { type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { overwrite } from './rearrange.js'

/** Puts tensors into buffers that are kept by name and size, over whatever an earlier call has left there. */
function reusingBuffers(): (answer: Tensors) => Tensors {
  const buffers = new Map<string, Float64Array>()
  const kept = (name: string, x: Tensor): Tensor => {
    const key = `${name} ${x.size}`
    const buffer = buffers.get(key) ?? new Float64Array(x.size)
    buffers.set(key, buffer)
    const result = tensor(x.shape, buffer)
    overwrite(result, x)
    return result
  }
  return (answer) => Object.fromEntries(Object.entries(answer).map(([name, x]) => [name, kept(name, x)]))
}

const [productBuffers, gradientBuffers] = [reusingBuffers(), reusingBuffers()]

/** Right numbers in memory that is not the caller's own. */
export const mistakes: readonly Mistake[] = [
  {
    name: 'horizontalFlip as a view of its image',
    operator: 'horizontalFlip',
    concerns: 'memory',
    explanation: 'The mirrored image shares the memory of the given one and changes with it, instead of being a copy.',
    forward: ({ image }) => ({ y: image.step(1, 1, 1, -1) }),
  },
  {
    name: 'crop as a view of its image',
    operator: 'crop',
    concerns: 'memory',
    explanation:
      'The part that is cut out shares the memory of the image and changes with it, instead of being a copy.',
    forward: ({ image }, attributes) => {
      const [top, left] = [numberOf(attributes, 'top'), numberOf(attributes, 'left')]
      const [height, width] = [numberOf(attributes, 'height'), numberOf(attributes, 'width')]
      return { y: image.lo(0, 0, top, left).hi(image.shape[0], image.shape[1], height, width) }
    },
  },
  {
    name: 'matmul into the buffer of the call before',
    operator: 'matmul',
    concerns: 'memory',
    explanation: 'Products of one size share one buffer, so that a product changes as soon as the next is computed.',
    forward: (inputs) => productBuffers(passes(matmul).forward(inputs, {})),
  },
  {
    name: 'softmax with gradients in the buffer of the call before',
    operator: 'softmax',
    concerns: 'memory',
    explanation: 'Gradients of one size share one buffer, so that a gradient changes as soon as the next is computed.',
    backward: (inputs, attributes, gradients) =>
      gradientBuffers(passes(softmax).backward(inputs, attributes, gradients)),
  },
]
