import fc from 'fast-check'
import { Failure } from '../oracle/contract.js'
import { checkLaw } from '../properties/arbitraries/checkLaw.js'
import type { Call, Law } from '../properties/index.js'
import { inProcess, type OwnImplementation } from '../subjects/inProcess.js'

export type { Precision } from '../oracle/contract.js'
export { fromNested, type Nested, type Tensor, type Tensors, tensor, toNested } from '../oracle/tensor.js'
export { type CallConstraints, calls, lawsOf } from '../properties/arbitraries/calls.js'
export { type Convolution, convolutions } from '../properties/arbitraries/convolutions.js'
export {
  type MaskKind,
  masks,
  type SequenceConstraints,
  type Sequences,
  sequences,
} from '../properties/arbitraries/sequences.js'
export {
  type NumberConstraints,
  numbers,
  type ShapeConstraints,
  shapes,
  tensors,
} from '../properties/arbitraries/tensors.js'
export { type Call, type Law, type LawKind, laws } from '../properties/index.js'
export type { OwnImplementation, OwnOperator } from '../subjects/inProcess.js'
/** The fast-check that these arbitraries are made with. */
export { fc }

/**
 * A law as a property of fast-check's, for an implementation in this process: `await fc.assert(property(law, own))`. It fails where
 * the law is broken or the implementation fails; calls that the implementation says it does not have are not counted.
 * Throws a RangeError where it lacks the law's operator, or the backward pass that the law calls.
 */
export function property(law: Law, implementation: OwnImplementation): fc.IAsyncPropertyWithHooks<[Call]> {
  const subject = inProcess(implementation)
  const operator = subject.operators[law.operator]
  if (operator === undefined) throw new RangeError(`${subject.name} has no operator ${law.operator}`)
  if (law.backward && operator.backward === undefined)
    throw new RangeError(`«${law.name}» calls the backward pass, and ${subject.name} has none of ${law.operator}`)
  const { cases, check } = checkLaw(law, subject)
  return fc.asyncProperty(cases, async (call) => {
    try {
      const { status, message } = await check(call)
      if (status === 'broken') throw new Error(`${law.operator} ${law.name}: ${message}`)
    } catch (error) {
      fc.pre(!(error instanceof Failure && error.kind === 'unimplemented'))
      throw error
    }
  })
}
