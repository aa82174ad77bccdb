import type { Verdict } from '../comparison.js'

/** Throws where a verdict is that something is broken: a run of commands fails by throwing. */
export function demand({ status, message }: Verdict): void {
  if (status === 'broken') throw new Error(message)
}
