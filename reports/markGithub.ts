import type { Claim, FileReport } from '../marking/report.js'
import { followersText, legible, markModel, type RootError, sentenceOf, severityOf, subjectOf } from './markModel.js'
import { count } from './words.js'

/** GitHub shows no more than ten annotations of a kind a step. */
const most = 10

/**
 * The root errors of solutions as workflow commands of GitHub Actions, a line each, which a pull request shows at their lines:
 * ten at most, and one notice that counts the rest. Empty where there is none.
 */
export function githubAnnotations(reports: Iterable<FileReport>): string {
  const commands: string[] = []
  const further = new Set<string>()
  let rest = 0
  for (const report of reports)
    for (const error of markModel(legible(report)).roots)
      if (commands.length < most) commands.push(annotation(report.file, error))
      else {
        rest++
        further.add(report.file)
      }
  if (rest > 0)
    commands.push(
      command('notice', {}, `${count(rest, 'more error')} in ${count(further.size, 'file')} not shown here`),
    )
  return commands.map((line) => `${line}\n`).join('')
}

function annotation(file: string, { root, entries, followers }: RootError): string {
  const { line, column, endLine, endColumn } = root
  const place = { file, line, endLine, col: column, ...(endLine === line && { endColumn }) }
  const message = [
    sentenceOf(root),
    ...(entries.length === 0 ? [] : [`${count(entries.length, 'more entry', 'more entries')} of it not right`]),
    ...root.explanations.map(({ mistake }) => `consistent with «${mistake}»`),
    ...(followers.length === 0 ? [] : [followersText(followers)]),
  ].join('\n')
  return command(severityOf(root) === 'error' ? 'error' : 'warning', { ...place, title: titleOf(root) }, message)
}

function titleOf(claim: Claim): string {
  const subject = subjectOf(claim)
  const about = [claim.exercise, subject].filter((part) => part !== null && part !== '').join(' ')
  return about === '' ? claim.verdict : `${claim.verdict}: ${about}`
}

function command(
  name: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const written = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(String(value))}`)
  return `::${name}${written.length === 0 ? '' : ` ${written.join(',')}`}::${escaped(message)}`
}

/** What would end a command's message, as GitHub's toolkit escapes it. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
