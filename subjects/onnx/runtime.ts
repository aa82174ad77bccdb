import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { Failure } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { SubjectUnavailable } from '../subject.js'
import type { Feed } from './graph.js'

/** Which of the runtime's packages: the one with native code for Node, or WebAssembly. */
export type RuntimeKind = 'node' | 'web'

const packages: Readonly<Record<RuntimeKind, string>> = { node: 'onnxruntime-node', web: 'onnxruntime-web' }

type Data = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array

/** A tensor of the runtime; it knows more types than are used here. */
interface RuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>
  release(): Promise<void>
}

/** What is used of the runtime's interface, which both packages share. */
interface Api {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> }
  readonly Tensor: new (type: string, data: Data, dims: readonly number[]) => RuntimeTensor
  readonly env: { logLevel?: string; readonly wasm?: { numThreads?: number } }
}

/** One thread, which is what small tensors are fastest with; errors are thrown, and not printed too. */
const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 }

/** Sessions that are kept; a run of the laws goes from operator to operator, and each has a few dozens of graphs. */
const mostSessions = 128

/** Runs ONNX models. Sessions are kept by the bytes of their models, the least recently used closed first. */
export class Runtime {
  /** The package and its version: `onnxruntime-node 1.30.0`. */
  readonly name: string
  private readonly api: Api
  private readonly sessions = new Map<string, Session>()

  private constructor(name: string, api: Api) {
    this.name = name
    this.api = api
  }

  /** Loads the package that the user has, as from a module in `directory`. Throws SubjectUnavailable where there is none. */
  static async load(kind: RuntimeKind, directory: string): Promise<Runtime> {
    const name = packages[kind]
    const entry = entryOf(name, directory)
    let loaded: unknown
    try {
      loaded = await import(pathToFileURL(entry).href)
    } catch (error) {
      throw new SubjectUnavailable(name, `it does not load: ${messageOf(error)}`)
    }
    const api = apiOf(loaded)
    if (api === undefined) throw new SubjectUnavailable(name, `${entry} is no such package: it has no InferenceSession`)
    api.env.logLevel = 'fatal'
    if (kind === 'web' && api.env.wasm !== undefined) api.env.wasm.numThreads = 1
    return new Runtime(`${name} ${versionOf(name, entry)}`, api)
  }

  /**
   * The outputs of a model for these inputs, by the names of both in the model. Throws a Failure, of the kind `unimplemented` where the
   * runtime has no kernel for an operator of the model.
   */
  async run(model: Uint8Array, feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, Tensor>>> {
    const session = await this.session(model)
    try {
      const fed = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, this.tensor(feed)]))
      const answers = await session.run(fed)
      return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, fromRuntime(name, answer)]))
    } catch (error) {
      throw failureOf(error)
    }
  }

  /** Ends all sessions. */
  async close(): Promise<void> {
    const sessions = [...this.sessions.values()]
    this.sessions.clear()
    await Promise.all(sessions.map((session) => session.release()))
  }

  private async session(model: Uint8Array): Promise<Session> {
    const key = Buffer.from(model.buffer, model.byteOffset, model.byteLength).toString('latin1')
    const known = this.sessions.get(key)
    if (known !== undefined) {
      this.sessions.delete(key)
      this.sessions.set(key, known)
      return known
    }
    let session: Session
    try {
      session = await this.api.InferenceSession.create(model, sessionOptions)
    } catch (error) {
      throw failureOf(error)
    }
    this.sessions.set(key, session)
    const [oldest] = this.sessions
    if (this.sessions.size > mostSessions && oldest !== undefined) {
      this.sessions.delete(oldest[0])
      await oldest[1].release()
    }
    return session
  }

  private tensor({ type, shape, tensor: x }: Feed): RuntimeTensor {
    return new this.api.Tensor(type, dataOf(type, rowMajor(x)), shape)
  }
}

function dataOf(type: Feed['type'], values: Float64Array): Data {
  switch (type) {
    case 'float64':
      return Float64Array.from(values)
    case 'int64':
      return BigInt64Array.from(values, (value) => BigInt(value))
    case 'int32':
      return Int32Array.from(values)
    case 'bool':
      return Uint8Array.from(values)
    case 'float32':
      return Float32Array.from(values)
  }
}

function fromRuntime(name: string, { type, dims, data }: RuntimeTensor): Tensor {
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array)
    return tensor(dims, Float64Array.from(data))
  if (data instanceof BigInt64Array) return tensor(dims, Float64Array.from(data, Number))
  throw new Failure('failed', `the output ${name} is of type ${type}; it should be of float or int64`)
}

/** How the runtime says that it has no kernel. */
const withoutKernel =
  /NOT_IMPLEMENTED|Could not find an implementation|is not a registered function|does not support \w+ yet|ErrorCode 9|ERROR_CODE: 9/

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  const message = messageOf(error)
  return new Failure(withoutKernel.test(message) ? 'unimplemented' : 'failed', message)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function entryOf(name: string, directory: string): string {
  try {
    return createRequire(join(directory, 'package.json')).resolve(name)
  } catch {
    throw new SubjectUnavailable(name, `it is not installed in ${directory}; to install it: npm install ${name}`)
  }
}

const manifestSchema = z.object({ name: z.string(), version: z.string() })

/** The version in the package.json that is nearest above the package's entry. */
function versionOf(name: string, entry: string): string {
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
      if (manifest.name === name) return manifest.version
    } catch {
      // No manifest here, or one without a name: the next folder up.
    }
  }
  return 'of unknown version'
}

/** The interface of a loaded package, whose exports stand under `default` where it is no ES module. */
function apiOf(loaded: unknown): Api | undefined {
  if (isApi(loaded)) return loaded
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded && isApi(loaded.default))
    return loaded.default
  return undefined
}

function isApi(value: unknown): value is Api {
  return (
    typeof value === 'object' &&
    value !== null &&
    'InferenceSession' in value &&
    'Tensor' in value &&
    typeof value.Tensor === 'function' &&
    'env' in value &&
    typeof value.env === 'object'
  )
}
