import type { GPU, IKernelRunShortcut } from 'gpu.js'
import { Failure } from '../oracle/contract.js'
import { type Handle, isHandle } from './deviceArray.js'
import { exactIntegers, type Kernel, type KernelArgument, type Ran } from './kernel.js'
import { messageOf } from './message.js'
import type { BackendName } from './names.js'

declare module 'gpu.js' {
  interface GPU {
    /** As gpu.js has it, but its types lack 'ArrayTexture(1)'. */
    createKernel(
      source: string,
      settings: Omit<IGPUKernelSettings, 'argumentTypes'> & { argumentTypes: Readonly<Record<string, string>> },
    ): IKernelRunShortcut
  }
}

/** An argument as gpu.js takes it. */
export type RawArgument = Float32Array | Handle | number

/** The backends with a memory of their own: results stay there, and arguments have to get there first. */
export function hasOwnMemory(backend: BackendName): boolean {
  return backend === 'webgpu' || backend === 'headlessgl'
}

/** How gpu.js compiles a kernel's array arguments: for arrays of the host, or for what lies on the device. */
type ArraysFrom = 'host' | 'device'

/** A kernel compiled by gpu.js for one backend; serves all shapes. */
export class CompiledKernel {
  private readonly backend: BackendName
  private readonly name: string
  private readonly shortcut: IKernelRunShortcut
  private readonly sizeClasses = new Set<string>()
  private first: Promise<Float32Array | Handle> | undefined
  private calls = 0

  /** `args` are those of the first call: they tell numbers from arrays. */
  constructor(
    backend: BackendName,
    gpu: GPU,
    kernel: Kernel<readonly KernelArgument[]>,
    args: readonly RawArgument[],
    arraysFrom: ArraysFrom,
  ) {
    this.backend = backend
    this.name = kernel.name
    // On WebGPU a buffer is bound wherever an array was declared; OpenGL's programs tell the two apart.
    const array = backend === 'headlessgl' && arraysFrom === 'device' ? 'ArrayTexture(1)' : 'Array'
    const types = [0, ...args].map((argument) => (typeof argument === 'number' ? 'Float' : array))
    this.shortcut = gpu.createKernel(kernel.body.toString(), {
      argumentTypes: Object.fromEntries(types.map((type, i) => [`argument ${i}`, type])),
      output: [1],
      dynamicOutput: true,
      dynamicArguments: true,
      precision: 'single',
      tactic: 'precision',
      // In its asynchronous mode gpu.js gives every webasm kernel a pool of workers of its own, tens of megabytes each.
      asyncMode: backend !== 'webasm',
      // Results that stay on the device, each in a buffer or texture of its own.
      pipeline: hasOwnMemory(backend),
      immutable: hasOwnMemory(backend),
    })
    // By default gpu.js ends every loop after 1000 rounds, and says nothing.
    this.shortcut.setLoopMaxIterations(exactIntegers)
    // gpu.js keeps eight programs of a webasm kernel, and would compile a ninth size class again and again.
    if (backend === 'webasm') Object.assign(this.shortcut.kernel, { moduleCacheLimit: 16 })
  }

  get compilations(): number {
    return Math.max(1, this.sizeClasses.size)
  }

  ran(): Ran {
    const { kernel } = this.shortcut
    return { kernel: this.name, mode: executedMode(kernel), fallbackReason: kernel.fallbackReason, calls: this.calls }
  }

  /** Runs `size` threads. Calls may overlap, except that the first one compiles: gpu.js would run it with a later call's size. */
  async run(size: number, args: readonly RawArgument[]): Promise<Float32Array | Handle> {
    if (this.first === undefined) {
      this.first = this.execute(size, args)
      return this.first
    }
    await this.first
    return this.execute(size, args)
  }

  private async execute(size: number, args: readonly RawArgument[]): Promise<Float32Array | Handle> {
    this.calls += 1
    const padded = this.backend === 'webasm' ? this.pad(size, args) : { size, args }
    this.shortcut.setOutput([padded.size])
    const result = await this.start(size, padded.args)
    const { kernel } = this.shortcut
    const mode = executedMode(kernel)
    if (mode !== this.backend)
      throw new Failure(
        'failed',
        `gpu:${this.backend}: kernel ${this.name} ran in mode ${mode}${kernel.fallbackReason === null ? '' : `, because ${kernel.fallbackReason}`}`,
      )
    if (isHandle(result)) return result
    if (!(result instanceof Float32Array) || result.length < size)
      throw new Failure('failed', `gpu:${this.backend}: kernel ${this.name} did not answer with ${size} numbers`)
    return result.subarray(0, size)
  }

  private async start(size: number, args: readonly RawArgument[]): Promise<unknown> {
    const { shortcut } = this
    const run: (...args: unknown[]) => unknown = shortcut
    try {
      return await run(size, ...args)
    } catch (error) {
      throw new Failure('failed', `gpu:${this.backend}: kernel ${this.name} failed: ${messageOf(error)}`)
    }
  }

  /**
   * gpu.js's webasm programs contain the sizes of their arrays: a program a shape. Here all arrays of a call have one length
   * out of 256, 1024, 4096, … and the output one out of 4, 16, 64, …, so that a few programs serve all shapes. The output is
   * the finer one because gpu.js runs the loops of superfluous threads too, four threads at a time.
   */
  private pad(size: number, args: readonly RawArgument[]) {
    const lengths = args.map((argument) => (argument instanceof Float32Array ? argument.length : 0))
    const capacity = sizeClass(Math.max(...lengths), 256)
    const threads = sizeClass(size, 4)
    this.sizeClasses.add(`${threads} ${capacity}`)
    return {
      size: threads,
      args: args.map((argument) => {
        if (!(argument instanceof Float32Array) || argument.length === capacity) return argument
        const padded = new Float32Array(capacity)
        padded.set(argument)
        return padded
      }),
    }
  }
}

/** The first of least, 4·least, 16·least, … that is no smaller than n. */
function sizeClass(n: number, least: number): number {
  let size = least
  while (size < n) size *= 4
  return size
}

/** The mode of the gpu.js kernel that ran; gpu.js calls all its WebGL kernels `gpu`. */
function executedMode(kernel: object): string {
  const Kernel = kernel.constructor
  const mode = 'mode' in Kernel && typeof Kernel.mode === 'string' ? Kernel.mode : 'unknown'
  return mode === 'gpu' && Kernel.name === 'HeadlessGLKernel' ? 'headlessgl' : mode
}
