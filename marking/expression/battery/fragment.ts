import type { Relation } from '../ast.js'

/** Values of symbols by key, different for every key. */
export type SymbolValues = Readonly<Record<string, number>>

/**
 * What a side means, worked out by hand: its value, for all values of its symbols; a string is the key of a symbol that the side
 * consists of. A column vector is [[1], [2]], a list [1, 2].
 */
export type Meaning = string | number | Nested | ((values: SymbolValues) => number | Nested)
type Nested = readonly (number | readonly number[])[]

/** The sides of a chain; equal, unless a relation stands between. */
export type ChainMeaning = readonly (Meaning | { readonly relation: Relation })[]

/** A fragment as people write it, and what it means; or why it has no meaning. */
export interface Fragment {
  readonly text: string
  readonly chains: readonly ChainMeaning[]
  /** A word of the reason why a part is not understood. */
  readonly refused?: string
}

/** A fragment with one chain. */
export function reads(text: string, ...sides: ChainMeaning): Fragment {
  return { text, chains: [sides] }
}

/** A fragment with several chains. */
export function readsAll(text: string, ...chains: readonly ChainMeaning[]): Fragment {
  return { text, chains }
}

/** A fragment of which a part is not understood, and the chains that are. */
export function refuses(text: string, reason: string, ...chains: readonly ChainMeaning[]): Fragment {
  return { text, chains, refused: reason }
}

/** A relation between two sides other than equality. */
export function by(relation: Relation): { readonly relation: Relation } {
  return { relation }
}

/** Fragments that are read with the same symbols of an exercise. */
export interface Chapter {
  readonly title: string
  /** Keys of the exercise's symbols, and of those that are functions. */
  readonly symbols: readonly string[]
  readonly functions: readonly string[]
  readonly fragments: readonly Fragment[]
}
