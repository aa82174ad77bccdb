import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mistakes } from '../mistakes/index.js'
import { laws } from '../properties/index.js'
import { buildOf, type Extent, type Job, jobsOf, resultsIn, work } from './lawCampaign.js'
import { lawsPage, summaryText } from './lawsPage.js'

// Measures how strong the laws are and writes docs/laws.md: npm run measure:laws [-- OPTIONS]
//   --workers N          processes that share the work (2)
//   --operators a,b      these operators only; the page is then left as it is
//   --seeds A-B          seeds of the honest implementations (101-120)
//   --results FILE       where results are kept line by line; what stands there already is not measured again
//   --page FILE          the page that is written
// A measurement that was broken off goes on where it stopped, as long as the build is the same.

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    operators: { type: 'string' },
    seeds: { type: 'string', default: '101-120' },
    results: { type: 'string' },
    page: { type: 'string' },
    /** Of a worker: which of how many. */
    part: { type: 'string' },
  },
})

function positive(text: string, what: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${what} should be a positive whole number, not ${text}`)
  return value
}

const workers = positive(values.workers, '--workers')
const [from, to = from] = values.seeds.split('-').map((seed) => positive(seed, '--seeds'))
const known = [...new Set(laws.map(({ operator }) => operator))]
const operators = values.operators?.split(',') ?? known
for (const operator of operators) if (!known.includes(operator)) throw new RangeError(`unknown operator ${operator}`)

const extent: Extent = {
  runs: 100,
  tableRuns: 20,
  mistakeSeeds: [1, 2, 3, 4, 5],
  variantRuns: 5,
  variantSeeds: Array.from({ length: to - from + 1 }, (_, i) => from + i),
  operators,
}
const build = buildOf(fileURLToPath(new URL('..', import.meta.url)))
const results =
  values.results ?? `.answerkey/laws-${build}${values.operators === undefined ? '' : `-${operators.join('-')}`}.jsonl`
const jobs = jobsOf(extent)

/** The jobs of one of several workers: every so many-th, so that all have like work. */
function partOf(part: number): readonly Job[] {
  return jobs.filter((_, i) => i % workers === part)
}

/** Another process with the same settings that does one part. */
async function worker(part: number): Promise<void> {
  const settings = ['--part', String(part), '--results', results]
  const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), ...settings])
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (status !== 0) process.exitCode = 1
}

if (values.part !== undefined) {
  let done = 0
  await work(partOf(Number(values.part)), results, {
    onJob: (name) => {
      if (done++ % 20 === 0) process.stderr.write(`${name}\n`)
    },
    onFailure: (name, error) => {
      process.stderr.write(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exitCode = 1
    },
  })
} else {
  mkdirSync(dirname(results), { recursive: true })
  await Promise.all(Array.from({ length: workers }, (_, part) => worker(part)))
  const all = resultsIn(results)
  const found = jobs.flatMap(({ name }) => all.get(name) ?? [])
  const figures = {
    ...extent,
    laws: laws.filter(({ operator }) => operators.includes(operator)),
    mistakes: mistakes.filter(({ operator }) => operators.includes(operator)),
    powers: found.flatMap((result) => ('power' in result ? [result.power] : [])),
    judgements: found.flatMap((result) => ('judgement' in result ? [result.judgement] : [])),
  }
  process.stdout.write(`${summaryText(figures)}\n`)
  const page = values.page ?? fileURLToPath(new URL('../../docs/laws.md', import.meta.url))
  if (values.operators === undefined || values.page !== undefined) writeFileSync(page, lawsPage(figures))
}
