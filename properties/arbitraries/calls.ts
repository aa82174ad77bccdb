import type fc from 'fast-check'
import type { Precision } from '../../oracle/contract.js'
import type { DataKind } from '../data.js'
import type { Call, Law } from '../law.js'
import { callsOf, laws } from '../laws.js'
import { ieee } from '../profile.js'
import { readable } from './tensors.js'

export interface CallConstraints {
  /** The format that holds every number; float64 where not given. */
  readonly precision?: Precision
  /**
   * What the numbers are for. `wide`, where not given: every scale that the precision holds, ties, zeros. `smooth`: moderate, for
   * difference quotients. `simple`: small halves, whose sums and products are exact.
   */
  readonly kind?: DataKind
}

/**
 * Valid calls of an operator of the contract: inputs, complete attributes, and gradients with respect to the outputs where it has a
 * backward pass. They shrink to few and small numbers. Throws a RangeError for an unknown operator.
 */
export function calls(
  operator: string,
  { precision = 'float64', kind = 'wide' }: CallConstraints = {},
): fc.Arbitrary<Call> {
  return known(operator)(kind)(ieee(precision)).map(readableCall)
}

/** The laws of an operator. Throws a RangeError for an unknown one. */
export function lawsOf(operator: string): readonly Law[] {
  known(operator)
  return laws.filter((law) => law.operator === operator)
}

function known(operator: string) {
  if (!Object.hasOwn(callsOf, operator))
    throw new RangeError(`unknown operator ${operator}; known: ${Object.keys(callsOf).join(', ')}`)
  return callsOf[operator]
}

/** The same call, whose tensors fast-check's reports show as nested arrays. */
export function readableCall(call: Call): Call {
  for (const x of [...Object.values(call.inputs), ...Object.values(call.gradients)]) readable(x)
  return call
}
