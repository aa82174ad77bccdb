import { exercises, findExercise, showExercise } from '../exercises/index.js'
import { showText } from '../reports/showText.js'
import { type CommonOptions, colorsFor, writeReport } from './output.js'
import { known, UsageError } from './usage.js'

/** `answerkey show EXERCISE`: its statement, given data, worked solution and experiments. */
export async function show(id: string, options: CommonOptions): Promise<number> {
  const exercise = findExercise(
    known(
      'exercise',
      id,
      exercises.map((one) => one.id),
    ),
  )
  if (exercise === undefined) throw new UsageError(`no exercise is called ${id}`)
  const solution = await showExercise(exercise)
  writeReport(options, { json: solution, text: () => showText(solution, colorsFor(options)) })
  return 0
}
