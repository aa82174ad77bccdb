import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eigensystem } from './eigenvalues.js'

describe('the eigensystem of a symmetric matrix', () => {
  it('is (1, 1, 1) at 8, (1, 1, −2) at 2 and (1, −1, 0) at 0', () => {
    const { values, vectors } = eigensystem([3, 3, 2, 3, 3, 2, 2, 2, 4], 3)
    for (const [i, value] of [8, 2, 0].entries()) expect(values[i]).toBeCloseTo(value, 13)
    const expected = [
      [1, 1, 1].map((x) => x / Math.sqrt(3)),
      [-1, -1, 2].map((x) => x / Math.sqrt(6)),
      [1, -1, 0].map((x) => x / Math.SQRT2),
    ]
    for (const [i, vector] of expected.entries())
      for (const [j, entry] of vector.entries()) expect(vectors[i][j]).toBeCloseTo(entry, 13)
  })

  it('rebuilds any symmetric matrix from orthonormal eigenvectors', () => {
    const entry = fc.double({ min: -8, max: 8, noNaN: true })
    const matrix = fc.integer({ min: 1, max: 5 }).chain((n) => fc.array(entry, { minLength: n * n, maxLength: n * n }))
    fc.assert(
      fc.property(matrix, (drawn) => {
        const n = Math.sqrt(drawn.length)
        const a = drawn.map((_, i) => drawn[i] + drawn[(i % n) * n + Math.floor(i / n)])
        const { values, vectors } = eigensystem(a, n)
        const allowed = 1e-12 * (1 + Math.max(...a.map(Math.abs)))
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++) {
            const product = values.reduce((sum, value, k) => sum + value * vectors[k][i] * vectors[k][j], 0)
            expect(Math.abs(product - a[i * n + j])).toBeLessThanOrEqual(allowed)
            const inner = vectors[i].reduce((sum, value, k) => sum + value * vectors[j][k], 0)
            expect(Math.abs(inner - (i === j ? 1 : 0))).toBeLessThanOrEqual(1e-13)
            if (j > i) expect(values[i]).toBeGreaterThanOrEqual(values[j])
          }
      }),
    )
  })
})
