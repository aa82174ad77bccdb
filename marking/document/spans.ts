import type { Span } from '../expression/ast.js'

/** Spans that are asked about often. */
export class SpanSet {
  private readonly starts: readonly number[]
  /** The furthest end of the spans up to each. */
  private readonly ends: readonly number[]

  constructor(spans: readonly Span[]) {
    const sorted = spans.toSorted((a, b) => a.start - b.start)
    let furthest = 0
    this.starts = sorted.map(({ start }) => start)
    this.ends = sorted.map(({ end }) => {
      furthest = Math.max(furthest, end)
      return furthest
    })
  }

  /** Whether a span lies within one of these. */
  hold({ start, end }: Span): boolean {
    return this.endOfThoseUpTo(start) >= end
  }

  /** Whether a span has a character in common with one of these. */
  touch({ start, end }: Span): boolean {
    return this.endOfThoseUpTo(end - 1) > start
  }

  /** The furthest end of the spans that begin at an offset or before it. */
  private endOfThoseUpTo(offset: number): number {
    let [low, high] = [0, this.starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.starts[middle] <= offset) low = middle + 1
      else high = middle
    }
    return low === 0 ? -1 : this.ends[low - 1]
  }
}
