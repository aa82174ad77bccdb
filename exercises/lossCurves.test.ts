import { afterAll, describe, expect, it } from 'vitest'
import { availableBackends } from '../gpu/index.js'
import { profileNamed, roundingOf } from '../properties/index.js'
import { exercises } from './index.js'
import { expectedLosses, lossesOn } from './lossCurves.js'

const { backends } = await availableBackends()
afterAll(() => Promise.all(backends.map((backend) => backend.close())))

const trainings = exercises.flatMap(({ id, trainings = [] }) =>
  trainings.map((training) => [`${id}: ${training.name}`, training] as const),
)
const steps = 50

describe('the loss curve of every training on every backend', () => {
  it.each(trainings)(
    'agrees with the oracle for 50 steps within what rounding may do: %s',
    { timeout: 600_000 },
    async (_, training) => {
      // What IEEE arithmetic allows is the least that any of the backends' profiles allows.
      const { expected, allowed } = await expectedLosses(training, steps, roundingOf(profileNamed('ieee', 'float32')))
      for (const { implementation, chain, name } of backends) {
        const losses = await lossesOn({ operators: implementation.operators, chain }, training, steps)
        for (const [step, loss] of losses.entries()) {
          const beyond = Math.abs(loss - expected[step]) > allowed[step]
          expect([name, step, beyond, loss]).toEqual([name, step, false, loss])
        }
        // The bound says something: it is far smaller than what the training changes.
        expect(Math.max(...allowed)).toBeLessThan(0.1 * (Math.max(...expected) - Math.min(...expected)))
      }
    },
  )
})
