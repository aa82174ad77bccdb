import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Implementation } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { map, scalar, tensor } from '../oracle/tensor.js'
import { profileNamed } from '../properties/profile.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { forward } from './computation.js'
import { crossCheckExercise } from './crossCheck.js'
import type { Exercise } from './exercise.js'
import { exercises } from './index.js'

const float32 = profileNamed('ieee', 'float32')

describe.each(exercises)('$id, cross-checked', (exercise) => {
  it('agrees with itself on the oracle', async () => {
    const accuracy = profileNamed('ieee', 'float64')
    const report = await crossCheckExercise(exercise, oracle, { runs: 5, seed: 1, accuracy })
    expect(report.failures).toEqual([])
    expect(report).toMatchObject({ cases: 6, worst: 0 })
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
      profileNamed('wgsl', 'float32'),
    ],
  ])('accepts honest float32 arithmetic: %s', async (_, implementation, accuracy) => {
    const report = await crossCheckExercise(exercise, implementation, {
      runs: 10,
      seed: 2,
      accuracy,
      lawRuns: 2,
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

describe('crossCheckExercise', () => {
  it.each([
    ['ntua/1.1b', 'sigmoid'],
    ['ntua/1.1c', 'tanh'],
    ['ntua/1.2', 'matmul'],
    ['ntua/1.3', 'softmax'],
    ['ntua/1.3', 'meanOverTime'],
  ])('finds an error of one part in a hundred thousand: %s with %s', async (id, operator) => {
    const exercise = exercises.filter((one) => one.id === id)[0]
    const report = await crossCheckExercise(exercise, off(operator, 1.00001), { runs: 5, seed: 1, accuracy: float32 })
    expect(report.worst).toBeGreaterThan(1)
    expect(report.failures.length).toBeGreaterThan(0)
  })

  it('accepts another class where rounding may turn the balance, and only there', async () => {
    const classOf = async (second: number, factor: number) => {
      const exercise = balance(second)
      const report = await crossCheckExercise(exercise, off('relu', factor), { runs: 0, seed: 1, accuracy: float32 })
      return report.failures.map(({ what }) => what)
    }
    // 0.3 + 1e-12 is larger than 0.3, and equal to it in float32; 0.31 stays larger.
    expect(await classOf(0.3 + 1e-12, -1)).toEqual(['raised'])
    expect(await classOf(0.31, -1)).toEqual(['raised', 'class'])
  })

  it('reports an operator that is not implemented as a failure of every case', async () => {
    const { linear: _, ...rest } = oracle.operators
    const report = await crossCheckExercise(exercises[1], { operators: rest }, { runs: 2, seed: 1, accuracy: float32 })
    expect(report.failures.map(({ message }) => message)).toEqual(Array(3).fill('linear is not implemented'))
  })
})
