export { type AvailableBackends, availableBackends } from './availability.js'
export { type GpuBackend, openBackend, type ProfileName } from './backend.js'
export type { Ran } from './kernel.js'
export { type BackendName, BackendUnavailable, backendNamed, backendNames } from './names.js'
