/** So many steps, and so many numbers in their keys and values together, are kept of late; as many from before. */
const mostSteps = 300
const mostNumbers = 100_000

/**
 * What was computed before, by what it was computed from. Where it gets too much, what was not asked for of late is forgotten: what all
 * solutions of a class need stays, what each alone needs goes.
 */
export class Steps<T> {
  private late = new Map<string, Promise<T>>()
  private before = new Map<string, Promise<T>>()
  private numbers = 0

  /** What was computed for this key before; else computes it from so many numbers. */
  of(key: string, count: number, compute: () => Promise<T>): Promise<T> {
    const known = this.late.get(key)
    if (known !== undefined) return known
    const value = this.before.get(key) ?? compute()
    if (this.late.size >= mostSteps || this.numbers >= mostNumbers) {
      this.before = this.late
      this.late = new Map()
      this.numbers = 0
    }
    this.late.set(key, value)
    this.numbers += count
    return value
  }
}

/** Whether two formulas are the same for all given data, as far as random ones tell. */
export type Sameness = 'same' | 'different' | 'unknown'
