import type { Subject } from '../properties/law.js'

/** A subject that holds something (a worker, a process, a GPU) until it is closed. */
export interface OpenSubject extends Subject {
  /** Calls in flight together that keep it busy; 1 where not given. */
  readonly concurrency?: number
  /** Processes that share the calls; not given for what is no command. */
  readonly workers?: number
  /** The choices of its own that it was declared to make: names of docs/dialects.md. */
  readonly dialects?: readonly string[]
  close(): Promise<void>
}

/** The subject cannot be tested at all: it is not there, does not load, or has no operators. */
export class SubjectUnavailable extends Error {
  override readonly name = 'SubjectUnavailable'

  constructor(subject: string, why: string) {
    super(`${subject}: ${why}`)
  }
}
