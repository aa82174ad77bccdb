import type { Claim, Explanation, FileReport, Summary, UnreadLine } from '../marking/report.js'
import { isRight, type Verdict, verdicts } from '../marking/verdict.js'
import { count, printable, toNestedText } from './words.js'

/** What a marking counts: its verdicts, and the lines that could not be read. */
export type Tally = Verdict | 'unread'

/** The order in which totals are shown, in every format. */
export const tallies: readonly Tally[] = [...verdicts, 'unread']

/** What each verdict means, for a person who sees it for the first time. */
export const meanings: Readonly<Record<Tally, string>> = {
  correct: 'agrees to the digits written',
  rounded: 'off in the last digits only, as rounded intermediate values explain',
  carried: 'not what the exercise gives, but right from an earlier wrong value',
  arithmetic: "the line's own arithmetic is false",
  transcription: 'a numeral was copied wrongly',
  wrong: 'not what the exercise gives',
  unsupported: 'the value is right, but the line does not lead to it',
  missing: 'asked for and not found',
  unread: 'could not be read, and is not judged',
}

/** How much something matters: what is to be mended, what is to be looked at, what is only said. */
export type Severity = 'error' | 'warning' | 'note'

/** Severity of what is not simply right: errors where they are made; what is missing or unsupported; what follows. */
export function severityOf({ verdict, root }: Claim): Severity {
  if (verdict === 'missing') return 'warning'
  if (!root) return 'note'
  return verdict === 'unsupported' ? 'warning' : 'error'
}

/** A root error and the claims that are not what the exercise gives because of it, in the order of the file. */
export interface RootError {
  readonly root: Claim
  /** Further entries of the same vector or matrix that are wrong by themselves. */
  readonly entries: readonly Claim[]
  readonly followers: readonly Claim[]
}

/** What was asked for by one exercise and not found. */
export interface MissingClaims {
  readonly exercise: string | null
  readonly claims: readonly Claim[]
}

/** The marking of a file as its reader takes it up: what to mend first, and what follows from it. */
export interface MarkModel {
  readonly file: string
  readonly roots: readonly RootError[]
  /** Claims that are not right and follow from no root that was found. */
  readonly adrift: readonly Claim[]
  /** Claims that are right. */
  readonly right: readonly Claim[]
  readonly missing: readonly MissingClaims[]
  readonly unread: readonly UnreadLine[]
  readonly summary: Summary
}

/** The report with all its texts in one line each, without characters that would steer what shows them. */
export function legible(report: FileReport): FileReport {
  return {
    ...report,
    exercises: report.exercises.map(({ exercise, convention }) => ({
      exercise: flat(exercise),
      convention: convention === null ? null : flat(convention),
    })),
    claims: report.claims.map((claim) => ({
      ...claim,
      exercise: claim.exercise === null ? null : flat(claim.exercise),
      text: flat(claim.text),
      quantity: claim.quantity === null ? null : flat(claim.quantity),
      message: flat(claim.message),
      explanations: claim.explanations.map(({ mistake, explanation }) => ({
        mistake: flat(mistake),
        explanation: flat(explanation),
      })),
      notes: claim.notes.map(flat),
    })),
    unread: report.unread.map(({ line, text, why }) => ({ line, text: flat(text), why: flat(why) })),
    findings: report.findings.map(({ exercise, line, finding }) => ({
      exercise: flat(exercise),
      line,
      finding: flat(finding),
    })),
  }
}

function flat(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' ').trim())
}

/** Arranges the claims of a report; each stands in exactly one place of the model. */
export function markModel(report: FileReport): MarkModel {
  const { file, claims, unread, summary } = report
  const roots = new Map<string, { readonly root: Claim; readonly entries: Claim[]; readonly followers: Claim[] }>()
  for (const claim of claims.filter(isRootError)) {
    const there = roots.get(placeKey(claim))
    if (there === undefined) roots.set(placeKey(claim), { root: claim, entries: [], followers: [] })
    else there.entries.push(claim)
  }
  const rootOf = rootFinder(claims)
  const adrift: Claim[] = []
  for (const claim of claims) {
    if (claim.root || isRight(claim.verdict) || claim.verdict === 'missing') continue
    const root = rootOf(claim)
    const error = root === undefined ? undefined : roots.get(placeKey(root))
    if (error === undefined) adrift.push(claim)
    else error.followers.push(claim)
  }
  const missing = claims.filter(({ verdict }) => verdict === 'missing')
  return {
    file,
    roots: [...roots.values()],
    adrift,
    right: claims.filter(({ verdict }) => isRight(verdict)),
    missing: [...new Set(missing.map(({ exercise }) => exercise))].map((exercise) => ({
      exercise,
      claims: missing.filter((claim) => claim.exercise === exercise),
    })),
    unread,
    summary,
  }
}

/** Claims of the same key are entries of one value. */
function placeKey({ exercise, quantity, line, column, endLine, endColumn }: Claim): string {
  return JSON.stringify([exercise, quantity, line, column, endLine, endColumn])
}

function isRootError({ root, verdict }: Claim): boolean {
  return root && !isRight(verdict) && verdict !== 'missing'
}

/**
 * Finds the root error that a claim follows from: on the line that it names, of its own exercise where there is one; of several
 * entries of one value, the first.
 */
export function rootFinder(claims: readonly Claim[]): (claim: Claim) => Claim | undefined {
  const rootsOn = new Map<number, Claim[]>()
  for (const claim of claims.filter(isRootError)) {
    const there = rootsOn.get(claim.line)
    if (there === undefined) rootsOn.set(claim.line, [claim])
    else there.push(claim)
  }
  return ({ root, carriedFrom, exercise }) => {
    const there = root || carriedFrom === null ? [] : (rootsOn.get(carriedFrom) ?? [])
    return there.find((other) => other.exercise === exercise) ?? there[0]
  }
}

/** What is said of a claim in one sentence: its message, or what its verdict means where none is given. */
export function sentenceOf({ message, verdict }: Claim): string {
  return message === '' ? meanings[verdict] : message
}

/** `1 more value follows from it`. */
export function followersText({ length }: readonly Claim[], it: 'it' | 'them' = 'it'): string {
  return `${count(length, 'more value')} follow${length === 1 ? 's' : ''} from ${it}`
}

/** `consistent with «sign»: this is what you get with the other sign.` */
export function explanationText({ mistake, explanation }: Explanation): string {
  return `consistent with «${mistake}»: ${explanation.startsWith('is ') ? 'this ' : ''}${explanation}`
}

/** The right values, where the message of such a claim does not say them. */
export function valuesText({ expected, carriedValue, verdict, message }: Claim): string | undefined {
  if (expected === null || verdict === 'wrong' || verdict === 'carried') return undefined
  const [given, own] = [toNestedText(expected), carriedValue === null ? undefined : toNestedText(carriedValue)]
  if (own !== undefined && own !== given) return `the exercise gives ${given}, the values written before give ${own}`
  return message.split(/[\s;:]+|,\s/).includes(given) ? undefined : `the exercise gives ${given}`
}

/** What a claim is about, in a word or two: `error`, `h1[0]`; nothing where it is about no quantity. */
export function subjectOf({ quantity, index }: Pick<Claim, 'quantity' | 'index'>): string {
  if (quantity === null) return ''
  return index === null ? quantity : `${quantity}[${[index].flat().join(', ')}]`
}

/** The totals of several files. */
export function totalsOf(reports: Iterable<Pick<FileReport, 'summary'>>): Summary {
  const totals: Record<Tally, number> = {
    ...{ correct: 0, rounded: 0, carried: 0, arithmetic: 0, transcription: 0, wrong: 0, unsupported: 0, missing: 0 },
    unread: 0,
  }
  for (const { summary } of reports) for (const tally of tallies) totals[tally] += summary[tally]
  return totals
}

/** `200 correct, 1 wrong`; `nothing to mark` where all totals are 0. */
export function totalsText(summary: Summary): string {
  const parts = tallies.filter((tally) => summary[tally] > 0).map((tally) => `${summary[tally]} ${tally}`)
  return parts.join(', ') || 'nothing to mark'
}
