import type { FileReport } from './report.js'
import { summarise } from './summary.js'

/** What the marking of a part of a file came to: of what answers one exercise, or of no exercise. */
export type MarkedPart = Pick<FileReport, 'exercises' | 'claims' | 'unread' | 'findings'>

/** A part, and which of the file's it is. */
export interface PlacedPart {
  readonly place: number
  readonly part: MarkedPart
}

/** The report of a file from its parts, in whatever order they come. */
export function reportOf(file: string, placed: readonly PlacedPart[]): FileReport {
  const parts = placed.toSorted((a, b) => a.place - b.place).map(({ part }) => part)
  const claims = parts.flatMap((part) => part.claims).toSorted((a, b) => a.line - b.line || a.column - b.column)
  const unread = parts.flatMap((part) => part.unread).toSorted((a, b) => a.line - b.line)
  const exercises = parts.flatMap((part) => part.exercises)
  const findings = parts.flatMap((part) => part.findings)
  return { file, exercises, claims, unread, findings, summary: summarise(claims, unread) }
}
