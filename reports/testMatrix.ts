import { laws as knownLaws } from '../properties/index.js'
import type { LawKind } from '../properties/law.js'
import { type Outcome, outcomes, type TestedLaw, type TestedOperator } from './testModel.js'

/** A column of the matrix operator × law: one law that most operators have, or all further laws of a sort. */
export interface MatrixColumn {
  /** The law, or what the laws of the column have in common. */
  readonly title: string
  readonly kind: LawKind
  /** Whether an operator may have several laws in it. */
  readonly several: boolean
}

/** Laws that at least half of the contract's operators have, calls that are to be refused apart. */
const general: readonly MatrixColumn[] = (() => {
  const operators = new Set(knownLaws.map(({ operator }) => operator)).size
  const byName = new Map<string, { kind: LawKind; times: number }>()
  for (const { name, kind } of knownLaws) byName.set(name, { kind, times: (byName.get(name)?.times ?? 0) + 1 })
  return [...byName].flatMap(([title, { kind, times }]) =>
    kind !== 'refusal' && 2 * times >= operators ? [{ title, kind, several: false }] : [],
  )
})()

const ownLaws: MatrixColumn = { title: 'the mathematics of the operator itself', kind: 'mathematics', several: true }
const refusals: MatrixColumn = { title: 'refuses bad calls', kind: 'refusal', several: true }

/** What the laws of each kind are about, in the order in which they are shown. */
export const kindNames: Readonly<Record<LawKind, string>> = {
  shape: 'shapes',
  oracle: 'values',
  mathematics: 'mathematics',
  gradient: 'gradients',
  refusal: 'refusals',
}

export const kindOrder: readonly LawKind[] = ['shape', 'oracle', 'mathematics', 'gradient', 'refusal']

/** The columns of the matrix, those of a kind together; only those in which some operator has a law. */
export function columnsOf(operators: readonly TestedOperator[]): readonly MatrixColumn[] {
  const used = new Set(operators.flatMap(({ laws }) => laws.map(columnOf)))
  return kindOrder.flatMap((kind) =>
    [...general, ownLaws, refusals].filter((each) => each.kind === kind && used.has(each)),
  )
}

/** The column in which a law stands: every law has one. */
export function columnOf({ law, kind }: TestedLaw): MatrixColumn {
  if (kind === 'refusal') return refusals
  return general.find(({ title }) => title === law) ?? ownLaws
}

/** The worst first: what a cell of several laws is shown as. */
const gravity: readonly Outcome[] = [
  ...(['broken', 'errored', 'suspicious', 'xpassed', 'held', 'xfailed', 'unsupported', 'skipped'] as const),
]

/** The outcome that matters most among those of some laws; nothing where there is no law. */
export function gravest(laws: readonly TestedLaw[]): Outcome | undefined {
  return gravity.find((outcome) => laws.some((law) => law.outcome === outcome))
}

/** `14 held, 1 broken` for each outcome of some laws. */
export function tally(laws: readonly TestedLaw[]): readonly (readonly [outcome: Outcome, times: number])[] {
  return outcomes.flatMap((outcome) => {
    const times = laws.filter((law) => law.outcome === outcome).length
    return times === 0 ? [] : [[outcome, times] as const]
  })
}
