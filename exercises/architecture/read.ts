import { closest, distance } from 'fastest-levenshtein'
import { isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { type Architecture, ArchitectureError } from './notation.js'
import { planOf } from './plan.js'
import { architectureSchema, keysOf } from './schema.js'

/** What is wrong with a file that should hold an architecture, a line each: `net.yaml:7: layers[2].kernel holds …`. */
export class BadArchitecture extends Error {
  override readonly name = 'BadArchitecture'
}

type Path = readonly (string | number)[]

/**
 * Reads an architecture from YAML (or JSON) and sees that its layers fit. Throws BadArchitecture, which names file, line, key, what
 * it held and what it should hold.
 */
export function readArchitecture(file: string, content: string): Architecture {
  const counter = new LineCounter()
  const document = parseDocument(content, { lineCounter: counter, uniqueKeys: true })
  const lineAt = (offset: number) => counter.linePos(offset).line
  if (document.errors.length > 0)
    throw new BadArchitecture(
      document.errors
        .map(
          ({ pos, message }) =>
            `${file}:${lineAt(pos[0])}: broken YAML: ${message.split('\n', 1)[0].replace(/ at line .*$/, '')}`,
        )
        .join('\n'),
    )

  /** The line of the value at a path, or of the nearest mapping or list around it that there is. */
  const lineOf = (path: Path): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lineAt(node.range[0])
    }
    return 1
  }
  const held: unknown = document.toJS()
  const parsed = architectureSchema.safeParse(held)
  if (!parsed.success)
    throw new BadArchitecture(
      parsed.error.issues.map((issue) => `${file}:${lineOf(pathOf(issue))}: ${complaint(issue, held)}`).join('\n'),
    )
  try {
    planOf(parsed.data)
  } catch (error) {
    if (!(error instanceof ArchitectureError)) throw error
    throw new BadArchitecture(`${file}:${lineOf(error.path)}: ${pathText(error.path)}: ${error.message}`)
  }
  return parsed.data
}

/** Whether a text in YAML or JSON is meant as an architecture, whatever is wrong with it: a mapping with an input or layers. */
export function looksLikeArchitecture(content: string): boolean {
  const { contents } = parseDocument(content)
  return isMap(contents) && (contents.has('layers') || contents.has('input'))
}

function pathOf(issue: z.core.$ZodIssue): Path {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  return issue.code === 'unrecognized_keys' ? [...path, ...issue.keys.slice(0, 1)] : path
}

function complaint(issue: z.core.$ZodIssue, all: unknown): string {
  const path = pathOf(issue)
  const around = valueAt(all, path.slice(0, -1))
  const place = pathText(path.slice(0, -1))
  if (issue.code === 'unrecognized_keys') {
    const allowed = keysOf(kindOf(around))
    const hints = issue.keys.map((key) => {
      const nearest = closest(key, [...allowed])
      return distance(key, nearest) <= 2 ? `; did you mean ${nearest}?` : ''
    })
    return `${place} has no key ${issue.keys.join(', ')}${hints[0]} (it may have ${allowed.join(', ')})`
  }
  const value = valueAt(all, path)
  const key = path[path.length - 1]
  if (value === undefined && typeof key === 'string')
    return `${place}${kindText(around)} has no ${key}; it should hold ${issue.message}`
  return `${pathText(path)} holds ${heldText(value)}; it should hold ${issue.message}`
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
}

function kindText(value: unknown): string {
  const kind = kindOf(value)
  return typeof kind === 'string' ? ` (${kind})` : ''
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null ? Object.getOwnPropertyDescriptor(inside, key)?.value : undefined,
    value,
  )
}

/** `layers[2].kernel`; the file's own mapping has no path. */
function pathText(path: Path): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  return text === '' ? 'the architecture' : text.replace(/^\./, '')
}

function heldText(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  return typeof value === 'object' ? 'a mapping' : `«${value}»`
}
