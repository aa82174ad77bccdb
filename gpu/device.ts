import type { GPU } from 'gpu.js'
import { Failure } from '../oracle/contract.js'
import { CompiledKernel, hasOwnMemory, type RawArgument } from './compilation.js'
import { DeviceArray, type Handle, isHandle } from './deviceArray.js'
import { elementaryFunctions } from './elementary.js'
import {
  exactIntegers,
  type Kernel,
  type KernelArgument,
  kernel,
  type Passed,
  type Ran,
  type Thread,
  type Values,
} from './kernel.js'
import { messageOf } from './message.js'
import type { BackendName } from './names.js'

const upload = kernel('upload', function (this: Thread, size: number, values: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  return values[i]
})

/** The webasm programs that are loaded together: a browser refuses to set aside as much address space as Node does. */
const mostPrograms = typeof process === 'object' && process.versions?.node !== undefined ? 384 : 48

/** The largest array that is not worth a buffer of its own. */
const fewNumbers = 4096

/** What their memories hold together. */
const mostBytes = 2 ** 29

/** Compiles kernels for one backend, once each, and runs them. */
export class Device {
  readonly backend: BackendName
  /** The largest number of elements of one tensor. */
  readonly elements: number
  /** How many rounds a thread's loops may take together: a driver may end them there, and say nothing. */
  rounds = exactIntegers
  private readonly gpu: GPU
  private readonly compiled = new Map<Kernel<readonly KernelArgument[]>, CompiledKernel>()
  private reported: string | undefined

  /** `elements` is what the backend's buffers or textures hold; positions travel as floats, which sets a limit of its own. */
  constructor(backend: BackendName, gpu: GPU, elements: number) {
    this.backend = backend
    this.gpu = gpu
    this.elements = Math.min(elements, exactIntegers)
    for (const source of elementaryFunctions) {
      // Without declared types gpu.js takes them from a function's first call, and then rounds arguments to integers.
      const argumentTypes = Array.from({ length: source.length }, () => 'Number')
      gpu.addFunction(source, { argumentTypes, returnType: 'Number' })
    }
  }

  /**
   * Runs a kernel with one thread an element of its output of `size` numbers. Calls may overlap.
   * Throws a Failure if its loops take too many rounds for the driver, if it does not compile, if it ran in another mode
   * than the backend's, or if the device was closed or lost or reported an error meanwhile.
   */
  async run<Arguments extends readonly KernelArgument[]>(
    kernel: Kernel<Arguments>,
    size: number,
    ...args: Passed<Arguments>
  ): Promise<DeviceArray> {
    this.refuseProblem()
    if (size > this.elements)
      throw new Failure(
        'failed',
        `gpu:${this.backend}: kernel ${kernel.name} would make ${size} numbers; an array holds at most ${this.elements}`,
      )
    const rounds = kernel.rounds(...args)
    if (rounds > this.rounds)
      throw new Failure(
        'failed',
        `gpu:${this.backend}: a thread of kernel ${kernel.name} would take ${rounds} rounds of its loops; the driver ends loops after ${this.rounds}`,
      )
    const raw = await Promise.all(args.map((argument) => this.raw(argument)))
    const answer = await this.compiledKernel(kernel, 'device').run(size, raw)
    this.refuseProblem()
    return isHandle(answer) ? DeviceArray.ofDevice(size, answer) : DeviceArray.ofHost(answer)
  }

  /** The numbers of an array, fetched from the device where only it has them. */
  async read(array: DeviceArray): Promise<Float32Array> {
    if (array.values === undefined) {
      array.values = await this.fetch(array)
      this.refuseProblem()
    }
    return array.values
  }

  /** Gives back what the array holds on the device. */
  async release(array: DeviceArray): Promise<void> {
    const { handle } = array
    array.handle = undefined
    const held = await Promise.resolve(handle).catch(() => undefined)
    held?.delete()
  }

  /** What has run so far, kernel by kernel. */
  ran(): readonly Ran[] {
    return [...this.compiled.values()].map((compiled) => compiled.ran())
  }

  /**
   * How many programs were compiled: one a kernel, for all shapes; on webasm, whose programs contain the size of their
   * memory, one a kernel and size class.
   */
  get compilations(): number {
    return [...this.compiled.values()].reduce((sum, { compilations }) => sum + compilations, 0)
  }

  /** From here on every call fails with this reason. */
  fail(problem: string): void {
    this.reported ??= problem
  }

  /** Why every call fails, once it does. */
  get problem(): string | undefined {
    return this.reported
  }

  /** Releases every kernel with its buffers and textures. */
  async close(): Promise<void> {
    this.fail('the backend is closed')
    this.compiled.clear()
    await this.gpu.destroy()
  }

  private raw(argument: DeviceArray | number): RawArgument | Promise<RawArgument> {
    if (typeof argument === 'number') return argument
    if (argument.handle !== undefined) return argument.handle
    const { values } = argument
    if (values === undefined) throw new Failure('failed', `gpu:${this.backend}: an array was used after its release`)
    if (!hasOwnMemory(this.backend)) return values
    // On WebGPU a kernel takes either, and to write a few numbers for each anew is faster than a kernel that stores them.
    if (this.backend === 'webgpu' && values.length <= fewNumbers) return values
    argument.handle = this.upload(values)
    return argument.handle
  }

  private async upload(values: Float32Array): Promise<Handle> {
    const handle = await this.compiledKernel(upload, 'host').run(values.length, [values])
    if (!isHandle(handle)) throw new Failure('failed', `gpu:${this.backend}: numbers did not stay on the device`)
    return handle
  }

  private async fetch({ handle, length }: DeviceArray): Promise<Float32Array> {
    let answer: unknown
    try {
      answer = await (await handle)?.toArray()
    } catch (error) {
      throw new Failure('failed', `gpu:${this.backend}: reading ${length} numbers failed: ${messageOf(error)}`)
    }
    if (!(answer instanceof Float32Array) || answer.length < length)
      throw new Failure('failed', `gpu:${this.backend}: the device did not answer with ${length} numbers`)
    return answer.subarray(0, length)
  }

  private compiledKernel(kernel: Kernel<readonly KernelArgument[]>, arraysFrom: 'host' | 'device'): CompiledKernel {
    const compiled = this.compiled.get(kernel) ?? new CompiledKernel(this.backend, this.gpu, kernel, arraysFrom)
    // The map's order is that of their last use.
    this.compiled.delete(kernel)
    this.compiled.set(kernel, compiled)
    if (this.backend === 'webasm') this.unloadOldest()
    return compiled
  }

  /**
   * Every webasm program has a memory of its own, for which a browser sets gigabytes of its address space aside: it refuses
   * more after a hundred of them or so.
   */
  private unloadOldest(): void {
    let programs = 0
    let bytes = 0
    for (const compiled of this.compiled.values()) {
      programs += compiled.programs
      bytes += compiled.bytes
    }
    for (const compiled of this.compiled.values()) {
      if (programs <= mostPrograms && bytes <= mostBytes) return
      programs -= compiled.programs
      bytes -= compiled.bytes
      compiled.unload()
    }
  }

  private refuseProblem(): void {
    if (this.reported !== undefined) throw new Failure('failed', `gpu:${this.backend}: ${this.reported}`)
  }
}
