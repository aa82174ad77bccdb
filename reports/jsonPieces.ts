import { stringify } from '../oracle/wire.js'
import { Lazily, mapped } from './lazily.js'

/**
 * The JSON text of a value as `stringify` writes it with two spaces a level, in pieces. A `Lazily`, wherever it stands in objects
 * and lists, is written as the list of its entries, each of which is made when its piece is asked for; entries hold no further ones.
 */
export function* jsonPieces(value: unknown, indent = ''): Generator<string> {
  if (!holdsLazily(value)) {
    yield stringify(value, 2).replaceAll('\n', `\n${indent}`)
    return
  }
  const [open, close] = value instanceof Lazily || Array.isArray(value) ? '[]' : '{}'
  const inner = `${indent}  `
  let before = open
  for (const { key, entry } of entriesOf(value)) {
    yield `${before}\n${inner}${key}`
    yield* jsonPieces(entry, inner)
    before = ','
  }
  yield before === open ? `${open}${close}` : `\n${indent}${close}`
}

interface Entry {
  readonly key: string
  readonly entry: unknown
}

function entriesOf(value: object): Iterable<Entry> {
  if (value instanceof Lazily || Array.isArray(value)) return mapped(value, (entry) => ({ key: '', entry }))
  return Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .map(([name, entry]) => ({ key: `${JSON.stringify(name)}: `, entry }))
}

function holdsLazily(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Lazily || Object.values(value).some(holdsLazily)
}
