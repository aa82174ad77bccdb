import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const bad = `'${process.execPath}' '${fileURLToPath(new URL('../subjects/fixtures/bad.mjs', import.meta.url))}'`
const options = [
  '--operators',
  'relu',
  '--law',
  'agrees with the oracle',
  '--runs',
  '5',
  '--timeout',
  '2',
  '--no-database',
]

/** The processes that bear a text among their arguments, but for the command line's own. */
function bearing(text: string): readonly string[] {
  return readdirSync('/proc').filter((id) => {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'latin1')
      return command.includes(text) && !command.includes('main.js')
    } catch {
      return false
    }
  })
}

it.each([
  ['ends', 1, /its process ended with status 139; its standard error:\s+Segmentation fault/],
  ['twice', 1, /it answered request \d+ twice/],
  ['endsBeforeHello', 2, /ended with status 3 before it said hello/],
])('a subject that %s gives a report and status %d', (how, status, message) => {
  const run = spawnSync(process.execPath, [program, 'test', `${bad} ${how}`, ...options], { encoding: 'utf8' })
  expect(run.status).toBe(status)
  expect(run.stdout + run.stderr).toMatch(message)
})

it('Ctrl-C ends the subject and what it has started', async ({ skip }) => {
  if (process.platform !== 'linux') skip('only Linux lists processes in /proc')
  const mark = String(randomInt(1e12, 9e12))
  const command = `${bad} forks ${mark}`
  const run = spawn(process.execPath, [program, 'test', command, ...options.with(-2, '60')], { stdio: 'ignore' })
  const ended = new Promise<unknown>((resolve) => run.on('exit', (_, signal) => resolve(signal)))
  // The subject, and a child of it in a session of its own.
  for (const began = performance.now(); bearing(mark).length < 2 && performance.now() - began < 30_000; )
    await new Promise((resolve) => setTimeout(resolve, 50))
  expect(bearing(mark).length).toBeGreaterThanOrEqual(2)
  run.kill('SIGINT')
  expect(await ended).toBe('SIGINT')
  expect(bearing(mark)).toEqual([])
})
