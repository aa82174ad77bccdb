import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mistaken, mistakes } from '../mistakes/index.js'
import type { Precision } from '../oracle/contract.js'
import { contract, oracle } from '../oracle/index.js'
import { copy, map, rowMajor, type Tensor, type Tensors, tensor, zip } from '../oracle/tensor.js'
import { type Call, ieee, type Law, laws } from '../properties/index.js'
import { lookalike } from './lookalike.js'

const lawOf = (operator: string): Law => {
  const law = laws.find((each) => each.operator === operator && each.name === 'agrees with the oracle')
  if (law === undefined) throw new Error(`${operator} has no comparison with the oracle`)
  return law
}

const copies = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, copy(x)]))

/** What is said of a subject of this precision that answers so. */
const said = (operator: string, call: Call, outputs: Tensors, precision: Precision = 'float64') =>
  lookalike({ name: 'subject', precision, operators: {} })({ operator, law: lawOf(operator), call, outputs })

const callOf = (x: Tensor, attributes: Call['attributes'] = {}): Call => ({
  inputs: { x },
  attributes,
  given: attributes,
  gradients: {},
  seed: 0,
})

const equal = (a: Tensors, b: Tensors) =>
  Object.entries(a).every(
    ([name, x]) =>
      String(x.shape) === String(b[name].shape) &&
      rowMajor(x).every((value, i) => Object.is(value, rowMajor(b[name])[i])),
  )

describe('what a failing case looks like', () => {
  it('is a mistake that gives these very numbers, wherever a mistake of the catalogue was made', async () => {
    let explained = 0
    for (const mistake of mistakes) {
      const law = lawOf(mistake.operator)
      for (const call of fc.sample(law.calls(ieee('float64')), { seed: 11, numRuns: 3 })) {
        const right = oracle.operators[mistake.operator].forward(copies(call.inputs), call.attributes)
        const outputs = await mistaken(mistake).operators[mistake.operator].forward(
          copies(call.inputs),
          call.attributes,
        )
        const name = await said(mistake.operator, call, outputs)
        if (name === undefined) continue
        explained++
        const named = mistakes.find((one) => one.operator === mistake.operator && one.name === name)
        if (named === undefined) throw new Error(`${name} is not in the catalogue`)
        const claimed = await mistaken(named).operators[mistake.operator].forward(copies(call.inputs), call.attributes)
        expect(equal(claimed, outputs), `${mistake.name} taken for ${name}`).toBe(true)
        expect(equal(claimed, right), `${name} on a call that does not show it`).toBe(false)
      }
    }
    expect(explained).toBeGreaterThan(mistakes.length / 2)
  })

  it('is nothing where the answer is right', async () => {
    for (const operator of Object.keys(contract))
      for (const call of fc.sample(lawOf(operator).calls(ieee('float64')), { seed: 5, numRuns: 3 }))
        expect(await said(operator, call, oracle.operators[operator].forward(call.inputs, call.attributes))).toBe(
          undefined,
        )
  })

  it('is nothing where the mistake overflows and the subject answers numbers of its own', async () => {
    const call = callOf(tensor([2], [0, 1000]), { axis: -1 })
    const infinite = { y: tensor([2], [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]) }
    expect(await said('logSoftmax', call, infinite)).toMatch(/logSoftmax/)
    expect(await said('logSoftmax', call, { y: tensor([2], [5, 7]) })).toBe(undefined)
    const nothing = { y: tensor([2], [0, Number.NaN]) }
    expect(await said('softmax', call, nothing)).toBe('softmax without subtracting the maximum')
    expect(await said('softmax', call, { y: tensor([2], [0, 0.5]) })).toBe(undefined)
  })

  it('is no mistake between which and the truth the answer stands', async () => {
    for (const mistake of mistakes.filter(({ operator }) => ['squaredError', 'sigmoid', 'linear'].includes(operator)))
      for (const call of fc.sample(lawOf(mistake.operator).calls(ieee('bfloat16')), { seed: 9, numRuns: 10 })) {
        const right = oracle.operators[mistake.operator].forward(call.inputs, call.attributes)
        const wrong = await mistaken(mistake).operators[mistake.operator].forward(copies(call.inputs), call.attributes)
        const [[name, y]] = Object.entries(right)
        if (String(wrong[name].shape) !== String(y.shape)) continue
        const between = { [name]: zip(y, wrong[name], (a, b) => a + 0.8 * (b - a)) }
        expect(await said(mistake.operator, call, between, 'bfloat16')).not.toBe(mistake.name)
      }
  })

  it('is nothing where the answer has another shape, or there is none', async () => {
    const call = callOf(tensor([2], [-1, 2]))
    expect(await said('relu', call, { y: tensor([1, 2], [-1, 2]) })).toBe(undefined)
    expect(await said('relu', call, {})).toBe(undefined)
    expect(await lookalike(oracle)({ operator: 'relu', law: lawOf('relu'), call })).toBe(undefined)
  })

  it('is found without touching the case', async () => {
    const call = callOf(tensor([3], [-1, 2, -3]))
    await said('relu', call, { y: map(call.inputs.x, (value) => value + 1) })
    expect([...call.inputs.x.data]).toEqual([-1, 2, -3])
  })
})
