import { exercises } from '../exercises/index.js'
import { backendNames, operatorNames } from '../gpu/index.js'
import { matrixText } from '../reports/matrixText.js'
import { crossCheck, type MatrixReport } from '../subjects/matrix.js'
import { type CommonOptions, colorsFor, freshSeed, writeReport } from './output.js'
import { openProgress } from './progress.js'
import { known, UsageError } from './usage.js'

interface GpuOptions extends CommonOptions {
  readonly backend?: readonly string[]
  readonly require?: readonly string[]
  readonly exercise?: readonly string[]
  readonly operators?: readonly string[]
  readonly runs: number
  readonly seed?: number
}

const allIds = exercises.map(({ id }) => id)

/**
 * `answerkey gpu`: 0 where every law held on every backend at hand, 1 where one did not, 2 where a required backend is missing
 * or none could be opened.
 */
export async function gpu(options: GpuOptions): Promise<number> {
  const required = options.require?.map((name) => known('backend', name, backendNames)) ?? []
  const chosen = options.backend?.map((name) => known('backend', name, backendNames)) ?? []
  const backends = backendNames.filter(
    (name) => (chosen.length === 0 && required.length === 0) || chosen.includes(name) || required.includes(name),
  )
  const operators = options.operators?.map((name) => known('operator with kernels', name, operatorNames))
  const ids = options.exercise?.map((id) => known('exercise', id, allIds))
  const progress = openProgress(options.quiet === true)
  const report = await crossCheck({
    backends,
    operators: operators ?? (ids === undefined ? operatorNames : []),
    exercises: exercises.filter(({ id }) => ids?.includes(id) ?? operators === undefined),
    runs: options.runs,
    seed: options.seed ?? freshSeed(),
    onProgress: progress.update,
  })
  progress.stop()
  writeReport(options, {
    json: report,
    text: () => matrixText(report, colorsFor(options), options.quiet === true),
  })
  return statusOf(report, required)
}

function statusOf({ backends, summary }: MatrixReport, required: readonly string[]): number {
  const missing = backends.filter(({ status }) => status === 'missing').map(({ backend }) => backend)
  const lacking = missing.filter((name) => required.includes(name))
  if (lacking.length > 0) throw new UsageError(`required, and missing here: ${lacking.join(', ')}`)
  if (missing.length === backends.length) throw new UsageError('no backend could be opened')
  return summary.broken + summary.errored > 0 ? 1 : 0
}
