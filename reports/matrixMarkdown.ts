import type { MatrixReport, MatrixRow } from '../subjects/matrix.js'
import { count, multiple } from './words.js'

const marks: Readonly<Record<MatrixRow['status'], string>> = {
  held: '✅',
  suspicious: '⚠️',
  broken: '❌',
  errored: '❌',
  skipped: '–',
}

/** The matrix of `answerkey gpu` in Markdown, for the summary of a job: what ran where, what went wrong, and the matrix itself. */
export function matrixMarkdown(report: MatrixReport, lacking: Readonly<Record<string, string>>): string {
  const ran = report.backends.filter((backend) => backend.status === 'ran')
  const names = [...new Set(ran.flatMap(({ rows }) => rows.map(({ name }) => name)))]
  const { held, suspicious, broken, errored } = report.summary
  const lines = [
    '## answerkey gpu',
    '',
    `${held} held, ${broken} broken, ${suspicious} suspicious, ${errored} errored (seed ${report.seed}, ${count(report.runs, 'case')} a law)`,
    '',
  ]
  for (const backend of report.backends) {
    const complaint = lacking[backend.backend]
    const state =
      backend.status === 'missing'
        ? `missing: ${backend.reason}`
        : `${backend.device}${backend.software === undefined ? '' : backend.software ? ' (software)' : ' (hardware)'}, ran as ${backend.modes.join(', ')}`
    lines.push(`- **${backend.backend}**: ${state}${complaint === undefined ? '' : `; ❌ required, but ${complaint}`}`)
  }
  for (const { backend, rows } of ran)
    for (const { name, messages } of rows)
      for (const message of messages) lines.push(`- ❌ ${backend}: ${name}: ${escaped(message)}`)
  if (ran.length > 0)
    lines.push(
      '',
      'Worst error in units of what is allowed, and how often numbers are read from the device to solve an exercise:',
      '',
      `| | ${ran.map(({ backend }) => backend).join(' | ')} |`,
      `|---|${ran.map(() => '---').join('|')}|`,
      ...names.map(
        (name) => `| ${name} | ${ran.map(({ rows }) => cell(rows.find((row) => row.name === name))).join(' | ')} |`,
      ),
    )
  return `${lines.join('\n')}\n`
}

function cell(row: MatrixRow | undefined): string {
  if (row === undefined) return ''
  return `${marks[row.status]} ${multiple(row.worst)}${row.reads === undefined ? '' : `, ${count(row.reads, 'read')}`}${row.host === true ? ', host' : ''}`
}

function escaped(message: string): string {
  return message.replaceAll(/[|<>\n]/g, (character) => (character === '\n' ? ' ' : `\\${character}`))
}
