import { describe, expect, it } from 'vitest'
import { backwardOf } from './operator.js'
import { adaptiveAvgPool2d, avgPool2d } from './pooling.js'
import { fromNested, tensor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(4)
describeCalls(
  [avgPool2d, adaptiveAvgPool2d],
  [
    { operator: 'avgPool2d', inputs: { x: random.tensor([2, 3, 5, 6]) }, attributes: { kernel: [3, 2] } },
    {
      operator: 'avgPool2d',
      inputs: { x: random.tensor([2, 2, 5, 4]) },
      attributes: { kernel: 3, stride: [1, 2], padding: 1, countIncludePad: false },
    },
    { operator: 'adaptiveAvgPool2d', inputs: { x: random.tensor([2, 3, 5, 7]) }, attributes: { output: [3, 2] } },
    { operator: 'adaptiveAvgPool2d', inputs: { x: random.tensor([1, 1, 4, 4]) }, attributes: { output: 1 } },
  ],
)

const square = fromNested([
  [
    [
      [1, 2],
      [3, 6],
    ],
  ],
])

describe('avgPool2d', () => {
  it('counts the padding or leaves it out', () => {
    const settings = { kernel: 2, stride: 2, padding: 1 }
    expect(toNested(avgPool2d.forward({ x: square }, settings).y)).toEqual([
      [
        [
          [0.25, 0.5],
          [0.75, 1.5],
        ],
      ],
    ])
    expect(toNested(avgPool2d.forward({ x: square }, { ...settings, countIncludePad: false }).y)).toEqual([
      [
        [
          [1, 2],
          [3, 6],
        ],
      ],
    ])
  })

  it('has the kernel as its stride where none is given, and drops what no whole window covers', () => {
    expect(avgPool2d.forward({ x: zeros([1, 1, 7, 5]) }, { kernel: [3, 2] }).y.shape).toEqual([1, 1, 2, 2])
  })

  it('is finite where only the sum overflows', () => {
    expect(toNested(avgPool2d.forward({ x: tensor([1, 1, 1, 2], [1.5e308, 1.5e308]) }, { kernel: [1, 2] }).y)).toEqual([
      [[[1.5e308]]],
    ])
  })

  it('refuses more padding than half the kernel, and a window that does not fit', () => {
    expect(() => avgPool2d.forward({ x: square }, { kernel: 2, padding: [0, 2] })).toThrow(
      'avgPool2d: padding is [0, 2]; it should be at most half the kernel [2, 2]',
    )
    expect(() => avgPool2d.forward({ x: square }, { kernel: 3 })).toThrow(
      "avgPool2d: the window is 3 high (kernel 3, dilation 1), larger than the padded input's 2; it should fit",
    )
  })
})

describe('adaptiveAvgPool2d', () => {
  it('lets cells overlap where they do not divide the input', () => {
    // Cells of 5 into 3: 0–1, 1–3, 3–4
    const x = tensor([1, 1, 1, 5], [1, 2, 3, 4, 5])
    expect(toNested(adaptiveAvgPool2d.forward({ x }, { output: [1, 3] }).y)).toEqual([[[[1.5, 3, 4.5]]]])
    const gradient = tensor([1, 1, 1, 3], [2, 3, 4])
    expect(toNested(backwardOf(adaptiveAvgPool2d)({ x }, { output: [1, 3] }, { y: gradient }).x)).toEqual([
      [[[1, 2, 1, 3, 2]]],
    ])
  })

  it('leaves the input as it is at its own size', () => {
    expect(toNested(adaptiveAvgPool2d.forward({ x: square }, { output: 2 }).y)).toEqual(toNested(square))
  })

  it('refuses more cells than the input has', () => {
    expect(() => adaptiveAvgPool2d.forward({ x: square }, { output: [1, 3] })).toThrow(
      "adaptiveAvgPool2d: output is [1, 3]; it should be at most the input's [2, 2]",
    )
  })
})
