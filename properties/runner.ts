import { Failure } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { inputsToWire, toWire } from '../oracle/wire.js'
import { Arithmetic } from './arithmetic.js'
import { Caller, Timeout } from './caller.js'
import { caseAt, casesOf, shrinkCase } from './cases.js'
import { held, type Verdict } from './comparison.js'
import type { Call, Law, Subject } from './law.js'
import { laws as allLaws, models } from './laws.js'
import { ieee, type Profile } from './profile.js'
import {
  type Counterexample,
  type LawReport,
  type OperatorReport,
  statusOf,
  summaryOf,
  type TestReport,
} from './report.js'
import { Search } from './search.js'
import { simplify } from './shrink.js'

/** A failing case as it is handed to whoever explains it. */
export interface FailingCase {
  readonly operator: string
  readonly law: Law
  readonly call: Call
  /** What the subject answered to the call, if it did. */
  readonly outputs?: Tensors
  readonly gradients?: Tensors
}

export interface RunOptions {
  /** Operators to test; all that the subject has where not given. */
  readonly operators?: readonly string[]
  /** Names of the laws to check; all where not given. */
  readonly laws?: readonly string[]
  /** Cases a law; 100 where not given. */
  readonly runs?: number
  readonly seed: number
  /** Replays the counterexample at this path of fast-check's, for the laws to which it leads. */
  readonly path?: string
  readonly timeLimitSeconds?: number
  /** For one call. */
  readonly timeoutSeconds?: number
  /** Counts what is suspicious as broken. */
  readonly strict?: boolean
  /** Spends three quarters of the cases on climbing from the worst of the others to cases that are worse still. */
  readonly search?: boolean
  /** Cases of a law that may be in flight together; 1 where not given. */
  readonly concurrency?: number
  /** Whether failing cases are made smaller, and for how long each at most; 10 s where not given, 0 for not at all. */
  readonly shrinkSeconds?: number
  readonly onProgress?: (progress: Progress) => void
  /** Names the mistake that a failing case looks like. */
  readonly explain?: (failing: FailingCase) => Promise<string | undefined>
  /** The command that replays a counterexample; a case that a search found has no path of fast-check's. */
  readonly replayCommand?: (law: Law, path: string | undefined) => string
}

export interface Progress {
  readonly operator: string
  readonly law: string
  readonly done: number
  readonly total: number
}

/** What one case came to: a verdict, or why there is none. */
interface Outcome {
  readonly status: 'held' | 'suspicious' | 'broken' | 'errored' | 'unimplemented'
  readonly verdict: Verdict
  readonly message?: string
  /** The subject hung: smaller cases are not tried. */
  readonly hung?: true
}

/**
 * Checks the laws of every operator that the subject has. One broken law does not stop the others, a law that throws, hangs or
 * answers nonsense is `errored`, and one that ran no case is `skipped`. Throws a RangeError for an unknown operator or law.
 */
export async function runLaws(subject: Subject, options: RunOptions): Promise<TestReport> {
  const started = performance.now()
  const profile = subject.profile ?? ieee(subject.precision)
  const wanted = options.operators ?? Object.keys(contract)
  for (const operator of wanted)
    if (!(operator in contract))
      throw new RangeError(`unknown operator ${operator}; known: ${Object.keys(contract).join(', ')}`)
  const selected = allLaws.filter(
    ({ operator, name }) =>
      wanted.includes(operator) && operator in subject.operators && (options.laws?.includes(name) ?? true),
  )
  for (const name of options.laws ?? [])
    if (!allLaws.some((law) => law.name === name && wanted.includes(law.operator)))
      throw new RangeError(`unknown law «${name}» of ${wanted.join(', ')}`)

  const reports: Record<string, LawReport[]> = {}
  for (const [done, law] of selected.entries()) {
    options.onProgress?.({ operator: law.operator, law: law.name, done, total: selected.length })
    reports[law.operator] ??= []
    reports[law.operator].push(await runLaw(law, subject, profile, options, started))
    await breath()
  }
  const operators: Record<string, OperatorReport> = {}
  for (const [operator, laws] of Object.entries(reports)) operators[operator] = { status: statusOf(laws), laws }
  return {
    version: 1,
    subject: subject.name,
    precision: subject.precision,
    profile: profile.name,
    seed: options.seed,
    runs: options.runs ?? 100,
    operators,
    notImplemented: wanted.filter((operator) => !(operator in subject.operators)),
    summary: summaryOf(Object.values(operators)),
    milliseconds: performance.now() - started,
  }
}

async function runLaw(
  law: Law,
  subject: Subject,
  profile: Profile,
  options: RunOptions,
  started: number,
): Promise<LawReport> {
  const began = performance.now()
  const skipped = (why: string): LawReport => ({
    law: law.name,
    status: 'skipped',
    runs: 0,
    milliseconds: performance.now() - began,
    why,
  })
  const operator = subject.operators[law.operator]
  if (law.backward && operator.backward === undefined) return skipped('the subject has no backward pass')
  const deadline = started + (options.timeLimitSeconds ?? Number.POSITIVE_INFINITY) * 1000
  if (began >= deadline) return skipped('the time limit was reached')

  const model = models[law.operator]
  const caller = new Caller(operator, model, new Arithmetic(profile), options.timeoutSeconds)
  const check = (call: Call): Promise<Outcome> =>
    outcomeOf(() => law.check({ call, subject: caller, model, profile }), options.strict ?? false)

  const arbitrary = law.calls(profile)
  if (options.path !== undefined) {
    const call = caseAt(arbitrary, options.seed, options.path)
    if (call === undefined) return skipped('the path does not lead to a case of this law')
    const outcome = await check(call)
    if (outcome.status === 'held') return skipped('the case at this path does not break this law')
    return failure({ law, caller, check, options, began }, { call, path: options.path, outcome, runs: 1 })
  }

  const runs = options.runs ?? 100
  const search = options.search ? new Search(law, profile, options.seed, runs) : undefined
  const checked = async (call: Call): Promise<Outcome> => {
    const outcome = await check(call)
    search?.tell(call, outcome.verdict.ratio)
    return outcome
  }
  const tally = await checkAll(search ?? casesOf(arbitrary, options.seed, runs), checked, {
    deadline,
    concurrency: options.concurrency ?? 1,
  })
  const failing = tally.failing ?? tally.suspicious
  if (failing?.outcome.status === 'unimplemented') return skipped(failing.outcome.message ?? 'not implemented')
  if (failing === undefined) {
    if (tally.runs === 0) return skipped('the time limit was reached')
    return {
      law: law.name,
      status: 'held',
      runs: tally.runs,
      milliseconds: performance.now() - began,
      worst: tally.worst.worst,
      allowed: tally.worst.allowed,
      ratio: tally.worst.ratio,
      ...(tally.leftOut === 0 ? {} : { leftOut: tally.leftOut }),
    }
  }
  const shrinkable = options.shrinkSeconds !== 0 && failing.outcome.hung === undefined
  const seconds = Math.min(options.shrinkSeconds ?? 10, Math.max((deadline - performance.now()) / 1000, 0.5))
  if (failing.path === undefined || search !== undefined)
    return failure({ law, caller, check, options, began }, { ...failing, path: undefined })
  const smaller = shrinkable
    ? await shrinkCase(
        arbitrary,
        options.seed,
        failing.path,
        async (call) => (await check(call)).status === failing.outcome.status,
        performance.now() + (seconds * 1000) / 2,
      )
    : failing
  return failure({ law, caller, check, options, began }, { ...failing, ...smaller })
}

interface Failing {
  readonly call: Call
  /** fast-check's; a case that a search found has none. */
  readonly path: string | undefined
  readonly outcome: Outcome
  /** Cases checked up to this one. */
  readonly runs: number
}

/** Checks cases, several in flight, until one is broken or errored; a suspicious one is kept while the others run. */
async function checkAll(
  cases: Iterable<Call>,
  check: (call: Call) => Promise<Outcome>,
  { deadline, concurrency }: { deadline: number; concurrency: number },
) {
  const tally: Tally = { worst: held, leftOut: 0, runs: 0 }
  const next = cases[Symbol.iterator]()
  let index = 0
  const work = async (): Promise<void> => {
    while (tally.failing === undefined && performance.now() < deadline) {
      const drawn = next.next()
      if (drawn.done === true) return
      const at = index++
      record(tally, { call: drawn.value, path: String(at), outcome: await check(drawn.value), runs: at + 1 })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return tally
}

/** What the cases of a law came to. */
interface Tally {
  runs: number
  worst: Verdict
  leftOut: number
  /** The first case that is broken or errored. */
  failing?: Failing
  suspicious?: Failing
}

function record(tally: Tally, found: Failing): void {
  const { status, verdict } = found.outcome
  tally.runs++
  tally.leftOut += verdict.leftOut ?? 0
  if (status === 'held') {
    if (verdict.ratio > tally.worst.ratio) tally.worst = verdict
  } else if (status === 'suspicious') {
    if (found.runs < (tally.suspicious?.runs ?? Number.POSITIVE_INFINITY)) tally.suspicious = found
  } else if (found.runs < (tally.failing?.runs ?? Number.POSITIVE_INFINITY)) tally.failing = found
}

async function outcomeOf(check: () => Promise<Verdict>, strict: boolean): Promise<Outcome> {
  try {
    const verdict = await check()
    const status = strict && verdict.status === 'suspicious' ? 'broken' : verdict.status
    return { status, verdict, ...(verdict.message === undefined ? {} : { message: verdict.message }) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const status = error.kind === 'unimplemented' ? 'unimplemented' : 'errored'
    return { status, verdict: held, message: error.message, ...(error instanceof Timeout ? { hung: true } : {}) }
  }
}

/** The report of a law that failed: its case made simpler, explained, and with the way back to it. */
async function failure(
  context: {
    law: Law
    caller: Caller
    check: (call: Call) => Promise<Outcome>
    options: RunOptions
    began: number
  },
  failing: Failing,
): Promise<LawReport> {
  const { law, caller, check, options, began } = context
  const { status } = failing.outcome
  const shrinking = options.shrinkSeconds !== 0 && failing.outcome.hung === undefined
  const call = shrinking
    ? await simplify(
        law.operator,
        failing.call,
        async (simpler) => isValid(law, simpler) && (await check(simpler)).status === status,
        {
          until: performance.now() + ((options.shrinkSeconds ?? 10) * 1000) / 2,
        },
      )
    : failing.call
  const outcome = shrinking ? await check(call) : failing.outcome
  const { verdict, message } = outcome.status === status ? outcome : failing.outcome
  const mistake = await options.explain?.(await failingCase(law, caller, call))
  return {
    law: law.name,
    status: status === 'unimplemented' ? 'skipped' : status,
    runs: failing.runs,
    milliseconds: performance.now() - began,
    counterexample: counterexampleOf(law, call),
    shrunk: shrinking,
    ...(message === undefined ? {} : { message }),
    ...(status === 'errored' ? {} : { worst: verdict.worst, allowed: verdict.allowed, ratio: verdict.ratio }),
    ...(mistake === undefined ? {} : { mistake }),
    ...(failing.path === undefined ? {} : { path: failing.path }),
    ...(options.replayCommand === undefined ? {} : { replay: options.replayCommand(law, failing.path) }),
  }
}

function isValid(law: Law, { inputs, attributes }: Call): boolean {
  try {
    validateCall(contract[law.operator], inputs, attributes)
    return true
  } catch {
    return false
  }
}

async function failingCase(law: Law, caller: Caller, call: Call): Promise<FailingCase> {
  const attempt = async (answer: () => Promise<Tensors>) => {
    try {
      return await answer()
    } catch {
      return undefined
    }
  }
  const outputs = await attempt(() => caller.answer(call.inputs, call.attributes))
  const gradients = law.backward
    ? await attempt(() => caller.answerBackward(call.inputs, call.attributes, call.gradients))
    : undefined
  return {
    operator: law.operator,
    law,
    call,
    ...(outputs === undefined ? {} : { outputs }),
    ...(gradients === undefined ? {} : { gradients }),
  }
}

function counterexampleOf(law: Law, { inputs, attributes, gradients }: Call): Counterexample {
  const known = Object.fromEntries(Object.entries(inputs).filter(([name]) => name in contract[law.operator].inputs))
  return {
    inputs: inputsToWire(contract[law.operator], known, 'float64'),
    attributes,
    ...(law.backward
      ? { gradients: Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, toWire(g)])) }
      : {}),
  }
}

/** Lets the process hear of signals and timers: a subject that answers at once would otherwise keep it from them. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    if ('setImmediate' in globalThis) setImmediate(resolve)
    else setTimeout(resolve)
  })
}
