import { type Expectation, expectation, held } from '../../exercises/allowance.js'
import {
  type Convention,
  type Exercise,
  type Operators,
  type Quantity,
  quantitiesUnder,
  type Values,
} from '../../exercises/index.js'
import { randomNumbers } from '../../exercises/training.js'
import type { Precision } from '../../oracle/contract.js'
import { oracle } from '../../oracle/index.js'
import { map, sameShape, type Tensor } from '../../oracle/tensor.js'
import { keep, keeperOf } from '../../oracle/unread.js'
import { ieee, roundingOf } from '../../properties/index.js'

/** Of the signs and sizes of roundings; any but those of the operators' errors, and no zero, from which randomNumbers would not move. */
const seed = 1009

/** What some quantities of an exercise should be, under one convention of each axis. */
export class Reference {
  /** Those that are asked for and what they are computed from, in the order of the exercise. */
  readonly quantities: readonly Quantity[]
  private readonly rounding: ReturnType<typeof roundingOf>
  private readonly wholes: ReadonlySet<string>

  constructor(exercise: Exercise, wanted: readonly string[], precision: Precision, conventions: readonly Convention[]) {
    this.quantities = neededFor(quantitiesUnder(exercise, conventions), wanted)
    this.rounding = roundingOf(ieee(precision))
    this.wholes = new Set(
      [...exercise.given, ...exercise.quantities].filter(({ kind }) => kind !== 'real').map(({ name }) => name),
    )
  }

  /** The given data as the precision holds them. */
  rounded(given: Values): Values {
    return held(given, this.rounding)
  }

  /**
   * The values of all quantities, and by how much an implementation in the precision may be off. As in the cross-check of
   * exercises the errors of the operators' answers add up on the way; beside them every value on the way may be rounded where
   * it is kept and where it is read, for an implementation may compute without the operators.
   */
  async of(given: Values): Promise<Expectation> {
    const random = randomNumbers(seed)
    const known: Values[] = []
    const compute = (operators: Operators): Promise<Values> => {
      const isExact = operators === oracle.operators
      return this.solved(given, operators, isExact ? (x) => x : (x) => this.moved(x, random))
    }
    return expectation(compute, this.rounding, (call, answer, place) => {
      const before = known[place]
      const fits = before && Object.entries(answer).every(([name, { shape }]) => sameShape(before[name].shape, shape))
      known[place] = fits ? before : this.rounding.errors(call)
      return known[place]
    })
  }

  /** Every quantity, with `replaced` in the place of what is computed for those that it has. */
  async solved(
    given: Values,
    operators: Operators,
    move: (x: Tensor) => Tensor = (x) => x,
    replaced: (quantity: Quantity, values: Values) => Promise<Tensor | undefined> = async () => undefined,
  ): Promise<Values> {
    const values: Record<string, Tensor> = { ...given }
    const kept = (name: string, x: Tensor): Tensor => (this.wholes.has(name) ? x : move(x))
    for (const quantity of this.quantities) {
      const from = Object.fromEntries(quantity.from.map((name) => [name, kept(name, values[name])]))
      const value = (await replaced(quantity, values)) ?? (await quantity.compute(from, operators))
      values[quantity.name] = kept(quantity.name, value)
    }
    return values
  }

  /**
   * Off by half a rounding to one and a half, up or down at random, so that it never takes back what an operator's answer was moved by;
   * whole numbers are held as they are.
   */
  private moved(x: Tensor, random: () => number): Tensor {
    const { unitRoundoff } = this.rounding
    const move = (value: number) => value * (1 + (random() < 0.5 ? -1 : 1) * (0.5 + random()) * unitRoundoff)
    const result = map(x, (value) => (Number.isInteger(value) ? value : move(value)))
    keep(result, keeperOf(x))
    return result
  }
}

/** The quantities of these names and all that they are computed from. */
function neededFor(quantities: readonly Quantity[], wanted: readonly string[]): readonly Quantity[] {
  const needed = new Set(wanted)
  for (const { name, from } of quantities.toReversed()) if (needed.has(name)) for (const each of from) needed.add(each)
  return quantities.filter(({ name }) => needed.has(name))
}
