import { describe, expect, it } from 'vitest'
import { browserBackendNames, openBackend } from '../gpu/browser.js'
import { profileNamed } from '../properties/profile.js'
import { roundingOf } from '../properties/rounding.js'
import { crossCheckExercise, exercises } from './index.js'

describe.each(browserBackendNames.filter((name) => name !== 'cpu'))('in a browser, exercises on %s', async (name) => {
  const { implementation, chain, profileName } = await openBackend(name)
  const rounding = roundingOf(profileNamed(profileName, 'float32'))

  it.each(exercises.map((exercise) => [exercise.id, exercise] as const))(
    '%s agrees with the oracle',
    async (_, exercise) => {
      const solver = { operators: implementation.operators, chain }
      const report = await crossCheckExercise(exercise, solver, { runs: 1, seed: 1, rounding, concurrency: 16 })
      expect(report.failures.map(({ what, message }) => `${what}: ${message}`)).toEqual([])
      expect(report.worst).toBeLessThanOrEqual(1)
    },
  )
})
