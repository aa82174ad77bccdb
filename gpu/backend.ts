import type { Implementation } from '../oracle/contract.js'
import { Device } from './device.js'
import { kernel, type Ran, type Thread, type Values } from './kernel.js'
import { messageOf } from './message.js'
import { type BackendName, BackendUnavailable } from './names.js'
import { implementationOn } from './operator.js'
import { operators } from './operators.js'
import { openPlatform } from './platform.js'
import { Workspace } from './workspace.js'

/** The accuracy that a backend promises: IEEE arithmetic, or what the shading language's specification leaves open. */
export type ProfileName = 'ieee' | 'wgsl' | 'glsl'

/** A backend that was opened, with the operators on it. */
export interface GpuBackend {
  readonly name: BackendName
  /** The adapter's description; `host` where the processor computes. */
  readonly device: string
  /** Whether the adapter is a software one; undefined where it cannot be known. */
  readonly software: boolean | undefined
  readonly profileName: ProfileName
  readonly implementation: Implementation
  /** What has run so far, kernel by kernel, with the mode in which gpu.js executed it. */
  ran(): readonly Ran[]
  /** How many programs were compiled so far: one a kernel, for all shapes (on webasm one a kernel and size class). */
  readonly compilations: number
  /** Releases everything; later calls fail. */
  close(): Promise<void>
}

const profiles: Readonly<Record<BackendName, ProfileName>> = {
  webgpu: 'wgsl',
  headlessgl: 'glsl',
  webasm: 'ieee',
  cpu: 'ieee',
}

const counter = kernel('count of rounds', function (this: Thread, size: number, rounds: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  let count = 0
  for (let k = 0; k < rounds[i]; k += 1) count += 1
  return count
})

/** More than any loop of an exercise takes. Mesa's software driver ends a thread's loops after 65,535 rounds altogether. */
const manyRounds = 100_000

/**
 * Opens a backend and runs a kernel on it, which also counts how many rounds a loop may take there.
 * Throws a BackendUnavailable, which says why and what to do, if it cannot run here.
 */
export async function openBackend(name: BackendName): Promise<GpuBackend> {
  const platform = await openPlatform(name)
  const device = new Device(name, platform.gpu, platform.elements)
  platform.onProblem((problem) => device.fail(problem))
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= device.close().then(() => platform.release())
    return closing
  }
  try {
    const workspace = new Workspace(device)
    const [rounds] = await workspace.read(await workspace.run(counter, 1, workspace.array(Float32Array.of(manyRounds))))
    await workspace.release()
    if (rounds < manyRounds) device.rounds = rounds
  } catch (error) {
    await close()
    throw new BackendUnavailable(name, messageOf(error), 'see whether its driver is up to date')
  }
  return {
    name,
    device: platform.device,
    software: platform.software,
    profileName: profiles[name],
    implementation: implementationOn(device, operators),
    ran: () => device.ran(),
    get compilations() {
      return device.compilations
    },
    close,
  }
}
