import type { Colors } from 'picocolors/types.js'
import type { Claim, FileReport, Verdict } from '../marking/index.js'
import { toNestedText } from './words.js'

const orderOfSummary: readonly (Verdict | 'unread')[] = [
  'correct',
  'rounded',
  'carried',
  'arithmetic',
  'transcription',
  'wrong',
  'unsupported',
  'missing',
  'unread',
]

const fine: readonly Verdict[] = ['correct', 'rounded']

/** The marking of one file for a person: what is not simply right, line by line, then what it adds up to. */
export function markText(report: FileReport, colors: Colors, quiet: boolean): string {
  const lines: string[] = [colors.bold(report.file)]
  for (const { exercise, convention } of report.exercises)
    lines.push(`  ${exercise}${convention === null ? '' : colors.dim(` (${convention})`)}`)
  lines.push('')
  for (const claim of report.claims) {
    if (claim.verdict === 'missing') continue
    if (!fine.includes(claim.verdict)) lines.push(...claimLines(claim, colors))
    else if (!quiet) for (const note of claim.notes) lines.push(`  ${colors.cyan('note')} line ${claim.line}: ${note}`)
  }
  lines.push(...missingLines(report.claims, colors))
  if (!quiet)
    for (const { exercise, line, finding } of report.findings)
      lines.push(`  ${colors.cyan('note')} ${line === null ? '' : `line ${line}, `}${exercise}: ${finding}`)
  for (const { line, text, why } of report.unread)
    lines.push(`  ${colors.yellow('unread')} line ${line}: ${oneLine(text)} (${why})`)
  if (lines.at(-1) !== '') lines.push('')
  const parts = orderOfSummary.filter((verdict) => report.summary[verdict] > 0)
  lines.push(`  ${parts.map((verdict) => `${report.summary[verdict]} ${verdict}`).join(', ') || 'nothing to mark'}`, '')
  return lines.join('\n')
}

/** What was asked for and not found, a line for each exercise. */
function missingLines(claims: readonly Claim[], colors: Colors): readonly string[] {
  const missing = claims.filter(({ verdict }) => verdict === 'missing')
  return [...new Set(missing.map(({ exercise }) => exercise))].map((exercise) => {
    const what = missing.filter((claim) => claim.exercise === exercise).map(({ message }) => message)
    return `    ${colors.yellow('missing')} in ${exercise}: ${what.join('; ')}`
  })
}

function claimLines(claim: Claim, colors: Colors): readonly string[] {
  const index = claim.index === null ? '' : ` at [${[claim.index].flat().join(', ')}]`
  const lines = [`  ${paint(claim, colors)} ${colors.bold(`line ${claim.line}`)}${index}: ${claim.message}`]
  if (claim.text !== '') lines.push(colors.dim(`      ${oneLine(claim.text)}`))
  for (const { mistake, explanation } of claim.explanations)
    lines.push(`      consistent with «${mistake}»: ${explanation.startsWith('is ') ? 'this ' : ''}${explanation}`)
  lines.push(...valueLines(claim))
  for (const note of claim.notes) lines.push(colors.dim(`      ${note}`))
  return lines
}

function valueLines({ expected, carriedValue, verdict }: Claim): readonly string[] {
  if (expected === null || verdict === 'wrong' || verdict === 'carried') return []
  const [given, own] = [toNestedText(expected), carriedValue === null ? undefined : toNestedText(carriedValue)]
  return [
    `      the exercise gives ${given}${own === undefined || own === given ? '' : `, the values written before give ${own}`}`,
  ]
}

function paint({ verdict, root }: Claim, colors: Colors): string {
  const text = root ? `✗ ${verdict}` : `  ${verdict}`
  return verdict === 'carried' || verdict === 'missing' || verdict === 'unsupported'
    ? colors.yellow(text)
    : colors.red(text)
}

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  return flat.length > 140 ? `…${flat.slice(-139)}` : flat
}
