import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { type Attributes, Failure, type Operator, type Precision, Refusal } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { rowMajor, type Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import { toTensor } from '../oracle/wire.js'
import { type OpenSubject, SubjectUnavailable } from './subject.js'

const helloSchema = z.object({
  precision: z.enum(['float64', 'float32', 'float16', 'bfloat16']),
  /** Whether each operator has a backward pass. */
  operators: z.record(z.string(), z.boolean()),
})
/** NaN and the infinities included, which z.number() refuses. */
const anyNumber = z.custom<number>((value) => typeof value === 'number')
const messageSchema = z.union([
  z.object({ unusable: z.string() }),
  z.object({ hello: helloSchema }),
  z.object({ id: z.number(), answer: z.unknown(), modified: z.record(z.string(), z.array(anyNumber)) }),
  z.object({ id: z.number(), error: z.object({ message: z.string(), kind: z.unknown() }) }),
])
type Message = z.infer<typeof messageSchema>

/** After so many calls of one pass that hung or ended the worker, it is not called again: the run goes on without it. */
const lossesEndured = 2

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
 * Opens a JavaScript or TypeScript module that exports `operators` (and `precision`, 'float64' where it does not say) as a
 * subject. It runs in a worker: a call that has not returned after `timeoutSeconds`, or that ends the worker, is a Failure,
 * and the next call finds a fresh one. Throws SubjectUnavailable where the module does not load or exports no operators.
 */
export async function openModule(path: string, timeoutSeconds: number): Promise<OpenSubject> {
  const file = resolve(path)
  if (!existsSync(file)) throw new SubjectUnavailable(path, 'there is no such file')
  let { worker, hello } = await start(path, file, timeoutSeconds)
  const { precision } = hello
  const waiting: Job[] = []
  /** Why the last worker was lost in a pass, and how often one was. */
  const losses = new Map<string, { readonly why: string; readonly times: number }>()
  let busy = false
  let closed = false
  let calls = 0

  async function drain(): Promise<void> {
    if (busy) return
    busy = true
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await serve(job)
    busy = false
  }

  async function serve(job: Job): Promise<void> {
    const name = `${job.operator}.${job.pass}`
    const lost = losses.get(name)
    if (lost !== undefined && lost.times >= lossesEndured) {
      job.reject(new Failure('failed', `${lost.why}, ${lost.times} times; it is not called again`))
      return
    }
    try {
      const message = await ask(job, name)
      if ('error' in message) job.reject(thrown(job.operator, message.error))
      else if ('answer' in message) {
        for (const [input, data] of Object.entries(message.modified)) writeBack(job.inputs, input, data)
        job.resolve(tensorsOf(name, message.answer))
      }
    } catch (error) {
      job.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async function ask(job: Job, name: string): Promise<Message> {
    const id = calls++
    worker.postMessage({
      id,
      operator: job.operator,
      pass: job.pass,
      inputs: parcels(job.operator, job.inputs, precision),
      attributes: completed(job.operator, job.inputs, job.attributes),
      gradients: parcels(undefined, job.gradients, precision),
    })
    const message = await nextMessage(worker, timeoutSeconds)
    if (typeof message === 'object') return message
    await worker.terminate()
    const why =
      message === 'timeout'
        ? `${name} did not return within ${timeoutSeconds} s`
        : `${name} ended its worker${message === 'exit' ? '' : ` (${message})`}`
    losses.set(name, { why, times: (losses.get(name)?.times ?? 0) + 1 })
    if (!closed) worker = (await start(path, file, timeoutSeconds)).worker
    throw new Failure('failed', why)
  }

  const operatorOf = (operator: string, hasBackward: boolean): Operator => {
    const call = (pass: Job['pass'], inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
      new Promise<Tensors>((resolve, reject) => {
        waiting.push({ operator, pass, inputs, attributes, gradients, resolve, reject })
        void drain()
      })
    return {
      forward: (inputs, attributes) => call('forward', inputs, attributes, {}),
      ...(hasBackward && {
        backward: (inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
          call('backward', inputs, attributes, gradients),
      }),
    }
  }
  return {
    name: path,
    precision,
    operators: Object.fromEntries(
      Object.entries(hello.operators).map(([name, hasBackward]) => [name, operatorOf(name, hasBackward)]),
    ),
    async close() {
      closed = true
      await worker.terminate()
    },
  }
}

async function start(path: string, file: string, timeoutSeconds: number) {
  const worker = new Worker(new URL('./moduleWorker.js', import.meta.url), { workerData: { file }, stdout: true })
  worker.stdout.on('data', (printed: Buffer) => process.stderr.write(printed))
  const message = await nextMessage(worker, Math.max(timeoutSeconds, 30))
  if (typeof message === 'object' && 'hello' in message) return { worker, hello: message.hello }
  await worker.terminate()
  if (typeof message === 'object' && 'unusable' in message) throw new SubjectUnavailable(path, message.unusable)
  const why = message === 'timeout' ? 'it does not finish loading' : `it ends its worker while loading: ${message}`
  throw new SubjectUnavailable(path, why)
}

/** The worker's next message; or why none comes: `timeout`, `exit`, or the message of an error nobody caught. */
function nextMessage(worker: Worker, timeoutSeconds: number): Promise<Message | string> {
  return new Promise((resolve) => {
    const finish = (result: Message | string) => {
      clearTimeout(timer)
      worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit')
      worker.on('error', () => {})
      resolve(result)
    }
    const timer = setTimeout(() => finish('timeout'), timeoutSeconds * 1000)
    worker.on('message', (message: unknown) => finish(messageSchema.parse(message)))
    worker.on('error', (error: unknown) => finish(error instanceof Error ? error.message : String(error)))
    worker.on('exit', () => finish('exit'))
  })
}

function thrown(operator: string, { message, kind }: { message: string; kind?: unknown }): Error {
  if (kind === 'failed' || kind === 'unimplemented') return new Failure(kind, message)
  return kind === 'refused' ? new Refusal(operator, message) : new Error(message)
}

/** The attributes of a valid call with every default filled in and pairs as [height, width]; those of a bad call as they are. */
function completed(operator: string, inputs: Tensors, attributes: Attributes): Attributes {
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
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => {
      const narrow = precision === 'float32' && (inputs?.[name]?.kind ?? 'float') === 'float'
      return [name, { shape: x.shape, data: narrow ? Float32Array.from(rowMajor(x)) : Float64Array.from(rowMajor(x)) }]
    }),
  )
}

/** Makes a change that the subject made to its copy of an input visible in the original. */
function writeBack(inputs: Tensors, name: string, data: readonly number[]): void {
  const x = inputs[name]
  const own = rowMajor(x)
  if (own.buffer === x.data.buffer) own.set(data.slice(0, own.length))
}

function tensorsOf(name: string, answer: unknown): Tensors {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    throw new Failure(
      'failed',
      `${name} answered ${answer === undefined ? 'nothing' : JSON.stringify(answer)}; it should answer an object of tensors by name`,
    )
  return Object.fromEntries(
    Object.entries(answer).map(([output, value]) => {
      try {
        return [output, toTensor(value)]
      } catch (error) {
        throw new Failure(
          'failed',
          `${name} answered no tensor for ${output}: ${error instanceof Error ? error.message : error}`,
        )
      }
    }),
  )
}
