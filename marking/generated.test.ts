import { describe, expect, test } from 'vitest'
import type { Convention, Exercise } from '../exercises/exercise.js'
import { exercises } from '../exercises/index.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { faultySolutions } from './fixtures/faulty.js'
import {
  documentOf,
  faultlessSolutions,
  type GeneratedSolution,
  type Manner,
  type Outcome,
  outcomeOf,
} from './fixtures/generated.js'
import type { Style } from './fixtures/solutions.js'
import { threeDecimals, writings } from './fixtures/writings.js'
import { markDocument } from './mark.js'
import type { FileReport } from './report.js'

const styles: readonly Style[] = ['values', 'numerals', 'formulas']

/** Every habit of rounding in turn, in every style, some lines left out. */
function mannerOf(i: number): Manner {
  return {
    writing: writings[i % writings.length],
    style: styles[(i + Math.floor(i / writings.length)) % styles.length],
    leavesOut: i % 4 === 3,
  }
}

function mark(solution: GeneratedSolution): Promise<FileReport> {
  return markDocument(documentOf(solution), { exercises: [solution.exercise] })
}

/** The first of some solutions, every so many. */
async function sample(
  solutions: AsyncGenerator<GeneratedSolution>,
  most: number,
  every = 1,
): Promise<readonly GeneratedSolution[]> {
  const found: GeneratedSolution[] = []
  let i = 0
  for await (const solution of solutions) {
    if (i++ % every === 0) found.push(solution)
    if (found.length === most) break
  }
  return found
}

/** Milliseconds that a test of many solutions may take on a busy machine. */
const limit = 600_000

describe('faultless solutions are not marked down', () => {
  test.each(exercises.map((exercise) => [exercise.id, exercise] as const))(
    '%s, on random data, with every habit of rounding',
    async (_, exercise) => {
      const unfair: string[] = []
      for (const solution of await sample(faultlessSolutions(exercise, 1, mannerOf), 6)) {
        const outcome = outcomeOf(solution, await mark(solution))
        if (outcome.unfair.length > 0) unfair.push(`${solution.kind}: ${outcome.unfair.join('; ')}\n${solution.text}`)
      }
      expect(unfair).toEqual([])
    },
    limit,
  )

  test.each(choicesOf(exercise11b))(
    'under the convention $name, which is recognised',
    async ({ name, conventions }) => {
      const manner: Manner = { writing: threeDecimals, style: 'values', conventions }
      const [solution] = await sample(
        faultlessSolutions(exercise11b, 1, () => manner),
        1,
      )
      const report = await mark(solution)
      expect(outcomeOf(solution, report).unfair).toEqual([])
      expect(report.exercises).toEqual([{ exercise: 'ntua/1.1b', convention: name }])
    },
  )
})

/** Every choice of conventions of an exercise, named as reports name it. */
function choicesOf({ conventions }: Exercise): readonly { name: string; conventions: readonly Convention[] }[] {
  const [first, second] = conventions
  return first.conventions.flatMap((one) =>
    second.conventions.map((other) => ({ name: `${one.name}, ${other.name}`, conventions: [one, other] })),
  )
}

describe('solutions with one thing wrong', () => {
  test(
    'at least 98 % are marked as they should be, at the line where it is, and hardly any falsely explained',
    async () => {
      const outcomes: { readonly solution: GeneratedSolution; readonly outcome: Outcome }[] = []
      for (const exercise of exercises)
        for (const solution of await sample(faultySolutions(exercise), 8, 13))
          outcomes.push({ solution, outcome: outcomeOf(solution, await mark(solution)) })
      const share = (test: (outcome: Outcome) => boolean): number =>
        outcomes.filter(({ outcome }) => test(outcome)).length / outcomes.length
      const unexpected = outcomes
        .filter(({ outcome }) => !outcome.asExpected)
        .map(
          ({ solution: { exercise, kind, fault } }) =>
            `${exercise.id} ${kind} ${fault?.quantity} ${fault?.mistake ?? ''}`,
        )
      expect(outcomes.length).toBeGreaterThan(200)
      expect([share(({ asExpected }) => asExpected) >= 0.98, unexpected]).toEqual([true, unexpected])
      expect(share(({ atItsLine }) => atItsLine)).toBeGreaterThanOrEqual(0.98)
      const falsely = outcomes
        .filter(({ outcome }) => outcome.isFalselyExplained)
        .map(
          ({ solution: { exercise, kind, fault }, outcome }) =>
            `${exercise.id} ${kind} ${fault?.quantity}: ${outcome.explanations}`,
        )
      // One in a hundred, and two standard deviations of what a sample of this size says of it; measure:marking tries all.
      const most = 0.01 + 2 * Math.sqrt((0.01 * 0.99) / outcomes.length)
      expect([falsely.length / outcomes.length <= most, falsely]).toEqual([true, falsely])
    },
    limit,
  )
})
