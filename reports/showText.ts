import type { Colors } from 'picocolors/types.js'
import type { WorkedSolution, WorkedStep } from '../exercises/index.js'
import { table } from './words.js'

/** An exercise worked out for a person: statement, given data, steps by stage, experiments. */
export function showText(solution: WorkedSolution, colors: Colors): string {
  const { exercise, title, source, statement, given, conventions, steps, refutation, tables, experiments } = solution
  const lines = [colors.bold(`${exercise}  ${title}`), colors.dim(source), '', statement.trim(), '']
  const heading = (text: string) => lines.push(colors.bold(text))
  if (given.length > 0) {
    heading('Given')
    lines.push(...table(given.map(({ symbol, valueText, meaning }) => [`  ${symbol}`, `= ${valueText}`, meaning])), '')
  }
  if (conventions.length > 0) {
    heading('Conventions')
    lines.push(...conventions.map(({ name, description }) => `  ${name}: ${description}`), '')
  }
  if (steps.length > 0) heading('Solution')
  let stage: string | undefined
  for (const step of steps) {
    if (step.stage !== undefined && step.stage !== stage) lines.push(colors.underline(`  ${step.stage}`))
    stage = step.stage
    lines.push(stepLine(step, colors))
  }
  if (steps.length > 0) lines.push('', colors.dim('  * asked for'), '')
  if (refutation !== undefined) lines.push(colors.red(`✗ ${refutation}`), '')
  for (const { title: heading_, columns, rows } of tables) {
    heading(heading_)
    const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)))
    lines.push(...table([[...columns], ...cells], columns.map((_, c) => c).slice(1)).map((line) => `  ${line}`), '')
  }
  for (const { question, columns, rows, findings } of experiments) {
    heading(`Experiment: ${question}`)
    const cells = rows.map((row) => row.map((value) => String(Number(value.toPrecision(4)))))
    lines.push(
      ...table(
        [[...columns], ...cells],
        columns.map((_, c) => c),
      ).map((line) => `  ${line}`),
    )
    lines.push(
      ...findings.map(({ statement, holds }) => `  ${holds ? colors.green('✓') : colors.red('✗')} ${statement}`),
      '',
    )
  }
  return lines.join('\n')
}

function stepLine({ asked, text, meaning }: WorkedStep, colors: Colors): string {
  return `  ${asked ? '*' : ' '} ${text}  ${colors.dim(meaning)}`
}
