import type { Subject } from '../properties/law.js'

/** A subject that holds something (a worker, a GPU) until it is closed. */
export interface OpenSubject extends Subject {
  close(): Promise<void>
}

/** The subject cannot be tested at all: it is not there, does not load, or has no operators. */
export class SubjectUnavailable extends Error {
  override readonly name = 'SubjectUnavailable'

  constructor(subject: string, why: string) {
    super(`${subject}: ${why}`)
  }
}
