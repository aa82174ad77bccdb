import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttributeDeclaration, Attributes, AttributeValue, Declaration } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { type ValidCall, validateCall } from '../oracle/validation.js'
import { laws } from './index.js'
import type { Call } from './law.js'
import { ieee } from './profile.js'

/** One case in a hundred at least: a law is checked on a hundred. */
const sampled = 1000

function callsOf(operator: string): readonly Call[] {
  const law = laws.find((each) => each.operator === operator && each.name === 'agrees with the oracle')
  if (law === undefined) throw new Error(`${operator} is not compared with the oracle`)
  return fc.sample(law.calls(ieee('float64')), { seed: 5, numRuns: sampled })
}

/** The attribute's default in this call, as [height, width] where it is a pair; undefined where it has none. */
function defaultOf(
  declared: AttributeDeclaration,
  { sizes }: ValidCall,
  attributes: Attributes,
): AttributeValue | undefined {
  if (!('default' in declared) || declared.default === undefined) return undefined
  const value =
    typeof declared.default === 'object' && 'compute' in declared.default
      ? declared.default.compute({ sizes, attributes })
      : declared.default
  return declared.type === 'pair' && typeof value === 'number' ? [value, value] : value
}

/** What must be drawn for an operator, each with the number of cases in which it was. */
function classesOf(declaration: Declaration, calls: readonly Call[]): ReadonlyMap<string, number> {
  const classes = new Map<string, number>()
  const see = (what: string, seen: boolean) => classes.set(what, (classes.get(what) ?? 0) + (seen ? 1 : 0))
  for (const { inputs, attributes } of calls) {
    const call = validateCall(declaration, inputs, attributes)
    for (const [name, { optional }] of Object.entries(declaration.inputs)) {
      if (!optional) continue
      see(`${name} given`, name in inputs)
      see(`${name} left out`, !(name in inputs))
    }
    for (const [name, declared] of Object.entries(declaration.attributes)) {
      const usual = defaultOf(declared, call, attributes)
      const value = attributes[name]
      if (usual !== undefined) see(`${name} away from its default`, String(value) !== String(usual))
      if (declared.type === 'choice' || declared.type === 'choice of numbers')
        for (const choice of declared.values) see(`${name} of ${choice}`, value === choice)
      if (declared.type === 'boolean') for (const choice of [true, false]) see(`${name} of ${choice}`, value === choice)
      if (declared.type === 'pair' && Array.isArray(value)) see(`${name} not square`, value[0] !== value[1])
    }
    for (const [name, size] of Object.entries(call.sizes)) see(`${name} of 1`, size === 1)
  }
  return classes
}

describe('the cases of every operator reach', () => {
  it.each(Object.values(contract))('optional inputs, attributes and sizes of 1 of $name', (declaration) => {
    const rare = [...classesOf(declaration, callsOf(declaration.name))].filter(([, cases]) => cases < 0.01 * sampled)
    expect(rare).toEqual([])
  })
})
