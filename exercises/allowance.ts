import type { Operator } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { copy, rowMajor, type Tensors, zeros } from '../oracle/tensor.js'
import { tensorOf } from './computation.js'
import { type Exercise, type Operators, quantitiesUnder, solve, type Values } from './exercise.js'
import { type Accuracy, type Call, roundingErrors } from './rounding.js'

/** The float64 arithmetic of the oracle, whose own rounding errors are part of every difference. */
const float64: Accuracy = {
  unitRoundoff: 2 ** -53,
  underflow: 2 ** -1075,
  division: 2,
  exp: (_, result) => 4 * 2 ** -53 * result,
  log: (_, result) => 4 * 2 ** -53 * Math.abs(result),
  tanh: (_, result) => 4 * 2 ** -53 * Math.abs(result),
}

/** What the oracle yields, and by how much each element of each quantity may differ from it. */
export interface Expectation {
  readonly values: Values
  readonly allowed: Values
}

/** The relative error that the laws may count on: the largest of all quantities, relative to their size or to 1. */
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

/** A disturbance large enough for float64 to show its influence, small enough for the influence to be linear. */
const probe = 2 ** -24

/**
 * Solves the exercise on the oracle. What an implementation may differ by: every operator call's worst rounding error (see
 * rounding.ts), carried to each quantity by its influence on it, found by disturbing the call's answer on the oracle.
 */
export async function expectation(exercise: Exercise, given: Values, accuracy: Accuracy): Promise<Expectation> {
  const { values, calls } = await record(exercise, given)
  const allowed = Object.fromEntries(
    quantitiesUnder(exercise).map(({ name }) => [name, zeros(tensorOf(values, name).shape)]),
  )
  for (const [k, call] of calls.entries()) {
    const [theirs, ours] = [roundingErrors(call, accuracy), roundingErrors(call, float64)]
    for (const [name, answer] of Object.entries(call.answer)) {
      const [error, own] = [rowMajor(theirs[name]), rowMajor(ours[name])]
      for (const [i, value] of rowMajor(answer).entries()) {
        const size = error[i] + own[i]
        if (size === 0) continue
        const scale = Math.max(1, (probe * Math.max(1, Math.abs(value))) / size)
        const moved = await disturbed(exercise, given, { call: k, output: name, index: i, by: size * scale })
        addInfluence(allowed, values, moved, scale)
      }
    }
  }
  return { values, allowed }
}

function addInfluence(allowed: Values, values: Values, moved: Values, scale: number): void {
  for (const [name, bound] of Object.entries(allowed)) {
    const [before, after] = [rowMajor(tensorOf(values, name)), rowMajor(tensorOf(moved, name))]
    before.forEach((value, i) => {
      bound.data[i] += Math.abs(after[i] - value) / scale
    })
  }
}

/** The exercise solved on the oracle, with every operator call that was made. */
async function record(exercise: Exercise, given: Values): Promise<{ values: Values; calls: readonly Call[] }> {
  const calls: Call[] = []
  const operators = intercepted((call) => {
    calls.push(call)
    return call.answer
  })
  return { values: await solve(exercise, given, { operators }), calls }
}

interface Disturbance {
  readonly call: number
  readonly output: string
  readonly index: number
  readonly by: number
}

/** The exercise solved on the oracle, one element of one call's answer moved. */
function disturbed(exercise: Exercise, given: Values, { call, output, index, by }: Disturbance): Promise<Values> {
  let next = 0
  const operators = intercepted(({ answer }) => {
    if (next++ !== call) return answer
    const moved = copy(answer[output])
    moved.data[index] += by
    return { ...answer, [output]: moved }
  })
  return solve(exercise, given, { operators })
}

/** The oracle's operators, every answer passing through `change`. */
function intercepted(change: (call: Call) => Tensors): Operators {
  const intercept = (operator: string): Operator => {
    const { forward, backward } = oracle.operators[operator]
    const passed: Operator = {
      forward: (inputs, attributes) => {
        const answer = forward(inputs, attributes)
        return change({ operator, pass: 'forward', inputs, attributes, gradients: {}, answer })
      },
    }
    if (backward !== undefined)
      passed.backward = (inputs, attributes, gradients) => {
        const answer = backward(inputs, attributes, gradients)
        return change({ operator, pass: 'backward', inputs, attributes, gradients, answer })
      }
    return passed
  }
  return Object.fromEntries(Object.keys(oracle.operators).map((operator) => [operator, intercept(operator)]))
}
