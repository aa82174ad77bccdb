/** Positions from `from` up to `to`, `to` left out. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** For every position below `length` the ranges that cover it, as a range of their indices. Neither end of them ever falls. */
export function covering(ranges: readonly Range[], length: number): readonly Range[] {
  let [from, to] = [0, 0]
  return Array.from({ length }, (_, position) => {
    while (from < ranges.length && ranges[from].to <= position) from++
    while (to < ranges.length && ranges[to].from <= position) to++
    return { from, to }
  })
}

export function longest(ranges: readonly Range[]): number {
  return ranges.reduce((most, { from, to }) => Math.max(most, to - from), 0)
}

/** Both ends of every range of the lists, one after the other, for kernels to read. */
export function packed(...lists: readonly (readonly Range[])[]): Float32Array {
  return Float32Array.from(lists.flat().flatMap(({ from, to }) => [from, to]))
}
