import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { fromNested, type Nested, rowMajor, tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise1 } from './1.js'

async function solved(given: Values): Promise<Readonly<Record<string, Nested>>> {
  const values = await solve(exercise1, given, oracle)
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toNested(value)]))
}

describe('fer/1', () => {
  it('has the derivatives that the source states: W by the input, p by the weights, 1 by the bias', async () => {
    const values = await solved(defaultGiven(exercise1))
    expect(values.outputByInput).toEqual(values.weight)
    expect(values.outputByWeights).toEqual(values.input)
    expect(values.outputByBias).toBe(1)
    const { alternatives } = exercise1.quantities.find(({ name }) => name === 'outputByBias') ?? {}
    expect(alternatives?.map(({ value }) => toNested(value(defaultGiven(exercise1))))).toEqual([
      [1, 1],
      [
        [1, 0],
        [0, 1],
      ],
    ])
  })

  it('has the numbers worked by hand', async () => {
    expect(await solved(defaultGiven(exercise1))).toMatchObject({
      // 2·1 − 1·2 + 1, 1·1 + 3·2 + 2·1 − 1; −1 + 1, 3 − 6 − 1.
      affineOutput: [
        [1, 8],
        [0, -4],
      ],
      // 1·(1, 2, −1) + 2·(0, 1, 3); −1·(1, 2, −1) + 3·(0, 1, 3).
      weightGradient: [
        [1, 4, 5],
        [-1, 1, 10],
      ],
      biasGradient: [3, 2],
      // 1·(2, −1, 0) − 1·(1, 3, −2); 2·(2, −1, 0) + 3·(1, 3, −2).
      inputGradient: [
        [1, -4, 2],
        [7, 7, -6],
      ],
    })
  })

  it('has the derivative by the weights, ∂q/∂W = p, in the row of each output', async () => {
    const given = { ...defaultGiven(exercise1), input: tensor([3], [5, 6, 7]), outputGradient: tensor([2], [1, 0]) }
    expect((await solved(given)).weightGradient).toEqual([
      [5, 6, 7],
      [0, 0, 0],
    ])
  })

  it.each([[[]], [[1]], [[5]], [[2, 3]], [[2, 1, 2]]])('takes a batch of leading shape %j', async (leading) => {
    const size = leading.reduce((product: number, length: number) => product * length, 1)
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => (i % 5) - 2)
    const values = await solve(
      exercise1,
      {
        ...defaultGiven(exercise1),
        input: tensor([...leading, 3], numbers(3 * size)),
        outputGradient: tensor([...leading, 2], numbers(2 * size)),
      },
      oracle,
    )
    expect(values.affineOutput.shape).toEqual([...leading, 2])
    expect(values.inputGradient.shape).toEqual([...leading, 3])
    expect([values.weightGradient.shape, values.biasGradient.shape]).toEqual([[2, 3], [2]])
  })

  it.each(exercise1.laws.map((law, i) => [law.name, law, i] as const))(
    'law breaks where something is wrong: %s',
    async (_, law, i) => {
      const target = ['weightGradient', 'inputGradient', 'biasGradient', 'weightGradient'][i]
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise1, values, oracle)
        const first = rowMajor(right[target]).slice()
        first[0] += 0.01 + 0.01 * rowMajor(values.input)[0]
        return { ...right, [target]: tensor(right[target].shape, first) }
      }
      await expect(law.check(defaultGiven(exercise1), wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )

  it('draws no instance whose batch sum is zero', () => {
    const workable = exercise1.worksheet?.isWorkable
    const given = defaultGiven(exercise1)
    expect(workable?.(given)).toBe(true)
    expect(
      workable?.({
        ...given,
        outputGradient: fromNested([
          [1, 2],
          [-1, 3],
        ]),
      }),
    ).toBe(false)
  })
})
