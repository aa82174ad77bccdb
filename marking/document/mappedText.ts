import type { Span } from '../expression/ast.js'
import type { Edit } from './document.js'

/** A piece of a mapped text: copied from its source letter by letter, or standing for a stretch of it. */
export interface Piece {
  /** Where it begins in the mapped text. */
  readonly at: number
  readonly text: string
  readonly source: Span
  readonly copied: boolean
}

/** A text put together from another, its source, and where each of its characters comes from. */
export class MappedText {
  readonly text: string
  private readonly pieces: readonly Piece[]

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces.length > 0 ? pieces : [{ at: 0, text: '', source: { start: 0, end: 0 }, copied: true }]
    this.text = pieces.map(({ text }) => text).join('')
  }

  /** A text as it stands. */
  static of(text: string): MappedText {
    return new MappedText([{ at: 0, text, source: { start: 0, end: text.length }, copied: true }])
  }

  /** The offset in the source of an offset into the text; inside of what stands for something, where that begins. */
  originOf(offset: number): number {
    const { at, text, source, copied } = this.pieces[this.indexAt(offset)]
    const inside = offset - at
    if (copied) return source.start + inside
    return inside >= text.length && inside > 0 ? source.end : source.start
  }

  /**
   * The edits of the source that make these of the text. An edit within what stands for something replaces all of that; of two that
   * would change the same place of the source, as two uses of one argument do, the first counts.
   */
  sourceEdits(edits: readonly Edit[]): readonly Edit[] {
    const inOrder = edits
      .map(({ span, text }) => {
        const first = this.pieces[this.indexAt(span.start)]
        const last = this.pieces[this.indexAt(Math.max(span.start, span.end - 1))]
        const head = first.copied ? '' : first.text.slice(0, span.start - first.at)
        const tail = last.copied ? '' : last.text.slice(span.end - last.at)
        const start = first.copied ? first.source.start + (span.start - first.at) : first.source.start
        const end = last.copied ? last.source.start + (span.end - last.at) : last.source.end
        return { span: { start, end }, text: head + text + tail }
      })
      .sort((a, b) => a.span.start - b.span.start)
    let at = 0
    return inOrder.filter(({ span }) => {
      const applies = span.start >= at && span.end >= span.start
      if (applies) at = span.end
      return applies
    })
  }

  /** A stretch of the text, as a mapped text by itself. */
  slice(start: number, end: number): MappedText {
    const parts: Piece[] = []
    for (let i = this.indexAt(start); i < this.pieces.length && this.pieces[i].at < end; i++) {
      const { at, text, source, copied } = this.pieces[i]
      const [from, to] = [Math.max(0, start - at), Math.min(text.length, end - at)]
      if (from >= to) continue
      const cut = copied ? { start: source.start + from, end: source.start + to } : source
      parts.push({ at: at + from - start, text: text.slice(from, to), source: cut, copied })
    }
    return new MappedText(parts)
  }

  /** Its pieces, in order. */
  *[Symbol.iterator](): Iterator<Piece> {
    yield* this.pieces
  }

  /** The last piece that begins at an offset or before it. */
  private indexAt(offset: number): number {
    let [low, high] = [0, this.pieces.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.pieces[middle].at <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Puts a mapped text together, piece by piece. */
export class MappedTextBuilder {
  private readonly source: string
  private readonly pieces: Piece[] = []
  private end = 0

  constructor(source: string) {
    this.source = source
  }

  /** How long the text is so far. */
  get length(): number {
    return this.end
  }

  /** Where the last piece ends in the source. */
  get sourceEnd(): number {
    return this.pieces[this.pieces.length - 1]?.source.end ?? 0
  }

  /** A stretch of the source as it stands there. */
  copy(start: number, end: number): void {
    const previous = this.pieces[this.pieces.length - 1]
    if (previous?.copied === true && previous.source.end === start) {
      this.pieces.pop()
      this.end = previous.at
      this.add(this.source.slice(previous.source.start, end), { start: previous.source.start, end }, true)
    } else this.add(this.source.slice(start, end), { start, end }, true)
  }

  /** A text that stands for a stretch of the source. */
  insert(text: string, source: Span): void {
    this.add(text, source, false)
  }

  /** A stretch of another text that comes from the same source. */
  append(mapped: MappedText): void {
    for (const { text, source, copied } of mapped) {
      if (copied) this.copy(source.start, source.end)
      else this.insert(text, source)
    }
  }

  build(): MappedText {
    return new MappedText(this.pieces)
  }

  private add(text: string, source: Span, copied: boolean): void {
    if (text === '') return
    this.pieces.push({ at: this.end, text, source, copied })
    this.end += text.length
  }
}
