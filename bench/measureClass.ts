import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { table } from '../reports/words.js'

// Times the marking of a class: copies of one solution, each with some digits of its own, as answerkey mark marks them on all
// cores (node dist/bench/measureClass.js --solutions 400 FILE), and what the memory of the whole process comes to.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { solutions: { type: 'string', default: '400' } },
})
const [source = 'exercises/solutions/ntua-1.1-1.4.md'] = positionals
const solutions = Number(values.solutions)
if (!Number.isSafeInteger(solutions) || solutions < 1)
  throw new RangeError('usage: measureClass [--solutions N] [FILE of a hand solution]')

const program = fileURLToPath(new URL('../cli/main.js', import.meta.url))
const text = readFileSync(source, 'utf8')
const ending = source.slice(source.lastIndexOf('.'))

/** The text with about one in forty of its decimals ended by another digit; the same for the same seed. */
function perturbed(seed: number): string {
  let state = seed * 2654435761
  return text.replaceAll(/\d\.\d+/g, (decimal) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % 40 === 0 ? `${decimal.slice(0, -1)}${(state >>> 8) % 10}` : decimal
  })
}

interface Measured {
  readonly seconds: number
  readonly processorSeconds: number
  readonly megabytes: number
  readonly output: string
}

/** Marks a folder in a process of its own, which tells what it took when it exits. */
function marking(folder: string): Measured {
  const tell =
    "process.on('exit',()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();process.stderr.write('\\n'+[(u+s)/1e6,m/1024])})"
  const started = performance.now()
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...['--import', `data:text/javascript,${encodeURIComponent(tell)}`],
      ...[program, 'mark', folder, '--format', 'json', '--timeout', '600'],
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 30 },
  )
  const seconds = (performance.now() - started) / 1000
  const [processorSeconds, megabytes] = (stderr.trim().split('\n').at(-1) ?? '').split(',').map(Number)
  return { seconds, processorSeconds, megabytes, output: stdout }
}

const rows = [['solutions', 'seconds', 'of the processor', 'MB at most']]
const row = (label: string, { seconds, processorSeconds, megabytes }: Measured): void => {
  rows.push([label, seconds.toFixed(1), processorSeconds.toFixed(1), megabytes.toFixed(0)])
}
const folder = mkdtempSync(join(tmpdir(), 'answerkey-class-'))
try {
  for (let seed = 0; seed < solutions; seed++)
    writeFileSync(join(folder, `${String(seed).padStart(4, '0')}${ending}`), perturbed(seed))
  const few = mkdtempSync(join(folder, 'few-'))
  for (let seed = 0; seed < Math.min(solutions, 40); seed++)
    writeFileSync(join(few, `${String(seed).padStart(4, '0')}${ending}`), perturbed(seed))
  const once = marking(few)
  row(String(Math.min(solutions, 40)), once)
  rows.push(['the same again', marking(few).output === once.output ? 'the same bytes' : 'OTHER BYTES', '', ''])
  rmSync(few, { recursive: true })
  row(String(solutions), marking(folder))
} finally {
  rmSync(folder, { recursive: true })
}
console.log(`${source}, ${availableParallelism()} cores`)
console.log(table(rows, [1, 2, 3]).join('\n'))
