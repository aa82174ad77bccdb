import type { Reading, Span } from './ast.js'
import { readChains } from './chains.js'
import { formGroups } from './groups.js'
import { noSymbols, type SymbolTable } from './names.js'
import type { DecimalSign } from './numerals.js'
import { relocate } from './relocate.js'
import { tokenize } from './tokenizer.js'

export interface FragmentOptions {
  /** Where the fragment begins in its file: all spans count from the file's beginning. */
  readonly offset: number
  /** The exercise's symbols, looked up before anything else. */
  readonly symbols?: SymbolTable
  /** The sign that separates decimals in the document, where it is known. */
  readonly decimalSign?: DecimalSign
  /**
   * Where a stretch of the fragment stands in the file, in place of `offset`: for a text whose macros have been expanded. It takes
   * offsets into the text and must keep what lies inside a span inside it.
   */
  spanOf?(span: Span): Span
}

/** More characters, or tokens, than this are no formula that a person has written. */
const mostCharacters = 50_000
const mostTokens = 4000

/**
 * Reads a fragment of mathematics, LaTeX, Unicode or plain text: the chains of equalities in it, and what is not understood,
 * with place and reason. It never throws and never guesses: what has two readings has none.
 */
export function readFragment(text: string, options: FragmentOptions): Reading {
  const { offset, symbols = noSymbols, decimalSign, spanOf } = options
  if (spanOf !== undefined) return relocate(readFragment(text, { offset: 0, symbols, decimalSign }), spanOf)
  if (text.length > mostCharacters) return unreadable(`more than ${mostCharacters} characters in one formula`)
  const tokens = tokenize(text, offset)
  if (tokens.length > mostTokens) return unreadable(`more than ${mostTokens} signs in one formula`)
  return readChains(formGroups(tokens), {
    symbols,
    decimalSign,
    textOf: ({ start, end }) => text.slice(start - offset, end - offset),
  })

  function unreadable(why: string): Reading {
    return { chains: [], asides: [], notUnderstood: [{ why, span: { start: offset, end: offset + text.length } }] }
  }
}
