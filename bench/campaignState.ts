import { z } from 'zod'
import { type Job, linesOf, missingJobs, runSchema } from './falseAlarms.js'

/** What the laws of one operator made of a peer, for one seed. */
const judgedSchema = runSchema.extend({
  /** The library, its version and what it runs on, in its own words. */
  peer: z.string(),
})
export type Judged = z.infer<typeof judgedSchema>

/** What the process that tests a peer says of itself. */
export const newsSchema = z.union([
  z.object({ missing: z.string() }),
  z.object({ peer: z.string(), operator: z.string() }),
])
export type News = z.infer<typeof newsSchema>

/** The results in a state file, a line of JSON each; none where there is no such file. Throws where a line is no result. */
export function resultsOf(file: string): Judged[] {
  return linesOf(file).map((line) => judgedSchema.parse(JSON.parse(line)))
}

/** The jobs of a peer and seed that are not done; what another version of the peer did does not count. */
export function jobsLeft(round: Omit<Job, 'operator'>, peer: string, results: readonly Judged[]): Job[] {
  return missingJobs(
    round,
    results.filter((run) => run.peer === peer),
  )
}

/** A job whose process ended in the middle of it: the operator is errored as a whole. */
export function crashed(job: Job, peer: string, how: string): Judged {
  return {
    ...job,
    peer,
    summary: { errored: 1 },
    checked: 0,
    seconds: 0,
    alarms: [{ law: 'every law', status: 'errored', message: `its process ended: ${how}` }],
  }
}
