import type { Nested } from '../oracle/tensor.js'
import type { Verdict } from './verdict.js'

/** A known mistake that yields exactly what a line says. */
export interface Explanation {
  readonly mistake: string
  readonly explanation: string
}

/** One asserted equality of a solution, and the verdict on it. */
export interface Claim {
  /** Where its right side stands, counted from 1. */
  readonly line: number
  readonly column: number
  /** Where it ends: the place behind its last character. */
  readonly endLine: number
  readonly endColumn: number
  readonly exercise: string | null
  /** The chain up to the end of this claim. */
  readonly text: string
  /** Name of the quantity, where the claim is about one of the exercise. */
  readonly quantity: string | null
  /** Which cell of a vector (counted from 0) or matrix ([row, column]); null for a whole value. */
  readonly index: number | readonly number[] | null
  /** The value as it was written; null for a formula. */
  readonly claimed: Nested | null
  /** What the exercise gives. */
  readonly expected: Nested | null
  /** What follows from the solution's own earlier values, where that differs from what the exercise gives. */
  readonly carriedValue: Nested | null
  readonly verdict: Verdict
  /** Whether the error is made here. */
  readonly root: boolean
  /** Line of the root error that it comes from. */
  readonly carriedFrom: number | null
  readonly message: string
  readonly explanations: readonly Explanation[]
  readonly notes: readonly string[]
}

export interface UnreadLine {
  readonly line: number
  readonly text: string
  readonly why: string
}

/** Something that concerns the solution as a whole. */
export interface Finding {
  readonly exercise: string
  readonly line: number | null
  readonly finding: string
}

export type Summary = Readonly<Record<Verdict | 'unread', number>>

/** The marking of one file: an element of `files` in `mark --format json`. */
export interface FileReport {
  readonly file: string
  readonly exercises: readonly { readonly exercise: string; readonly convention: string | null }[]
  readonly claims: readonly Claim[]
  readonly unread: readonly UnreadLine[]
  readonly findings: readonly Finding[]
  readonly summary: Summary
}
