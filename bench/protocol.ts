import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { oracle } from '../oracle/index.js'
import { type Tensor, tensor } from '../oracle/tensor.js'
import { runLaws } from '../properties/index.js'
import { table } from '../reports/words.js'
import { openModule } from '../subjects/module.js'
import { openProcess } from '../subjects/process.js'
import type { OpenSubject } from '../subjects/subject.js'

// What our side of a call costs beside the subject's own work, and prints it (npm run bench:protocol -- [cases a law]).
const calls = 5000
const runs = Number(process.argv[2] ?? 20)

/** Answers every call with its input: what is left of the time is the protocol. */
const echo = `
let rest = ''
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n')
  rest = lines.pop()
  let answer = ''
  for (const line of lines) {
    const { id, hello, inputs } = JSON.parse(line)
    answer += JSON.stringify(hello === undefined
      ? { id, outputs: { y: inputs.x } }
      : { id, name: 'echo', precision: process.argv[1], operators: { relu: ['forward'] } }) + '\\n'
  }
  process.stdout.write(answer)
})`

/** Milliseconds a call, as the clock shows and of the processor for this program, with as many in flight as the subject takes. */
async function costOf(subject: OpenSubject, x: Tensor): Promise<readonly [number, number]> {
  const { forward } = subject.operators.relu
  let left = 0
  const work = async (): Promise<void> => {
    while (left-- > 0) await forward({ x }, {})
  }
  const measure = async (): Promise<readonly [number, number]> => {
    left = calls
    const began = performance.now()
    const before = process.cpuUsage()
    await Promise.all(Array.from({ length: subject.concurrency ?? 1 }, work))
    const { user, system } = process.cpuUsage(before)
    return [(performance.now() - began) / calls, (user + system) / 1000 / calls]
  }
  const times: (readonly [number, number])[] = []
  for (let round = 0; round < 5; round++) times.push(await measure())
  return [Math.min(...times.map(([wall]) => wall)), Math.min(...times.map(([, processor]) => processor))]
}

/** The same by python/answerkey.py, where PYTHON, or python3, has NumPy. */
const pythonEcho = fileURLToPath(new URL('../../subjects/fixtures/echo.py', import.meta.url))
const python = process.env.PYTHON || 'python3'
const hasNumPy = spawnSync(python, ['-c', 'import numpy']).status === 0

const shapes = [[3, 4], [64], [32, 32]]
const rows: string[][] = [['subject', 'x', 'ms a call', 'ms of the processor on our side']]
for (const precision of ['float64', 'float32'])
  for (const [name, command] of [
    ['JavaScript', `exec '${process.execPath}' -e "${echo.replaceAll(/["$`\\]/g, '\\$&')}" ${precision}`],
    ...(hasNumPy ? [['Python', `exec '${python}' '${pythonEcho}' ${precision}`]] : []),
  ])
    for (const shape of name === 'Python' ? [[4]] : shapes) {
      const subject = await openProcess(command, 10)
      const size = shape.reduce((product, length) => product * length, 1)
      const x = tensor(
        shape,
        Array.from({ length: size }, (_, i) => Math.fround(Math.sin(i * i))),
      )
      const [wall, processor] = await costOf(subject, x)
      rows.push([`${name}, ${precision}`, `[${shape.join(', ')}]`, wall.toFixed(3), processor.toFixed(3)])
      await subject.close()
    }
console.log(`${table(rows).join('\n')}\n`)

/** Seconds of the clock and of the processor, the subject's thread included. */
async function contractTime(subject: OpenSubject): Promise<readonly [number, number]> {
  const began = performance.now()
  const before = process.cpuUsage()
  await runLaws(subject, { runs, seed: 1, concurrency: subject.concurrency ?? 1 })
  const { user, system } = process.cpuUsage(before)
  await subject.close()
  return [(performance.now() - began) / 1000, (user + system) / 1e6]
}

const [own, ownProcessor] = await contractTime({ ...oracle, close: async () => {} })
const folder = mkdtempSync(join(tmpdir(), 'answerkey-'))
const oracleModule = join(folder, 'oracle.mjs')
writeFileSync(
  oracleModule,
  `import { oracle } from '${new URL('../oracle/index.js', import.meta.url)}'\nexport const { operators } = oracle\n`,
)
const module = await openModule(oracleModule, 60)
const [other, otherProcessor] = await contractTime(module)
rmSync(folder, { recursive: true })
console.log(
  table([
    ['the whole contract', 'seconds', 'of the processor'],
    ['the oracle itself', own.toFixed(1), ownProcessor.toFixed(1)],
    ['the oracle as a module', other.toFixed(1), otherProcessor.toFixed(1)],
    ['times', (other / own).toFixed(2), (otherProcessor / ownProcessor).toFixed(2)],
  ]).join('\n'),
)
