import { type Attributes, Failure, type Operator } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import type { Operators } from './exercise.js'

/** One call of an operator. */
export interface Call {
  readonly operator: string
  readonly pass: 'forward' | 'backward'
  readonly inputs: Tensors
  readonly attributes: Attributes
  /** Empty in a forward pass. */
  readonly gradients: Tensors
}

/** A call with what was answered to it. */
export interface AnsweredCall extends Call {
  readonly answer: Tensors
}

/** What a platform's arithmetic does to numbers; a profile of the laws yields one. */
export interface Rounding {
  /** Half a unit in the last place, relative. */
  readonly unitRoundoff: number
  /** The number as the platform holds it. */
  round(x: number): number
  /** By how much each element of the platform's answer may differ from the oracle's to the very same call, worst case. */
  errors(call: Call): Tensors
}

/** The operators, each call of which is carried out by `answer`; `place` counts the calls in the order in which they begin. */
export function intercepted(
  operators: Operators,
  answer: (call: Call, place: number, carryOut: (call: Call) => Promise<Tensors>) => Promise<Tensors>,
): Operators {
  let next = 0
  const intercept = ([name, { forward, backward }]: [string, Operator]): [string, Operator] => {
    const carryOut = async ({ pass, inputs, attributes, gradients }: Call): Promise<Tensors> => {
      if (pass === 'forward') return forward(inputs, attributes)
      if (backward === undefined) throw new Failure('unimplemented', `${name} has no backward pass`)
      return backward(inputs, attributes, gradients)
    }
    const passed: Operator = {
      forward: (inputs, attributes) =>
        answer({ operator: name, pass: 'forward', inputs, attributes, gradients: {} }, next++, carryOut),
    }
    if (backward !== undefined)
      passed.backward = (inputs, attributes, gradients) =>
        answer({ operator: name, pass: 'backward', inputs, attributes, gradients }, next++, carryOut)
    return [name, passed]
  }
  return Object.fromEntries(Object.entries(operators).map(intercept))
}

/** The operators, with a list of the calls that they have answered, in the order in which these began. */
export function recorded(operators: Operators): {
  readonly operators: Operators
  readonly calls: readonly AnsweredCall[]
} {
  const calls: AnsweredCall[] = []
  const recording = intercepted(operators, async (call, place, carryOut) => {
    const answer = await carryOut(call)
    calls[place] = { ...call, answer }
    return answer
  })
  return { operators: recording, calls }
}
