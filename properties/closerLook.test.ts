import { describe, expect, it } from 'vitest'
import { type Direction, isCurvature } from './closerLook.js'
import { Random } from './data.js'

/** Rounding of which ten standard deviations are just allowed; what is left at the first step in these units. */
const allowed = 10
const step = 2 ** -8

/** A gradient wrong by `slope` in one direction of a function with a third derivative: q(t) = slope + bend·t². */
function direction(slope: number, bend: number, random: Random): Direction {
  return { linearAt: async (t) => (slope * t + bend * t ** 3) / step + random.normal(), finest: 0 }
}

/** How often, of 1,000 times, what is left is taken for curvature. */
async function taken(slope: number, bend: number): Promise<number> {
  let times = 0
  for (let seed = 1; seed <= 1000; seed++) {
    const random = new Random(seed)
    const linear = slope + bend * step ** 2 + random.normal()
    if (await isCurvature(direction(slope, bend, random), { step, linear, allowed }, random)) times++
  }
  return times
}

describe('a closer look at a gradient that leaves something unexplained', () => {
  it.each([10, 12, 15, 20, 40, 100, 1000, 1e6])(
    'takes a wrong gradient, %i standard deviations of rounding off, for curvature in fewer than one run in 100',
    async (left) => {
      expect(await taken(left, 0)).toBeLessThan(10)
    },
  )

  it.each([10, 12, 15, 20, 40, 100])(
    'takes curvature that leaves %i standard deviations for what it is in 99 runs of 100 at least',
    async (left) => {
      expect(await taken(0, left / step ** 2)).toBeGreaterThanOrEqual(990)
    },
  )

  it.each([40, 100, 1000])('is not misled by curvature as strong as the error of %i deviations', async (left) => {
    expect(await taken(left, left / step ** 2)).toBeLessThan(10)
    expect(await taken(left, (10 * left) / step ** 2)).toBeLessThan(10)
  })

  it('gives up where the inputs could not take the steps', async () => {
    const curved = direction(0, 100 / step ** 2, new Random(1))
    expect(await isCurvature({ ...curved, finest: step }, { step, linear: 100, allowed }, new Random(1))).toBe(false)
  })
})
