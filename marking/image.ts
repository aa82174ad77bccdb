import type { Values } from '../exercises/exercise.js'
import { Failure, Refusal } from '../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Box, centre, type Range } from './boxes.js'

/** The corners of values of more elements are not computed. */
const mostCorners = 16

/** The values in the middle of boxes. */
export function centres(boxes: Readonly<Record<string, Box>>): Values {
  return Object.fromEntries(Object.entries(boxes).map(([name, box]) => [name, centre(box)]))
}

/** A value of a box that is moved from the middle of its range (0) to its upper (1) or lower (−1) end, or part of the way. */
interface Move {
  readonly name: string
  readonly i: number
  readonly to: number
}

/** A computation on the values of boxes, at their middle and wherever some of them are moved to. */
class Surroundings {
  readonly coordinates: readonly Omit<Move, 'to'>[]
  private readonly compute: (values: Values) => Promise<Tensor>
  private readonly boxes: Readonly<Record<string, Box>>
  private readonly middle: Values

  constructor(compute: (values: Values) => Promise<Tensor>, boxes: Readonly<Record<string, Box>>) {
    this.compute = compute
    this.boxes = boxes
    this.middle = centres(boxes)
    this.coordinates = Object.entries(boxes).flatMap(([name, box]) =>
      box.low.flatMap((low, i) => (box.high[i] > low && Number.isFinite(box.high[i] - low) ? [{ name, i }] : [])),
    )
  }

  async at(moves: readonly Move[]): Promise<Tensor> {
    const values: Record<string, Tensor> = { ...this.middle }
    const moved = new Map<string, Float64Array>()
    for (const { name, i, to } of moves) {
      const data = moved.get(name) ?? rowMajor(this.middle[name]).slice()
      moved.set(name, data)
      const end = to > 0 ? this.boxes[name].high[i] : this.boxes[name].low[i]
      data[i] = Math.abs(to) === 1 ? end : data[i] + Math.abs(to) * (end - data[i])
    }
    for (const [name, data] of moved) values[name] = tensor(this.boxes[name].shape, data)
    return this.compute(values)
  }
}

/**
 * The image of a box under a computation: the value in the middle, its change along each coordinate, to where it turns too, and the two
 * corners that the changes of each element point to. Where the computation refuses values of either sign, those of the middle's sign only;
 * `undefined` where it refuses these too.
 */
export async function image(
  compute: (values: Values) => Promise<Tensor>,
  boxes: Readonly<Record<string, Box>>,
): Promise<Box | undefined> {
  const found = await imageOfAll(compute, boxes)
  if (found !== undefined || !Object.values(boxes).some(hasBothSigns)) return found
  return imageOfAll(
    compute,
    Object.fromEntries(Object.entries(boxes).map(([name, box]) => [name, hasBothSigns(box) ? ofOneSign(box) : box])),
  )
}

function hasBothSigns({ low, high }: Box): boolean {
  return low.some((bound, i) => bound <= 0 && high[i] >= 0 && bound + high[i] !== 0)
}

/**
 * Ranges of both signs as what is left open of their middle when it is rounded or cut to one digit: no decimals leave less of a value
 * that is divided by, or whose logarithm or root is taken. 0.000075 may have become 0.0001.
 */
function ofOneSign({ shape, low, high }: Box): Box {
  const bounds = low.map((bound, i): Range => {
    const middle = (bound + high[i]) / 2
    if (bound > 0 || high[i] < 0 || middle === 0) return [bound, high[i]]
    const [size, unit] = [Math.abs(middle), 10 ** Math.floor(Math.log10(Math.abs(middle)))]
    const least = Math.min(size - unit / 2, Math.floor(size / unit) * unit)
    const greatest = size >= 5 * unit ? 10 * unit : size + unit / 2
    return middle > 0
      ? [Math.max(least, bound), Math.min(greatest, high[i])]
      : [Math.max(-greatest, bound), Math.min(-least, high[i])]
  })
  return { shape, low: bounds.map(([from]) => from), high: bounds.map(([, to]) => to) }
}

function imageOfAll(
  compute: (values: Values) => Promise<Tensor>,
  boxes: Readonly<Record<string, Box>>,
): Promise<Box | undefined> {
  return unlessRefused(async () => {
    const around = new Surroundings(compute, boxes)
    const { coordinates } = around
    const base = await around.at([])
    const [{ shape, size }, middle] = [base, rowMajor(base)]
    if (coordinates.length === 0) return finite({ shape, low: [...middle], high: [...middle] })
    const [below, above] = [new Float64Array(size), new Float64Array(size)]
    /** For each element the ends that it is greatest at. */
    const greatest: number[][] = Array.from({ length: size <= mostCorners ? size : 0 }, () => [])
    for (const { name, i } of coordinates) {
      const up = rowMajor(await around.at([{ name, i, to: 1 }]))
      const down = rowMajor(await around.at([{ name, i, to: -1 }]))
      for (let c = 0; c < size; c++) {
        const at = async (to: number): Promise<number> => rowMajor(await around.at([{ name, i, to }]))[c]
        const turn = size > mostCorners ? undefined : turnOf(down[c], middle[c], up[c])
        const turned = turn === undefined ? middle[c] : await at(turn)
        const values = [middle[c], up[c], down[c], turned]
        const isOpen = size <= mostCorners && (await hasPole(at, down[c], middle[c], up[c]))
        const beyond = isOpen ? nearPole * Math.max(...values.map(Math.abs)) : 0
        below[c] += middle[c] - Math.min(...values) + beyond
        above[c] += Math.max(...values) - middle[c] + beyond
        greatest[c]?.push(up[c] >= down[c] ? 1 : -1)
      }
    }
    const [low, high] = [middle.map((value, c) => value - below[c]), middle.map((value, c) => value + above[c])]
    if (coordinates.length > 1) {
      const corners = new Map(
        greatest.flatMap((ends) => [ends, ends.map((end) => -end)].map((corner) => [corner.join(), corner] as const)),
      )
      for (const corner of corners.values()) {
        const value = rowMajor(await around.at(coordinates.map((coordinate, k) => ({ ...coordinate, to: corner[k] }))))
        for (let c = 0; c < size; c++) {
          low[c] = Math.min(low[c], value[c])
          high[c] = Math.max(high[c], value[c])
        }
      }
    }
    return finite(outward({ shape, low: [...low], high: [...high] }))
  })
}

/** Where between −1 and 1 the parabola through values at −1, 0 and 1 turns, if it does: a square whose argument may be 0. */
function turnOf(down: number, middle: number, up: number): number | undefined {
  const turn = (down - up) / (2 * (down - 2 * middle + up))
  return Math.abs(turn) < 1 && turn !== 0 ? turn : undefined
}

/** Near a pole a value may be so many times what it is at the ends. */
const nearPole = 1e3

/** So many times the place between two signs is halved: a value that passes through 0 is far smaller there then than at the ends. */
const halvings = 6

/**
 * Whether what has these values at −1, 0 and 1 leaps from one sign to the other through a pole, as a quotient does by what may be 0: on
 * both sides of the leap it does not come nearer to 0, as what passes through 0 does.
 */
async function hasPole(
  at: (to: number) => Promise<number>,
  down: number,
  middle: number,
  up: number,
): Promise<boolean> {
  const isBetween = (middle - down) * (up - middle) >= 0
  if (down * up >= 0 || isBetween) return false
  let [a, b] = middle * down < 0 ? [-1, 0] : [0, 1]
  let [atA, atB] = middle * down < 0 ? [down, middle] : [middle, up]
  const largest = Math.max(Math.abs(atA), Math.abs(atB))
  for (let halving = 0; halving < halvings; halving++) {
    const half = (a + b) / 2
    const value = await at(half)
    if (value * atA > 0) [a, atA] = [half, value]
    else [b, atB] = [half, value]
  }
  return Math.max(Math.abs(atA), Math.abs(atB)) >= largest
}

/** With fewer coordinates the image itself takes no longer. */
const fewestMoved = 12

/** So many corners are tried at least, and the image of a box reaches so many times what they tell of it at the very most. */
const fewestCorners = 8
const atMost = 20

/**
 * Corners of a box in which no two coordinates are always moved alike, nor always apart: their changes cannot cancel in all of them. In
 * the last all are moved up; in the others by the bits of a number that each coordinate has for itself.
 */
function cornersOf(coordinates: readonly Omit<Move, 'to'>[]): readonly (readonly Move[])[] {
  const count = Math.max(fewestCorners, 1 + Math.ceil(Math.log2(coordinates.length)))
  const numbers = 2 ** (count - 1)
  return Array.from({ length: count }, (_, corner) =>
    coordinates.map((coordinate, k) => ({
      ...coordinate,
      to: Math.floor(((37 * k + 11) % numbers) / 2 ** corner) % 2 === 0 ? 1 : -1,
    })),
  )
}

/**
 * Whether what is written is certainly not in the image of a box: in some element it is farther from the middle than `atMost` times what
 * independent changes of all coordinates, as in the corners that are tried, can add up to. `false` says nothing.
 */
export async function isFarFrom(
  written: Box,
  compute: (values: Values) => Promise<Tensor>,
  boxes: Readonly<Record<string, Box>>,
): Promise<boolean> {
  const around = new Surroundings(compute, boxes)
  const { coordinates } = around
  if (coordinates.length < fewestMoved) return false
  const found = await unlessRefused(async () => {
    const middle = rowMajor(await around.at([]))
    const reach = new Float64Array(middle.length)
    for (const moves of cornersOf(coordinates)) {
      const value = rowMajor(await around.at(moves))
      for (let c = 0; c < reach.length; c++) reach[c] = Math.max(reach[c], Math.abs(value[c] - middle[c]))
    }
    return { middle, reach }
  })
  if (found === undefined || found.middle.length !== written.low.length) return false
  const { middle, reach } = found
  const times = atMost * Math.sqrt(coordinates.length)
  return middle.some((value, c) => {
    const distance = Math.max(written.low[c] - value, value - written.high[c])
    return distance > times * reach[c] && reach[c] > 0
  })
}

/** A thousandth wider: what coordinates do together beyond what each does alone, at the widths of written digits. */
function outward(box: Box): Box {
  const margin = box.low.map((low, i) => (box.high[i] - low) * 5e-4)
  return {
    shape: box.shape,
    low: box.low.map((low, i) => low - margin[i]),
    high: box.high.map((high, i) => high + margin[i]),
  }
}

/** What a computation comes to; none where it refuses what it is given. */
export async function unlessRefused<T>(compute: () => Promise<T>): Promise<T | undefined> {
  try {
    return await compute()
  } catch (error) {
    if (error instanceof Refusal || error instanceof Failure || error instanceof RangeError) return undefined
    throw error
  }
}

function finite(box: Box): Box | undefined {
  return [...box.low, ...box.high].every(Number.isFinite) ? box : undefined
}
