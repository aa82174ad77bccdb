import { crossCheckExercise, type Exercise } from '../exercises/index.js'
import { type BackendName, BackendUnavailable, type GpuBackend, hostOperatorNames, openBackend } from '../gpu/index.js'
import { type OperatorReport, profileNamed, roundingOf, runLaws } from '../properties/index.js'

/** One row of the matrix on one backend: an operator against its laws, or an exercise against the oracle. */
export interface MatrixRow {
  readonly kind: 'operator' | 'exercise'
  readonly name: string
  readonly status: 'held' | 'suspicious' | 'broken' | 'errored' | 'skipped'
  /** The worst error in units of what is allowed. */
  readonly worst: number
  readonly cases: number
  /** How often numbers were read from the device to solve an exercise once. Operators on their own are read every call. */
  readonly reads?: number
  /** The host computed it, without a kernel. */
  readonly host?: true
  readonly milliseconds: number
  /** What went wrong, a line each. */
  readonly messages: readonly string[]
}

/** What a backend did, or why it could not. */
export type BackendReport =
  | {
      readonly backend: BackendName
      readonly status: 'ran'
      readonly device: string
      /** Whether a processor stands in for the graphics card; undefined where it cannot be known. */
      readonly software: boolean | undefined
      /** The modes in which gpu.js executed kernels: the backend's own, and nothing else. */
      readonly modes: readonly string[]
      readonly compilations: number
      readonly rows: readonly MatrixRow[]
    }
  | { readonly backend: BackendName; readonly status: 'missing'; readonly reason: string; readonly remedy: string }

/** What `answerkey gpu --format json` prints. */
export interface MatrixReport {
  readonly version: 1
  readonly seed: number
  readonly runs: number
  readonly backends: readonly BackendReport[]
  readonly summary: Readonly<Record<MatrixRow['status'], number>>
}

export interface MatrixOptions {
  readonly backends: readonly BackendName[]
  readonly operators: readonly string[]
  readonly exercises: readonly Exercise[]
  /** Cases a law; an exercise is solved for the source's numbers and for as many others. */
  readonly runs: number
  readonly seed: number
  onProgress(done: number, total: number, what: string): void
}

/** Calls in flight together: what a device needs to be kept busy. */
const concurrency = 16

/** Cross-checks operators and exercises, backend by backend, against the oracle. A missing backend does not stop the others. */
export async function crossCheck(options: MatrixOptions): Promise<MatrixReport> {
  const total = options.backends.length * (options.operators.length + options.exercises.length)
  let done = 0
  const backends: BackendReport[] = []
  for (const name of options.backends) {
    const tick = (what: string) => options.onProgress(done++, total, `${name}: ${what}`)
    backends.push(await onBackend(name, options, tick))
  }
  const summary = { held: 0, suspicious: 0, broken: 0, errored: 0, skipped: 0 }
  for (const backend of backends) if (backend.status === 'ran') for (const { status } of backend.rows) summary[status]++
  return { version: 1, seed: options.seed, runs: options.runs, backends, summary }
}

async function onBackend(
  name: BackendName,
  options: MatrixOptions,
  tick: (what: string) => void,
): Promise<BackendReport> {
  let backend: GpuBackend
  try {
    backend = await openBackend(name)
  } catch (error) {
    if (!(error instanceof BackendUnavailable)) throw error
    return { backend: name, status: 'missing', reason: error.reason, remedy: error.remedy }
  }
  try {
    const rows: MatrixRow[] = []
    for (const operator of options.operators) {
      tick(operator)
      rows.push(await operatorRow(backend, operator, options))
    }
    for (const exercise of options.exercises) {
      tick(exercise.id)
      rows.push(await exerciseRow(backend, exercise, options))
    }
    const modes = [...new Set(backend.ran().map(({ mode }) => mode))]
    const { device, software, compilations } = backend
    return { backend: name, status: 'ran', device, software, modes, compilations, rows }
  } finally {
    await backend.close()
  }
}

async function operatorRow(backend: GpuBackend, operator: string, { runs, seed }: MatrixOptions): Promise<MatrixRow> {
  const subject = { ...backend.implementation, profile: profileNamed(backend.profileName, 'float32') }
  const report = await runLaws(subject, { operators: [operator], runs, seed, concurrency, timeoutSeconds: 30 })
  const checked: OperatorReport = report.operators[operator] ?? { status: 'skipped', laws: [] }
  return {
    kind: 'operator',
    name: operator,
    ...(hostOperatorNames.includes(operator) ? { host: true } : {}),
    status: checked.status === 'unsupported' ? 'skipped' : checked.status,
    worst: checked.laws.reduce((worst, { ratio }) => Math.max(worst, ratio ?? 0), 0),
    cases: checked.laws.reduce((sum, law) => sum + law.runs, 0),
    milliseconds: report.milliseconds,
    messages: checked.laws
      .filter(({ status }) => status !== 'held' && status !== 'skipped' && status !== 'unsupported')
      .map(({ law, status, message }) => `${status}: ${law}${message === undefined ? '' : ` (${message})`}`),
  }
}

async function exerciseRow(backend: GpuBackend, exercise: Exercise, { runs, seed }: MatrixOptions): Promise<MatrixRow> {
  const began = performance.now()
  const rounding = roundingOf(profileNamed(backend.profileName, 'float32'))
  const { operators } = backend.implementation
  const solver = { operators, chain: backend.chain }
  const report = await crossCheckExercise(exercise, solver, { runs, seed, rounding, concurrency })
  return {
    kind: 'exercise',
    name: exercise.id,
    status: report.failures.length === 0 ? 'held' : 'broken',
    worst: report.worst,
    cases: report.cases,
    ...(report.reads === undefined ? {} : { reads: report.reads }),
    milliseconds: performance.now() - began,
    messages: report.failures.map(({ what, message }) => `${what}: ${message}`),
  }
}
