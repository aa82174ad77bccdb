import type { Span } from '../expression/ast.js'
import type { Line } from './lines.js'
import { type MappedText, MappedTextBuilder } from './mappedText.js'
import { type MathRegion, maskMath } from './mathRegions.js'

/** A LaTeX document as lines of plain text with mathematics in them. */
export interface LatexText {
  readonly mapped: MappedText
  readonly regions: readonly MathRegion[]
  readonly lines: readonly Line[]
}

/** Writes the plain text that a LaTeX text prints, line by line. */
export class LatexWriter {
  private readonly text: string
  private readonly out: MappedTextBuilder
  private readonly regions: MathRegion[] = []
  private readonly lines: Omit<Line, 'plain'>[] = []
  private lineStart = 0
  private block = 0
  private kind: Line['kind'] = 'paragraph'
  /** Whether the line so far is all emphasised. */
  private emphasised = true
  /** Whether paragraphs are items of a list. */
  inList = false

  constructor(text: string) {
    this.text = text
    this.out = new MappedTextBuilder(text)
  }

  /** A stretch of the LaTeX text as it stands. */
  copy(start: number, end: number, emphasised = false): void {
    this.out.copy(start, end)
    if (!emphasised && this.text.slice(start, end).trim() !== '') this.emphasised = false
  }

  /** A text that stands for a stretch of the LaTeX text. */
  insert(written: string, source: Span): void {
    this.out.insert(written, source)
  }

  endLine(): void {
    const span = { start: this.lineStart, end: this.out.length }
    const { sourceEnd } = this.out
    this.out.insert('\n', { start: sourceEnd, end: sourceEnd })
    this.lineStart = this.out.length
    this.lines.push({ span, kind: this.kind, emphasised: this.emphasised, block: this.block })
    this.emphasised = true
  }

  endParagraph(): void {
    this.endLine()
    this.block++
    this.kind = this.inList ? 'list' : 'paragraph'
  }

  /** A block of its own of headings or of rows of a table. */
  asBlock(kind: 'heading' | 'table', write: () => void): void {
    this.endParagraph()
    this.kind = kind
    write()
    this.endParagraph()
  }

  /** Mathematics, a space in place of each of its delimiters; `rows` where each of its rows is a line by itself. */
  region(outer: Span, inner: Span, display: boolean, rows = false): void {
    if (display) this.endLine()
    const { length: start } = this.out
    this.out.insert(' ', { start: outer.start, end: inner.start })
    const innerStart = this.out.length
    if (rows) this.out.insert('\\begin{align}', { start: outer.start, end: inner.start })
    const dropped = /\\(?:ensuremath|xspace|protect|relax)(?![a-zA-Z])/g
    let from = inner.start
    for (const { 0: written, index } of this.text.slice(inner.start, inner.end).matchAll(dropped)) {
      this.out.copy(from, inner.start + index)
      from = inner.start + index + written.length
    }
    this.out.copy(from, inner.end)
    if (rows) this.out.insert('\\end{align}', { start: inner.end, end: outer.end })
    const innerEnd = this.out.length
    this.out.insert(' ', { start: inner.end, end: outer.end })
    this.regions.push({ outer: { start, end: this.out.length }, inner: { start: innerStart, end: innerEnd }, display })
    this.emphasised = false
    if (display) this.endLine()
  }

  /** All that was written. */
  finish(): LatexText {
    this.endParagraph()
    const mapped = this.out.build()
    const masked = maskMath(mapped.text, this.regions)
    const lines = this.lines.map((line) => ({
      ...line,
      plain: masked.slice(line.span.start, line.span.end).replaceAll(/\s+/gu, ' ').trim(),
    }))
    return { mapped, regions: this.regions, lines: withLoneLines(lines) }
  }
}

/** Lines that hold something, the only one of its paragraph marked so. */
function withLoneLines(lines: readonly Line[]): readonly Line[] {
  const written = lines.filter(({ plain }) => plain !== '')
  return written.map((line, i) =>
    line.kind === 'paragraph' && written[i - 1]?.block !== line.block && written[i + 1]?.block !== line.block
      ? { ...line, kind: 'alone' }
      : line,
  )
}
