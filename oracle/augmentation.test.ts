import { describe, expect, it } from 'vitest'
import { adjustColor, crop, gaussianBlur, horizontalFlip, resize } from './augmentation.js'
import type { OracleOperator } from './operator.js'
import { fromNested, type Nested, rowMajor, type Tensor, tensor, toNested } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

const random = new Random(19)
const image = random.tensor([2, 2, 4, 5])
const calls: readonly Call[] = [
  { operator: 'horizontalFlip', inputs: { image }, attributes: {} },
  { operator: 'gaussianBlur', inputs: { image }, attributes: { sigma: 0.8, radius: 3 } },
  {
    operator: 'adjustColor',
    inputs: { image, scale: random.tensor([2]), shift: random.tensor([2]) },
    attributes: {},
  },
  { operator: 'crop', inputs: { image }, attributes: { top: 1, left: 2, height: 2, width: 3 } },
  { operator: 'resize', inputs: { image }, attributes: { height: 7, width: 3 } },
  { operator: 'resize', inputs: { image }, attributes: { height: 1, width: 12 } },
]
const operators: readonly OracleOperator[] = [horizontalFlip, gaussianBlur, adjustColor, crop, resize]
describeCalls(operators, calls)

const row = (...values: readonly number[]) => tensor([1, 1, 1, values.length], values)
const plane = (...rows: readonly (readonly number[])[]): Tensor => fromNested([[rows]])

function dot(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return rowMajor(a).reduce((sum, value, i) => sum + value * right[i], 0)
}

describe('what is known of augmentations', () => {
  it.each(calls.filter(({ operator }) => operator !== 'adjustColor'))(
    '$operator has its adjoint as its backward pass: ⟨A·x, y⟩ = ⟨x, Aᵀ·y⟩',
    ({ operator, inputs, attributes }) => {
      const found = operators.find(({ declaration }) => declaration.name === operator)
      const { y } = found?.forward(inputs, attributes) ?? {}
      const gradient = random.tensor(y.shape)
      const back = found?.backward?.(inputs, attributes, { y: gradient }) ?? {}
      expect(dot(y, gradient) - dot(inputs.image, back.image)).toBeCloseTo(0, 12)
    },
  )

  it('horizontalFlip mirrors, and undoes itself', () => {
    const { y } = horizontalFlip.forward({ image: plane([1, 2, 3], [4, 5, 6]) })
    expect(toNested(y)).toEqual([
      [
        [
          [3, 2, 1],
          [6, 5, 4],
        ],
      ],
    ])
    expect(toNested(horizontalFlip.forward({ image: horizontalFlip.forward({ image }).y }).y)).toEqual(toNested(image))
  })

  it('gaussianBlur reflects at the borders without repeating the edge', () => {
    const [side, centre] = [Math.exp(-1 / 2), 1].map((weight) => weight / (1 + 2 * Math.exp(-1 / 2)))
    const { y } = gaussianBlur.forward({ image: plane([1, 2, 4], [1, 2, 4]) }, { sigma: 1, radius: 1 })
    const wanted = [centre + 4 * side, side + 2 * centre + 4 * side, 4 * centre + 4 * side]
    for (const j of [0, 1, 2]) expect(y.get(0, 0, 0, j)).toBeCloseTo(wanted[j], 14)
  })

  it('gaussianBlur keeps a constant image, and every image for radius 0 or a vanishing sigma', () => {
    const constant = tensor([1, 1, 4, 5], new Float64Array(20).fill(3))
    for (const value of rowMajor(gaussianBlur.forward({ image: constant }, { sigma: 2, radius: 3 }).y))
      expect(value).toBeCloseTo(3, 14)
    for (const settings of [
      { sigma: 1, radius: 0 },
      { sigma: 1e-200, radius: 2 },
    ])
      expect(toNested(gaussianBlur.forward({ image }, settings).y)).toEqual(toNested(image))
  })

  it('gaussianBlur is the double sum over its window', () => {
    const [sigma, radius] = [0.7, 2]
    const { y } = gaussianBlur.forward({ image }, { sigma, radius })
    const reflected = (i: number, length: number) => (i < 0 ? -i : i < length ? i : 2 * length - 2 - i)
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 5; j++) {
        let [sum, total] = [0, 0]
        for (let p = -radius; p <= radius; p++)
          for (let q = -radius; q <= radius; q++) {
            const weight = Math.exp(-(p * p + q * q) / (2 * sigma * sigma))
            sum += weight * image.get(1, 0, reflected(i + p, 4), reflected(j + q, 5))
            total += weight
          }
        expect(y.get(1, 0, i, j)).toBeCloseTo(sum / total, 14)
      }
  })

  it('adjustColor scales and shifts by channel', () => {
    const two = tensor([1, 2, 1, 2], [1, 2, 3, 4])
    const inputs = { image: two, scale: fromNested([2, -1]), shift: fromNested([10, 0.5]) }
    expect(toNested(adjustColor.forward(inputs).y)).toEqual([[[[12, 14]], [[-2.5, -3.5]]]])
  })

  it('crop takes its window, and gives gradient to nothing else', () => {
    const inputs = { image: plane([1, 2, 3], [4, 5, 6]) }
    const window = { top: 1, left: 1, height: 1, width: 2 }
    expect(toNested(crop.forward(inputs, window).y)).toEqual([[[[5, 6]]]])
    expect(toNested(crop.backward?.(inputs, window, { y: row(7, 8) }).image ?? row(0))).toEqual([
      [
        [
          [0, 0, 0],
          [0, 7, 8],
        ],
      ],
    ])
  })

  it.each<[string, readonly number[], number, Nested]>([
    ['twice as wide', [0, 4], 4, [0, 1, 3, 4]],
    ['half as wide, without antialiasing', [1, 3, 100, 7], 2, [2, 53.5]],
    ['a third: centres fall on entries', [1, 2, 3], 1, 2],
    ['three from two', [0, 6], 3, [0, 3, 6]],
    ['from one entry', [5], 3, [5, 5, 5]],
  ])('resize: %s', (_, values, width, wanted) => {
    const { y } = resize.forward({ image: row(...values) }, { height: 1, width })
    expect(toNested(y)).toEqual([[[typeof wanted === 'number' ? [wanted] : wanted]]])
  })

  it('resize to its own size changes nothing', () => {
    expect(toNested(resize.forward({ image }, { height: 4, width: 5 }).y)).toEqual(toNested(image))
  })
})

describe('refusals', () => {
  it.each([
    [
      'a blur wider than the image',
      () => gaussianBlur.forward({ image }, { sigma: 1, radius: 4 }),
      "gaussianBlur: radius is 4; it should be less than the image's 4 rows and 5 columns",
    ],
    [
      'a sigma of 0',
      () => gaussianBlur.forward({ image }, { sigma: 0, radius: 1 }),
      'gaussianBlur: attribute sigma is 0; it should be a number > 0',
    ],
    [
      'a crop below the image',
      () => crop.forward({ image }, { top: 3, left: 0, height: 2, width: 1 }),
      "crop: top 3 and height 2 reach below the image's 4 rows; the crop should lie inside",
    ],
    [
      'a crop beyond the image',
      () => crop.forward({ image }, { top: 0, left: 3, height: 2, width: 3 }),
      "crop: left 3 and width 3 reach beyond the image's 5 columns; the crop should lie inside",
    ],
    [
      'a height of 0',
      () => resize.forward({ image }, { height: 0, width: 1 }),
      'resize: attribute height is 0; it should be a whole number ≥ 1',
    ],
    [
      'a scale for three channels',
      () => adjustColor.forward({ image, scale: fromNested([1, 1, 1]), shift: fromNested([1, 1]) }),
      'adjustColor: scale has 3 channels, image has 2',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})
