/** More numbers than this, in keys and values together, are not kept. */
const mostNumbers = 200_000

/** What was computed before, by what it was computed from; forgotten all at once where it gets too much. */
export class Steps<T> {
  private readonly known = new Map<string, Promise<T>>()
  private numbers = 0

  /** What was computed for this key before; else computes it from so many numbers. */
  of(key: string, count: number, compute: () => Promise<T>): Promise<T> {
    const before = this.known.get(key)
    if (before !== undefined) return before
    if (this.numbers >= mostNumbers) {
      this.known.clear()
      this.numbers = 0
    }
    const value = compute()
    this.known.set(key, value)
    this.numbers += count
    return value
  }
}

/** Whether two formulas are the same for all given data, as far as random ones tell. */
export type Sameness = 'same' | 'different' | 'unknown'
