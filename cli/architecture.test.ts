import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { show } from './show.js'
import { UsageError } from './usage.js'

const folder = mkdtempSync(join(tmpdir(), 'answerkey-'))
const example = fileURLToPath(new URL('../examples/architectures/classifier.yaml', import.meta.url))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** The report that `show` writes, and its status. */
async function shown(path: string, format: 'text' | 'json') {
  const output = join(folder, 'report')
  const status = await show(path, { format, output, color: false })
  return { status, report: readFileSync(output, 'utf8') }
}

const table = z.object({
  version: z.literal(1),
  name: z.string(),
  rows: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number()),
      receptiveField: z.array(z.number()),
      jump: z.array(z.number()),
      parameters: z.number(),
    }),
  ),
  totals: z.object({ parameters: z.number(), weights: z.number(), biases: z.number(), activationBytes: z.number() }),
})

describe('show, of a file that holds an architecture', () => {
  it('prints its table', async () => {
    const { status, report } = await shown(example, 'text')
    expect(status).toBe(0)
    expect(report).toMatch(/^maxPool2 +maxPool +32×6×6 +21 +8 +1,152$/m)
    expect(report).toContain('in all: 18,538 parameters')
  })

  it('gives it as JSON', async () => {
    const { report } = await shown(example, 'json')
    const { rows, totals } = table.parse(JSON.parse(report))
    expect(totals.parameters).toBe(18_538)
    expect(rows.find(({ name }) => name === 'conv2')).toMatchObject({
      shape: [32, 12, 12],
      receptiveField: [17, 17],
      jump: [4, 4],
    })
  })

  it.each([
    [
      'layers that do not fit',
      'input: { kind: vector, size: 3 }\nname: x\nlayers:\n  - { kind: conv, filters: 1, kernel: 1 }',
      /:4: layers\[0\].*conv reads a vector of 3; it should read an image/,
    ],
    ['broken YAML', 'name: x\nlayers: [\n', /broken YAML/],
    ['no input', 'name: x\nlayers: [{ kind: relu }]', /has no input; it should hold an input: a mapping with kind/],
  ])('refuses %s as bad usage', async (_, content, message) => {
    const path = file('bad.yaml', content)
    await expect(show(path, { format: 'text', color: false })).rejects.toThrow(message)
    await expect(show(path, { format: 'text', color: false })).rejects.toThrow(UsageError)
  })

  it('says that a file is not there', async () => {
    await expect(show(join(folder, 'absent.yaml'), { format: 'text', color: false })).rejects.toThrow(
      /cannot read .*absent.yaml/,
    )
  })
})
