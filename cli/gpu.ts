import { exercises } from '../exercises/index.js'
import { backendNames, operatorNames } from '../gpu/index.js'
import { matrixJunit } from '../reports/matrixJunit.js'
import { matrixMarkdown } from '../reports/matrixMarkdown.js'
import { matrixText } from '../reports/matrixText.js'
import { crossCheck, type MatrixReport } from '../subjects/matrix.js'
import { addToJobSummary, type CommonOptions, colorsFor, freshSeed, writeReport } from './output.js'
import { openProgress } from './progress.js'
import { known, UsageError } from './usage.js'

interface GpuOptions extends CommonOptions {
  readonly backend?: readonly string[]
  readonly require?: readonly string[]
  readonly requireHardware?: true
  readonly exercise?: readonly string[]
  readonly operators?: readonly string[]
  readonly runs: number
  readonly seed?: number
}

const allIds = exercises.map(({ id }) => id)

/**
 * `answerkey gpu`: 0 where every law held on every backend at hand, 1 where one did not, 2 where a required backend is missing,
 * or is not the hardware that --require-hardware asks for, or none could be opened.
 */
export async function gpu(options: GpuOptions): Promise<number> {
  const required = options.require?.map((name) => known('backend', name, backendNames)) ?? []
  if (options.requireHardware === true && required.length === 0)
    throw new UsageError('--require-hardware goes with --require, which names the backends that it is about')
  const chosen = options.backend?.map((name) => known('backend', name, backendNames)) ?? []
  const backends = backendNames.filter(
    (name) => (chosen.length === 0 && required.length === 0) || chosen.includes(name) || required.includes(name),
  )
  const operators = options.operators?.map((name) => known('operator', name, operatorNames))
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
  const lacking = lackingBackends(report, required, options.requireHardware === true)
  await writeReport(options, {
    json: report,
    text: () => matrixText(report, colorsFor(options), options.quiet === true),
    junit: () => matrixJunit(report, lacking),
  })
  addToJobSummary(() => matrixMarkdown(report, lacking))
  const complaints = Object.entries(lacking).map(([backend, complaint]) => `${backend}: ${complaint}`)
  if (complaints.length > 0) throw new UsageError(`required, and missing here: ${complaints.join('; ')}`)
  if (report.backends.every(({ status }) => status === 'missing')) throw new UsageError('no backend could be opened')
  return report.summary.broken + report.summary.errored > 0 ? 1 : 0
}

/** Why the required backends that this machine lacks do not count as there. */
function lackingBackends(
  { backends }: MatrixReport,
  required: readonly string[],
  hardware: boolean,
): Readonly<Record<string, string>> {
  const lacking: Record<string, string> = {}
  for (const backend of backends) {
    if (!required.includes(backend.backend)) continue
    if (backend.status === 'missing') lacking[backend.backend] = backend.reason
    else if (hardware && backend.software !== false)
      lacking[backend.backend] =
        backend.software === true
          ? `${backend.device} is a software device`
          : `whether ${backend.device} is hardware cannot be known`
  }
  return lacking
}
