import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import type { FuzzFate, FuzzTask } from './fuzzTask.js'

// Marks hostile documents and writes every report of them, seed after seed (npm run measure:fuzz -- --documents 100000).
// Prints what was treated badly, with seed and index; ends with 1 where anything was.

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    /** Seconds after which it stops, with what it has. */
    'time-limit': { type: 'string', default: 'Infinity' },
    /** Seconds that one document may take: more where the machine does much else. */
    limit: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const documents = Number(values.documents)
const firstSeed = Number(values.seed)
const deadline = performance.now() + Number(values['time-limit']) * 1000
const threads = Number(values.threads)
const limit = Number(values.limit)
if (!(documents >= 1) || !Number.isSafeInteger(firstSeed) || !(threads >= 1) || !(limit > 0) || Number.isNaN(deadline))
  throw new RangeError(
    'usage: measureFuzz [--documents N] [--seed N] [--time-limit SECONDS] [--limit SECONDS] [--threads N]',
  )

/** Documents a seed. */
const chunk = 100
const folder = fileURLToPath(new URL('../../exercises/solutions', import.meta.url))
const pool = new Tinypool({
  filename: new URL('./fuzzTask.js', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
  resourceLimits: { maxOldGenerationSizeMb: 768 },
})

const totals = { marked: 0, refused: 0, bad: 0, hung: 0, claims: 0 }
let slowest: FuzzFate | undefined

async function runSeed(seed: number, count: number): Promise<void> {
  const stop = new AbortController()
  const { port1: heard, port2: begun } = new MessageChannel()
  let index = 0
  let timer: NodeJS.Timeout | undefined
  heard.on('message', (at: number) => {
    index = at
    clearTimeout(timer)
    timer = setTimeout(() => stop.abort(), limit * 1000)
  })
  const task: FuzzTask = { seed, count, folder, begun }
  try {
    const fates: readonly FuzzFate[] = await pool.run(task, { signal: stop.signal, transferList: [begun] })
    for (const fate of fates) account(fate)
  } catch (error) {
    totals.hung++
    console.log(`seed ${seed}, document ${index}: ${stop.signal.aborted ? `longer than ${limit} s` : error}`)
  } finally {
    clearTimeout(timer)
    heard.close()
  }
}

function account(fate: FuzzFate): void {
  totals[fate.kind]++
  totals.claims += fate.claims
  if (fate.milliseconds > (slowest?.milliseconds ?? 0)) slowest = fate
  for (const trouble of fate.troubles)
    console.log(`seed ${fate.seed}, document ${fate.index} (${fate.file}): ${trouble}`)
}

const started = performance.now()
let seed = firstSeed
const seeds = Array.from({ length: Math.ceil(documents / chunk) }, () => seed++)[Symbol.iterator]()
const work = async (): Promise<void> => {
  for (const next of seeds) {
    if (performance.now() > deadline) return
    await runSeed(next, Math.min(chunk, documents - (next - firstSeed) * chunk))
  }
}
await Promise.all(Array.from({ length: threads }, work))
await pool.destroy()

const { marked, refused, bad, hung, claims } = totals
console.log(
  `${marked + refused + bad} documents in ${Math.round((performance.now() - started) / 1000)} s: ${marked} marked (${claims} claims), ${refused} refused, ${bad} treated badly, ${hung} hung or crashed`,
)
if (slowest !== undefined)
  console.log(
    `slowest: ${Math.round(slowest.milliseconds)} ms, seed ${slowest.seed}, document ${slowest.index} (${slowest.file})`,
  )
process.exitCode = bad + hung === 0 ? 0 : 1
