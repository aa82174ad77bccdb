import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, scalar } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { complexity } from './complexity.js'

describe('lecture/complexity', () => {
  it('has the lecture’s table: n²d, 1, 1; nd², n, n; knd², 1, log_k n; rnd, 1, n/r', async () => {
    const [n, d, k, r] = [81, 16, 3, 9]
    const sizes = Object.fromEntries(Object.entries({ n, d, k, r }).map(([name, value]) => [name, scalar(value)]))
    const solved = await solve(complexity, sizes, oracle)
    const row = (kind: string) => ['Operations', 'Sequential', 'Path'].map((name) => item(solved[`${kind}${name}`]))
    expect(row('attention')).toEqual([n ** 2 * d, 1, 1])
    expect(row('recurrent')).toEqual([n * d ** 2, n, n])
    expect(row('restricted')).toEqual([r * n * d, 1, n / r])
    const [operations, sequential, path] = row('convolutional')
    expect([operations, sequential]).toEqual([k * n * d ** 2, 1])
    expect(path).toBeCloseTo(4, 12)
  })

  it('takes n/k layers of contiguous convolutions', async () => {
    const [{ conventions }] = complexity.conventions
    const solved = await solve(complexity, defaultGiven(complexity), oracle, { conventions: [conventions[1]] })
    expect(item(solved.convolutionalPath)).toBeCloseTo(100 / 3, 12)
  })

  it.each([
    ['attentionOperations', /multiply-adds of the table/],
    ['convolutionalOperations', /multiply-adds of the table/],
    ['recurrentSequential', /wait for one another/],
    ['restrictedSequential', /wait for one another/],
    ['convolutionalPath', /path is long/],
    ['restrictedPath', /path is long/],
    ['crossover', /n = d/],
  ])('a wrong %s breaks the law %s', async (quantity, name) => {
    const law = complexity.laws.find((one) => name.test(one.name))
    const sizes = Object.fromEntries(Object.entries({ n: 8, d: 3, k: 3, r: 3 }).map(([key, x]) => [key, scalar(x)]))
    const wrong = async (values: Values) => {
      const solved = await solve(complexity, values, oracle)
      return { ...solved, [quantity]: scalar(item(solved[quantity]) + 3) }
    }
    await expect(law?.check(sizes, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })
})
