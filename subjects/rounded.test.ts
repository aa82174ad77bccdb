import { describe, expect, it } from 'vitest'
import { contract, oracle } from '../oracle/index.js'
import { rowMajor, tensor } from '../oracle/tensor.js'
import { runLaws } from '../properties/index.js'
import { openSubject } from './open.js'
import { rounded } from './rounded.js'
import { SubjectUnavailable } from './subject.js'

describe('the oracle rounded to float32', () => {
  it('obeys every law', { timeout: 600_000 }, async () => {
    const subject = await openSubject('oracle:float32', 1)
    expect(subject).toMatchObject({ name: 'oracle rounded to float32', precision: 'float32' })
    expect(Object.keys(subject.operators)).toEqual(Object.keys(contract))
    const { operators } = await runLaws(subject, { runs: 5, seed: 1 })
    const flagged = Object.entries(operators).flatMap(([operator, { laws }]) =>
      laws
        .filter(({ status }) => status !== 'held')
        .map(({ law, status, message, why }) => `${operator} ${law}: ${status}: ${message ?? why}`),
    )
    expect(flagged).toEqual([])
  })

  it('rounds what it is given and what it answers, but no whole numbers', async () => {
    const { matmul, convOutputSize } = rounded(oracle, 'float32').operators
    const [a, b] = [tensor([1, 1], [0.1]), tensor([1, 1], [0.3])]
    const { y } = await matmul.forward({ a, b }, {})
    expect([...rowMajor(y)]).toEqual([Math.fround(Math.fround(0.1) * Math.fround(0.3))])
    const gradients = await matmul.backward?.({ a, b }, {}, { y: tensor([1, 1], [0.7]) })
    expect([...rowMajor(gradients?.a ?? a)]).toEqual([Math.fround(Math.fround(0.7) * Math.fround(0.3))])
    const ones = { kernel: [1], stride: [1], padding: [0], dilation: [1] }
    const { size } = await convOutputSize.forward({}, { input: [2 ** 24 + 1], ...ones })
    expect([...rowMajor(size)]).toEqual([2 ** 24 + 1])
  })

  it('is found out where it rounds to less than it says', async () => {
    const coarse = { ...rounded(oracle, 'bfloat16'), precision: 'float32' } as const
    const { operators } = await runLaws(coarse, { operators: ['tanh'], runs: 5, seed: 1, shrinkSeconds: 0 })
    expect(operators.tanh.laws).toContainEqual(
      expect.objectContaining({ law: 'agrees with the oracle', status: 'broken' }),
    )
  })

  it('is refused for a precision that there is not', async () => {
    await expect(openSubject('oracle:single', 1)).rejects.toThrow(SubjectUnavailable)
    await expect(openSubject('oracle:single', 1)).rejects.toThrow('known: float64, float32, float16, bfloat16')
  })
})
