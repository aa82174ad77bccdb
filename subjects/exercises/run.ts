import fc from 'fast-check'
import type { Convention, Values } from '../../exercises/index.js'
import { defaultGiven } from '../../exercises/index.js'
import { rowMajor, sizeOf, type Tensor } from '../../oracle/tensor.js'
import { toWire, type WireTensors } from '../../oracle/wire.js'
import { caseAt, shrinkCase } from '../../properties/cases.js'
import { type ExpectedFailures, expectedFailure } from '../../properties/expectedFailures.js'
import type { Call, Law, LawReport, Progress, TestReport } from '../../properties/index.js'
import type { KnownCases } from '../../properties/knownCases.js'
import { type Counterexample, statusOf, summaryOf } from '../../properties/report.js'
import { simplifyTensor } from '../../properties/shrink.js'
import { checkAll, type Failing, type Outcome, outcomeOf } from '../../properties/tally.js'
import { worstElement } from '../../properties/ulps.js'
import { Comparison, callOf, type ExerciseLaw, lawsOf } from './laws.js'
import { looksLike } from './lookalike.js'
import { Reference } from './reference.js'
import { completeGiven, type ExerciseSubject } from './subject.js'

export interface ExerciseRunOptions {
  /** Given data besides the source's own. */
  readonly runs: number
  readonly seed: number
  /** Laws of this name only. */
  readonly law?: string
  /** Replays one case: `source`, or a path of fast-check's. */
  readonly path?: string
  readonly timeLimitSeconds?: number
  readonly xfail?: ExpectedFailures
  readonly knownCases?: KnownCases
  /** Of the laws that are there, those that are this run's part. */
  part?(laws: readonly Law[]): readonly Law[]
  readonly replayCommand?: (law: Law, path: string | undefined) => string
  readonly onProgress?: (progress: Progress) => void
}

/** The path of the source's own given data. */
export const sourcePath = 'source'

/** So many times the given data wanted are drawn at most, where the subject does not take all of them. */
const mostDrawn = 8

/** Seconds in which a failing case may be made smaller. */
const shrinkSeconds = 10

/** The tests of a subject of an exercise, under the conventions given. */
export class ExerciseRun {
  readonly laws: readonly ExerciseLaw[]
  private readonly subject: ExerciseSubject
  private readonly reference: Reference
  private readonly comparison: Comparison
  private readonly arbitrary: fc.Arbitrary<Call>

  constructor(subject: ExerciseSubject, conventions: readonly Convention[]) {
    this.subject = subject
    this.reference = new Reference(subject.exercise, subject.quantities, subject.precision, conventions)
    this.comparison = new Comparison(subject, this.reference)
    this.arbitrary = subject.exercise.arbitrary().map((drawn) => this.callOf(drawn))
    this.laws = lawsOf(subject, this.comparison, () => this.arbitrary)
  }

  /** How many quantities hold, over the source's given data and the first that are drawn. */
  async agreement(seed: number, runs: number): Promise<number> {
    const calls = [...this.cases(seed, runs)].slice(0, runs + 1).map(({ call }) => call)
    let held = 0
    for (const call of calls)
      for (const law of this.laws)
        if (law.quantity !== undefined && (await this.check(law, call)).status === 'held') held++
    return held
  }

  /**
   * Checks that what the subject holds is what the sheet gives, and that every quantity is what it should be: for the source's own
   * given data first, then for others that are drawn, where the subject is told any.
   */
  async report(options: ExerciseRunOptions): Promise<TestReport> {
    const began = performance.now()
    const { exercise, quantities, name, precision } = this.subject
    const chosen = this.laws.filter((law) => options.law === undefined || law.name === options.law)
    const part = new Set<Law>(options.part?.(chosen) ?? chosen)
    const selected = chosen.filter((law) => part.has(law))
    const reports: LawReport[] = []
    for (const [done, law] of selected.entries()) {
      options.onProgress?.({ operator: exercise.id, law: law.name, done, total: selected.length })
      const report = await this.lawReport(law, options, began)
      const expected = expectedFailure(options.xfail, law)
      const isExpected = expected !== undefined && (expected.named || report.status !== 'held')
      reports.push(isExpected ? { ...report, xfail: expected.reason } : report)
    }
    const operators = reports.length === 0 ? {} : { [exercise.id]: { status: statusOf(reports), laws: reports } }
    return {
      version: 1,
      subject: name,
      precision,
      profile: 'ieee',
      seed: options.seed,
      runs: options.runs,
      operators,
      notImplemented: exercise.quantities
        .filter((quantity) => quantity.asked === true && !quantities.includes(quantity.name))
        .map((quantity) => `${exercise.id} ${quantity.name}`),
      summary: summaryOf(Object.values(operators)),
      milliseconds: performance.now() - began,
    }
  }

  private callOf(drawn: Values): Call {
    return callOf(this.reference.rounded(completeGiven(this.subject, drawn)))
  }

  private get source(): Call {
    return this.callOf(defaultGiven(this.subject.exercise))
  }

  /** The source's own given data, and those drawn that the subject takes; the n-th drawn has the path `n`. */
  private *cases(seed: number, runs: number): Generator<{ readonly call: Call; readonly path: string }> {
    const { fed } = this.subject
    if (this.subject.takes(this.source.inputs)) yield { call: this.source, path: sourcePath }
    if (fed.length === 0) return
    const drawn = fc.sample(this.arbitrary, { seed, numRuns: mostDrawn * runs })
    for (const [i, call] of drawn.entries()) if (this.subject.takes(call.inputs)) yield { call, path: String(i) }
  }

  private check(law: ExerciseLaw, call: Call): Promise<Outcome> {
    return outcomeOf(() => law.judge(call), false)
  }

  private async lawReport(law: ExerciseLaw, options: ExerciseRunOptions, started: number): Promise<LawReport> {
    const began = performance.now()
    const deadline = started + (options.timeLimitSeconds ?? Number.POSITIVE_INFINITY) * 1000
    const without = (status: 'skipped' | 'unsupported', why: string): LawReport => ({
      ...{ law: law.name, status, runs: 0, why },
      milliseconds: performance.now() - began,
    })
    if (began >= deadline) return without('skipped', 'the time limit was reached')
    if (options.path !== undefined) {
      const call = options.path === sourcePath ? this.source : caseAt(this.arbitrary, options.seed, options.path)
      if (call === undefined) return without('skipped', 'the path does not lead to a case of this law')
      const outcome = await this.check(law, call)
      if (outcome.status === 'held') return without('skipped', 'the case at this path does not break this law')
      return this.failed(law, { call, path: options.path, outcome, runs: 1 }, options, began)
    }
    for (const call of law.quantity === undefined ? [] : (options.knownCases?.of(law) ?? [])) {
      const outcome = await this.check(law, call)
      if (outcome.status === 'held') options.knownCases?.held(law, call)
      else if (outcome.status !== 'unsupported')
        return this.failed(law, { call, path: undefined, outcome, runs: 1 }, options, began)
    }
    const runs = law.quantity === undefined ? 1 : options.runs + 1
    const cases = law.quantity === undefined ? [{ call: this.source, path: sourcePath }] : [...this.casesOnce(options)]
    const tally = await checkAll(
      cases.map(({ call }) => call),
      (call) => this.check(law, call),
      { runs, deadline, concurrency: 1, precision: this.subject.precision },
    )
    const { failing, worst, errors } = tally
    if (failing !== undefined) {
      const path = cases.find(({ call }) => call === failing.call)?.path
      const smaller = await this.shrunk(law, { ...failing, path }, options)
      return this.failed(law, smaller, options, began)
    }
    if (tally.runs === 0) return without(tally.unsupported === 0 ? 'skipped' : 'unsupported', tally.why || 'no case')
    return {
      ...{ law: law.name, status: 'held', runs: tally.runs, milliseconds: performance.now() - began },
      ...{ worst: worst.worst, allowed: worst.allowed, ratio: worst.ratio, errors },
      ...(tally.unsupported === 0 ? {} : { unsupported: tally.unsupported }),
    }
  }

  private drawn: readonly { readonly call: Call; readonly path: string }[] | undefined

  /** The same cases for every law, so that each is answered once. */
  private casesOnce({ seed, runs }: ExerciseRunOptions) {
    this.drawn ??= [...this.cases(seed, runs)]
    return this.drawn
  }

  /** A case that was drawn, made smaller by fast-check; the source's own stays. */
  private async shrunk(law: ExerciseLaw, failing: Failing, options: ExerciseRunOptions): Promise<Failing> {
    const { path, outcome } = failing
    if (path === undefined || path === sourcePath || outcome.hung || this.isExpected(law, options)) return failing
    const until = performance.now() + (shrinkSeconds * 1000) / 2
    const fails = (call: Call) => this.fails(law, call, outcome.status)
    return { ...failing, ...(await shrinkCase(this.arbitrary, options.seed, path, fails, until)) }
  }

  private isExpected(law: ExerciseLaw, { xfail }: ExerciseRunOptions): boolean {
    return expectedFailure(xfail, law) !== undefined
  }

  private async fails(law: ExerciseLaw, call: Call, status: Outcome['status']): Promise<boolean> {
    return this.subject.takes(call.inputs) && (await this.check(law, call)).status === status
  }

  private async failed(
    law: ExerciseLaw,
    failing: Failing,
    options: ExerciseRunOptions,
    began: number,
  ): Promise<LawReport> {
    const isShrunk = law.quantity !== undefined && !failing.outcome.hung && !this.isExpected(law, options)
    const call = isShrunk ? await this.simplified(law, failing) : failing.call
    const { status, verdict, message } = isShrunk ? await this.check(law, call) : failing.outcome
    options.knownCases?.failed(law, call)
    const counterexample = await this.counterexample(law, call)
    const mistake = status === 'broken' ? await this.explained(law, failing.call) : undefined
    return {
      law: law.name,
      status: status === 'unsupported' ? 'skipped' : status,
      runs: failing.runs,
      milliseconds: performance.now() - began,
      ...(counterexample === undefined ? {} : { counterexample }),
      shrunk: isShrunk,
      ...(message === undefined ? {} : { message }),
      ...(status === 'errored' ? {} : { worst: verdict.worst, allowed: verdict.allowed, ratio: verdict.ratio }),
      ...(verdict.at === undefined ? {} : { worstElement: worstElement(this.subject.precision, verdict.at) }),
      ...(mistake === undefined ? {} : { mistake }),
      ...(failing.path === undefined ? {} : { path: failing.path }),
      ...(options.replayCommand === undefined ? {} : { replay: options.replayCommand(law, failing.path) }),
    }
  }

  /** Numbers that can be worked with by hand in the place of those that do not matter, inside the ranges of the exercise. */
  private async simplified(law: ExerciseLaw, { call, outcome }: Failing): Promise<Call> {
    const until = performance.now() + (shrinkSeconds * 1000) / 2
    let best = call
    for (const datum of this.subject.exercise.given) {
      const { name, range } = datum
      if (!this.subject.fed.includes(name)) continue
      const isInside = (value: number) => value >= (range?.least ?? -Infinity) && value <= (range?.most ?? Infinity)
      const replaced = (x: Tensor) => callOf({ ...best.inputs, [name]: x })
      const fails = async (x: Tensor) =>
        rowMajor(x).every(isInside) && (await this.fails(law, replaced(x), outcome.status))
      const simpler = await simplifyTensor(best.inputs[name], fails, { until })
      if (simpler !== undefined) best = replaced(simpler)
    }
    return best
  }

  /** From the case before it was made smaller: between zeros and ones mistakes look alike. */
  private async explained({ quantity }: ExerciseLaw, { inputs }: Call): Promise<string | undefined> {
    if (quantity === undefined) return undefined
    const { answer, expected } = await this.comparison.of(inputs)
    const [value, right, allowed] = [answer[quantity], expected.values[quantity], expected.allowed[quantity]]
    if (sizeOf(value.shape) !== sizeOf(right.shape)) return undefined
    return looksLike({ quantity, value, right, allowed }, inputs, this.reference, this.subject.exercise.mistakes)
  }

  /** What the subject was told and answered; of a law about what it holds, the message says all. */
  private async counterexample({ quantity }: ExerciseLaw, { inputs }: Call): Promise<Counterexample | undefined> {
    if (quantity === undefined) return undefined
    const told = Object.fromEntries(this.subject.fed.map((name) => [name, toWire(inputs[name])]))
    const solved = await this.comparison.of(inputs).catch(() => undefined)
    const wire = (x: Tensor | undefined): WireTensors => (x === undefined ? {} : { [quantity]: toWire(x) })
    return {
      inputs: told,
      attributes: {},
      ...(solved !== undefined && {
        expected: wire(solved.expected.values[quantity]),
        actual: wire(solved.answer[quantity]),
      }),
    }
  }
}
