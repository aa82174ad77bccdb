import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { BackendUnavailable, backendNamed } from '../gpu/index.js'
import { openNodePlatform } from '../gpu/nodePlatform.js'
import { oracle } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'
import { table } from '../reports/words.js'
import { openBrowser } from './gpuBrowser.js'
import { memoryTable } from './gpuMemory.js'
import { PeerMissing, peers } from './gpuPeers.js'
import { openKernels, type Timed, type TimedRunner, timed, timedHere } from './gpuRunners.js'
import { quickWorkloads, type Workload, workloads } from './gpuWorkloads.js'

// Times the kernels of every backend at hand, the oracle, TensorFlow.js and ONNX Runtime, here and in a browser, in one run
// (npm run bench:gpu).
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    /** Seconds: calls that are foretold to take longer are left out, and a table's rounds end there. */
    budget: { type: 'string', default: '20' },
    backends: { type: 'string', default: 'webgpu,headlessgl,webasm,cpu' },
    /** Leaves the browser out. */
    'no-browser': { type: 'boolean', default: false },
    /** Only rows whose names contain it. */
    rows: { type: 'string', default: '' },
    calls: { type: 'string', default: '10000' },
  },
})
const budget = Number(options.budget) * 1000
const backends = options.backends.split(',').map(backendNamed)

/** How far a number may be from the oracle's, in units of the output's largest: a wrong result is off by about 1. */
const tolerance = 1e-4

/** At most so many rounds, in each of which all are timed once, so that other work on the machine strikes all alike. */
const rounds = 5

function milliseconds(time: number): string {
  return time < 10
    ? `${time.toPrecision(2)} ms`
    : time < 10_000
      ? `${Math.round(time)} ms`
      : `${Math.round(time / 1000)} s`
}

function ratio(times: number): string {
  return `${times < 10 ? times.toPrecision(2) : Math.round(times)}×`
}

/** How far it is from the oracle's, in units of the largest number. */
function distance(answer: ArrayLike<number>, expected: Float64Array): number {
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return expected.reduce((most, x, i) => Math.max(most, Math.abs(x - answer[i])), 0) / largest
}

/** How long the last row of a family took a runner. */
const families = new Map<string, { readonly work: number; readonly time: number }>()

/** What is timed of a runner in a row, or why nothing is. */
interface Entry {
  readonly name: string
  readonly prepared?: Timed
  readonly reason?: string
  readonly error?: number
  readonly calls: number[]
  /** Milliseconds of one call on the device, and of several. */
  readonly one: number[]
  readonly several: number[]
}

/** Several calls on the device take longer than one by what the others take. */
const several = 4

/** Prepares a runner, and compares what it answers with the beginning of the oracle's result. */
async function enter(runner: TimedRunner, workload: Workload, inputs: Tensors, expected: Float64Array): Promise<Entry> {
  const { name } = runner
  const none = { name, calls: [], one: [], several: [] }
  const before = families.get(`${name} ${workload.family}`)
  const foretold = before === undefined ? 0 : (before.time * workload.work) / before.work
  if (foretold > budget) return { ...none, reason: `would take about ${milliseconds(foretold)} a call` }
  let prepared: Timed | undefined
  try {
    prepared = await runner.prepare(workload, inputs)
    const error = distance(await prepared.answer(expected.length), expected)
    if (error <= tolerance) return { ...none, prepared, error }
    process.exitCode = 1
    await prepared.release()
    return { ...none, reason: `wrong: ${error.toExponential(1)} off` }
  } catch (error) {
    await prepared?.release()
    return { ...none, reason: (error instanceof Error ? error.message : String(error)).split('\n')[0] }
  }
}

async function round(entry: Entry): Promise<void> {
  const { prepared, calls, one, several: more } = entry
  if (prepared === undefined) return
  calls.push(await prepared.call())
  if (prepared.onDevice === undefined) return
  one.push(await prepared.onDevice(1))
  more.push(await prepared.onDevice(several))
}

/** A runner's cells: a call, on the device, the oracle's time over either, and the distance. */
function cells({ name, reason, error = 0, calls, one, several: more }: Entry, oracleTime: number): string[] {
  if (reason !== undefined) return [name, reason]
  const time = Math.min(...calls)
  const row = [name, milliseconds(time), ratio(oracleTime / time)]
  if (one.length === 0) return [...row, '', '', error.toExponential(0)]
  const inside = (Math.min(...more) - Math.min(...one)) / (several - 1)
  // Other work took longer than all of the calls.
  if (inside <= 0) return [...row, '?', '', error.toExponential(0)]
  return [...row, milliseconds(inside), ratio(oracleTime / inside), error.toExponential(0)]
}

/** One table: every runner's times for a workload, those of the oracle first. */
async function compareOne(workload: Workload, runners: readonly TimedRunner[]): Promise<readonly string[]> {
  const inputs = workload.inputs()
  const { forward } = oracle.operators[workload.operator]
  const { inputs: part, share } = workload.beginning(inputs)
  const started = performance.now()
  const { [workload.output]: expected } = await forward(part, workload.attributes)
  const foretold = (performance.now() - started) / share
  const entries: Entry[] = []
  for (const runner of runners) entries.push(await enter(runner, workload, inputs, expected.data))
  const ofOracle: number[] = []
  const until = performance.now() + budget
  for (let done = 0; done < rounds && (done === 0 || performance.now() < until); done++) {
    if (foretold <= budget) ofOracle.push(await timed(() => forward(inputs, workload.attributes)))
    for (const entry of entries) await round(entry)
  }
  const time = Math.min(foretold, ...ofOracle)
  for (const { name, prepared, calls } of entries) {
    if (prepared === undefined) continue
    families.set(`${name} ${workload.family}`, { work: workload.work, time: Math.min(...calls) })
    await prepared.release()
  }
  return table([
    [workload.name, 'a call', '×', 'on the device', '×', 'off by'],
    ['oracle (float64)', `${ofOracle.length === 0 ? 'about ' : ''}${milliseconds(time)}`],
    ...entries.map((entry) => cells(entry, time)),
  ])
}

/** Everything that can run here; what cannot is told at once. */
async function openRunners(): Promise<{ runners: readonly TimedRunner[]; close: () => Promise<void> }> {
  const runners: TimedRunner[] = []
  const missing = (name: string, reason: string) => console.log(`${name}: missing: ${reason}`)
  const attempt = async <Opened>(name: string, open: () => Promise<Opened>): Promise<Opened | undefined> => {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof BackendUnavailable || error instanceof PeerMissing)) throw error
      missing(name, error.message)
      return undefined
    }
  }
  // A browser takes the graphics card where Node has one.
  let software = true
  for (const name of backends) {
    const platform = await attempt(name, () => openNodePlatform(name))
    if (platform === undefined) continue
    if (name === 'webgpu') software = platform.software !== false
    runners.push(timedHere(await openKernels(name, platform)))
  }
  for (const [name, open] of Object.entries(peers)) {
    const runner = await attempt(name, open)
    if (runner !== undefined) runners.push(timedHere(runner))
  }
  const browser = options['no-browser'] ? undefined : await attempt('browser', () => openBrowser(software, missing))
  runners.push(...(browser?.runners ?? []))
  const close = async () => {
    for (const runner of runners) await runner.close()
    await browser?.close()
  }
  return { runners, close }
}

async function compare(): Promise<void> {
  const { runners, close } = await openRunners()
  console.log(
    `${availableParallelism()} processor cores; the least of up to ${rounds} times; × is the oracle's time over it; off by: how far`,
  )
  console.log(`the farthest number is from the oracle's, in units of the largest (at most ${tolerance})\n`)
  const chosen = (options.quick ? quickWorkloads : workloads).filter(({ name }) => name.includes(options.rows))
  for (const workload of chosen) console.log(`${(await compareOne(workload, runners)).join('\n')}\n`)
  await close()
}

if (options.memory) console.log((await memoryTable(backends, Number(options.calls))).join('\n'))
else await compare()
