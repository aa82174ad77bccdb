import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { contract } from '../oracle/index.js'
import { type LawReport, runLaws } from '../properties/index.js'
import { table } from '../reports/words.js'
import type { OpenSubject } from '../subjects/subject.js'
import { grouped } from './lawPower.js'

const statuses = ['held', 'broken', 'suspicious', 'errored', 'skipped', 'unsupported'] as const
type Status = (typeof statuses)[number]

/** A law that did not hold. */
const alarmSchema = z.object({
  law: z.string(),
  status: z.enum(statuses),
  message: z.string().optional(),
  /** The command that shows it again. */
  replay: z.string().optional(),
})

/** What the laws of one operator made of one subject, for one seed. */
export const runSchema = z.object({
  subject: z.string(),
  operator: z.string(),
  seed: z.number(),
  /** Cases a law. */
  cases: z.number(),
  /** How many laws have each status; none has any where the subject lacks the operator. */
  summary: z.record(z.string(), z.number()),
  /** Cases of all laws together. */
  checked: z.number(),
  seconds: z.number(),
  alarms: z.array(alarmSchema),
})

type Alarm = z.infer<typeof alarmSchema>
export type Run = z.infer<typeof runSchema>

/** What identifies a run; `subject` is what `answerkey test` is given. */
export type Job = Pick<Run, 'subject' | 'operator' | 'seed' | 'cases'>

export function isSame(a: Job, b: Job): boolean {
  return a.subject === b.subject && a.operator === b.operator && a.seed === b.seed && a.cases === b.cases
}

/** Runs every law of the job's operator against its subject, which is open. */
export async function judge(open: OpenSubject, { subject, operator, seed, cases }: Job): Promise<Run> {
  const report = await runLaws(open, {
    operators: [operator],
    runs: cases,
    seed,
    shrinkSeconds: 4,
    ...(open.concurrency !== undefined && { concurrency: open.concurrency }),
    replayCommand: ({ name }, path) =>
      `answerkey test ${word(subject)} --operators ${operator} --law ${word(name)} --seed ${seed} --runs ${cases} --path ${path}`,
  })
  const laws = report.operators[operator]?.laws ?? []
  return {
    subject,
    operator,
    seed,
    cases,
    summary: report.summary,
    checked: laws.reduce((sum, law) => sum + law.runs, 0),
    seconds: Math.round(report.milliseconds / 1000),
    alarms: laws.filter(({ status }) => status !== 'held').map(alarmOf),
  }
}

function alarmOf({ law, status, message, why, replay }: LawReport): Alarm {
  const text = message ?? why
  return {
    law,
    status,
    ...(text !== undefined && { message: text }),
    ...(replay !== undefined && { replay }),
  }
}

/** A word of a shell command line. */
function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** The run that a line of a results file holds. Throws where it holds none. */
export function runOf(line: string): Run {
  return runSchema.parse(JSON.parse(line))
}

/** The lines of a results file; none where there is no such file. */
export function linesOf(file: string): string[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

/** What of a subject and seed is not among these runs, an operator a job. */
export function missingJobs(round: Omit<Job, 'operator'>, runs: readonly Job[]): Job[] {
  return Object.keys(contract)
    .map((operator): Job => ({ ...round, operator }))
    .filter((job) => !runs.some((run) => isSame(run, job)))
}

/** `1-3,7` as 1, 2, 3, 7. Throws a RangeError for anything else. */
export function numbersIn(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined || Number(last) < Number(first))
      throw new RangeError(`seeds ${text}: ${part} is neither a whole number nor a range of them, such as 1-20`)
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i)
  })
}

function count(runs: readonly Run[], status: Status): number {
  return runs.reduce((sum, { summary }) => sum + (summary[status] ?? 0), 0)
}

function lawsOf(runs: readonly Run[]): number {
  return statuses.reduce((sum, status) => sum + count(runs, status), 0)
}

/** Whether every operator was there, no law is broken, errored or unchecked, and at most one in a thousand suspicious. */
export function isClean(runs: readonly Run[]): boolean {
  const wrong = count(runs, 'broken') + count(runs, 'errored') + count(runs, 'skipped') + count(runs, 'unsupported')
  const complete = runs.every((run) => lawsOf([run]) > 0)
  return complete && wrong === 0 && count(runs, 'suspicious') <= lawsOf(runs) / 1000
}

/** A law that did not hold, and the way back to it. */
function alarmText({ subject, operator, seed }: Job, { law, status, message, replay }: Alarm): string {
  const command = replay === undefined ? '' : `\n  ${replay}`
  return `${status}: ${subject}, seed ${seed}, ${operator} ${law}: ${message ?? ''}${command}`
}

/** A line for every subject and number of cases, and one for every law that did not hold. */
export function alarmsText(runs: readonly Run[]): string {
  const rows = [...grouped(runs, ({ subject, cases }) => `${subject}\n${cases}`).values()].map((same) => {
    const seeds = new Set(same.map(({ seed }) => seed)).size
    const checked = same.reduce((sum, run) => sum + run.checked, 0)
    const counts = [lawsOf(same), checked, ...statuses.map((status) => count(same, status))]
    return [same[0].subject, ...[same[0].cases, seeds, same.length, ...counts].map(String)]
  })
  const heading = ['subject', 'cases a law', 'seeds', 'operator runs', 'law runs', 'cases', ...statuses]
  const alarms = runs.flatMap((run) => run.alarms.map((alarm) => alarmText(run, alarm)))
  return [...table([heading, ...rows], heading.map((_, column) => column).slice(1)), ...alarms].join('\n')
}
