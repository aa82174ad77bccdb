import { contract } from '../oracle/index.js'
import type { Law } from './law.js'
import { laws } from './laws.js'

/** Why laws are expected to fail, by operator and law; `'*'` is any law of the operator. */
export type ExpectedFailures = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A law that may fail. */
export interface ExpectedFailure {
  readonly reason: string
  /** Whether it was named, and has to fail; a law that only `'*'` stands for may hold. */
  readonly named: boolean
}

/** What is expected of a law; undefined where it is to hold. */
export function expectedFailure(
  known: ExpectedFailures | undefined,
  { operator, name }: Pick<Law, 'operator' | 'name'>,
): ExpectedFailure | undefined {
  const ofOperator = known?.[operator]
  const [own, any] = [ofOperator?.[name], ofOperator?.['*']]
  if (own !== undefined) return { reason: own, named: true }
  return any === undefined ? undefined : { reason: any, named: false }
}

/** Throws a RangeError where an operator or a law is named that does not exist; `others` are names of laws of what is no operator. */
export function refuseUnknownLaws(
  known: ExpectedFailures,
  others: Readonly<Record<string, readonly string[]>> = {},
): void {
  for (const [operator, reasons] of Object.entries(known)) {
    refuseUnknown('operator', operator, [...Object.keys(contract), ...Object.keys(others)])
    const names = others[operator] ?? laws.filter((law) => law.operator === operator).map(({ name }) => name)
    for (const name of Object.keys(reasons)) if (name !== '*') refuseUnknown(`law of ${operator}`, name, names)
  }
}

/** Throws a RangeError where `name` is none of `known`. */
export function refuseUnknown(what: string, name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw new RangeError(`unknown ${what} «${name}»; known: ${known.join(', ')}`)
}
