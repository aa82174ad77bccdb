import { fork } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BackendUnavailable } from '../gpu/index.js'
import type { ExpectedFailures } from '../properties/expectedFailures.js'
import { readExpectedFailures } from '../subjects/expectedFailures.js'
import { openSubject } from '../subjects/open.js'
import { SubjectUnavailable } from '../subjects/subject.js'
import { peersPage } from './campaignPage.js'
import { crashed, type Judged, jobsLeft, type News, newsSchema, resultsOf } from './campaignState.js'
import { judge, numbersIn } from './falseAlarms.js'
import { buildOf } from './lawCampaign.js'

// Runs every law against the known libraries that are installed here, and writes docs/peers.md: npm run campaign [-- OPTIONS]
//   --runs N             cases a law (1000)
//   --seeds A-B,C        seeds (1-3)
//   --peers a,b          these only, whatever `answerkey test` is given
//   --time-limit SECONDS stops after the operator that is being tested then
//   --state FILE         where results are kept, a line of JSON for every peer, seed and operator; what stands there is not run again
//   --page FILE          where the page is written

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seeds: { type: 'string', default: '1-3' },
    peers: { type: 'string', default: 'tfjs,onnxruntime,onnxruntime:web,torch,torch:float32,numpy' },
    'time-limit': { type: 'string' },
    state: { type: 'string' },
    page: { type: 'string' },
    /** Of a child process: the peer and the one seed that it tests. */
    only: { type: 'string' },
  },
})

const root = fileURLToPath(new URL('../..', import.meta.url))
const cases = Number(values.runs)
const limit = values['time-limit'] === undefined ? Number.POSITIVE_INFINITY : Number(values['time-limit'])
if (!(Number.isInteger(cases) && cases >= 1 && limit > 0))
  throw new RangeError('--runs should be a whole number above 0, --time-limit a number of seconds')
const seeds = numbersIn(values.seeds)
const peers = values.peers.split(',')
const state =
  values.state ?? join(root, `.answerkey/campaign-${buildOf(fileURLToPath(new URL('..', import.meta.url)))}.jsonl`)
const ends = performance.now() + limit * 1000

/** Seconds that a peer has for one call. */
const secondsACall = 60

function keep(result: Judged): void {
  appendFileSync(state, `${JSON.stringify(result)}\n`)
}

/** Tests one peer for one seed, an operator after the other, in this process. */
async function judgePeer(subject: string, seed: number, tell: (news: News) => void): Promise<void> {
  const peer = await openSubject(subject, secondsACall)
  try {
    for (const job of jobsLeft({ subject, seed, cases }, peer.name, resultsOf(state))) {
      if (performance.now() > ends) return
      tell({ peer: peer.name, operator: job.operator })
      keep({ ...(await judge(peer, job)), peer: peer.name })
    }
  } finally {
    await peer.close()
  }
}

/**
 * The same in a process of its own, which a library may bring down: that costs the operator, and another process goes on. Answers
 * with why the peer cannot be tested, where it cannot.
 */
async function judgeApart(subject: string, seed: number): Promise<string | undefined> {
  while (performance.now() < ends) {
    const { how, news } = await child(subject, seed)
    if (news !== undefined && 'missing' in news) return news.missing
    if (how === undefined) return undefined
    if (news === undefined) return `its process ends before it answers anything: ${how}`
    keep(crashed({ subject, seed, cases, operator: news.operator }, news.peer, how))
  }
  return undefined
}

/** Runs this program for one peer and seed: how it ended, where it did not end well, and the last that it said. */
async function child(subject: string, seed: number): Promise<{ how: string | undefined; news: News | undefined }> {
  const left = Number.isFinite(ends) ? ['--time-limit', String(Math.max((ends - performance.now()) / 1000, 1))] : []
  const settings = ['--only', subject, '--seeds', String(seed), '--runs', String(cases), '--state', state, ...left]
  const started = fork(fileURLToPath(import.meta.url), settings, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  let news: News | undefined
  started.on('message', (message) => {
    news = newsSchema.parse(message)
  })
  const how = await new Promise<string | undefined>((resolve) => {
    started.on('close', (status, signal) => resolve(status === 0 ? undefined : (signal ?? `status ${status}`)))
  })
  return { how, news }
}

/** What is known of a peer's differences: examples/xfail/torch.yaml, and torch-float32.yaml, for `torch:float32`. */
function explanationsOf(subject: string): ExpectedFailures {
  const [library] = subject.split(':', 1)
  const names = new Set([library, subject.replaceAll(':', '-')])
  const files = [...names].map((name) => join(root, `examples/xfail/${name}.yaml`)).filter((file) => existsSync(file))
  const all: Record<string, Readonly<Record<string, string>>> = {}
  for (const file of files)
    for (const [operator, reasons] of Object.entries(readExpectedFailures(file, readFileSync(file, 'utf8'))))
      all[operator] = { ...all[operator], ...reasons }
  return all
}

if (values.only !== undefined) {
  const tell = (news: News) => process.send?.(news)
  try {
    await judgePeer(values.only, seeds[0], tell)
  } catch (error) {
    if (!(error instanceof SubjectUnavailable || error instanceof BackendUnavailable)) throw error
    tell({ missing: error.message })
  }
  process.disconnect?.()
} else {
  mkdirSync(dirname(state), { recursive: true })
  const missing = new Map<string, string>()
  for (const seed of seeds)
    for (const subject of peers.filter((name) => !missing.has(name))) {
      process.stderr.write(`${subject}, seed ${seed}\n`)
      const why = await judgeApart(subject, seed)
      if (why !== undefined) missing.set(subject, why)
    }
  const results = resultsOf(state).filter((run) => run.cases === cases && seeds.includes(run.seed))
  const page = peersPage(
    cases,
    seeds.length,
    peers.map((subject) => {
      const own = results.filter((run) => run.subject === subject)
      return {
        subject,
        // Of the version that was tested last.
        runs: own.filter(({ peer }) => peer === own.at(-1)?.peer),
        missing: missing.get(subject),
        explanations: explanationsOf(subject),
      }
    }),
  )
  writeFileSync(values.page ?? join(root, 'docs/peers.md'), page)
}
