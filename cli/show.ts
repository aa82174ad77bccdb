import { showExercise } from '../exercises/index.js'
import { showText } from '../reports/showText.js'
import { isArchitectureFile, showArchitecture } from './architecture.js'
import { exerciseOrInstance } from './instance.js'
import { type CommonOptions, colorsFor, writeReport } from './output.js'
import { openProgress } from './progress.js'

/**
 * `answerkey show EXERCISE`: its statement, given data, worked solution and experiments; of an instance file with its data.
 * Of a file that holds an architecture, the table of its layers.
 */
export async function show(what: string, options: CommonOptions): Promise<number> {
  if (isArchitectureFile(what)) return showArchitecture(what, options)
  const exercise = await exerciseOrInstance(what)
  const progress = openProgress(options.quiet === true)
  const solution = await showExercise(exercise, {
    progress: (question, done, total) => progress.update(done, total, question),
  }).finally(() => progress.stop())
  await writeReport(options, {
    json: solution,
    text: () => showText(solution, colorsFor(options)),
    html: async () => (await import('../reports/showHtml.js')).showHtml(solution),
  })
  return 0
}
