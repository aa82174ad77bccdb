import { describe, expect, it } from 'vitest'
import type { Attributes, Implementation } from '../oracle/contract.js'
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
const entries = 8192
/** The wrong entry, relative to the right one: a tenth of a percent too large or too small. */
const relativeError = 1e-3

interface Case {
  readonly operator: string
  /** The input whose gradient has 8,192 entries. */
  readonly input: string
  readonly attributes: Attributes
  inputs(random: Random): Tensors
  readonly output: readonly number[]
}

const normal = (shape: readonly number[], random: Random) => tensorOf(shape, () => random.normal() / 2)

const cases: readonly Case[] = [
  {
    operator: 'tanh',
    input: 'x',
    attributes: {},
    inputs: (random) => ({ x: normal([entries], random) }),
    output: [entries],
  },
  {
    operator: 'softmax',
    input: 'x',
    attributes: { axis: -1 },
    inputs: (random) => ({ x: normal([entries / 8, 8], random) }),
    output: [entries / 8, 8],
  },
  {
    operator: 'linear',
    input: 'weight',
    attributes: {},
    inputs: (random) => ({ x: normal([2, 128], random), weight: normal([entries / 128, 128], random) }),
    output: [2, entries / 128],
  },
]

/** The oracle with one entry of one gradient a little off, at a random place and in a random direction. */
function offByOneEntry({ operator, input }: Case, random: Random): Implementation {
  const right = oracle.operators[operator]
  const place = random.integer(0, entries - 1)
  const factor = 1 + random.sign() * relativeError
  return {
    ...oracle,
    operators: {
      [operator]: {
        forward: right.forward,
        backward: (inputs, attributes, gradients) => {
          const answer = right.backward?.(inputs, attributes, gradients) ?? {}
          const wrong = rowMajor(answer[input]).slice()
          wrong[place] *= factor
          return { ...answer, [input]: tensor(answer[input].shape, wrong) }
        },
      },
    },
  }
}

/** Whether the gradient law, with the directions that it draws for this seed, finds the wrong entry. */
async function found(one: Case, seed: number): Promise<boolean> {
  const { operator, attributes, output } = one
  const law = laws.find((each) => each.operator === operator && each.name === name)
  if (law === undefined) throw new Error(`${operator} has no gradient law`)
  const random = new Random(seed)
  const call: Call = {
    inputs: one.inputs(random),
    attributes,
    given: attributes,
    gradients: { [Object.keys(contract[operator].outputs)[0]]: normal(output, random) },
    seed,
  }
  const profile = ieee('float64')
  const subject = new Caller(offByOneEntry(one, random).operators[operator], models[operator], new Arithmetic(profile))
  return (await law.check({ call, subject, model: models[operator], profile })).status !== 'held'
}

describe('one gradient entry among 8,192, off by a thousandth of itself', () => {
  const runs = 100

  it.each(cases.map((one) => ({ ...one, one })))(
    'is found in $operator in at least 99 % of the runs, with four directions of random signs',
    { timeout: 240_000 },
    async ({ one }) => {
      let seen = 0
      for (let seed = 1; seed <= runs; seed++) if (await found(one, seed)) seen++
      console.log(`${one.operator}: found in ${seen} of ${runs}`)
      expect(seen).toBeGreaterThanOrEqual(0.99 * runs)
    },
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
