import { type Attributes, Failure, type Operator } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import { Connection } from './connection.js'
import {
  answerSchema,
  type Hello,
  helloSchema,
  profileOf,
  protocolVersion,
  type Question,
  requestOf,
  tensorsOf,
} from './protocol.js'
import { type OpenSubject, SubjectUnavailable } from './subject.js'

export interface ProcessOptions {
  /** Processes that share the calls; 1 where not given. Those beyond the first are started when there is work for them. */
  readonly workers?: number
}

/** After so many calls of one pass that hung or ended the process, it is not called again: the run goes on without it. */
const lossesEndured = 2

/** After so many fresh processes that did not say hello, none is started any more. */
const failedStartsEndured = 2

/** Requests that one process has before it at a time, so that it never waits for the next. */
const pipelined = 4

/** Seconds that a process has to end when its input does. */
const farewellSeconds = 1

/** Seconds that a process has to say hello, at least: it may load a large library. */
const helloSeconds = 60

interface Job extends Question {
  /** Its process was lost while it had several calls before it: this one is asked again by itself. */
  alone: boolean
  resolve(answer: Tensors): void
  reject(error: Error): void
}

/**
 * Opens a command that speaks the protocol (one JSON object a line, over standard input and output) as a subject. A call that
 * has not been answered after `timeoutSeconds`, or during which the process ends, is a Failure that shows its standard error,
 * and the next call finds a fresh process. Throws SubjectUnavailable where the command does not say hello.
 */
export async function openProcess(
  command: string,
  timeoutSeconds: number,
  { workers: count = 1 }: ProcessOptions = {},
): Promise<OpenSubject> {
  const pool = new Pool(command, timeoutSeconds, count)
  const hello = await pool.open()
  const operatorOf = (operator: string, hasBackward: boolean): Operator => ({
    forward: (inputs, attributes) => pool.ask({ operator, pass: 'forward', inputs, attributes, gradients: {} }),
    ...(hasBackward && {
      backward: (inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
        pool.ask({ operator, pass: 'backward', inputs, attributes, gradients }),
    }),
  })
  const profile = profileOf(hello)
  return {
    name: hello.name,
    precision: hello.precision,
    ...(profile !== undefined && { profile }),
    operators: Object.fromEntries(
      Object.entries(hello.operators).map(([name, passes]) => [name, operatorOf(name, passes.includes('backward'))]),
    ),
    concurrency: count * pipelined,
    close: () => pool.close(),
  }
}

/** The processes of a subject, and the calls that wait for one. */
class Pool {
  private readonly command: string
  private readonly timeoutSeconds: number
  private readonly workers: readonly Worker[]
  private readonly waiting: Job[] = []
  /** Why the last process was lost in a pass, and how often one was. */
  private readonly losses = new Map<string, { readonly why: string; readonly times: number }>()
  private precision: Hello['precision'] = 'float64'
  private failedStarts = 0
  private ids = 1
  private closed = false

  constructor(command: string, timeoutSeconds: number, count: number) {
    this.command = command
    this.timeoutSeconds = timeoutSeconds
    this.workers = Array.from({ length: count }, () => new Worker())
  }

  /** Starts the first process; answers with its hello. */
  async open(): Promise<Hello> {
    const { hello } = await this.start(this.workers[0])
    this.precision = hello.precision
    return hello
  }

  ask(question: Question): Promise<Tensors> {
    return new Promise<Tensors>((resolve, reject) => {
      this.waiting.push({ ...question, alone: false, resolve, reject })
      this.hand()
    })
  }

  async close(): Promise<void> {
    this.closed = true
    const connections = await Promise.allSettled(this.workers.map((worker) => worker.ready))
    await Promise.all(
      connections.map(async (started) => {
        if (started.status === 'fulfilled') await started.value?.connection.end(farewellSeconds)
      }),
    )
  }

  /** Hands waiting calls to the processes that have the fewest before them. */
  private hand(): void {
    for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) {
      const lost = this.losses.get(nameOf(job))
      if (lost !== undefined && lost.times >= lossesEndured) {
        job.reject(new Failure('failed', `${lost.why}, ${lost.times} times; it is not called again`))
        continue
      }
      const worker = this.workers.reduce((least, other) => (other.jobs.size < least.jobs.size ? other : least))
      if (!worker.canTake(job)) {
        this.waiting.unshift(job)
        return
      }
      void this.give(worker, job)
    }
  }

  private async give(worker: Worker, job: Job): Promise<void> {
    const id = this.ids++
    worker.jobs.set(id, job)
    worker.ready ??= this.start(worker)
    const { ready } = worker
    try {
      const { connection } = await ready
      // While it was waited for, the process may have been lost, and the call have gone elsewhere.
      if (!worker.jobs.has(id)) return
      connection.send(requestOf(id, job, this.precision))
      this.watch(worker)
    } catch (error) {
      if (worker.ready === ready) worker.ready = undefined
      worker.jobs.delete(id)
      job.reject(new Failure('failed', error instanceof Error ? error.message : String(error)))
      this.hand()
    }
  }

  /** Starts a process for a worker, up to its hello. */
  private start(worker: Worker): Promise<Started> {
    if (this.failedStarts >= failedStartsEndured)
      return Promise.reject(new SubjectUnavailable(this.command, 'it does not start again; it is not called any more'))
    worker.ready = new Promise<Started>((resolve, reject) => {
      let settled = false
      const refuse = (why: string) => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        this.failedStarts++
        connection.stop()
        reject(new SubjectUnavailable(this.command, withErrorText(why, connection)))
      }
      const seconds = Math.max(this.timeoutSeconds, helloSeconds)
      const timer = setTimeout(() => refuse(`it does not say hello within ${seconds} s`), seconds * 1000)
      const connection = new Connection(this.command, {
        onLine: (line) => {
          if (settled) {
            if (!worker.stale(connection)) this.hear(worker, connection, line)
            return
          }
          const hello = helloOf(line)
          if (typeof hello === 'string') {
            refuse(hello)
            return
          }
          clearTimeout(timer)
          settled = true
          worker.connection = connection
          resolve({ connection, hello })
        },
        onEnd: (how) => {
          refuse(`it ${how} before it said hello`)
          if (!worker.stale(connection)) this.lose(worker, connection, `its process ${how}`)
        },
      })
      connection.send({ id: 0, hello: protocolVersion })
    })
    return worker.ready
  }

  /** A line of a process: the answer to one of its calls. */
  private hear(worker: Worker, connection: Connection, line: string): void {
    const answer = answerOf(line)
    if (typeof answer === 'string') {
      this.failAll(worker, answer)
      return
    }
    if (answer.id === null) {
      this.failAll(worker, `it could not read a request: ${'error' in answer ? answer.error : line}`)
      return
    }
    const job = worker.jobs.get(answer.id)
    if (job === undefined) {
      // Late, after its call had failed together with others; an id that was never given is nonsense.
      if (answer.id >= this.ids || answer.id < 1)
        this.failAll(worker, `it answered a request ${answer.id} that nobody made`)
      return
    }
    worker.jobs.delete(answer.id)
    this.watch(worker)
    try {
      job.resolve(tensorsOf(job, answer, this.precision))
    } catch (error) {
      const failed = error instanceof Failure && error.kind === 'failed'
      if (failed) job.reject(new Failure('failed', withErrorText(error.message, connection)))
      else job.reject(error instanceof Error ? error : new Error(String(error)))
    }
    this.hand()
  }

  /** Nobody can say which of the calls was meant: all that the process has before it fail. */
  private failAll(worker: Worker, why: string): void {
    const jobs = [...worker.jobs.values()]
    worker.jobs.clear()
    this.watch(worker)
    for (const job of jobs) job.reject(new Failure('failed', `${nameOf(job)}: ${why}`))
    this.hand()
  }

  /** Sets the time that the process has for its next answer: one call's, for it may work on them one by one. */
  private watch(worker: Worker): void {
    clearTimeout(worker.timer)
    const { connection } = worker
    if (worker.jobs.size === 0 || connection === undefined) return
    worker.timer = setTimeout(
      () => this.lose(worker, connection, `did not return within ${this.timeoutSeconds} s`),
      this.timeoutSeconds * 1000,
    )
  }

  /** The process hung or ended: the one call that it had fails; where it had several, each is asked again alone. */
  private lose(worker: Worker, connection: Connection, how: string): void {
    clearTimeout(worker.timer)
    connection.stop()
    worker.ready = undefined
    worker.connection = undefined
    const jobs = [...worker.jobs.values()]
    worker.jobs.clear()
    if (this.closed) {
      for (const job of jobs) job.reject(new Failure('failed', 'the subject was closed'))
      return
    }
    if (jobs.length === 1) {
      const [job] = jobs
      const why = withErrorText(`${nameOf(job)}${how.startsWith('did') ? '' : ':'} ${how}`, connection)
      this.losses.set(nameOf(job), { why, times: (this.losses.get(nameOf(job))?.times ?? 0) + 1 })
      job.reject(new Failure('failed', why))
    } else {
      for (const job of jobs) job.alone = true
      this.waiting.unshift(...jobs)
    }
    this.hand()
  }
}

interface Started {
  readonly connection: Connection
  readonly hello: Hello
}

/** One process at a time, and the calls that it has before it. */
class Worker {
  ready: Promise<Started> | undefined
  connection: Connection | undefined
  timer: NodeJS.Timeout | undefined
  readonly jobs = new Map<number, Job>()

  canTake(job: Job): boolean {
    if (this.jobs.size === 0) return true
    return !job.alone && this.jobs.size < pipelined && ![...this.jobs.values()].some(({ alone }) => alone)
  }

  /** Whether a line or an end is that of a process given up earlier. */
  stale(connection: Connection): boolean {
    return this.connection !== connection
  }
}

function nameOf({ operator, pass }: Question): string {
  return `${operator}.${pass}`
}

function withErrorText(why: string, connection: Connection): string {
  const text = connection.takeErrorText()
  return text === '' ? why : `${why}; its standard error:\n${text}`
}

/** The hello in a line, or what is wrong with it. */
function helloOf(line: string): Hello | string {
  const value = jsonOf(line)
  if (value === undefined) return `it wrote ${quoted(line)} instead of its hello, an object of JSON`
  const answer = answerSchema.safeParse(value)
  if (answer.success && 'error' in answer.data) return `it refused the hello: ${answer.data.error}`
  const hello = helloSchema.safeParse(value)
  if (hello.success) return hello.data
  const issues = hello.error.issues.map(({ path, message }) => `${path.join('.') || 'hello'}: ${message}`)
  return `its hello ${quoted(line)} is wrong (${issues.join('; ')})`
}

function answerOf(line: string) {
  const value = jsonOf(line)
  const answer = answerSchema.safeParse(value)
  if (answer.success) return answer.data
  if (value === undefined)
    return `it wrote ${quoted(line)}, which is no answer; what it prints belongs on standard error`
  return `it answered ${quoted(line)}; it should answer an id with "outputs", "gradients" or an "error"`
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function quoted(line: string): string {
  return JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line)
}
