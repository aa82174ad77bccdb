import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, scalar } from '../../oracle/tensor.js'
import { type Convention, defaultGiven, type Exercise, solve, type Values } from '../exercise.js'
import { exercise11a } from './1.1a.js'
import { exercise11b } from './1.1b.js'
import { exercise11c } from './1.1c.js'

function numbers(values: Values): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, item(value)]))
}

async function solved(exercise: Exercise, given = defaultGiven(exercise), conventions: readonly Convention[] = []) {
  return numbers(await solve(exercise, given, oracle, { conventions }))
}

function convention(exercise: Exercise, axis: string, name: string): Convention {
  const found = exercise.conventions.find((one) => one.axis === axis)?.conventions.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no convention ${name}`)
  return found
}

/** One pass of backpropagation written out with the formulas of a textbook, nothing shared with the exercise. */
function textbook(n: Readonly<Record<string, number>>, g: (a: number) => number, slope: (a: number) => number) {
  const forward = (w: Readonly<Record<string, number>>) => {
    const a3 = w.w03 * n.x0 + w.w13 * n.x1 + w.w23 * n.x2
    const a4 = w.w04 * n.x0 + w.w14 * n.x1 + w.w24 * n.x2
    const a5 = w.w05 * n.x0 + w.w35 * g(a3) + w.w45 * g(a4)
    return { a3, y3: g(a3), a4, y4: g(a4), a5, y5: g(a5), error: n.target - g(a5) }
  }
  const before = forward(n)
  const delta5 = before.error * slope(before.a5)
  const delta3 = delta5 * n.w35 * slope(before.a3)
  const delta4 = delta5 * n.w45 * slope(before.a4)
  const steps = {
    step03: n.eta * delta3 * n.x0,
    step13: n.eta * delta3 * n.x1,
    step23: n.eta * delta3 * n.x2,
    step04: n.eta * delta4 * n.x0,
    step14: n.eta * delta4 * n.x1,
    step24: n.eta * delta4 * n.x2,
    step05: n.eta * delta5 * n.x0,
    step35: n.eta * delta5 * before.y3,
    step45: n.eta * delta5 * before.y4,
  }
  const weights = Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [`w${name.slice(4)}`, n[`w${name.slice(4)}`] + step]),
  )
  const after = forward(weights)
  const renamed = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`new${name[0].toUpperCase()}${name.slice(1)}`, value]),
    )
  return { ...before, delta5, delta3, delta4, ...steps, ...renamed(weights), ...renamed(after) }
}

const logistic = (a: number) => 1 / (1 + Math.exp(-a))
const logisticSlope = (a: number) => Math.exp(-a) / (1 + Math.exp(-a)) ** 2
const tanhSlope = (a: number) => 1 / Math.cosh(a) ** 2

describe.each([
  [exercise11b, logistic, logisticSlope],
  [exercise11c, Math.tanh, tanhSlope],
] as const)('$id', (exercise, g, slope) => {
  it('agrees with the textbook for 200 given data', async () => {
    for (const given of [defaultGiven(exercise), ...fc.sample(exercise.arbitrary(), { numRuns: 200, seed: 3 })]) {
      const actual = await solved(exercise, given)
      for (const [name, value] of Object.entries(textbook(numbers(given), g, slope)))
        expect(Math.abs(actual[name] - value), name).toBeLessThanOrEqual(1e-13 * (1 + Math.abs(value)))
    }
  })

  it('has, for every single weight, the step of the finite difference of ½(t − y)²', async () => {
    for (const given of fc.sample(exercise.arbitrary(), { numRuns: 20, seed: 4 })) {
      const base = await solved(exercise, given)
      for (const name of Object.keys(given).filter((one) => one.startsWith('w'))) {
        const h = 1e-5
        const lossAt = async (step: number) =>
          (await solved(exercise, { ...given, [name]: scalar(base[name] + step) })).error ** 2 / 2
        const gradient = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h)
        // |E‴| < 2000 for |x| ≤ 2 and |w| ≤ 3, as |g′| ≤ 1, |g″| ≤ 0.77, |g‴| ≤ 2; E ≤ 2 is rounded to 2⁻⁵¹ or so.
        const allowed = (2000 * h ** 2) / 6 + (8 * 2 ** -51) / h
        expect(Math.abs(base[`step${name.slice(1)}`] / base.eta + gradient)).toBeLessThan(allowed)
      }
    }
  })

  it('has a squared error that doubles every step, and a halved one that does not', async () => {
    const given = defaultGiven(exercise)
    const plain = await solved(exercise, given)
    const squared = await solved(exercise, given, [convention(exercise, 'error', 'squared error')])
    const halved = await solved(exercise, given, [convention(exercise, 'error', 'halved squared error')])
    expect(squared.error).toBeCloseTo(plain.error ** 2, 14)
    expect(halved.error).toBeCloseTo(plain.error ** 2 / 2, 14)
    for (const name of Object.keys(plain).filter((one) => /^(delta|step)/.test(one))) {
      expect(squared[name]).toBeCloseTo(2 * plain[name], 14)
      expect(halved[name]).toBeCloseTo(plain[name], 14)
    }
    for (const name of Object.keys(plain).filter((one) => /^newW/.test(one)))
      expect(squared[name] - plain[name]).toBeCloseTo(plain[`step${name.slice(4)}`], 14)
  })

  it.each(['difference', 'halved squared error', 'squared error'])(
    'has the same new weights whichever sign δ has: %s',
    async (error) => {
      const given = defaultGiven(exercise)
      const chosen = convention(exercise, 'error', error)
      const descent = await solved(exercise, given, [chosen, convention(exercise, 'sign', 'descent')])
      const gradient = await solved(exercise, given, [chosen, convention(exercise, 'sign', 'gradient')])
      const subtracted = await solved(exercise, given, [chosen, convention(exercise, 'sign', 'subtracted gradient')])
      for (const name of Object.keys(descent)) {
        const isDelta = name.startsWith('delta')
        expect(gradient[name]).toBeCloseTo(isDelta ? -descent[name] : descent[name], 14)
        expect(subtracted[name]).toBeCloseTo(isDelta || name.startsWith('step') ? -descent[name] : descent[name], 14)
      }
    },
  )
})

describe('the numbers of the source, to three decimals, where they are right', () => {
  it.each([
    [
      'ntua/1.1b',
      exercise11b,
      { a3: 1, y3: 0.731, a4: 0, y4: 0.5, a5: -0.769, y5: 0.317, error: 0.683, delta5: 0.148 },
    ],
    ['ntua/1.1b deltas, exchanged back', exercise11b, { delta3: 0.029, delta4: 0.037, step35: 0.108, step45: 0.074 }],
    ['ntua/1.1b new', exercise11b, { newW03: -0.971, newW13: 1.029, newW23: -1.029, newW04: 2.037, newW14: -0.963 }],
    ['ntua/1.1b new', exercise11b, { newW24: 0.963, newW05: -1.852, newW35: 1.108, newW45: 1.074 }],
    [
      'ntua/1.1b after',
      exercise11b,
      { newA3: 1.087, newY3: 0.748, newA4: 0.111, newY4: 0.528, newY5: 0.388, newError: 0.612 },
    ],
    [
      'ntua/1.1c',
      exercise11c,
      { y3: 0.762, y4: 0, a5: -1.238, y5: -0.845, error: 1.845, delta5: 0.528, delta4: 0.528 },
    ],
    ['ntua/1.1c after', exercise11c, { newY3: 0.931, newY4: 0.919, newA5: 0.752, newY5: 0.636, newError: 0.364 }],
  ])('%s', async (_, exercise, expected) => {
    const actual = await solved(exercise)
    for (const [name, value] of Object.entries(expected))
      expect([name, actual[name].toFixed(3)]).toEqual([name, value.toFixed(3)])
  })
})

describe('laws of the perceptron', () => {
  it.each(exercise11b.laws.map((law) => [law.name, law] as const))(
    'break where deltas are exchanged or scaled: %s',
    async (name, law) => {
      const given = defaultGiven(exercise11b)
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise11b, values, oracle)
        const changed: Values = name.startsWith('the derivative')
          ? { slope3: scalar(item(right.slope3) * 1.01) }
          : name.startsWith('exchanging')
            ? { delta3: scalar(item(right.delta3) + item(values.w13) / 100) }
            : { delta3: right.delta4, delta4: right.delta3 }
        return solve(exercise11b, values, oracle, { replaced: changed })
      }
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

describe('ntua/1.1a', () => {
  it('gives d₃, −d₃, d₄, −d₄ for the inputs 1 and −1', async () => {
    for (const [d3, d4] of [
      [0.3, 0.7],
      [-2, 5],
    ]) {
      const actual = await solved(exercise11a, { ...defaultGiven(exercise11a), d3: scalar(d3), d4: scalar(d4) })
      expect(actual).toMatchObject({ step13: d3, step23: -d3, step14: d4, step24: -d4 })
    }
  })
})
