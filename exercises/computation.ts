import { type Attributes, Failure } from '../oracle/contract.js'
import { item, map, reshape, rowMajor, scalar, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { keeperOf } from '../oracle/unread.js'
import type { Operators, Values } from './exercise.js'

/** The value of this name. Throws an Error where there is none: a quantity that reads what it does not declare. */
export function tensorOf(values: Values, name: string): Tensor {
  const value = values[name]
  if (value === undefined) throw new Error(`there is no value of ${name}; declared: ${Object.keys(values).join(', ')}`)
  return value
}

/** The number of this name; see tensorOf. Throws an Error where it has not been read: tensors stand for such numbers. */
export function numberOf(values: Values, name: string): number {
  const value = tensorOf(values, name)
  if (keeperOf(value) !== undefined) throw new Error(`the number of ${name} has not been read`)
  return item(value)
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

/** A number, or a tensor that holds one and need not have been read. */
export type Numeric = number | Tensor

/** The number as a scalar. */
export function scalarOf(x: Numeric): Tensor {
  return typeof x === 'number' ? scalar(x) : reshape(x, [])
}

/** All numbers of the tensors, one tensor after the other, under this shape. */
export function joined(tensors: readonly Tensor[], shape: readonly number[]): Tensor {
  const keeper = tensors.map(keeperOf).find((found) => found !== undefined)
  if (keeper !== undefined) return reshape(keeper.joined(tensors), shape)
  return tensor(
    shape,
    tensors.flatMap((x) => [...rowMajor(x)]),
  )
}

/** −x. */
export function negated(x: Tensor): Tensor {
  return keeperOf(x)?.negated(x) ?? map(x, (value) => -value)
}

/**
 * What the host computes out of tensors, at once or when they are read. `compute` gets their numbers in row-major order, and
 * answers with those of `shape`.
 */
export function onHost(
  tensors: readonly Tensor[],
  shape: readonly number[],
  compute: (...numbers: readonly Float64Array[]) => ArrayLike<number>,
): Tensor {
  const keeper = tensors.map(keeperOf).find((found) => found !== undefined)
  const result = () => compute(...tensors.map(rowMajor))
  return keeper?.later(tensors, shape, result) ?? tensor(shape, result())
}

/** The numbers as a vector. */
export function vector(numbers: readonly Numeric[]): Tensor {
  return joined(numbers.map(scalarOf), [numbers.length])
}

/** The scalars of these names as a vector. */
export function vectorOf(values: Values, names: readonly string[]): Tensor {
  return vector(names.map((name) => tensorOf(values, name)))
}

/** Σᵢ weightᵢ·inputᵢ, by `linear` with one output. */
export async function weightedSum(
  operators: Operators,
  weights: readonly Numeric[],
  inputs: readonly Numeric[],
): Promise<Tensor> {
  const weight = reshape(vector(weights), [1, weights.length])
  return scalarOf(await forward(operators, 'linear', 'y', { x: vector(inputs), weight }))
}

/** The product of numbers, by `matmul` from left to right. */
export async function product(operators: Operators, first: Numeric, ...rest: readonly Numeric[]): Promise<Tensor> {
  let result = scalarOf(first)
  for (const factor of rest) {
    const y = await forward(operators, 'matmul', 'y', { a: matrix(result), b: matrix(factor) })
    result = scalarOf(y)
  }
  return result
}

function matrix(value: Numeric): Tensor {
  return reshape(scalarOf(value), [1, 1])
}
