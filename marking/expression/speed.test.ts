import { describe, expect, it } from 'vitest'
import { chapters } from './battery/index.js'
import { readFragment } from './reader.js'

/** The least of three times, in milliseconds: what else the machine does counts once at most. */
function timeOf(read: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now()
    read()
    return performance.now() - start
  })
  return Math.min(...times)
}

describe('the time that reading takes', () => {
  it('is under a millisecond a fragment', () => {
    const times = chapters.flatMap(({ fragments, symbols, functions }) => {
      const table = { keys: new Set(symbols), functions: new Set(functions) }
      return fragments.map(({ text }) => timeOf(() => readFragment(text, { offset: 0, symbols: table })))
    })
    times.sort((a, b) => a - b)
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(0.25)
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(1)
  })

  it('grows little faster than the length of a fragment', () => {
    const term = r`\frac{w_{13}}{2} \cdot \tanh(0.5) + `
    const [short, long] = [20, 200].map((count) => timeOf(() => readFragment(`${term.repeat(count)}1`, { offset: 0 })))
    expect(long).toBeLessThan(60 * Math.max(short, 0.2))
  })

  it('is bounded for texts that are no formulas', () => {
    for (const text of [
      '{'.repeat(100_000),
      '1,'.repeat(1990),
      'x '.repeat(500_000),
      "x'".repeat(1900),
      r`\sum_{i=1}^{9} `.repeat(300),
    ])
      expect(
        timeOf(() => readFragment(text, { offset: 0 })),
        text.slice(0, 10),
      ).toBeLessThan(500)
  })
})

function r(strings: TemplateStringsArray): string {
  return String.raw(strings)
}
