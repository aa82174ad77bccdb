import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import type { Tensor, Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { type DataKind, fill, fillings, type Limits, seeds } from './data.js'
import type { Call, Law } from './law.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'

/** Inputs and attributes of a call, attributes that have a default perhaps left out. */
export interface Drawn {
  readonly inputs: Tensors
  readonly attributes: Attributes
}

/** All that this room knows of an operator. */
export interface OperatorProperties {
  readonly operator: string
  readonly model: Model
  /** Valid calls whose numbers are of this kind. */
  readonly calls: (kind: DataKind) => (profile: Profile) => fc.Arbitrary<Call>
  /** Whether it has kinks, where difference quotients do not converge to a derivative. */
  readonly hasKinks?: true
  /** Calls around which it has none, for operators that have a gradient. */
  readonly smooth?: (profile: Profile) => fc.Arbitrary<Call>
  /** What is known of it mathematically, and the refusals that its declaration does not imply. */
  readonly laws: readonly Law[]
}

/** Calls from what a family draws: attributes completed, gradients and a seed added. */
export function completeCalls(
  operator: string,
  model: Model,
  draw: (kind: DataKind, profile: Profile) => fc.Arbitrary<Drawn>,
  limits: Limits = {},
): OperatorProperties['calls'] {
  const declaration = contract[operator]
  return (kind) => (profile) =>
    fc
      .record({ drawn: draw(kind, profile), gradient: fillings(kind, profile, limits), seed: seeds })
      .map(({ drawn: { inputs, attributes: given }, gradient, seed }): Call => {
        const { attributes } = validateCall(declaration, inputs, given)
        const shapes = declaration.differentiable ? model.shapes(inputs, attributes) : {}
        const gradients = Object.fromEntries(
          Object.entries(shapes).map(([name, shape]) => [name, fill(shape, gradient, profile)]),
        )
        return { inputs, attributes, given, gradients, seed }
      })
}

/** The inputs that are there: an optional input that was not drawn leaves no entry. */
export function present(inputs: Readonly<Record<string, Tensor | undefined>>): Tensors {
  const result: Record<string, Tensor> = {}
  for (const [name, x] of Object.entries(inputs)) if (x !== undefined) result[name] = x
  return result
}

/** The attributes that were drawn: one that is undefined takes its default. */
export function chosen<Value extends Attributes[string]>(
  attributes: Readonly<Record<string, Value | undefined>>,
): Attributes {
  const result: Record<string, Value> = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) result[name] = value
  return result
}

/** A value, or nothing in one case out of three; shrinks to nothing. */
export function perhaps<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 3 })
}
