import { describe, expect, it } from 'vitest'
import { Counts } from './counts.js'

describe('counts', () => {
  it('are of solutions, not of times told; the most frequent first, then as they were told', () => {
    const counts = new Counts<{ readonly what: string }>()
    for (const [name, what] of ['ax', 'ay', 'ax', 'bz', 'by', 'cy', 'cz', 'cz']) counts.add(name, what, { what })
    expect(counts.mostFrequent()).toEqual([
      { what: 'y', solutions: 3 },
      { what: 'z', solutions: 2 },
      { what: 'x', solutions: 1 },
    ])
    expect(['x', 'y', 'w'].map((what) => counts.of(what))).toEqual([1, 3, 0])
  })
})
