import { readFileSync } from 'node:fs'
import type { Exercise } from '../exercises/index.js'
import type { ExpectedFailures } from '../properties/expectedFailures.js'
import type { TestReport } from '../properties/index.js'
import { shardOf } from '../properties/shard.js'
import { openDatabase } from '../subjects/database.js'
import { fittingRun } from '../subjects/exercises/conventions.js'
import type { ExerciseRun } from '../subjects/exercises/run.js'
import { BadExpectedFailures, readExpectedFailures } from '../subjects/expectedFailures.js'
import { openExerciseFile } from '../subjects/onnx/exerciseFile.js'
import { SubjectUnavailable } from '../subjects/subject.js'
import { exerciseOrInstance, isInstanceFile } from './instance.js'
import { freshSeed } from './output.js'
import { openProgress } from './progress.js'
import { databaseFolder, replayCommand, type TestOptions } from './test.js'
import { testStatus, writeTestReport } from './testReport.js'
import { known, UsageError } from './usage.js'

/** The exercise that `--as` names, by its id or by the file of an instance; `undefined` where it names none. */
export async function exerciseOf(as: string): Promise<Exercise | undefined> {
  const [name] = as.split(',')
  return name.includes('/') || isInstanceFile(name) ? exerciseOrInstance(name) : undefined
}

/** `answerkey test model.onnx --as EXERCISE`: as test, the laws being about the exercise's quantities. */
export async function testExercise(spec: string, exercise: Exercise, options: TestOptions): Promise<number> {
  refuseWhatIsForOperators(spec, options)
  const { shard, law } = options
  const seed = options.seed ?? freshSeed()
  const subject = await opened(spec, exercise, options)
  const progress = openProgress(options.quiet === true)
  const database = options.database
    ? openDatabase(databaseFolder, `${spec} as ${options.as} ${subject.precision}`)
    : undefined
  try {
    for (const own of subject.leftOver)
      process.stderr.write(`answerkey: ${spec} has the output ${own}, which is no quantity of ${exercise.id}\n`)
    const run = await fittingRun(subject, seed)
    const names = run.laws.map(({ name }) => name)
    if (law !== undefined) known('law', law, names)
    const xfail = options.xfail === undefined ? undefined : expectedIn(options.xfail, exercise, run)
    const found = await run.report({
      ...{ runs: options.runs, seed },
      ...(law !== undefined && { law }),
      ...(options.path !== undefined && { path: options.path }),
      ...(options.timeLimit !== undefined && { timeLimitSeconds: options.timeLimit }),
      ...(xfail !== undefined && { xfail }),
      ...(database !== undefined && { knownCases: database }),
      ...(shard !== undefined && { part: (laws) => shardOf(laws, shard.index, shard.of) }),
      replayCommand: (failed, path) => replayCommand(spec, options, seed, failed, path),
      onProgress: ({ done, total, operator, law: current }) => progress.update(done, total, `${operator}: ${current}`),
    })
    progress.stop()
    const report: TestReport = {
      ...found,
      spec,
      ...(shard !== undefined && { shard: `${shard.index}/${shard.of}` }),
    }
    await writeTestReport(report, options)
    return testStatus(report, options.strict === true)
  } finally {
    progress.stop()
    database?.save()
    await subject.close()
  }
}

function refuseWhatIsForOperators(spec: string, options: TestOptions): void {
  if (!spec.endsWith('.onnx')) throw new UsageError(`${spec}: --as is for model files, which end in .onnx`)
  const { operators, dialect, opset, workers, search, path, law, seed, shard } = options
  if (operators !== undefined)
    throw new UsageError('--operators is for operators; --law names one quantity of an exercise')
  if (dialect !== undefined)
    throw new UsageError('--dialect is for operators; an exercise has conventions, and the one that fits is found')
  if (search === true)
    throw new UsageError('--search is for operators: exercises draw their given data and do not climb')
  if (opset !== undefined)
    throw new UsageError('--opset is for onnxruntime and onnxruntime:web; a model file has its own')
  if (workers !== 1) throw new UsageError(`--workers is for commands such as "python3 impl.py"; ${spec} is none`)
  if (path !== undefined && (law === undefined || seed === undefined))
    throw new UsageError('--path replays one counterexample: it needs --seed and --law')
  if (shard !== undefined && seed === undefined)
    throw new UsageError('--shard is a part of one run: it needs --seed, the same for all of them')
}

async function opened(spec: string, exercise: Exercise, { as = '', timeout, memory }: TestOptions) {
  try {
    const [, ...settings] = as.split(',')
    return await openExerciseFile(spec, exercise, settings, timeout, {
      ...(memory !== undefined && { memoryMegabytes: memory }),
    })
  } catch (error) {
    if (error instanceof SubjectUnavailable) throw new UsageError(error.message)
    throw error
  }
}

function expectedIn(file: string, { id }: Exercise, { laws }: ExerciseRun): ExpectedFailures {
  try {
    return readExpectedFailures(file, readFileSync(file, 'utf8'), { [id]: laws.map(({ name }) => name) })
  } catch (error) {
    if (error instanceof BadExpectedFailures) throw new UsageError(error.message)
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : error}`)
  }
}
