import type { ExerciseMistake, Values } from '../../exercises/index.js'
import { recorded } from '../../exercises/rounding.js'
import { mistaken, mistakesOf } from '../../mistakes/index.js'
import { oracle } from '../../oracle/index.js'
import { reshape, rowMajor, type Tensor } from '../../oracle/tensor.js'
import type { Reference } from './reference.js'

/** A mistake's value is so many times further from the right one than from the subject's, at least. */
const clarity = 8

/** How long mistakes may be tried. */
const milliseconds = 5000

/** A value of a quantity that is not right. */
interface WrongValue {
  readonly quantity: string
  readonly value: Tensor
  /** What it should be, and by how much it may be off. */
  readonly right: Tensor
  readonly allowed: Tensor
}

/**
 * The name of the exercise's or an operator's mistake that yields this very value, made in one quantity on the way to it, or in all that
 * it is known of; the nearest where there are several. Nothing where there is none.
 */
export async function looksLike(
  { quantity, value, right, allowed }: WrongValue,
  given: Values,
  reference: Reference,
  mistakes: readonly ExerciseMistake[],
): Promise<string | undefined> {
  const until = performance.now() + milliseconds
  const tolerance = Math.max(...rowMajor(allowed))
  let nearest: { readonly name: string; readonly distance: number } | undefined
  const tell = (name: string, wrong: Tensor | undefined) => {
    if (wrong === undefined || wrong.size !== value.size) return
    const away = distance(value, wrong)
    const isShown = away <= 4 * tolerance && distance(right, wrong) >= Math.max(clarity * away, 8 * tolerance)
    if (isShown && away < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = { name, distance: away }
  }
  for (const mistake of mistakes)
    for (const made of placesOf(mistake, reference)) {
      if (performance.now() > until) return nearest?.name
      tell(mistake.name, (await withMistake(mistake, made, given, reference))?.[quantity])
    }
  for (const operator of await operatorsOf(given, reference))
    for (const mistake of mistakesOf(operator)) {
      if (performance.now() > until) return nearest?.name
      const { operators } = mistaken(mistake)
      const solved = await reference.solved(given, operators).catch(() => undefined)
      tell(mistake.name, solved?.[quantity])
    }
  return nearest?.name
}

/** Where a mistake may be made: in each of its quantities alone, and in all of them. */
function placesOf(mistake: ExerciseMistake, { quantities }: Reference): readonly (readonly string[])[] {
  const names = quantities.map(({ name }) => name).filter((name) => mistake.quantities.includes(name))
  return names.length < 2 ? names.map((name) => [name]) : [names, ...names.map((name) => [name])]
}

async function withMistake(
  { from, compute }: ExerciseMistake,
  made: readonly string[],
  given: Values,
  reference: Reference,
): Promise<Values | undefined> {
  try {
    return await reference.solved(given, oracle.operators, undefined, async ({ name }, values) => {
      if (!made.includes(name)) return undefined
      const read = from(name)
      if (!read.every((each) => each in values)) throw new Error(`${name} is computed from what is not known yet`)
      return compute(name, Object.fromEntries(read.map((each) => [each, values[each]])), oracle.operators)
    })
  } catch {
    return undefined
  }
}

/** The operators that the right way calls. */
async function operatorsOf(given: Values, reference: Reference): Promise<ReadonlySet<string>> {
  const { operators, calls } = recorded(oracle.operators)
  await reference.solved(given, operators)
  return new Set(calls.map(({ operator }) => operator))
}

/** The largest difference of two elements; ∞ where one of them is no number. */
function distance(a: Tensor, b: Tensor): number {
  const other = rowMajor(reshape(b, a.shape))
  const differences = rowMajor(a).map((value, i) => (Object.is(value, other[i]) ? 0 : Math.abs(value - other[i])))
  return differences.reduce(
    (most, each) => (each <= most ? most : Number.isNaN(each) ? Number.POSITIVE_INFINITY : each),
    0,
  )
}
