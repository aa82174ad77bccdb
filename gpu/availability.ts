import { type GpuBackend, openBackendOn } from './backend.js'
import { type BackendName, BackendUnavailable, backendNamed, backendNames } from './names.js'
import { openNodePlatform } from './nodePlatform.js'

/** Opens a backend in Node; see openBackendOn. */
export function openBackend(name: BackendName): Promise<GpuBackend> {
  return openBackendOn(name, openNodePlatform)
}

export interface AvailableBackends {
  /** Opened, to be closed by the caller. */
  readonly backends: readonly GpuBackend[]
  /** Those that cannot run here, with the reason and what to do about it. */
  readonly unavailable: readonly BackendUnavailable[]
}

/**
 * Opens every backend of `names` that can run here. A backend that is listed in the environment variable
 * ANSWERKEY_REQUIRE_BACKENDS (names separated by commas) must be among them if it is asked for: its BackendUnavailable is
 * thrown if it is not.
 */
export async function availableBackends(names: readonly BackendName[] = backendNames): Promise<AvailableBackends> {
  const required = requiredBackends(process.env.ANSWERKEY_REQUIRE_BACKENDS)
  const backends: GpuBackend[] = []
  const unavailable: BackendUnavailable[] = []
  for (const name of names) {
    try {
      backends.push(await openBackend(name))
    } catch (error) {
      if (error instanceof BackendUnavailable && !required.includes(name)) {
        unavailable.push(error)
        continue
      }
      await Promise.all(backends.map((backend) => backend.close()))
      throw error
    }
  }
  return { backends, unavailable }
}

/** The backends of a list separated by commas. Throws a RangeError for a name that is none. */
export function requiredBackends(list = ''): readonly BackendName[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map(backendNamed)
}
