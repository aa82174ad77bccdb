import type { Reading } from './ast.js'
import { readChains } from './chains.js'
import { formGroups } from './groups.js'
import { noSymbols, type SymbolTable } from './names.js'
import type { DecimalSign } from './numerals.js'
import { tokenize } from './tokenizer.js'

export interface FragmentOptions {
  /** Where the fragment begins in its file: all spans count from the file's beginning. */
  readonly offset: number
  /** The exercise's symbols, looked up before anything else. */
  readonly symbols?: SymbolTable
  /** The sign that separates decimals in the document, where it is known. */
  readonly decimalSign?: DecimalSign
}

/** More tokens than this are no formula that a person has written. */
const mostTokens = 4000

/**
 * Reads a fragment of mathematics, LaTeX, Unicode or plain text: the chains of equalities in it, and what is not understood,
 * with place and reason. It never throws and never guesses: what has two readings has none.
 */
export function readFragment(text: string, { offset, symbols = noSymbols, decimalSign }: FragmentOptions): Reading {
  const tokens = tokenize(text, offset)
  if (tokens.length > mostTokens) {
    const span = { start: offset, end: offset + text.length }
    return { chains: [], notUnderstood: [{ why: `more than ${mostTokens} signs in one formula`, span }] }
  }
  return readChains(formGroups(tokens), {
    symbols,
    decimalSign,
    textOf: ({ start, end }) => text.slice(start - offset, end - offset),
  })
}
