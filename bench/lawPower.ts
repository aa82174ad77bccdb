import { type Mistake, mistaken } from '../mistakes/index.js'
import type { Precision } from '../oracle/contract.js'
import { type Law, type LawKind, type LawStatus, laws, runLaws, type Subject } from '../properties/index.js'
import { rounded } from '../subjects/rounded.js'

/** A law that a mistake breaks, and the number of the first case that shows it. */
export interface Catch {
  readonly law: string
  readonly cases: number
}

/** What the laws of its operator make of a mistake, for one seed. */
export interface Caught {
  readonly seed: number
  /** The soonest first; empty where the mistake survives. */
  readonly by: readonly Catch[]
}

/** All that is measured of one mistake. */
export interface Power {
  readonly mistake: string
  readonly operator: string
  /** For every seed the first law that breaks, of those that run in turn. */
  readonly caught: readonly Caught[]
  /** Every law that breaks within few cases, for the first seed, the soonest first; the one above where none does. */
  readonly table: readonly Catch[]
  /** The first law that breaks in an implementation of lower precision, for the first seed. */
  readonly lowered: Readonly<Record<string, readonly Catch[]>>
  /**
   * Whether it answers wrong numbers; one that only answers what it should refuse does not. And, for one that does, the first
   * comparison with the reference that calls it wrong or suspicious in float32, where tolerances are wide.
   */
  readonly numerical: boolean
  readonly byTolerance: readonly Catch[]
  /** The counterexample that is found for the first seed; undefined where no law breaks. */
  readonly counterexample?: Size | undefined
}

/** How large a counterexample is: its elements, and those of them that are not 0. */
export interface Size {
  readonly elements: number
  readonly nonzero: number
}

export const loweredPrecisions = ['float32', 'float16', 'bfloat16'] as const

/** The laws whose verdict is one of these: by default those that say beyond doubt that the subject is wrong. */
async function catches(
  mistake: Mistake,
  subject: Subject,
  {
    seed,
    runs,
    names,
    statuses = ['broken'],
  }: { seed: number; runs: number; names?: readonly string[]; statuses?: readonly LawStatus[] },
): Promise<Catch[]> {
  const { operators } = await runLaws(subject, {
    operators: [mistake.operator],
    ...(names === undefined ? {} : { laws: names }),
    runs,
    seed,
    shrinkSeconds: 0,
  })
  return operators[mistake.operator].laws
    .filter(({ status }) => statuses.includes(status))
    .map(({ law, runs: cases }) => ({ law, cases }))
}

/** Runs every law of its operator against a mistake. */
async function catchMistake(mistake: Mistake, seed: number, runs: number): Promise<readonly Catch[]> {
  const by = await catches(mistake, mistaken(mistake), { seed, runs })
  return by.toSorted((a, b) => a.cases - b.cases)
}

/**
 * Runs the laws of its operator against a mistake, made in an implementation of this precision, until one breaks; those that
 * are likeliest to see it come first.
 */
export async function firstCatch(
  mistake: Mistake,
  seed: number,
  runs: number,
  precision: Precision = 'float64',
): Promise<Caught> {
  const wrong = mistaken(mistake)
  const subject = precision === wrong.precision ? wrong : rounded(wrong, precision)
  for (const law of likeliestFirst(mistake)) {
    const by = await catches(mistake, subject, { seed, runs, names: [law.name] })
    if (by.length > 0) return { seed, by }
  }
  return { seed, by: [] }
}

/** What the comparisons with the reference alone make of a mistake in float32: wrong or suspicious by its tolerances. */
async function catchByTolerance(mistake: Mistake, seed: number, runs: number): Promise<readonly Catch[]> {
  const subject = rounded(mistaken(mistake), 'float32')
  for (const law of likeliestFirst(mistake).filter(comparesWithOracle)) {
    const statuses: readonly LawStatus[] = ['broken', 'errored', 'suspicious']
    const by = await catches(mistake, subject, { seed, runs, names: [law.name], statuses })
    if (by.length > 0) return by
  }
  return []
}

function likeliestFirst(mistake: Mistake): readonly Law[] {
  const kinds: readonly LawKind[] =
    mistake.insteadOfRefusing === undefined
      ? ['oracle', 'gradient', 'shape', 'mathematics', 'refusal']
      : ['refusal', 'oracle', 'gradient', 'shape', 'mathematics']
  const wrongBackwardOnly = mistake.forward === undefined && mistake.backward !== undefined
  const rank = (law: Law) => kinds.indexOf(law.kind) + (wrongBackwardOnly && !law.backward ? kinds.length : 0)
  return laws.filter(({ operator }) => operator === mistake.operator).toSorted((a, b) => rank(a) - rank(b))
}

/** How large a counterexample the first law to break leaves of a mistake; undefined where none breaks. */
export async function smallestCounterexample(mistake: Mistake, seed: number, runs: number): Promise<Size | undefined> {
  const { by } = await firstCatch(mistake, seed, runs)
  if (by.length === 0) return undefined
  const { operators } = await runLaws(mistaken(mistake), {
    operators: [mistake.operator],
    laws: [by[0].law],
    runs: by[0].cases,
    seed,
  })
  const [{ counterexample }] = operators[mistake.operator].laws
  if (counterexample === undefined) return undefined
  const tensors = [...Object.values(counterexample.inputs), ...Object.values(counterexample.gradients ?? {})]
  const elements = tensors.flatMap(({ data }): readonly unknown[] => data)
  return { elements: elements.length, nonzero: elements.filter((x) => x !== 0).length }
}

/** Measures all there is to measure of a mistake. */
export async function powerOf(
  mistake: Mistake,
  { seeds, runs, tableRuns }: { seeds: readonly number[]; runs: number; tableRuns: number },
): Promise<Power> {
  const [first] = seeds
  const caught: Caught[] = []
  for (const seed of seeds) caught.push(await firstCatch(mistake, seed, runs))
  const table = await catchMistake(mistake, first, tableRuns)
  const inPrecision: Record<string, readonly Catch[]> = {}
  for (const precision of loweredPrecisions)
    inPrecision[precision] = (await firstCatch(mistake, first, runs, precision)).by
  const numerical = mistake.forward !== undefined || mistake.backward !== undefined
  return {
    mistake: mistake.name,
    operator: mistake.operator,
    caught,
    table: table.length > 0 ? table : caught[0].by,
    lowered: inPrecision,
    numerical,
    byTolerance: numerical ? await catchByTolerance(mistake, first, runs) : [],
    counterexample: await smallestCounterexample(mistake, first, runs),
  }
}

/** Whether a law compares with the reference: what is left shows what is broken in an implementation that chose otherwise. */
export function comparesWithOracle({ kind, name }: Pick<Law, 'kind' | 'name'>): boolean {
  return kind === 'oracle' || name === "has the oracle's gradient"
}

/** A mistake is gross where it shows within the first cases of some law: it is wrong nearly always. */
export function isGross({ table }: Pick<Power, 'table'>): boolean {
  return table.some(({ cases }) => cases <= grossWithin)
}

/** How many cases those are. */
export const grossWithin = 5

/** Values under a key that f gives each. */
export function grouped<Value>(values: readonly Value[], f: (value: Value) => string): ReadonlyMap<string, Value[]> {
  const groups = new Map<string, Value[]>()
  for (const value of values) {
    const group = groups.get(f(value))
    if (group === undefined) groups.set(f(value), [value])
    else group.push(value)
  }
  return groups
}
