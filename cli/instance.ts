import { readFileSync } from 'node:fs'
import { BadInstance, type Exercise, exercises, findExercise, readInstance } from '../exercises/index.js'
import { known, UsageError } from './usage.js'

/** The exercise of this id, or the one whose given data a YAML file holds. Throws UsageError where it is neither. */
export async function exerciseOrInstance(text: string): Promise<Exercise> {
  if (isInstanceFile(text)) {
    try {
      return await readInstance(text, readFileSync(text, 'utf8'), exercises)
    } catch (error) {
      if (error instanceof BadInstance) throw new UsageError(error.message)
      throw new UsageError(`cannot read ${text}: ${error instanceof Error ? error.message : error}`)
    }
  }
  const id = known(
    'exercise',
    text,
    exercises.map((one) => one.id),
  )
  const exercise = findExercise(id)
  if (exercise === undefined) throw new UsageError(`no exercise is called ${id}`)
  return exercise
}

/** Whether a text names the file of an instance rather than an exercise. */
export function isInstanceFile(text: string): boolean {
  return /\.(ya?ml|json)$/i.test(text)
}
