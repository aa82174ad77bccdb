import type { Colors } from 'picocolors/types.js'
import type { Claim, FileReport } from '../marking/report.js'
import { excerptOf, sourceLines } from './markExcerpt.js'
import {
  explanationText,
  followersText,
  legible,
  type MarkModel,
  type MissingClaims,
  markModel,
  type RootError,
  sentenceOf,
  totalsText,
  valuesText,
} from './markModel.js'
import { count, displayWidth, oneLine, wrapped } from './words.js'

/** How wide a line of the report may be. */
const columns = 80

/**
 * The marking of one file for a person at a terminal: each error where it is made, with its source line and the place marked, then
 * what follows from it; what is missing, what could not be read, and the totals. `quiet` leaves out remarks on what is right.
 */
export function markText(report: FileReport, colors: Colors, quiet: boolean, source?: string): string {
  const shown = legible(report)
  const model = markModel(shown)
  const writer = new TextWriter(colors, source === undefined ? [] : sourceLines(source))
  writer.line(colors.bold(oneLine(report.file, columns)))
  for (const { exercise, convention } of shown.exercises)
    writer.paragraph(`${exercise}${convention === null ? '' : ` (${convention})`}`, 2)
  for (const error of model.roots) writer.error(error)
  for (const claim of model.adrift) writer.claim(claim, colors.yellow(`? ${claim.verdict}`))
  writer.line('')
  for (const missing of model.missing) writer.missing(missing)
  if (!quiet) writer.remarks(shown, model)
  for (const { line, text, why } of model.unread)
    writer.paragraph(`${colors.yellow('unread')} line ${line}: ${oneLine(text, 140)} (${why})`, 2)
  writer.line('')
  if (model.roots.length > 0) writer.paragraph(colors.bold(toMend(model)), 2)
  writer.paragraph(totalsText(shown.summary), 2)
  return writer.text()
}

/** `5 errors to mend, on lines 33, 37, 44, 61 and 72; 7 values follow from them`. */
function toMend({ roots }: MarkModel): string {
  const followers = roots.flatMap((error) => error.followers)
  const follow = followers.length === 0 ? '' : `; ${followersText(followers, roots.length === 1 ? 'it' : 'them')}`
  return `${count(roots.length, 'error')} to mend, on ${linesText(roots.map(({ root }) => root.line))}${follow}`
}

/** `line 3`, `lines 3, 5 and 9`; each line once. */
function linesText(all: readonly number[]): string {
  const lines = [...new Set(all)]
  const listed = lines.length < 2 ? lines.join('') : `${lines.slice(0, -1).join(', ')} and ${lines[lines.length - 1]}`
  return `${lines.length === 1 ? 'line' : 'lines'} ${listed}`
}

/** Where a line would begin a command to GitHub's runner, which reads what is printed: a character without width keeps it from that. */
const workflowCommand = /(?<=^\s*:)(?=:)|(?<=##)(?=\[)/g

/** Puts lines together that are no wider than a terminal. */
class TextWriter {
  private readonly lines: string[] = []
  private readonly colors: Colors
  private readonly source: readonly string[]

  constructor(colors: Colors, source: readonly string[]) {
    this.colors = colors
    this.source = source
  }

  text(): string {
    return `${this.lines.join('\n')}\n`
  }

  /** A line; of several empty ones, one. */
  line(text: string): void {
    if (text !== '' || this.lines.at(-1) !== '') this.lines.push(text.replaceAll(workflowCommand, '\u2060'))
  }

  paragraph(text: string, indent: number): void {
    const [first = '', ...rest] = wrapped(text, columns - indent - 2)
    this.line(`${' '.repeat(indent)}${first}`)
    for (const line of rest) this.line(`${' '.repeat(indent + 2)}${line}`)
  }

  error({ root, entries, followers }: RootError): void {
    this.claim(root, this.colors.red(`✗ ${root.verdict}`))
    for (const entry of entries) {
      const values = valuesText(entry)
      this.paragraph(`${indexText(entry)}: ${sentenceOf(entry)}${values === undefined ? '' : ` (${values})`}`, 4)
    }
    const here = followers.filter(({ verdict, line }) => verdict !== 'carried' && line === root.line)
    const carried = followers.filter(({ verdict }) => verdict === 'carried')
    const others = followers.filter((claim) => !here.includes(claim) && !carried.includes(claim))
    const from = `follows from line ${root.line}: `
    if (here.length > 0)
      this.paragraph(`so the rest of this line (${count(here.length, 'value')}) is not right either`, 4)
    if (others.length > 0)
      this.paragraph(`${from}${count(others.length, 'more value')} that cannot be right, on ${linesOf(others)}`, 4)
    if (carried.length > 0)
      this.paragraph(
        `${from}${count(carried.length, 'more value')}, right in ${carried.length === 1 ? 'itself' : 'themselves'}, on ${linesOf(carried)}`,
        4,
      )
  }

  /** What is said of a claim, under the line that it stands on. */
  claim(claim: Claim, verdict: string): void {
    const { line, index, text, explanations, notes } = claim
    this.line('')
    this.line(`${verdict}${this.colors.bold(`, line ${line}`)}${index === null ? '' : `, ${indexText(claim)}`}`)
    const number = String(line).padStart(6)
    const excerpt = excerptOf(claim, this.source, columns - number.length - 3)
    if (excerpt !== undefined) {
      this.line(`${this.colors.dim(`${number} │`)} ${excerpt.line}`)
      this.line(`${this.colors.dim(`${' '.repeat(number.length)} │`)} ${this.colors.red(excerpt.carets)}`)
    } else if (text !== '')
      this.line(`${this.colors.dim(`${number} │`)} ${oneLine(text, columns - number.length - 3 - wideIn(text))}`)
    this.paragraph(sentenceOf(claim), 4)
    for (const explanation of explanations) this.paragraph(explanationText(explanation), 4)
    const values = valuesText(claim)
    if (values !== undefined) this.paragraph(values, 4)
    for (const note of notes) this.paragraph(this.colors.dim(note), 4)
  }

  missing({ exercise, claims }: MissingClaims): void {
    const what = claims.map(({ message }) => message).join('; ')
    this.paragraph(`${this.colors.yellow('missing')} in ${exercise}: ${what}`, 2)
  }

  /** What is said of claims that are right, and of the solution as a whole. */
  remarks({ findings }: FileReport, { right }: MarkModel): void {
    const note = this.colors.cyan('note')
    const remarks = right.flatMap(({ line, notes }) => notes.map((text) => `${note} line ${line}: ${text}`))
    for (const remark of new Set(remarks)) this.paragraph(remark, 2)
    for (const { exercise, line, finding } of findings)
      this.paragraph(`${note} ${line === null ? '' : `line ${line}, `}${exercise}: ${finding}`, 2)
  }
}

function indexText({ index }: Claim): string {
  return `at [${[index ?? []].flat().join(', ')}]`
}

function linesOf(claims: readonly Claim[]): string {
  return linesText(claims.map(({ line }) => line))
}

/** How many columns the wide characters of a text take beyond one each. */
function wideIn(text: string): number {
  return Math.max(0, displayWidth(text) - [...text].length)
}
