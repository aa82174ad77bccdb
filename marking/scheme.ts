import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { z } from 'zod'
import { defaultGiven, type Exercise, type Quantity, solve } from '../exercises/exercise.js'
import { oracle } from '../oracle/index.js'
import { alignEntry, nearest } from './alignment.js'
import { tidy } from './schemePoints.js'
import { SymbolIndex, symbolText } from './symbols.js'

/** What of a quantity's points a verdict leaves, each between 0 and 1. */
export interface Shares {
  /** Off in the last digits by rounding. */
  readonly rounded: number
  /** Right from an earlier wrong value: 1 gives full marks, less gives that much for the method. */
  readonly carried: number
  /** A slip of arithmetic or of the pen. */
  readonly slip: number
  /** The right value, to which the line does not lead. */
  readonly unsupported: number
  readonly wrong: number
  /** Not found in the solution. */
  readonly missing: number
}

export interface QuantityScheme {
  readonly quantity: string
  readonly points: number
  readonly shares: Shares
  /** Numbers that it has: each wrong one costs its part. */
  readonly cells: number
}

export interface ExerciseScheme {
  readonly exercise: string
  /** No solution gets more than this for the exercise. */
  readonly most: number
  readonly quantities: readonly QuantityScheme[]
}

/** How many points a solution gets for what. */
export interface Scheme {
  readonly title: string
  readonly exercises: readonly ExerciseScheme[]
  /** No solution gets more than this. */
  readonly most: number
  /** Points of an exercise are rounded to multiples of this; undefined: they are not. */
  readonly round: number | undefined
}

/** A marking scheme that cannot be used: each problem is a line, `scheme.yaml:7: …`. */
export class BadScheme extends Error {
  override readonly name = 'BadScheme'
}

const share = z.number().min(0).max(1)
const points = z.number().nonnegative()

const sharesSchema = z.strictObject({
  rounded: share.optional(),
  carried: share.optional(),
  slip: share.optional(),
  unsupported: share.optional(),
  wrong: share.optional(),
  missing: share.optional(),
})

const exerciseSchema = z.strictObject({
  most: points.optional(),
  quantities: z.record(z.string(), z.union([points, sharesSchema.extend({ points })])),
})

const schemeSchema = sharesSchema.extend({
  title: z.string().optional(),
  most: points.optional(),
  round: z.number().positive().optional(),
  exercises: z.record(z.string(), z.union([points, exerciseSchema])),
})

/** One root error costs once: what follows from it keeps its marks. */
const usualShares: Shares = { rounded: 1, carried: 1, slip: 0.5, unsupported: 0.5, wrong: 0, missing: 0 }

type Path = readonly (string | number)[]

/** A reader of one scheme, which collects what is wrong with it, each with its line. */
class SchemeReader {
  readonly problems: { readonly line: number; readonly message: string }[] = []
  private readonly lines = new LineCounter()
  private readonly document
  private readonly exercises: readonly Exercise[]

  constructor(text: string, exercises: readonly Exercise[]) {
    this.document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true })
    this.exercises = exercises
  }

  async read(): Promise<Scheme | undefined> {
    for (const error of this.document.errors)
      this.problems.push({ line: this.lines.linePos(error.pos[0]).line, message: error.message.split('\n')[0] })
    if (this.problems.length > 0) return undefined
    const parsed = schemeSchema.safeParse(this.plain())
    if (!parsed.success) {
      for (const { path, message } of innermost(parsed.error.issues)) this.complain(path, message)
      return undefined
    }
    const { title, most, round, exercises, ...given } = parsed.data
    const shares = { ...usualShares, ...given }
    const read: ExerciseScheme[] = []
    for (const [id, one] of Object.entries(exercises)) {
      const exercise = this.exerciseCalled(id)
      if (exercise === undefined) continue
      const quantities = await this.quantities(exercise, one, id, shares)
      const sum = total(quantities.map((quantity) => quantity.points))
      const cap = typeof one === 'number' ? one : one.most
      read.push({ exercise: exercise.id, quantities, most: this.capped(cap, sum, ['exercises', id, 'most']) })
    }
    if (read.length === 0) this.complain(['exercises'], 'a scheme gives points for some exercise')
    const sum = total(read.map((exercise) => exercise.most))
    return { title: title ?? '', exercises: read, round, most: this.capped(most, sum, ['most']) }
  }

  /** The most that can be got: no cap is above the sum of what it caps. */
  private capped(cap: number | undefined, sum: number, path: Path): number {
    if (cap !== undefined && cap > sum + 1e-9)
      this.complain(path, `most: ${cap} is more than what it is a limit to, ${tidy(sum)} points together`)
    return tidy(Math.min(cap ?? sum, sum))
  }

  /** What the document holds; its aliases are counted, so that few lines cannot stand for millions. */
  private plain(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: 100 })
    } catch (error) {
      return this.problems.push({ line: 1, message: error instanceof Error ? error.message : String(error) })
    }
  }

  private exerciseCalled(id: string): Exercise | undefined {
    const exercise = this.exercises.find((one) => one.id === id)
    if (exercise === undefined) {
      const ids = this.exercises.map((one) => one.id)
      this.complain(['exercises', id], `there is no exercise ${id}${suggestion(nearest(id, ids))}`)
    }
    return exercise
  }

  private async quantities(
    exercise: Exercise,
    scheme: number | z.infer<typeof exerciseSchema>,
    id: string,
    usual: Shares,
  ): Promise<readonly QuantityScheme[]> {
    const values = await solve(exercise, defaultGiven(exercise), oracle)
    const cellsOf = ({ name, kind }: Quantity): number => (kind === 'shape' ? 1 : values[name].size)
    if (typeof scheme === 'number') {
      const asked = exercise.quantities.filter((quantity) => quantity.asked)
      const among = asked.length > 0 ? asked : exercise.quantities
      const points = scheme / among.length
      return among.map((quantity) => ({
        quantity: quantity.name,
        points,
        shares: usual,
        cells: cellsOf(quantity),
      }))
    }
    const index = new SymbolIndex(exercise)
    const found: QuantityScheme[] = []
    const spellings = new Map<string, string>()
    for (const [name, one] of Object.entries(scheme.quantities)) {
      const path = ['exercises', id, 'quantities', name]
      const datum = alignEntry([name], index)
      if (datum?.kind !== 'quantity') {
        const known = exercise.quantities.flatMap((quantity) => [
          quantity.name,
          symbolText({ kind: 'quantity', name: quantity.name, quantity }),
        ])
        const why = datum === undefined ? `${id} has no quantity ${name}` : `${name} is given in ${id}, not asked for`
        this.complain(path, `${why}${suggestion(datum === undefined ? nearest(name, known) : undefined)}`)
        continue
      }
      const twin = spellings.get(datum.name)
      if (twin !== undefined) {
        this.complain(path, `${name} is the same quantity as ${twin}`)
        continue
      }
      spellings.set(datum.name, name)
      const { points, ...own } = typeof one === 'number' ? { points: one } : one
      const shares = { ...usual, ...own }
      found.push({ quantity: datum.name, points, shares, cells: cellsOf(datum.quantity) })
    }
    return found
  }

  private complain(path: Path, message: string): void {
    this.problems.push({ line: this.lineOf(path), message })
  }

  /** The line of a key of the document, or of the nearest one above it that is there. */
  private lineOf(path: Path): number {
    let node: unknown = this.document.contents
    let at: Node | undefined
    for (const step of path) {
      if (!isMap(node)) break
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined) break
      if (isScalar(pair.key)) at = pair.key
      node = pair.value
    }
    return at?.range ? this.lines.linePos(at.range[0]).line : 1
  }
}

/** The issues of the branch of a union that came nearest, in place of «invalid input». */
function innermost(
  issues: readonly z.core.$ZodIssue[],
  above: Path = [],
): readonly { readonly path: Path; readonly message: string }[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))]
    if (issue.code === 'invalid_union')
      return innermost(issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [], path)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key) }))
    return [{ path, message: `${path.at(-1) ?? 'a scheme'}: ${issue.message.replace(/^Invalid input: /, '')}` }]
  })
}

function unknownKey(key: string): string {
  const known = [...Object.keys(schemeSchema.shape), 'quantities', 'points']
  return `${key} is nothing that a scheme has here${suggestion(nearest(key, known))}`
}

/** How far into the document the issues of a branch reach: a mapping is wrong inside, not for being no number. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 1 : 0)))
}

function suggestion(name: string | undefined): string {
  return name === undefined ? '' : `; did you mean ${name}?`
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0)
}

/** Reads a marking scheme in YAML (docs/marking-schemes.md). Throws BadScheme with every problem and its line. */
export async function readScheme(file: string, text: string, exercises: readonly Exercise[]): Promise<Scheme> {
  const reader = new SchemeReader(text, exercises)
  const scheme = await reader.read()
  const problems = reader.problems.toSorted((a, b) => a.line - b.line)
  if (scheme === undefined || problems.length > 0)
    throw new BadScheme(problems.map(({ line, message }) => `${file}:${line}: ${message}`).join('\n'))
  return scheme
}
