import type { Colors } from 'picocolors/types.js'
import type { BackendReport, MatrixReport, MatrixRow } from '../subjects/matrix.js'
import { count, duration, multiple, table } from './words.js'

type Ran = Extract<BackendReport, { status: 'ran' }>

/** The matrix of `answerkey gpu` for a person: a row an operator or exercise, a column a backend. */
export function matrixText(report: MatrixReport, colors: Colors, quiet: boolean): string {
  const ran = report.backends.filter((backend): backend is Ran => backend.status === 'ran')
  const names = [...new Set(ran.flatMap(({ rows }) => rows.map(({ name }) => name)))]
  const lines: string[] = []
  if (ran.length > 0 && !quiet) {
    const header = ['', ...ran.map(({ backend }) => colors.bold(backend))]
    const body = names.map((name) => [
      name,
      ...ran.map(({ rows }) =>
        cell(
          rows.find((row) => row.name === name),
          colors,
        ),
      ),
    ])
    const totals = ['in all', ...ran.map(({ rows }) => totalText(rows))]
    lines.push('worst error in units of what is allowed · cases · time', '', ...table([header, ...body, totals]), '')
  }
  for (const { backend, rows } of ran)
    for (const { name, messages } of rows)
      for (const message of messages) lines.push(colors.red(`${backend}: ${name}: ${message}`))
  for (const backend of report.backends) {
    const name = colors.bold(backend.backend)
    if (backend.status === 'missing')
      lines.push(`${name}: ${colors.yellow('missing')}: ${backend.reason}; ${backend.remedy}`)
    else if (!quiet)
      lines.push(
        `${name}: ${backend.device}${softwareText(backend.software)}; ran as ${backend.modes.join(', ')}; ${count(backend.compilations, 'kernel')} compiled`,
      )
  }
  const { held, suspicious, broken, errored, skipped } = report.summary
  lines.push(
    '',
    `seed ${report.seed}, ${count(report.runs, 'case')} a law: ${held} held, ${broken} broken, ${suspicious} suspicious, ${errored} errored, ${skipped} skipped`,
    '',
  )
  return lines.join('\n')
}

function cell(row: MatrixRow | undefined, colors: Colors): string {
  if (row === undefined) return ''
  const reads = row.reads === undefined ? '' : ` · ${count(row.reads, 'read')}`
  const host = row.host === true ? ' · host' : ''
  const text = `${multiple(row.worst)} · ${row.cases} · ${duration(row.milliseconds)}${reads}${host}`
  if (row.status === 'held') return colors.green(`✓ ${text}`)
  if (row.status === 'skipped') return colors.dim(`– ${text}`)
  return row.status === 'suspicious' ? colors.yellow(`? ${text}`) : colors.red(`✗ ${text}`)
}

function totalText(rows: readonly MatrixRow[]): string {
  const worst = Math.max(0, ...rows.map((row) => row.worst))
  const cases = rows.reduce((sum, row) => sum + row.cases, 0)
  return `  ${multiple(worst)} · ${cases} · ${duration(rows.reduce((sum, row) => sum + row.milliseconds, 0))}`
}

function softwareText(software: boolean | undefined): string {
  if (software === undefined) return ''
  return software ? ' (software)' : ' (hardware)'
}
