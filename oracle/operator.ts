import type {
  AttributeDeclarations,
  Attributes,
  AttributesOf,
  Declaration,
  InputDeclarations,
  InputsOf,
  Operator,
  OutputDeclarations,
  OutputGradientsOf,
  OutputsOf,
} from './contract.js'
import { type Tensors, zeros } from './tensor.js'
import { validateCall, validateGradients } from './validation.js'

/** An operator of the oracle: synchronous, validated, with its declaration. Inputs are never modified. */
export interface OracleOperator extends Operator {
  readonly declaration: Declaration
  forward(inputs: Tensors, attributes?: Attributes): Tensors
  backward?(inputs: Tensors, attributes: Attributes, gradients: Tensors): Tensors
}

interface Definition<I extends InputDeclarations, A extends AttributeDeclarations, O extends OutputDeclarations>
  extends Omit<Declaration, 'differentiable'> {
  readonly inputs: I
  readonly attributes: A
  readonly outputs: O
  /** The arithmetic of the forward pass on a valid call. */
  forward(inputs: InputsOf<I>, attributes: AttributesOf<A>): OutputsOf<O>
  /** The gradient with respect to every float input that was given; every output's gradient is given, zeros included. */
  backward?(inputs: InputsOf<I>, attributes: AttributesOf<A>, gradients: OutputGradientsOf<O>): Tensors
}

/** Makes an operator of the oracle out of its declaration and its arithmetic; calls are validated before they reach it. */
export function defineOperator<
  const I extends InputDeclarations,
  const A extends AttributeDeclarations,
  const O extends OutputDeclarations,
>(definition: Definition<I, A, O>): OracleOperator {
  const { forward, backward, ...rest } = definition
  const declaration: Declaration = { ...rest, differentiable: backward !== undefined }
  const operator: OracleOperator = {
    declaration,
    forward(inputs, attributes = {}) {
      const call = validateCall(declaration, inputs, attributes)
      return forward(inputsOf<I>(inputs), attributesOf<A>(call.attributes))
    },
  }
  if (backward === undefined) return operator
  operator.backward = (inputs, attributes, gradients) => {
    const call = validateCall(declaration, inputs, attributes)
    validateGradients(declaration, call, gradients)
    const complete = Object.fromEntries(
      Object.entries(call.outputShapes).map(([name, shape]) => [name, gradients[name] ?? zeros(shape)]),
    )
    return backward(inputsOf<I>(inputs), attributesOf<A>(call.attributes), outputGradientsOf<O>(complete))
  }
  return operator
}

/** The backward pass of an operator that has one, for those composed of it. Throws a TypeError where it has none. */
export function backwardOf(operator: OracleOperator): NonNullable<OracleOperator['backward']> {
  if (operator.backward === undefined) throw new TypeError(`${operator.declaration.name} has no backward pass`)
  return operator.backward
}

// Validation has just proved what these three state; TypeScript cannot follow it from a value to a mapped type.
function inputsOf<I extends InputDeclarations>(inputs: Tensors): InputsOf<I> {
  return inputs as InputsOf<I>
}
function attributesOf<A extends AttributeDeclarations>(attributes: Attributes): AttributesOf<A> {
  return attributes as AttributesOf<A>
}
function outputGradientsOf<O extends OutputDeclarations>(gradients: Tensors): OutputGradientsOf<O> {
  return gradients as OutputGradientsOf<O>
}
