import { describe, expect, it } from 'vitest'
import { rowMajor } from '../oracle/tensor.js'
import { defaultGiven } from './exercise.js'
import { exercises, readInstance, varyExercise } from './index.js'

const varied = exercises.filter(({ worksheet }) => worksheet !== undefined)

describe('varyExercise', () => {
  it.each(varied.map((exercise) => [exercise.id, exercise] as const))(
    'yields the same instance for a seed: %s',
    async (_, exercise) => {
      const [one, again, other] = [
        await varyExercise(exercise, 1),
        await varyExercise(exercise, 1),
        await varyExercise(exercise, 2),
      ]
      expect(again.sheet).toBe(one.sheet)
      expect(again.key).toBe(one.key)
      expect(other.key.split('\n').slice(1)).not.toEqual(one.key.split('\n').slice(1))
    },
  )

  it.each(varied.map((exercise) => [exercise.id, exercise] as const))(
    'writes a key that is an instance file: %s',
    async (_, exercise) => {
      const { key, exercise: instance } = await varyExercise(exercise, 3)
      const read = defaultGiven(await readInstance('key.yaml', key, exercises))
      for (const { name, value } of instance.given)
        expect([name, [...rowMajor(read[name])]]).toEqual([name, [...rowMajor(value)]])
    },
  )
})
