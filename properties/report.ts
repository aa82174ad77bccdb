import type { Attributes, Precision } from '../oracle/contract.js'
import type { WireTensors } from '../oracle/wire.js'

export type LawStatus = 'held' | 'broken' | 'suspicious' | 'errored' | 'skipped'

/** A case for which a law is false, in wire form. */
export interface Counterexample {
  readonly inputs: WireTensors
  readonly attributes: Attributes
  /** Of the outputs, where the law calls the backward pass. */
  readonly gradients?: WireTensors
}

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
  /** Why it was skipped. */
  readonly why?: string
}

export interface OperatorReport {
  readonly status: LawStatus
  readonly laws: readonly LawReport[]
}

/** What `test --format json` prints. */
export interface TestReport {
  readonly version: 1
  readonly subject: string
  readonly precision: Precision
  readonly profile: string
  readonly seed: number
  readonly runs: number
  readonly operators: Readonly<Record<string, OperatorReport>>
  readonly notImplemented: readonly string[]
  readonly summary: Readonly<Record<LawStatus, number>>
  readonly milliseconds: number
}

const severity: readonly LawStatus[] = ['broken', 'errored', 'suspicious', 'held', 'skipped']

/** The worst status among an operator's laws. */
export function statusOf(laws: readonly LawReport[]): LawStatus {
  return severity.find((status) => laws.some((law) => law.status === status)) ?? 'skipped'
}

/** How many laws of all operators have each status. */
export function summaryOf(operators: readonly OperatorReport[]): Readonly<Record<LawStatus, number>> {
  const summary = { held: 0, broken: 0, suspicious: 0, errored: 0, skipped: 0 }
  for (const { laws } of operators) for (const { status } of laws) summary[status]++
  return summary
}
