import { describe, expect, it } from 'vitest'
import { mistakesOf } from '../mistakes/index.js'
import { mistaken } from '../mistakes/mistake.js'
import { Refusal } from '../oracle/contract.js'
import { fromNested, toNested } from '../oracle/tensor.js'
import { runLaws } from './index.js'
import type { Call } from './law.js'
import { tensorOf } from './relations.js'
import { simplify } from './shrink.js'

const call: Call = {
  inputs: { x: fromNested([2.5, -3.25]), bias: fromNested([7]) },
  attributes: {},
  given: {},
  gradients: { y: fromNested([0.125]) },
  seed: 1,
}
const longEnough = () => ({ until: performance.now() + 5000 })

describe('a failing case', () => {
  it('is left with the inputs and the numbers that it needs', async () => {
    const simpler = await simplify(
      'linear',
      call,
      async ({ inputs }) => inputs.x !== undefined && inputs.x.get(1) < 0,
      longEnough(),
    )
    expect(Object.keys(simpler.inputs)).toEqual(['x'])
    expect(toNested(simpler.inputs.x)).toEqual([0, -3])
    expect(simpler.gradients).toEqual({})
  })

  it('keeps an input without which the law cannot be checked, and numbers that the reference refuses to lose', async () => {
    const fails = async ({ inputs }: Call) => {
      if (inputs.x.get(0) === 0) throw new Refusal('relu', 'x should not be 0')
      return inputs.bias.get(0) > 0
    }
    const simpler = await simplify('linear', call, fails, longEnough())
    expect(Object.keys(simpler.inputs)).toEqual(['x', 'bias'])
    expect([toNested(simpler.inputs.x), toNested(simpler.inputs.bias)]).toEqual([[1, 0], [1]])
  })

  it('loses rows and columns, in all tensors that have them, gate by gate', async () => {
    const shapes = { x: [3, 2, 4], weightInput: [12, 4], weightHidden: [12, 3] }
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tensorOf(shape, (i) => (i % 5) + 1)]),
    )
    const gradients = { hidden: tensorOf([3, 2, 3], () => 1) }
    const lstm: Call = { inputs, attributes: {}, given: {}, gradients, seed: 1 }
    // Of two steps and two units at least.
    const fails = async ({ inputs: { x, weightInput, weightHidden }, gradients: { hidden } }: Call) =>
      x.shape[0] > 1 && weightInput !== undefined && weightHidden.shape[1] > 1 && hidden !== undefined
    const simpler = await simplify('lstm', lstm, fails, longEnough())
    expect(simpler.inputs.x.shape).toEqual([2, 1, 1])
    expect(simpler.inputs.weightInput.shape).toEqual([8, 1])
    expect(simpler.inputs.weightHidden.shape).toEqual([8, 2])
    expect(simpler.gradients.hidden.shape).toEqual([2, 1, 2])
  })

  it('of an operator whose reference refuses some numbers is made simpler all the same', async () => {
    for (const mistake of mistakesOf('quadraticAttention').slice(0, 3)) {
      const { operators } = await runLaws(mistaken(mistake), {
        operators: ['quadraticAttention'],
        laws: ['agrees with the oracle'],
        runs: 30,
        seed: 1,
        shrinkSeconds: 3,
      })
      expect(operators.quadraticAttention.laws.length).toBe(1)
    }
  })
})
