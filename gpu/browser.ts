import { type GpuBackend, openBackendOn } from './backend.js'
import { openBrowserPlatform } from './browserPlatform.js'
import type { BackendName } from './names.js'

export { BackendUnavailable, browserBackendNames } from './names.js'
export { operatorNames } from './operators.js'

/** Opens a backend in a browser; see openBackendOn. */
export function openBackend(name: BackendName): Promise<GpuBackend> {
  return openBackendOn(name, openBrowserPlatform)
}
