import type { Colors } from 'picocolors/types.js'
import type { LawReport, LawStatus, TestReport } from '../properties/report.js'
import { count, multiple, tensorText } from './words.js'

const marks: Readonly<Record<LawStatus, string>> = {
  held: '✓',
  broken: '✗',
  suspicious: '?',
  errored: '!',
  skipped: '–',
  unsupported: '·',
}

function paint(colors: Colors, status: LawStatus, text: string): string {
  if (status === 'held') return colors.green(text)
  if (status === 'suspicious') return colors.yellow(text)
  return status === 'skipped' ? colors.dim(text) : colors.red(text)
}

/** The report of a conformance run for a person; `quiet` leaves out what held. */
export function testText(report: TestReport, colors: Colors, quiet: boolean): string {
  const lines: string[] = []
  for (const [operator, { status, laws }] of Object.entries(report.operators)) {
    if (quiet && status === 'held') continue
    const cases = laws.reduce((sum, law) => sum + law.runs, 0)
    const held = laws.filter((law) => law.status === 'held').length
    lines.push(
      `${paint(colors, status, marks[status])} ${colors.bold(operator)}  ${held} of ${count(laws.length, 'law')} held, ${count(cases, 'case')}`,
    )
    for (const group of alike(laws.filter((law) => law.status !== 'held'))) lines.push(...groupLines(group, colors))
  }
  if (report.notImplemented.length > 0) lines.push(colors.dim(`not implemented: ${report.notImplemented.join(', ')}`))
  const { held, broken, suspicious, errored, skipped } = report.summary
  lines.push(
    '',
    `${report.subject} (${report.precision}, seed ${report.seed}, ${count(report.runs, 'case')} a law): ` +
      `${held} held, ${broken} broken, ${suspicious} suspicious, ${errored} errored, ${skipped} skipped`,
    '',
  )
  return lines.join('\n')
}

/** Laws that came to the same for the same reason, together. */
function alike(laws: readonly LawReport[]): readonly (readonly LawReport[])[] {
  const groups = new Map<string, LawReport[]>()
  for (const law of laws) {
    const key = `${law.status} ${law.why ?? law.message}`
    groups.set(key, [...(groups.get(key) ?? []), law])
  }
  return [...groups.values()]
}

function groupLines([first, ...others]: readonly LawReport[], colors: Colors): readonly string[] {
  if (first.status === 'skipped') return [colors.dim(`  skipped: ${count(others.length + 1, 'law')}: ${first.why}`)]
  if (others.length === 0) return lawLines(first, colors)
  const named = others.slice(0, 3).map(({ law }) => `«${law}»`)
  const more = others.length > named.length ? ` and ${others.length - named.length} more` : ''
  return [...lawLines(first, colors), `    likewise: ${named.join(', ')}${more}`]
}

function lawLines(law: LawReport, colors: Colors): readonly string[] {
  const lines = [`  ${paint(colors, law.status, `${law.status}: ${law.law}`)} (case ${law.runs})`]
  const add = (text: string) => lines.push(...text.split('\n').map((line) => `    ${line}`))
  if (law.message !== undefined) add(law.message)
  if (law.ratio !== undefined && Number.isFinite(law.ratio) && law.ratio > 0)
    add(`${multiple(law.ratio)} of the acceptance bound`)
  if (law.mistake !== undefined) add(`looks like: ${law.mistake}`)
  if (law.counterexample !== undefined) {
    const { inputs, attributes, gradients } = law.counterexample
    for (const [name, x] of Object.entries(inputs)) add(`${name} = ${tensorText(x)}`)
    for (const [name, x] of Object.entries(gradients ?? {})) add(`gradient of ${name} = ${tensorText(x)}`)
    if (Object.keys(attributes).length > 0) add(`attributes ${JSON.stringify(attributes)}`)
  }
  if (law.replay !== undefined) add(colors.dim(`replay: ${law.replay}`))
  return lines
}
