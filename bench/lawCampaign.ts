import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { mistakes } from '../mistakes/index.js'
import { honestVariants, type Judgement, judgeVariant, variantName } from './honestVariants.js'
import { type Power, powerOf } from './lawPower.js'

/** How much is measured. */
export interface Extent {
  /** Cases a law for the mistakes, of which laws run in turn until one breaks. */
  readonly runs: number
  /** Cases a law for the table of all laws that break, which runs all of them with the first seed. */
  readonly tableRuns: number
  readonly mistakeSeeds: readonly number[]
  /** Cases a law for the honest variants: few, but on many seeds and subjects. */
  readonly variantRuns: number
  readonly variantSeeds: readonly number[]
  /** Operators whose mistakes and laws are measured. */
  readonly operators: readonly string[]
}

/** What one line of the results file says: all about one mistake, or about one honest implementation for one seed. */
export type Result = { readonly power: Power } | { readonly judgement: Judgement }

/** A part of the measurement that is done at one go, under the name by which its result is known. */
export interface Job {
  readonly name: string
  readonly run: () => Promise<Result>
}

function mistakeName(mistake: string): string {
  return `mistake: ${mistake}`
}

function judgementName({ variant, seed }: Pick<Judgement, 'variant' | 'seed'>): string {
  return `honest: ${variant}, seed ${seed}`
}

function nameOf(result: Result): string {
  return 'power' in result ? mistakeName(result.power.mistake) : judgementName(result.judgement)
}

/** All jobs of the measurement. */
export function jobsOf({
  runs,
  tableRuns,
  mistakeSeeds,
  variantRuns,
  variantSeeds,
  operators,
}: Extent): readonly Job[] {
  const ofMistakes = mistakes
    .filter(({ operator }) => operators.includes(operator))
    .map(
      (mistake): Job => ({
        name: mistakeName(mistake.name),
        run: async () => ({ power: await powerOf(mistake, { seeds: mistakeSeeds, runs, tableRuns }) }),
      }),
    )
  const ofVariants = variantSeeds.flatMap((seed) =>
    honestVariants(seed).map(
      (subject): Job => ({
        name: judgementName({ variant: variantName(subject), seed }),
        run: async () => ({ judgement: await judgeVariant(subject, { seed, runs: variantRuns, operators }) }),
      }),
    ),
  )
  return [...ofMistakes, ...ofVariants]
}

const catchSchema = z.object({ law: z.string(), cases: z.number() })
const powerSchema = z.object({
  mistake: z.string(),
  operator: z.string(),
  caught: z.array(z.object({ seed: z.number(), by: z.array(catchSchema) })),
  table: z.array(catchSchema),
  lowered: z.record(z.string(), z.array(catchSchema)),
  numerical: z.boolean(),
  byTolerance: z.array(catchSchema),
  counterexample: z.object({ elements: z.number(), nonzero: z.number() }).optional(),
})
const alarmSchema = z.object({
  operator: z.string(),
  law: z.string(),
  status: z.enum(['held', 'broken', 'suspicious', 'errored', 'skipped']),
  message: z.string().optional(),
})
const judgementSchema = z.object({
  variant: z.string(),
  seed: z.number(),
  verdicts: z.number(),
  cases: z.number(),
  alarms: z.array(alarmSchema),
})
const resultSchema = z.union([z.object({ power: powerSchema }), z.object({ judgement: judgementSchema })])

/** The results in a file, by the names of their jobs; none where there is no such file. */
export function resultsIn(file: string): ReadonlyMap<string, Result> {
  const results = new Map<string, Result>()
  if (!existsSync(file)) return results
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const result = resultSchema.parse(JSON.parse(line))
    results.set(nameOf(result), result)
  }
  return results
}

/**
 * Runs the jobs that the file has no result of, one after the other, each for a line at its end. One that throws stops none of the
 * others; what it threw is handed to `onFailure`.
 */
export async function work(
  jobs: readonly Job[],
  file: string,
  { onJob, onFailure }: { onJob: (name: string) => void; onFailure: (name: string, error: unknown) => void },
): Promise<void> {
  for (const { name, run } of jobs) {
    // Looked up anew every time: others may be at work on the same file.
    if (resultsIn(file).has(name)) continue
    onJob(name)
    try {
      appendFileSync(file, `${JSON.stringify(await run())}\n`)
    } catch (error) {
      onFailure(name, error)
    }
  }
}

/** A short hash of all programs in a folder: results of one build are not mixed with another's. */
export function buildOf(folder: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.js')).toSorted()) {
    hash.update(file)
    hash.update(readFileSync(join(folder, file)))
  }
  return hash.digest('hex').slice(0, 12)
}
