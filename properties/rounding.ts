import type { Attributes } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { map, type Tensors, tensor, zeros } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { Arithmetic } from './arithmetic.js'
import { models } from './laws.js'
import { roundTo } from './precision.js'
import { ieee, type Profile } from './profile.js'

/** A call of an operator; `gradients` are empty in a forward pass. */
interface PassedCall {
  readonly operator: string
  readonly pass: 'forward' | 'backward'
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly gradients: Tensors
}

/**
 * What a platform's arithmetic does to numbers. `round`: the number as it is held; `unitRoundoff`: by how much that may be off, relative. `errors`: by how much each element of its
 * answer may differ from the oracle's to the very same call, worst case, from the models of the laws. The oracle's own share is
 * the same sum of errors with float64's unit roundoff.
 */
export function roundingOf(profile: Profile) {
  const arithmetic = new Arithmetic(profile)
  const withOracle = 1 + ieee('float64').unitRoundoff / profile.unitRoundoff
  return {
    unitRoundoff: profile.unitRoundoff,
    round: (x: number): number => roundTo(profile.precision, x),
    errors({ operator, pass, inputs, attributes, gradients }: PassedCall): Tensors {
      const model = models[operator]
      const { attributes: complete, outputShapes } = validateCall(contract[operator], inputs, attributes)
      const answer =
        pass === 'forward'
          ? model.forward(arithmetic, inputs, complete)
          : (model.backward?.(arithmetic, inputs, complete, withZeros(gradients, outputShapes)) ?? {})
      return Object.fromEntries(
        Object.entries(answer).map(([name, { shape, bound }]) => [
          name,
          map(tensor(shape, bound), (error) => error * withOracle),
        ]),
      )
    },
  }
}

/** Gradients with respect to every output: a missing one is zero. */
function withZeros(gradients: Tensors, shapes: Readonly<Record<string, readonly number[]>>): Tensors {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, gradients[name] ?? zeros(shape)]))
}
