import type { Attributes } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { type Tensors, zeros } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import type { Approximation, Approximations } from './approximation.js'
import { Arithmetic } from './arithmetic.js'
import { models } from './laws.js'
import { ieee } from './profile.js'

/**
 * The operations whose rounding the tolerance of a call allows for, in the order in which the operator's formula has them first:
 * `subtraction`, `exp`, `sums of up to 2 terms`, `division`. Those of the backward pass where gradients are given.
 */
export function roundingsOf(
  operator: string,
  inputs: Tensors,
  attributes: Attributes,
  gradients?: Tensors,
): readonly string[] {
  const model = models[operator]
  const { outputShapes } = validateCall(contract[operator], inputs, attributes)
  const complete = Object.fromEntries(
    Object.entries(outputShapes).map(([name, shape]) => [name, gradients?.[name] ?? zeros(shape)]),
  )
  const answer = (arithmetic: Arithmetic): Approximations =>
    gradients === undefined
      ? model.forward(arithmetic, inputs, attributes)
      : (model.backward?.(arithmetic, inputs, attributes, complete) ?? {})
  const observed = new ObservedArithmetic()
  const tolerance = answer(observed)
  return [...observed.terms]
    .filter(([operation]) => !sameBounds(tolerance, answer(new ObservedArithmetic(operation))))
    .map(([operation, terms]) => (terms === 0 ? operation : `${operation} of up to ${terms} terms`))
}

function sameBounds(a: Approximations, b: Approximations): boolean {
  return Object.entries(a).every(([name, { bound }]) => bound.every((error, i) => error === b[name].bound[i]))
}

/** Arithmetic that notes which operations it was asked for, and doubles the error of one: what does not show that does not matter. */
class ObservedArithmetic extends Arithmetic {
  /** The most terms of each operation; 0 for those that are no sums. */
  readonly terms = new Map<string, number>()
  private readonly doubled: string | undefined

  constructor(doubled?: string) {
    super(ieee('float64'))
    this.doubled = doubled
  }

  override add(a: Approximation, b: Approximation): Approximation {
    return this.noting('addition', super.add(a, b))
  }

  override shift(a: Approximation, by: number): Approximation {
    return this.noting('addition', super.shift(a, by))
  }

  override subtract(a: Approximation, b: Approximation): Approximation {
    return this.noting('subtraction', super.subtract(a, b))
  }

  override multiply(a: Approximation, b: Approximation): Approximation {
    return this.noting('multiplication', super.multiply(a, b))
  }

  override scale(a: Approximation, factor: number): Approximation {
    return this.noting('multiplication', super.scale(a, factor))
  }

  override divide(a: Approximation, b: Approximation): Approximation {
    return this.noting('division', super.divide(a, b))
  }

  override divideBy(a: Approximation, divisor: number): Approximation {
    return this.noting('division', super.divideBy(a, divisor))
  }

  override exp(a: Approximation): Approximation {
    return this.noting('exp', super.exp(a))
  }

  override log(a: Approximation): Approximation {
    return this.noting('log', super.log(a))
  }

  override sqrt(a: Approximation): Approximation {
    return this.noting('square root', super.sqrt(a))
  }

  override tanh(a: Approximation): Approximation {
    return this.noting('tanh', super.tanh(a))
  }

  override sum(...[a, errors]: Parameters<Arithmetic['sum']>): Approximation {
    const terms = a.shape[a.shape.length - 1]
    const result = super.sum(a, errors)
    return terms === 1 ? result : this.noting('sums', result, terms)
  }

  override matmul(...[a, b, errors]: Parameters<Arithmetic['matmul']>): Approximation {
    const terms = a.shape[a.shape.length - 1]
    const result = super.matmul(a, b, errors)
    return terms === 1 ? this.noting('multiplication', result) : this.noting('sums', result, terms)
  }

  private noting(operation: string, result: Approximation, terms = 0): Approximation {
    this.terms.set(operation, Math.max(this.terms.get(operation) ?? 0, terms))
    return operation === this.doubled ? { ...result, bound: result.bound.map((error) => 2 * error) } : result
  }
}
