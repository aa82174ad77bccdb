import type { Precision } from '../oracle/contract.js'
import type { WireAttributes, WireTensors } from '../oracle/wire.js'

/** `unsupported`: the subject has none of the cases of this law, as it says or as was found out; such a law never counts as held. */
export type LawStatus = 'held' | 'broken' | 'suspicious' | 'errored' | 'skipped' | 'unsupported'

/** A case for which a law is false, in wire form. */
export interface Counterexample {
  readonly inputs: WireTensors
  readonly attributes: WireAttributes
  /** Of the outputs, where the law calls the backward pass. */
  readonly gradients?: WireTensors
  /** What the oracle and the subject answer to this call: outputs, or gradients where the law calls the backward pass. */
  readonly expected?: WireTensors
  readonly actual?: WireTensors
}

/** The element that is worst in units of what is allowed. */
export interface WorstElement {
  /** What it is an element of, in the words of the law: `output y`, `the gradient of x`. */
  readonly what: string
  /** Its index, one number a dimension. */
  readonly index: readonly number[]
  readonly actual: number | 'NaN' | 'Infinity' | '-Infinity'
  readonly expected: number | 'NaN' | 'Infinity' | '-Infinity'
  /** Its error in units in the last place of the expected value, in the subject's precision; null where that is not finite. */
  readonly ulps: number | null
}

/**
 * Upper bounds, inclusive, of the bins in which the errors of cases are counted, in units in the last place; what is above the last
 * is counted in one bin more.
 */
export const errorBins = [0, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const

/** What became of one law. */
export interface LawReport {
  readonly law: string
  readonly status: LawStatus
  /** Cases that were checked, up to and including the first one that fails. */
  readonly runs: number
  readonly milliseconds: number
  readonly counterexample?: Counterexample
  readonly shrunk?: boolean
  readonly message?: string
  /** The worst error, of the counterexample or of all cases, and what was allowed there. */
  readonly worst?: number
  readonly allowed?: number
  /** The worst error in units of the acceptance bound. */
  readonly ratio?: number
  /** Elements that could not be judged: a kink under a difference quotient, an overflow that the platform may have. */
  readonly leftOut?: number
  /** The mistake that it looks like. */
  readonly mistake?: string
  readonly replay?: string
  /** fast-check's path to the counterexample. */
  readonly path?: string
  /** Why it was skipped, or what the subject does not support. */
  readonly why?: string
  /** Cases that the subject does not support: they were drawn and not judged, and do not count as runs. */
  readonly unsupported?: number
  /** Cases by the error of their worst element; see errorBins. */
  readonly errors?: readonly number[]
  readonly worstElement?: WorstElement
  /** The failure is expected, for this reason (--xfail). */
  readonly xfail?: string
}

/** Something that a subject does not support of an operator. */
export interface Limit {
  /** In words: `groups other than 1`, `no bias`, `x of rank 3`. */
  readonly what: string
  /** `declared`: the subject says so; `found`: it refused every case that has it, and no other. */
  readonly how: 'declared' | 'found'
}

export interface OperatorReport {
  readonly status: LawStatus
  readonly laws: readonly LawReport[]
  readonly limits?: readonly Limit[]
}

/** What `test --format json` prints. */
export interface TestReport {
  readonly version: 1
  readonly subject: string
  /** What was tested, as `answerkey test` was given it. */
  readonly spec?: string
  readonly precision: Precision
  readonly profile: string
  readonly seed: number
  readonly runs: number
  readonly operators: Readonly<Record<string, OperatorReport>>
  readonly notImplemented: readonly string[]
  /** Laws by status; those whose failure is expected are counted in `xfailed`, and in `xpassed` where they held. */
  readonly summary: Summary
  /** Choices of the subject's own that were declared and translated: see docs/dialects.md. */
  readonly dialects?: readonly string[]
  /** It computes in a coarser format than it claims. */
  readonly claim?: PrecisionClaim
  /** Which part of the laws this is of, where they were shared out: `2/4`. */
  readonly shard?: string
  readonly milliseconds: number
}

/** What shows that a subject computes in a coarser format than it claims. */
export interface PrecisionClaim {
  readonly claimed: Precision
  readonly computed: Precision
  /** So many of the operators compared with the oracle were off. */
  readonly broken: number
  readonly compared: number
  /** So many of the laws tried again with the coarser format's numbers and tolerances held. */
  readonly held: number
  readonly tried: number
}

/** How many laws came to what. */
export type Summary = Readonly<Record<LawStatus | 'xfailed' | 'xpassed', number>>

const severity: readonly LawStatus[] = ['broken', 'errored', 'suspicious', 'held', 'skipped', 'unsupported']

/** The worst status among an operator's laws, failures that are expected aside. */
export function statusOf(laws: readonly LawReport[]): LawStatus {
  const unexpected = laws.filter(({ xfail, status }) => xfail === undefined || status === 'held')
  return severity.find((status) => unexpected.some((law) => law.status === status)) ?? 'skipped'
}

/** How many laws of all operators have each status. */
export function summaryOf(operators: readonly OperatorReport[]): Summary {
  const summary = { held: 0, broken: 0, suspicious: 0, errored: 0, skipped: 0, unsupported: 0, xfailed: 0, xpassed: 0 }
  for (const { laws } of operators) for (const law of laws) summary[outcomeOf(law)]++
  return summary
}

/** What a law counts as: its status, or that its failure was expected, or that it held though it was expected to fail. */
export function outcomeOf({ status, xfail }: LawReport): keyof Summary {
  if (xfail === undefined || status === 'skipped' || status === 'unsupported') return status
  return status === 'held' ? 'xpassed' : 'xfailed'
}
