import type { MessagePort } from 'node:worker_threads'
import fc from 'fast-check'
import { type HostileDocument, hostileDocument } from '../marking/fixtures/hostileDocuments.js'
import { type Fate, fateOf } from './fuzzChecks.js'

/** Some of the documents of a seed, as a worker is told of them. */
export interface FuzzTask {
  readonly seed: number
  readonly count: number
  /** Where the real solutions are that documents are made from. */
  readonly folder: string
  /** Told before each document. */
  readonly begun: MessagePort
}

export interface FuzzFate extends Fate {
  readonly seed: number
  /** Which document of the seed. */
  readonly index: number
  readonly file: string
}

/** Made once a worker: that alone takes seconds. */
let documents: fc.Arbitrary<HostileDocument> | undefined

/** Marks the documents of a seed, one after another. */
export default async function fuzz({ seed, count, folder, begun }: FuzzTask): Promise<readonly FuzzFate[]> {
  const fates: FuzzFate[] = []
  documents ??= hostileDocument(folder)
  try {
    for (const [index, document] of fc.sample(documents, { seed, numRuns: count }).entries()) {
      begun.postMessage(index)
      fates.push({ ...(await fateOf(document)), seed, index, file: document.file })
    }
  } finally {
    begun.close()
  }
  return fates
}
