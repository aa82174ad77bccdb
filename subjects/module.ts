import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { type Attributes, Failure, type Operator, type Precision, Refusal } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { rowMajor, type Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { toTensor } from '../oracle/wire.js'
import { Lost } from '../properties/caller.js'
import { defaultMemoryMegabytes } from './memory.js'
import { printable } from './printable.js'
import { supportsSchema } from './protocol.js'
import { type OpenSubject, SubjectUnavailable } from './subject.js'
import { Thread, type ThreadAnswer, type ThreadHello, type ThreadTerms } from './thread.js'

/** After so many calls of one pass that hung or ended the worker, it is not called again: the run goes on without it. */
const lossesEndured = 2

/** Calls that the worker has before it at a time, so that it never waits for the next. */
const pipelined = 4

export interface ModuleOptions {
  /** What the module may hold; three quarters of the machine's memory where not given. */
  readonly memoryMegabytes?: number
  /** The module finds it in its workerData. */
  readonly setting?: string
}

interface Job {
  readonly operator: string
  readonly pass: 'forward' | 'backward'
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly gradients: Tensors
  resolve(answer: Tensors): void
  reject(error: Error): void
}

/**
 * Opens a JavaScript or TypeScript module that exports `operators` (and `precision`, 'float64' where it does not say, `supports`
 * and `dialects`) as a subject. It runs in a worker: a call that has not returned after `timeoutSeconds`, or that ends the worker,
 * is a Failure, and the next call finds a fresh one. Throws SubjectUnavailable where the module does not load or exports no
 * operators.
 */
export async function openModule(
  path: string,
  timeoutSeconds: number,
  { memoryMegabytes = defaultMemoryMegabytes(), setting }: ModuleOptions = {},
): Promise<OpenSubject> {
  const file = resolve(path)
  if (!existsSync(file)) throw new SubjectUnavailable(path, 'there is no such file')
  const terms: ThreadTerms = { path, file, setting, timeoutSeconds, memoryMegabytes }
  const { thread, hello } = await Thread.start(terms)
  const declared = await declaredBy(path, hello, thread)
  const calls = new Calls(terms, thread, hello.precision)
  const operatorOf = (operator: string, hasBackward: boolean): Operator => ({
    forward: (inputs, attributes) => calls.ask({ operator, pass: 'forward', inputs, attributes, gradients: {} }),
    ...(hasBackward && {
      backward: (inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
        calls.ask({ operator, pass: 'backward', inputs, attributes, gradients }),
    }),
  })
  return {
    name: path,
    precision: hello.precision,
    ...declared,
    operators: Object.fromEntries(
      Object.entries(hello.operators).map(([name, hasBackward]) => [name, operatorOf(name, hasBackward)]),
    ),
    concurrency: pipelined,
    close: () => calls.close(),
  }
}

const declaredSchema = z.object({ supports: supportsSchema.optional(), dialects: z.array(z.string()).optional() })

/** What a module says of itself beside its operators. Throws SubjectUnavailable where that is not well formed. */
async function declaredBy(path: string, { supports, dialects }: ThreadHello, thread: Thread) {
  const declared = declaredSchema.safeParse({ supports, dialects })
  if (declared.success)
    return {
      ...(declared.data.supports !== undefined && { supports: declared.data.supports }),
      ...(declared.data.dialects !== undefined && { dialects: declared.data.dialects }),
    }
  await thread.stop()
  const issues = declared.error.issues.map(({ path: at, message }) => `\`${at.join('.')}\`: ${message}`)
  throw new SubjectUnavailable(path, `what it declares is wrong (${printable(issues.join('; '))})`)
}

/**
 * The calls of a module and the thread that answers them, in the order in which they are asked. Every call gets one answer or one
 * Failure: where the thread is lost, the first that it has not answered is to blame, and the others are asked again.
 */
class Calls {
  private readonly terms: ThreadTerms
  private readonly precision: Precision
  private readonly waiting: Job[] = []
  /** What the thread has before it, in order. */
  private readonly asked: { readonly id: number; readonly job: Job }[] = []
  /** Why the last thread was lost in a pass, and how often one was. */
  private readonly losses = new Map<string, { readonly why: string; readonly times: number }>()
  private thread: Thread | undefined
  private timer: NodeJS.Timeout | undefined
  /** Why nothing is called any more. */
  private closed: string | undefined
  private ids = 0

  constructor(terms: ThreadTerms, thread: Thread, precision: Precision) {
    this.terms = terms
    this.precision = precision
    this.use(thread)
  }

  ask(call: Omit<Job, 'resolve' | 'reject'>): Promise<Tensors> {
    return new Promise<Tensors>((resolve, reject) => {
      this.waiting.push({ ...call, resolve, reject })
      this.hand()
    })
  }

  /** Ends the thread; calls that are underway fail. */
  async close(): Promise<void> {
    this.closed ??= 'the subject was closed'
    clearTimeout(this.timer)
    const { thread } = this
    this.thread = undefined
    for (const { job } of this.asked.splice(0)) job.reject(new Lost(this.closed))
    this.hand()
    await thread?.stop()
  }

  private use(thread: Thread): void {
    this.thread = thread
    thread.listen({
      onAnswer: (answer) => this.hear(answer),
      onEnd: (how) => this.lose(how),
    })
  }

  private hand(): void {
    while (this.asked.length < pipelined) {
      const [job] = this.waiting
      if (job === undefined) return
      const objection = this.objectionTo(job)
      if (objection === undefined && this.thread === undefined) return
      this.waiting.shift()
      if (objection !== undefined) job.reject(new Lost(objection))
      else if (this.thread !== undefined) this.give(this.thread, job)
    }
  }

  /** Why a call is not asked at all, or nothing. */
  private objectionTo(job: Job): string | undefined {
    if (this.closed !== undefined) return this.closed
    const lost = this.losses.get(nameOf(job))
    if (lost === undefined || lost.times < lossesEndured) return undefined
    return `${lost.why}, ${lost.times} times; it is not called again`
  }

  private give(thread: Thread, job: Job): void {
    const id = this.ids++
    this.asked.push({ id, job })
    thread.send({
      id,
      operator: job.operator,
      pass: job.pass,
      inputs: parcels(job.operator, job.inputs, this.precision),
      attributes: completed(job.operator, job.inputs, job.attributes),
      gradients: parcels(undefined, job.gradients, this.precision),
    })
    if (this.asked.length === 1) this.watch()
  }

  /** Sets the time that the thread has for the first call before it. */
  private watch(): void {
    clearTimeout(this.timer)
    if (this.asked.length === 0) return
    const late = () => this.lose(`did not return within ${this.terms.timeoutSeconds} s`)
    this.timer = setTimeout(() => {
      // After long work of this thread its timers are due before it has read what has come meanwhile.
      this.timer = setTimeout(late, 20)
    }, this.terms.timeoutSeconds * 1000)
  }

  private hear(answer: ThreadAnswer): void {
    if (answer.id !== this.asked[0]?.id) {
      this.lose('posted an answer of its own to the thread that tests it')
      return
    }
    const { job } = this.asked[0]
    this.asked.shift()
    this.watch()
    settle(job, answer)
    this.hand()
  }

  private lose(how: string): void {
    const { thread } = this
    if (thread === undefined) return
    clearTimeout(this.timer)
    this.thread = undefined
    const [first, ...others] = this.asked.splice(0).map(({ job }) => job)
    this.waiting.unshift(...others)
    if (first !== undefined) {
      const name = nameOf(first)
      const printed = thread.takePrinted()
      const why = `${name} ${how}${printed === '' ? '' : `; it printed:\n${printed}`}`
      this.losses.set(name, { why, times: (this.losses.get(name)?.times ?? 0) + 1 })
      first.reject(new Lost(why))
    }
    void this.startAgain(thread)
  }

  private async startAgain(lost: Thread): Promise<void> {
    await lost.stop()
    if (this.closed !== undefined) return
    try {
      const { thread } = await Thread.start(this.terms)
      this.use(thread)
      if (this.closed !== undefined) await this.close()
    } catch (error) {
      this.closed ??= `it does not start again: ${error instanceof Error ? error.message : error}`
    }
    this.hand()
  }
}

function nameOf({ operator, pass }: Job): string {
  return `${operator}.${pass}`
}

/** Tells a call what the thread answered to it. */
function settle(job: Job, answer: ThreadAnswer): void {
  if ('error' in answer) {
    job.reject(thrown(job.operator, { ...answer.error, message: printable(answer.error.message) }))
    return
  }
  for (const [input, data] of Object.entries(answer.modified)) writeBack(job.inputs, input, data)
  try {
    job.resolve(tensorsOf(nameOf(job), answer.answer))
  } catch (error) {
    job.reject(error instanceof Error ? error : new Error(String(error)))
  }
}

/** What a module threw, by its `kind`. */
export function thrown(operator: string, { message, kind }: { message: string; kind?: unknown }): Error {
  if (kind === 'failed' || kind === 'unimplemented') return new Failure(kind, message)
  return kind === 'refused' ? new Refusal(operator, message) : new Error(message)
}

/** The attributes of a valid call with every default filled in and pairs as [height, width]; those of a bad call as they are. */
export function completed(operator: string, inputs: Tensors, attributes: Attributes): Attributes {
  const declaration = contract[operator]
  if (declaration === undefined) return attributes
  try {
    return validateCall(declaration, inputs, attributes).attributes
  } catch (error) {
    if (error instanceof Refusal) return attributes
    throw error
  }
}

/** Copies of the tensors' numbers in the subject's own format; integer inputs stay float64, which holds every one of them. */
function parcels(operator: string | undefined, tensors: Tensors, precision: Precision) {
  const inputs = operator === undefined ? undefined : contract[operator]?.inputs
  const result: Record<string, { readonly shape: readonly number[]; readonly data: Float32Array | Float64Array }> = {}
  for (const [name, x] of Object.entries(tensors)) {
    const narrow = precision === 'float32' && (inputs?.[name]?.kind ?? 'float') === 'float'
    const numbers = rowMajor(x)
    // A part of a larger array would be sent with all of it.
    const whole = numbers.byteLength === numbers.buffer.byteLength
    result[name] = { shape: x.shape, data: narrow ? new Float32Array(numbers) : whole ? numbers : numbers.slice() }
  }
  return result
}

/** Makes a change that the subject made to its copy of an input visible in the original. */
function writeBack(inputs: Tensors, name: string, data: Float64Array): void {
  const x = inputs[name]
  const own = rowMajor(x)
  if (own.buffer === x.data.buffer) own.set(data.subarray(0, own.length))
}

export function tensorsOf(name: string, answer: unknown): Tensors {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    throw new Failure(
      'failed',
      `${name} answered ${answer === undefined ? 'nothing' : printable(textOf(answer))}; it should answer an object of tensors by name`,
    )
  return Object.fromEntries(
    Object.entries(answer).map(([output, value]) => {
      try {
        return [printable(output), toTensor(value)]
      } catch (error) {
        throw new Failure(
          'failed',
          printable(`${name} answered no tensor for ${output}: ${error instanceof Error ? error.message : error}`),
        )
      }
    }),
  )
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return `a ${typeof value}`
  }
}
