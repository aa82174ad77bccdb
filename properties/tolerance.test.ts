import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { map } from '../oracle/tensor.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { runLaws, type Subject } from './index.js'
import { type ProfileName, profileNamed } from './profile.js'

type Variant = NonNullable<Parameters<typeof emulated>[0]>

/** Honest implementations: what they answer differs from the oracle by rounding alone. */
const honest: [string, Variant, ProfileName][] = [
  ['float32', { precision: 'float32' }, 'ieee'],
  ['float32 summed backwards', { precision: 'float32', order: 'reversed' }, 'ieee'],
  ['float32 with fused pairwise sums', { precision: 'float32', order: 'pairwise', fused: true }, 'ieee'],
  [
    'float32 through log-sum-exp, in shuffled order',
    { precision: 'float32', order: 'shuffled', formulation: 'logarithmic' },
    'ieee',
  ],
  ['float32 that flushes subnormals', { precision: 'float32', flushesSubnormals: true }, 'flush to zero'],
  ['float32 at WGSL’s limits', { precision: 'float32', flushesSubnormals: true, functions: 'largest' }, 'wgsl'],
  [
    'float32 within WGSL’s limits',
    { precision: 'float32', flushesSubnormals: true, functions: 'scattered', formulation: 'logarithmic' },
    'wgsl',
  ],
  ['float16', { precision: 'float16' }, 'ieee'],
  ['float16 summed in float32', { precision: 'float16', accumulate: 'wider' }, 'ieee'],
  ['bfloat16', { precision: 'bfloat16' }, 'ieee'],
  ['bfloat16 summed in float32', { precision: 'bfloat16', accumulate: 'wider', formulation: 'logarithmic' }, 'ieee'],
  ['float64 in shuffled order', { precision: 'float64', order: 'shuffled' }, 'ieee'],
]

describe('honest rounding', () => {
  // Few cases a variant, each on a seed of its own: npm run measure:laws takes twenty seeds.
  it.each(honest.map((row, i) => [...row, i] as const))(
    '%s breaks no law',
    { timeout: 120_000 },
    async (...[, variant, profile, i]) => {
      const implementation = emulated(variant)
      const subject: Subject = { ...implementation, profile: profileNamed(profile, implementation.precision) }
      const report = await runLaws(subject, { seed: 5 + i, runs: 10, shrinkSeconds: 0 })
      const failing = Object.entries(report.operators).flatMap(([operator, { laws }]) =>
        laws.filter(({ status }) => status !== 'held').map(({ law, message }) => `${operator} ${law}: ${message}`),
      )
      expect(failing).toEqual([])
    },
  )
})

describe('an error beyond rounding', () => {
  it.each([
    ['float32', 20],
    ['float16', 20],
  ] as const)('of %s roundings in %i is noticed in every operator that computes', async (precision, roundings) => {
    const honestSubject = emulated({ precision })
    const { unitRoundoff } = profileNamed('ieee', precision)
    const wrong: Subject = {
      ...honestSubject,
      operators: Object.fromEntries(
        Object.entries(oracle.operators).map(([name, { forward }]) => [
          name,
          {
            forward: (inputs, attributes) =>
              Object.fromEntries(
                Object.entries(forward(inputs, attributes)).map(([output, y]) => [
                  output,
                  map(y, (value) => value * (1 + roundings * unitRoundoff)),
                ]),
              ),
          },
        ]),
      ),
    }
    const report = await runLaws(wrong, { seed: 5, shrinkSeconds: 0, laws: ['agrees with the oracle'] })
    const unnoticed = Object.keys(report.operators).filter((name) => report.operators[name].status === 'held')
    expect(unnoticed).toEqual([])
  })
})
