import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { printLatex } from '../expression/print.js'
import { type Document, UnreadableFile } from './document.js'
import { readDocument, readDocumentFile } from './reader.js'

const symbols = { keys: new Set(['d_3', 'Delta w_13', 'y_5']), functions: new Set<string>() }

function read(text: string, file = 'answers.yaml'): Document {
  return readDocument(file, text, { symbolsOf: () => symbols })
}

function entries(document: Document): readonly string[] {
  return document.items.flatMap((item) =>
    item.kind === 'entry' ? [`${item.exercise}: ${item.path.join(' / ')} = ${printLatex(item.value)}`] : [],
  )
}

describe('an answer sheet', () => {
  it('maps exercises to quantities, and these to numbers, lists and further mappings', () => {
    const document = read(
      'ntua/1.1b:\n  y_5: 0.317\n  new weights:\n    w_03: -0.971\n    Δw₁₃: 0.500\nntua/1.3:\n  h_1: [5, 2]\n  W: [[1, 2], [3, 4]]\n',
    )
    expect(document.unread).toEqual([])
    expect(entries(document)).toEqual([
      'ntua/1.1b: y_5 = 0.317',
      'ntua/1.1b: new weights / w_03 = -0.971',
      'ntua/1.1b: new weights / Δw₁₃ = 0.500',
      'ntua/1.3: h_1 = \\left[5, 2\\right]',
      'ntua/1.3: W = \\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}',
    ])
  })

  it('keeps the digits and the place of each number', () => {
    const [item] = read('ntua/1.1b:\n  y_5:   0.500\n').items
    expect(item).toMatchObject({
      value: { decimal: '0.500', half: 0.0005, span: { start: 20, end: 25 } },
      text: '0.500',
    })
  })

  it('is read from JSON alike', () => {
    expect(entries(read('{\n\t"ntua/1.1b": { "y_5": 0.317, "h": [1.50, -2] }\n}', 'answers.json'))).toEqual([
      'ntua/1.1b: y_5 = 0.317',
      'ntua/1.1b: h = \\left[1.50, -2\\right]',
    ])
  })

  it('may hold expressions in the symbols of the exercise', () => {
    expect(entries(read('ntua/1.1a:\n  Δw13: d_3\n  Δw23: "-d_3"\n'))).toEqual([
      'ntua/1.1a: Δw13 = d_3',
      'ntua/1.1a: Δw23 = -d_3',
    ])
  })

  it('may leave the exercise out', () => {
    expect(entries(read('y_5: 0.317\n'))).toEqual([': y_5 = 0.317'])
  })

  it.each([
    ['NaN', '«NaN»'],
    ['.nan', '«.nan»'],
    ['1e999', '«1e999», too large for a number'],
    ['about three', '«about three»'],
    ['', 'nothing'],
    ['true', '«true»'],
    ['[]', 'an empty list'],
    ['[[1, 2], [3]]', 'lists of different lengths, or nested deeper than a matrix'],
    ['[1, x]', '«x»'],
  ])('lists a value of %s as unread, with what it held and should hold, and reads the rest', (value, held) => {
    const document = read(`ntua/1.1b:\n  a_5: -0.769\n  y_5: ${value}\n  y_3: 0.731\n`)
    expect(document.unread).toHaveLength(1)
    expect(document.unread[0].why).toBe(
      `y_5 holds ${held}; it should hold a number, a list of numbers, or an expression in the symbols of the exercise`,
    )
    expect(document.unread[0].place.line).toBe(3)
    expect(entries(document)).toEqual(['ntua/1.1b: a_5 = -0.769', 'ntua/1.1b: y_3 = 0.731'])
  })

  it('with broken YAML says where, and reads what it can', () => {
    const document = read('ntua/1.1b:\n  y_3: 0.731\n  y_5: "0.317\n')
    expect(document.unread[0]).toMatchObject({ why: expect.stringContaining('broken YAML') })
    expect(entries(document)).toContain('ntua/1.1b: y_3 = 0.731')
  })

  it('that is a list says so', () => {
    expect(read('- 1\n- 2\n').unread[0].why).toContain('this one holds a list')
  })
})

describe('a file that cannot be read at all', () => {
  it.each([
    ['', 'is empty'],
    [' \n\n', 'is empty'],
    [new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x00]), 'is a binary file, not text'],
    ['a\0b', 'is a binary file, not text'],
    [new Uint8Array([0xff, 0xfe, 0x41]), 'is broken text in UTF-16; save it as UTF-8'],
    [
      Buffer.from('a = 1\n\u00dcbung', 'latin1'),
      'is no text in UTF-8: byte 0xDC at line 2, column 1; save it as UTF-8',
    ],
    [
      Buffer.from('\u03b1 = 1 \u20ac').subarray(0, 8),
      'is no text in UTF-8: byte 0xE2 at line 1, column 7; save it as UTF-8',
    ],
  ])('says why: %j', (content, reason) => {
    expect(() => readDocument('solution.md', content)).toThrow(new UnreadableFile('solution.md', reason))
  })

  it('is larger than any solution', () => {
    const reasonOf = (content: Uint8Array | string): unknown => {
      try {
        return readDocument('solution.md', content)
      } catch (error) {
        return error
      }
    }
    expect(reasonOf(new Uint8Array(20_000_001))).toEqual(
      new UnreadableFile('solution.md', 'has 20.1 million bytes; at most 20 million are read'),
    )
    expect(reasonOf('a = 1\n'.repeat(200_000))).toEqual(
      new UnreadableFile('solution.md', 'has 1200000 characters of text; at most 250000 are read'),
    )
  })

  it('may not be there, or be a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'document-'))
    await expect(readDocumentFile(join(folder, 'missing.md'))).rejects.toThrow('is not there')
    await expect(readDocumentFile(folder)).rejects.toThrow('is a folder')
    await writeFile(join(folder, 'solution.md'), '$a = 1$')
    expect((await readDocumentFile(join(folder, 'solution.md'))).items).toHaveLength(1)
  })
})
