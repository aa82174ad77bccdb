#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { parseShard, type Shard } from '../properties/shardName.js'
import { UsageError } from './usage.js'
import { packageVersion } from './version.js'

/** Exit status where the command could not do its job: bad usage, unreadable file, missing backend. */
const couldNotRun = 2

function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`it should be a whole number from ${least} up.`)
    return value
  }
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('it should be a number of seconds above 0.')
  return value
}

function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim())
  if (list.includes('')) throw new InvalidArgumentError('it should be names separated by commas.')
  return list
}

function shard(text: string): Shard {
  const parsed = parseShard(text)
  if (parsed === undefined)
    throw new InvalidArgumentError('it should be i/n, the part and how many there are, as in 2/4.')
  return parsed
}

/** The options that every command has; `formats` are those of its report besides text and JSON. */
function withCommonOptions(command: Command, ...formats: readonly string[]): Command {
  return command
    .addOption(
      new Option('--format <format>', 'form of the report').choices(['text', 'json', ...formats]).default('text'),
    )
    .option('--output <file>', 'write the report to a file')
    .option('--quiet', 'no progress, and only what is wrong')
    .option('--no-color', 'no colours')
}

function program(finish: (status: number) => void): Command {
  const answerkey = new Command('answerkey')
    .description('An executable answer key for deep-learning exercises.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(answerkey help shows the commands, answerkey help COMMAND its options)')

  withCommonOptions(answerkey.command('mark'), 'junit', 'sarif', 'html', 'csv', 'gradescope', 'github')
    .description(
      'mark hand solutions: Markdown, LaTeX, notebooks, plain text, answer sheets in YAML or JSON, or folders of them; - is standard input',
    )
    .argument('<file...>')
    .option(
      '--exercise <id>',
      'the exercise that the file answers, where it does not say so; or the key of a variant, or an instance file (YAML)',
    )
    .addOption(
      new Option('--reveal <how much>', 'what the report gives away')
        .choices(['verdict', 'hint', 'cause', 'answer'])
        .default('answer'),
    )
    .option('--scheme <file>', 'a marking scheme (YAML): points a quantity')
    .option('--repair', 'write the mended solution instead, as a unified diff')
    .option('--timeout <seconds>', 'of one file', seconds, 10)
    .option('--memory <megabytes>', 'that the marking of one file may hold', wholeNumber(1), 768)
    .action(async (files, options) => finish(await (await import('./mark.js')).mark(files, options)))

  withCommonOptions(answerkey.command('test'), 'junit', 'sarif', 'html')
    .description(
      'run the laws against an implementation: oracle, gpu:BACKEND, torch, numpy, a JS/TS module, or a command such as "python3 impl.py"',
    )
    .argument('<subject>')
    .option('--operators <names>', 'only these operators, separated by commas', names)
    .option('--runs <n>', 'cases a law', wholeNumber(1), 100)
    .option('--seed <n>', 'seed of the cases', wholeNumber(0))
    .option('--path <path>', 'replay one counterexample')
    .option('--law <name>', 'only the law of this name')
    .option('--time-limit <seconds>', 'of the whole run', seconds)
    .option('--timeout <seconds>', 'of one call', seconds, 10)
    .option(
      '--memory <megabytes>',
      'that a command or module may hold; three quarters of the machine where not given',
      wholeNumber(1),
    )
    .option('--workers <n>', 'processes of a command that share its calls', wholeNumber(1), 1)
    .option(
      '--shard <i/n>',
      'only part i of n of the laws, for the jobs of a matrix; answerkey merge joins the reports',
      shard,
    )
    .option('--xfail <file>', 'failures that are expected (YAML): operator, law or *, and the reason')
    .option('--dialect <names>', 'choices of the subject’s own, such as lstm.gates=iofg (docs/dialects.md)', names)
    .option('--opset <n>', 'of the models that ONNX Runtime is given', wholeNumber(1))
    .option(
      '--as <operator or exercise>',
      'what a model file (.onnx) computes: conv2d, or encoderLayer,heads=4 with attributes and names of inputs that it does not tell; or an exercise, ntua/2.1a or an instance file (YAML)',
    )
    .option('--strict', 'count suspicious results, and what held unexpectedly, as broken')
    .option('--no-database', 'neither try first nor keep the cases that failed before, in .answerkey/')
    .option('--search', 'climb from the worst cases to worse ones, with three quarters of the runs')
    .action(async (subject, options) => finish(await (await import('./test.js')).test(subject, options)))

  withCommonOptions(answerkey.command('merge'), 'junit', 'sarif', 'html')
    .description('the JSON reports of the shards of a run of test as one report')
    .argument('<report...>')
    .option('--strict', 'count suspicious results, and what held unexpectedly, as broken')
    .action(async (reports, options) => finish(await (await import('./merge.js')).merge(reports, options)))

  withCommonOptions(answerkey.command('gpu'), 'junit')
    .description('cross-check every exercise and operator, oracle against gpu.js, on each backend of this machine')
    .option('--backend <names>', 'only these backends', names)
    .option('--require <names>', 'a backend of these that is missing, or that another replaced, is an error', names)
    .option('--require-hardware', 'a required backend that a processor stands in for is an error too')
    .option('--exercise <ids>', 'only these exercises', names)
    .option('--operators <names>', 'only these operators', names)
    .option('--runs <n>', 'cases a law', wholeNumber(1), 30)
    .option('--seed <n>', 'seed of the cases', wholeNumber(0))
    .action(async (options) => finish(await (await import('./gpu.js')).gpu(options)))

  withCommonOptions(answerkey.command('list'))
    .description('exercises, operators, mistakes, backends')
    .argument('[what]', 'exercises, operators, mistakes or backends')
    .action(async (what, options) => finish(await (await import('./list.js')).list(what, options)))

  withCommonOptions(answerkey.command('show'), 'html')
    .description('an exercise: its statement, given data and worked solution, step by step')
    .argument('<exercise>', 'its id, or an instance file (YAML)')
    .action(async (exercise, options) => finish(await (await import('./show.js')).show(exercise, options)))

  withCommonOptions(answerkey.command('vary'))
    .description(
      'a fresh instance of an exercise: a sheet with other numbers, its key and worked solution; --output names a folder',
    )
    .argument('<exercise>')
    .option('--seed <n>', 'which instance', wholeNumber(0))
    .action(async (exercise, options) => finish(await (await import('./vary.js')).vary(exercise, options)))

  withCommonOptions(answerkey.command('lint'))
    .description("which mistakes and conventions an exercise's numbers do not tell, and what to change")
    .argument('<exercise>', 'its id, or an instance file (YAML)')
    .option('--decimals <n>', 'digits behind the point that solutions write', wholeNumber(0), 3)
    .option('--significant <n>', 'significant digits that they write, instead', wholeNumber(1))
    .action(async (exercise, options) => finish(await (await import('./lint.js')).lint(exercise, options)))

  return answerkey
}

async function main(): Promise<number> {
  let status = 0
  try {
    await program((result) => {
      status = result
    }).parseAsync()
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : couldNotRun
    if (error instanceof UsageError) {
      process.stderr.write(`answerkey: ${error.message}\n`)
      return couldNotRun
    }
    process.stderr.write(`answerkey: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return couldNotRun
  }
}

// Whoever read the report stopped early: there is nobody to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(couldNotRun)
})

process.exitCode = await main()
