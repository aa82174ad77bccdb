import { Failure, type Precision } from '../oracle/contract.js'
import { Lost, RefusedValidCall } from './caller.js'
import { held, type Verdict } from './comparison.js'
import type { Call } from './law.js'
import { errorBins } from './report.js'
import { binOf, ulpsOff } from './ulps.js'

/** What one case came to: a verdict, or why there is none. */
export interface Outcome {
  readonly status: 'held' | 'suspicious' | 'broken' | 'errored' | 'unsupported'
  readonly verdict: Verdict
  readonly message?: string
  /** The subject hung: smaller cases are not tried. */
  readonly hung?: true
  /** It refused a valid call: perhaps it never takes calls of this kind. */
  readonly refused?: true
}

/** A case that is not right, and how it was found. */
export interface Failing {
  readonly call: Call
  /** fast-check's; a case that a search found, or that was known from a run before, has none. */
  readonly path: string | undefined
  readonly outcome: Outcome
  /** Cases checked up to this one. */
  readonly runs: number
}

/** What the cases of a law came to. */
export interface Tally {
  /** Cases that were judged. */
  runs: number
  /** Cases that the subject does not support, and why it does not support the last of them. */
  unsupported: number
  why: string
  worst: Verdict
  leftOut: number
  /** Cases by the error of their worst element; see errorBins. */
  readonly errors: number[]
  /** The first case that is broken or errored. */
  failing?: Failing
  suspicious?: Failing
}

/** Checks cases, several in flight, until so many are judged or one is broken or errored; a suspicious one is kept while the others run. */
export async function checkAll(
  cases: Iterable<Call>,
  check: (call: Call) => Promise<Outcome>,
  limits: {
    readonly runs: number
    readonly deadline: number
    readonly concurrency: number
    readonly precision: Precision
  },
): Promise<Tally> {
  const tally: Tally = {
    worst: held,
    leftOut: 0,
    runs: 0,
    unsupported: 0,
    why: '',
    errors: Array.from({ length: errorBins.length + 1 }, () => 0),
  }
  const next = cases[Symbol.iterator]()
  const isOpen = (): boolean => tally.failing === undefined && performance.now() < limits.deadline
  let index = 0
  let exhausted = false
  while (isOpen() && !exhausted && tally.runs < limits.runs) {
    // Cases that turn out not to be supported are made up for by others, in a round of their own.
    let missing = limits.runs - tally.runs
    const work = async (): Promise<void> => {
      while (isOpen() && missing > 0) {
        missing--
        const drawn = next.next()
        if (drawn.done === true) {
          exhausted = true
          return
        }
        const at = index++
        record(tally, { call: drawn.value, path: String(at), outcome: await check(drawn.value), runs: at + 1 }, limits)
      }
    }
    await Promise.all(Array.from({ length: limits.concurrency }, work))
  }
  return tally
}

function record(tally: Tally, found: Failing, { precision }: { readonly precision: Precision }): void {
  const { status, verdict, message } = found.outcome
  if (status === 'unsupported') {
    tally.unsupported++
    tally.why = message ?? 'not implemented'
    return
  }
  tally.runs++
  tally.leftOut += verdict.leftOut ?? 0
  if (verdict.at !== undefined) tally.errors[binOf(ulpsOff(precision, verdict.at))]++
  else if (verdict.worst === 0) tally.errors[0]++
  if (status === 'held') {
    if (verdict.ratio > tally.worst.ratio) tally.worst = verdict
  } else if (status === 'suspicious') {
    if (found.runs < (tally.suspicious?.runs ?? Number.POSITIVE_INFINITY)) tally.suspicious = found
  } else if (found.runs < (tally.failing?.runs ?? Number.POSITIVE_INFINITY)) tally.failing = found
}

/** What a check comes to, whatever it throws. */
export async function outcomeOf(check: () => Promise<Verdict>, strict: boolean): Promise<Outcome> {
  try {
    const verdict = await check()
    const status = strict && verdict.status === 'suspicious' ? 'broken' : verdict.status
    return { status, verdict, ...(verdict.message === undefined ? {} : { message: verdict.message }) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return {
      status: error.kind === 'unimplemented' ? 'unsupported' : 'errored',
      verdict: held,
      message: error.message,
      ...(error instanceof Lost ? { hung: true } : {}),
      ...(error instanceof RefusedValidCall ? { refused: true } : {}),
    }
  }
}
