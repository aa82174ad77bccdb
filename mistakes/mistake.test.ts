import { describe, expect, it } from 'vitest'
import { contract, oracle } from '../oracle/index.js'
import { fromNested, toNested } from '../oracle/tensor.js'
import { type Mistake, mistaken, mistakes, mistakesOf } from './index.js'

const doubled: Mistake = {
  name: 'relu doubled',
  operator: 'relu',
  explanation: '2·max(0, x) was computed instead of max(0, x).',
  forward: ({ x }) => oracle.operators.relu.forward({ x: fromNested([2 * x.get(0)]) }),
}

describe('a mistaken implementation', () => {
  const wrong = mistaken(doubled)

  it('has the wrong operator in place of the right one', async () => {
    const { y } = await wrong.operators.relu.forward({ x: fromNested([3]) }, {})
    expect(toNested(y)).toEqual([6])
  })

  it('keeps the right backward pass where only the forward pass is wrong', async () => {
    const gradients = await wrong.operators.relu.backward?.({ x: fromNested([3]) }, {}, { y: fromNested([5]) })
    expect(gradients && toNested(gradients.x)).toEqual([5])
  })

  it('keeps every other operator', () => {
    for (const [name, operator] of Object.entries(oracle.operators))
      if (name !== 'relu') expect(wrong.operators[name]).toBe(operator)
  })

  it('still refuses a bad call', () => {
    expect(() => wrong.operators.relu.forward({ x: fromNested([Number.NaN]) }, {})).toThrow(/relu: x holds NaN/)
  })

  it('answers a bad call where that is the mistake', async () => {
    const guessing = mistaken({ ...doubled, insteadOfRefusing: () => ({ y: fromNested([0]) }) })
    const { y } = await guessing.operators.relu.forward({ x: fromNested([Number.NaN]) }, {})
    expect(toNested(y)).toEqual([0])
  })

  it('gives its backward pass a gradient of zeros for an output without one', async () => {
    const copying = mistaken({ ...doubled, backward: (_, __, { y }) => ({ x: y }) })
    const gradients = await copying.operators.relu.backward?.({ x: fromNested([3]) }, {}, {})
    expect(gradients && toNested(gradients.x)).toEqual([0])
  })

  it('cannot be made of an operator that does not exist', () => {
    expect(() => mistaken({ ...doubled, operator: 'rleu' })).toThrow(/there is no operator rleu/)
  })
})

describe('the catalogue', () => {
  it.each(Object.keys(contract))('knows at least three mistakes of %s', (operator) => {
    expect(mistakesOf(operator).length).toBeGreaterThanOrEqual(3)
  })

  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))('describes «%s»', (name, mistake) => {
    expect(contract).toHaveProperty(mistake.operator)
    expect(name.split(' ')[0]).toBe(mistake.operator)
    expect(mistake.explanation).toMatch(/^\S.*\.$/)
    expect(mistakes.filter((other) => other.name === name)).toEqual([mistake])
    expect(mistake.forward ?? mistake.backward ?? mistake.insteadOfRefusing).toBeDefined()
  })
})
