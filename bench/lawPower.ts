import { type Mistake, mistaken } from '../mistakes/index.js'
import type { Implementation, Operator, Precision } from '../oracle/contract.js'
import { map, type Tensors } from '../oracle/tensor.js'
import {
  type Law,
  type LawKind,
  type LawStatus,
  laws,
  type ProfileName,
  profileNamed,
  runLaws,
  type Subject,
} from '../properties/index.js'
import { roundTo } from '../properties/precision.js'
import type { ArithmeticOptions } from '../subjects/emulated/arithmetic.js'
import { emulated } from '../subjects/emulated/emulated.js'

/** A law that a mistake breaks, and the number of the first case that shows it. */
export interface Catch {
  readonly law: string
  readonly cases: number
}

/** What the laws of its operator make of a mistake, for one seed. */
export interface Caught {
  readonly mistake: Mistake
  readonly seed: number
  /** The soonest first; empty where the mistake survives. */
  readonly by: readonly Catch[]
}

/** An implementation whose answers are rounded to a lower precision. */
function lowered(implementation: Implementation, precision: Precision): Implementation {
  const rounded = (tensors: Tensors): Tensors =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, map(x, (value) => roundTo(precision, value))]))
  const operators = Object.entries(implementation.operators).map(
    ([name, { forward, backward }]): [string, Operator] => [
      name,
      {
        forward: async (inputs, attributes) => rounded(await forward(inputs, attributes)),
        ...(backward === undefined
          ? {}
          : { backward: async (...call: Parameters<typeof backward>) => rounded(await backward(...call)) }),
      },
    ],
  )
  return { ...implementation, precision, operators: Object.fromEntries(operators) }
}

/** The laws that say beyond doubt that the subject is wrong. */
async function catches(
  mistake: Mistake,
  subject: Subject,
  { seed, runs, names }: { seed: number; runs: number; names?: readonly string[] },
): Promise<Catch[]> {
  const { operators } = await runLaws(subject, {
    operators: [mistake.operator],
    ...(names === undefined ? {} : { laws: names }),
    runs,
    seed,
    shrinkSeconds: 0,
  })
  return operators[mistake.operator].laws
    .filter(({ status }) => status === 'broken')
    .map(({ law, runs: cases }) => ({ law, cases }))
}

/** Runs every law of its operator against a mistake. */
export async function catchMistake(mistake: Mistake, seed: number, runs: number): Promise<Caught> {
  const by = await catches(mistake, mistaken(mistake), { seed, runs })
  return { mistake, seed, by: by.toSorted((a, b) => a.cases - b.cases) }
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
  const subject = precision === wrong.precision ? wrong : lowered(wrong, precision)
  for (const law of likeliestFirst(mistake)) {
    const by = await catches(mistake, subject, { seed, runs, names: [law.name] })
    if (by.length > 0) return { mistake, seed, by }
  }
  return { mistake, seed, by: [] }
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

/** Elements of the smallest counterexample that the laws find for a mistake; undefined where none breaks. */
export async function smallestCounterexample(
  mistake: Mistake,
  seed: number,
  runs: number,
): Promise<number | undefined> {
  const { by } = await firstCatch(mistake, seed, runs)
  if (by.length === 0) return undefined
  const { operators } = await runLaws(mistaken(mistake), {
    operators: [mistake.operator],
    laws: [by[0].law],
    runs: by[0].cases,
    seed,
    shrinkSeconds: 4,
  })
  const [{ counterexample }] = operators[mistake.operator].laws
  if (counterexample === undefined) return undefined
  return [...Object.values(counterexample.inputs), ...Object.values(counterexample.gradients ?? {})].reduce(
    (sum, { data }) => sum + data.length,
    0,
  )
}

/** Whether a law compares with the reference: what is left shows what is broken in an implementation that chose otherwise. */
export function comparesWithOracle({ kind, name }: Pick<Law, 'kind' | 'name'>): boolean {
  return kind === 'oracle' || name === "has the oracle's gradient"
}

/** A mistake is gross where it shows within the first cases of some law: it is wrong nearly always. */
export function isGross({ by }: Caught): boolean {
  return by.some(({ cases }) => cases <= grossWithin)
}

/** How many cases those are. */
const grossWithin = 5

/** An honest implementation under the profile that its platform has. */
function variant(options: Partial<ArithmeticOptions>, profile: ProfileName = 'ieee'): Subject {
  const implementation = emulated(options)
  return { ...implementation, profile: profileNamed(profile, implementation.precision) }
}

/** Correct implementations that differ in nothing but rounding; none of them may be flagged. */
export function honestVariants(seed: number): readonly Subject[] {
  const wgsl = { flushesSubnormals: true, seed } as const
  return [
    variant({}),
    variant({ order: 'reversed' }),
    variant({ order: 'pairwise' }),
    variant({ order: 'shuffled', seed }),
    variant({ fused: true }),
    variant({ accumulate: 'wider' }),
    variant({ formulation: 'logarithmic' }),
    variant({ flushesSubnormals: true }, 'flush to zero'),
    variant({ ...wgsl, functions: 'largest' }, 'wgsl'),
    variant({ ...wgsl, functions: 'scattered', order: 'pairwise', fused: true }, 'wgsl'),
    variant({ precision: 'float16' }),
    variant({ precision: 'float16', accumulate: 'wider', formulation: 'logarithmic' }),
    variant({ precision: 'bfloat16', order: 'shuffled', seed }),
    variant({ precision: 'bfloat16', accumulate: 'wider' }),
    variant({ precision: 'float64', order: 'pairwise', formulation: 'logarithmic' }),
  ]
}

/** The verdict of one law on one honest implementation, for one seed. */
export interface Judgement {
  readonly variant: string
  readonly operator: string
  readonly law: string
  readonly seed: number
  readonly status: LawStatus
  readonly cases: number
  readonly message?: string
}

/** Runs every law against an honest implementation. */
export async function judgeVariant(subject: Subject, seed: number, runs: number): Promise<readonly Judgement[]> {
  const { operators } = await runLaws(subject, { runs, seed, shrinkSeconds: 0 })
  return Object.entries(operators).flatMap(([operator, { laws }]) =>
    laws.map(({ law, status, runs: cases, message }) => ({
      variant: `${subject.name} (${subject.profile?.name})`,
      operator,
      law,
      seed,
      status,
      cases,
      ...(message === undefined ? {} : { message }),
    })),
  )
}

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

/** Verdicts that differ from the one that the same law gives the same subject for most seeds. */
export function changedVerdicts(judgements: readonly Judgement[]): number {
  let changed = 0
  for (const group of grouped(judgements, ({ variant, operator, law }) => `${variant}, ${operator}: ${law}`).values()) {
    const sizes = [...grouped(group, ({ status }) => status).values()].map((same) => same.length)
    changed += group.length - Math.max(...sizes)
  }
  return changed
}
