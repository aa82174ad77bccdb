import { reshape, type Tensor } from '../oracle/tensor.js'
import { type Box, pointBox } from './boxes.js'
import { evaluatePoint } from './evaluation.js'
import { entriesNamed, positionOf, rowNamed } from './expression/indices.js'
import { formOf, walk } from './expression/walk.js'
import type { Side } from './statements.js'
import type { Sameness } from './steps.js'
import type { Datum } from './symbols.js'
import type { Point, World } from './world.js'

/** Relative difference below which two float64 evaluations of one formula agree. */
const agreement = 1e-8

/** Where a formula stands: its stage, and what the quantity that it defines is computed from. */
export interface Scope {
  readonly stage: number
  readonly preferred: readonly string[]
}

/** What the names of a side stand for, the tensor for an entry of it; `undefined` where one of them is unknown. */
export function dataOf(world: World, side: Side, scope: Scope): ReadonlyMap<string, Datum> | undefined {
  const found = new Map<string, Datum>()
  for (const key of side.keys) {
    const datum = world.index.resolve(key, scope.stage, scope.preferred)
    const entry = datum === undefined || isOfAnotherStage(world, datum, scope) ? entryOf(world, key, scope) : undefined
    // p₁ is an entry of this stage's p rather than what another stage calls p₁.
    if (entry !== undefined && (datum === undefined || !isOfAnotherStage(world, entry.datum, scope)))
      found.set(entry.base, entry.datum)
    else if (datum !== undefined) found.set(key, datum)
    else if (key !== 'e' && key !== 'pi') return undefined
  }
  return found
}

function isOfAnotherStage({ index }: World, datum: Datum, { stage, preferred }: Scope): boolean {
  return datum.kind === 'quantity' && !preferred.includes(datum.name) && (index.stageOf(datum) ?? stage) !== stage
}

/** The tensor of the exercise that a key names an entry of: Q for `Q_12`. */
function entryOf(
  world: World,
  key: string,
  scope: Scope,
): { readonly base: string; readonly datum: Datum } | undefined {
  const { stage, preferred } = scope
  for (const entry of entriesNamed(key)) {
    const datum = world.index.resolve(entry.base, stage, preferred)
    const value = datum === undefined ? undefined : world.truth[datum.name]
    if (datum !== undefined && value !== undefined && positionOf(entry, value.shape) !== undefined)
      return { base: entry.base, datum }
  }
  const part = partOf(world, key, scope)
  return part === undefined ? undefined : { base: part.base, datum: part.datum }
}

/** A row or an entry of a matrix of the exercise, or an entry of a vector, and where it stands. */
export interface Part {
  readonly base: string
  readonly datum: Datum
  readonly from: number
  readonly length: number
  /** How many a row of the matrix has; 1 in a vector. */
  readonly columns: number
}

/** The row that a key names of a matrix that may be written so (the first of the queries for `q_1`), or the entry of what is computed. */
export function partOf(world: World, key: string, { stage, preferred }: Scope): Part | undefined {
  const row = rowNamed(key)
  const datum = row === undefined ? undefined : world.index.ofRows(row.base)
  if (row !== undefined && datum !== undefined) {
    const [rows, columns] = world.truth[datum.name].shape
    if (row.row >= 0 && row.row < rows)
      return { base: row.base, datum, from: row.row * columns, length: columns, columns }
  }
  for (const entry of entriesNamed(key)) {
    const datum = world.index.ofRows(entry.base) ?? world.index.resolve(entry.base, stage, preferred)
    if (datum === undefined || (datum.kind === 'quantity' && datum.quantity.kind !== 'real')) continue
    const { shape } = world.truth[datum.name]
    const from = positionOf(entry, shape)
    if (from !== undefined)
      return { base: entry.base, datum, from, length: 1, columns: shape.length > 1 ? shape[shape.length - 1] : 1 }
  }
  return undefined
}

/** Tries whether a side is, for all given data, what a quantity of the exercise is. */
export async function isFormulaOf(world: World, side: Side, name: string, scope: Scope): Promise<Sameness> {
  const data = dataOf(world, side, scope)
  if (data === undefined) return 'unknown'
  const names = namesOf(data)
  const key = `${formOf(side.expression)} ${world.meaningOf([name, ...names])}`
  return world.steps.sameness.of(key, key.length, () =>
    compare(world.points(names), async (point) => {
      const value = await point(name)
      return [await valueAt(side, data, point), value === undefined ? undefined : pointBox(value)]
    }),
  )
}

/** Whether a side is, for all given data, what a quantity of the exercise is where all vectors are columns: `\delta h^T` is a matrix. */
export async function isFormulaInColumns(world: World, side: Side, name: string, scope: Scope): Promise<boolean> {
  const data = dataOf(world, side, scope)
  return data !== undefined && (await comparedInColumns(world.points(namesOf(data)), side, data, name)) === 'same'
}

/**
 * Tries whether a side is what a quantity is for one item alone, vectors as columns: `W^T \cdot \partial L/\partial q`, where a batch of
 * rows has `\partial L/\partial q \cdot W`. Unknown where the exercise has no batch, and for a matrix, which may be laid out the other way round.
 */
export async function isFormulaOfOneItem(world: World, side: Side, name: string, scope: Scope): Promise<Sameness> {
  const data = dataOf(world, side, scope)
  if (data === undefined) return 'unknown'
  const points = world.pointsOfOneItem(namesOf(data))
  const sameness = await comparedInColumns(points, side, data, name)
  if (sameness !== 'different') return sameness
  const value = await points[0](name)
  return value !== undefined && value.size > Math.max(...value.shape) ? 'unknown' : sameness
}

/** A side compared with a quantity where vectors are columns. */
function comparedInColumns(
  points: readonly Point[],
  side: Side,
  data: ReadonlyMap<string, Datum>,
  name: string,
): Promise<Sameness> {
  const columns = points.map(
    (point): Point =>
      async (datum) => {
        const value = await point(datum)
        return value?.shape.length === 1 ? reshape(value, [value.size, 1]) : value
      },
  )
  return compare(columns, async (point) => {
    const value = await point(name)
    return [await valueAt(side, data, point), value === undefined ? undefined : pointBox(value)]
  })
}

/** Tries whether a side is, for all given data that it rests on, what is computed otherwise; where that is unknown, it is not. */
export async function isAlwaysLike(
  world: World,
  side: Side,
  scope: Scope,
  otherAt: (point: Point) => Promise<Box | undefined>,
): Promise<boolean> {
  const data = dataOf(world, side, scope)
  if (data === undefined) return false
  const points = world.points(namesOf(data))
  return (await compare(points, async (point) => [await valueAt(side, data, point), await otherAt(point)])) === 'same'
}

/** Tries whether two sides are the same for all given data. */
export async function areSame(world: World, a: Side, b: Side, scope: Scope): Promise<Sameness> {
  const [left, right] = [dataOf(world, a, scope), dataOf(world, b, scope)]
  if (left === undefined || right === undefined) return 'unknown'
  return compare(world.points([...namesOf(left), ...namesOf(right)]), async (point) => [
    await valueAt(a, left, point),
    await valueAt(b, right, point),
  ])
}

/**
 * The quantities whose value an expression is, for all given data; for those it does not name where numbers
 * stand in it; terms that are zero as given may be left out.
 */
export async function quantitiesThatAre(world: World, side: Side, scope: Scope): Promise<readonly Datum[]> {
  const data = dataOf(world, side, scope)
  if (data === undefined || data.size === 0) return []
  const hasNumbers = walk(side.expression).some(({ kind }) => kind === 'numeral')
  const points = world.points(hasNumbers ? namesOf(data) : world.nonzeroGiven())
  const values = await Promise.all(points.map((point) => valueAt(side, data, point)))
  const tests = world.index.all().map(async (datum): Promise<readonly Datum[]> => {
    if (datum.kind === 'given') return []
    let tried = 0
    for (const [i, point] of points.entries()) {
      const value = await point(datum.name)
      if (value === undefined) continue
      if (!close(values[i], pointBox(value))) return []
      tried++
    }
    return tried > 0 ? [datum] : []
  })
  return (await Promise.all(tests)).flat()
}

function namesOf(data: ReadonlyMap<string, Datum>): readonly string[] {
  return [...data.values()].map(({ name }) => name)
}

/** The value of a side at a point; `undefined` where there is none. */
export async function valueAt(side: Side, data: ReadonlyMap<string, Datum>, point: Point): Promise<Box | undefined> {
  const values = new Map<string, Tensor>()
  for (const [key, { name }] of data) {
    const value = await point(name)
    if (value === undefined) return undefined
    values.set(key, value)
  }
  return evaluatePoint(side.expression, (key) => values.get(key))
}

async function compare(
  points: readonly Point[],
  sidesAt: (point: Point) => Promise<readonly [Box | undefined, Box | undefined]>,
): Promise<Sameness> {
  let tried = 0
  for (const point of points) {
    const [left, right] = await sidesAt(point)
    if (left === undefined || right === undefined) continue
    if (!close(left, right)) return 'different'
    tried++
  }
  return tried > 0 ? 'same' : 'unknown'
}

function close(a: Box | undefined, b: Box | undefined): boolean {
  if (a === undefined || b === undefined || a.low.length !== b.low.length) return false
  return a.low.every((x, i) => Math.abs(x - b.low[i]) <= agreement * Math.max(Math.abs(x), Math.abs(b.low[i]), 1e-6))
}
