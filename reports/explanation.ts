import { findExercise } from '../exercises/index.js'
import { mistakes, mistakesOf } from '../mistakes/index.js'
import { attributesFromWire, toTensor, type WireTensors } from '../oracle/wire.js'
import type { LawReport, TestReport } from '../properties/index.js'
import { roundingsOf } from '../properties/roundings.js'

/**
 * What error was allowed at the worst element, and where that comes from: the precision, the platform's profile, and the
 * operations of the formula that round, `4.1e-7 for rounding in float32 (ieee): exp and division`. Nothing where no errors were compared.
 */
export function allowanceText(operator: string, law: LawReport, report: TestReport): string | undefined {
  const { allowed } = law
  if (allowed === undefined || allowed === 0 || !Number.isFinite(allowed)) return undefined
  const size = String(Number(allowed.toPrecision(3)))
  const much =
    law.status === 'suspicious' ? `${size}, six standard deviations of honest rounding` : `${size} for rounding`
  const operations = operationsOf(operator, law)
  return [
    `${much} in ${report.precision} (${report.profile})`,
    ...(operations.length === 0 ? [] : [listed(operations)]),
  ].join(': ')
}

/** The roundings of the counterexample's formula; none where the law asks for more than that formula, or the call is none. */
function operationsOf(operator: string, { law, counterexample }: LawReport): readonly string[] {
  if (counterexample === undefined || /difference|derivative|Taylor/.test(law)) return []
  const { inputs, attributes, gradients } = counterexample
  try {
    return roundingsOf(operator, tensorsOf(inputs), attributesFromWire(attributes), gradients && tensorsOf(gradients))
  } catch {
    // A report from a file may hold a call that the contract does not have.
    return []
  }
}

function tensorsOf(tensors: WireTensors) {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toTensor(x)]))
}

/** `a`, `a and b`, `a, b and c`. */
function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`
}

/** A mistake by its name, with what is done in it, as far as it is known, and the dialect for which it is none. */
export function mistakeText(operator: string, name: string): string {
  const ofOperator = mistakesOf(operator)
  const known = [...ofOperator, ...(findExercise(operator)?.mistakes ?? []), ...mistakes]
  const mistake = known.find((one) => one.name === name)
  const dialect = ofOperator.find((one) => one === mistake)?.dialect
  const hint = dialect === undefined ? '' : ` Where it is meant so: --dialect ${dialect} (docs/dialects.md)`
  return mistake === undefined ? `«${name}»` : `«${name}»: ${mistake.explanation}${hint}`
}
