import { contract, oracle } from '../oracle/index.js'
import { map, rowMajor, sameShape, type Tensor, type Tensors, tensor, zeros, zip } from '../oracle/tensor.js'
import { type Keeper, keep } from '../oracle/unread.js'
import { tensorOf } from './computation.js'
import type { Operators, Values } from './exercise.js'
import { type Call, intercepted, type Rounding } from './rounding.js'
import { randomNumbers } from './training.js'

/** What the oracle yields, and by how much each element of each value may differ from it. */
export interface Expectation {
  readonly values: Values
  readonly allowed: Values
}

/** How often the oracle computes with disturbed answers, and how many standard deviations of what that does are allowed. */
const runs = 16
const deviations = 6

/** The errors of a call's answer; `place` is its place in the order of calls. */
export type ErrorsAt = (call: Call, answer: Tensors, place: number) => Tensors

/**
 * The oracle's values of `compute`, and how far an implementation's may be from them: `compute` is repeated with every element
 * of every operator's answer moved by the most that rounding may move it, up or down at random, and every input of a call as the
 * platform holds it. Six standard deviations of what becomes of that are allowed (Monte Carlo arithmetic). `errorsAt` answers
 * with the largest errors of a call.
 */
export async function expectation(
  compute: (operators: Operators) => Promise<Values>,
  rounding: Rounding,
  errorsAt: ErrorsAt,
): Promise<Expectation> {
  const values = await compute(oracle.operators)
  const squares = Object.fromEntries(Object.entries(values).map(([name, x]) => [name, zeros(x.shape)]))
  for (let run = 1; run <= runs; run++) {
    const moved = await compute(disturbed(rounding, errorsAt, randomNumbers(run)))
    for (const [name, square] of Object.entries(squares)) {
      const [before, after] = [tensorOf(values, name), tensorOf(moved, name)]
      // A shape that rounding changes leaves everything open; quantities' shapes never do.
      const [x, y] = [rowMajor(before), rowMajor(after)]
      for (const [i, value] of x.entries())
        square.data[i] += sameShape(before.shape, after.shape) ? (y[i] - value) ** 2 : Number.POSITIVE_INFINITY
    }
  }
  const allowed = Object.entries(squares).map(([name, x]) => [
    name,
    map(x, (sum) => deviations * Math.sqrt(sum / runs)),
  ])
  return { values, allowed: Object.fromEntries(allowed) }
}

/** The oracle's operators on rounded inputs, each element of each answer moved by its largest error, up or down. */
function disturbed(rounding: Rounding, errorsAt: ErrorsAt, random: () => number): Operators {
  const sign = () => (random() < 0.5 ? -1 : 1)
  const kept = (x: Tensor): Tensor => {
    keep(x, keeper)
    return x
  }
  // What is put together on the device between calls is rounded there, too.
  const keeper: Keeper = {
    plus: (a, b) => kept(zip(a, b, (x, y) => (x + y) * (1 + sign() * rounding.unitRoundoff))),
    negated: (x) => kept(map(x, (value) => -value)),
    joined: (tensors) => {
      const numbers = tensors.flatMap((x) => [...rowMajor(x)].map(rounding.round))
      return kept(tensor([numbers.length], numbers))
    },
    later: (_, shape, compute) => tensor(shape, compute()),
  }
  return intercepted(oracle.operators, async (call, place, carryOut) => {
    const answer = await carryOut({
      ...call,
      inputs: held(call.inputs, rounding),
      gradients: held(call.gradients, rounding),
    })
    const errors = errorsAt(call, answer, place)
    const move = ([name, x]: [string, Tensor]) => {
      const bounds = rowMajor(errors[name])
      let i = 0
      const moved = map(x, (value) => value + sign() * bounds[i++])
      // Whole numbers are computed by the host, which has them at once.
      const isWhole = contract[call.operator].outputs[name]?.kind === 'int'
      return [name, isWhole ? moved : kept(moved)]
    }
    return Object.fromEntries(Object.entries(answer).map(move))
  })
}

/** The tensors as the platform holds them. */
export function held(tensors: Tensors, { round }: Rounding): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, map(x, round)]))
}

/** The relative error that laws may count on: the largest of all values, relative to their size or to 1. */
export function slackOf({ values, allowed }: Expectation): number {
  let slack = 2 ** -52
  for (const [name, bounds] of Object.entries(allowed)) {
    const data = rowMajor(tensorOf(values, name))
    rowMajor(bounds).forEach((bound, i) => {
      slack = Math.max(slack, bound / Math.max(1, Math.abs(data[i])))
    })
  }
  return slack
}
