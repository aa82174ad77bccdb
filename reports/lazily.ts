/** A list whose entries are made one at a time whenever it is gone through, so that they are not all there at once. */
export class Lazily<T> implements Iterable<T> {
  private readonly start: () => Iterator<T>

  constructor(start: () => Iterator<T>) {
    this.start = start
  }

  [Symbol.iterator](): Iterator<T> {
    return this.start()
  }

  /** As a list, for JSON.stringify. */
  toJSON(): readonly T[] {
    return [...this]
  }
}

/** What becomes of each entry, as it is gone through. */
export function mapped<T, U>(entries: Iterable<T>, change: (entry: T, index: number) => U): Lazily<U> {
  return flatMapped(entries, (entry, index) => [change(entry, index)])
}

/** All that becomes of each entry, as it is gone through. */
export function flatMapped<T, U>(entries: Iterable<T>, change: (entry: T, index: number) => Iterable<U>): Lazily<U> {
  return new Lazily(function* () {
    let index = 0
    for (const entry of entries) yield* change(entry, index++)
  })
}
