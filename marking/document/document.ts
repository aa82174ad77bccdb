import type { Chain, Expression, Span } from '../expression/ast.js'
import type { SymbolTable } from '../expression/names.js'

/** Line and column of a place in a file, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A heading that names an exercise, a part of one, or a stage of a solution. */
export interface Section {
  /** `ntua`, where the heading gives an exercise's id (`ntua/1.1b`). */
  readonly source: string | undefined
  /** `1.1`, where the heading or one above it names an exercise. */
  readonly number: string | undefined
  /** `a`, `b`, … where it names a part; Greek (α), (β) and Roman letters alike, and the questions 1, 2, 3 of ntua/1.3. */
  readonly part: string | undefined
  /** The words of the nearest heading or emphasised line (`Σφάλμα`, `Backward Pass`, `Νέες Τιμές`, `Λύση`). */
  readonly title: string
  /** `statement` before a «Λύση»/«Solution» heading inside a part where the document repeats the sheet; else `solution`. */
  readonly role: 'statement' | 'solution'
}

/** One piece of mathematics or of prose with an answer in it, in reading order. */
export type Item =
  | {
      readonly kind: 'chain'
      readonly chain: Chain
      /** The words of its sentence that stand before it: «since», «if». */
      readonly words?: string
      /** An implication leads from it to what follows. */
      readonly isPremise?: boolean
      readonly section: Section
      readonly text: string
    }
  /** A number or class stated in prose that may answer what is asked: «the class is 2», «the dimension is 50». `words` stand before it. */
  | {
      readonly kind: 'prose'
      readonly words: string
      /** It may be said of something else than what is asked for: it claims what is right, and nothing else. */
      readonly isLoose?: boolean
      readonly value: Expression
      readonly section: Section
      readonly text: string
      readonly span: Span
    }
  /** A sentence of prose without mathematics, which may answer in words what is asked: «It falls, then it rises.» */
  | { readonly kind: 'sentence'; readonly section: Section; readonly text: string; readonly span: Span }
  /** An entry of an answer sheet: the path of its keys below the exercise id. */
  | {
      readonly kind: 'entry'
      readonly exercise: string
      readonly path: readonly string[]
      readonly value: Expression
      readonly text: string
      readonly span: Span
    }

export interface Unread {
  readonly place: Place
  readonly text: string
  readonly why: string
}

/** A file of which nothing can be read: it is not there, empty or binary. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
  readonly file: string
  readonly reason: string

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`)
    this.file = file
    this.reason = reason
  }
}

/** What a place in a document answers: an exercise by its id (answer sheets), or by the number and part of its heading. */
export type Answered =
  | { readonly id: string }
  | { readonly source: string | undefined; readonly number: string | undefined; readonly part: string | undefined }

export interface ReadingOptions {
  /** The symbols of the exercise that a place of the document answers; single letters with scripts and words where it is left out or answers nothing. */
  symbolsOf?(answered: Answered): SymbolTable | undefined
}

/** A hand solution as far as it could be read. */
export interface Document {
  readonly file: string
  readonly items: readonly Item[]
  readonly unread: readonly Unread[]
  /** Line and column in the file of an offset into what was read of it. */
  placeOf(offset: number): Place
  /** The file's text with stretches of what was read replaced; edits are in order and do not overlap. */
  edited(edits: readonly Edit[]): string
}

/** A stretch of a document and what stands there instead. */
export interface Edit {
  readonly span: Span
  readonly text: string
}
