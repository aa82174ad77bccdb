import { scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { Given, Quantity, Values } from '../exercise.js'

/** A quantity whose computation takes numbers in the place of tensors: sizes and counts, which the host has. */
type Sized<Answer> = Omit<Quantity, 'kind' | 'compute'> & {
  /** Of the numbers in `from`, in their order. */
  of(...numbers: readonly number[]): Answer
}

function numbersOf(values: Values, from: readonly string[]): readonly number[] {
  return from.map((name) => numberOf(values, name))
}

/** A whole number that is counted from sizes. */
export function counted({ of, ...quantity }: Sized<number>): Quantity {
  return { ...quantity, kind: 'whole', compute: async (values) => scalar(of(...numbersOf(values, quantity.from))) }
}

/** A shape that follows from sizes. */
export function shaped({ of, ...quantity }: Sized<readonly number[]>): Quantity {
  return {
    ...quantity,
    kind: 'shape',
    compute: async (values) => {
      const lengths = of(...numbersOf(values, quantity.from))
      return tensor([lengths.length], lengths)
    },
  }
}

/** A size that the sheet gives, from 1 up. */
export function givenSize(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), range: { least: 1 } }
}

/** A tensor of real numbers that the sheet gives. */
export function givenReal(name: string, symbols: readonly string[], meaning: string, value: Tensor): Given {
  return { name, symbols, meaning, kind: 'real', value }
}
