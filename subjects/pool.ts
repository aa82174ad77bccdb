import { Failure } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import { stringify } from '../oracle/wire.js'
import { Lost } from '../properties/caller.js'
import type { Connection } from './connection.js'
import { jsonOf, type Started, startProcess, type Terms, unfinished, withErrorText } from './greeting.js'
import { printable, quoted } from './printable.js'
import { type Answer, answerSchema, type Hello, type Question, requestOf, tensorsOf } from './protocol.js'
import { SubjectUnavailable } from './subject.js'

/** Requests that one process has before it at a time, so that it never waits for the next. */
export const pipelined = 8

/** After so many calls of one pass that hung or ended the process, it is not called again: the run goes on without it. */
const lossesEndured = 2

/** After so many losses without an answer between, nothing is called any more. */
const lossesInARowEndured = 20

/** After so many fresh processes that did not say hello, none is started any more. */
const failedStartsEndured = 2

/** Seconds that a process has to end when its input does. */
const farewellSeconds = 1

/** Requests whose answers are remembered, to recognise a second one. */
const rememberedAnswers = 1000

interface Job extends Question {
  /** Its process was lost while it had several calls before it: this one is asked again by itself. */
  alone: boolean
  resolve(answer: Tensors): void
  reject(error: Error): void
}

/**
 * The processes of a subject, and the calls that wait for one. Every call gets one answer or one Failure. A process that hangs,
 * ends, or writes what is no answer is not trusted any more: it is stopped, the call that it had before it fails, and where it had
 * several each is asked again alone of a fresh one, so that only the one that is to blame fails.
 */
export class Pool {
  private readonly command: string
  private readonly terms: Terms
  private readonly workers: readonly Worker[]
  private readonly waiting: Job[] = []
  /** Why the last process was lost in a pass, and how often one was. */
  private readonly losses = new Map<string, { readonly why: string; readonly times: number }>()
  /** What a process did wrong after it had answered: told to the next call of the pass, or of any (''). */
  private readonly complaints = new Map<string, string>()
  private readonly closing = new AbortController()
  private precision: Hello['precision'] = 'float64'
  private failedStarts = 0
  private lossesInARow = 0
  private ids = 1

  constructor(command: string, { workers, ...terms }: Terms & { readonly workers: number }) {
    this.command = command
    this.terms = terms
    this.workers = Array.from({ length: workers }, () => new Worker())
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

  /** Ends the processes; calls that are underway fail. */
  async close(): Promise<void> {
    this.closing.abort()
    this.hand()
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
      const objection = this.objectionTo(job)
      if (objection !== undefined) {
        job.reject(new Lost(objection))
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

  /** Why a call is not asked at all, or nothing. */
  private objectionTo(job: Job): string | undefined {
    const pass = nameOf(job)
    if (this.closing.signal.aborted) return 'the subject was closed'
    for (const key of [pass, '']) {
      const complaint = this.complaints.get(key)
      if (complaint === undefined) continue
      this.complaints.delete(key)
      return this.noteLoss(pass, `${pass}: ${complaint}`)
    }
    if (this.lossesInARow >= lossesInARowEndured)
      return `its process was lost ${this.lossesInARow} times without an answer between; nothing is called any more`
    const lost = this.losses.get(pass)
    if (lost === undefined || lost.times < lossesEndured) return undefined
    return `${lost.why}, ${lost.times} times; it is not called again`
  }

  private noteLoss(pass: string, why: string): string {
    this.lossesInARow++
    this.losses.set(pass, { why, times: (this.losses.get(pass)?.times ?? 0) + 1 })
    return why
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
      connection.send(stringify(requestOf(id, job, this.precision)))
      worker.asked.add(id)
      this.watch(worker)
    } catch (error) {
      if (worker.ready === ready) worker.ready = undefined
      if (!worker.jobs.delete(id)) return
      job.reject(new Lost(error instanceof Error ? error.message : String(error)))
      this.hand()
    }
  }

  /** Starts a process for a worker, up to its hello. */
  private start(worker: Worker): Promise<Started> {
    if (this.failedStarts >= failedStartsEndured)
      return Promise.reject(new SubjectUnavailable(this.command, 'it does not start again; it is not called any more'))
    const afterwards = {
      onHello: (connection: Connection) => worker.begin(connection),
      onLine: (line: string, connection: Connection) => {
        if (worker.connection === connection) this.hear(worker, connection, line)
      },
      onEnd: (how: string, connection: Connection) => {
        if (worker.connection === connection) this.lose(worker, connection, `its process ${how}`)
      },
    }
    worker.ready = startProcess(this.command, this.terms, afterwards, this.closing.signal).catch((error: unknown) => {
      this.failedStarts++
      throw error
    })
    return worker.ready
  }

  /** A line of a process: the answer to one of its calls. */
  private hear(worker: Worker, connection: Connection, line: string): void {
    const answer = answerOf(line)
    if (typeof answer === 'string') {
      this.distrust(worker, connection, answer)
      return
    }
    if (answer.id === null) {
      const why = 'error' in answer ? answer.error : quoted(line)
      this.distrust(worker, connection, `it could not read a request: ${why}`)
      return
    }
    const job = worker.asked.has(answer.id) ? worker.jobs.get(answer.id) : undefined
    if (job === undefined) {
      const pass = worker.answered.get(answer.id)
      if (pass === undefined) this.distrust(worker, connection, `it answered a request ${answer.id} that nobody made`)
      else this.distrust(worker, connection, `it answered request ${answer.id} twice`, pass)
      return
    }
    worker.settle(answer.id, nameOf(job))
    this.watch(worker)
    try {
      job.resolve(printableNames(tensorsOf(job, answer, this.precision)))
      this.lossesInARow = 0
    } catch (error) {
      const failed = error instanceof Failure && error.kind === 'failed'
      if (failed) job.reject(new Failure('failed', withErrorText(printable(error.message), connection)))
      else job.reject(error instanceof Error ? error : new Error(String(error)))
    }
    this.hand()
  }

  /** Sets the time that the process has for its next answer: one call's, for it may work on them one by one. */
  private watch(worker: Worker): void {
    clearTimeout(worker.timer)
    const { connection } = worker
    if (worker.jobs.size === 0 || connection === undefined) return
    const late = () =>
      this.lose(worker, connection, `did not return within ${this.terms.timeoutSeconds} s${unfinished(connection)}`)
    worker.timer = setTimeout(() => {
      // After long work of this program its timers are due before it has read what has come meanwhile.
      worker.timer = setTimeout(late, 20)
    }, this.terms.timeoutSeconds * 1000)
  }

  /** The process wrote what is no answer. `guilty`: the pass in which it did, where that is known and has been answered. */
  private distrust(worker: Worker, connection: Connection, why: string, guilty?: string): void {
    const pass = guilty ?? (worker.jobs.size === 0 ? (worker.lastAnswered ?? '') : undefined)
    if (pass === undefined) {
      this.lose(worker, connection, why)
      return
    }
    this.complaints.set(pass, withErrorText(why, connection))
    this.askAgain(worker, connection)
  }

  /** The process hung or ended: the one call that it had fails; where it had several, each is asked again alone. */
  private lose(worker: Worker, connection: Connection, how: string): void {
    const jobs = [...worker.jobs.values()]
    if (jobs.length === 1) {
      const [job] = jobs
      const pass = nameOf(job)
      const why = withErrorText(`${pass}${how.startsWith('did') ? '' : ':'} ${how}`, connection)
      worker.jobs.clear()
      job.reject(new Lost(this.noteLoss(pass, why)))
    }
    for (const job of jobs) job.alone = true
    this.askAgain(worker, connection)
  }

  /** Stops a process; the calls that it had before it wait for a fresh one. */
  private askAgain(worker: Worker, connection: Connection): void {
    const jobs = worker.give()
    connection.stop()
    this.waiting.unshift(...jobs)
    this.hand()
  }
}

/** One process at a time, and the calls that it has before it. */
class Worker {
  ready: Promise<Started> | undefined
  connection: Connection | undefined
  timer: NodeJS.Timeout | undefined
  readonly jobs = new Map<number, Job>()
  /** Those of the jobs that were sent to the process. */
  readonly asked = new Set<number>()
  /** The passes of the last requests that it answered. */
  readonly answered = new Map<number, string>()
  lastAnswered: string | undefined

  canTake(job: Job): boolean {
    if (this.jobs.size === 0) return true
    return !job.alone && this.jobs.size < pipelined && ![...this.jobs.values()].some(({ alone }) => alone)
  }

  /** A fresh process has said hello. */
  begin(connection: Connection): void {
    this.connection = connection
    this.asked.clear()
    this.answered.clear()
    this.lastAnswered = undefined
  }

  settle(id: number, pass: string): void {
    this.jobs.delete(id)
    this.asked.delete(id)
    this.answered.set(id, pass)
    this.lastAnswered = pass
    for (const oldest of this.answered.keys()) {
      if (this.answered.size <= rememberedAnswers) break
      this.answered.delete(oldest)
    }
  }

  /** Gives up its process and the calls that this had before it. */
  give(): readonly Job[] {
    clearTimeout(this.timer)
    this.ready = undefined
    this.connection = undefined
    const jobs = [...this.jobs.values()]
    this.jobs.clear()
    return jobs
  }
}

function nameOf({ operator, pass }: Question): string {
  return `${operator}.${pass}`
}

/** A report may name an output that the operator does not have. */
function printableNames(tensors: Tensors): Tensors {
  if (Object.keys(tensors).every((name) => /^\w+$/.test(name))) return tensors
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [printable(name), x]))
}

function answerOf(line: string): Answer | string {
  const value = jsonOf(line)
  const answer = answerSchema.safeParse(value)
  if (answer.success)
    return 'error' in answer.data ? { ...answer.data, error: printable(answer.data.error) } : answer.data
  if (value === undefined)
    return `it wrote ${quoted(line)}, which is no answer; what it prints belongs on standard error`
  return `it answered ${quoted(line)}; it should answer an id with "outputs", "gradients" or an "error"`
}
