import fc from 'fast-check'
import {
  type Convention,
  defaultGiven,
  type Exercise,
  type Quantity,
  quantitiesUnder,
  solve,
  type Values,
} from '../exercises/exercise.js'
import { Failure, Refusal } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, sameShape, type Tensor } from '../oracle/tensor.js'
import type { Box } from './boxes.js'
import { type Sameness, Steps } from './steps.js'
import type { SymbolIndex } from './symbols.js'

/** How many random given data an identity of formulas is tried at. */
const pointCount = 4

/** Values at random given data, computed when they are asked for; `undefined` where the data allow none. */
export type Point = (name: string) => Promise<Tensor | undefined>

/** More values at random data than this are not kept. */
const mostValues = 20_000

/** What is known of an exercise whatever the conventions: shared by its worlds. */
class Samples {
  private readonly exercise: Exercise
  private drawn: readonly Values[] | undefined
  /** Values by point, quantity and the conventions that bear on it. */
  readonly values = new Map<string, Promise<Tensor | undefined>>()

  constructor(exercise: Exercise) {
    this.exercise = exercise
  }

  /** Random given data, drawn when they are first needed. */
  get given(): readonly Values[] {
    this.drawn ??= fc.sample(this.exercise.arbitrary(), { numRuns: pointCount, seed: 1 })
    return this.drawn
  }
}

/** What was computed of solutions: steps at points and over boxes, and which formulas are the same. */
interface KnownSteps {
  readonly points: Steps<Tensor | undefined>
  readonly images: Steps<Box | undefined>
  readonly sameness: Steps<Sameness>
}

/** What solutions of an exercise with the same given data share. */
interface Shelf {
  readonly samples: Samples
  readonly steps: KnownSteps
  /** By the names of the conventions. */
  readonly worlds: Map<string, Promise<World>>
  /** Worlds that stand for several, by what those are called. */
  readonly shared: Map<string, World>
}

/** Shelves by exercise and stated data, the one used last at the end. */
const shelves = new WeakMap<Exercise, Map<string, Shelf>>()

/** So many sets of given data of one exercise are kept. */
const mostShelves = 8

function shelfOf(exercise: Exercise, stated: Values): Shelf {
  const ofExercise = shelves.get(exercise) ?? new Map<string, Shelf>()
  shelves.set(exercise, ofExercise)
  const key = JSON.stringify(Object.entries(stated).map(([name, value]) => [name, value.shape, [...rowMajor(value)]]))
  const shelf = ofExercise.get(key) ?? {
    samples: new Samples(exercise),
    steps: { points: new Steps(), images: new Steps(), sameness: new Steps() },
    worlds: new Map(),
    shared: new Map(),
  }
  ofExercise.delete(key)
  ofExercise.set(key, shelf)
  const [oldest] = ofExercise.keys()
  if (ofExercise.size > mostShelves && oldest !== undefined) ofExercise.delete(oldest)
  return shelf
}

function nameOf(conventions: readonly Convention[]): string {
  return conventions.map(({ name }) => name).join('|')
}

/** An exercise under one choice of conventions, with its true values. */
export class World {
  readonly exercise: Exercise
  readonly index: SymbolIndex
  readonly given: Values
  readonly truth: Values
  /** Every number that is given or stands in a formula of the exercise, its sign aside: these are exact. */
  readonly givenSizes: ReadonlySet<number>
  private readonly chosen: readonly Convention[]
  private readonly quantities: ReadonlyMap<string, Quantity>
  private readonly shelf: Shelf
  private readonly on = new Map<string, readonly string[]>()
  private readonly under = new Map<string, string>()

  protected constructor(
    index: SymbolIndex,
    conventions: readonly Convention[],
    given: Values,
    truth: Values,
    shelf: Shelf,
  ) {
    this.exercise = index.exercise
    this.index = index
    this.chosen = conventions
    this.given = given
    this.truth = truth
    this.shelf = shelf
    this.givenSizes = new Set([
      ...Object.values(given).flatMap((datum) => [...rowMajor(datum)].map(Math.abs)),
      ...index.exercise.quantities.flatMap(({ formula }) => (formula.match(/\d+\.\d+/g) ?? []).map(Number)),
    ])
    this.quantities = new Map(quantitiesUnder(index.exercise, conventions).map((quantity) => [quantity.name, quantity]))
  }

  /**
   * The exercise under these conventions, for the given data that the solution's own sheet states, else for the source's. Solutions
   * with the same data share it.
   */
  static of(index: SymbolIndex, conventions: readonly Convention[], stated: Values): Promise<World> {
    const shelf = shelfOf(index.exercise, stated)
    const { worlds } = shelf
    const key = nameOf(conventions)
    const known = worlds.get(key)
    if (known !== undefined) return known
    const given = { ...defaultGiven(index.exercise), ...stated }
    const world = solve(index.exercise, given, oracle, { conventions }).then(
      (truth) => new World(index, conventions, given, truth, shelf),
    )
    worlds.set(key, world)
    return world
  }

  /**
   * One world that stands for several with the same given data, as long as they agree: what it is asked for and they have otherwise
   * throws a Disagreement.
   */
  static standingFor(worlds: readonly World[]): World {
    const [first] = worlds
    if (worlds.length === 1) return first
    const key = worlds.map(({ conventions }) => nameOf(conventions)).join(' or ')
    const known = first.shelf.shared.get(key)
    if (known !== undefined) return known
    const shared = new SharedWorld(worlds, first.shelf)
    first.shelf.shared.set(key, shared)
    return shared
  }

  get conventions(): readonly Convention[] {
    return this.chosen
  }

  /** What is known of steps, shared with all worlds of the same given data. */
  get steps(): KnownSteps {
    return this.shelf.steps
  }

  quantity(name: string): Quantity | undefined {
    return this.quantities.get(name)
  }

  /** Names of the given data that are not zero altogether, as biases may be. */
  nonzeroGiven(): readonly string[] {
    return Object.entries(this.given).flatMap(([name, value]) => (rowMajor(value).some((x) => x !== 0) ? [name] : []))
  }

  /** Names of the given data and quantities that the named ones rest on, themselves included. */
  ancestors(names: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>()
    const visit = (name: string): void => {
      if (found.has(name)) return
      found.add(name)
      this.quantity(name)?.from.forEach(visit)
    }
    names.forEach(visit)
    return found
  }

  /** What tells apart the values of the named in worlds of the same given data. */
  meaningOf(names: readonly string[]): string {
    return names.map((name) => `${name} ${this.conventionsUnder(name)}`).join('|')
  }

  /** What tells apart the values of a quantity in worlds of one exercise: the conventions on it and on what it rests on. */
  conventionsUnder(name: string): string {
    const known = this.under.get(name)
    if (known !== undefined) return known
    const all = [...this.ancestors([name])].flatMap((ancestor) =>
      this.conventionsOn(ancestor).map((convention) => `${ancestor}: ${convention}`),
    )
    const text = all.join(', ')
    this.under.set(name, text)
    return text
  }

  /** Names of the conventions that change how a quantity itself is computed; of those that change it alike, the first's. */
  conventionsOn(name: string): readonly string[] {
    const known = this.on.get(name) ?? this.findConventionsOn(name)
    this.on.set(name, known)
    return known
  }

  private findConventionsOn(name: string): readonly string[] {
    const all = this.exercise.conventions.flatMap(({ conventions }) => conventions)
    return this.chosen.flatMap(({ overrides: { [name]: override } }) =>
      override === undefined ? [] : (all.find(({ overrides }) => overrides[name] === override)?.name ?? []),
    )
  }

  /**
   * Values of the exercise at random given data, for trying whether two formulas are the same. Only given data that the
   * named ones rest on vary: what a formula does not mention may have been put in already.
   */
  points(names: readonly string[]): readonly Point[] {
    return this.pointsOf(names, 'all', (given) => given)
  }

  /** The same with the first item alone in place of the batch; none where the exercise has no batch. */
  pointsOfOneItem(names: readonly string[]): readonly Point[] {
    const { oneItem } = this.exercise
    return oneItem === undefined ? [] : this.pointsOf(names, 'one item', oneItem)
  }

  private pointsOf(names: readonly string[], items: string, choose: (given: Values) => Values): readonly Point[] {
    const free = this.ancestors(names)
    const varied = this.exercise.given.filter(({ name }) => free.has(name)).map(({ name }) => name)
    const samples = this.shelf.samples.given.map((sample, i) => ({
      sample,
      chosen: varied.filter((name) => sameShape(sample[name].shape, this.given[name].shape)),
      place: `sample ${i}`,
    }))
    // What holds for all data holds for these.
    const own = { sample: this.given, chosen: [], place: 'given' }
    return [own, ...samples.filter(({ chosen }) => chosen.length > 0)].map(({ sample, chosen, ...from }) => {
      const given = choose({ ...this.given, ...Object.fromEntries(chosen.map((name) => [name, sample[name]])) })
      const place = `${items} ${from.place} ${chosen.join(' ')}`
      const point = (name: string): Promise<Tensor | undefined> => {
        if (given[name] !== undefined) return Promise.resolve(given[name])
        const key = `${place}|${name}|${this.conventionsUnder(name)}`
        const known = this.shelf.samples.values.get(key)
        if (known !== undefined) return known
        const value = this.computeAt(name, point)
        if (this.shelf.samples.values.size >= mostValues) this.shelf.samples.values.clear()
        this.shelf.samples.values.set(key, value)
        return value
      }
      return point
    })
  }

  private async computeAt(name: string, point: Point): Promise<Tensor | undefined> {
    const quantity = this.quantity(name)
    if (quantity === undefined) return undefined
    const values: Record<string, Tensor> = {}
    for (const part of quantity.from) {
      const value = await point(part)
      if (value === undefined) return undefined
      values[part] = value
    }
    try {
      return await quantity.compute(values, oracle.operators)
    } catch (error) {
      if (error instanceof Refusal || error instanceof Failure || error instanceof RangeError) return undefined
      throw error
    }
  }
}

/**
 * Thrown, and always caught, where worlds that one stands for differ on what it was asked for: those that agree on it, together. It is
 * no error, and needs no stack, which takes longer than all else.
 */
export class Disagreement {
  readonly groups: readonly (readonly World[])[]

  constructor(groups: readonly (readonly World[])[]) {
    this.groups = groups
  }
}

/** What worlds are known to agree on. */
class Agreement {
  private readonly worlds: readonly World[]
  private readonly known = new Set<string>()

  constructor(worlds: readonly World[]) {
    this.worlds = worlds
  }

  /** Throws a Disagreement unless what is asked is the same in all worlds, as their texts for it are. */
  on(asked: string, textIn: (world: World) => string): void {
    if (this.known.has(asked)) return
    const groups = new Map<string, World[]>()
    for (const world of this.worlds) {
      const text = textIn(world)
      groups.set(text, [...(groups.get(text) ?? []), world])
    }
    if (groups.size > 1) throw new Disagreement([...groups.values()])
    this.known.add(asked)
  }

  /** What a datum is, and all that it rests on. */
  onValue(name: string): void {
    this.on(`the value of ${name}`, (world) => world.conventionsUnder(name))
  }

  /** Values that are handed out where they are the same in all worlds. */
  guarded(values: Values): Values {
    return new Proxy(values, {
      get: (target, name) => {
        if (typeof name !== 'string') return undefined
        this.onValue(name)
        return target[name]
      },
    })
  }
}

class SharedWorld extends World {
  private readonly agreement: Agreement

  constructor(worlds: readonly World[], shelf: Shelf) {
    const [{ index, conventions, given, truth }] = worlds
    const agreement = new Agreement(worlds)
    super(index, conventions, given, agreement.guarded(truth), shelf)
    this.agreement = agreement
  }

  override get conventions(): readonly Convention[] {
    this.agreement.on('which are chosen', ({ conventions }) => nameOf(conventions))
    return super.conventions
  }

  override quantity(name: string): Quantity | undefined {
    this.agreement.on(`the rule of ${name}`, (world) => world.conventionsOn(name).join(' '))
    return super.quantity(name)
  }

  override conventionsOn(name: string): readonly string[] {
    this.agreement.on(`the rule of ${name}`, (world) => world.conventionsOn(name).join(' '))
    return super.conventionsOn(name)
  }

  override conventionsUnder(name: string): string {
    this.agreement.onValue(name)
    return super.conventionsUnder(name)
  }
}
