import { mkdtempSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exercises } from '../exercises/index.js'
import { markFile } from './markFile.js'
import { type MarkedSolution, unpack } from './packed.js'
import { markFiles, type Outcome, type PoolOptions, type Submitted } from './pool.js'

const folder = mkdtempSync(join(tmpdir(), 'answerkey-pool-'))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** What becomes of files, unpacked. */
async function outcomes(files: readonly Submitted[], options: Partial<PoolOptions> = {}) {
  const found: (MarkedSolution | Outcome)[] = []
  for await (const outcome of markFiles(files, { timeoutSeconds: 60, memoryMegabytes: 768, ...options }))
    found.push('packed' in outcome ? { ...outcome, ...unpack(outcome.packed) } : outcome)
  return found
}

const wrong = '# Exercise 1.1 (b)\n\n$$y_{target} - y_5 = 1 - 0.317 = 0.983$$\n'

/** Takes seconds to mark: many lines, each of which is tried under every convention. */
const long = `# Exercise 1.1 (b)\n\n${Array.from({ length: 3000 }, (_, i) => `$$\\delta_5 = ${i} \\cdot 0.317 \\cdot 0.683 = 0.0${i}$$\n`).join('\n')}`

/** Milliseconds: out of a build, workers translate the whole program first. */
const limit = 300_000

describe('files marked in workers', { timeout: limit }, () => {
  it('come in their own order, whichever is done first, with the reports that they have one by one; no more are begun than there are workers', async () => {
    const paths = [
      file('a.md', `${wrong}\n$$a_4 = 2 - 1 - 1 = 0$$\n`.repeat(5)),
      file('b.md', wrong),
      join(folder, 'absent.md'),
    ]
    const done: string[] = []
    let [begun, mostAtATime] = [0, 0]
    const submitted = (path: string, content?: Uint8Array): Submitted => ({
      file: path,
      get content() {
        mostAtATime = Math.max(mostAtATime, ++begun - done.length)
        return content
      },
    })
    const sheet = submitted('sheet.yaml', new TextEncoder().encode('a3: 1\n'))
    const found = await outcomes([...paths.map((path) => submitted(path)), sheet], {
      meant: { id: 'ntua/1.1b' },
      onDone: (n, path) => done.push(`${n} ${path}`),
    })
    const options = { exercises, exercise: 'ntua/1.1b' }
    for (const i of [0, 1]) expect(found[i]).toMatchObject({ report: await markFile(paths[i], options) })
    expect(found[2]).toEqual({ file: paths[2], why: 'is not there' })
    expect(found[3]).toMatchObject({ file: 'sheet.yaml', source: 'a3: 1\n', report: { summary: { correct: 1 } } })
    expect(done.map((line) => line.split(' ')[0])).toEqual(['1', '2', '3', '4'])
    expect(new Set(done.map((line) => line.slice(2)))).toEqual(new Set([...paths, sheet.file]))
    expect({ begun, mostAtATime }).toEqual({ begun: 4, mostAtATime: Math.min(availableParallelism(), 4) })
  })

  it('are marked as by one worker where the exercises of one are shared out', async () => {
    const exercise = (part: string, lines: string): string => `# Exercise 1.1 (${part})\n\n${lines.repeat(60)}`
    const forward =
      '$$a_3 = -2 + 1 + 2 = 0$$\n\n$$y_3 = 0.731$$\n\n$$y_{target} - y_5 = 1 - 0.317 = 0.983$$\n\nfoo $x$ bar\n\n'
    const content = exercise('b', forward) + exercise('c', forward) + exercise('d', '$$3 \\cdot 4 = 13$$\n\n')
    expect(content.length).toBeGreaterThan(10_000)
    const path = file('whole.md', content)
    const [found] = await outcomes([{ file: path }])
    const report = await markFile(path, { exercises })
    expect(report.exercises.length).toBeGreaterThan(1)
    expect(found).toMatchObject({ source: content, summary: report.summary })
    expect('report' in found && JSON.stringify(found.report)).toBe(JSON.stringify(report))
  })

  it('are stopped after their time where their exercises are shared out', async () => {
    const found = await outcomes([{ file: file('long.md', long) }], { timeoutSeconds: 1 })
    expect(found).toMatchObject([{ why: 'took longer than 1 s; --timeout gives it more' }])
  })

  it('are stopped after their time, and the others are still marked', async () => {
    const files = [file('long.md', long), file('b.md', wrong), file('d.md', wrong)]
    const found = await outcomes(
      files.map((path) => ({ file: path })),
      { timeoutSeconds: 1 },
    )
    expect(found[0]).toMatchObject({ why: 'took longer than 1 s; --timeout gives it more' })
    for (const outcome of found.slice(1)) expect(outcome).toHaveProperty('report')
  })

  it('are stopped when they take more memory than they may, and the others are still marked', async () => {
    const files = [file('long.md', long), file('b.md', wrong), file('d.md', wrong)]
    const found = await outcomes(
      files.map((path) => ({ file: path })),
      { memoryMegabytes: 48 },
    )
    expect(found[0]).toMatchObject({ why: 'took more than 48 MB of memory; --memory gives it more' })
    for (const outcome of found.slice(1)) expect(outcome).toHaveProperty('report')
  })
})
