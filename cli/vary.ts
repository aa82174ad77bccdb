import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exercises, findExercise, showExercise, varyExercise } from '../exercises/index.js'
import { showText } from '../reports/showText.js'
import { type CommonOptions, colorsFor, freshSeed, writeReport } from './output.js'
import { known, UsageError } from './usage.js'

/**
 * `answerkey vary EXERCISE`: a fresh instance, as a sheet for students, an answer sheet and a worked solution. With --output three
 * files in that folder, else all of it on standard output.
 */
export async function vary(id: string, options: CommonOptions & { readonly seed?: number }): Promise<number> {
  const ids = exercises.map((one) => one.id)
  const exercise = findExercise(known('exercise', id, ids))
  if (exercise === undefined) throw new UsageError(`no exercise is called ${id}`)
  if (exercise.worksheet === undefined) throw new UsageError(`there is nothing to vary in ${id}: it has no numbers`)
  const seed = options.seed ?? freshSeed()
  const variant = await varyExercise(exercise, seed)
  const { experiments: _, ...worked } = await showExercise({ ...variant.exercise, experiments: [] })
  const solution = showText({ ...worked, experiments: [] }, colorsFor(options))
  if (options.output !== undefined && options.format === 'text') {
    const name = `${id.replace('/', '-')}-${seed}`
    const files = {
      [`${name}.md`]: variant.sheet,
      [`${name}.key.yaml`]: variant.key,
      [`${name}.solution.txt`]: solution,
    }
    writeFiles(options.output, files)
    return 0
  }
  await writeReport(options, {
    json: { exercise: id, seed, sheet: variant.sheet, key: variant.key, solution: worked },
    text: () => [variant.sheet, variant.key, solution].join('\n'),
  })
  return 0
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  } catch (error) {
    throw new UsageError(`cannot write into ${folder}: ${error instanceof Error ? error.message : error}`)
  }
  process.stdout.write(
    `${Object.keys(files)
      .map((name) => join(folder, name))
      .join('\n')}\n`,
  )
}
