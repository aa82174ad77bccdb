import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { contract } from '../oracle/index.js'
import { lawsOf } from '../properties/arbitraries/calls.js'
import { type ExpectedFailures, refuseUnknown, refuseUnknownLaws } from '../properties/expectedFailures.js'
import { type Law, runLaws, type Subject } from '../properties/index.js'
import { languageOf } from '../reports/callText.js'
import { inDialects, operatorInDialects } from '../subjects/dialects.js'
import { readExpectedFailures } from '../subjects/expectedFailures.js'
import { inProcess, type OwnImplementation } from '../subjects/inProcess.js'
import { lookalike } from '../subjects/lookalike.js'
import type { OpenSubject } from '../subjects/subject.js'
import { BrokenLaw, failureText } from './failureText.js'

export type { ExpectedFailures } from '../properties/expectedFailures.js'
export type { OwnImplementation, OwnOperator } from '../subjects/inProcess.js'

export interface ConformanceOptions {
  /** Operators to test; all that the subject has where not given. */
  readonly operators?: readonly string[]
  /** Cases a law; 100 where not given. */
  readonly runs?: number
  /** From which cases are drawn: 42 where not given. The environment variable ANSWERKEY_SEED goes before it. */
  readonly seed?: number
  /** Seconds for one call; 10 where not given. */
  readonly timeout?: number
  /** Failures that are known, or the path of a file that lists them. The test of a law that is named fails when the law holds. */
  readonly xfail?: ExpectedFailures | string
  /** Counts what is suspicious as broken. */
  readonly strict?: boolean
}

/** How the tests of one subject are run. */
interface Conformance {
  readonly options: ConformanceOptions
  readonly xfail: ExpectedFailures
  readonly seed: number
  /** What `answerkey test` would be given, where the subject is such. */
  readonly spec: string | undefined
  /** Seconds for a call where the subject does not watch over its calls itself. */
  readonly timeoutSeconds: number | undefined
  readonly site: Error
  readonly subject: () => OpenSubject
}

/**
 * Registers, inside a test file of vitest's, a `describe` for every operator of the subject and a test for every law. The subject is
 * an implementation in this process (a module's exports, or an object like them), or whatever `answerkey test` takes: a module's
 * path, a command (`'python3 impl.py'`), a known library. Such a one is opened before its tests and closed after them.
 * Throws a RangeError for an unknown operator or law, and SubjectUnavailable where there is nothing to test.
 */
export function conformance(subject: OwnImplementation | string, options: ConformanceOptions = {}): void {
  const site = new Error()
  Error.captureStackTrace(site, conformance)
  for (const operator of options.operators ?? []) refuseUnknown('operator', operator, Object.keys(contract))
  const xfail = expectedIn(options.xfail)
  const seed = environmentNumber('ANSWERKEY_SEED') ?? options.seed ?? 42
  if (typeof subject === 'string') registerOpened(subject, { options, xfail, seed, site })
  else {
    const own = inDialects({ ...inProcess(subject), close: async () => {} }, subject.dialects ?? [])
    const timeoutSeconds = options.timeout ?? 10
    describe(title(own, seed), () =>
      registerLaws(own, { options, xfail, seed, site, spec: undefined, timeoutSeconds, subject: () => own }),
    )
  }
}

function expectedIn(xfail: ExpectedFailures | string = {}): ExpectedFailures {
  if (typeof xfail === 'string') return readExpectedFailures(xfail, readFileSync(xfail, 'utf8'))
  refuseUnknownLaws(xfail)
  return xfail
}

/** Asks the subject for its operators while tests are collected, and opens it anew for the tests that are run. */
function registerOpened(spec: string, known: Pick<Conformance, 'options' | 'xfail' | 'seed' | 'site'>): void {
  const seconds = known.options.timeout ?? 10
  describe(`${spec}, seed ${known.seed}`, async () => {
    // Loaded only here: it brings gpu.js and all that opens other subjects with it.
    const { openSubject } = await import('../subjects/open.js')
    const open = async () => inOwnDialects(await openSubject(spec, seconds))
    const asked = await open()
    await asked.close()
    let opened: OpenSubject | undefined
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => opened?.close())
    const subject = () => {
      if (opened === undefined) throw new Error(`${spec} is not open`)
      return opened
    }
    // Modules and processes have their calls watched where they run.
    const timeoutSeconds = spec.startsWith('gpu:') ? seconds : undefined
    registerLaws(asked, { ...known, spec, timeoutSeconds, subject })
  })
}

/** The subject in the dialects that it declares. Throws an UnknownDialect for what is none. */
async function inOwnDialects(subject: OpenSubject): Promise<OpenSubject> {
  try {
    return inDialects(subject, subject.dialects ?? [])
  } catch (error) {
    await subject.close()
    throw error
  }
}

function title({ name, precision }: Subject, seed: number): string {
  return `${name} (${precision}), seed ${seed}`
}

function registerLaws(known: OpenSubject, conformance: Conformance): void {
  const { operators = Object.keys(contract).filter((name) => name in known.operators) } = conformance.options
  for (const operator of operators.map((name) => operatorInDialects(known.dialects ?? [], name))) {
    describe(operator, () => {
      if (!(operator in known.operators)) test.skip('is not implemented')
      else for (const law of lawsOf(operator)) registerLaw(law, conformance)
    })
  }
}

function registerLaw(law: Law, conformance: Conformance): void {
  const { options, xfail, seed, spec, timeoutSeconds, site } = conformance
  // Single calls are watched, so the test needs no time limit of its own.
  test(law.name, { timeout: 0 }, async (context) => {
    const subject = conformance.subject()
    const path = process.env.ANSWERKEY_PATH
    const report = await runLaws(subject, {
      operators: [law.operator],
      laws: [law.name],
      seed,
      ...(options.runs !== undefined && { runs: options.runs }),
      xfail,
      ...(options.strict !== undefined && { strict: options.strict }),
      ...(path !== undefined && { path }),
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      ...(subject.concurrency !== undefined && { concurrency: subject.concurrency }),
      explain: lookalike(subject),
    })
    const [result] = report.operators[law.operator].laws
    const { operator } = law
    const { precision, dialects = [] } = subject
    const language = spec === undefined ? 'typescript' : languageOf(spec)
    const failed = () =>
      failureText({ operator, precision, dialects, language, seed, file: context.task.file.filepath }, result)
    switch (result.status) {
      case 'held':
        if (result.xfail === undefined) return
        throw new BrokenLaw(`it holds, though it is expected to fail: ${result.xfail}`, site)
      case 'skipped':
      case 'unsupported':
        context.skip(result.why ?? result.status)
        return
      case 'suspicious':
        // Counted as broken where options.strict says so; its status is then another.
        await context.annotate(failed(), 'warning')
        return
      default:
        if (result.xfail === undefined) throw new BrokenLaw(failed(), site)
        await context.annotate(`expected to fail: ${result.xfail}`)
    }
  })
}

/** The whole number that an environment variable holds; undefined where it is not set. Throws a RangeError for anything else. */
function environmentNumber(name: string): number | undefined {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  if (!/^\d+$/.test(text)) throw new RangeError(`${name} should be a whole number, got ${text}`)
  return Number(text)
}
