import { type Exercise, type Given, type Quantity, symbolKey } from '../../exercises/index.js'
import { plain } from './binding.js'

/** Given data, or quantities, that one tensor of a model file stands for: several, one after the other, where it joins them. */
export interface Part {
  readonly names: readonly string[]
  /** Whether the file has it transposed. */
  readonly transposed: boolean
}

/** What `--as EXERCISE,NAME=OWN,…` says: by the file's own names the parts that they stand for. */
export type Chosen = ReadonlyMap<string, Part>

/**
 * Reads `NAME=OWN`: `weightQ=fc.weight`, `weightQ=fc.weight^T` for one that is transposed in the file, `x1+x2=input` for one that joins
 * several. Throws a RangeError where a name is none of the exercise's.
 */
export function chosenNames(exercise: Exercise, settings: readonly string[]): Chosen {
  const known = [...exercise.given, ...exercise.quantities].map(({ name }) => name)
  return new Map(
    settings.map((setting) => {
      const [, left = '', right = ''] = /^([^=]+)=(.+)$/.exec(setting) ?? []
      const names = left.split('+')
      const unknown = names.find((name) => !known.includes(name))
      if (unknown !== undefined)
        throw new RangeError(
          `${setting} should be NAME=OWN, a name of ${exercise.id} and the file's own; ${exercise.id} has ${known.join(', ')}`,
        )
      const transposed = right.endsWith('^T')
      return [transposed ? right.slice(0, -2) : right, { names, transposed }]
    }),
  )
}

/**
 * The datum or quantity that a name of a file stands for: the one that is called so; else the one that has it as a symbol, that of the
 * earliest stage where one symbol stands for several; else the one whose name or symbol differs in case and punctuation alone. Throws a
 * RangeError where the last is true of several.
 */
export function matched<Candidate extends Given | Quantity>(
  own: string,
  candidates: readonly Candidate[],
): { readonly found: Candidate; readonly exactly: boolean } | undefined {
  const key = symbolKey(own)
  const found =
    candidates.find(({ name }) => name === own) ??
    candidates.find(({ symbols }) => symbols.includes(own) || (key !== undefined && symbols.includes(key)))
  if (found !== undefined) return { found, exactly: true }
  const alike = candidates.filter(({ name, symbols }) => [name, ...symbols].some((each) => plain(each) === plain(own)))
  if (alike.length > 1)
    throw new RangeError(
      `${own} may be ${alike.map(({ name }) => name).join(' or ')}; to say which: NAME=${own} behind --as`,
    )
  return alike.length === 1 ? { found: alike[0], exactly: false } : undefined
}

/** Candidates with their first symbol, for messages: `sequence (X), query (q)`. */
export function listedNames(candidates: readonly (Given | Quantity)[]): string {
  return candidates
    .map(({ name, symbols }) => (symbols.length === 0 || symbols[0] === name ? name : `${name} (${symbols[0]})`))
    .join(', ')
}
