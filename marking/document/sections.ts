import type { Section } from './document.js'
import { isContentsLine, readHeading } from './headings.js'
import { holdsMath, type Line } from './lines.js'

/** A line of a document that is no heading, with the section it stands in. */
export interface PlacedLine {
  readonly line: Line
  readonly section: Section
}

interface Draft {
  readonly line: Line
  readonly source: string | undefined
  readonly number: string | undefined
  readonly part: string | undefined
  readonly title: string
  /** The stretch between two headings of exercises or parts that the line stands in. */
  readonly stretch: number
}

interface Stretch {
  readonly isPart: boolean
  readonly number: string | undefined
  /** The drafts' count at which the solution begins, if a heading says so; likewise the statement. */
  solutionFrom: number | undefined
  statementFrom: number | undefined
}

/**
 * Places every line that is no heading in its section. Where a document repeats the sheet, what stands before «Solution» within
 * an exercise or a part is the statement, and so is what stands between an exercise's heading and its first part.
 */
export function placeLines(lines: readonly Line[]): readonly PlacedLine[] {
  const drafts: Draft[] = []
  const stretches: Stretch[] = [{ isPart: false, number: undefined, solutionFrom: undefined, statementFrom: undefined }]
  let source: string | undefined
  let number: string | undefined
  let part: string | undefined
  let headedPart: string | undefined
  let title = ''
  const open = (isPart: boolean): void => {
    stretches.push({ isPart, number, solutionFrom: undefined, statementFrom: undefined })
    title = ''
  }

  for (const [i, line] of lines.entries()) {
    if (isContentsLine(line.plain)) continue
    const inHeadingPlace = line.kind === 'heading' || line.kind === 'alone' || line.kind === 'paragraph'
    const heading = inHeadingPlace && !holdsMath(line.plain) ? readHeading(line.plain) : undefined
    if (heading?.kind === 'exercise') {
      ;({ source, number } = heading)
      part = heading.part
      headedPart = part
      open(part !== undefined)
    } else if (heading?.kind === 'part') {
      part = heading.part
      headedPart = part
      open(true)
    } else if (heading?.kind === 'solution') {
      part = headedPart
      title = line.plain
      stretches[stretches.length - 1].solutionFrom = drafts.length
    } else if (heading?.kind === 'statement') {
      title = line.plain
      stretches[stretches.length - 1].statementFrom = drafts.length
    } else if (isTitle(line, lines[i + 1])) title = line.plain.replace(/[.:]$/, '')
    else {
      part = labelledPart(line, headedPart) ?? part
      drafts.push({ line, source, number, part, title, stretch: stretches.length - 1 })
    }
  }

  const anySolution = stretches.some(({ solutionFrom }) => solutionFrom !== undefined)
  return drafts.map(({ line, stretch, ...section }, i) => ({
    line,
    section: { ...section, role: isStatement(i, stretch) ? 'statement' : 'solution' },
  }))

  function isStatement(i: number, at: number): boolean {
    const { isPart, solutionFrom, statementFrom, number: exercise } = stretches[at]
    if (solutionFrom !== undefined) return i < solutionFrom
    if (statementFrom !== undefined) return i >= statementFrom
    const next = stretches[at + 1]
    return anySolution && !isPart && (exercise === undefined || (next?.isPart === true && next.number === exercise))
  }
}

/** A line that is the title of what follows: marked as a heading, emphasised, or a few words by themselves. */
function isTitle(line: Line, next: Line | undefined): boolean {
  const { kind, plain, emphasised } = line
  if (kind === 'list' || kind === 'table' || kind === 'math' || holdsMath(plain) || /[=|]/.test(plain)) return false
  if (!/\p{L}/u.test(plain)) return false
  if (kind === 'heading' || (emphasised && (kind === 'alone' || kind === 'paragraph'))) return true
  const words = plain.split(/\s+/u).length
  const leads = kind === 'alone' || next?.block === line.block
  return leads && words <= 6 && (kind === 'alone' ? !/[.!?;,\d]$/u.test(plain) : plain.endsWith(':'))
}

/** The part whose letter a line of its own begins with, `a) …` or `(b) …`, where headings name no parts. */
function labelledPart({ plain, kind }: Line, headedPart: string | undefined): string | undefined {
  if (headedPart !== undefined || kind === 'table' || kind === 'math') return undefined
  const label = /^(?:\(\p{L}\)|\p{L}\))/u.exec(plain)?.[0]
  const heading = label === undefined ? undefined : readHeading(label)
  return heading?.kind === 'part' ? heading.part : undefined
}
