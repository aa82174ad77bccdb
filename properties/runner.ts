import { contract } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'
import { Arithmetic } from './arithmetic.js'
import { Caller, RefusedValidCall } from './caller.js'
import { caseAt, casesOf, shrinkCase } from './cases.js'
import { claimedPrecision } from './claimedPrecision.js'
import { type ExpectedFailures, expectedFailure } from './expectedFailures.js'
import { type FailingCase, failureReport } from './failure.js'
import type { KnownCases } from './knownCases.js'
import type { Call, Law, Subject } from './law.js'
import { laws as allLaws, models } from './laws.js'
import type { Probed } from './limits.js'
import { ieee, type Profile } from './profile.js'

export type { FailingCase } from './failure.js'

import { type LawReport, type OperatorReport, statusOf, summaryOf, type TestReport } from './report.js'
import { Scope } from './scope.js'
import { Search } from './search.js'
import { checkAll, type Failing, type Outcome, outcomeOf } from './tally.js'

export interface RunOptions {
  /** Operators to test; all that the subject has where not given. */
  readonly operators?: readonly string[]
  /** Names of the laws to check; all where not given. */
  readonly laws?: readonly string[]
  /** Of these, the laws that are this run's part. */
  readonly part?: ReadonlySet<Law>
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
  /** The command that replays a counterexample; a case that a search found, or that was known before, has no path of fast-check's. */
  readonly replayCommand?: (law: Law, path: string | undefined) => string
  /** Laws that are expected to fail, and why. */
  readonly xfail?: ExpectedFailures
  /** Cases that failed in runs before: tried first. */
  readonly knownCases?: KnownCases
}

export interface Progress {
  readonly operator: string
  readonly law: string
  readonly done: number
  readonly total: number
}

/**
 * Checks the laws of every operator that the subject has. One broken law does not stop the others, a law that throws, hangs or
 * answers nonsense is `errored`, and one that ran no case is `skipped`. Throws a RangeError for an unknown operator or law.
 */
export async function runLaws(subject: Subject, options: RunOptions): Promise<TestReport> {
  const started = performance.now()
  const profile = subject.profile ?? ieee(subject.precision)
  // A subject that is one operator lacks no others.
  const wanted = options.operators ?? Object.keys(subject.fitted === undefined ? contract : subject.operators)
  for (const operator of wanted)
    if (!(operator in contract))
      throw new RangeError(`unknown operator ${operator}; known: ${Object.keys(contract).join(', ')}`)
  const selected = allLaws.filter(
    (law) =>
      wanted.includes(law.operator) &&
      law.operator in subject.operators &&
      (options.laws?.includes(law.name) ?? true) &&
      (options.part?.has(law) ?? true),
  )
  for (const name of options.laws ?? [])
    if (!allLaws.some((law) => law.name === name && wanted.includes(law.operator)))
      throw new RangeError(`unknown law «${name}» of ${wanted.join(', ')}`)

  const reports: Record<string, LawReport[]> = {}
  const scopes = new Map<string, Scope>()
  const scopeOf = (operator: string): Scope => {
    const scope = scopes.get(operator) ?? new Scope(operator, subject.supports?.[operator])
    scopes.set(operator, scope)
    return scope
  }
  for (const [done, law] of selected.entries()) {
    options.onProgress?.({ operator: law.operator, law: law.name, done, total: selected.length })
    reports[law.operator] ??= []
    const run = new LawRun(law, subject, profile, scopeOf(law.operator), options, started)
    const report = await run.report()
    const expected = expectedFailure(options.xfail, law)
    const isExpected = expected !== undefined && (expected.named || report.status !== 'held')
    reports[law.operator].push(isExpected ? { ...report, xfail: expected.reason } : report)
    await breath()
  }
  const operators: Record<string, OperatorReport> = {}
  for (const [operator, laws] of Object.entries(reports)) {
    const { limits } = scopeOf(operator)
    operators[operator] = { status: statusOf(laws), laws, ...(limits.length > 0 && { limits }) }
  }
  const claim = await claimedPrecision(subject, operators, options)
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
    ...(claim !== undefined && { claim }),
    milliseconds: performance.now() - started,
  }
}

/** So many calls are made to find out which of them a subject never takes. */
const probes = 120

/** One law checked on a subject. */
class LawRun {
  private readonly began = performance.now()
  private readonly law: Law
  private readonly subject: Subject
  private readonly profile: Profile
  private readonly scope: Scope
  private readonly options: RunOptions
  private readonly deadline: number
  private readonly caller: Caller
  private isProbed = false

  constructor(law: Law, subject: Subject, profile: Profile, scope: Scope, options: RunOptions, started: number) {
    this.law = law
    this.subject = subject
    this.profile = profile
    this.scope = scope
    this.options = options
    this.deadline = started + (options.timeLimitSeconds ?? Number.POSITIVE_INFINITY) * 1000
    const guarded = scope.guard(subject.operators[law.operator])
    this.caller = new Caller(guarded, models[law.operator], new Arithmetic(profile), options.timeoutSeconds)
  }

  async report(): Promise<LawReport> {
    const { law, subject, options } = this
    if (law.backward && subject.operators[law.operator].backward === undefined)
      return this.without('skipped', 'the subject has no backward pass')
    if (this.began >= this.deadline) return this.without('skipped', 'the time limit was reached')
    if (options.path !== undefined) return this.replayed(options.path)
    return (await this.knownToFail()) ?? this.checked()
  }

  private readonly check = (call: Call): Promise<Outcome> => {
    const { law, caller, profile, options } = this
    const model = models[law.operator]
    return outcomeOf(() => law.check({ call, subject: caller, model, profile }), options.strict ?? false)
  }

  /** The cases of the law, with what the subject says it supports in the place of what it does not. */
  private get arbitrary() {
    return this.law.calls(this.profile).map((call) => this.subject.fitted?.(call) ?? this.scope.adapted(call))
  }

  private without(status: 'skipped' | 'unsupported', why: string, unsupported = 0): LawReport {
    return {
      law: this.law.name,
      status,
      runs: 0,
      milliseconds: performance.now() - this.began,
      why,
      ...(unsupported > 0 && { unsupported }),
    }
  }

  private async replayed(path: string): Promise<LawReport> {
    const call = caseAt(this.arbitrary, this.options.seed, path)
    if (call === undefined) return this.without('skipped', 'the path does not lead to a case of this law')
    const outcome = await this.check(call)
    if (outcome.status === 'held') return this.without('skipped', 'the case at this path does not break this law')
    if (outcome.status === 'unsupported') return this.without('unsupported', outcome.message ?? 'not implemented', 1)
    return this.failed({ call, path, outcome, runs: 1 })
  }

  /** The report of the first case that failed in a run before and fails still. */
  private async knownToFail(): Promise<LawReport | undefined> {
    const { knownCases } = this.options
    for (const call of knownCases?.of(this.law) ?? []) {
      const outcome = await this.check(call)
      if (outcome.status === 'held') knownCases?.held(this.law, call)
      else if (outcome.status !== 'unsupported') return this.failed({ call, path: undefined, outcome, runs: 1 })
    }
    return undefined
  }

  private async checked(): Promise<LawReport> {
    const { law, profile, options, arbitrary } = this
    const runs = options.runs ?? 100
    const search = options.search ? new Search(law, profile, options.seed, runs) : undefined
    const check = async (call: Call): Promise<Outcome> => {
      const outcome = await this.check(call)
      search?.tell(call, outcome.verdict.ratio)
      return outcome
    }
    const tally = await checkAll(search ?? casesOf(arbitrary, options.seed, runs), check, {
      runs,
      deadline: this.deadline,
      concurrency: options.concurrency ?? 1,
      precision: this.subject.precision,
    })
    const failing = tally.failing ?? tally.suspicious
    if (failing?.outcome.refused && (await this.learnsMore(failing))) return this.checked()
    if (failing !== undefined) return this.failed(await this.shrunk(failing, search !== undefined))
    if (tally.runs === 0 && tally.unsupported === 0) return this.without('skipped', 'the time limit was reached')
    if (tally.runs === 0) return this.without('unsupported', tally.why, tally.unsupported)
    return {
      law: law.name,
      status: 'held',
      runs: tally.runs,
      milliseconds: performance.now() - this.began,
      worst: tally.worst.worst,
      allowed: tally.worst.allowed,
      ratio: tally.worst.ratio,
      errors: tally.errors,
      ...(tally.leftOut === 0 ? {} : { leftOut: tally.leftOut }),
      ...(tally.unsupported === 0 ? {} : { unsupported: tally.unsupported }),
    }
  }

  /** Whether calls of many kinds show which of them the subject refuses always; then these are not supported. */
  private async learnsMore({ outcome }: Failing): Promise<boolean> {
    if (this.isProbed) return false
    this.isProbed = true
    const probed: Probed[] = []
    const isRefused = async (call: () => Promise<Tensors>): Promise<boolean> => {
      try {
        await call()
        return false
      } catch (error) {
        return error instanceof RefusedValidCall
      }
    }
    for (const { inputs, attributes, gradients } of casesOf(this.arbitrary, this.options.seed, probes)) {
      if (probed.length === probes || performance.now() >= this.deadline) break
      const refused =
        (await isRefused(() => this.caller.answer(inputs, attributes))) ||
        (this.law.backward && (await isRefused(() => this.caller.answerBackward(inputs, attributes, gradients))))
      probed.push({ inputs, attributes, refused })
    }
    return this.scope.learn(probed, outcome.message ?? 'it is refused')
  }

  /** The failing case, made as small as fast-check can make it in time. */
  private async shrunk(failing: Failing, bySearch: boolean): Promise<Failing> {
    const seconds = this.shrinkSeconds(failing)
    if (failing.path === undefined || bySearch) return { ...failing, path: undefined }
    if (seconds === 0) return failing
    const { status } = failing.outcome
    const until = performance.now() + (seconds * 1000) / 2
    const fails = async (call: Call): Promise<boolean> => (await this.check(call)).status === status
    return { ...failing, ...(await shrinkCase(this.arbitrary, this.options.seed, failing.path, fails, until)) }
  }

  /** Seconds in which a failing case may be made smaller: none where it hangs, or where it is expected to fail. */
  private shrinkSeconds({ outcome }: Failing): number {
    if (outcome.hung || expectedFailure(this.options.xfail, this.law) !== undefined) return 0
    return Math.min(this.options.shrinkSeconds ?? 10, Math.max((this.deadline - performance.now()) / 1000, 0.5))
  }

  private async failed(failing: Failing): Promise<LawReport> {
    const { law, caller, check, options, began, subject } = this
    const { report, call } = await failureReport(failing, {
      ...{ law, caller, check, began },
      precision: subject.precision,
      shrinkSeconds: this.shrinkSeconds(failing),
      ...(options.explain !== undefined && { explain: options.explain }),
      ...(options.replayCommand !== undefined && { replayCommand: options.replayCommand }),
    })
    options.knownCases?.failed(law, call)
    return report
  }
}

/** Lets the process hear of signals and timers: a subject that answers at once would otherwise keep it from them. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    if ('setImmediate' in globalThis) setImmediate(resolve)
    else setTimeout(resolve)
  })
}
