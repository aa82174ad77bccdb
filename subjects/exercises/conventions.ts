import type { Convention } from '../../exercises/index.js'
import { Reference } from './reference.js'
import { ExerciseRun } from './run.js'
import type { ExerciseSubject } from './subject.js'

/** Given data, besides the source's own, on which conventions are compared. */
const compared = 5

/**
 * The run of a subject under the conventions of its exercise that its answers fit best, the source's where several fit as well. The
 * subject of the run is named with them, as far as its quantities depend on them.
 */
export async function fittingRun(subject: ExerciseSubject, seed: number): Promise<ExerciseRun> {
  let best: { readonly conventions: readonly Convention[]; readonly held: number } | undefined
  for (const conventions of combinations(subject)) {
    const held = await new ExerciseRun(subject, conventions).agreement(seed, compared)
    if (best === undefined || held > best.held) best = { conventions, held }
  }
  const conventions = best?.conventions ?? []
  const names = conventions.map(({ name }) => `«${name}»`)
  const name = names.length === 0 ? subject.name : `${subject.name}, under ${names.join(' and ')}`
  return new ExerciseRun({ ...subject, name }, conventions)
}

/** One convention of each axis on which the subject's quantities depend, the source's first. */
function combinations(subject: ExerciseSubject): readonly (readonly Convention[])[] {
  const { exercise, quantities, precision } = subject
  const firsts = exercise.conventions.map(({ conventions }) => conventions[0])
  const needed = new Reference(exercise, quantities, precision, firsts).quantities.map(({ name }) => name)
  const matter = exercise.conventions.filter(({ conventions }) =>
    conventions.some(({ overrides }) => Object.keys(overrides).some((name) => needed.includes(name))),
  )
  return matter.reduce<readonly (readonly Convention[])[]>(
    (chosen, { conventions }) => chosen.flatMap((before) => conventions.map((convention) => [...before, convention])),
    [[]],
  )
}
