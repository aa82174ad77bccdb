import { exercises } from '../exercises/index.js'
import { faultySolutions } from '../marking/fixtures/faulty.js'
import { documentOf, faultlessSolutions, type GeneratedSolution, outcomeOf } from '../marking/fixtures/generated.js'
import { writings } from '../marking/fixtures/writings.js'
import { markDocument } from '../marking/mark.js'

/** Generated solutions of one exercise, as a worker is told of them. */
export interface GeneratedTask {
  readonly exercise: string
  readonly seed: number
  /** How many faultless solutions; the faulty ones of the exercise's own data besides, where it is 0. */
  readonly faultless: number
}

/** What the marking of generated solutions came to. */
export interface GeneratedResult {
  readonly exercise: string
  readonly solutions: number
  readonly claims: number
  /** Right claims that were called false, a line each. */
  readonly unfair: readonly string[]
  /** Of solutions with one error: how many had their verdict, their line, and a false explanation. */
  readonly asExpected: number
  readonly atTheirLine: number
  readonly falselyExplained: number
  /** What was said otherwise of solutions with one error, a line each. */
  readonly unexpected: readonly string[]
}

/** Marks generated solutions and compares with what they deserve. */
export default async function generatedTask({
  exercise: id,
  seed,
  faultless,
}: GeneratedTask): Promise<GeneratedResult> {
  const exercise = exercises.find((one) => one.id === id)
  if (exercise === undefined) throw new RangeError(`there is no exercise ${id}`)
  const total = { solutions: 0, claims: 0, asExpected: 0, atTheirLine: 0, falselyExplained: 0 }
  const unfair: string[] = []
  const unexpected: string[] = []

  async function account(solution: GeneratedSolution): Promise<void> {
    const report = await markDocument(documentOf(solution), { exercises: [solution.exercise] })
    const outcome = outcomeOf(solution, report)
    total.solutions++
    total.claims += report.claims.length
    if (solution.fault === undefined) {
      unfair.push(...outcome.unfair.map((line) => `${id}, seed ${seed}, ${solution.kind}: ${line}`))
      return
    }
    if (outcome.asExpected) total.asExpected++
    else
      unexpected.push(
        `${id}, ${solution.kind} at ${solution.fault.quantity}: ${JSON.stringify(outcome.explanations)} ${outcome.unfair.join('; ')}`,
      )
    if (outcome.atItsLine) total.atTheirLine++
    if (outcome.isFalselyExplained) total.falselyExplained++
  }

  if (faultless === 0) for await (const solution of faultySolutions(exercise, { seed })) await account(solution)
  else {
    const axes = exercise.conventions.map(({ conventions }) => conventions)
    const solutions = faultlessSolutions(exercise, seed, (i) => ({
      writing: writings[(i + seed) % writings.length],
      style: i % 2 === 0 ? 'numerals' : 'values',
      conventions: axes.map((conventions, axis) => conventions[(i >> axis) % conventions.length]),
      leavesOut: i % 3 === 2,
    }))
    for await (const solution of solutions) {
      await account(solution)
      if (total.solutions >= faultless) break
    }
  }
  return { exercise: id, ...total, unfair, unexpected }
}
