import { type Attributes, Failure } from '../oracle/contract.js'
import { item, scalar, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import type { Operators, Values } from './exercise.js'

/** The value of this name. Throws an Error where there is none: a quantity that reads what it does not declare. */
export function tensorOf(values: Values, name: string): Tensor {
  const value = values[name]
  if (value === undefined) throw new Error(`there is no value of ${name}; declared: ${Object.keys(values).join(', ')}`)
  return value
}

/** The number of this name; see tensorOf. */
export function numberOf(values: Values, name: string): number {
  return item(tensorOf(values, name))
}

/** One output of an operator's forward pass. Throws a Failure where the operator, or the output, is missing. */
export async function forward(
  operators: Operators,
  operator: string,
  output: string,
  inputs: Tensors,
  attributes: Attributes = {},
): Promise<Tensor> {
  const implemented = operators[operator]
  if (implemented === undefined) throw new Failure('unimplemented', `${operator} is not implemented`)
  return named(operator, await implemented.forward(inputs, attributes), output)
}

/** The gradient of one input from an operator's backward pass. Throws a Failure where there is no such pass or gradient. */
export async function backward(
  operators: Operators,
  operator: string,
  input: string,
  inputs: Tensors,
  gradients: Tensors,
  attributes: Attributes = {},
): Promise<Tensor> {
  const implemented = operators[operator]
  if (implemented?.backward === undefined)
    throw new Failure('unimplemented', `${operator} has no backward pass in this implementation`)
  return named(operator, await implemented.backward(inputs, attributes, gradients), input)
}

function named(operator: string, tensors: Tensors, name: string): Tensor {
  const found = tensors[name]
  if (found === undefined) throw new Failure('failed', `${operator} answered without ${name}`)
  return found
}

/** The scalars of these names as a vector. */
export function vectorOf(values: Values, names: readonly string[]): Tensor {
  return tensor(
    [names.length],
    names.map((name) => numberOf(values, name)),
  )
}

/** Σᵢ weightᵢ·inputᵢ, by `linear` with one output. */
export async function weightedSum(
  operators: Operators,
  weights: readonly number[],
  inputs: readonly number[],
): Promise<Tensor> {
  const x = tensor([inputs.length], inputs)
  return scalarOf(await forward(operators, 'linear', 'y', { x, weight: tensor([1, weights.length], weights) }))
}

/** The product of numbers, by `matmul` from left to right. */
export async function product(operators: Operators, first: number, ...rest: readonly number[]): Promise<Tensor> {
  let result = scalar(first)
  for (const factor of rest) {
    const y = await forward(operators, 'matmul', 'y', { a: matrix(item(result)), b: matrix(factor) })
    result = scalarOf(y)
  }
  return result
}

function matrix(value: number): Tensor {
  return tensor([1, 1], [value])
}

/** The one number of a tensor of any shape, as a scalar. */
export function scalarOf(x: Tensor): Tensor {
  return scalar(item(x))
}
