import type fc from 'fast-check'
import { Failure } from '../../oracle/contract.js'
import { Arithmetic } from '../arithmetic.js'
import { Caller } from '../caller.js'
import type { Verdict } from '../comparison.js'
import type { Call, Law, Subject } from '../law.js'
import { models } from '../laws.js'
import { ieee } from '../profile.js'
import { beyondSupport } from '../support.js'
import { readableCall } from './calls.js'

/** The cases of a law for a subject, and the check of one. It throws a Failure that is `unimplemented` for a call that the subject does not support. */
export function checkLaw(
  law: Law,
  subject: Subject,
): { readonly cases: fc.Arbitrary<Call>; readonly check: (call: Call) => Promise<Verdict> } {
  const profile = subject.profile ?? ieee(subject.precision)
  const model = models[law.operator]
  const caller = new Caller(subject.operators[law.operator], model, new Arithmetic(profile))
  return {
    cases: law.calls(profile).map(readableCall),
    check: async (call) => {
      const beyond = beyondSupport(subject.supports?.[law.operator], call.inputs, call.attributes)
      if (beyond !== undefined) throw new Failure('unimplemented', beyond)
      return law.check({ call, subject: caller, model, profile })
    },
  }
}
