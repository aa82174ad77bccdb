import type { Implementation } from '../oracle/contract.js'
import type { Chain } from '../oracle/unread.js'
import { openChain } from './chain.js'
import { Device } from './device.js'
import { kernel, type Ran, type Thread, type Values } from './kernel.js'
import { messageOf } from './message.js'
import { type BackendName, BackendUnavailable } from './names.js'
import { implementationOn } from './operator.js'
import { operators } from './operators.js'
import type { Platform } from './platform.js'
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
  /** Opens the same operators for calls on one another's results, which stay on the device in between. */
  readonly chain: () => Chain
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
  webgl2: 'glsl',
  webgl: 'glsl',
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

/** Sets a backend up where the program runs: in Node or in a browser. */
export type OpenPlatform = (name: BackendName) => Promise<Platform>

/** A platform with the device on it. */
interface Session {
  readonly platform: Platform
  readonly device: Device
}

/** Opens a platform and runs a kernel on it, which also counts how many rounds a loop may take there. */
async function openSession(name: BackendName, openPlatform: OpenPlatform): Promise<Session> {
  const platform = await openPlatform(name)
  const device = new Device(name, platform.gpu, platform.elements)
  platform.onProblem((problem) => device.fail(problem))
  try {
    const workspace = new Workspace(device)
    const [rounds] = await workspace.read(await workspace.run(counter, 1, workspace.array(Float32Array.of(manyRounds))))
    await workspace.release()
    if (rounds < manyRounds) device.rounds = rounds
  } catch (error) {
    await closeSession({ platform, device })
    throw new BackendUnavailable(name, messageOf(error), 'see whether its driver is up to date')
  }
  return { platform, device }
}

async function closeSession({ platform, device }: Session): Promise<void> {
  await device.close()
  await platform.release()
}

/**
 * Opens a backend. Where its device is lost or reports an error, the calls in flight fail with the reason, and the next call
 * gets a fresh one. Throws a BackendUnavailable, which says why and what to do, if it cannot run here.
 */
export async function openBackendOn(name: BackendName, openPlatform: OpenPlatform): Promise<GpuBackend> {
  let session = await openSession(name, openPlatform)
  let opening: Promise<Session> | undefined
  let closing: Promise<void> | undefined
  const ran = new Map<string, Ran>()
  let compilations = 0
  /** What the session did counts although another takes its place. */
  const retire = async (old: Session) => {
    for (const entry of old.device.ran()) ran.set(entry.kernel, together(ran.get(entry.kernel), entry))
    compilations += old.device.compilations
    await closeSession(old)
  }
  const working = async (): Promise<Device> => {
    if (closing !== undefined || session.device.problem === undefined) return session.device
    opening ??= retire(session).then(() => openSession(name, openPlatform))
    try {
      session = await opening
    } finally {
      opening = undefined
    }
    return session.device
  }
  const close = () => {
    closing ??= closeSession(session)
    return closing
  }
  const { device, software } = session.platform
  return {
    name,
    device,
    software,
    profileName: profiles[name],
    implementation: implementationOn(name, working, operators),
    chain: () => openChain(name, working, operators),
    ran: () => {
      const all = new Map(ran)
      for (const entry of session.device.ran()) all.set(entry.kernel, together(all.get(entry.kernel), entry))
      return [...all.values()]
    },
    get compilations() {
      return compilations + session.device.compilations
    },
    close,
  }
}

function together(before: Ran | undefined, now: Ran): Ran {
  return before === undefined ? now : { ...now, calls: before.calls + now.calls }
}
