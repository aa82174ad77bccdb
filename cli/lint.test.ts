import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lint } from './lint.js'

const folder = mkdtempSync(join(tmpdir(), 'answerkey-lint-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function lintTo(what: string, format: 'text' | 'json', decimals = 3) {
  const output = join(folder, 'report')
  const status = await lint(what, { format, output, decimals, color: false })
  return { status, report: readFileSync(output, 'utf8') }
}

describe('answerkey lint', () => {
  it('ends with 1 and says what cannot be told, on which lines, and what to change', async () => {
    const { status, report } = await lintTo('ntua/1.2', 'text')
    expect(status).toBe(1)
    expect(report).toContain('«rounded up»: outputWidth, outputHeight')
    expect(report).toContain('✗ These numbers do not tell')
    expect(report).toMatch(/answerkey vary ntua\/1\.2 --seed \d+/)
  })

  it('ends with 0 where all is told', async () => {
    const { status, report } = await lintTo('ntua/1.4', 'text')
    expect(status).toBe(0)
    expect(report).toContain('✓')
  })

  it('reads an instance file, and reports as data', async () => {
    const file = join(folder, 'instance.yaml')
    writeFileSync(file, 'ntua/1.4:\n  given: {}\n')
    const { report } = await lintTo(file, 'json', 4)
    expect(JSON.parse(report)).toMatchObject({
      version: 1,
      exercise: 'ntua/1.4',
      precision: { kind: 'decimals', digits: 4 },
      tells: true,
    })
  })

  it('says which exercise was meant by a name that is none', async () => {
    await expect(lintTo('ntua/1.1x', 'text')).rejects.toThrow(/ntua\/1\.1/)
  })
})
