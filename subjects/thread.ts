import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { Descendants, freshMark } from './descendants.js'
import { beforeTheEnd } from './endings.js'
import { printable } from './printable.js'
import { SubjectUnavailable } from './subject.js'

/** Seconds that a module has to load, at least. */
const loadSeconds = 60

/** Bytes of what a module prints that are shown; the rest of a flood is read and forgotten. */
const shownBytes = 64 * 1024

/** Bytes of what a module printed last that are shown where it fails. */
const keptBytes = 4000

/** What V8 gives a program of its own accord; more of it takes minutes to fill. */
const mostHeapMegabytes = 4096

const helloSchema = z.object({
  precision: z.enum(['float64', 'float32', 'float16', 'bfloat16']),
  /** Whether each operator has a backward pass. */
  operators: z.record(z.string(), z.boolean()),
  supports: z.unknown(),
  dialects: z.unknown(),
})
export type ThreadHello = z.infer<typeof helloSchema>

const firstMessageSchema = z.union([z.object({ unusable: z.string() }), z.object({ hello: helloSchema })])

const answerSchema = z.union([
  z.object({ id: z.number(), answer: z.unknown(), modified: z.record(z.string(), z.instanceof(Float64Array)) }),
  z.object({ id: z.number(), error: z.object({ message: z.string(), kind: z.unknown() }) }),
])
export type ThreadAnswer = z.infer<typeof answerSchema>

/** Told what becomes of a thread. */
export interface ThreadListener {
  onAnswer(answer: ThreadAnswer): void
  /** `how` completes «the call …»: `ended its worker`. */
  onEnd(how: string): void
}

/** What a thread is started with. */
export interface ThreadTerms {
  /** The module, as the user named it and as a file. */
  readonly path: string
  readonly file: string
  /** The module finds it in its workerData. */
  readonly setting: string | undefined
  readonly timeoutSeconds: number
  /** What the thread may hold. */
  readonly memoryMegabytes: number
}

/** A worker thread with a user's module. It is stopped, with every process that it has started, when it is told to or goes wrong. */
export class Thread {
  private readonly worker: Worker
  private readonly memoryBytes: number
  private readonly mark = freshMark()
  private readonly watch: NodeJS.Timeout
  private readonly release: () => void
  private listener: ThreadListener = { onAnswer: () => {}, onEnd: () => {} }
  private printed = 0
  private printedTail = Buffer.alloc(0)
  private stopping: Promise<unknown> | undefined

  private constructor({ file, setting, memoryMegabytes }: ThreadTerms) {
    // What the run itself holds at its start does not count.
    this.memoryBytes = memoryMegabytes * 2 ** 20 + process.memoryUsage.rss()
    this.worker = new Worker(new URL('./moduleWorker.js', import.meta.url), {
      workerData: { file, setting },
      env: { ...process.env, [this.mark]: '1' },
      resourceLimits: { maxOldGenerationSizeMb: Math.min(memoryMegabytes, mostHeapMegabytes) },
      stdout: true,
      stderr: true,
    })
    this.release = beforeTheEnd(() => this.endProcesses())
    for (const output of [this.worker.stdout, this.worker.stderr]) output.on('data', (text: Buffer) => this.print(text))
    // The limit above is for objects of JavaScript; the numbers of typed arrays are held elsewhere.
    this.watch = setInterval(() => {
      if (process.memoryUsage.rss() > this.memoryBytes)
        this.listener.onEnd(`held more than ${Math.round(memoryMegabytes)} MB of memory`)
    }, 500)
    this.watch.unref()
  }

  /** Starts a thread and loads the module there. Throws SubjectUnavailable with the reason where it is no subject. */
  static async start(terms: ThreadTerms): Promise<{ readonly thread: Thread; readonly hello: ThreadHello }> {
    const thread = new Thread(terms)
    try {
      const hello = await thread.load(terms)
      thread.worker.removeAllListeners('message')
      thread.worker.on('message', (message: unknown) => thread.hear(message))
      return { thread, hello }
    } catch (error) {
      await thread.stop()
      throw error
    }
  }

  /** From now on this one is told, and what came before is forgotten. */
  listen(listener: ThreadListener): void {
    this.listener = listener
  }

  send(message: object): void {
    this.worker.postMessage(message)
  }

  /** What the module printed since this was last asked: the end of it. */
  takePrinted(): string {
    const text = this.printedTail.toString('utf8').trimEnd()
    this.printedTail = Buffer.alloc(0)
    return printable(text)
  }

  /** Ends the thread at once, and the processes that the module has started. */
  stop(): Promise<unknown> {
    this.stopping ??= this.end()
    return this.stopping
  }

  private async end(): Promise<void> {
    this.listener = { onAnswer: () => {}, onEnd: () => {} }
    clearInterval(this.watch)
    await this.worker.terminate()
    this.endProcesses()
    this.release()
  }

  private load({ path, timeoutSeconds }: ThreadTerms): Promise<ThreadHello> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => {
        clearTimeout(timer)
        const printed = this.takePrinted()
        reject(new SubjectUnavailable(path, printed === '' ? why : `${why}; it printed:\n${printed}`))
      }
      const seconds = Math.max(timeoutSeconds, loadSeconds)
      const timer = setTimeout(() => refuse(`it does not finish loading within ${seconds} s`), seconds * 1000)
      this.listen({
        onAnswer: () => {},
        onEnd: (how) => refuse(`it ${how} while loading`),
      })
      this.worker.on('message', (value: unknown) => {
        const message = firstMessageSchema.safeParse(value)
        if (!message.success) refuse('it posted a message of its own while loading')
        else if ('unusable' in message.data) refuse(printable(message.data.unusable))
        else {
          clearTimeout(timer)
          resolve(message.data.hello)
        }
      })
      this.worker.on('error', (error: unknown) =>
        this.listener.onEnd(`ended its worker (${printable(error instanceof Error ? error.message : String(error))})`),
      )
      this.worker.on('exit', () => this.listener.onEnd('ended its worker'))
    })
  }

  private hear(value: unknown): void {
    const message = answerSchema.safeParse(value)
    if (message.success) this.listener.onAnswer(message.data)
    else this.listener.onEnd('posted a message of its own to the thread that tests it')
  }

  /** What a module prints is shown on standard error: the report stands on standard output. */
  private print(text: Buffer): void {
    this.printedTail = Buffer.concat([this.printedTail, text.subarray(-keptBytes)]).subarray(-keptBytes)
    if (this.printed < shownBytes) process.stderr.write(printable(text.toString('utf8')))
    this.printed += text.length
  }

  private endProcesses(): void {
    new Descendants(0, this.mark).end()
  }
}
