import { Device } from '../gpu/device.js'
import type { DeviceArray } from '../gpu/deviceArray.js'
import { slice } from '../gpu/layout.js'
import type { BackendName } from '../gpu/names.js'
import { GpuCall, implementationOn } from '../gpu/operator.js'
import { operators } from '../gpu/operators.js'
import type { Platform } from '../gpu/platform.js'
import { Workspace } from '../gpu/workspace.js'
import { contract } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import type { Workload } from './gpuWorkloads.js'

/** One workload, ready to be called. */
export interface Prepared {
  /** A call from numbers of the host to numbers of the host. */
  call(): Promise<ArrayLike<number>>
  /** What `call` answered in the oracle's order, where it is another. */
  ordered?(answer: ArrayLike<number>): ArrayLike<number>
  /** So many calls on arrays that lie on the device, whose results stay there; one number of the last is read. */
  onDevice?(times: number): Promise<void>
  release(): Promise<void>
}

/** What is compared with the oracle. */
export interface Runner {
  readonly name: string
  prepare(workload: Workload, inputs: Tensors): Promise<Prepared>
  close(): Promise<void>
}

/** One workload, ready to be timed where it runs: here or in a browser. Times are milliseconds; see Prepared. */
export interface Timed {
  /** The first numbers of the result, in the oracle's order. */
  answer(length: number): Promise<Float32Array>
  call(): Promise<number>
  onDevice?(times: number): Promise<number>
  release(): Promise<void>
}

/** A runner with its clock. */
export interface TimedRunner {
  readonly name: string
  prepare(workload: Workload, inputs: Tensors): Promise<Timed>
  close(): Promise<void>
}

/** How long a call takes, in milliseconds. */
export async function timed(call: () => unknown): Promise<number> {
  const started = performance.now()
  await call()
  return performance.now() - started
}

/** A runner that is timed in this process. */
export function timedHere(runner: Runner): TimedRunner {
  return {
    name: runner.name,
    prepare: async (workload, inputs) => {
      const prepared = await runner.prepare(workload, inputs)
      const { onDevice } = prepared
      return {
        answer: async (length) => {
          const numbers = await prepared.call()
          const ordered = prepared.ordered?.(numbers) ?? numbers
          return Float32Array.from({ length }, (_, i) => ordered[i])
        },
        call: () => timed(() => prepared.call()),
        onDevice: onDevice && ((times) => timed(() => onDevice(times))),
        release: () => prepared.release(),
      }
    },
    close: () => runner.close(),
  }
}

/** answerkey's own kernels on a backend of the platform. */
export async function openKernels(name: BackendName, platform: Platform): Promise<Runner> {
  const device = new Device(name, platform.gpu, platform.elements)
  platform.onProblem((problem) => device.fail(problem))
  const { operators: calls } = implementationOn(name, async () => device, operators)
  return {
    name: `${name} (${platform.device})`,
    prepare: async (workload, inputs) => {
      const held = new Workspace(device)
      const arrays = Object.fromEntries(
        Object.entries(inputs).map(([input, { data }]) => [input, held.array(new Float32Array(data))]),
      )
      return {
        call: async () => (await calls[workload.operator].forward(inputs, workload.attributes))[workload.output].data,
        onDevice: (times) => chained(device, workload, inputs, arrays, times),
        release: () => held.release(),
      }
    },
    close: async () => {
      await device.close()
      await platform.release()
    },
  }
}

async function chained(
  device: Device,
  { operator, attributes, output }: Workload,
  inputs: Tensors,
  arrays: Readonly<Record<string, DeviceArray>>,
  times: number,
): Promise<void> {
  const call = validateCall(contract[operator], inputs, attributes)
  for (let i = 1; i <= times; i++) {
    const workspace = new Workspace(device)
    const { [output]: result } = await operators[operator].forward(new GpuCall(workspace, call, arrays, {}))
    if (i === times && !(result instanceof Float32Array)) await workspace.read(await slice(workspace, result, 0, 1))
    await workspace.release()
  }
}
