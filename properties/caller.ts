import { type Attributes, Failure, type Operator, Refusal } from '../oracle/contract.js'
import { copy, sameShape, shapeText, type Tensor, type Tensors } from '../oracle/tensor.js'
import { position } from '../oracle/validation.js'
import { type Approximation, type Approximations, measured } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import type { Model } from './model.js'

/**
 * Calls one operator of an implementation under test. `answer…` gives what it answers, as it is; the others demand the right
 * names, the right shapes and no NaN, and throw a Failure otherwise. The operator gets copies, so that one that modifies its
 * inputs spoils nothing but the law that forbids it.
 */
export class Caller {
  private readonly operator: Operator
  private readonly model: Model
  private readonly arithmetic: Arithmetic
  private readonly timeoutSeconds: number | undefined

  constructor(operator: Operator, model: Model, arithmetic: Arithmetic, timeoutSeconds?: number) {
    this.operator = operator
    this.model = model
    this.arithmetic = arithmetic
    this.timeoutSeconds = timeoutSeconds
  }

  /** The outputs, each with the accuracy that the platform's arithmetic ascribes to it. */
  async forward(inputs: Tensors, attributes: Attributes): Promise<Approximations> {
    const answer = await this.answer(inputs, attributes)
    const outputs = checked('output', answer, this.model.shapes(inputs, attributes))
    return withAccuracy('output', outputs, this.model.forward(this.arithmetic, inputs, attributes))
  }

  /** The gradients with respect to the float inputs, each with its accuracy. */
  async backward(inputs: Tensors, attributes: Attributes, gradients: Tensors): Promise<Approximations> {
    const accuracy = this.model.backward?.(this.arithmetic, inputs, attributes, gradients) ?? {}
    const answer = await this.answerBackward(inputs, attributes, gradients)
    const shapes = Object.fromEntries(Object.keys(accuracy).map((name) => [name, inputs[name].shape]))
    return withAccuracy('gradient', checked('gradient', answer, shapes), accuracy)
  }

  /** Whatever the forward pass answers. Throws a Failure where it throws or does not answer in time. */
  async answer(inputs: Tensors, attributes: Attributes): Promise<Tensors> {
    return this.run(() => this.operator.forward(copies(inputs), attributes))
  }

  /** Whatever the backward pass answers; see answer. */
  async answerBackward(inputs: Tensors, attributes: Attributes, gradients: Tensors): Promise<Tensors> {
    return this.run(() => {
      if (this.operator.backward === undefined) throw new Failure('unimplemented', 'it has no backward pass')
      return this.operator.backward(copies(inputs), attributes, copies(gradients))
    })
  }

  /** The pass called with these very tensors, so that a law can see what became of them. */
  async answerInPlace(inputs: Tensors, attributes: Attributes, gradients?: Tensors): Promise<Tensors> {
    return this.run(() => {
      if (gradients === undefined) return this.operator.forward(inputs, attributes)
      if (this.operator.backward === undefined) throw new Failure('unimplemented', 'it has no backward pass')
      return this.operator.backward(inputs, attributes, gradients)
    })
  }

  /** The message with which a bad call is refused; undefined where it is answered. A crash is no refusal: it throws a Failure. */
  async refusal(inputs: Tensors, attributes: Attributes, gradients?: Tensors): Promise<string | undefined> {
    const [givenInputs, givenGradients] = [copies(inputs), gradients && copies(gradients)]
    try {
      if (givenGradients === undefined) await this.inTime(async () => this.operator.forward(givenInputs, attributes))
      else await this.inTime(async () => this.operator.backward?.(givenInputs, attributes, givenGradients))
      return undefined
    } catch (error) {
      if (error instanceof Failure) throw error
      return messageOf(error)
    }
  }

  private async run(call: () => Tensors | Promise<Tensors>): Promise<Tensors> {
    try {
      return await this.inTime(call)
    } catch (error) {
      if (error instanceof Failure) throw error
      if (error instanceof Refusal) throw new RefusedValidCall(messageOf(error))
      throw new Failure('failed', `it threw: ${messageOf(error)}`)
    }
  }

  private async inTime<Result>(call: () => Result | Promise<Result>): Promise<Result> {
    const seconds = this.timeoutSeconds
    const result = call()
    if (seconds === undefined || !(result instanceof Promise)) return result
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Timeout(seconds)), seconds * 1000)
    })
    try {
      return await Promise.race([result, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A valid call was refused: it may be one of a kind that the implementation never takes. */
export class RefusedValidCall extends Failure {
  constructor(why: string) {
    super('failed', `it refused a valid call: ${why}`)
  }
}

/** The call hung or crashed the implementation, which endures few of these: smaller cases are not tried. */
export class Lost extends Failure {
  constructor(why: string) {
    super('failed', why)
  }
}

/** No answer in time. */
export class Timeout extends Lost {
  constructor(seconds: number) {
    super(`it did not answer within ${seconds} s`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function copies(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, copy(x)]))
}

/** The answer, if it has exactly these names and shapes; throws a Failure otherwise. */
function checked(what: string, answer: Tensors, shapes: Readonly<Record<string, readonly number[]>>): Tensors {
  const complaint = shapeComplaint(what, answer, shapes)
  if (complaint !== undefined) throw new Failure('failed', complaint)
  return answer
}

/** What is wrong with the names and shapes of an answer, or nothing. */
export function shapeComplaint(
  what: string,
  answer: unknown,
  shapes: Readonly<Record<string, readonly number[]>>,
): string | undefined {
  if (typeof answer !== 'object' || answer === null) return `it answered ${String(answer)} instead of named tensors`
  for (const name of Object.keys(answer))
    if (!(name in shapes)) return `it answered an unknown ${what} ${name}; known: ${Object.keys(shapes).join(', ')}`
  for (const [name, shape] of Object.entries(shapes)) {
    const x: unknown = Object.entries(answer).find(([key]) => key === name)?.[1]
    if (!isTensor(x)) return `${what} ${name} is missing; it should have shape ${shapeText(shape)}`
    if (!sameShape(x.shape, shape))
      return `${what} ${name} has shape ${shapeText(x.shape)}; it should have ${shapeText(shape)}`
  }
  return undefined
}

function isTensor(x: unknown): x is Tensor {
  return typeof x === 'object' && x !== null && 'shape' in x && Array.isArray(x.shape) && 'data' in x && 'stride' in x
}

/** An answer with its accuracy. Throws a Failure for NaN, except where the platform may overflow on the way and leaves it open. */
function withAccuracy(what: string, answer: Tensors, accuracy: Approximations): Approximations {
  return Object.fromEntries(
    Object.entries(accuracy).map(([name, known]): [string, Approximation] => {
      const result = measured(copy(answer[name]), known)
      const at = result.value.findIndex((value, i) => Number.isNaN(value) && known.bound[i] < Number.POSITIVE_INFINITY)
      if (at < 0) return [name, result]
      const where = known.shape.length === 0 ? '' : ` at ${position(at, known.shape)}`
      throw new Failure('failed', `${what} ${name} holds NaN${where}`)
    }),
  )
}
