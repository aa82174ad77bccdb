import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { findExercise, solve, type Values } from '../../exercises/index.js'
import { oracle } from '../../oracle/index.js'
import { fromNested, map, rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import type { Call } from '../../properties/index.js'
import { reportSchema } from '../../properties/reportSchema.js'
import { testText } from '../../reports/testText.js'
import { rounded } from '../rounded.js'
import { ExerciseRun } from './run.js'
import type { ExerciseSubject } from './subject.js'

const found = findExercise('ntua/1.1b')
if (found === undefined) throw new Error('there is no exercise ntua/1.1b')
const exercise = found
const fed = ['x1', 'x2', 'w13', 'w35']
const quantities = ['a3', 'y3', 'y5']
const matches = (quantity: string) => `${quantity} matches the reference`

/** The oracle as a subject in float64, its answers changed. */
function subject(
  change: (values: Values, given: Values) => Values = (values) => values,
): ExerciseSubject & { calls: number } {
  const itself: ExerciseSubject & { calls: number } = {
    ...{ name: 'the oracle', precision: 'float64', exercise, fed, held: {}, quantities, calls: 0 },
    takes: () => true,
    answer: async (given) => {
      itself.calls++
      const values = await solve(exercise, given, oracle)
      return change(Object.fromEntries(quantities.map((name) => [name, values[name]])), given)
    },
  }
  return itself
}

/** y₅ is wrong for larger inputs only, which those of the sheet are not. */
const wrongForLarge = subject((values, { x1 }) => ({
  ...values,
  y5: Math.abs(rowMajor(x1)[0]) > 1 ? map(values.y5, (y) => y * (1 + 1e-6)) : values.y5,
}))
const options = { runs: 40, seed: 3 }

async function reported(of: ExerciseSubject, more: Partial<Parameters<ExerciseRun['report']>[0]> = {}) {
  const report = await new ExerciseRun(of, []).report({ ...options, ...more })
  return { report, laws: Object.values(report.operators).flatMap(({ laws }) => laws) }
}

describe('the run of an exercise', () => {
  it('solves each case once, for all quantities', async () => {
    const right = subject()
    const { report, laws } = await reported(right)
    expect(laws.map(({ law, status, runs }) => [law, status, runs])).toEqual(
      quantities.map((name) => [matches(name), 'held', 41]),
    )
    expect(right.calls).toBe(41)
    expect(report.notImplemented).toContain('ntua/1.1b error')
  })

  it('makes a report that every format takes', async () => {
    const { report } = await reported(wrongForLarge)
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)))
    expect(testText(report, pc.createColors(false), false)).toContain('broken: y5 matches the reference')
  })

  it('finds a small case, which its path leads to', async () => {
    const { laws } = await reported(wrongForLarge)
    const broken = laws.find(({ status }) => status === 'broken')
    expect(broken).toMatchObject({ law: matches('y5'), shrunk: true })
    const inputs = broken?.counterexample?.inputs ?? {}
    expect(Object.keys(inputs)).toEqual(fed)
    expect(Math.abs(Number(inputs.x1.data[0]))).toBeGreaterThan(1)
    for (const name of ['x2', 'w13', 'w35']) expect(inputs[name].data).toEqual([0])
    const again = await reported(wrongForLarge, { path: broken?.path ?? '', law: matches('y5') })
    expect(again.laws.map(({ status }) => status)).toEqual(['broken'])
    const source = await reported(wrongForLarge, { path: 'source', law: matches('y5') })
    expect(source.laws).toMatchObject([{ status: 'skipped', why: 'the case at this path does not break this law' }])
  })

  it('tries cases that failed before first, and tells what became of them', async () => {
    const known: Call[] = []
    const told: string[] = []
    const knownCases = {
      of: () => known,
      failed: (_: unknown, call: Call) => {
        known.push(call)
        told.push('failed')
      },
      held: () => {
        told.push('held')
      },
    }
    await reported(wrongForLarge, { knownCases })
    expect(told).toEqual(['failed'])
    const { laws } = await reported(wrongForLarge, { knownCases, seed: 4 })
    expect(laws.find(({ law }) => law === matches('y5'))).toMatchObject({ status: 'broken', runs: 1 })
    expect(told.slice(1).toSorted()).toEqual(['failed', 'held', 'held'])
  })

  it('lets a law fail that is expected to, and checks a part of the laws alone', async () => {
    const xfail = { 'ntua/1.1b': { [matches('y5')]: 'rounded' } }
    const { report } = await reported(wrongForLarge, { xfail, part: (laws) => laws.slice(1) })
    expect(report.summary).toMatchObject({ held: 1, xfailed: 1, broken: 0 })
  })

  it.each([
    ['throws', new Error('no'), 'no'],
    ['answers without it', undefined, 'it answered without y5'],
  ])('is errored where the subject %s', async (_, thrown, message) => {
    const { laws } = await reported(
      subject(({ a3, y3 }) => {
        if (thrown !== undefined) throw thrown
        return { a3, y3 }
      }),
    )
    expect(laws.find(({ law }) => law === matches('y5'))).toMatchObject({ status: 'errored', message })
  })

  it('is broken where the value is no number, or has another shape', async () => {
    const { laws } = await reported(
      subject((values) => ({ ...values, y3: scalar(Number.NaN), y5: fromNested([0.5, 0.5]) })),
    )
    expect(laws.map(({ status }) => status)).toEqual(['held', 'broken', 'broken'])
    expect(laws[2].message).toBe('y5 has shape [2]; it should have []')
  })

  it.each(['ntua/1.1c', 'ntua/2.1a', 'fer/5', 'lecture/loss'])(
    'raises no false alarm for honest float32: %s',
    async (id) => {
      const own = findExercise(id)
      if (own === undefined) throw new Error(`there is no exercise ${id}`)
      const { operators } = rounded(oracle, 'float32')
      const reals = new Set(own.quantities.filter(({ kind }) => kind === 'real').map(({ name }) => name))
      const single = (name: string, x: Tensor) => (reals.has(name) ? map(x, Math.fround) : x)
      const honest: ExerciseSubject = {
        ...{ name: 'honest', precision: 'float32', exercise: own, held: {}, takes: () => true },
        fed: own.given.map(({ name }) => name),
        quantities: own.quantities.map(({ name }) => name),
        answer: async (given) => {
          const values = await solve(own, given, { operators })
          return Object.fromEntries(Object.entries(values).map(([name, x]) => [name, single(name, x)]))
        },
      }
      const { laws } = await reported(honest, { seed: 2 })
      expect(laws.filter(({ status }) => status !== 'held')).toEqual([])
    },
  )
})
