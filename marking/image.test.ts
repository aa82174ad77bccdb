import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Values } from '../exercises/exercise.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import type { Box } from './boxes.js'
import { image, isFarFrom } from './image.js'

const size = 16

/** A matrix that takes sixteen numbers to three, then the sigmoid of each. */
function computation(weights: readonly number[]): (values: Values) => Promise<Tensor> {
  return async ({ x }) => {
    const data = rowMajor(x)
    const sums = [0, 1, 2].map((row) => data.reduce((sum, value, i) => sum + weights[row * size + i] * value, 0))
    return tensor(
      [3],
      sums.map((sum) => 1 / (1 + Math.exp(-sum))),
    )
  }
}

const numbers = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: count, maxLength: count })
const widths = fc.array(fc.double({ min: 1e-6, max: 0.05, noNaN: true }), { minLength: size, maxLength: size })
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size })

function boxAround(middle: readonly number[], half: readonly number[]): Box {
  return { shape: [size], low: middle.map((x, i) => x - half[i]), high: middle.map((x, i) => x + half[i]) }
}

describe('the image of a box', () => {
  test('is never far from a value that its computation takes in it', async () => {
    await fc.assert(
      fc.asyncProperty(numbers(3 * size), numbers(size), widths, shares, async (weights, middle, half, share) => {
        const compute = computation(weights)
        const box = boxAround(middle, half)
        const inside = middle.map((_, i) => box.low[i] + share[i] * (box.high[i] - box.low[i]))
        const value = [...rowMajor(await compute({ x: tensor([size], inside) }))]
        const written = { shape: [3], low: value, high: value }
        expect(await isFarFrom(written, compute, { x: box })).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('holds the values between its ends, where a square turns round', async () => {
    const hundredths = fc.integer({ min: -200, max: 200 }).map((count) => count / 100)
    await fc.assert(
      fc.asyncProperty(hundredths, hundredths, hundredths, fc.nat({ max: 100 }), async (end, other, at, share) => {
        const [low, high] = [Math.min(end, other), Math.max(end, other)]
        const square = async ({ x }: Values) => tensor([], [(rowMajor(x)[0] - at) ** 2])
        const reached = await image(square, { x: { shape: [], low: [low], high: [high] } })
        const value = (low + (share / 100) * (high - low) - at) ** 2
        expect(reached?.low[0]).toBeLessThanOrEqual(value + 1e-12)
        expect(reached?.high[0]).toBeGreaterThanOrEqual(value - 1e-12)
      }),
    )
  })

  test('holds what a quotient comes to by a number that may be 0', async () => {
    const hundredths = fc.integer({ min: 1, max: 200 }).map((count) => count / 100)
    await fc.assert(
      fc.asyncProperty(hundredths, hundredths, fc.integer({ min: 2, max: 98 }), async (below, above, share) => {
        const quotient = async ({ x }: Values) => tensor([], [1 / rowMajor(x)[0]])
        const at = -below + (share / 100) * (below + above)
        fc.pre(Math.abs(at) > 0.005 * (below + above) && below !== above)
        const reached = await image(quotient, { x: { shape: [], low: [-below], high: [above] } })
        expect(reached?.low[0]).toBeLessThanOrEqual(1 / at)
        expect(reached?.high[0]).toBeGreaterThanOrEqual(1 / at)
      }),
    )
  })

  test('does not reach beyond what a value that passes through 0 comes to', async () => {
    const cubic = async ({ x }: Values) => tensor([], [rowMajor(x)[0] ** 3 - 3 * rowMajor(x)[0]])
    const reached = await image(cubic, { x: { shape: [], low: [-0.5], high: [2.5] } })
    expect(reached?.low[0]).toBeGreaterThan(-4)
    expect(reached?.high[0]).toBeLessThan(9)
  })

  test('is far from what no value near it comes to, and then does not hold it', async () => {
    const compute = computation(Array.from({ length: 3 * size }, (_, i) => Math.sin(i + 1)))
    const box = boxAround(
      Array.from({ length: size }, (_, i) => Math.cos(i)),
      Array.from({ length: size }, () => 1e-4),
    )
    const here = rowMajor(await compute({ x: tensor([size], box.low) }))
    const written = { shape: [3], low: [here[0], here[1], 1 - here[2]], high: [here[0], here[1], 1 - here[2]] }
    expect(await isFarFrom(written, compute, { x: box })).toBe(true)
    const reached = await image(compute, { x: box })
    expect(reached === undefined || reached.low[2] > written.high[2] || reached.high[2] < written.low[2]).toBe(true)
  })

  test('is not said to be far where the computation refuses its values', async () => {
    const refuses = async (): Promise<Tensor> => {
      throw new RangeError('not here')
    }
    const box = boxAround(Array(size).fill(1), Array(size).fill(0.1))
    expect(await isFarFrom({ shape: [1], low: [9], high: [9] }, refuses, { x: box })).toBe(false)
  })

  test('is of the middle’s sign only, by its first digit, where the computation refuses the other', async () => {
    const inverseRoot = async ({ x }: Values): Promise<Tensor> => tensor([1], [rowMajor(x)[0] ** -0.2])
    const found = await image(inverseRoot, { x: { shape: [1], low: [-0.000335], high: [0.000665] } })
    expect(found?.low[0]).toBeCloseTo(0.000215 ** -0.2, 2)
    expect(found?.high[0]).toBeCloseTo(0.0001 ** -0.2, 2)
    const next = await image(inverseRoot, { x: { shape: [1], low: [-0.000425], high: [0.000575] } })
    expect(next?.low[0]).toBeCloseTo(0.0001 ** -0.2, 2)
    expect(next?.high[0]).toBeCloseTo(0.00007 ** -0.2, 2)
    const negative = await image(async ({ x }) => tensor([1], [Math.log(-rowMajor(x)[0])]), {
      x: { shape: [1], low: [-0.000575], high: [0.000425] },
    })
    expect(negative?.low[0]).toBeCloseTo(Math.log(0.00007), 2)
    expect(negative?.high[0]).toBeCloseTo(Math.log(0.0001), 2)
    expect(await image(inverseRoot, { x: { shape: [1], low: [-0.0005], high: [0.0005] } })).toBeUndefined()
    const sum = await image(async ({ x }) => x, { x: { shape: [1], low: [-0.000335], high: [0.000665] } })
    expect(sum?.low[0]).toBeLessThanOrEqual(-0.000335)
  })
})
