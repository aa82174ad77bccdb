import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { type Convention, defaultGiven, solve, type Values } from '../exercise.js'
import { exercise4 } from './4.js'

function expectNumbers(actual: Tensor, expected: readonly number[]): void {
  const numbers = rowMajor(actual)
  expect(numbers.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) expect(numbers[i]).toBeCloseTo(value, 12)
}

function convention(name: string): Convention {
  const found = exercise4.conventions.flatMap(({ conventions }) => conventions).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no convention ${name}`)
  return found
}

describe('fer/4', () => {
  it('has the numbers of the source', async () => {
    const solved = await solve(exercise4, defaultGiven(exercise4), oracle)
    const published: Readonly<Record<string, readonly number[]>> = {
      firstEmbedding: [1, 1, 1, 1],
      secondEmbedding: [3, 3, 3, 3],
      positiveLoss: [16],
      firstEmbeddingGradient: [-4, -4, -4, -4],
      secondEmbeddingGradient: [4, 4, 4, 4],
      firstKernelGradient: [-17.2, -17.2, -18.4],
      secondKernelGradient: [50.4, 50.4, 48],
      kernelGradient: [33.2, 33.2, 29.6],
      biasGradient: [0],
    }
    for (const [name, numbers] of Object.entries(published)) expectNumbers(solved[name], numbers)
  })

  it('has the loss and the gradients of the negative pair, worked by hand', async () => {
    // f_n = (2, 2, 2, 2), d = ‖(1, 1, 1, 1)‖ = 2, max(0, 5 − 2) = 3.
    const solved = await solve(exercise4, defaultGiven(exercise4), oracle)
    expectNumbers(solved.negativeEmbedding, [2, 2, 2, 2])
    expectNumbers(solved.negativeDistance, [2])
    expectNumbers(solved.negativeLoss, [9])
    // 2·3·(1 − 2)/2
    expectNumbers(solved.negativeEmbeddingGradient, [-3, -3, -3, -3])
    // 3·(4.3, 4.3, 4.6) − 3·(8.4, 8.1, 8.7)
    expectNumbers(solved.negativeKernelGradient, [-12.3, -11.4, -12.3])
  })

  it('has no loss and no gradient for a negative pair beyond the margin', async () => {
    const solved = await solve(exercise4, { ...defaultGiven(exercise4), margin: scalar(1.5) }, oracle)
    expectNumbers(solved.negativeLoss, [0])
    expectNumbers(solved.negativeEmbeddingGradient, [0, 0, 0, 0])
  })

  it.each([
    ['halved', 8, [16.6, 16.6, 14.8], 4.5],
    ['mean of squares', 4, [8.3, 8.3, 7.4], 9],
    ['hinge', 16, [33.2, 33.2, 29.6], 3],
  ] as const)('follows the convention %s', async (name, positive, gradient, negative) => {
    const solved = await solve(exercise4, defaultGiven(exercise4), oracle, { conventions: [convention(name)] })
    expectNumbers(solved.positiveLoss, [positive])
    expectNumbers(solved.kernelGradient, gradient)
    expectNumbers(solved.negativeLoss, [negative])
  })

  it('has a unit vector as the gradient of the hinge without the square', async () => {
    const solved = await solve(exercise4, defaultGiven(exercise4), oracle, { conventions: [convention('hinge')] })
    expectNumbers(solved.negativeEmbeddingGradient, [-0.5, -0.5, -0.5, -0.5])
    expectNumbers(solved.anchorEmbeddingGradient, [0.5, 0.5, 0.5, 0.5])
    const beyond = { ...defaultGiven(exercise4), margin: scalar(1.5) }
    const far = await solve(exercise4, beyond, oracle, { conventions: [convention('hinge')] })
    expectNumbers(far.negativeEmbeddingGradient, [0, 0, 0, 0])
  })

  it('would have other embeddings with the 2.3 that the source prints once', async () => {
    const secondInput = tensor([6], [2.3, 3.3, 2.7, 3.3, 3.3, 2.7])
    const solved = await solve(exercise4, { ...defaultGiven(exercise4), secondInput }, oracle)
    expectNumbers(solved.secondEmbedding, [8.3 / 3 - 0.1, 3, 3, 3])
  })

  it.each(exercise4.laws.map((law, i) => [law.name, law, i] as const))(
    'law breaks where something is wrong: %s',
    async (_, law, i) => {
      const target = [
        'secondEmbedding',
        'kernelGradient',
        'biasGradient',
        'kernelGradient',
        'secondKernelGradient',
        'firstEmbeddingGradient',
        'negativeEmbeddingGradient',
      ][i]
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise4, values, oracle)
        const moved = tensor(
          right[target].shape,
          rowMajor(right[target]).map((value, k) => (k === 0 ? value + 0.01 : value)),
        )
        return solve(exercise4, values, oracle, { replaced: { [target]: moved } })
      }
      await expect(law.check(defaultGiven(exercise4), wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})
