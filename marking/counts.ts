interface Counted<T> {
  readonly value: T
  solutions: number
  /** The solution that was counted last. */
  last: string
}

/** How many solutions have what. They are told one after the other: all of one solution before the next. */
export class Counts<T extends object> {
  private readonly found = new Map<string, Counted<T>>()

  /** The solution of this name has this. What has the same key is the same, and counts once a solution. */
  add(name: string, key: string, value: T): void {
    const known = this.found.get(key)
    if (known === undefined) this.found.set(key, { value, solutions: 1, last: name })
    else if (known.last !== name) {
      known.solutions++
      known.last = name
    }
  }

  /** How many solutions have what has this key. */
  of(key: string): number {
    return this.found.get(key)?.solutions ?? 0
  }

  /** Everything that was told, as it was told first, with the number of solutions that have it: the most frequent first. */
  mostFrequent(): readonly (T & { readonly solutions: number })[] {
    return [...this.found.values()]
      .map(({ value, solutions }) => ({ ...value, solutions }))
      .toSorted((a, b) => b.solutions - a.solutions)
  }
}
