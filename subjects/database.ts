import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { contract } from '../oracle/index.js'
import { sizeOf, type Tensors } from '../oracle/tensor.js'
import { validateCall, validateGradients } from '../oracle/validation.js'
import { inputsToWire, stringify, toTensor, toWire } from '../oracle/wire.js'
import type { KnownCases } from '../properties/knownCases.js'
import type { Call, Law } from '../properties/law.js'

/** Cases that are kept of one law: those that failed last. */
export const mostCases = 20

/** Runs in a row in which a case that failed once must hold to be forgotten: until then it is watched. */
export const runsWatched = 5

/** Cases with more numbers are not kept: files stay small enough to be read by people. */
export const mostNumbers = 4096

const version = 1

const numbers = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
const tensors = z.record(
  z.string(),
  z.object({ shape: z.array(z.int().min(0)), data: z.array(numbers), type: z.literal('int').optional() }),
)
const attributes = z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.array(z.number())]))
const caseSchema = z.object({
  /** Runs in a row in which it held; 0 where it failed when it was last tried. */
  held: z.int().min(0),
  inputs: tensors,
  attributes,
  given: attributes,
  gradients: tensors,
  seed: z.int(),
})
const fileSchema = z.object({
  version: z.literal(version),
  subject: z.string(),
  operator: z.string(),
  /** By the law's name; the case that failed last comes first. */
  laws: z.record(z.string(), z.array(caseSchema)),
})
type StoredCase = z.infer<typeof caseSchema>
type Laws = z.infer<typeof fileSchema>['laws']

interface Change {
  readonly law: Law
  readonly call: Call
  readonly held: boolean
}

/**
 * The failing cases of a subject, kept in files of `folder`: `SUBJECT/OPERATOR.json`. A law has at most 20, those that failed last; one
 * that has held in five runs in a row is forgotten. `subject` names the implementation, its precision included, for the numbers of a case are numbers
 * of that precision. `save` writes what was told since, together with what other runs have written meanwhile. What cannot be
 * read, or written, is left as it is, with one warning on standard error.
 */
export function openDatabase(folder: string, subject: string): KnownCases & { save(): void } {
  return new Database(folder, subject)
}

class Database implements KnownCases {
  private readonly folder: string
  private readonly subject: string
  private readonly files = new Map<string, Laws>()
  private readonly known = new Map<Law, readonly Call[]>()
  private readonly changes = new Map<string, Change[]>()
  private isWarned = false

  constructor(folder: string, subject: string) {
    this.folder = folder
    this.subject = subject
  }

  of(law: Law): readonly Call[] {
    const calls = this.known.get(law) ?? this.callsOf(law)
    this.known.set(law, calls)
    return calls
  }

  failed(law: Law, call: Call): void {
    if (numbersOf(call) <= mostNumbers && isTaken(law.operator, call)) this.note({ law, call, held: false })
  }

  held(law: Law, call: Call): void {
    if (this.known.get(law)?.includes(call) === true) this.note({ law, call, held: true })
  }

  save(): void {
    for (const [operator, changes] of this.changes) this.saveOperator(operator, changes)
    this.changes.clear()
  }

  private note(change: Change): void {
    const { operator } = change.law
    this.changes.set(operator, [...(this.changes.get(operator) ?? []), change])
  }

  private callsOf({ operator, name }: Law): readonly Call[] {
    const laws = this.files.get(operator) ?? this.read(operator) ?? {}
    this.files.set(operator, laws)
    return (laws[name] ?? []).map(callOf)
  }

  private saveOperator(operator: string, changes: readonly Change[]): void {
    const file = this.fileOf(operator)
    const before = this.read(operator)
    if (before === undefined) return
    const laws = changes.reduce(changed, before)
    try {
      if (Object.keys(laws).length === 0) rmSync(file, { force: true })
      else this.write(file, stringify({ version, subject: this.subject, operator, laws }, 1))
    } catch (error) {
      this.warn(`${file} cannot be written: ${messageOf(error)}`)
    }
  }

  /** Another run may read or write the file at the same time: it finds the old one or the new one, whole. */
  private write(file: string, text: string): void {
    mkdirSync(dirname(file), { recursive: true })
    const ignore = join(this.folder, '.gitignore')
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n')
    const temporary = `${file}.${randomUUID()}`
    try {
      writeFileSync(temporary, `${text}\n`)
      renameSync(temporary, file)
    } finally {
      rmSync(temporary, { force: true })
    }
  }

  /** The cases of an operator's laws that it takes; undefined where there is a file that is none of these. */
  private read(operator: string): Laws | undefined {
    const file = this.fileOf(operator)
    try {
      if (!existsSync(file)) return {}
      const held = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
      if (held.subject === this.subject && held.operator === operator) return takenOf(operator, held.laws)
      this.warn(`${file} is about another subject or operator`)
    } catch {
      this.warn(`${file} holds no cases that this version can read`)
    }
    return undefined
  }

  private fileOf(operator: string): string {
    const readable = this.subject.replaceAll(/[^\w.]+/g, '-').slice(0, 40)
    const digest = createHash('sha256').update(this.subject).digest('hex').slice(0, 8)
    return join(this.folder, `${readable}-${digest}`, `${operator}.json`)
  }

  private warn(what: string): void {
    if (!this.isWarned) process.stderr.write(`answerkey: ${what}; it is left as it is, and may be deleted\n`)
    this.isWarned = true
  }
}

/** The cases after one of them failed or held. */
function changed(laws: Laws, { law, call, held }: Change): Laws {
  const before = laws[law.name] ?? []
  const stored = storedCase(law.operator, call)
  const at = before.findIndex((one) => sameCase(one, stored))
  // Where another run has forgotten a case, that it held is no news.
  if (held && at < 0) return laws
  const others = before.filter((_, i) => i !== at)
  const times = held ? before[at].held + 1 : 0
  const kept = held ? before.with(at, { ...before[at], held: times }) : [stored, ...others].slice(0, mostCases)
  const { [law.name]: _, ...otherLaws } = laws
  const left = times >= runsWatched ? others : kept
  return left.length === 0 ? otherLaws : { ...otherLaws, [law.name]: left }
}

function sameCase(a: StoredCase, b: StoredCase): boolean {
  return stringify({ ...a, held: 0 }) === stringify({ ...b, held: 0 })
}

function storedCase(operator: string, { inputs, attributes, given, gradients, seed }: Call): StoredCase {
  const plain = (values: Call['attributes']) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
    )
  // Parsed, so that what was told and what was read are made alike.
  return caseSchema.parse({
    held: 0,
    inputs: operator in contract ? inputsToWire(contract[operator], inputs, 'float64') : plainTensors(inputs),
    attributes: plain(attributes),
    given: plain(given),
    gradients: plainTensors(gradients),
    seed,
  })
}

function plainTensors(tensors: Tensors) {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toWire(x)]))
}

function callOf({ inputs, attributes, given, gradients, seed }: StoredCase): Call {
  const read = (held: StoredCase['inputs']): Tensors =>
    Object.fromEntries(Object.entries(held).map(([name, x]) => [name, toTensor(x)]))
  return { inputs: read(inputs), attributes, given, gradients: read(gradients), seed }
}

/** The laws without the cases that the operator does not take, or not any more. */
function takenOf(operator: string, laws: Laws): Laws {
  return Object.fromEntries(
    Object.entries(laws)
      .map(([law, cases]) => [law, cases.filter((one) => isTaken(operator, callOf(one)))] as const)
      .filter(([, cases]) => cases.length > 0),
  )
}

function isTaken(operator: string, { inputs, attributes, given, gradients }: Call): boolean {
  const declaration = contract[operator]
  // Given data of an exercise: whether they go together is found out when it is solved.
  if (declaration === undefined) return true
  try {
    validateCall(declaration, inputs, given)
    validateGradients(declaration, validateCall(declaration, inputs, attributes), gradients)
    return true
  } catch {
    return false
  }
}

function numbersOf({ inputs, gradients }: Call): number {
  return [...Object.values(inputs), ...Object.values(gradients)].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
