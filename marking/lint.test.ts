import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Exercise, findExercise, instanceOf } from '../exercises/index.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { item, scalar } from '../oracle/tensor.js'
import type { LintPrecision, LintReport } from './lint.js'
import { lintExercise, withProposal } from './lint.js'

const threeDecimals: LintPrecision = { kind: 'decimals', digits: 3 }

function known(id: string): Exercise {
  const exercise = findExercise(id)
  if (exercise === undefined) throw new Error(`no exercise is called ${id}`)
  return exercise
}

/** The mistakes that nothing tells from the key. */
function hidden({ likeKey }: LintReport): readonly string[] {
  return likeKey.filter(({ everywhere }) => everywhere).flatMap(({ mistakes }) => mistakes)
}

describe('mistakes that yield the key', () => {
  it('a learning rate of 1 that is left out changes no step, one of 0.5 does', async () => {
    expect(hidden(await lintExercise(exercise11b, threeDecimals))).toContain('learning rate left out')
    const halved = instanceOf(exercise11b, { eta: scalar(0.5) })
    expect(hidden(await lintExercise(halved, threeDecimals))).not.toContain('learning rate left out')
  })

  it('a weight of 1 that is left out of the deltas does not show', async () => {
    const { likeKey } = await lintExercise(exercise11b, threeDecimals)
    const found = likeKey.find(({ mistakes }) => mistakes[0] === 'output weight left out')
    expect(found).toMatchObject({ quantities: ['delta3', 'delta4'], everywhere: true })
  })

  it('a quotient that is whole, (227 − 11)/4 = 54, hides how it is rounded; (228 − 11)/4 = 54.25 does not', async () => {
    const exercise = known('ntua/1.2')
    expect(hidden(await lintExercise(exercise, threeDecimals))).toContain('rounded up')
    const [width] = exercise.given.filter(({ value }) => value.size === 1 && value.data[0] === 227)
    const wider = instanceOf(exercise, { [width.name]: scalar(228) })
    expect(hidden(await lintExercise(wider, threeDecimals))).not.toContain('rounded up')
  })

  it('what no numbers tell is no fault of these', async () => {
    // Sums accumulated in float32 differ from the seventh digit on, whatever the numbers.
    expect(hidden(await lintExercise(exercise11b, threeDecimals))).not.toContain('matmul accumulated in float32')
  })

  it('fewer digits tell less', async () => {
    const coarse = await lintExercise(exercise11b, { kind: 'decimals', digits: 1 })
    const fine = await lintExercise(exercise11b, threeDecimals)
    const pairs = (report: LintReport) =>
      report.likeKey.flatMap(({ mistakes, quantities }) => quantities.map((quantity) => `${mistakes[0]} ${quantity}`))
    expect(pairs(coarse).length).toBeGreaterThan(pairs(fine).length)
  })
})

describe('numbers that hide something', () => {
  it('a pre-activation of 0', async () => {
    const { trivial } = await lintExercise(exercise11b, threeDecimals)
    expect(trivial).toContainEqual(expect.objectContaining({ kind: 'zero', name: 'a4' }))
  })

  it('a padding of 1 that a stride of 4 swallows: no answer depends on it', async () => {
    // floor((227 − 11 + 2·1)/4) = floor(54.5) = 54 = (227 − 11)/4.
    const { trivial } = await lintExercise(known('ntua/1.2'), threeDecimals)
    expect(trivial).toContainEqual(expect.objectContaining({ kind: 'unneeded', name: 'padding' }))
  })

  it('the linting changes nothing of what it lints', async () => {
    const before = JSON.stringify(exercise11b.given)
    await lintExercise(exercise11b, threeDecimals)
    expect(JSON.stringify(exercise11b.given)).toBe(before)
  })
})

/** q = t·a, or a alone by another convention: the same where t = 1. */
function scaledTarget(t: number): Exercise {
  const given = { meaning: '', kind: 'real' } as const
  return {
    ...exercise11b,
    id: 'made/1',
    given: [
      { ...given, name: 't', symbols: ['t'], value: scalar(t) },
      { ...given, name: 'a', symbols: ['a'], value: scalar(3) },
    ],
    arbitrary: () => fc.constant({ t: scalar(2), a: scalar(5) }),
    stages: [],
    quantities: [
      {
        ...{ name: 'q', symbols: ['q'], meaning: '', kind: 'real', from: ['t', 'a'], formula: 't a', asked: true },
        compute: async ({ t: factor, a }) => scalar(item(factor) * item(a)),
      },
    ],
    conventions: [
      {
        axis: 'target',
        conventions: [
          { name: 'times t', description: '', overrides: {} },
          {
            ...{ name: 'without t', description: '' },
            overrides: { q: { from: ['a'], formula: 'a', compute: async ({ a }) => a } },
          },
        ],
      },
    ],
    mistakes: [],
    laws: [],
    experiments: [],
  }
}

describe('conventions', () => {
  it('that agree for a target of 1 cannot be told; for 2 they can', async () => {
    const untold = await lintExercise(scaledTarget(1), threeDecimals)
    expect(untold.conventions).toEqual([{ axis: 'target', conventions: ['times t', 'without t'] }])
    expect(untold.tells).toBe(false)
    expect((await lintExercise(scaledTarget(2), threeDecimals)).conventions).toEqual([])
  })
})

describe('drift of rounded work', () => {
  it('is less than the largest of all steps of rounding can make, and listed from the farthest', async () => {
    const { drift } = await lintExercise(exercise11b, threeDecimals)
    expect(drift.map(({ units }) => units)).toEqual(drift.map(({ units }) => units).toSorted((a, b) => b - a))
    // a_5 = −2 + 1·y_3 + 1·y_4: its own rounding and that of two values, half a unit each.
    expect(drift.find(({ quantity }) => quantity === 'a5')?.units ?? 0).toBeLessThanOrEqual(1.5 + 1e-9)
  })

  it('is none where all numbers are whole', async () => {
    expect((await lintExercise(known('ntua/1.2'), threeDecimals)).drift).toEqual([])
  })
})

describe('what to change', () => {
  it('advises where something is untold, and proposes the instance that leaves least untold', async () => {
    const exercise = known('ntua/1.2')
    const report = await lintExercise(exercise, threeDecimals)
    expect(report.tells).toBe(false)
    expect(report.advice.length).toBeGreaterThan(0)
    const { proposal } = await withProposal(report, exercise)
    expect(proposal?.untold.length).toBeLessThan(hidden(report).length)
  })

  it('has nothing to propose where all is told', async () => {
    const exercise = known('ntua/1.4')
    const report = await withProposal(await lintExercise(exercise, threeDecimals), exercise)
    expect(report).toMatchObject({ tells: true, likeEachOther: [] })
    expect(report.proposal).toBeUndefined()
  })
})
