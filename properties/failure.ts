import type { Precision } from '../oracle/contract.js'
import { contract, oracle } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { attributesToWire, inputsToWire, toWire, type WireTensors } from '../oracle/wire.js'
import type { Caller } from './caller.js'
import type { Call, Law } from './law.js'
import type { Counterexample, LawReport } from './report.js'
import { simplify } from './shrink.js'
import type { Failing, Outcome } from './tally.js'
import { worstElement } from './ulps.js'

/** A failing case as it is handed to whoever explains it. */
export interface FailingCase {
  readonly operator: string
  readonly law: Law
  readonly call: Call
  /** What the subject answered to the call, if it did. */
  readonly outputs?: Tensors
  readonly gradients?: Tensors
}

/** What a failing case is made smaller, explained and reported with. */
interface FailureContext {
  readonly law: Law
  readonly caller: Caller
  readonly precision: Precision
  readonly check: (call: Call) => Promise<Outcome>
  /** When the law began, by performance.now(). */
  readonly began: number
  /** Seconds in which it may be made simpler; 0 for not at all. */
  readonly shrinkSeconds: number
  readonly explain?: (failing: FailingCase) => Promise<string | undefined>
  readonly replayCommand?: (law: Law, path: string | undefined) => string
}

/** The report of a law that failed: its case made simpler, explained, and with the way back to it; and that case. */
export async function failureReport(
  failing: Failing,
  context: FailureContext,
): Promise<{ readonly report: LawReport; readonly call: Call }> {
  const { law, caller, check, precision, shrinkSeconds } = context
  const status = failing.outcome.status === 'unsupported' ? 'skipped' : failing.outcome.status
  const isShrunk = shrinkSeconds > 0
  const fails = async (simpler: Call): Promise<boolean> =>
    isValid(law, simpler) && (await check(simpler)).status === status
  const until = performance.now() + (shrinkSeconds * 1000) / 2
  const call = isShrunk ? await simplify(law.operator, failing.call, fails, { until }) : failing.call
  const outcome = isShrunk ? await check(call) : failing.outcome
  const { verdict, message } = outcome.status === status ? outcome : failing.outcome
  const answered = await failingCase(law, caller, { ...call, ...verdict.made })
  const mistake = await context.explain?.(answered)
  const report: LawReport = {
    law: law.name,
    status,
    runs: failing.runs,
    milliseconds: performance.now() - context.began,
    counterexample: counterexampleOf(answered, verdict.made !== undefined),
    shrunk: isShrunk,
    ...(message === undefined ? {} : { message }),
    ...(status === 'errored' ? {} : { worst: verdict.worst, allowed: verdict.allowed, ratio: verdict.ratio }),
    ...(verdict.at === undefined ? {} : { worstElement: worstElement(precision, verdict.at) }),
    ...(mistake === undefined ? {} : { mistake }),
    ...(failing.path === undefined ? {} : { path: failing.path }),
    ...(context.replayCommand === undefined ? {} : { replay: context.replayCommand(law, failing.path) }),
  }
  return { report, call }
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

/** The case in wire form: of a bad call all that it was given, else what belongs to the operator; a law may have drawn more beside it. */
function counterexampleOf({ law, call, ...answered }: FailingCase, isBad: boolean): Counterexample {
  const { attributes, gradients } = call
  const own = Object.entries(call.inputs).filter(([name]) => isBad || name in contract[law.operator].inputs)
  const expected = rightAnswer(law, call)
  const actual = law.backward ? answered.gradients : answered.outputs
  return {
    inputs: inputsToWire(contract[law.operator], Object.fromEntries(own), 'float64'),
    attributes: attributesToWire(attributes),
    ...(law.backward && { gradients: allToWire(gradients) }),
    ...(expected !== undefined && { expected: allToWire(expected) }),
    ...(actual !== undefined && { actual: allToWire(actual) }),
  }
}

/** What the oracle answers; `undefined` where it refuses. */
function rightAnswer({ operator, backward }: Law, { inputs, attributes, gradients }: Call): Tensors | undefined {
  const right = oracle.operators[operator]
  try {
    return backward ? right.backward?.(inputs, attributes, gradients) : right.forward(inputs, attributes)
  } catch {
    return undefined
  }
}

function allToWire(tensors: Tensors): WireTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toWire(x)]))
}
