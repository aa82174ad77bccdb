import { describe, expect, it } from 'vitest'
import type { Attributes } from './contract.js'
import { oracle } from './index.js'
import { fromNested, type Nested, rowMajor, type Tensor, type Tensors, tensor } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'

/** Numbers in [−2, 2) that look random and are always the same. */
function numbers(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  let state = seed
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return (state / 2147483648) * 4 - 2
  }
  return tensor(shape, Array.from({ length: size }, next))
}

function forward(operator: string, inputs: Tensors, attributes: Attributes = {}): Record<string, Tensor> {
  return { ...oracle.operators[operator].forward(inputs, attributes) }
}

function backward(operator: string, inputs: Tensors, attributes: Attributes, gradients: Tensors) {
  const result = oracle.operators[operator].backward?.(inputs, attributes, gradients)
  if (result === undefined) throw new Error(`${operator} has no backward pass`)
  return result
}

function expectClose(actual: Tensor, expected: Nested): void {
  const wanted = fromNested(expected)
  expect(actual.shape).toEqual(wanted.shape)
  const values = rowMajor(actual)
  for (const [i, value] of rowMajor(wanted).entries())
    expect(Math.abs(values[i] - value), `element ${i}: ${values[i]} against ${value}`).toBeLessThanOrEqual(
      1e-14 * Math.max(1, Math.abs(value)),
    )
}

/** Calls of the operators that have no test file of their own. */
const calls: readonly { operator: string; inputs: Tensors; attributes: Attributes }[] = [
  { operator: 'matmul', inputs: { a: numbers([2, 3, 4], 1), b: numbers([4, 2], 2) }, attributes: {} },
  {
    operator: 'linear',
    inputs: { x: numbers([2, 3, 4], 1), weight: numbers([5, 4], 2), bias: numbers([5], 3) },
    attributes: {},
  },
  ...['sigmoid', 'tanh', 'relu'].map((operator) => ({ operator, inputs: { x: numbers([3, 4], 1) }, attributes: {} })),
  ...['softmax', 'logSoftmax'].map((operator) => ({
    operator,
    inputs: { x: numbers([2, 3, 4], 1) },
    attributes: { axis: 1 },
  })),
  {
    operator: 'squaredError',
    inputs: { prediction: numbers([2, 3], 1), target: numbers([2, 3], 2) },
    attributes: { factor: 0.5 },
  },
  {
    operator: 'crossEntropy',
    inputs: { logits: numbers([3, 4], 1), target: fromNested([0, 3, 1]) },
    attributes: { labelSmoothing: 0.1 },
  },
  { operator: 'weightPenalty', inputs: { weight: numbers([2, 3], 1) }, attributes: { norm: 2, lambda: 0.3 } },
  {
    operator: 'conv2d',
    inputs: { x: numbers([2, 4, 6, 5], 1), weight: numbers([6, 2, 3, 2], 2), bias: numbers([6], 3) },
    attributes: { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 },
  },
  {
    operator: 'convOutputSize',
    inputs: {},
    attributes: { input: [227], kernel: [11], stride: [4], padding: [0], dilation: [1] },
  },
  {
    operator: 'maxPool2d',
    inputs: { x: numbers([2, 3, 5, 6], 1) },
    attributes: { kernel: [3, 2], stride: [2, 1], padding: 1 },
  },
  { operator: 'meanOverTime', inputs: { x: numbers([4, 2, 3], 1), lengths: fromNested([2, 4]) }, attributes: {} },
  { operator: 'oneHot', inputs: { ids: fromNested([[0, 2]]) }, attributes: { classes: 3 } },
  { operator: 'embedding', inputs: { ids: fromNested([[0, 2, 0]]), table: numbers([3, 4], 1) }, attributes: {} },
  {
    operator: 'rnn',
    inputs: {
      x: numbers([4, 2, 3], 1),
      h0: numbers([2, 5], 2),
      weightInput: numbers([5, 3], 3),
      weightHidden: numbers([5, 5], 4),
      biasInput: numbers([5], 5),
      biasHidden: numbers([5], 6),
    },
    attributes: {},
  },
  {
    operator: 'sgd',
    inputs: { parameter: numbers([3], 1), gradient: numbers([3], 2), velocity: numbers([3], 3) },
    attributes: { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 },
  },
]

describeCalls(
  [...new Set(calls.map(({ operator }) => operator))].map((operator) => oracle.operators[operator]),
  calls,
)

describe('values worked by hand', () => {
  it('matmul multiplies row by column', () => {
    const { y } = forward('matmul', {
      a: fromNested([
        [1, 2],
        [3, 4],
      ]),
      b: fromNested([
        [5, 6],
        [7, 8],
      ]),
    })
    expectClose(y, [
      [19, 22],
      [43, 50],
    ])
  })

  it('linear multiplies by the transposed weight', () => {
    const { y } = forward('linear', {
      x: fromNested([1, 2]),
      weight: fromNested([
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
      bias: fromNested([1, 0, -1]),
    })
    expectClose(y, [12, 17, 22])
  })

  it('sigmoid and tanh do not overflow, and keep the digits of their slopes', () => {
    const x = fromNested([-800, -40, 0, 40, 800])
    expectClose(forward('sigmoid', { x }).y, [0, Math.exp(-40), 0.5, 1, 1])
    const slope = backward('sigmoid', { x }, {}, { y: fromNested([1, 1, 1, 1, 1]) }).x
    expect(rowMajor(slope)[3] / Math.exp(-40)).toBeCloseTo(1, 12)
    const tanhSlope = backward('tanh', { x: fromNested([20]) }, {}, { y: fromNested([1]) }).x
    expect(rowMajor(tanhSlope)[0] / (4 * Math.exp(-40))).toBeCloseTo(1, 12)
  })

  it('softmax and its losses hold for logits of 1e300', () => {
    const x = fromNested([[1e300, 1e300, -1e300]])
    expectClose(forward('softmax', { x }).y, [[0.5, 0.5, 0]])
    expectClose(forward('crossEntropy', { logits: x, target: fromNested([0]) }).loss, Math.LN2)
    expect(rowMajor(forward('logSoftmax', { x }).y)[2]).toBe(-2e300)
  })

  it('convOutputSize is 55 for the first layer of AlexNet', () => {
    const { size } = forward(
      'convOutputSize',
      {},
      { input: [227, 227], kernel: [11, 11], stride: [4, 4], padding: [0, 0], dilation: [1, 1] },
    )
    expectClose(size, [55, 55])
  })

  it('maxPool2d gives the gradient of a tie to the first maximum in row-major order', () => {
    const x = fromNested([
      [
        [
          [1, 3],
          [3, 3],
        ],
      ],
    ])
    expectClose(backward('maxPool2d', { x }, { kernel: 2 }, { y: fromNested([[[[5]]]]) }).x, [
      [
        [
          [0, 5],
          [0, 0],
        ],
      ],
    ])
  })

  it('maxPool2d pads with −∞, not with 0', () => {
    const { y } = forward('maxPool2d', { x: fromNested([[[[-1]]]]) }, { kernel: 2, padding: 1, stride: 1 })
    expectClose(y, [
      [
        [
          [-1, -1],
          [-1, -1],
        ],
      ],
    ])
  })

  it('embedding adds up the gradients of a repeated id', () => {
    const inputs = {
      ids: fromNested([1, 1, 0]),
      table: fromNested([
        [1, 2],
        [3, 4],
      ]),
    }
    expectClose(
      backward(
        'embedding',
        inputs,
        {},
        {
          y: fromNested([
            [1, 10],
            [2, 20],
            [5, 50],
          ]),
        },
      ).table,
      [
        [5, 50],
        [3, 30],
      ],
    )
  })

  it('rnn follows ntua/1.3', () => {
    const { hidden } = forward(
      'rnn',
      {
        x: fromNested([[[0, -1, 2]], [[0, 0, 0]], [[-2, -2, 1]]]),
        weightInput: fromNested([
          [0, -1, 2],
          [1, -2, 0],
        ]),
        weightHidden: fromNested([
          [1, 0],
          [0, 1],
        ]),
      },
      { activation: 'relu' },
    )
    expectClose(hidden, [[[5, 2]], [[5, 2]], [[9, 4]]])
  })

  it('sgd starts a velocity where there is none', () => {
    const { parameter, velocity } = forward(
      'sgd',
      { parameter: fromNested([1]), gradient: fromNested([0.5]) },
      { learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 },
    )
    expectClose(velocity, [0.6])
    expectClose(parameter, [0.94])
  })
})

describe('second formulations', () => {
  it('conv2d is the sum of its definition, term by term', () => {
    const call = calls.find(({ operator }) => operator === 'conv2d')
    if (call === undefined) throw new Error('no call of conv2d')
    const { x, weight, bias } = call.inputs
    const { y } = forward('conv2d', call.inputs, call.attributes)
    expect(y.shape).toEqual([2, 6, 3, 3])
    for (let n = 0; n < 2; n++)
      for (let o = 0; o < 6; o++)
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++) {
            let sum = bias.get(o)
            for (let c = 0; c < 2; c++)
              for (let p = 0; p < 3; p++)
                for (let q = 0; q < 2; q++) {
                  const [row, column] = [2 * i + p - 1, j + 2 * q]
                  if (row < 0 || row >= 6 || column >= 5) continue
                  sum += x.get(n, (o < 3 ? 0 : 2) + c, row, column) * weight.get(o, c, p, q)
                }
            expect(y.get(n, o, i, j)).toBeCloseTo(sum, 13)
          }
  })
})
