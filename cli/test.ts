import { readFileSync } from 'node:fs'
import { BackendUnavailable } from '../gpu/index.js'
import { contract } from '../oracle/index.js'
import type { ExpectedFailures } from '../properties/expectedFailures.js'
import { type Law, laws, runLaws, type TestReport } from '../properties/index.js'
import { shardOf } from '../properties/shard.js'
import type { Shard } from '../properties/shardName.js'
import { openDatabase } from '../subjects/database.js'
import { inDialects, operatorInDialects, UnknownDialect } from '../subjects/dialects.js'
import { BadExpectedFailures, readExpectedFailures } from '../subjects/expectedFailures.js'
import { lookalike } from '../subjects/lookalike.js'
import { openSubject } from '../subjects/open.js'
import { shellWord } from '../subjects/shell.js'
import { type OpenSubject, SubjectUnavailable } from '../subjects/subject.js'
import { type CommonOptions, freshSeed } from './output.js'
import { openProgress } from './progress.js'
import { testStatus, writeTestReport } from './testReport.js'
import { known, UsageError } from './usage.js'

export interface TestOptions extends CommonOptions {
  readonly operators?: readonly string[]
  readonly runs: number
  readonly seed?: number
  readonly path?: string
  readonly law?: string
  readonly timeLimit?: number
  readonly timeout: number
  readonly workers: number
  /** Megabytes. */
  readonly memory?: number
  readonly shard?: Shard
  readonly xfail?: string
  readonly dialect?: readonly string[]
  readonly opset?: number
  readonly as?: string
  /** Whether cases that failed before are tried first and kept. */
  readonly database: boolean
  readonly strict?: true
  readonly search?: true
}

/** The folder of the working directory in which failing cases are kept. */
export const databaseFolder = '.answerkey'

/** `answerkey test SUBJECT`: 0 where every law held, 1 where one did not, a UsageError where nothing could be run. */
export async function test(spec: string, options: TestOptions): Promise<number> {
  if (options.as !== undefined) {
    const { exerciseOf, testExercise } = await import('./testExercise.js')
    const exercise = await exerciseOf(options.as)
    if (exercise !== undefined) return testExercise(spec, exercise, options)
  }
  const asked = options.operators?.map((name) => known('operator', name, Object.keys(contract)))
  if (options.path !== undefined && (asked?.length !== 1 || options.seed === undefined))
    throw new UsageError('--path replays one counterexample: it needs --seed and --operators with the one operator')
  const { shard } = options
  if (shard !== undefined && options.seed === undefined)
    throw new UsageError('--shard is a part of one run: it needs --seed, the same for all of them')
  const xfail = options.xfail === undefined ? undefined : expectedIn(options.xfail)
  const seed = options.seed ?? freshSeed()
  const subject = await opened(spec, options)
  const operators = asked?.map((name) => operatorInDialects(subject.dialects ?? [], name))
  const chosen = laws.filter((law) => operators === undefined || operators.includes(law.operator))
  const progress = openProgress(options.quiet === true)
  const database = options.database ? openDatabase(databaseFolder, `${spec} ${subject.precision}`) : undefined
  const isThere = ({ operator, name }: Law): boolean =>
    operator in subject.operators && (options.law === undefined || name === options.law)
  try {
    if (options.law !== undefined) known('law', options.law, [...new Set(chosen.map(({ name }) => name))])
    for (const name of Object.keys(subject.operators))
      if (!(name in contract))
        process.stderr.write(`answerkey: ${spec} exports the operator ${name}, which the contract does not have\n`)
    const found = await runLaws(subject, {
      ...(operators !== undefined && { operators }),
      ...(options.law !== undefined && { laws: [options.law] }),
      ...(shard !== undefined && { part: new Set(shardOf(chosen.filter(isThere), shard.index, shard.of)) }),
      ...(options.path !== undefined && { path: options.path }),
      ...(options.timeLimit !== undefined && { timeLimitSeconds: options.timeLimit }),
      ...(xfail !== undefined && { xfail }),
      ...(database !== undefined && { knownCases: database }),
      runs: options.runs,
      seed,
      strict: options.strict === true,
      search: options.search === true && options.path === undefined,
      // Modules and processes have their calls watched where they run; the oracle needs no watching.
      ...(spec.startsWith('gpu:') && { timeoutSeconds: options.timeout, concurrency: 16 }),
      ...(subject.concurrency !== undefined && { concurrency: subject.concurrency }),
      explain: lookalike(subject),
      replayCommand: (law, path) => replayCommand(spec, options, seed, law, path),
      onProgress: ({ done, total, operator, law }) => progress.update(done, total, `${operator}: ${law}`),
    })
    progress.stop()
    if (!chosen.some(isThere))
      throw new UsageError(`${spec} implements none of the operators asked for, so no law was checked`)
    const report: TestReport = {
      ...found,
      spec,
      ...(subject.dialects !== undefined && { dialects: subject.dialects }),
      ...(shard !== undefined && { shard: `${shard.index}/${shard.of}` }),
    }
    await writeTestReport(report, options)
    const { skipped: _, unsupported, ...judged } = report.summary
    if (shard === undefined && unsupported > 0 && Object.values(judged).every((laws) => laws === 0))
      throw new UsageError(`${spec} took none of the calls, so no law was checked: ${whyNone(report)}`)
    return testStatus(report, options.strict === true)
  } finally {
    progress.stop()
    database?.save()
    await subject.close()
  }
}

/** The first reason why a law has no case that the subject supports. */
function whyNone({ operators }: TestReport): string {
  const laws = Object.values(operators).flatMap((operator) => operator.laws)
  return laws.find(({ status, why }) => status === 'unsupported' && why !== undefined)?.why ?? 'not implemented'
}

/** The command that brings a failing case back: by its path, by searching again, or from the database. */
export function replayCommand(
  spec: string,
  options: TestOptions,
  seed: number,
  law: Law,
  path: string | undefined,
): string {
  const same = [
    ...(options.dialect === undefined ? [] : [`--dialect ${shellWord(options.dialect.join(','))}`]),
    ...(options.opset === undefined ? [] : [`--opset ${options.opset}`]),
    ...(options.as === undefined ? [] : [`--as ${shellWord(options.as)}`]),
    ...(path !== undefined ? [`--path ${path}`] : options.search ? ['--search'] : []),
  ]
  const operators = law.operator in contract ? ` --operators ${law.operator}` : ''
  return `answerkey test ${shellWord(spec)}${operators} --law ${shellWord(law.name)} --seed ${seed} --runs ${options.runs}${same.map((option) => ` ${option}`).join('')}`
}

function expectedIn(file: string): ExpectedFailures {
  try {
    return readExpectedFailures(file, readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof BadExpectedFailures) throw new UsageError(error.message)
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

async function opened(spec: string, { timeout, workers, memory, dialect = [], opset, as, quiet }: TestOptions) {
  try {
    const subject = await openSubject(spec, timeout, {
      workers,
      ...(memory !== undefined && { memoryMegabytes: memory }),
      ...(quiet !== true && { onWaiting: (seconds, limit) => tellOfWaiting(spec, seconds, limit) }),
      ...(opset !== undefined && { opset }),
      ...(as !== undefined && { as }),
    })
    // Of all subjects, only commands and ONNX Runtime have workers.
    if (workers === 1 || subject.workers !== undefined) return await translated(subject, dialect)
    await subject.close()
    throw new UsageError(`--workers is for commands such as "python3 impl.py" and for onnxruntime; ${spec} is neither`)
  } catch (error) {
    if (error instanceof SubjectUnavailable) throw new UsageError(error.message)
    if (error instanceof BackendUnavailable) throw new UsageError(`${spec}: ${error.reason}; ${error.remedy}`)
    throw error
  }
}

function tellOfWaiting(spec: string, seconds: number, limit: number): void {
  process.stderr.write(`answerkey: ${spec} has not said hello for ${seconds} s; it is given up after ${limit} s\n`)
}

/** The subject with the dialects that it declares and those of the command line translated. */
async function translated(subject: OpenSubject, named: readonly string[]): Promise<OpenSubject> {
  try {
    return inDialects(subject, [...new Set([...(subject.dialects ?? []), ...named])])
  } catch (error) {
    await subject.close()
    if (error instanceof UnknownDialect) throw new UsageError(error.message)
    throw error
  }
}
