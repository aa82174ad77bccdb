import type { GPU, IKernelRunShortcut, Input } from 'gpu.js'
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

/** What gpu.js calls an array with its dimensions: loaded with the first webasm kernel. */
let inputClass: typeof Input | undefined

/** A call as it is handed to gpu.js. */
interface Padded {
  readonly size: number
  readonly args: readonly unknown[]
}

/** An argument as gpu.js takes it. */
export type RawArgument = Float32Array | Handle | number

/** The backends with a memory of their own: results stay there, and arguments have to get there first. */
export function hasOwnMemory(backend: BackendName): boolean {
  return backend !== 'webasm' && backend !== 'cpu'
}

/** How gpu.js compiles a kernel's array arguments: for arrays of the host, or for what lies on the device. */
type ArraysFrom = 'host' | 'device'

/** A kernel compiled by gpu.js for one backend; serves all shapes. */
export class CompiledKernel {
  private readonly backend: BackendName
  private readonly gpu: GPU
  private readonly kernel: Kernel<readonly KernelArgument[]>
  private readonly arraysFrom: ArraysFrom
  private shortcut: IKernelRunShortcut | undefined
  private first: Promise<Float32Array | Handle> | undefined
  /** How many bytes the memory of each size class holds. */
  private readonly sizeClasses = new Map<string, number>()
  private unloaded = 0
  private running = 0
  private calls = 0
  private mode = 'none'
  private fallbackReason: string | null = null

  constructor(backend: BackendName, gpu: GPU, kernel: Kernel<readonly KernelArgument[]>, arraysFrom: ArraysFrom) {
    this.backend = backend
    this.gpu = gpu
    this.kernel = kernel
    this.arraysFrom = arraysFrom
  }

  /** The programs that are loaded: one, or on webasm one a size class. */
  get programs(): number {
    return this.shortcut === undefined ? 0 : Math.max(1, this.sizeClasses.size)
  }

  /** What the memories of webasm programs hold together. */
  get bytes(): number {
    return [...this.sizeClasses.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  /** How many programs were compiled so far. */
  get compilations(): number {
    return this.unloaded + this.programs
  }

  ran(): Ran {
    const { kernel, mode, fallbackReason, calls } = this
    return { kernel: kernel.name, mode, fallbackReason, calls }
  }

  /** Lets go of the programs, unless one is at work; the next call compiles again. */
  unload(): void {
    if (this.running > 0 || this.shortcut === undefined) return
    this.unloaded += this.programs
    this.shortcut.destroy()
    this.shortcut = undefined
    this.first = undefined
    this.sizeClasses.clear()
  }

  /** Runs `size` threads. Calls may overlap, except that the first one compiles: gpu.js would run it with a later call's size. */
  async run(size: number, args: readonly RawArgument[]): Promise<Float32Array | Handle> {
    this.running += 1
    try {
      if (this.first === undefined) {
        this.first = this.execute(size, args)
        return await this.first
      }
      await this.first
      return await this.execute(size, args)
    } finally {
      this.running -= 1
    }
  }

  private async execute(size: number, args: readonly RawArgument[]): Promise<Float32Array | Handle> {
    this.calls += 1
    if (this.backend === 'webasm') inputClass ??= (await import('gpu.js')).default.Input
    this.shortcut ??= this.compile(args)
    const { name, tiles } = this.kernel
    const padded: Padded =
      inputClass === undefined || this.backend !== 'webasm' ? { size, args } : this.pad(size, args, inputClass)
    this.shortcut.setOutput(tiles ? [4, padded.size / 16] : [padded.size])
    const answered = await this.start(this.shortcut, [size, ...padded.args])
    const result = tiles ? joined(answered) : answered
    const { kernel } = this.shortcut
    this.mode = executedMode(kernel)
    this.fallbackReason = kernel.fallbackReason
    if (this.mode !== this.backend)
      throw new Failure(
        'failed',
        `gpu:${this.backend}: kernel ${name} ran in mode ${this.mode}${kernel.fallbackReason === null ? '' : `, because ${kernel.fallbackReason}`}`,
      )
    if (isHandle(result)) return result
    if (!(result instanceof Float32Array) || result.length < size)
      throw new Failure('failed', `gpu:${this.backend}: kernel ${name} did not answer with ${size} numbers`)
    return result.subarray(0, size)
  }

  /** `args` are those of the first call: they tell numbers from arrays. */
  private compile(args: readonly RawArgument[]): IKernelRunShortcut {
    const { backend, gpu, kernel, arraysFrom } = this
    // On WebGPU a buffer is bound wherever an array was declared; OpenGL's programs tell the two apart.
    const fromTexture = backend !== 'webgpu' && hasOwnMemory(backend) && arraysFrom === 'device'
    const array = fromTexture ? 'ArrayTexture(1)' : backend === 'webasm' ? 'Input' : 'Array'
    const types = [0, ...args].map((argument) => (typeof argument === 'number' ? 'Float' : array))
    const shortcut = gpu.createKernel(kernel.body.toString(), {
      argumentTypes: Object.fromEntries(types.map((type, i) => [`argument ${i}`, type])),
      output: [1],
      dynamicOutput: true,
      dynamicArguments: true,
      precision: 'single',
      tactic: 'precision',
      // In its asynchronous mode gpu.js gives a webasm kernel a pool of workers of its own, tens of megabytes each, for outputs
      // of 4096 threads or more: worth it for the products by tiles only.
      asyncMode: backend !== 'webasm' || kernel.tiles,
      // Results that stay on the device, each in a buffer or texture of its own.
      pipeline: hasOwnMemory(backend),
      immutable: hasOwnMemory(backend),
    })
    // By default gpu.js ends every loop after 1000 rounds, and says nothing.
    shortcut.setLoopMaxIterations(exactIntegers)
    // gpu.js keeps eight programs of a webasm kernel, and would compile a ninth size class again and again.
    if (backend === 'webasm') Object.assign(shortcut.kernel, { moduleCacheLimit: 16 })
    return shortcut
  }

  private async start(shortcut: IKernelRunShortcut, args: readonly unknown[]): Promise<unknown> {
    const run: (...args: unknown[]) => unknown = shortcut
    try {
      return await run(...args)
    } catch (error) {
      throw new Failure('failed', `gpu:${this.backend}: kernel ${this.kernel.name} failed: ${messageOf(error)}`)
    }
  }

  /**
   * gpu.js's webasm programs contain the sizes of their arrays: a program a shape. Here all arrays of a call are said to have
   * one length out of 256, 1024, 4096, … and the output one out of 4, 16, 64, …, so that a few programs serve all shapes. The
   * output is the finer one because gpu.js runs the loops of superfluous threads too, four threads at a time.
   */
  private pad(size: number, args: readonly RawArgument[], ArrayClass: typeof Input): Padded {
    const lengths = args.map((argument) => (argument instanceof Float32Array ? argument.length : 0))
    const capacity = sizeClass(Math.max(...lengths), 256)
    const threads = sizeClass(size, 4)
    const arrays = args.filter((argument) => argument instanceof Float32Array).length
    this.sizeClasses.set(`${threads} ${capacity}`, 4 * (threads + arrays * capacity))
    return {
      size: threads,
      args: args.map((argument): unknown => {
        if (!(argument instanceof Float32Array)) return argument
        // gpu.js copies the numbers that there are; what is in its memory after them is never read.
        return Object.assign(new ArrayClass([], [0]), { value: argument, size: [capacity] })
      }),
    }
  }
}

/** gpu.js hands out the columns of tiles as views of one array. */
function joined(answer: unknown): unknown {
  const first: unknown = Array.isArray(answer) && Array.isArray(answer[0]) ? answer[0][0] : undefined
  return first instanceof Float32Array ? new Float32Array(first.buffer) : answer
}

/** The first of least, 4·least, 16·least, … that is no smaller than n. */
function sizeClass(n: number, least: number): number {
  let size = least
  while (size < n) size *= 4
  return size
}

/** What gpu.js calls its OpenGL kernels, whose mode is `gpu` for all of them. */
const openGlModes: Readonly<Record<string, string>> = {
  HeadlessGLKernel: 'headlessgl',
  WebGL2Kernel: 'webgl2',
  WebGLKernel: 'webgl',
}

/** The mode of the gpu.js kernel that ran. */
function executedMode(kernel: object): string {
  const Kernel = kernel.constructor
  const mode = 'mode' in Kernel && typeof Kernel.mode === 'string' ? Kernel.mode : 'unknown'
  return mode === 'gpu' ? (openGlModes[Kernel.name] ?? mode) : mode
}
