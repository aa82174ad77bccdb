import type { Implementation } from './contract.js'
import type { Tensor } from './tensor.js'

/**
 * Who has the numbers of tensors that have not been read, and moves them where they are. Such a tensor has its shape, and holds
 * NaN, which every validation refuses, until they arrive. Its views share its memory, by which they are known as unread too.
 */
export interface Keeper {
  /** All numbers of the tensors, one tensor after the other, as a vector; some of them may be on the host. */
  joined(tensors: readonly Tensor[]): Tensor
  /** −x. */
  negated(x: Tensor): Tensor
  /** a + b, of one shape. */
  plus(a: Tensor, b: Tensor): Tensor
  /** What the host computes from the tensors as soon as they are read. `compute` answers with the numbers of `shape`. */
  later(tensors: readonly Tensor[], shape: readonly number[], compute: () => ArrayLike<number>): Tensor
}

/** Operators whose results keep their numbers on a device until they are read, together. */
export interface Chain {
  readonly implementation: Implementation
  /** How often it was waited for numbers of the device. */
  readonly reads: number
  /** Reads the numbers of these tensors: they arrive in the tensors themselves. Those that are on the host stay as they are. */
  read(tensors: readonly Tensor[]): Promise<void>
  /** Gives the device's memory back. What was not read is lost. */
  release(): Promise<void>
}

const keepers = new WeakMap<ArrayBufferLike, Keeper>()

/** Who has the tensor's numbers, where they have not been read. */
export function keeperOf(x: Tensor): Keeper | undefined {
  return keepers.get(x.data.buffer)
}

/** Notes who has the numbers of the tensor and its views: nobody but itself from the moment they are read. */
export function keep(x: Tensor, keeper: Keeper | undefined): void {
  if (keeper === undefined) keepers.delete(x.data.buffer)
  else keepers.set(x.data.buffer, keeper)
}
