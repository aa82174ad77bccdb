import type { TestReport } from '../properties/report.js'
import { gravest, kindNames, kindOrder, tally } from './testMatrix.js'
import {
  alike,
  callOf,
  type Outcome,
  outcomeNames,
  sentenceOf,
  type TestedLaw,
  type TestedOperator,
  testModel,
  totalsText,
} from './testModel.js'
import { count, oneLine } from './words.js'

const marks: Readonly<Record<Outcome, string>> = {
  held: '✅',
  broken: '❌',
  errored: '💥',
  suspicious: '⚠️',
  xpassed: '🔺',
  xfailed: '🔻',
  unsupported: '·',
  skipped: '–',
}

/** So many findings are told: the summary of a step may hold a megabyte. */
const most = 30

/**
 * A conformance run in Markdown, for the summary of a job: totals, what to look at, and how many laws of each kind held for the
 * operators for which not all did.
 */
export function testMarkdown(report: TestReport): string {
  const { subject, conditions, operators, findings, claim, notImplemented, totals } = testModel(report)
  const whole = operators.filter(({ laws }) => laws.every(({ outcome }) => outcome === 'held'))
  const partial = operators.filter((operator) => !whole.includes(operator))
  const groups = alike(findings)
  const rest = groups.slice(most).flat().length
  return [
    `## answerkey test: ${escaped(subject)}`,
    '',
    `${totalsText(totals)} (${conditions.map(([name, value]) => `${name} ${escaped(value)}`).join(', ')})`,
    '',
    ...(claim === undefined ? [] : [`⚠️ Precision: ${escaped(claim)}`, '']),
    ...groups.slice(0, most).flatMap((laws) => findingLines(laws, report)),
    ...(rest > 0 ? [`- and ${count(rest, 'more law')}`] : []),
    ...(groups.length > 0 ? [''] : []),
    ...tableLines(partial),
    ...(whole.length === 0 ? [] : [`Every law held for ${whole.map(({ name }) => escaped(name)).join(', ')}.`, '']),
    ...(notImplemented.length === 0 ? [] : [`Not implemented: ${notImplemented.map(escaped).join(', ')}.`, '']),
  ].join('\n')
}

function findingLines([law, ...others]: readonly TestedLaw[], report: TestReport): readonly string[] {
  const call = callOf(law, report)
  const said = `${escaped(law.law)}: ${escaped(oneLine(sentenceOf(law), 300))}`
  const likewise = others.length === 0 ? '' : ` (and likewise ${count(others.length, 'more law')})`
  return [
    `- ${marks[law.outcome]} ${outcomeNames[law.outcome]}: **${escaped(law.operator)}** ${said}${likewise}`,
    ...(call === undefined || call.length > 500 ? [] : ['', codeBlock(call), '']),
  ]
}

/** A text as it stands, in a list item. */
function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [fence, ...text.split('\n'), fence].map((line) => `  ${line}`).join('\n')
}

function tableLines(operators: readonly TestedOperator[]): readonly string[] {
  if (operators.length === 0) return []
  return [
    `| | ${kindOrder.map((kind) => kindNames[kind]).join(' | ')} |`,
    `|---|${kindOrder.map(() => '---').join('|')}|`,
    ...operators.map(({ name, laws }) => {
      const cells = kindOrder.map((kind) => cell(laws.filter((law) => law.kind === kind)))
      return `| ${escaped(name)} | ${cells.join(' | ')} |`
    }),
    '',
  ]
}

/** `❌ 1 broken, 14 held`. */
function cell(laws: readonly TestedLaw[]): string {
  const outcome = gravest(laws)
  const told = tally(laws).map(([each, times]) => `${times} ${outcomeNames[each]}`)
  return outcome === undefined ? '' : `${marks[outcome]} ${told.join(', ')}`
}

/** A text in which nothing is markup, a link or a name that is notified. */
function escaped(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll(/[!#$&()*+:<>@[\\\]^_`{|}~-]|(?<=www)\./gi, '\\$&')
}
