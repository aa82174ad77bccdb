import type { Quantity, Values } from '../exercises/exercise.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Box, hull, meet, pointBox, type Range, rangeAt, rangesMeet, reshaped } from './boxes.js'
import type { Habit } from './evaluation.js'
import type { Numeral } from './expression/ast.js'
import { image, unlessRefused } from './image.js'
import { isWhole, type UsualDigits, unwritten } from './usualDigits.js'
import type { World } from './world.js'

/** What a solution wrote for a quantity, as far as later lines rest on it. */
export interface Recorded {
  /** The numbers as they stand. */
  readonly values: readonly number[]
  /** What its digits stand for. */
  readonly written: Box
  /** All values that rounding, here and before, explains. */
  readonly fair: Box
  /** Other values that a later line may rest on where this one was a slip of the pen: what its own line gives. */
  readonly meant: readonly Box[]
  /** Line of the root error that makes it differ from the truth. */
  readonly rootLine: number | undefined
  readonly lapse: Lapse
  /** The same, narrowed to what it was computed to be: worked out only when something does not fit plainly. */
  readonly settle?: Later<Recorded>
}

/**
 * What a root error was: a slip of the pen (arithmetic, a numeral copied or written wrongly), after which the true value may come
 * back; a bare value, with no working beside it, after which it may come back in numerals; a wrong rule.
 */
export type Lapse = 'slip' | 'bare' | 'rule'

/** The gravest of some lapses. */
export function gravest(lapses: readonly Lapse[]): Lapse {
  return lapses.includes('rule') ? 'rule' : lapses.includes('bare') ? 'bare' : 'slip'
}

/** What a solution wrote, narrowed to what it can have meant: the number as it stands, and what it was computed to be. */
export function narrowed(written: Box, values: readonly number[], computed: Box | undefined): Box {
  if (computed === undefined || computed.low.length !== written.low.length) return written
  const bounds = written.low.map((low, i): Range => {
    if (!rangesMeet(rangeAt(written, i), rangeAt(computed, i))) return [low, written.high[i]]
    const [from, to] = [Math.max(low, computed.low[i]), Math.min(written.high[i], computed.high[i])]
    return [Math.min(from, to, values[i]), Math.max(from, to, values[i])]
  })
  return { shape: written.shape, low: bounds.map(([low]) => low), high: bounds.map(([, high]) => high) }
}

/** A value from the solution's own earlier lines. */
export interface Own {
  readonly box: Box
  readonly fair: Box
  readonly meant: readonly Box[]
  readonly rootLine: number | undefined
  readonly lapse: Lapse
}

/** A choice of what each datum that a step is computed from stands for, and what the step then yields. */
export interface Step {
  readonly box: Box
  /** `own`: the values written last; `true`: no wrong value of the solution; `mixed`: some wrong ones, some not. */
  readonly basis: 'own' | 'true' | 'mixed'
  /** Line of the root of the first wrong value that it rests on. */
  readonly rootLine: number | undefined
}

/** A value of another size than it should have, and the line of the root that made it so. */
interface Misshapen {
  readonly box: Box
  readonly rootLine: number
}

/** What is worked out once, from a replay as it stands when it is first asked for. */
export class Later<T> {
  private readonly work: (replay: Replay) => Promise<T>
  private done: Promise<T> | undefined

  constructor(work: (replay: Replay) => Promise<T>) {
    this.work = work
  }

  async of(replay: Replay): Promise<T> {
    this.done ??= this.work(replay)
    try {
      return await this.done
    } catch (error) {
      // Of several worlds together, one may know what they do not agree on.
      this.done = undefined
      throw error
    }
  }

  /** The same for another replay: what is worked out is kept, what is not is worked out for itself. */
  again(): Later<T> {
    const copy = new Later(this.work)
    copy.done = this.done
    return copy
  }
}

const none: ReadonlySet<string> = new Set()

/** At most so many choices are tried a step. */
const choiceLimit = 32

/** Replays a solution from the numbers that it wrote. */
export class Replay {
  readonly world: World
  private readonly digits: UsualDigits
  private readonly habit: Habit
  private readonly records = new Map<string, Recorded>()
  private readonly misshapen = new Map<string, Misshapen>()
  /** Points, and the solution's own values, computed from the records as they stand. */
  private readonly computed = new Map<string, Promise<Tensor | undefined>>()
  private readonly owns = new Map<string, Promise<Own | undefined>>()
  /** What the root errors of lines were. */
  private readonly lapses = new Map<number, Lapse>()
  /** Of what the records hold each number, its sign aside. */
  private holding: ReadonlyMap<number, ReadonlySet<string>> | undefined

  constructor(world: World, digits: UsualDigits, habit: Habit) {
    this.world = world
    this.digits = digits
    this.habit = habit
  }

  /** Half a unit of the last place that the solution usually writes. */
  get usualHalf(): number {
    return this.digits.half
  }

  recorded(name: string): Recorded | undefined {
    return this.records.get(name)
  }

  record(name: string, recorded: Recorded): void {
    this.records.delete(name)
    this.records.set(name, recorded)
    this.misshapen.delete(name)
    this.computed.clear()
    this.owns.clear()
    this.holding = undefined
  }

  /** Keeps a value of another size than the quantity has, for what is computed from it as it stands. */
  recordMisshapen(name: string, box: Box, rootLine: number): void {
    const { length } = this.world.truth[name].shape
    const shape = length === 1 ? [box.low.length] : box.shape
    if (shape.length === length) this.misshapen.set(name, { box: { ...box, shape }, rootLine })
  }

  /** What was recorded of a quantity, narrowed. */
  private async settled(name: string): Promise<Recorded | undefined> {
    const recorded = this.records.get(name)
    if (recorded?.settle === undefined) return recorded
    const settled = await recorded.settle.of(this)
    if (this.records.get(name) === recorded) this.records.set(name, settled)
    return settled
  }

  /** Narrows what was recorded of the named, or of all. */
  async settle(names: readonly string[] = this.recordedNames()): Promise<void> {
    for (const name of names) await this.settled(name)
  }

  /** The value of a datum by the numbers of the solution as they stand, rounding aside. */
  point(name: string): Promise<Tensor | undefined> {
    const recorded = this.records.get(name)
    const { shape, size } = this.world.truth[name]
    if (recorded !== undefined)
      return Promise.resolve(recorded.values.length === size ? tensor(shape, recorded.values) : undefined)
    const given = this.world.given[name]
    if (given !== undefined) return Promise.resolve(given)
    const quantity = this.world.quantity(name)
    return quantity === undefined ? Promise.resolve(undefined) : this.pointOf(quantity)
  }

  /** What a quantity is by its right rule, from the numbers of the solution as they stand. */
  pointOf(quantity: Quantity): Promise<Tensor | undefined> {
    const known = this.computed.get(quantity.name)
    if (known !== undefined) return known
    const value = this.computePoint(quantity)
    this.computed.set(quantity.name, value)
    return value
  }

  private async computePoint(quantity: Quantity): Promise<Tensor | undefined> {
    const values: Record<string, Tensor> = {}
    for (const part of quantity.from) {
      const value = await this.point(part)
      if (value === undefined) return undefined
      values[part] = value
    }
    const parts = Object.values(values)
    const numbers = parts.map((value) => [value.shape, [...rowMajor(value)]])
    const key = JSON.stringify([quantity.name, this.world.conventionsOn(quantity.name), numbers])
    return this.world.steps.points.of(
      key,
      parts.reduce((sum, { size }) => sum + size, 0),
      () => unlessRefused(() => quantity.compute(values, oracle.operators)),
    )
  }

  /** The ranges, their signs aside, of the values of the named that stand on no line. */
  async unwritten(names: readonly string[]): Promise<readonly Range[]> {
    const ranges: Range[] = []
    for (const name of names) {
      const isWritten = this.records.has(name) || this.world.given[name] !== undefined
      const own = isWritten ? undefined : await this.own(name)
      own?.box.low.forEach((low, i) => {
        const high = own.box.high[i]
        ranges.push(high < 0 ? [-high, -low] : [low, high])
      })
    }
    return ranges
  }

  /**
   * The range of a numeral that repeats a given datum or a value written before (of the named, if any are), its sign aside; beside them
   * it may be one of those that stand on no line: 1 for 0.99995.
   */
  rangeOfNumeral(numeral: Numeral, names?: readonly string[], unwritten: readonly Range[] = []): Range | undefined {
    const { value, half, whole } = numeral
    let least = Number.POSITIVE_INFINITY
    let greatest = Number.NEGATIVE_INFINITY
    for (const name of names ?? this.namesHolding(value)) {
      const recorded = this.records.get(name)
      if (recorded === undefined) continue
      const { values, written } = recorded
      // Asked for every numeral: a loop that makes no objects.
      for (let i = 0; i < values.length; i++) {
        if (values[i] !== value && values[i] !== -value) continue
        least = Math.min(least, values[i] < 0 ? -written.high[i] : written.low[i])
        greatest = Math.max(greatest, values[i] < 0 ? -written.low[i] : written.high[i])
      }
    }
    if (this.world.givenSizes.has(value)) {
      const isRecorded = names !== undefined && least <= greatest
      const [low, high] = isRecorded ? [value, value] : this.givenOrRounded(numeral)
      least = Math.min(least, low)
      greatest = Math.max(greatest, high)
    }
    const repeats = least <= greatest
    const shortened = whole || repeats ? unwritten.find(([low, high]) => low <= value && value <= high) : undefined
    if (shortened === undefined) return repeats ? [least, greatest] : undefined
    const [low, high] = whole
      ? shortened
      : this.habit === 'rounds'
        ? [value - half, value + half]
        : [value, value + 2 * half]
    return [Math.min(least, value, low), Math.max(greatest, value, high)]
  }

  /** A given datum; 1.000, beside a given 1, may as well be a value that was shortened to it and stands on no line of its own. */
  private givenOrRounded({ value, half, whole }: Numeral): Range {
    const tens = value / (20 * half)
    const endsInZero = Math.abs(tens - Math.round(tens)) < 1e-9 * Math.max(1, Math.abs(tens))
    if (whole || !endsInZero || half > this.digits.half * (1 + 1e-9)) return [value, value]
    const least = value - (this.habit === 'rounds' ? half : value === 0 ? 2 * half : 0)
    return [least, value + (this.habit === 'rounds' ? half : 2 * half)]
  }

  /** Of what the records hold a number, its sign aside. */
  private namesHolding(value: number): ReadonlySet<string> {
    if (this.holding === undefined) {
      const holding = new Map<number, Set<string>>()
      for (const [name, { values }] of this.records)
        for (const other of values) {
          const size = Math.abs(other)
          const names = holding.get(size)
          if (names === undefined) holding.set(size, new Set([name]))
          else names.add(name)
        }
      this.holding = holding
    }
    return this.holding.get(value) ?? none
  }

  /** Keeps that a root error of a line was such a lapse. */
  recordLapse(line: number, lapse: Lapse): void {
    this.lapses.set(line, gravest([this.lapses.get(line) ?? 'slip', lapse]))
  }

  /** The gravest lapse of a line; a wrong rule where none was recorded. */
  lapseOn(line: number): Lapse {
    return this.lapses.get(line) ?? 'rule'
  }

  /** All that the replay of later lines rests on. */
  state(): string {
    const records = [...this.records].map(([name, { settle, ...recorded }]) => [
      name,
      recorded,
      settle === undefined ? null : this.world.meaningOf([name]),
    ])
    return stateText([records, [...this.misshapen], [...this.lapses]])
  }

  /** The replay as it stands now, which later lines do not change. */
  snapshot(): Replay {
    const copy = new Replay(this.world, this.digits, this.habit)
    for (const [name, recorded] of this.records) copy.records.set(name, recorded)
    for (const [name, wrong] of this.misshapen) copy.misshapen.set(name, wrong)
    for (const [line, lapse] of this.lapses) copy.lapses.set(line, lapse)
    return copy
  }

  /** The replay as it stands now, to go on in another world that agrees with its own so far. */
  under(world: World): Replay {
    const copy = new Replay(world, this.digits, this.habit)
    for (const [name, { settle, ...recorded }] of this.records)
      copy.records.set(name, settle === undefined ? recorded : { ...recorded, settle: settle.again() })
    for (const [name, wrong] of this.misshapen) copy.misshapen.set(name, wrong)
    for (const [line, lapse] of this.lapses) copy.lapses.set(line, lapse)
    return copy
  }

  /** Names of what was recorded, the latest last. */
  recordedNames(): readonly string[] {
    return [...this.records.keys()]
  }

  /**
   * The value of a datum in this solution: as it was written last; else from the written values that it rests on, give or
   * take the rounding of a value that was not written down.
   */
  own(name: string): Promise<Own | undefined> {
    const known = this.owns.get(name)
    if (known !== undefined) return known
    const own = this.computeOwn(name)
    this.owns.set(name, own)
    return own
  }

  private async computeOwn(name: string): Promise<Own | undefined> {
    const recorded = await this.settled(name)
    if (recorded !== undefined) return { ...recorded, box: recorded.written }
    const given = this.world.given[name]
    if (given !== undefined) return exactly(given)
    const quantity = this.world.quantity(name)
    if (quantity === undefined) return undefined
    const parts = await this.ownValues(quantity.from)
    if (parts === undefined) return undefined
    const values = Object.values(parts)
    const [box, fair] = await Promise.all([
      this.imageOf(quantity, (part) => parts[part].box),
      this.fairBox(quantity, parts),
    ])
    if (box === undefined || fair === undefined) return undefined
    const rounded = (exact: Box): Box =>
      quantity.kind === 'real' && !isWhole(box) ? unwritten(exact, this.digits, this.habit) : exact
    return {
      box: rounded(box),
      fair: rounded(fair),
      meant: [],
      rootLine: values.find(({ rootLine }) => rootLine !== undefined)?.rootLine,
      lapse: lapseOf(values),
    }
  }

  /** All values that rounding explains of a quantity, computed from the solution's own. */
  async fairImage(quantity: Quantity): Promise<Box | undefined> {
    const parts = await this.ownValues(quantity.from)
    return parts === undefined ? undefined : this.fairBox(quantity, parts)
  }

  /** The image of the fair boxes; where the truth lies in all of them, it lies in their image. */
  private async fairBox(quantity: Quantity, parts: Readonly<Record<string, Own>>): Promise<Box | undefined> {
    const { truth } = this.world
    const box = await this.imageOf(quantity, (part) => parts[part].fair)
    const known = pointBox(truth[quantity.name])
    const holdsTruth = quantity.from.every((part) => meet(parts[part].fair, pointBox(truth[part])))
    return box !== undefined && holdsTruth && box.low.length === known.low.length ? hull(box, known) : box
  }

  /** What a quantity is by its right rule, from the solution's own values first, then from mended ones. */
  async steps(quantity: Quantity): Promise<readonly Step[]> {
    const parts = await this.ownValues(quantity.from)
    if (parts === undefined) return []
    const choices = Object.entries(parts).map(([name, own]) => ({ name, own, options: this.options(name, own) }))
    const combinations = choices
      .reduce<readonly (readonly number[])[]>(
        (all, { options }) => all.flatMap((one) => options.map((_, i) => [...one, i])).slice(0, choiceLimit),
        [[]],
      )
      .toSorted((a, b) => mended(a) - mended(b))
    const steps = await Promise.all(
      combinations.map(async (combination): Promise<readonly Step[]> => {
        const chosen = new Map(choices.map(({ name, options }, i) => [name, options[combination[i]]]))
        const image = await this.imageOf(quantity, (name) => chosen.get(name)?.box ?? parts[name].box)
        const box = mended(combination) === 0 ? await this.withPoint(quantity, image) : image
        if (box === undefined) return []
        const used = [...chosen.values()].filter(({ wrong }) => wrong)
        const rootLine = used.find((option) => option.rootLine !== undefined)?.rootLine
        const basis = mended(combination) === 0 ? 'own' : used.length === 0 ? 'true' : 'mixed'
        return [{ box, basis, rootLine }]
      }),
    )
    return steps.flat()
  }

  /** What a quantity is by its right rule from values of wrong sizes; nothing where there are none, or the rule needs the right ones. */
  async misshapenSteps(quantity: Quantity): Promise<readonly Step[]> {
    const wrong = quantity.from.flatMap((name) => this.misshapen.get(name) ?? [])
    const parts = wrong.length === 0 ? undefined : await this.ownValues(quantity.from)
    if (parts === undefined) return []
    const boxOf = (name: string): Box => {
      const { shape } = this.world.truth[name]
      return this.misshapen.get(name)?.box ?? reshaped(parts[name].box, shape)
    }
    try {
      const box = await this.imageBy(
        [quantity.name, ...this.world.conventionsOn(quantity.name)],
        (values) => quantity.compute(values, oracle.operators),
        Object.fromEntries(quantity.from.map((name) => [name, boxOf(name)])),
      )
      return box === undefined ? [] : [{ box, basis: 'mixed', rootLine: wrong[0].rootLine }]
    } catch (error) {
      // A rule that counts on the right sizes.
      if (error instanceof TypeError) return []
      throw error
    }
  }

  /**
   * The image, and what the numbers of the solution as they stand give: rounded to the same digits two values may tie, and the greatest
   * is then another one than anywhere near.
   */
  private async withPoint(quantity: Quantity, image: Box | undefined): Promise<Box | undefined> {
    const point = await this.pointOf(quantity)
    if (image === undefined || point === undefined || point.size !== image.low.length) return image
    return hull(image, pointBox(point))
  }

  /** What a datum may stand for in a step: the value written; where that was a slip, what was meant; the truth. */
  private options(name: string, own: Own): readonly { box: Box; wrong: boolean; rootLine: number | undefined }[] {
    const truth = pointBox(this.world.truth[name])
    const wrong = own.rootLine !== undefined
    const written = { box: own.box, wrong, rootLine: own.rootLine }
    if (!wrong) return [written]
    const others = own.meant.filter((box) => !meet(box, own.box))
    const meant = others.filter((box) => !meet(box, truth)).map((box) => ({ box, wrong: true, rootLine: own.rootLine }))
    // What the line's own numerals give is the truth too, as far as rounding tells.
    const right = others
      .filter((box) => meet(box, truth))
      .reduce(hull, isWhole(truth) ? truth : unwritten(truth, this.digits, this.habit))
    return [written, ...meant, { box: right, wrong: false, rootLine: undefined }]
  }

  private async ownValues(names: readonly string[]): Promise<Readonly<Record<string, Own>> | undefined> {
    const entries: (readonly [string, Own])[] = []
    for (const name of names) {
      const own = await this.own(name)
      if (own === undefined) return undefined
      entries.push([name, own])
    }
    return Object.fromEntries(entries)
  }

  private imageOf(quantity: Quantity, boxOfName: (name: string) => Box): Promise<Box | undefined> {
    const boxes = quantity.from.map((name) => [name, reshaped(boxOfName(name), this.world.truth[name].shape)] as const)
    const { name } = quantity
    return this.imageBy(
      [name, ...this.world.conventionsOn(name)],
      (values) => quantity.compute(values, oracle.operators),
      Object.fromEntries(boxes),
    )
  }

  /** The image of boxes under a computation, which its names tell from all others of the exercise. */
  imageBy(
    names: readonly string[],
    compute: (values: Values) => Promise<Tensor>,
    boxes: Readonly<Record<string, Box>>,
  ): Promise<Box | undefined> {
    const bounds = Object.values(boxes).map(({ shape, low, high }) => [shape, low, high])
    const count = 2 * Object.values(boxes).reduce((sum, { low }) => sum + low.length, 0)
    return this.world.steps.images.of(JSON.stringify([names, bounds]), count, () => image(compute, boxes))
  }
}

/** A state in words, in which numbers that are not finite differ too. */
export function stateText(state: unknown): string {
  return JSON.stringify(state, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
}

/** The gravest of the lapses that values rest on. */
export function lapseOf(values: readonly Own[]): Lapse {
  return gravest(values.flatMap(({ lapse, rootLine }) => (rootLine === undefined ? [] : [lapse])))
}

function mended(combination: readonly number[]): number {
  return combination.filter((i) => i > 0).length
}

function exactly(value: Tensor): Own {
  const box = pointBox(value)
  return { box, fair: box, meant: [], rootLine: undefined, lapse: 'slip' }
}
