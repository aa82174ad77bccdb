import type fc from 'fast-check'
import type { Attributes, Implementation } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import type { Caller } from './caller.js'
import type { Verdict } from './comparison.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import type { Supports } from './support.js'

/** An implementation under test; without a profile, its precision's IEEE arithmetic is assumed. */
export interface Subject extends Implementation {
  readonly profile?: Profile
  /** What it says it supports of its operators; all where not given. */
  readonly supports?: Supports
  /** A drawn call as the subject takes it, where weights, sizes or attributes of its are fixed, as those of a model file are. */
  readonly fitted?: (call: Call) => Call
}

/** One valid call of an operator, with what a law needs beside it. */
export interface Call {
  readonly inputs: Tensors
  /** Complete: every default filled in, pairs as [height, width]. */
  readonly attributes: Attributes
  /** The same as they may be written: what has a default perhaps left out, a pair perhaps one number. */
  readonly given: Attributes
  /** Gradients with respect to the outputs, for the backward pass; empty where the operator has none. */
  readonly gradients: Tensors
  /** From which a law draws whatever else it needs: directions, permutations, a second operand. */
  readonly seed: number
}

export type LawKind = 'shape' | 'oracle' | 'gradient' | 'mathematics' | 'refusal'

/** What a law is checked with: the operator under test, how accurate it has to be, and the case. */
export interface Trial {
  readonly call: Call
  /** Calls the operator under test; see Caller for what each way of calling demands of the answer. */
  readonly subject: Caller
  readonly model: Model
  readonly profile: Profile
}

/** Something that holds for every correct implementation of an operator. */
export interface Law {
  /** Reads as a sentence with the operator as its subject: `is unchanged when a constant is added`. */
  readonly name: string
  readonly operator: string
  readonly kind: LawKind
  /** Whether it calls the backward pass; skipped for a subject that has none. */
  readonly backward: boolean
  /** The cases it is checked on, valid by construction, every number representable on the platform. */
  readonly calls: (profile: Profile) => fc.Arbitrary<Call>
  readonly check: (trial: Trial) => Promise<Verdict>
}
