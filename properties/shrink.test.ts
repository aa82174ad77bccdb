import { describe, expect, it } from 'vitest'
import { mistakesOf } from '../mistakes/index.js'
import { mistaken } from '../mistakes/mistake.js'
import { Refusal } from '../oracle/contract.js'
import { fromNested, toNested } from '../oracle/tensor.js'
import { runLaws } from './index.js'
import type { Call } from './law.js'
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
      call,
      async ({ inputs }) => inputs.x !== undefined && inputs.x.get(1) < 0,
      longEnough(),
    )
    expect(Object.keys(simpler.inputs)).toEqual(['x'])
    expect(toNested(simpler.inputs.x)).toEqual([0, -3])
    expect(toNested(simpler.gradients.y)).toEqual([0])
  })

  it('keeps an input without which the law cannot be checked, and numbers that the reference refuses to lose', async () => {
    const fails = async ({ inputs }: Call) => {
      if (inputs.x.get(0) === 0) throw new Refusal('relu', 'x should not be 0')
      return inputs.bias.get(0) > 0
    }
    const simpler = await simplify(call, fails, longEnough())
    expect(Object.keys(simpler.inputs)).toEqual(['x', 'bias'])
    expect([toNested(simpler.inputs.x), toNested(simpler.inputs.bias)]).toEqual([[1, 0], [1]])
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
