import { describe, expect, it } from 'vitest'
import type { Attributes } from './contract.js'
import { oracle } from './index.js'
import { fromNested, type Nested, type Tensors, zeros } from './tensor.js'

function call(operator: string, inputs: Record<string, Nested>, attributes: Attributes = {}) {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, nested]) => [name, fromNested(nested)]))
  return () => oracle.operators[operator].forward(tensors, attributes)
}

const image = (channels: number, height: number, width: number) => zeros([1, channels, height, width])
function convolve(x: Tensors['x'], weight: Tensors['x'], attributes: Attributes = {}) {
  return () => oracle.operators.conv2d.forward({ x, weight }, attributes)
}

describe('a bad call is refused with operator, input, what it held and what it should hold', () => {
  it.each([
    ['an unknown input', call('matmul', { a: [[1]], b: [[1]], c: 1 }), 'matmul: unknown input c; known: a, b'],
    ['a missing input', call('matmul', { a: [[1]] }), 'matmul: input b is missing; it should have shape […, K, N]'],
    ['an unknown attribute', call('sigmoid', { x: 1 }, { axis: 0 }), 'sigmoid: unknown attribute axis; it takes none'],
    [
      'a missing attribute',
      call('oneHot', { ids: [0] }),
      'oneHot: attribute classes is missing; it should be a whole number ≥ 1',
    ],
    [
      'a wrong rank',
      call('meanOverTime', { x: [[1]] }),
      'meanOverTime: x has rank 2 (shape [1, 1]); it should have shape [T, N, H]',
    ],
    [
      'too low a rank',
      call('matmul', { a: [1], b: [[1]] }),
      'matmul: a has rank 1 (shape [1]); it should have shape […, M, K]',
    ],
    ['sizes that disagree', call('matmul', { a: [[1, 2]], b: [[1]] }), 'matmul: b has 1 inner entries, a has 2'],
    [
      'leading dimensions that disagree',
      call('matmul', { a: [[[1]], [[1]]], b: [[[1]], [[1]], [[1]]] }),
      'matmul: b has leading dimensions [3], a has [2]; they should be equal, or absent on one side',
    ],
    [
      'elementwise inputs of unequal shape',
      call('squaredError', { prediction: [1, 2], target: [1] }),
      'squaredError: target has shape [1], prediction has [2]; they should be equal',
    ],
    [
      'channels that disagree',
      convolve(image(3, 5, 5), zeros([2, 4, 3, 3])),
      'conv2d: weight has 4 input channels, x has 3 (groups = 1)',
    ],
    [
      'groups that do not divide',
      convolve(image(3, 5, 5), zeros([2, 1, 3, 3]), { groups: 2 }),
      'conv2d: weight has 1 input channels, x has 3 (groups = 2)',
    ],
    [
      'groups that do not divide the outputs',
      convolve(image(2, 5, 5), zeros([3, 1, 3, 3]), { groups: 2 }),
      'conv2d: groups is 2; it should divide the 3 output channels',
    ],
    [
      'a window larger than the padded input',
      convolve(image(1, 2, 9), zeros([1, 1, 5, 3]), { padding: [1, 0] }),
      "conv2d: the window is 5 high (kernel 5, dilation 1), larger than the padded input's 4; it should fit",
    ],
    [
      'a stride of 0',
      convolve(image(1, 5, 5), zeros([1, 1, 3, 3]), { stride: 0 }),
      'conv2d: attribute stride is 0; it should be a whole number ≥ 1, or a pair [height, width] of such',
    ],
    [
      'a pair of three',
      convolve(image(1, 5, 5), zeros([1, 1, 3, 3]), { stride: [1, 1, 1] }),
      'conv2d: attribute stride is [1, 1, 1]; it should be a whole number ≥ 1, or a pair [height, width] of such',
    ],
    [
      'an axis out of range',
      call('softmax', { x: [[1]] }, { axis: 4 }),
      'softmax: axis 4 is out of range for rank 2; it should be from -2 to 1',
    ],
    ['a scalar softmax', call('softmax', { x: 1 }), 'softmax: x has rank 0 (shape []); it should have shape […, D]'],
    [
      'a choice that is none',
      call('squaredError', { prediction: 1, target: 1 }, { reduction: 'max' }),
      "squaredError: attribute reduction is max; it should be 'mean', 'sum' or 'none'",
    ],
    [
      'a norm that is none',
      call('weightPenalty', { weight: 1 }, { norm: 3, lambda: 1 }),
      'weightPenalty: attribute norm is 3; it should be 1 or 2',
    ],
    [
      'smoothing above 1',
      call('crossEntropy', { logits: [[1]], target: [0] }, { labelSmoothing: 1.5 }),
      'crossEntropy: attribute labelSmoothing is 1.5; it should be a number ≥ 0 and ≤ 1',
    ],
    [
      'a target out of range',
      call('crossEntropy', { logits: [[1, 2]], target: [2] }),
      'crossEntropy: target holds 2 at [0]; it should hold whole numbers from 0 to 1',
    ],
    [
      'a negative id',
      call('embedding', { ids: [[0, -1]], table: [[1]] }),
      'embedding: ids holds -1 at [0, 1]; it should hold whole numbers from 0 to 0',
    ],
    [
      'a fraction for an id',
      call('oneHot', { ids: [0.5] }, { classes: 2 }),
      'oneHot: ids holds 0.5 at [0]; it should hold whole numbers',
    ],
    [
      'a length beyond the sequence',
      call('meanOverTime', { x: [[[1]]], lengths: [2] }),
      'meanOverTime: lengths holds 2 at [0]; it should hold whole numbers from 1 to 1',
    ],
    [
      'an input that is not finite',
      call('relu', { x: [1, Number.NaN] }),
      'relu: x holds NaN at [1]; it should hold finite numbers',
    ],
    [
      'padding above half the kernel',
      () => oracle.operators.maxPool2d.forward({ x: image(1, 4, 4) }, { kernel: 2, padding: 2 }),
      'maxPool2d: padding is [2, 2]; it should be at most half the kernel [2, 2]',
    ],
    [
      'lists of unequal length',
      call('convOutputSize', {}, { input: [5, 5], kernel: [3], stride: [1, 1], padding: [0, 0], dilation: [1, 1] }),
      'convOutputSize: kernel has 1 entries, input has 2; they should be equal',
    ],
  ])('%s', (_, refused, message) => {
    expect(refused).toThrow(message)
  })

  it('an empty dimension', () => {
    expect(() => oracle.operators.relu.forward({ x: zeros([2, 0]) })).toThrow(
      'relu: x has shape [2, 0]; every dimension should be at least 1',
    )
  })

  it.each([
    ['an unknown output', { z: zeros([2]) }, 'relu: unknown gradient for output z; known: y'],
    ['a wrong shape', { y: zeros([3]) }, 'relu: the gradient for output y has shape [3], the output has [2]'],
    [
      'infinity',
      { y: fromNested([1, Number.POSITIVE_INFINITY]) },
      'relu: the gradient for output y holds Infinity at [1]; it should be finite',
    ],
  ])('a gradient with %s', (_, gradients: Tensors, message) => {
    expect(() => oracle.operators.relu.backward?.({ x: zeros([2]) }, {}, gradients)).toThrow(message)
  })
})

it('a missing gradient counts as zero', () => {
  const gradients = oracle.operators.relu.backward?.({ x: fromNested([1, 2]) }, {}, {})
  expect(Array.from(gradients?.x.data ?? [])).toEqual([0, 0])
})
