import type { Attributes, AttributeValue } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'

/** What a subject says it supports of one operator; what it does not mention, it supports. */
export interface OperatorSupport {
  /** The values of an attribute that it has, by the attribute's name. */
  readonly attributes?: Readonly<Record<string, readonly AttributeValue[]>>
  /** Optional inputs that it does not take. */
  readonly without?: readonly string[]
  /** Numbers of dimensions that an input may have, by the input's name. */
  readonly ranks?: Readonly<Record<string, readonly number[]>>
  /** The largest size of an input's dimensions, by the input's name. */
  readonly largest?: Readonly<Record<string, number>>
}

/** What a subject says it supports, by operator. */
export type Supports = Readonly<Record<string, OperatorSupport>>

/** What a call has that the subject says it does not support, in words: `groups other than 1`; `undefined` where it has nothing of the kind. */
export function beyondSupport(
  support: OperatorSupport | undefined,
  inputs: Tensors,
  attributes: Attributes,
): string | undefined {
  if (support === undefined) return undefined
  for (const [name, values] of Object.entries(support.attributes ?? {})) {
    const value = attributes[name]
    if (value !== undefined && !values.some((known) => sameValue(known, value)))
      return `${name} other than ${values.map(textOf).join(' or ')}`
  }
  for (const name of support.without ?? []) if (inputs[name] !== undefined) return `the input ${name}`
  for (const [name, ranks] of Object.entries(support.ranks ?? {})) {
    const x = inputs[name]
    if (x !== undefined && !ranks.includes(x.shape.length)) return `${name} of rank ${x.shape.length}`
  }
  for (const [name, largest] of Object.entries(support.largest ?? {})) {
    const x = inputs[name]
    if (x?.shape.some((length) => length > largest)) return `${name} with a dimension above ${largest}`
  }
  return undefined
}

function sameValue(a: AttributeValue, b: AttributeValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b)
  return a.length === b.length && a.every((entry, i) => entry === b[i])
}

function textOf(value: AttributeValue): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value)
}
