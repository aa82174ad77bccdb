import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Implementation, Operator } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { map, scalar, tensor, zip } from '../oracle/tensor.js'
import { type Chain, type Keeper, keep } from '../oracle/unread.js'
import { profileNamed } from '../properties/profile.js'
import { roundingOf } from '../properties/rounding.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { forward } from './computation.js'
import { crossCheckExercise } from './crossCheck.js'
import type { Exercise } from './exercise.js'
import { exercises } from './index.js'
import { plus } from './training.js'

const float32 = roundingOf(profileNamed('ieee', 'float32'))

describe.each(exercises)('$id, cross-checked', (exercise) => {
  it('agrees with itself on the oracle', async () => {
    const rounding = roundingOf(profileNamed('ieee', 'float64'))
    const report = await crossCheckExercise(exercise, oracle, { runs: 2, seed: 1, rounding })
    expect(report.failures).toEqual([])
    expect(report).toMatchObject({ cases: 3, worst: 0 })
  })

  it.each([
    ['plain', emulated(), float32],
    [
      'other formulas, fused, reversed',
      emulated({ formulation: 'logarithmic', fused: true, order: 'reversed' }),
      float32,
    ],
    [
      "as far off as WGSL's accuracy table allows",
      emulated({ functions: 'largest', flushesSubnormals: true }),
      roundingOf(profileNamed('wgsl', 'float32')),
    ],
  ])('accepts honest float32 arithmetic: %s', async (_, implementation, rounding) => {
    const report = await crossCheckExercise(exercise, implementation, {
      runs: 3,
      seed: 2,
      rounding,
      concurrency: 3,
    })
    expect(report.failures.map(({ what, message }) => `${what}: ${message}`)).toEqual([])
    expect(report.worst).toBeLessThanOrEqual(1)
  })
})

/** The oracle with one operator's answers slightly wrong. */
function off(operator: string, factor: number): Pick<Implementation, 'operators'> {
  const right = oracle.operators[operator]
  const forward: (typeof right)['forward'] = (inputs, attributes) =>
    Object.fromEntries(
      Object.entries(right.forward(inputs, attributes)).map(([name, x]) => [name, map(x, (value) => value * factor)]),
    )
  return { operators: { ...oracle.operators, [operator]: { ...right, forward } } }
}

/** Which of two numbers, passed through `relu`, is larger. */
function balance(second: number): Exercise {
  const nothing = { stages: [], conventions: [], mistakes: [], laws: [], experiments: [] }
  return {
    ...nothing,
    ...{ id: 'test/balance', title: '', source: '', statement: '', heading: { number: '0' } },
    given: [{ name: 'x', symbols: ['x'], meaning: '', kind: 'real', value: tensor([2], [0.3, second]) }],
    arbitrary: () => fc.constant({}),
    quantities: [
      {
        ...{ name: 'raised', symbols: ['y'], meaning: '', kind: 'real', from: ['x'], formula: 'ReLU(x)' },
        compute: (values, operators) => forward(operators, 'relu', 'y', { x: values.x }),
      },
      {
        ...{ name: 'class', symbols: ['class'], meaning: '', kind: 'class', from: ['raised'], formula: 'argmax(y)' },
        compute: async ({ raised }) => scalar(raised.get(0) >= raised.get(1) ? 0 : 1),
      },
    ],
  }
}

/** ReLU(x) + ReLU(x). */
const doubled: Exercise = {
  ...balance(0.4),
  quantities: [
    {
      ...{ name: 'sum', symbols: ['y'], meaning: '', kind: 'real', from: ['x'], formula: 'ReLU(x) + ReLU(x)' },
      compute: async (values, operators) => {
        const y = await forward(operators, 'relu', 'y', { x: values.x })
        return plus(y, y)
      },
    },
  ],
}

/** The oracle with its answers on a device, whose sums are wrong by this much. */
function adding(wrong: number): Chain {
  const keeper: Keeper = {
    plus: (a, b) => zip(a, b, (x, y) => x + y + wrong),
    negated: (x) => map(x, (value) => -value),
    joined: () => tensor([0], []),
    later: (_, shape, compute) => tensor(shape, compute()),
  }
  const { relu } = oracle.operators
  const onDevice: Operator = {
    forward: (inputs, attributes) => {
      const { y } = relu.forward(inputs, attributes)
      keep(y, keeper)
      return { y }
    },
  }
  return {
    implementation: { name: 'bad sums', precision: 'float32', operators: { relu: onDevice } },
    reads: 1,
    read: async (tensors) => {
      for (const x of tensors) keep(x, undefined)
    },
    release: async () => {},
  }
}

describe('crossCheckExercise', () => {
  it.each([
    ['ntua/1.1b', 'sigmoid'],
    ['ntua/1.1c', 'tanh'],
    ['ntua/1.2', 'matmul'],
    ['ntua/1.3', 'softmax'],
    ['ntua/1.3', 'meanOverTime'],
  ])('finds an error of one part in a hundred thousand: %s with %s', async (id, operator) => {
    const exercise = exercises.filter((one) => one.id === id)[0]
    const report = await crossCheckExercise(exercise, off(operator, 1.00001), { runs: 5, seed: 1, rounding: float32 })
    expect(report.worst).toBeGreaterThan(1)
    expect(report.failures.length).toBeGreaterThan(0)
  })

  it('accepts another class where rounding turns the balance, and only what follows from what it is computed from', async () => {
    // 0.3 is what float32 makes of 0.3 + 1e-12: the classes of the two platforms differ, and each is right.
    const report = await crossCheckExercise(balance(0.3 + 1e-12), emulated(), { runs: 0, seed: 1, rounding: float32 })
    expect(report.failures).toEqual([])
  })

  it('finds a quantity that is wrong though every operator answers rightly: a device that adds badly', async () => {
    const report = async (wrong: number) => {
      const options = { runs: 0, seed: 1, rounding: float32 }
      return crossCheckExercise(doubled, { operators: oracle.operators, chain: () => adding(wrong) }, options)
    }
    expect((await report(0)).failures).toEqual([])
    const { failures, worst } = await report(1e-5)
    expect(worst).toBeLessThanOrEqual(1)
    expect(failures.map(({ what }) => what)).toEqual(['sum'])
  })

  it('reports an operator that is not implemented as a failure of every case', async () => {
    const { linear: _, ...rest } = oracle.operators
    const report = await crossCheckExercise(exercises[1], { operators: rest }, { runs: 2, seed: 1, rounding: float32 })
    // Three given data, and the experiment.
    expect(report.failures.map(({ message }) => message)).toEqual(Array(4).fill('linear is not implemented'))
  })
})
