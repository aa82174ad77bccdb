import { totalmem } from 'node:os'

/** What a subject may hold where nobody says otherwise: three quarters of what this machine has, or the container leaves of it. */
export function defaultMemoryMegabytes(): number {
  const limit = process.constrainedMemory()
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return (0.75 * bytes) / 2 ** 20
}
