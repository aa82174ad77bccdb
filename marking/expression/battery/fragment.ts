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

/**
 * The value that stands for a function which is only known by name, and for a sum over an index whose bounds are no numbers:
 * another combination of the arguments for every name. `applied('sumOver', body, index, first, last)`.
 */
export function applied(name: string, ...values: readonly number[]): number {
  return values.reduce((sum, value, i) => sum + (2 + i + valueOfKey(name)) * value, 1)
}

/** A value between 0.5 and 2 for every key, different for different keys. */
export function valueOfKey(key: string): number {
  let hash = 2166136261
  for (const character of key) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0
  return 0.5 + (1.5 * hash) / 2 ** 32
}

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

/** Fragments with one chain each: a text and the sides of its chain. */
export function readsEach(...rows: readonly (readonly [text: string, ...sides: ChainMeaning])[]): readonly Fragment[] {
  return rows.map(([text, ...sides]) => reads(text, ...sides))
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
