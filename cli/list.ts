import { exercises } from '../exercises/index.js'
import { BackendUnavailable, backendNames, openBackend } from '../gpu/index.js'
import { mistakes } from '../mistakes/index.js'
import { contract } from '../oracle/index.js'
import { table } from '../reports/words.js'
import { type Colors, type CommonOptions, colorsFor, writeReport } from './output.js'
import { known } from './usage.js'

type Kind = 'exercises' | 'operators' | 'mistakes' | 'backends'

/** What a list holds: for a program, and as the rows of a table for a person. */
interface Listing {
  readonly json: unknown
  readonly rows: readonly (readonly string[])[]
}

const listings: Readonly<Record<Kind, () => Promise<Listing>>> = {
  exercises: async () => ({
    json: exercises.map(({ id, title, source }) => ({ id, title, source })),
    rows: exercises.map(({ id, title }) => [id, title]),
  }),
  operators: async () => ({
    json: Object.values(contract).map(({ name, family, summary, differentiable }) => ({
      name,
      family,
      summary,
      passes: differentiable ? ['forward', 'backward'] : ['forward'],
    })),
    rows: Object.values(contract).map(({ name, summary, differentiable }) => [
      name,
      differentiable ? 'forward, backward' : 'forward',
      summary,
    ]),
  }),
  mistakes: async () => ({
    json: mistakes.map(({ name, operator, explanation }) => ({ name, operator, explanation })),
    rows: mistakes.map(({ name, operator }) => [operator, name]),
  }),
  backends: async () => {
    const found = []
    for (const name of backendNames) found.push(await probe(name))
    return {
      json: found,
      rows: found.map((backend) => [
        backend.name,
        'device' in backend
          ? `${backend.device}${backend.software ? ' (software)' : ''}`
          : `missing: ${backend.reason}; ${backend.remedy}`,
      ]),
    }
  },
}

async function probe(name: (typeof backendNames)[number]) {
  try {
    const { device, software, close } = await openBackend(name)
    await close()
    return { name, device, software }
  } catch (error) {
    if (error instanceof BackendUnavailable) return { name, reason: error.reason, remedy: error.remedy }
    throw error
  }
}

const kinds: readonly Kind[] = ['exercises', 'operators', 'mistakes', 'backends']

/** `answerkey list [WHAT]`: one kind of thing, or all of them. */
export async function list(what: string | undefined, options: CommonOptions): Promise<number> {
  if (what !== undefined) known('list', what, kinds)
  const chosen = kinds.filter((kind) => what === undefined || kind === what)
  const found: Partial<Record<Kind, Listing>> = {}
  for (const kind of chosen) found[kind] = await listings[kind]()
  const entries = Object.entries(found)
  await writeReport(options, {
    json: Object.fromEntries(entries.map(([kind, { json }]) => [kind, json])),
    text: () => entries.map(([kind, { rows }]) => section(kind, rows, colorsFor(options))).join('\n'),
  })
  return 0
}

function section(title: string, rows: Listing['rows'], colors: Colors): string {
  return `${colors.bold(title)}\n${table(rows)
    .map((line) => `  ${line}\n`)
    .join('')}`
}
