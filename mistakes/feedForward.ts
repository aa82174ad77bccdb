import { map, zeros, zip } from '../oracle/tensor.js'
import { feedForward } from '../oracle/transformer.js'
import { type Mistake, passes } from './mistake.js'
import { mapPlaces } from './rearrange.js'
import { nothing, plus } from './transformer.js'

const right = passes(feedForward)

export const mistakes: readonly Mistake[] = [
  {
    name: 'feedForward without the nonlinearity',
    operator: 'feedForward',
    explanation: 'W₂(W₁x + b₁) + b₂ was computed: the ReLU between the layers is missing.',
    forward: (inputs) => {
      const none = { ...inputs, bias2: nothing(inputs.bias2) }
      const negative = { weight1: map(inputs.weight1, (w) => -w), bias1: map(inputs.bias1, (b) => -b) }
      const [up, down] = [right.forward(inputs, {}).y, right.forward({ ...none, ...negative }, {}).y]
      return { y: zip(up, down, (a, b) => a - b) }
    },
  },
  {
    name: 'feedForward with another ReLU at the end',
    operator: 'feedForward',
    explanation: 'The result went through a ReLU as well; the second layer is linear.',
    forward: (inputs) => ({ y: map(right.forward(inputs, {}).y, (y) => Math.max(0, y)) }),
  },
  {
    name: 'feedForward without the first bias',
    operator: 'feedForward',
    explanation: 'b₁ was left out.',
    forward: (inputs) => right.forward({ ...inputs, bias1: nothing(inputs.bias1) }, {}),
  },
  {
    name: 'feedForward with x added',
    operator: 'feedForward',
    explanation: 'x was added to the result; that is the task of the layer around it.',
    forward: (inputs) => ({ y: plus(right.forward(inputs, {}).y, inputs.x) }),
  },
  {
    name: 'feedForward with a leak',
    operator: 'feedForward',
    explanation: 'Inactive units passed a hundredth of their value on, as a leaky ReLU does.',
    forward: (inputs) => {
      const none = { ...inputs, bias2: nothing(inputs.bias2) }
      const negative = { weight1: map(inputs.weight1, (w) => -w), bias1: map(inputs.bias1, (b) => -b) }
      const [up, down] = [right.forward(inputs, {}).y, right.forward({ ...none, ...negative }, {}).y]
      return { y: zip(up, down, (a, b) => a - 0.01 * b) }
    },
  },
  {
    name: 'feedForward gradient through units that are off',
    operator: 'feedForward',
    explanation: 'The gradient of the first layer went through every hidden unit as if all were active.',
    backward: (inputs, attributes, gradients) => {
      const open = right.backward({ ...inputs, bias1: map(inputs.bias1, () => 1e6) }, attributes, gradients)
      const whole = right.backward(inputs, attributes, gradients)
      return { ...whole, x: open.x, weight1: open.weight1, bias1: open.bias1 }
    },
  },
  {
    name: 'feedForward gradient of the second weights from x',
    operator: 'feedForward',
    explanation: 'The gradient of W₂ was taken with the hidden units before the ReLU instead of after it.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      const negative = { weight1: map(inputs.weight1, (w) => -w), bias1: map(inputs.bias1, (b) => -b) }
      const other = right.backward({ ...inputs, ...negative }, attributes, gradients)
      return { ...whole, weight2: zip(whole.weight2, other.weight2, (a, b) => a - b) }
    },
  },
  {
    name: 'feedForward gradient of the biases from the first position',
    operator: 'feedForward',
    explanation: 'The gradients of b₁ and b₂ are those of the first position instead of the sum over all.',
    backward: (inputs, attributes, { y }) => {
      const E = inputs.bias2.size
      const first = mapPlaces(y, (g, place) => (place < E ? g : 0))
      const { bias1, bias2 } = right.backward(inputs, attributes, { y: first })
      return { ...right.backward(inputs, attributes, { y }), bias1, bias2 }
    },
  },
  {
    name: 'feedForward without a bias',
    operator: 'feedForward',
    explanation: 'A missing b₂ was taken for zeros instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { x, weight1, bias1, weight2, bias2 } = inputs
      if (bias2 !== undefined || !x || !weight1 || !bias1 || !weight2) return undefined
      return right.forward({ ...inputs, bias2: zeros([weight2.shape[0]]) }, attributes)
    },
  },
]
