import { describe, expect, it } from 'vitest'
import type { Attributes, Operator } from '../oracle/contract.js'
import { contract, oracle } from '../oracle/index.js'
import { rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { Arithmetic } from './arithmetic.js'
import { Caller } from './caller.js'
import { Random } from './data.js'
import { laws, runLaws } from './index.js'
import type { Call } from './law.js'
import { models } from './laws.js'
import { ieee } from './profile.js'
import { tensorOf } from './relations.js'

const name = 'has the gradient that difference quotients of its own forward pass give'

/** How one entry of a gradient is made wrong, and in which precision this is looked for. */
interface Fault {
  readonly precision: 'float64' | 'float32'
  readonly wrong: (right: number, sign: 1 | -1) => number
}

interface Case {
  readonly operator: string
  /** The input whose gradient is looked at. */
  readonly input: string
  readonly attributes: Attributes
  inputs(random: Random, entries: number): Tensors
  output(entries: number): readonly number[]
}

const normal = (shape: readonly number[], random: Random) => tensorOf(shape, () => Math.fround(random.normal() / 2))

const cases: readonly Case[] = [
  {
    operator: 'tanh',
    input: 'x',
    attributes: {},
    inputs: (random, entries) => ({ x: normal([entries], random) }),
    output: (entries) => [entries],
  },
  {
    operator: 'softmax',
    input: 'x',
    attributes: { axis: -1 },
    inputs: (random, entries) => ({ x: normal([entries / 8, 8], random) }),
    output: (entries) => [entries / 8, 8],
  },
  {
    operator: 'linear',
    input: 'weight',
    attributes: {},
    inputs: (random, entries) => ({ x: normal([2, 8], random), weight: normal([entries / 8, 8], random) }),
    output: (entries) => [2, entries / 8],
  },
]

const subjects = { float64: oracle, float32: emulated({ precision: 'float32', order: 'pairwise' }) }

/** An honest operator with one entry of one gradient wrong, at a random place. */
function offByOneEntry({ operator, input }: Case, { precision, wrong }: Fault, random: Random): Operator {
  const right = subjects[precision].operators[operator]
  const [share, sign] = [random.next(), random.sign()]
  return {
    forward: right.forward,
    backward: async (inputs, attributes, gradients) => {
      const answer = (await right.backward?.(inputs, attributes, gradients)) ?? {}
      const spoilt = rowMajor(answer[input]).slice()
      const place = Math.floor(share * spoilt.length)
      spoilt[place] = wrong(spoilt[place], sign)
      return { ...answer, [input]: tensor(answer[input].shape, spoilt) }
    },
  }
}

/** Whether the gradient law, with the directions that it draws for this seed, finds the wrong entry. */
async function found(one: Case, fault: Fault, entries: number, seed: number): Promise<boolean> {
  const { operator, attributes } = one
  const law = laws.find((each) => each.operator === operator && each.name === name)
  if (law === undefined) throw new Error(`${operator} has no gradient law`)
  const random = new Random(seed)
  const call: Call = {
    inputs: one.inputs(random, entries),
    attributes,
    given: attributes,
    gradients: { [Object.keys(contract[operator].outputs)[0]]: normal(one.output(entries), random) },
    seed,
  }
  const profile = ieee(fault.precision)
  const subject = new Caller(offByOneEntry(one, fault, random), models[operator], new Arithmetic(profile))
  return (await law.check({ call, subject, model: models[operator], profile })).status !== 'held'
}

async function share(one: Case, fault: Fault, entries: number, runs: number): Promise<number> {
  let seen = 0
  for (let seed = 1; seed <= runs; seed++) if (await found(one, fault, entries, seed)) seen++
  console.log(`${one.operator}, ${fault.precision}, ${entries} entries: found in ${seen} of ${runs}`)
  return seen / runs
}

const named = cases.map((one) => ({ operator: one.operator, one }))

describe('one wrong gradient entry, looked for in four directions of random signs', () => {
  const thousandth: Fault = { precision: 'float64', wrong: (right, sign) => right * (1 + sign / 1000) }
  const tenth: Fault = { precision: 'float32', wrong: (right, sign) => Math.fround(right + sign / 10) }

  it.each(named)(
    'among 8,192 of $operator in float64, off by a thousandth of itself, is found in at least 99 % of the runs',
    { timeout: 240_000 },
    async ({ one }) => expect(await share(one, thousandth, 8192, 100)).toBeGreaterThanOrEqual(0.99),
  )

  it.each(named)(
    'among 512 of $operator in float32, off by a tenth, is found in at least 99 % of the runs',
    { timeout: 240_000 },
    async ({ one }) => expect(await share(one, tenth, 512, 100)).toBeGreaterThanOrEqual(0.99),
  )
})

describe('right gradients', () => {
  const own = ['sigmoid', 'tanh', 'softmax', 'logSoftmax', 'gelu', 'squaredError', 'crossEntropy', 'linear']

  it('raise no alarm in 10,000 smooth cases of float32', { timeout: 240_000 }, async () => {
    const subject = emulated({ precision: 'float32', order: 'pairwise' })
    const report = await runLaws(subject, {
      operators: own,
      laws: [name],
      seed: 11,
      runs: Math.ceil(10_000 / own.length),
      shrinkSeconds: 0,
    })
    const results = Object.entries(report.operators).flatMap(([operator, { laws: all }]) =>
      all.map((law) => ({ operator, ...law })),
    )
    expect(results.reduce((sum, law) => sum + law.runs, 0)).toBeGreaterThanOrEqual(10_000)
    expect(
      results.filter(({ status }) => status !== 'held').map(({ operator, message }) => [operator, message]),
    ).toEqual([])
  })
})
