import { BackendUnavailable } from '../gpu/index.js'
import { contract } from '../oracle/index.js'
import { laws, runLaws } from '../properties/index.js'
import { testText } from '../reports/testText.js'
import { lookalike } from '../subjects/lookalike.js'
import { openSubject } from '../subjects/open.js'
import { SubjectUnavailable } from '../subjects/subject.js'
import { type CommonOptions, colorsFor, freshSeed, writeReport } from './output.js'
import { openProgress } from './progress.js'
import { known, UsageError } from './usage.js'

interface TestOptions extends CommonOptions {
  readonly operators?: readonly string[]
  readonly runs: number
  readonly seed?: number
  readonly path?: string
  readonly law?: string
  readonly timeLimit?: number
  readonly timeout: number
  readonly workers: number
  readonly strict?: true
  readonly search?: true
}

/** `answerkey test SUBJECT`: 0 where every law held, 1 where one did not, a UsageError where nothing could be run. */
export async function test(spec: string, options: TestOptions): Promise<number> {
  const operators = options.operators?.map((name) => known('operator', name, Object.keys(contract)))
  if (options.path !== undefined && (operators?.length !== 1 || options.seed === undefined))
    throw new UsageError('--path replays one counterexample: it needs --seed and --operators with the one operator')
  const chosen = laws.filter((law) => operators === undefined || operators.includes(law.operator))
  if (options.law !== undefined) known('law', options.law, [...new Set(chosen.map(({ name }) => name))])
  const seed = options.seed ?? freshSeed()
  const subject = await opened(spec, options)
  const progress = openProgress(options.quiet === true)
  try {
    for (const name of Object.keys(subject.operators))
      if (!(name in contract))
        process.stderr.write(`answerkey: ${spec} exports the operator ${name}, which the contract does not have\n`)
    const report = await runLaws(subject, {
      ...(operators !== undefined && { operators }),
      ...(options.law !== undefined && { laws: [options.law] }),
      ...(options.path !== undefined && { path: options.path }),
      ...(options.timeLimit !== undefined && { timeLimitSeconds: options.timeLimit }),
      runs: options.runs,
      seed,
      strict: options.strict === true,
      search: options.search === true && options.path === undefined,
      // Modules and processes have their calls watched where they run; the oracle needs no watching.
      ...(spec.startsWith('gpu:') && { timeoutSeconds: options.timeout, concurrency: 16 }),
      ...(subject.concurrency !== undefined && { concurrency: subject.concurrency }),
      explain: lookalike(subject),
      replayCommand: (law, path) =>
        `answerkey test ${quoted(spec)} --operators ${law.operator} --law ${quoted(law.name)} --seed ${seed} --runs ${options.runs} ${path === undefined ? '--search' : `--path ${path}`}`,
      onProgress: ({ done, total, operator, law }) => progress.update(done, total, `${operator}: ${law}`),
    })
    progress.stop()
    if (Object.keys(report.operators).length === 0)
      throw new UsageError(`${spec} implements none of the operators asked for, so no law was checked`)
    writeReport(options, { json: report, text: () => testText(report, colorsFor(options), options.quiet === true) })
    return report.summary.broken + report.summary.errored > 0 || (options.strict && report.summary.suspicious > 0)
      ? 1
      : 0
  } finally {
    progress.stop()
    await subject.close()
  }
}

async function opened(spec: string, { timeout, workers }: TestOptions) {
  try {
    const subject = await openSubject(spec, timeout, { workers })
    // Of all subjects, only commands say how many calls they take at once.
    if (workers === 1 || subject.concurrency !== undefined) return subject
    await subject.close()
    throw new UsageError(`--workers is for commands such as "python3 impl.py"; ${spec} is none`)
  } catch (error) {
    if (error instanceof SubjectUnavailable) throw new UsageError(error.message)
    if (error instanceof BackendUnavailable) throw new UsageError(`${spec}: ${error.reason}; ${error.remedy}`)
    throw error
  }
}

/** A word of a shell command line. */
function quoted(word: string): string {
  return /^[\w./:@=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
