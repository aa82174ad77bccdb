import type { Attributes } from '../contract.js'
import { sizeOf, type Tensor, type Tensors, tensor } from '../tensor.js'

/** One call of an operator, for tests. */
export interface Call {
  readonly operator: string
  readonly inputs: Tensors
  readonly attributes: Attributes
}

/** Makes a random valid call of an operator: optional inputs and attributes now given, now left out. */
export type CaseMaker = (random: Random) => Omit<Call, 'operator'>

/** Numbers that look random and are the same for the same seed. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** A number in [0, 1) with 53 random bits (two draws of the mulberry32 generator). */
  next(): number {
    return (this.bits() * 2 ** 21 + (this.bits() >>> 11)) / 2 ** 53
  }

  private bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** A number in [least, most). */
  between(least: number, most: number): number {
    return least + this.next() * (most - least)
  }

  pick<T>(...values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)]
  }

  /** A tensor of numbers in [−scale, scale). */
  tensor(shape: readonly number[], scale = 2): Tensor {
    return tensor(
      shape,
      Array.from({ length: sizeOf(shape) }, () => this.between(-scale, scale)),
    )
  }

  /** A tensor of whole numbers from `least` to `most`. */
  integers(shape: readonly number[], least: number, most: number): Tensor {
    return tensor(
      shape,
      Array.from({ length: sizeOf(shape) }, () => this.integer(least, most)),
    )
  }

  /** The record, or an empty one: for optional inputs and attributes away from their default, `{ ...random.maybe({ bias }) }`. */
  maybe<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
    return this.next() < 0.5 ? record : {}
  }
}
