import { stringify } from 'csv-stringify/sync'
import type { FileReport } from '../marking/report.js'
import type { Points } from '../marking/schemePoints.js'
import { tallies } from './markModel.js'

/**
 * The marking of a class as CSV: a row a file with its exercises, its totals by verdict and, where a scheme gives points, score
 * and maximum. `totals` are in the order of the reports. A cell that a spreadsheet would take for a formula is put in quotes.
 */
export function markCsv(reports: Iterable<FileReport>, totals?: readonly Points[]): string {
  const head = ['file', 'exercises', ...tallies, ...(totals === undefined ? [] : ['score', 'maximum'])]
  const rows = Array.from(reports, ({ file, exercises, summary }, i) => [
    file,
    exercises.map(({ exercise }) => exercise).join(' '),
    ...tallies.map((tally) => summary[tally]),
    ...(totals === undefined ? [] : [totals[i]?.score ?? '', totals[i]?.maximum ?? '']),
  ])
  return stringify([head, ...rows], { escape_formulas: true })
}
