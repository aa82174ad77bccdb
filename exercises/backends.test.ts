import { afterAll, describe, expect, it } from 'vitest'
import { availableBackends } from '../gpu/index.js'
import { profileNamed } from '../properties/profile.js'
import { crossCheckExercise, exercises } from './index.js'

const { backends, unavailable } = await availableBackends()
for (const { message } of unavailable) console.info(`not tested: ${message}`)

afterAll(() => Promise.all(backends.map((backend) => backend.close())))

describe.each(backends)('exercises on $name', ({ implementation, profileName }) => {
  it.each(exercises.map((exercise) => [exercise.id, exercise] as const))(
    '%s agrees with the oracle',
    async (_, exercise) => {
      const accuracy = profileNamed(profileName, 'float32')
      const report = await crossCheckExercise(exercise, implementation, { runs: 3, seed: 1, accuracy, concurrency: 16 })
      expect(report.failures.map(({ what, message }) => `${what}: ${message}`)).toEqual([])
      expect(report.worst).toBeLessThanOrEqual(1)
    },
  )
})
