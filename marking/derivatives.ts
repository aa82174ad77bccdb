import type { Computation } from '../exercises/exercise.js'
import { Failure, Refusal } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import type { Box } from './boxes.js'
import { dataOf, valueAt } from './identities.js'
import type { RuleJudgement } from './rules.js'
import type { Side } from './statements.js'
import { type Datum, symbolText } from './symbols.js'
import type { Point, World } from './world.js'

/** A derivative of one datum of an exercise by another, ∂E/∂w₃₅, which is no quantity of its own. */
export interface Derivative {
  readonly of: Datum
  readonly by: Datum
  readonly text: string
}

/** Half the distance of the two values of a central difference, relative to the size of the variable. */
const step = 1e-4
/** Relative difference within which a formula agrees with a central difference. */
const agreement = 1e-5
/** Factors by which conventions of a loss and of signs differ. */
const factors = [1, -1, 2, -2, 0.5, -0.5]

/** The derivative that the left side of a chain names, if the exercise knows both of its parts and not the whole. */
export function derivativeOf({ expression }: Side, stage: number, { index }: World): Derivative | undefined {
  if (expression.kind !== 'name' || index.candidates(expression.key).length > 0) return undefined
  const [, above, below] = /^∂([^/]+)\/∂([^/]+)$/.exec(expression.key) ?? []
  if (above === undefined || below === undefined) return undefined
  const [of, by] = [index.resolve(above, stage), index.resolve(below, stage)]
  if (of === undefined || by === undefined || of.kind === 'given') return undefined
  return { of, by, text: `∂${symbolText(of)}/∂${symbolText(by)}` }
}

/**
 * Judges a formula of a derivative by central differences at random given data: right also where a factor or the sign follows
 * another convention, or the loss another definition that the exercise knows; wrong where all is known and none of these fits.
 */
export async function judgeDerivative(
  { of, by, text }: Derivative,
  side: Side,
  stage: number,
  world: World,
): Promise<RuleJudgement> {
  const data = dataOf(world, side, { stage, preferred: [] })
  if (data === undefined) return { kind: 'unknown' }
  const names = [of.name, by.name, ...[...data.values()].map(({ name }) => name)]
  let compared = 0
  for (const computation of definitions(of, world)) {
    const ratios: number[] = []
    for (const point of world.points(names)) {
      const slopes = await gradientAt(computation, by.name, point, world)
      const value = await valueAt(side, data, point)
      if (slopes === undefined || value === undefined || value.low.length !== slopes.length) continue
      slopes.forEach((slope, i) => {
        if (Math.abs(slope) > 1e-9 || Math.abs(value.low[i]) > 1e-9) ratios.push(value.low[i] / slope)
      })
    }
    compared += ratios.length
    const factor = factors.find((other) =>
      ratios.every((ratio) => Math.abs(ratio - other) <= agreement * Math.abs(other)),
    )
    if (factor === undefined || ratios.length === 0) continue
    const isOwn = factor === 1 && computation === world.quantity(of.name)
    return { kind: 'correct', note: isOwn || factor === 1 ? '' : `${text} under another convention` }
  }
  return compared < 2 ? { kind: 'unknown' } : { kind: 'wrong', message: `this is not ${text}` }
}

/** Whether a number is the derivative's value at the exercise's data, under any of its conventions. */
export async function isDerivativeValue({ of, by }: Derivative, written: Box, world: World): Promise<boolean> {
  const truth: Point = async (name) => world.truth[name]
  for (const computation of definitions(of, world)) {
    const slopes = await gradientAt(computation, by.name, truth, world)
    if (slopes === undefined || slopes.length !== written.low.length) continue
    const fits = factors.some((factor) =>
      slopes.every((slope, i) => {
        const slack = agreement * Math.abs(slope)
        return factor * slope >= written.low[i] - slack && factor * slope <= written.high[i] + slack
      }),
    )
    if (fits) return true
  }
  return false
}

/** How a quantity is computed under the solution's conventions, and under others of the exercise. */
function definitions({ name }: Datum, world: World): readonly Computation[] {
  const own = world.quantity(name)
  if (own === undefined) return []
  const others = world.exercise.conventions.flatMap(({ conventions }) =>
    conventions.flatMap(({ overrides }) => {
      const other = overrides[name]
      return other === undefined ? [] : [typeof other === 'function' ? other(own) : other]
    }),
  )
  const first = world.exercise.quantities.filter((quantity) => quantity.name === name)
  return [own, ...first, ...others]
}

/** The gradient of a number by every entry of a datum; undefined where it is no number, or cannot be computed. */
async function gradientAt(
  computation: Computation,
  by: string,
  point: Point,
  world: World,
): Promise<readonly number[] | undefined> {
  const at = await point(by)
  if (at === undefined) return undefined
  const slopes: number[] = []
  for (let i = 0; i < at.size; i++) {
    const size = step * Math.max(1, Math.abs(rowMajor(at)[i]))
    const [above, below] = [await valueWith(i, size), await valueWith(i, -size)]
    if (above === undefined || below === undefined) return undefined
    slopes.push((above - below) / (2 * size))
  }
  return slopes

  async function valueWith(i: number, change: number): Promise<number | undefined> {
    if (at === undefined) return undefined
    const data = Float64Array.from(rowMajor(at))
    data[i] += change
    const value = await computed(computation, changed(world, point, by, tensor(at.shape, data)))
    return value?.size === 1 ? rowMajor(value)[0] : undefined
  }
}

/** The values at a point with one datum changed, and all that rests on it. */
function changed(world: World, point: Point, name: string, value: Tensor): Point {
  const known = new Map<string, Promise<Tensor | undefined>>([[name, Promise.resolve(value)]])
  const at: Point = (other) => {
    const remembered = known.get(other)
    if (remembered !== undefined) return remembered
    const quantity = world.quantity(other)
    const found = quantity !== undefined && world.ancestors([other]).has(name) ? computed(quantity, at) : point(other)
    known.set(other, found)
    return found
  }
  return at
}

async function computed({ from, compute }: Computation, point: Point): Promise<Tensor | undefined> {
  const values: Record<string, Tensor> = {}
  for (const name of from) {
    const value = await point(name)
    if (value === undefined) return undefined
    values[name] = value
  }
  try {
    return await compute(values, oracle.operators)
  } catch (error) {
    if (error instanceof Refusal || error instanceof Failure || error instanceof RangeError) return undefined
    throw error
  }
}
