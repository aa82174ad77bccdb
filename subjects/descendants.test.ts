import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { Descendants, freshMark } from './descendants.js'

/** Whether it has not ended; one that has may be a zombie until its parent hears of it. */
function runs({ pid }: ChildProcess): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    return false
  }
}

it.runIf(process.platform === 'linux')('processes are gone when their end returns, on a busy machine too', async () => {
  const mark = freshMark()
  const busy = Array.from({ length: availableParallelism() }, () => spawn('sh', ['-c', 'while :; do :; done']))
  // They run when the busy ones have had their turns.
  const idle = Array.from({ length: 2 }, () =>
    spawn('nice', ['-n', '19', 'sleep', '60'], { env: { ...process.env, [mark]: '1' } }),
  )
  try {
    await Promise.all(idle.map((child) => new Promise((resolve) => child.once('spawn', resolve))))
    expect(idle.map(runs)).toEqual(idle.map(() => true))
    new Descendants(0, mark).end()
    expect(idle.map(runs)).toEqual(idle.map(() => false))
  } finally {
    for (const child of busy) child.kill('SIGKILL')
  }
})

it.runIf(process.platform === 'linux')(
  'processes without any environment are waited for once, and left alone',
  async () => {
    const bare = spawn('/bin/sleep', ['60'], { env: {} })
    try {
      await new Promise((resolve) => bare.once('spawn', resolve))
      new Descendants(0, freshMark()).end()
      const start = performance.now()
      new Descendants(0, freshMark()).end()
      expect(performance.now() - start).toBeLessThan(150)
      expect(runs(bare)).toBe(true)
    } finally {
      bare.kill('SIGKILL')
    }
  },
)
