import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exercises } from '../exercises/index.js'
import { claimOf, reportOf } from './fixtures/claims.js'
import type { Claim } from './report.js'
import { BadScheme, readScheme, type Scheme } from './scheme.js'
import { pointsOf } from './schemePoints.js'
import type { Verdict } from './verdict.js'

const scheme = (text: string): Promise<Scheme> => readScheme('scheme.yaml', text, exercises)

describe('a marking scheme', () => {
  it('gives quantities points, in any usual spelling of them', async () => {
    const { exercises: read, most } = await scheme(
      'exercises:\n  ntua/1.1b:\n    quantities:\n      δ3: 2\n      y_5: { points: 1, carried: 0.5 }\n      new w35: 1\n',
    )
    expect(read[0].quantities.map(({ quantity, points }) => [quantity, points])).toEqual([
      ['delta3', 2],
      ['y5', 1],
      ['newW35', 1],
    ])
    expect(read[0].quantities.map(({ shares }) => shares.carried)).toEqual([1, 0.5, 1])
    expect(most).toBe(4)
  })

  it('spreads the points of an exercise over what it asks for', async () => {
    const { exercises: read, most } = await scheme('exercises: { ntua/1.2: 4 }')
    const asked = exercises.find(({ id }) => id === 'ntua/1.2')?.quantities.filter((quantity) => quantity.asked) ?? []
    expect(read[0].quantities.map(({ quantity }) => quantity)).toEqual(asked.map(({ name }) => name))
    expect(read[0].quantities.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(4, 12)
    expect(most).toBe(4)
  })

  it.each([
    [
      'an unknown exercise',
      'exercises:\n  ntua/1.1e: 3\n',
      /:2: there is no exercise ntua\/1\.1e; did you mean ntua\/1\.1/,
    ],
    [
      'an unknown quantity',
      'title: x\nexercises:\n  ntua/1.1b:\n    quantities:\n      y5: 1\n      delta33: 2\n',
      /:6: ntua\/1\.1b has no quantity delta33; did you mean delta3\?/,
    ],
    ['a given datum', 'exercises:\n  ntua/1.1b:\n    quantities:\n      x1: 1\n', /:4: x1 is given in ntua\/1\.1b/],
    [
      'one quantity by two names',
      'exercises:\n  ntua/1.1b:\n    quantities:\n      delta3: 1\n      δ_3: 2\n',
      /:5: δ_3 is the same quantity as delta3/,
    ],
    ['a misspelt key', 'rounding: 1\nexercises: { ntua/1.2: 4 }\n', /:1: rounding is nothing that a scheme has here/],
    [
      'a misspelt key of a quantity',
      'exercises:\n  ntua/1.1b:\n    quantities:\n      y5: { points: 1, caried: 1 }\n',
      /:4: caried is nothing that a scheme has here; did you mean carried\?/,
    ],
    ['a share above 1', 'carried: 2\nexercises: { ntua/1.2: 4 }\n', /:1: carried: .*<=1/],
    ['no number of points', 'exercises:\n  ntua/1.2: many\n', /:2: ntua\/1\.2: expected number, received string/],
    [
      'a cap that caps nothing',
      'exercises:\n  ntua/1.1b:\n    most: 10\n    quantities:\n      y5: 2\n',
      /:3: most: 10 is more than .* 2 points together/,
    ],
    ['no exercise', 'exercises: {}\n', /:1: a scheme gives points for some exercise/],
    ['no exercises at all', 'title: mine\n', /exercises: expected record/],
    ['broken YAML', 'exercises:\n  ntua/1.2: [4\n', /:2: |:3: /],
    ['keys that stand twice', 'exercises:\n  ntua/1.2: 4\n  ntua/1.2: 5\n', /:3: .*unique/],
    ['nothing', '', /a scheme: expected object/],
  ])('with %s says so, with the line', async (_, text, message) => {
    await expect(scheme(text)).rejects.toThrow(BadScheme)
    await expect(scheme(text)).rejects.toThrow(message)
  })

  it('is refused where its aliases stand for too much', async () => {
    const bomb = `a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n${'bcdefgh'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(', ')}]`)
      .join('\n')}\n`
    await expect(scheme(bomb)).rejects.toThrow(/alias/i)
  })

  const folder = fileURLToPath(new URL('../examples/schemes', import.meta.url))
  it.each(readdirSync(folder))('%s of the examples can be used', async (name) => {
    expect((await scheme(readFileSync(`${folder}/${name}`, 'utf8'))).most).toBeGreaterThan(0)
  })
})

const names = ['y3', 'y4', 'y5', 'error', 'delta5', 'delta3', 'delta4']
const wrongs: readonly Verdict[] = ['arithmetic', 'transcription', 'wrong', 'unsupported']
const pointsEach = fc.array(
  fc.integer({ min: 1, max: 12 }).map((quarters) => quarters / 4),
  {
    minLength: names.length,
    maxLength: names.length,
  },
)

function schemeText(points: readonly number[], more = ''): string {
  return `${more}exercises:\n  ntua/1.1b:\n    quantities:\n${names.map((name, i) => `      ${name}: ${points[i]}\n`).join('')}`
}

/** A solution that says every quantity once or twice, with random verdicts. */
const solution = fc
  .array(
    fc.record({
      quantity: fc.constantFrom(...names),
      verdict: fc.constantFrom<Verdict>('correct', 'correct', 'rounded', 'carried', ...wrongs),
      root: fc.boolean(),
    }),
    { maxLength: 20 },
  )
  .map((claims) =>
    claims.map(({ quantity, verdict, root }, i) =>
      claimOf(quantity, verdict, { line: i + 1, ...(wrongs.includes(verdict) && { root }) }),
    ),
  )

const scoreOf = (claims: readonly Claim[], by: Scheme): number => pointsOf([reportOf(claims)], by).score

describe('points', () => {
  it('are all of them for a right solution', async () => {
    const by = await scheme(schemeText([1, 1, 2, 1, 2, 3, 3]))
    expect(pointsOf([reportOf(names.map((name) => claimOf(name, 'correct')))], by)).toMatchObject({
      score: 13,
      maximum: 13,
    })
  })

  it('say which verdict on which line cost them', async () => {
    const by = await scheme(schemeText([1, 1, 2, 1, 2, 3, 3]))
    const { quantities, score } = pointsOf(
      [reportOf([claimOf('y5', 'arithmetic', { line: 7 }), claimOf('delta5', 'carried', { line: 9 })])],
      by,
    )
    expect(quantities.find(({ quantity }) => quantity === 'y5')).toMatchObject({
      score: 1,
      why: 'arithmetic in line 7',
    })
    expect(quantities.find(({ quantity }) => quantity === 'delta5')).toMatchObject({ score: 2, why: '' })
    expect(quantities.find(({ quantity }) => quantity === 'delta4')).toMatchObject({ score: 0, why: 'missing' })
    expect(score).toBe(3)
  })

  it('of a vector are lost cell by cell', async () => {
    const by = await scheme('exercises:\n  ntua/1.3:\n    quantities:\n      h1: 3\n')
    const wrongCell = (index: number) => claimOf('h1', 'wrong', { exercise: 'ntua/1.3', index })
    // The hidden state has two units.
    expect(scoreOf([wrongCell(0)], by)).toBe(1.5)
    expect(scoreOf([wrongCell(1), wrongCell(1)], by)).toBe(1.5)
    expect(scoreOf([wrongCell(0), wrongCell(1)], by)).toBe(0)
  })

  it('lie between nothing and the maximum, and are the sum of those of the quantities', async () => {
    await fc.assert(
      fc.asyncProperty(pointsEach, solution, async (points, claims) => {
        const by = await scheme(schemeText(points))
        const { score, maximum, quantities, exercises: each } = pointsOf([reportOf(claims)], by)
        expect(maximum).toBeCloseTo(
          points.reduce((sum, x) => sum + x, 0),
          9,
        )
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(maximum)
        expect(quantities.reduce((sum, quantity) => sum + quantity.score, 0)).toBeCloseTo(score, 9)
        expect(each.reduce((sum, exercise) => sum + exercise.score, 0)).toBeCloseTo(score, 9)
        for (const quantity of quantities) expect(quantity.why === '').toBe(quantity.score === quantity.maximum)
      }),
      { seed: 6, numRuns: 60 },
    )
  })

  it('never fall where a claim is mended', async () => {
    const by = await scheme(schemeText([1, 1, 2, 1, 2, 3, 3], 'carried: 0.5\nrounded: 0.9\nmost: 11\nround: 0.5\n'))
    fc.assert(
      fc.property(
        solution.filter((claims) => claims.length > 0),
        fc.nat(),
        (claims, at) => {
          const mended = claims.map((claim, i) =>
            i === at % claims.length ? claimOf(claim.quantity ?? '', 'correct', { line: claim.line }) : claim,
          )
          expect(scoreOf(mended, by)).toBeGreaterThanOrEqual(scoreOf(claims, by))
        },
      ),
      { seed: 7, numRuns: 500 },
    )
  })

  it('of one root error are never more than those of its quantity, however much follows from it', async () => {
    await fc.assert(
      fc.asyncProperty(
        pointsEach,
        fc.nat({ max: names.length - 1 }),
        fc.constantFrom(...wrongs),
        fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }),
        async (points, at, verdict, follows) => {
          const by = await scheme(schemeText(points))
          const claims = names.map((name, i) => {
            if (i === at) return claimOf(name, verdict, { line: i + 1 })
            const isCarried = i > at && follows[i]
            return claimOf(name, isCarried ? 'carried' : 'correct', {
              line: i + 1,
              ...(isCarried && { carriedFrom: at + 1 }),
            })
          })
          const lost = pointsOf([], by).maximum - scoreOf(claims, by)
          expect(lost).toBeGreaterThan(0)
          expect(lost).toBeLessThanOrEqual(points[at] + 1e-9)
        },
      ),
      { seed: 8, numRuns: 100 },
    )
  })

  it('are rounded for the student: half a step up, 0.1 + 0.2 included', async () => {
    const text = (each: readonly number[], step: number): string => schemeText(each, `round: ${step}\nslip: 0.5\n`)
    const slip = [claimOf('y3', 'arithmetic'), ...names.slice(1).map((name) => claimOf(name, 'correct'))]
    expect(scoreOf(slip, await scheme(text([0.5, 1, 1, 1, 1, 1, 1], 0.5)))).toBe(6.5)
    const two = [claimOf('y3', 'correct'), claimOf('y4', 'correct')]
    expect(scoreOf(two, await scheme(text([0.1, 0.2, 1, 1, 1, 1, 1], 0.2)))).toBe(0.4)
  })

  it('of several files of one solution count together', async () => {
    const by = await scheme(schemeText([1, 1, 2, 1, 2, 3, 3]))
    const files = [reportOf([claimOf('y5', 'correct')], 'a.md'), reportOf([claimOf('delta3', 'correct')], 'b.md')]
    expect(pointsOf(files, by).score).toBe(5)
  })
})
