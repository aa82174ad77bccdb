import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exponential, hyperbolicTangent, logistic, sechSquared, softplus } from '../elementary.js'
import { complementaryErrorFunction, errorFunction, normalDensity, normalDistribution } from '../errorFunction.js'
import { Random } from '../testing/random.js'

const points = 10_000
const here = new URL('./', import.meta.url)

interface Elementary {
  readonly functions: Readonly<Record<string, (x: number) => number>>
  readonly argument: (random: Random, i: number) => number
}

function between(least: number, most: number): Elementary['argument'] {
  return (random, i) => {
    if (i % 3 === 0) return random.between(least, most)
    if (i % 3 === 1) return random.between(-4, 4)
    const sign = random.next() < 0.5 ? -1 : 1
    return sign * (1 + random.next()) * 2 ** random.integer(-30, 2)
  }
}

/** As in make_golden.py, in its order: the functions that share the golden values, and the generator of their arguments. */
const elementary: readonly Elementary[] = [
  { functions: { exponential, 'Math.exp': Math.exp }, argument: between(-745, 709.7) },
  {
    functions: { 'Math.log': Math.log },
    argument: (random, i) => {
      const exponent = i % 2 === 1 ? random.integer(-1000, 1000) : random.integer(-2, 1)
      return (1 + random.next()) * 2 ** exponent
    },
  },
  {
    functions: { 'Math.log1p': Math.log1p },
    argument: (random) => {
      const mantissa = 1 + random.next()
      return mantissa * 2 ** random.integer(-40, -1)
    },
  },
  { functions: { hyperbolicTangent }, argument: between(-25, 25) },
  { functions: { logistic }, argument: between(-745, 50) },
  { functions: { softplus }, argument: between(-745, 100) },
  { functions: { sechSquared }, argument: between(-372, 372) },
  { functions: { errorFunction }, argument: between(-7, 7) },
  { functions: { complementaryErrorFunction }, argument: between(-7, 26.5) },
  { functions: { normalDistribution }, argument: between(-38, 9) },
  { functions: { normalDensity }, argument: between(-38, 38) },
  { functions: { 'Math.sin': Math.sin }, argument: between(-1000, 1000) },
  { functions: { 'Math.cos': Math.cos }, argument: between(-1000, 1000) },
]

/** The unit in the last place of a correctly rounded value. */
function lastPlace(y: number): number {
  return 2 ** Math.max(Math.floor(Math.log2(Math.max(Math.abs(y), 2 ** -1022))) - 52, -1074)
}

describe('elementary functions', () => {
  const golden = readFileSync(new URL('elementary.bin', here))
  const blocks = elementary.flatMap(({ functions, argument }, block) =>
    Object.entries(functions).map(([name, f]) => ({ name, f, argument, block })),
  )

  it.each(blocks)(`$name is within 1 unit in the last place at ${points} points`, ({ f, argument, block }) => {
    const random = new Random(block + 1)
    const start = block * points * 9
    let worst = { error: 0, x: 0 }
    for (let i = 0; i < points; i++) {
      const x = argument(random, i)
      const rounded = golden.readDoubleLE(start + 8 * i)
      const rest = golden.readInt8(start + 8 * points + i) / 254
      const error = Math.abs((f(x) - rounded) / lastPlace(rounded) - rest)
      if (!(error <= worst.error)) worst = { error, x }
    }
    expect(worst.error, `the worst is at ${worst.x}`).toBeLessThanOrEqual(1)
  })

  it('would notice an approximation of erf good to 1.5e-7', () => {
    const t = 1 / (1 + 0.3275911)
    const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    expect(Math.abs(1 - series * Math.exp(-1) - errorFunction(1)) / lastPlace(errorFunction(1))).toBeGreaterThan(1e6)
  })
})

describe('golden files', () => {
  const lines = readFileSync(new URL('golden.sha256', here), 'utf8').trim().split('\n')
  it.each(lines)('%s', (line) => {
    const [hash, name] = line.split('  ')
    expect(
      createHash('sha256')
        .update(readFileSync(new URL(name, here)))
        .digest('hex'),
    ).toBe(hash)
  })
})
