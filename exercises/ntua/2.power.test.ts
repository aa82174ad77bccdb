import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { type Exercise, type ExerciseMistake, solve, type Values } from '../exercise.js'
import { exercise21a } from './2.1a.js'
import { exercise21b } from './2.1b.js'
import { exercise22 } from './2.2.js'
import { exercise23 } from './2.3.js'

/** The exercise with one quantity computed in a wrong way. */
function mistaken(exercise: Exercise, mistake: ExerciseMistake, name: string): Exercise {
  return {
    ...exercise,
    quantities: exercise.quantities.map((quantity) =>
      quantity.name === name
        ? {
            ...quantity,
            from: mistake.from(name),
            compute: (values, operators) => mistake.compute(name, values, operators),
          }
        : quantity,
    ),
  }
}

/** Whether a law of the exercise breaks on one of these given data. */
async function isCaught(exercise: Exercise, drawn: readonly Values[]): Promise<boolean> {
  for (const given of drawn)
    for (const law of exercise.laws)
      try {
        await law.check(given, (values) => solve(exercise, values, oracle), 2 ** -52, oracle.operators)
      } catch {
        return true
      }
  return false
}

describe.each([exercise21a, exercise21b, exercise22, exercise23])('$id', (exercise) => {
  it('has a law that catches every one of its mistakes', async () => {
    const drawn = fc.sample(exercise.arbitrary(), { numRuns: 12, seed: 5 })
    expect(await isCaught(exercise, drawn)).toBe(false)
    const uncaught: string[] = []
    for (const mistake of exercise.mistakes)
      for (const name of mistake.quantities)
        if (!(await isCaught(mistaken(exercise, mistake, name), drawn))) uncaught.push(`${name}: ${mistake.name}`)
    expect(uncaught).toEqual([])
  })
})
