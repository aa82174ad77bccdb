import { closest, distance } from 'fastest-levenshtein'

/** The command cannot do its job as it was called; the message says what is wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The name among `known`; a UsageError that suggests the nearest one where it is none of them. */
export function known(what: string, name: string, all: readonly string[]): string {
  if (all.includes(name)) return name
  const nearest = closest(name, [...all])
  const hint = distance(name, nearest) <= Math.max(2, name.length / 3) ? `; did you mean ${nearest}?` : ''
  throw new UsageError(`no ${what} is called ${name}${hint} (known: ${all.join(', ')})`)
}
