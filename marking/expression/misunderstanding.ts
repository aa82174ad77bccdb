import type { Span } from './ast.js'

/** Thrown inside the reader where a side of a chain cannot be read, and caught there: place and reason. */
export class Misunderstanding extends Error {
  override readonly name = 'Misunderstanding'
  readonly span: Span

  constructor(why: string, span: Span) {
    super(why)
    this.span = span
  }
}
