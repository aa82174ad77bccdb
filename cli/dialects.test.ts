import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const fixture = fileURLToPath(new URL('../subjects/fixtures/resetBeforeGru.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'answerkey-'))

function answerkey(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** A module with a GRU whose reset gate acts before the matrix, and with these slips. */
function subject(name: string, slips: string): string {
  writeFileSync(
    join(folder, name),
    `import { gru } from ${JSON.stringify(fixture)}\nexport const operators = { gru: gru(${slips}) }\n`,
  )
  return name
}

const settings = ['--runs', '20', '--seed', '1', '--no-database']
const compared = ['--law', 'agrees with the oracle']

describe('answerkey test of a gru whose reset gate acts before the matrix', () => {
  it('means the operator that the dialect makes of it', () => {
    const law = 'forgets its state, and not its hidden bias, where the reset gate and the update gate are shut'
    const dialect = ['--dialect', 'gru.reset=before']
    const { status, stdout } = answerkey(
      ...['test', subject('right.ts', '{}'), '--operators', 'gru', '--law', law],
      ...[...dialect, ...settings],
    )
    expect(stdout).toContain('gruResetBefore  1 of 1 law held, 20 cases')
    expect(stdout).toContain('with gru.reset=before')
    expect(status).toBe(0)
  })

  it('shows a call of gru, and a replay that comes to the same', () => {
    const file = subject('wrong.ts', '{ biasInside: true }')
    const dialects = 'gru.reset=before,gru.update=new'
    const first = answerkey('test', file, '--operators', 'gru', '--dialect', dialects, ...compared, ...settings)
    expect(first.status).toBe(1)
    const [called = ''] = /operators\.gru\.forward\([\s\S]*?\)\n/.exec(first.stdout) ?? []
    expect(called).toContain('weightHidden: ')
    const [, replay = ''] = /replay: answerkey (.*)/.exec(first.stdout) ?? []
    const words = [...replay.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
    const again = answerkey(...words, '--no-database')
    expect(again.status).toBe(1)
    expect(again.stdout).toContain(called)
  })
})
