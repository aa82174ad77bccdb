import { type LintPrecision, lintExercise, withProposal } from '../marking/lint.js'
import { lintText } from '../reports/lintText.js'
import { exerciseOrInstance } from './instance.js'
import { type CommonOptions, colorsFor, writeReport } from './output.js'

interface LintOptions extends CommonOptions {
  readonly decimals: number
  readonly significant?: number
}

/**
 * `answerkey lint EXERCISE`: which mistakes and conventions the exercise's numbers, or an instance file's, do not tell at the
 * precision asked for. 0 where they tell all, 1 where not.
 */
export async function lint(what: string, options: LintOptions): Promise<number> {
  const exercise = await exerciseOrInstance(what)
  const { decimals, significant } = options
  const precision: LintPrecision =
    significant === undefined ? { kind: 'decimals', digits: decimals } : { kind: 'significant', digits: significant }
  const report = await withProposal(await lintExercise(exercise, precision), exercise)
  await writeReport(options, {
    json: report,
    text: () => lintText(report, colorsFor(options), options.quiet === true),
  })
  return report.tells ? 0 : 1
}
