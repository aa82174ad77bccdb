import type { Attributes, Implementation, Operator } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import type { OracleOperator } from '../oracle/operator.js'
import { type Tensors, zeros } from '../oracle/tensor.js'
import { type ValidCall, validateCall, validateGradients } from '../oracle/validation.js'

/**
 * A wrong operator: something that people do instead of what the contract says. What a mistake does not replace is the
 * oracle's. Its passes receive valid calls only, with every attribute and every output's gradient filled in.
 */
export interface Mistake {
  /** Reads as what is computed: `softmax without subtracting the maximum`. */
  readonly name: string
  readonly operator: string
  /** Set where it is about the memory of a program: nobody who computes by hand makes it. */
  readonly concerns?: 'memory'
  /** The dialect, of docs/dialects.md, that an implementation declares for which this is no mistake. */
  readonly dialect?: string
  /** A full sentence for the student or kernel author: what was done, instead of what. */
  readonly explanation: string
  forward?(inputs: Tensors, attributes: Attributes): Tensors
  backward?(inputs: Tensors, attributes: Attributes, gradients: Tensors): Tensors
  /** What it answers to a forward call that the contract refuses; `undefined` where it refuses as it should. */
  insteadOfRefusing?(inputs: Tensors, attributes: Attributes): Tensors | undefined
}

/** The oracle with the one operator of the mistake replaced. Throws a RangeError where the oracle has no such operator. */
export function mistaken(mistake: Mistake): Implementation {
  const right = oracle.operators[mistake.operator]
  if (right === undefined) throw new RangeError(`${mistake.name}: there is no operator ${mistake.operator}`)
  return {
    name: mistake.name,
    precision: oracle.precision,
    operators: { ...oracle.operators, [mistake.operator]: wrongOperator(mistake, right) },
  }
}

function wrongOperator(mistake: Mistake, right: OracleOperator): Operator {
  const { declaration } = right
  const operator: Operator = {
    forward(inputs, attributes) {
      let call: ValidCall
      try {
        call = validateCall(declaration, inputs, attributes)
      } catch (refusal) {
        const answer = mistake.insteadOfRefusing?.(inputs, attributes)
        if (answer === undefined) throw refusal
        return answer
      }
      return mistake.forward?.(inputs, call.attributes) ?? right.forward(inputs, attributes)
    },
  }
  if (!declaration.differentiable) return operator
  const rightBackward = passes(right).backward
  operator.backward = (inputs, attributes, gradients) => {
    const wrongBackward = mistake.backward
    if (wrongBackward === undefined) return rightBackward(inputs, attributes, gradients)
    const call = validateCall(declaration, inputs, attributes)
    validateGradients(declaration, call, gradients)
    const complete = Object.fromEntries(
      Object.entries(call.outputShapes).map(([name, shape]) => [name, gradients[name] ?? zeros(shape)]),
    )
    return wrongBackward(inputs, call.attributes, complete)
  }
  return operator
}

interface Passes {
  forward(inputs: Tensors, attributes: Attributes): Tensors
  backward(inputs: Tensors, attributes: Attributes, gradients: Tensors): Tensors
}

/** The right passes of a differentiable operator, for mistakes that wrap them. */
export function passes(operator: OracleOperator): Passes {
  const { backward } = operator
  if (backward === undefined) throw new TypeError(`${operator.declaration.name} has no backward pass`)
  return { forward: operator.forward, backward }
}

/** An attribute that is a number. */
export function numberOf(attributes: Attributes, name: string): number {
  const value = attributes[name]
  if (typeof value !== 'number') throw new TypeError(`attribute ${name} is not a number`)
  return value
}

/** An attribute that is a list; a number stands for a pair of it. */
export function listOf(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name]
  if (typeof value === 'number') return [value, value]
  if (typeof value !== 'object') throw new TypeError(`attribute ${name} is not a list`)
  return value
}
