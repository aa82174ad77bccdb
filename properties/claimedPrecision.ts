import fc from 'fast-check'
import type { Precision } from '../oracle/contract.js'
import { Arithmetic } from './arithmetic.js'
import { Caller } from './caller.js'
import type { Subject } from './law.js'
import { laws, models } from './laws.js'
import { ieee } from './profile.js'
import type { OperatorReport, PrecisionClaim } from './report.js'
import { outcomeOf } from './tally.js'

/** Coarser formats than the one that a subject claims, the finest first. */
const coarser: Readonly<Record<Precision, readonly Precision[]>> = {
  float64: ['float32', 'float16', 'bfloat16'],
  float32: ['float16', 'bfloat16'],
  float16: ['bfloat16'],
  bfloat16: [],
}

/** Laws that are tried again in a coarser format, each of another operator where there are so many, and cases of each. */
const triedLaws = 6
const triedCases = 20

/**
 * Finds out a subject that computes in a coarser format than it claims: at least half of the comparisons with the oracle failed, and
 * three in four of those tried again with the coarser format's numbers and tolerances hold. `undefined` where nothing of the kind shows.
 */
export async function claimedPrecision(
  subject: Subject,
  operators: Readonly<Record<string, OperatorReport>>,
  { seed, timeoutSeconds }: { readonly seed: number; readonly timeoutSeconds?: number },
): Promise<PrecisionClaim | undefined> {
  const compared = laws.filter(({ kind, backward }) => kind === 'oracle' && !backward)
  const results = compared.flatMap((law) => {
    const report = operators[law.operator]?.laws.find((one) => one.law === law.name)
    return report === undefined || report.runs === 0
      ? []
      : [{ law, isOff: report.status === 'broken' || report.status === 'suspicious' }]
  })
  const off = results.filter(({ isOff }) => isOff).map(({ law }) => law)
  if (off.length < 2 || 2 * off.length < results.length) return undefined
  const tried = off
    .filter((law, i) => off.findIndex(({ operator }) => operator === law.operator) === i)
    .slice(0, triedLaws)
  for (const precision of coarser[subject.precision]) {
    const profile = ieee(precision)
    let held = 0
    for (const law of tried) {
      const model = models[law.operator]
      const caller = new Caller(subject.operators[law.operator], model, new Arithmetic(profile), timeoutSeconds)
      const statuses = new Set<string>()
      for (const call of fc.sample(law.calls(profile), { seed, numRuns: triedCases })) {
        const { status } = await outcomeOf(() => law.check({ call, subject: caller, model, profile }), false)
        if (status !== 'unsupported') statuses.add(status)
      }
      if (statuses.size === 1 && statuses.has('held')) held++
    }
    // One of them may be wrong besides.
    if (held > 1 && 4 * held >= 3 * tried.length)
      return {
        claimed: subject.precision,
        computed: precision,
        broken: off.length,
        compared: results.length,
        held,
        tried: tried.length,
      }
  }
  return undefined
}
