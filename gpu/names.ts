/** The backends that Node can run: two that use a GPU, and two that run anywhere. */
export const backendNames = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const
/** The backends that a browser can run. */
export const browserBackendNames = ['webgpu', 'webgl2', 'webgl', 'webasm', 'cpu'] as const
export type BackendName = (typeof backendNames)[number] | (typeof browserBackendNames)[number]

/** Throws a RangeError if Node has no backend of this name. */
export function backendNamed(name: string): BackendName {
  const found = backendNames.find((known) => known === name)
  if (found === undefined) throw new RangeError(`unknown backend ${name}; known: ${backendNames.join(', ')}`)
  return found
}

/** A backend that cannot run on this machine. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable'
  readonly backend: BackendName
  /** Why it cannot run here. */
  readonly reason: string
  /** What to do about it. */
  readonly remedy: string

  constructor(backend: BackendName, reason: string, remedy: string) {
    super(`${backend} cannot run here: ${reason}; to get it, ${remedy}`)
    this.backend = backend
    this.reason = reason
    this.remedy = remedy
  }
}
