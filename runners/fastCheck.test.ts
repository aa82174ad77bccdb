import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mistaken, mistakesOf } from '../mistakes/index.js'
import { Failure } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { rowMajor } from '../oracle/tensor.js'
import { lawsOf, property } from './fastCheck.js'

const [sumsToOne] = lawsOf('softmax').filter(({ name }) => name === 'has entries that sum to one')

describe('a law as a property', () => {
  it('passes for the oracle, law by law', async () => {
    for (const operator of ['softmax', 'linear'])
      for (const law of lawsOf(operator)) await fc.assert(property(law, oracle), { seed: 1, numRuns: 5 })
  })

  it('fails for a mistake with the law and the numbers, and shrinks to a small call', async () => {
    const [mistake] = mistakesOf('softmax').filter(({ name }) => name.includes('maximum'))
    const details = await fc.check(property(sumsToOne, mistaken(mistake)), { seed: 1, numRuns: 1000 })
    expect(details.failed).toBe(true)
    const [call] = details.counterexample ?? []
    expect(call?.inputs.x.size).toBeLessThanOrEqual(4)
    expect(fc.stringify(call)).toContain('"x":tensor([')
  })

  it('fails with the message of the law', async () => {
    const twice = {
      forward: (...[inputs, attributes]: Parameters<typeof oracle.operators.softmax.forward>) => {
        const { y } = oracle.operators.softmax.forward(inputs, attributes)
        for (const [i, value] of rowMajor(y).entries()) y.data[i] = 2 * value
        return { y }
      },
    }
    const details = await fc.check(property(sumsToOne, { operators: { softmax: twice } }), { seed: 1 })
    expect(details.errorInstance).toMatchObject({
      message: expect.stringMatching(/^softmax has entries that sum to one: Σ y.* is 2, expected 1/),
    })
  })

  it('does not count calls that are not there, and does not pass where none is', async () => {
    const none = { forward: () => Promise.reject(new Failure('unimplemented', 'softmax of rank 1')) }
    const details = await fc.check(property(sumsToOne, { operators: { softmax: none } }), { seed: 1, numRuns: 10 })
    expect(details).toMatchObject({ failed: true, interrupted: false, counterexample: null })
    expect(details.numSkips).toBeGreaterThan(10)
    const supports = { softmax: { attributes: { axis: [-1] } } }
    const some = await fc.check(property(sumsToOne, { operators: oracle.operators, supports }), {
      seed: 1,
      numRuns: 20,
    })
    expect(some.failed).toBe(false)
    expect(some.numSkips).toBeGreaterThan(0)
  })

  it('says so where the implementation has no such operator or pass', () => {
    const own = { name: 'mine', operators: { softmax: { forward: () => ({ y: [1] }) } } }
    expect(() => property(lawsOf('tanh')[0], own)).toThrow('mine has no operator tanh')
    const [backward] = lawsOf('softmax').filter((law) => law.backward)
    expect(() => property(backward, own)).toThrow('calls the backward pass, and mine has none of softmax')
  })
})
