import { describe, expect, it } from 'vitest'
import { Failure, type Implementation, type Operator, Refusal } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { fromNested, map } from '../oracle/tensor.js'
import { runLaws } from './index.js'
import type { Subject } from './law.js'
import { roundTo } from './precision.js'

const conv2d = oracle.operators.conv2d

/** The oracle's convolution, by an implementation that does something else first. */
function convolution(first: (...call: Parameters<Operator['forward']>) => void): Subject {
  const own: Operator = {
    forward: (inputs, attributes) => {
      first(inputs, attributes)
      return conv2d.forward(inputs, attributes)
    },
  }
  return { name: 'own', precision: 'float64', operators: { conv2d: own } }
}

const isAll = (value: unknown, number: number): boolean =>
  value === undefined || value === number || (Array.isArray(value) && value.every((entry) => entry === number))

async function run(subject: Subject, law = 'agrees with the oracle') {
  const report = await runLaws(subject, { seed: 3, runs: 60, laws: [law], shrinkSeconds: 0 })
  const [found] = report.operators.conv2d.laws
  return { found, limits: report.operators.conv2d.limits, summary: report.summary }
}

describe('a subject that is not whole', () => {
  it('is found out to refuse what it always refuses, and judged on as many cases of the rest', async () => {
    const { found, limits } = await run(
      convolution((_, { groups, dilation }) => {
        if (!isAll(groups, 1)) throw new Refusal('conv2d', 'groups are not written yet')
        if (!isAll(dilation, 1)) throw new Refusal('conv2d', 'no dilation')
      }),
    )
    expect(found).toMatchObject({ status: 'held', runs: 60 })
    expect(found.unsupported).toBeGreaterThan(10)
    expect(limits).toEqual([
      { what: 'groups other than 1', how: 'found' },
      { what: 'dilation other than 1', how: 'found' },
    ])
  })

  it('is found out to take no bias', async () => {
    const { found, limits } = await run(
      convolution(({ bias }) => {
        if (bias !== undefined) throw new Refusal('conv2d', 'bias?')
      }),
    )
    expect(found.status).toBe('held')
    expect(limits).toEqual([{ what: 'the input bias', how: 'found' }])
  })

  it('has a law that is not supported where it refuses every call, which is never held', async () => {
    const { found, summary } = await run(
      convolution(() => {
        throw new Refusal('conv2d', 'another day')
      }),
    )
    expect(found).toMatchObject({ status: 'unsupported', runs: 0 })
    expect(found.why).toContain('another day')
    expect(summary).toMatchObject({ held: 0, unsupported: 1 })
  })

  it('holds no law by refusing everything, not even those about refusals', async () => {
    const subject = convolution(() => {
      throw new Refusal('conv2d', 'another day')
    })
    const { summary } = await runLaws(subject, { seed: 3, runs: 5, shrinkSeconds: 0 })
    expect(summary).toMatchObject({ held: 0, broken: 0, errored: 0 })
    expect(summary.unsupported).toBeGreaterThan(10)
  })

  it('is wrong where it refuses some calls of a kind and answers others of the same kind', async () => {
    let calls = 0
    const { found, limits } = await run(
      convolution(() => {
        if (++calls % 2 === 0) throw new Refusal('conv2d', 'not today')
      }),
    )
    expect(found).toMatchObject({ status: 'errored', message: 'it refused a valid call: conv2d: not today' })
    expect(limits).toBeUndefined()
  })

  it('is wrong where a crash stands in the place of a refusal', async () => {
    const { found } = await run(
      convolution((_, { groups }) => {
        if (!isAll(groups, 1)) throw new TypeError('groups is not a function')
      }),
    )
    expect(found.status).toBe('errored')
  })

  it('counts apart the cases that it calls not implemented', async () => {
    const { found } = await run(
      convolution((_, { groups }) => {
        if (!isAll(groups, 1)) throw new Failure('unimplemented', 'groups')
      }),
    )
    expect(found).toMatchObject({ status: 'held', runs: 60 })
    expect(found.unsupported).toBeGreaterThan(5)
  })

  it('is not called with what it says it does not support, and with what it has in its place', async () => {
    const seen = new Set<string>()
    const { found, limits } = await run({
      ...convolution(({ x }, { groups, stride }) => {
        seen.add(`${groups} ${stride} ${x.shape.length}`)
      }),
      supports: { conv2d: { attributes: { groups: [1], stride: [[1, 1]] }, without: ['bias'] } },
    })
    expect(found.status).toBe('held')
    expect([...seen]).toEqual(['1 1,1 4'])
    expect(limits?.map(({ how }) => how)).toContain('declared')
    expect(limits?.map(({ what }) => what)).toContain('the input bias')
  })
})

describe('a subject with one value of an attribute', () => {
  it('is tested with that value alone, on as many cases as any other', async () => {
    const gelu: Operator = {
      forward: (inputs, { approximate }) => {
        if (approximate !== 'tanh') throw new Error(`approximate is ${approximate}`)
        return oracle.operators.gelu.forward(inputs, { approximate })
      },
    }
    const report = await runLaws(
      {
        ...{ name: 'own', precision: 'float64', operators: { gelu } },
        supports: { gelu: { attributes: { approximate: ['tanh'] } } },
      },
      { seed: 3, runs: 30, laws: ['agrees with the oracle'], shrinkSeconds: 0 },
    )
    const [law] = report.operators.gelu.laws
    expect(law).toMatchObject({ status: 'held', runs: 30 })
    expect(law.unsupported).toBeUndefined()
  })
})

it('a bad call reaches a subject that supports little, which is to refuse it', async () => {
  const gelu: Operator = { forward: ({ x }) => ({ y: x }) }
  const report = await runLaws(
    {
      ...{ name: 'own', precision: 'float64', operators: { gelu } },
      supports: { gelu: { attributes: { approximate: ['tanh'] } } },
    },
    { seed: 3, runs: 5, laws: ['refuses an attribute of the wrong type'], shrinkSeconds: 0 },
  )
  expect(report.operators.gelu.laws[0].status).toBe('broken')
})

describe('a precision that is claimed', () => {
  const inFloat16 = (implementation: Implementation): Implementation => ({
    ...implementation,
    precision: 'float32',
    operators: Object.fromEntries(
      ['tanh', 'sigmoid', 'relu', 'softmax'].map((name): [string, Operator] => [
        name,
        {
          forward: async ({ x }, attributes) => {
            const { y } = await implementation.operators[name].forward(
              { x: map(x, (v) => roundTo('float16', v)) },
              attributes,
            )
            return { y: map(y, (v) => roundTo('float16', v)) }
          },
        },
      ]),
    ),
  })

  it('is found out where float32 is claimed and float16 computed', async () => {
    const report = await runLaws(inFloat16(oracle), {
      seed: 3,
      runs: 20,
      laws: ['agrees with the oracle'],
      shrinkSeconds: 0,
    })
    expect(report.summary.broken).toBe(4)
    expect(report.claim).toMatchObject({ claimed: 'float32', computed: 'float16', broken: 4, compared: 4 })
  })

  it('is not doubted where operators are wrong in any format', async () => {
    const operators = Object.fromEntries(
      ['tanh', 'sigmoid', 'relu', 'softmax'].map((name): [string, Operator] => [
        name,
        { forward: async ({ x }) => ({ y: map(x, (v) => v / 3) }) },
      ]),
    )
    const report = await runLaws(
      { name: 'wrong', precision: 'float32', operators },
      { seed: 3, runs: 20, laws: ['agrees with the oracle'], shrinkSeconds: 0 },
    )
    expect(report.summary.broken).toBe(4)
    expect(report.claim).toBeUndefined()
  })

  it('is not doubted where it is kept', async () => {
    const report = await runLaws(
      { ...oracle, precision: 'float32' },
      { operators: ['tanh', 'softmax'], seed: 3, runs: 20, laws: ['agrees with the oracle'] },
    )
    expect(report.claim).toBeUndefined()
  })
})

describe('the report of a run', () => {
  it('says which element is worst, by how many units in the last place, and what the oracle answers', async () => {
    const operators = {
      tanh: {
        forward: async ({ x }: Parameters<Operator['forward']>[0]) => ({
          y: map(x, (v) => Math.tanh(v) * (1 + 2 ** -40)),
        }),
      },
    }
    const report = await runLaws(
      { name: 'off', precision: 'float64', operators },
      { seed: 3, runs: 40, laws: ['agrees with the oracle'], shrinkSeconds: 0 },
    )
    const [law] = report.operators.tanh.laws
    expect(law.status).toBe('broken')
    // 2⁻⁴⁰ of a number is 2¹² to 2¹³ units of 2⁻⁵² of its leading power of two.
    expect(law.worstElement?.ulps).toBeGreaterThan(2 ** 12 - 2)
    expect(law.worstElement?.ulps).toBeLessThan(2 ** 13 + 2)
    const { expected, actual } = law.counterexample ?? {}
    expect(expected?.y.data).not.toEqual(actual?.y.data)
  })

  it('counts each case once, by its error', async () => {
    const report = await runLaws(
      { ...oracle },
      { operators: ['tanh'], seed: 3, runs: 40, laws: ['agrees with the oracle'] },
    )
    const [law] = report.operators.tanh.laws
    expect(law.errors?.reduce((sum, cases) => sum + cases)).toBe(40)
    expect(law.errors?.[0]).toBe(40)
  })

  it('tells expected failures from others, and says what held though it was to fail', async () => {
    const operators = {
      tanh: { forward: async ({ x }: Parameters<Operator['forward']>[0]) => ({ y: map(x, (v) => Math.tanh(v) + 1) }) },
    }
    const xfail = {
      tanh: {
        'agrees with the oracle': 'one too much',
        'has outputs of the shapes that the formulas give': 'wrong shapes',
      },
    }
    const report = await runLaws(
      { name: 'off', precision: 'float64', operators },
      { seed: 3, runs: 10, laws: Object.keys(xfail.tanh), xfail },
    )
    expect(report.summary).toMatchObject({ xfailed: 1, xpassed: 1, held: 0, broken: 0 })
    expect(report.operators.tanh.status).toBe('held')
  })

  it('tries a case that failed before first, and tells what became of it', async () => {
    const known = { inputs: { x: fromNested([7, 7]) }, attributes: {}, given: {}, gradients: {}, seed: 1 }
    const told: string[] = []
    const knownCases = { of: () => [known], failed: () => told.push('failed'), held: () => told.push('held') }
    const operators = {
      tanh: {
        forward: async ({ x }: Parameters<Operator['forward']>[0]) => ({
          y: map(x, (v) => (v === 7 ? 0 : Math.tanh(v))),
        }),
      },
    }
    const options = { seed: 3, runs: 10, laws: ['agrees with the oracle'], shrinkSeconds: 0, knownCases }
    const wrong = await runLaws({ name: 'off at 7', precision: 'float64', operators }, options)
    expect(wrong.operators.tanh.laws[0]).toMatchObject({ status: 'broken', runs: 1 })
    const right = await runLaws(oracle, { ...options, operators: ['tanh'] })
    expect(right.operators.tanh.laws[0]).toMatchObject({ status: 'held', runs: 10 })
    expect(told).toEqual(['failed', 'held'])
  })
})
