import { type Attributes, Failure } from '../../oracle/contract.js'
import type { Tensor, Tensors } from '../../oracle/tensor.js'
import type { OperatorSupport } from '../../properties/support.js'
import type { Graph } from './graph.js'

/** A valid call: attributes complete, pairs as [height, width]. */
export interface OnnxCall {
  readonly inputs: Tensors
  readonly attributes: Attributes
  /** Shapes of the outputs, by name. */
  readonly outputShapes: Readonly<Record<string, readonly number[]>>
}

/** An operator of the contract in operators of ONNX. */
export interface Translation {
  /** The first opset that has what it needs. */
  readonly since: number
  /** What ONNX's operators have of the contract's; all where not given. */
  readonly supports?: OperatorSupport
  /** Adds inputs, nodes and outputs to a graph. Weights are fed in ONNX's layout. */
  build(graph: Graph, call: OnnxCall): void
}

/** A number of a valid call's attributes. */
export function numberOf(attributes: Attributes, name: string): number {
  const value = attributes[name]
  if (typeof value !== 'number') throw new TypeError(`attribute ${name} is no number`)
  return value
}

/** A number that ONNX Runtime takes only where it is above 0. Throws a Failure of the kind `unimplemented` for others. */
export function positiveOf(attributes: Attributes, name: string): number {
  const value = numberOf(attributes, name)
  if (value <= 0) throw new Failure('unimplemented', `${name} ${value}`)
  return value
}

/** A list of numbers of a valid call's attributes. */
export function numbersOf(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name]
  if (typeof value !== 'object') throw new TypeError(`attribute ${name} is no list of numbers`)
  return value
}

/** A float input of the graph for an input of the operator that may be missing. */
export function optionalInput(graph: Graph, name: string, x: Tensor | undefined): string | undefined {
  return x && graph.input(name, x)
}
