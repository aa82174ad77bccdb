import type { Chain, Expression, Span } from '../expression/ast.js'

/** Line and column of a place in a file, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A heading that names an exercise, a part of one, or a stage of a solution. */
export interface Section {
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
  | { readonly kind: 'chain'; readonly chain: Chain; readonly section: Section; readonly text: string }
  /** A number or class stated in prose that may answer what is asked: «class 2», «dimension is 50». */
  | {
      readonly kind: 'prose'
      readonly words: string
      readonly value: Expression
      readonly section: Section
      readonly text: string
      readonly span: Span
    }
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

/** A hand solution as far as it could be read. */
export interface Document {
  readonly file: string
  readonly items: readonly Item[]
  readonly unread: readonly Unread[]
  /** Line and column of an offset into the file's text. */
  placeOf(offset: number): Place
}
