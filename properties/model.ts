import type { Attributes } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import type { Approximations } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'

/**
 * What is known of an operator's arithmetic apart from the oracle: the shapes of its outputs, and its formulas, forward and
 * backward, over approximations. From these come the tolerances. `attributes` are complete.
 */
export interface Model {
  /** The outputs' shapes, from a formula of their own. */
  shapes(inputs: Tensors, attributes: Attributes): Readonly<Record<string, readonly number[]>>
  forward(arithmetic: Arithmetic, inputs: Tensors, attributes: Attributes): Approximations
  /** The gradient with respect to every float input that is given. */
  backward?(arithmetic: Arithmetic, inputs: Tensors, attributes: Attributes, gradients: Tensors): Approximations
}
