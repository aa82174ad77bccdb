import { type Attributes, Failure, type Operator } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { sameShape, type Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import type { Call } from './law.js'
import { type FoundLimit, limitsOf, type Probed } from './limits.js'
import type { Limit } from './report.js'
import { beyondSupport, type OperatorSupport } from './support.js'

/** What a subject supports of one operator: as far as it says so, and as far as it was found out. */
export class Scope {
  private readonly operator: string
  private readonly declared: OperatorSupport | undefined
  private readonly found: FoundLimit[] = []
  private readonly met = new Set<string>()
  /** Why it refuses every call, where it does. */
  private refusesAll: string | undefined

  constructor(operator: string, declared: OperatorSupport | undefined) {
    this.operator = operator
    this.declared = declared
  }

  /** What is not supported: what was found, and what calls met of what is declared. */
  get limits(): readonly Limit[] {
    return [
      ...[...this.met].map((what): Limit => ({ what, how: 'declared' })),
      ...this.found.map(({ what }): Limit => ({ what, how: 'found' })),
      ...(this.refusesAll === undefined ? [] : [{ what: `every call (${this.refusesAll})`, how: 'found' } as const]),
    ]
  }

  /** Learns from calls that were answered or refused; true where that says more than was known. */
  learn(probed: readonly Probed[], message: string): boolean {
    const within = probed.filter(({ inputs, attributes }) => this.beyond(inputs, attributes) === undefined)
    if (within.length > 0 && within.every(({ refused }) => refused)) {
      this.refusesAll = message
      return true
    }
    const limits = limitsOf(this.operator, within)
    this.found.push(...limits)
    return limits.length > 0
  }

  /** What a call has that is not supported, in words; `undefined` where it has nothing of the kind. */
  beyond(inputs: Tensors, attributes: Attributes): string | undefined {
    if (this.refusesAll !== undefined) return this.refusesAll
    const declared = beyondSupport(this.declared, inputs, attributes)
    if (declared !== undefined) this.met.add(declared)
    return declared ?? this.found.find((limit) => limit.has(inputs, attributes))?.what
  }

  private isValid(inputs: Tensors, attributes: Attributes): boolean {
    try {
      validateCall(contract[this.operator], inputs, attributes)
      return true
    } catch {
      return false
    }
  }

  /** The operator with every valid call that is not supported failing as not implemented, before the subject hears of it. */
  guard(operator: Operator): Operator {
    const refuse = (inputs: Tensors, attributes: Attributes): void => {
      // Who refuses all calls refuses bad ones for no reason of theirs.
      if (this.refusesAll !== undefined) throw new Failure('unimplemented', this.refusesAll)
      const beyond = this.beyond(inputs, attributes)
      // A bad call is the subject's to refuse, whatever it supports.
      if (beyond !== undefined && this.isValid(inputs, attributes)) throw new Failure('unimplemented', beyond)
    }
    const { forward, backward } = operator
    return {
      forward: (inputs, attributes) => {
        refuse(inputs, attributes)
        return forward.call(operator, inputs, attributes)
      },
      ...(backward !== undefined && {
        backward: (inputs: Tensors, attributes: Attributes, gradients: Tensors) => {
          refuse(inputs, attributes)
          return backward.call(operator, inputs, attributes, gradients)
        },
      }),
    }
  }

  /** The call with attributes that are supported in the place of others, where it is as valid with them and of the same shapes. */
  adapted(call: Call): Call {
    const chosen: Record<string, Attributes[string]> = {}
    for (const [name, values] of Object.entries(this.declared?.attributes ?? {})) {
      const value = call.attributes[name]
      if (value === undefined || beyondSupport({ attributes: { [name]: values } }, {}, call.attributes) === undefined)
        continue
      chosen[name] = values[Math.abs(call.seed) % values.length]
    }
    if (Object.keys(chosen).length === 0) return call
    const attributes = { ...call.attributes, ...chosen }
    const given = { ...call.given, ...chosen }
    try {
      const before = validateCall(contract[this.operator], call.inputs, call.attributes).outputShapes
      const after = validateCall(contract[this.operator], call.inputs, attributes).outputShapes
      const isAlike = Object.entries(before).every(([name, shape]) => sameShape(shape, after[name] ?? []))
      return isAlike ? { ...call, attributes, given } : call
    } catch {
      return call
    }
  }
}
