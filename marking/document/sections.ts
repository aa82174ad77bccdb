import type { Section } from './document.js'
import { type Heading, isContentsLine, readHeading } from './headings.js'
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
  const counted = countedNumbers(lines)
  /** Headings of exercises so far: what stands at the top of every page begins nothing. */
  const seen = new Set<string>()
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

  /** Brackets of the block that are still open. */
  let brackets = 0
  for (const [i, line] of lines.entries()) {
    if (isContentsLine(line.plain)) continue
    if (line.block !== lines[i - 1]?.block) brackets = 0
    const isRow = brackets > 0
    brackets = Math.max(0, brackets + line.plain.split('[').length - line.plain.split(']').length)
    const inHeadingPlace = !isRow && (line.kind === 'heading' || line.kind === 'alone' || line.kind === 'paragraph')
    const said = inHeadingPlace && !holdsMath(line.plain) ? readHeading(line.plain) : undefined
    const heading = said !== undefined && isMeant(said, line) ? said : undefined
    if (heading?.kind === 'exercise' && heading.number === number && heading.part === undefined && seen.has(line.plain))
      continue
    if (heading?.kind === 'exercise') {
      seen.add(line.plain)
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
    } else if (!isRow && isTitle(line, lines[i + 1])) title = line.plain.replace(/[.:]$/, '')
    else {
      part = labelledPart(line, headedPart) ?? part
      drafts.push({ line, source, number, part, title, stretch: stretches.length - 1 })
    }
  }

  /** A number alone is a heading where it looks like one, or others beside it go on counting; a digit or (ii) within no other part. */
  function isMeant(heading: Heading, { kind, emphasised }: Line): boolean {
    if (heading.kind === 'part' && heading.bare) return headedPart === undefined || /\d/.test(headedPart)
    if (heading.kind !== 'exercise' || !heading.bare || kind === 'heading' || emphasised) return true
    return kind === 'alone' && counted.has(heading.number)
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

/** Numbers that stand alone on their lines and of which each is one more than one before it, as 1.2 after 1.1. */
function countedNumbers(lines: readonly Line[]): ReadonlySet<string> {
  const alone = lines.flatMap((line) => {
    const heading = line.kind === 'alone' && !holdsMath(line.plain) ? readHeading(line.plain) : undefined
    return heading?.kind === 'exercise' ? [heading.number] : []
  })
  const counted = new Set<string>()
  for (const [i, number] of alone.entries()) {
    const next = number.replace(/\d+$/, (last) => String(Number(last) + 1))
    if (number.startsWith('0') || !alone.slice(i + 1).includes(next)) continue
    counted.add(number)
    counted.add(next)
  }
  return counted
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
