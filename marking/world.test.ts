import { describe, expect, test } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { exercises } from '../exercises/index.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { faultySolutions } from './fixtures/faulty.js'
import { documentOf, faultlessSolutions, type GeneratedSolution } from './fixtures/generated.js'
import { writings } from './fixtures/writings.js'
import { markDocument } from './mark.js'
import type { Claim } from './report.js'
import { SymbolIndex } from './symbols.js'
import { Disagreement, World } from './world.js'

const index = new SymbolIndex(exercise11b)
const [errors, signs] = exercise11b.conventions.map(({ conventions }) => conventions)

/** The worlds of one way to write the error, with each sign of δ. */
function worlds(): Promise<readonly World[]> {
  return Promise.all(signs.map((sign) => World.of(index, [errors[0], sign], {})))
}

/** What worlds that one stands for disagree on when they are asked: the conventions of each group. */
function groupsOn(ask: (world: World) => unknown, shared: World): readonly string[] | undefined {
  try {
    ask(shared)
    return undefined
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error
    return error.groups.map((group) => group.map(({ conventions }) => conventions[1].name).join(' and '))
  }
}

describe('a world that stands for several', () => {
  test('answers what they agree on', async () => {
    const all = await worlds()
    const shared = World.standingFor(all)
    expect(shared.truth.y5).toBe(all[0].truth.y5)
    expect(shared.quantity('error')?.formula).toBe(all[0].quantity('error')?.formula)
    expect(groupsOn((world) => world.meaningOf(['y5', 'error']), shared)).toBeUndefined()
  })

  test('throws those that agree, together, where it is asked for something else', async () => {
    const shared = World.standingFor(await worlds())
    // δ is the same for both signs of the gradient; what is added, or subtracted, is not; nor is the weight computed alike.
    expect(groupsOn(({ truth }) => truth.delta3, shared)).toEqual(['descent', 'gradient and subtracted gradient'])
    expect(groupsOn(({ truth }) => truth.step03, shared)).toEqual(['descent', 'gradient', 'subtracted gradient'])
    expect(groupsOn((world) => world.quantity('step03'), shared)).toEqual([
      'descent and subtracted gradient',
      'gradient',
    ])
    expect(groupsOn((world) => world.conventions, shared)).toHaveLength(3)
  })

  test('asks its points the same', async () => {
    const shared = World.standingFor(await worlds())
    const [point] = shared.points(['y5'])
    expect(await point('y5')).toBeDefined()
    await expect(Promise.resolve().then(() => point('step03'))).rejects.toBeInstanceOf(Disagreement)
  })
})

/** The exercise as if nobody chose anything but these conventions. */
function restricted(exercise: Exercise, chosen: string): Exercise {
  const names = chosen.split(', ')
  const conventions = exercise.conventions.map((axis) => ({
    ...axis,
    conventions: axis.conventions.filter(({ name }) => names.includes(name)),
  }))
  return { ...exercise, conventions }
}

/** What a claim says, but for notes on other conventions and explanations by them. */
function said({ line, quantity, index, verdict, root, carriedFrom, expected, message }: Claim): unknown {
  return { line, quantity, index, verdict, root, carriedFrom, expected, message }
}

async function* solutionsOf(exercise: Exercise): AsyncGenerator<GeneratedSolution> {
  const axes = exercise.conventions.map(({ conventions }) => conventions)
  let count = 0
  const manner = (i: number) => ({
    writing: writings[(7 * i) % writings.length],
    style: i % 2 === 0 ? ('numerals' as const) : ('values' as const),
    conventions: axes.map((conventions, axis) => conventions[(i >> axis) % conventions.length]),
    leavesOut: i % 3 === 2,
  })
  for await (const solution of faultlessSolutions(exercise, 5, manner)) {
    yield solution
    if (++count === 12) break
  }
  for await (const solution of faultySolutions(exercise, { seed: 5 })) {
    yield solution
    if (++count === 40) break
  }
}

test.each(
  exercises.filter(({ conventions }) => conventions.length > 0).map((exercise) => [exercise.id, exercise] as const),
)('%s: a solution is marked as if there were no conventions but those that it follows', async (_, exercise) => {
  let compared = 0
  for await (const titled of solutionsOf(exercise)) {
    // Every other one does not say where a stage begins.
    const text = compared % 2 === 0 ? titled.text : titled.text.replaceAll(/^# (?!Given|Solution).*\n/gm, '')
    const solution = { ...titled, text }
    const report = await markDocument(documentOf(solution), { exercises: [exercise] })
    const followed = report.exercises[0].convention
    if (followed === null || followed === 'undetermined') continue
    if (followed.split(', ').length < exercise.conventions.length) continue
    const alone = restricted(exercise, followed)
    const again = await markDocument(documentOf({ ...solution, exercise: alone }), { exercises: [alone] })
    expect(report.claims.map(said), solution.text).toEqual(again.claims.map(said))
    compared++
  }
  expect(compared).toBeGreaterThan(0)
})
