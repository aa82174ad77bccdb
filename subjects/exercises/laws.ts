import type { Expectation } from '../../exercises/allowance.js'
import type { Given, Quantity, Values } from '../../exercises/index.js'
import { Failure } from '../../oracle/contract.js'
import { map, reshape, rowMajor, sameShape, shapeText, type Tensor } from '../../oracle/tensor.js'
import type { Approximation } from '../../properties/approximation.js'
import { broken, compare, held } from '../../properties/comparison.js'
import type { Call, Law, Verdict } from '../../properties/index.js'
import { roundTo } from '../../properties/precision.js'
import type { Reference } from './reference.js'
import type { ExerciseSubject } from './subject.js'

/** A law of an exercise, with what it needs of the run that checks it. */
export interface ExerciseLaw extends Law {
  /** The quantity that it is about; a law about what the subject holds has none, and is checked once. */
  readonly quantity: string | undefined
  readonly judge: (call: Call) => Promise<Verdict>
}

/** Given data as a call of the exercise. */
export function callOf(given: Values): Call {
  return { inputs: given, attributes: {}, given: {}, gradients: {}, seed: 0 }
}

/** What a subject answers to given data, and what it should answer: worked out once for all laws. */
export class Comparison {
  private readonly subject: ExerciseSubject
  private readonly reference: Reference
  private readonly solved = new WeakMap<Values, Promise<{ readonly answer: Values; readonly expected: Expectation }>>()

  constructor(subject: ExerciseSubject, reference: Reference) {
    this.subject = subject
    this.reference = reference
  }

  /** Throws a Failure where the subject has no answer, or, of the kind `unimplemented`, where the exercise has none. */
  of(given: Values): Promise<{ readonly answer: Values; readonly expected: Expectation }> {
    const known = this.solved.get(given) ?? this.solve(given)
    this.solved.set(given, known)
    return known
  }

  /** How far the subject's value of a quantity is from what it should be. */
  async verdict(quantity: Quantity, given: Values): Promise<Verdict> {
    const { answer, expected } = await this.of(given)
    const { name, alternatives = [] } = quantity
    const allowed = expected.allowed[name]
    const verdicts = [expected.values[name], ...alternatives.map(({ value }) => value(expected.values))].map((value) =>
      judged(name, answer[name], value, allowed),
    )
    return verdicts.find(({ status }) => status === 'held') ?? verdicts[0]
  }

  private async solve(given: Values) {
    let expected: Expectation
    try {
      expected = await this.reference.of(given)
    } catch (error) {
      throw new Failure('unimplemented', `given data that do not go together: ${messageOf(error)}`)
    }
    try {
      return { answer: await this.subject.answer(given), expected }
    } catch (error) {
      throw error instanceof Failure ? error : new Failure('failed', messageOf(error))
    }
  }
}

/** The laws of what a subject holds and of what it answers. `calls` draws given data. */
export function lawsOf(subject: ExerciseSubject, comparison: Comparison, calls: Law['calls']): readonly ExerciseLaw[] {
  const { exercise, held: own, quantities } = subject
  const law = (
    name: string,
    quantity: string | undefined,
    judge: (call: Call) => Verdict | Promise<Verdict>,
  ): ExerciseLaw => ({
    ...{ name, operator: exercise.id, kind: 'oracle', backward: false, calls, quantity },
    judge: async (call) => judge(call),
    check: async ({ call }) => judge(call),
  })
  return [
    ...exercise.given
      .filter(({ name }) => name in own)
      .map((datum) => law(`${datum.name} is as the sheet gives it`, undefined, () => asGiven(datum, own[datum.name]))),
    ...exercise.quantities
      .filter(({ name }) => quantities.includes(name))
      .map((quantity) =>
        law(`${quantity.name} matches the reference`, quantity.name, ({ inputs }) =>
          comparison.verdict(quantity, inputs),
        ),
      ),
  ]
}

/** Numbers that the subject holds are the sheet's, perhaps rounded to float32. */
function asGiven({ name, value }: Given, own: Tensor): Verdict {
  const single = (x: Tensor) => map(x, (entry) => roundTo('float32', entry))
  const verdict = compare(name, exactly(own), exactly(value))
  return verdict.status === 'held' || compare(name, exactly(own), exactly(single(value))).status === 'held'
    ? held
    : verdict
}

function judged(name: string, actual: Tensor | undefined, expected: Tensor, allowed: Tensor): Verdict {
  if (actual === undefined) throw new Failure('failed', `it answered without ${name}`)
  if (!sameShape(withoutOnes(actual.shape), withoutOnes(expected.shape)))
    return broken(`${name} has shape ${shapeText(actual.shape)}; it should have ${shapeText(expected.shape)}`)
  const bound = Float64Array.from(rowMajor(allowed))
  return compare(name, exactly(reshape(actual, expected.shape)), {
    ...exactly(expected),
    bound,
    variance: bound.map((value) => value ** 2),
  })
}

function exactly(x: Tensor): Approximation {
  return {
    shape: x.shape,
    value: Float64Array.from(rowMajor(x)),
    bound: new Float64Array(x.size),
    variance: new Float64Array(x.size),
  }
}

/** A batch of one, or a number as a list of one, is the same numbers. */
function withoutOnes(shape: readonly number[]): readonly number[] {
  return shape.filter((length) => length !== 1)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
