import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { claimOf, reportOf } from '../marking/fixtures/claims.js'
import { pack } from '../marking/packed.js'
import type { MarkOptions } from './mark.js'
import { MarkedFiles, type PackedFile } from './markedFiles.js'
import { writeMarking, writeRepairs } from './markReport.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function bytesInUse(): number {
  // A collection that is under way already leaves what is made meanwhile.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const folder = mkdtempSync(join(tmpdir(), 'answerkey-class-'))

/** The marking of a solution with large matrices, which takes half a megabyte when it is unpacked. */
const report = reportOf(
  Array.from({ length: 30 }, (_, line) =>
    claimOf(`quantity ${line}`, line % 10 === 5 ? 'wrong' : 'correct', {
      ...{ line, text: `${line} = ${line}` },
      ...(line % 10 !== 5 && { claimed: Array.from({ length: 2000 }, () => 0.5) }),
    }),
  ),
  'a.md',
)
const repair = { file: 'a.md', diff: `${'+'.repeat(100)}\n`, unmended: [] }
const packed = pack({ report, source: 'x\n'.repeat(30), repair })

/** So many solutions, each of which tells when it is unpacked. */
function classOf(amount: number, onUnpacked: () => void): readonly PackedFile[] {
  return Array.from({ length: amount }, (_, i) => ({
    ...{ file: `${i}.md`, solution: `${i}.md`, summary: report.summary },
    get packed() {
      onUnpacked()
      return packed
    },
  }))
}

/** Megabytes that are in use at most while something is done with the solutions of a class. */
async function megabytes(solutions: number, use: (files: readonly PackedFile[]) => Promise<unknown>): Promise<number> {
  let unpacked = 0
  let most = 0
  const files = classOf(solutions, () => {
    // At the last of each time that all are gone through.
    if (++unpacked % solutions === 0) most = Math.max(most, bytesInUse())
  })
  await use(files)
  expect(unpacked).toBeGreaterThanOrEqual(solutions)
  return most / 1e6
}

const scheme = {
  ...{ title: '', most: 10, round: undefined },
  exercises: [{ exercise: 'ntua/1.1b', most: 10, quantities: [] }],
}

function options(more: Partial<MarkOptions>): MarkOptions {
  return {
    ...{ format: 'text', color: false, reveal: 'answer', timeout: 10, memory: 768, output: join(folder, 'report') },
    ...more,
  }
}

describe('the reports of a class', () => {
  it('take half a megabyte each', () => {
    const before = bytesInUse()
    const { files } = new MarkedFiles(
      classOf(20, () => {}),
      'answer',
    )
    const held = [...files]
    expect((bytesInUse() - before) / 1e6 / held.length).toBeGreaterThan(0.4)
  })

  it.each<[string, (files: readonly PackedFile[]) => Promise<void>]>([
    ...(['text', 'json', 'junit', 'sarif', 'csv', 'github'] as const).map(
      (format): [string, (files: readonly PackedFile[]) => Promise<void>] => [
        `as ${format}`,
        (files) => writeMarking(files, scheme, options({ format }), false),
      ],
    ),
    ['for students', (files) => writeMarking(files, undefined, options({ format: 'json', reveal: 'cause' }), false)],
    [
      'as pages',
      (files) => writeMarking(files, scheme, options({ format: 'html', output: join(folder, 'pages') }), false),
    ],
    ['as a diff', (files) => writeRepairs(files, options({}))],
    ['mended, as JSON', (files) => writeRepairs(files, options({ format: 'json' }))],
  ])('are written one at a time, %s', { timeout: 120_000 }, async (_, write) => {
    await write(classOf(2, () => {}))
    const [few, many] = [await megabytes(5, write), await megabytes(45, write)]
    // Forty more reports would be 16 MB at least.
    expect(many - few).toBeLessThan(8)
  })
})
