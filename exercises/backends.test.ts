import { afterAll, describe, expect, it } from 'vitest'
import { availableBackends } from '../gpu/index.js'
import { profileNamed } from '../properties/profile.js'
import { roundingOf } from '../properties/rounding.js'
import { crossCheckExercise, exercises } from './index.js'

const { backends, unavailable } = await availableBackends()
for (const { message } of unavailable) console.info(`not tested: ${message}`)

afterAll(() => Promise.all(backends.map((backend) => backend.close())))

/**
 * The ridge regression of 1.1d divides on the host, once for each of its two quantities; sharif/1 takes the eigenvectors of a
 * matrix there; in sharif/p2 and lecture/bert maskTokens looks at its draws, and the host has to know which words it chose, in
 * lecture/bert what the model reads too.
 */
const readsOf: Readonly<Record<string, number>> = { 'ntua/1.1d': 3, 'sharif/1': 3, 'sharif/p2': 3, 'lecture/bert': 4 }

describe.each(backends)('exercises on $name', ({ implementation, chain, profileName }) => {
  const rounding = roundingOf(profileNamed(profileName, 'float32'))

  it.each(exercises.map((exercise) => [exercise.id, exercise] as const))(
    '%s agrees with the oracle, read from the device once',
    async (id, exercise) => {
      const solver = { operators: implementation.operators, chain }
      const report = await crossCheckExercise(exercise, solver, { runs: 2, seed: 1, rounding, concurrency: 16 })
      expect(report.failures.map(({ what, message }) => `${what}: ${message}`)).toEqual([])
      expect(report.worst).toBeLessThanOrEqual(1)
      expect(report.reads).toBe(readsOf[id] ?? 1)
    },
  )
})
