import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BackendUnavailable, backendNames, openBackend } from '../gpu/index.js'
import { oracle } from '../oracle/index.js'
import { type Tensor, tensor } from '../oracle/tensor.js'
import { profileNamed, runLaws } from '../properties/index.js'
import { table } from '../reports/words.js'

// Times what people wait for, on this machine, and prints it (npm run bench -- [FILE of a hand solution to mark]).
const program = fileURLToPath(new URL('../cli/main.js', import.meta.url))
const solution = process.argv[2] ?? 'exercises/solutions/ntua-1.1-1.4.md'
const rows: string[][] = [['what', 'measured', 'goal']]

/** The median of the milliseconds of several whole processes. */
function processTime(runs: number, ...args: string[]): number {
  const times = Array.from({ length: runs }, () => {
    const started = performance.now()
    spawnSync(process.execPath, [program, ...args], { stdio: 'ignore' })
    return performance.now() - started
  })
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)]
}

/** The largest resident memory of a process, in megabytes: it reports its own when it exits. */
function peakMemory(...args: string[]): number {
  const tell = "process.on('exit',()=>process.stderr.write('\\n'+process.resourceUsage().maxRSS))"
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, program, ...args],
    { encoding: 'utf8' },
  )
  return Number(stderr.trim().split('\n').at(-1)) / 1024
}

rows.push(['answerkey --help', `${Math.round(processTime(9, '--help'))} ms`, '< 250 ms'])
if (existsSync(solution))
  rows.push([`answerkey mark ${solution}`, `${Math.round(processTime(5, 'mark', solution))} ms`, '< 2000 ms'])

/** The least processor time of several calls, in seconds: what other work on the machine adds is left out. */
function processorTime(call: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage()
    call()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  })
  return Math.min(...times)
}

/** A tensor of numbers that look random. */
function noise(...shape: number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    shape,
    Array.from({ length: size }, (_, i) => Math.sin(i * i)),
  )
}

const { conv2d, scaledDotProductAttention, matmul } = oracle.operators
const image = { x: noise(1, 3, 227, 227), weight: noise(96, 3, 11, 11) }
const heads = { query: noise(1, 8, 512, 64), key: noise(1, 8, 512, 64), value: noise(1, 8, 512, 64) }
const square = { a: noise(512, 512), b: noise(512, 512) }
const atImage = { y: noise(1, 96, 55, 55) }
for (const [what, goal, call] of [
  ["AlexNet's first layer, forward", '< 0.6 s', () => conv2d.forward(image, { stride: 4 })],
  ["AlexNet's first layer, backward", '< 1.5 s', () => conv2d.backward?.(image, { stride: 4 }, atImage)],
  ['scaledDotProductAttention 1×8×512×64, forward', '< 0.6 s', () => scaledDotProductAttention.forward(heads)],
  ['matmul 512×512×512, forward', '< 0.25 s', () => matmul.forward(square)],
] as const)
  rows.push([`${what}, processor time`, `${processorTime(call).toFixed(2)} s`, goal])

const started = performance.now()
const report = await runLaws(oracle, { runs: 100, seed: 1 })
rows.push([
  `laws of the oracle, ${Object.keys(report.operators).length} operators, 100 cases a law`,
  `${((performance.now() - started) / 1000).toFixed(1)} s`,
  '< 90 s',
])

const goals: Readonly<Record<string, string>> = {
  webasm: '≥ 800 /s',
  webgpu: '≥ 400 /s',
  headlessgl: '≥ 400 /s',
}
for (const name of backendNames) {
  try {
    const backend = await openBackend(name)
    const subject = { ...backend.implementation, profile: profileNamed(backend.profileName, 'float32') }
    // Compiling kernels is paid once; the second run is what a longer one amounts to.
    await runLaws(subject, { runs: 2, seed: 2, concurrency: 16 })
    const { operators, milliseconds } = await runLaws(subject, { runs: 30, seed: 1, concurrency: 16 })
    const cases = Object.values(operators).reduce((sum, { laws }) => sum + laws.reduce((n, law) => n + law.runs, 0), 0)
    rows.push([
      `law cases on ${name} (${backend.device})`,
      `${Math.round((cases / milliseconds) * 1000)} /s`,
      goals[name] ?? '',
    ])
    await backend.close()
  } catch (error) {
    if (!(error instanceof BackendUnavailable)) throw error
    rows.push([`law cases on ${name}`, `missing: ${error.reason}`, goals[name] ?? ''])
  }
}

rows.push([
  'peak memory, answerkey test oracle',
  `${Math.round(peakMemory('test', 'oracle', '--seed', '1'))} MB`,
  '< 500 MB',
])
if (existsSync(solution))
  rows.push([`peak memory, answerkey mark`, `${Math.round(peakMemory('mark', solution))} MB`, '< 500 MB'])
rows.push([
  'peak memory, answerkey gpu --runs 10',
  `${Math.round(peakMemory('gpu', '--seed', '1', '--runs', '10'))} MB`,
  '< 500 MB',
])
console.log(table(rows).join('\n'))
