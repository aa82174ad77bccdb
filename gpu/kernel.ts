import type { DeviceArray } from './deviceArray.js'

/** Numbers on the device as a kernel sees them: it reads them by a flat row-major index and knows nothing else of them. */
export type Values = Float32Array

/** Whole numbers, positions among them, travel as float32, which holds every one up to here. */
export const exactIntegers = 2 ** 24

/** What `this` is inside a kernel: `thread.x` counts the output elements. */
export interface Thread {
  readonly thread: { readonly x: number }
}

/** What `this` is inside a kernel of tiles: `thread.y` counts the tiles, `thread.x` from 0 to 3 the columns of a tile. */
export interface TileThread {
  readonly thread: { readonly x: number; readonly y: number }
}

/** The four rows of a tile's column. */
export type TileColumn = readonly [number, number, number, number]

export type KernelArgument = Values | number

/** What a kernel is called with: device arrays where its body reads values. */
export type Passed<Arguments extends readonly KernelArgument[]> = {
  readonly [At in keyof Arguments]: Arguments[At] extends Values ? DeviceArray : number
}

/**
 * A kernel: what one thread computes for one element of a flat output. It is translated from its source text, hence
 *
 * - it uses nothing but its arguments, `Math`, and the functions of elementary.ts by their own names;
 * - counters advance by `i += 1`: the translation to WGSL knows `i++` for whole numbers only, and `i` may be a float there;
 * - it returns 0 at once where `this.thread.x >= size`: there may be more threads than elements;
 * - it has no `return` inside a loop, and divides positions by `quotient`, never by `/`: division is not exact on GPUs.
 */
export interface Kernel<Arguments extends readonly KernelArgument[]> {
  readonly name: string
  body(this: TileThread, size: number, ...args: Arguments): number | TileColumn
  /** Whether a thread makes four numbers, a column of a tile of 4 × 4: gpu.js's webasm backend only. */
  readonly tiles: boolean
  /** At most how many rounds its loops take in a thread: a driver may end loops early (see Device.rounds). */
  rounds(...args: Passed<Arguments>): number
}

/** Makes a kernel. The name stands in messages and reports; `rounds` is needed where the number of rounds depends on the call. */
export function kernel<Arguments extends readonly KernelArgument[]>(
  name: string,
  body: (this: Thread, size: number, ...args: Arguments) => number,
  rounds: (...args: Passed<Arguments>) => number = () => 0,
): Kernel<Arguments> {
  return { name, body, rounds, tiles: false }
}

/**
 * Makes a kernel whose output is tiles of 16 numbers, column by column, for the webasm backend: the four columns are the lanes
 * of its vectors, and what depends on the tile alone is computed once for all of them. `size` counts the numbers.
 */
export function tileKernel<Arguments extends readonly KernelArgument[]>(
  name: string,
  body: (this: TileThread, size: number, ...args: Arguments) => TileColumn,
  rounds: (...args: Passed<Arguments>) => number,
): Kernel<Arguments> {
  return { name, body, rounds, tiles: true }
}

/** The rounds of a sum over n numbers that is taken in parts of 64. */
export function roundsOfSum(n: number): number {
  return n + Math.ceil(n / 64)
}

/** What ran, and how: one entry a kernel. */
export interface Ran {
  readonly kernel: string
  /** The mode in which gpu.js executed it. */
  readonly mode: string
  /** Why gpu.js took another mode than it was asked for, where it did. */
  readonly fallbackReason: string | null
  readonly calls: number
}
