import { describe, expect, it } from 'vitest'
import { conv1d, conv2d, depthwiseSeparableConv2d } from './convolution.js'
import { backwardOf } from './operator.js'
import { fromNested, rowMajor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(3)
const signal = { x: random.tensor([2, 4, 7]), weight: random.tensor([6, 2, 3]), bias: random.tensor([6]) }
const separable = {
  x: random.tensor([2, 3, 5, 6]),
  depthwise: random.tensor([3, 1, 2, 3]),
  pointwise: random.tensor([4, 3, 1, 1]),
  bias: random.tensor([4]),
}
const { bias: _, ...separableWithoutBias } = separable

describeCalls(
  [conv1d, depthwiseSeparableConv2d],
  [
    { operator: 'conv1d', inputs: signal, attributes: { stride: 2, padding: 1, dilation: 2, groups: 2 } },
    { operator: 'conv1d', inputs: { x: random.tensor([1, 1, 1]), weight: random.tensor([1, 1, 1]) }, attributes: {} },
    { operator: 'depthwiseSeparableConv2d', inputs: separable, attributes: { stride: [2, 1], padding: [0, 1] } },
    { operator: 'depthwiseSeparableConv2d', inputs: separableWithoutBias, attributes: {} },
  ],
)

describe('conv1d', () => {
  it('slides a window over a padded signal, worked by hand', () => {
    const inputs = { x: fromNested([[[1, 2, 3, 4]]]), weight: fromNested([[[1, 0, -1]]]), bias: fromNested([10]) }
    // 0·1 − 2, 1 − 3, 2 − 4, 3 − 0
    expect(toNested(conv1d.forward(inputs, { padding: 1 }).y)).toEqual([[[8, 8, 8, 13]]])
    expect(toNested(conv1d.forward(inputs, { padding: 1, stride: 3 }).y)).toEqual([[[8, 13]]])
    const gradients = backwardOf(conv1d)(inputs, {}, { y: fromNested([[[1, 2]]]) })
    expect(toNested(gradients.x)).toEqual([[[1, 2, -1, -2]]])
    expect(toNested(gradients.weight)).toEqual([[[1 * 1 + 2 * 2, 1 * 2 + 2 * 3, 1 * 3 + 2 * 4]]])
    expect(toNested(gradients.bias)).toEqual([3])
  })

  it('is the sum of its definition, term by term', () => {
    const { y } = conv1d.forward(signal, { stride: 2, padding: 1, dilation: 2, groups: 2 })
    expect(y.shape).toEqual([2, 6, 3])
    for (let n = 0; n < 2; n++)
      for (let o = 0; o < 6; o++)
        for (let i = 0; i < 3; i++) {
          let sum = signal.bias.get(o)
          for (let c = 0; c < 2; c++)
            for (let p = 0; p < 3; p++) {
              const at = 2 * i + 2 * p - 1
              if (at >= 0 && at < 7) sum += signal.x.get(n, (o < 3 ? 0 : 2) + c, at) * signal.weight.get(o, c, p)
            }
          expect(y.get(n, o, i)).toBeCloseTo(sum, 13)
        }
  })

  it.each([
    [
      'channels that disagree',
      { x: zeros([1, 3, 5]), weight: zeros([2, 2, 3]) },
      {},
      'conv1d: weight has 2 input channels, x has 3 (groups = 1)',
    ],
    [
      'groups that do not divide the outputs',
      { x: zeros([1, 4, 5]), weight: zeros([3, 2, 3]) },
      { groups: 2 },
      'conv1d: groups is 2; it should divide the 3 output channels',
    ],
    [
      'a window larger than the padded input',
      { x: zeros([1, 1, 5]), weight: zeros([1, 1, 3]) },
      { dilation: 4, padding: 1 },
      "conv1d: the window is 9 long (kernel 3, dilation 4), larger than the padded input's 7; it should fit",
    ],
    [
      'a pair for a stride',
      { x: zeros([1, 1, 5]), weight: zeros([1, 1, 3]) },
      { stride: [1, 1] },
      'conv1d: attribute stride is [1, 1]; it should be a whole number ≥ 1',
    ],
  ])('refuses %s', (_, inputs, attributes, message) => {
    expect(() => conv1d.forward(inputs, attributes)).toThrow(message)
  })
})

describe('depthwiseSeparableConv2d', () => {
  it('is conv2d with the product of both weights', () => {
    const { x, depthwise, pointwise, bias } = separable
    const weight = zeros([4, 3, 2, 3])
    for (let o = 0; o < 4; o++)
      for (let c = 0; c < 3; c++)
        for (let p = 0; p < 2; p++)
          for (let q = 0; q < 3; q++) weight.set(o, c, p, q, pointwise.get(o, c, 0, 0) * depthwise.get(c, 0, p, q))
    const settings = { stride: [2, 1], padding: [0, 1] }
    const whole = conv2d.forward({ x, weight, bias }, settings).y
    const { y } = depthwiseSeparableConv2d.forward(separable, settings)
    expect(y.shape).toEqual(whole.shape)
    for (const [i, value] of rowMajor(y).entries()) expect(value).toBeCloseTo(whole.data[i], 12)
  })

  it('refuses more than one filter a channel', () => {
    const inputs = { x: zeros([1, 2, 5, 5]), depthwise: zeros([2, 2, 3, 3]), pointwise: zeros([4, 2, 1, 1]) }
    expect(() => depthwiseSeparableConv2d.forward(inputs)).toThrow(
      'depthwiseSeparableConv2d: depthwise has 2 at dimension 1; it should have 1 (1)',
    )
  })
})
