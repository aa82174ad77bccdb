import { describe, expect, it } from 'vitest'
import { handwritten } from '../../marking/fixtures/handwritten.js'
import { markDocument } from '../../marking/mark.js'
import { oracle } from '../../oracle/index.js'
import { fromNested, map, type Nested, rowMajor, type Tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise21b } from './2.1b.js'

/** The queries and values as the known solution has them; four queries and seven values are off. */
const sourceQueries = fromNested([
  [-2.25, 4.5],
  [1.25, 2],
  [-1.25, 4.75],
  [-2.75, -3.5],
])
const sourceValues = fromNested([
  [-2.5, -6.5],
  [0.25, -1],
  [-2, -6.25],
  [0.75, 1.5],
])

function expectWithin(actual: Tensor, expected: Nested, reach: number): void {
  const right = rowMajor(fromNested(expected))
  rowMajor(actual).forEach((value, i) => {
    expect(Math.abs(value - right[i])).toBeLessThanOrEqual(reach)
  })
}

describe('ntua/2.1b', () => {
  it('has the keys of the source', async () => {
    const solved = await solve(exercise21b, defaultGiven(exercise21b), oracle)
    expect(toNested(solved.keys)).toEqual([
      [5.75, 1.5],
      [2, -0.5],
      [4.5, 2],
      [-2.5, 0.5],
    ])
  })

  it('has the queries and values that follow from the printed projections', async () => {
    const solved = await solve(exercise21b, defaultGiven(exercise21b), oracle)
    expect(toNested(solved.queries)).toEqual([
      [-2.25, 5.5],
      [1.25, 1],
      [-1.25, 3.75],
      [-2.75, -0.5],
    ])
    expect(toNested(solved.values)).toEqual([
      [-2.5, -7.5],
      [0.25, 0],
      [-2, -5.25],
      [-0.75, -1.5],
    ])
  })

  it('explains the queries and the second column of the values of the source: the last weight with the other sign', async () => {
    const given = defaultGiven(exercise21b)
    const mistake = exercise21b.mistakes.find(({ name }) => name === 'sign of the last weight')
    const queries = await mistake?.compute('queries', given, oracle.operators)
    expect(queries === undefined ? undefined : toNested(queries)).toEqual(toNested(sourceQueries))
    const values = await mistake?.compute('values', given, oracle.operators)
    const column = values === undefined ? [] : [0, 1, 2, 3].map((n) => values.get(n, 1))
    expect(column).toEqual([0, 1, 2, 3].map((n) => sourceValues.get(n, 1)))
  })

  it('goes on from the queries and values of the source to its scores, probabilities and output', async () => {
    const replaced = { queries: sourceQueries, values: sourceValues }
    const solved = await solve(exercise21b, defaultGiven(exercise21b), oracle, { replaced })
    const scores = rowMajor(solved.scores)
    // Row by row, without the three entries that the source has miscalculated: 7.878, −0.03 and −3.875.
    const right = [-6.188, -6.75, -1.125, undefined, 10.188, 1.5, 9.625, -2.125]
    right.push(undefined, -4.875, undefined, 5.5, -21.063, -3.75, -19.375, 5.125)
    for (const [i, score] of right.entries())
      if (score !== undefined) expect(1000 * Math.abs(scores[i] - score)).toBeLessThanOrEqual(0.5 + 1e-9)
    const [first, second, , fourth] = [0, 1, 2, 3].map((n) => solved.probabilities.pick(n, null))
    // Halves of its last places: 0, 0.6 and 0.4; its rows divide by √2, which its line leaves out.
    expectWithin(first, [0, 0, 0, 1], 0.005)
    expectWithin(second, [0.6, 0, 0.4, 0], 0.05)
    expectWithin(fourth, [0, 0, 0, 1], 0.005)
    expectWithin(solved.output.pick(1, null), [-2.3, -6.4], 0.05)
  })

  it('tells the product that is transposed from the scores', async () => {
    const solved = await solve(exercise21b, defaultGiven(exercise21b), oracle)
    const text = (rows: Tensor) => `K = ${matrix(solved.keys)}\nQ = ${matrix(solved.queries)}\nS = ${matrix(rows)}`
    const mark = (rows: Tensor) =>
      markDocument(handwritten(exercise21b, text(rows)), { exercises: [exercise21b] }).then(({ claims }) =>
        claims.filter(({ verdict }) => verdict !== 'missing' && verdict !== 'correct'),
      )
    expect(await mark(solved.scores)).toEqual([])
    const claims = await mark(solved.scores.transpose(1, 0))
    expect(claims.length).toBeGreaterThan(0)
    const named = claims.flatMap(({ explanations }) => explanations.map(({ mistake }) => mistake))
    expect(named).toContain('keys times queries')
  })

  it.each(exercise21b.laws.map((law) => [law.name, law] as const))(
    'law breaks where something is wrong: %s',
    async (name, law) => {
      const given = defaultGiven(exercise21b)
      const target = name.includes('scores') ? 'scores' : /^the output|mixing/.test(name) ? 'output' : 'probabilities'
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise21b, values, oracle)
        let next = 0
        const replaced = { [target]: map(right[target], (value) => value * (1 + 0.1 * next++) + 0.1) }
        return solve(exercise21b, values, oracle, { replaced })
      }
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

function matrix(x: Tensor): string {
  const [rows, columns] = x.shape
  const text = Array.from({ length: rows }, (_, n) =>
    Array.from({ length: columns }, (_, d) => x.get(n, d)).join(' & '),
  )
  return `\\begin{bmatrix} ${text.join(' \\\\ ')} \\end{bmatrix}`
}
