import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSubject } from '../subjects/open.js'
import {
  alarmsText,
  isClean,
  type Job,
  judge,
  linesOf,
  missingJobs,
  numbersIn,
  type Run,
  runOf,
} from './falseAlarms.js'

// Runs every law against subjects that are right, seed after seed, and keeps what it finds in a file, a line of JSON for every
// subject, seed and operator:
// npm run measure:alarms -- --cases 1000 --seeds 1-20 --output alarms.jsonl oracle 'python3 subject.py --precision float32'
// What stands in the file already is not run again: after a change of laws or subjects, give another one.
// Ends with 1 where a law is broken, errored or unchecked, or more than one in a thousand suspicious.

const { values, positionals: subjects } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '1-20' },
    /** Subjects and seeds at a time: 1 or 2. */
    together: { type: 'string', default: '1' },
    output: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
})
const { output } = values
const [cases, together] = [Number(values.cases), Number(values.together)]
if (output === undefined || subjects.length === 0 || !(cases >= 1) || (together !== 1 && together !== 2))
  throw new RangeError('usage: measureAlarms [--cases N] [--seeds A-B,C] [--together 1|2] --output FILE SUBJECT…')
const seeds = numbersIn(values.seeds)

/** Seconds that a subject has for one call. */
const secondsACall = 60

function runsIn(file: string): Run[] {
  return linesOf(file).map(runOf)
}

type Round = Pick<Job, 'subject' | 'seed'>

/** What of a subject and seed is not yet in the file. */
function missing(round: Round, file: string): Job[] {
  return missingJobs({ ...round, cases }, runsIn(file))
}

async function judgeAll(round: Round, file: string): Promise<void> {
  const jobs = missing(round, file)
  if (jobs.length === 0) return
  const subject = await openSubject(round.subject, secondsACall)
  try {
    for (const job of jobs) appendFileSync(file, `${JSON.stringify(await judge(subject, job))}\n`)
  } finally {
    await subject.close()
  }
}

/** The same in a process of its own. */
async function judgeApart(round: Round, file: string): Promise<void> {
  const program = fileURLToPath(import.meta.url)
  const settings = ['--cases', String(cases), '--seeds', String(round.seed), '--output', file, '--quiet']
  const child = spawn(process.execPath, [program, ...settings, round.subject], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (missing(round, file).length > 0)
    throw new Error(`${round.subject}, seed ${round.seed}: its process ended early, with status ${status}`)
}

const rounds = seeds.flatMap((seed) => subjects.map((subject): Round => ({ subject, seed })))[Symbol.iterator]()
const work = async (): Promise<void> => {
  for (const round of rounds) await (together > 1 ? judgeApart : judgeAll)(round, output)
}
await Promise.all(Array.from({ length: together }, work))

const runs = runsIn(output).filter(
  (run) => run.cases === cases && seeds.includes(run.seed) && subjects.includes(run.subject),
)
if (!values.quiet) process.stdout.write(`${alarmsText(runs)}\n`)
process.exitCode = isClean(runs) ? 0 : 1
