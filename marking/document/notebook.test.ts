import { describe, expect, it } from 'vitest'
import { type Document, UnreadableFile } from './document.js'
import { readDocument } from './reader.js'

/** A notebook whose cells are Markdown, their sources as given, a line of JSON each. */
function notebook(...sources: readonly unknown[]): string {
  const cells = sources.map(
    (source) => `  {"cell_type": "markdown", "metadata": {},\n   "source": ${JSON.stringify(source, undefined, 1)}}`,
  )
  return `{"nbformat": 4, "cells": [\n${cells.join(',\n')}\n]}\n`
}

function read(text: string): Document {
  return readDocument('solution.ipynb', text)
}

function chains(document: Document): readonly string[] {
  return document.items.flatMap((item) => {
    if (item.kind !== 'chain') return []
    const { line, column } = document.placeOf(item.chain.span.start)
    return [`${item.section.number ?? ''}${item.section.part ?? ''} ${line}:${column} ${item.text}`]
  })
}

describe('a notebook', () => {
  it('is read as one Markdown document, at the lines and columns of the file', () => {
    const text = notebook(['# Exercise 1.1 (b)\n', '\n', '$a = 1$ and\n', '$b = 2$'], 'Tab\t$$\n\\delta_5 = 0.148\n$$')
    const document = read(text)
    expect(document.unread).toEqual([])
    expect(chains(document)).toEqual(['1.1b 6:4 a = 1', '1.1b 7:4 b = 2', '1.1b 10:24 \\delta_5 = 0.148'])
    const lines = text.split('\n')
    expect(lines[5].slice(3)).toMatch(/^a = 1/)
    expect(lines[9].slice(23)).toMatch(/^\\\\delta_5/)
  })

  it('may hold characters as escapes', () => {
    const document = read(
      '{"cells": [{"cell_type": "markdown", "source": "\\u0394w_3 = 1\\n\\nand \\ud835\\udfd9 \\/ $b = 2$"}]}',
    )
    expect(chains(document)).toEqual([' 1:49 \u0394w_3 = 1', ' 1:87 b = 2'])
  })

  it('claims nothing in its code, its outputs and its raw cells', () => {
    const text = JSON.stringify({
      nbformat: 4,
      cells: [
        { cell_type: 'code', source: 'x = 1', outputs: [{ text: ['$y = 2$'] }] },
        { cell_type: 'raw', source: '$z = 3$' },
        { cell_type: 'markdown', source: '$a = 4$', attachments: { picture: { 'image/png': 'b = 5' } } },
      ],
    })
    expect(chains(read(text)).map((chain) => chain.replace(/.*:\d+ /, ''))).toEqual(['a = 4'])
  })

  it('keeps its cells apart: a fence that one does not close ends with it', () => {
    expect(chains(read(notebook('```python\nx = 1', '$a = 2$')))).toHaveLength(1)
  })

  it('that is changed stays JSON', () => {
    const text = notebook(['$a = \\frac{1}{2}$\n', 'next'])
    const document = read(text)
    const [item] = document.items
    const span = item.kind === 'chain' ? item.chain.sides[1].span : item.span
    const edited = document.edited([{ span, text: '\\frac{3}{4} "new"\n' }])
    expect(JSON.parse(edited).cells[0].source).toEqual(['$a = \\frac{3}{4} "new"\n$\n', 'next'])
  })

  it.each([
    ['is no notebook: broken JSON at line 1, column 1 (InvalidSymbol)', '# Exercise 1.1'],
    ['is no notebook: broken JSON at line 1, column 12 (CloseBracketExpected)', '{"cells": ['],
    ['is no notebook: it has no list of cells', '[1, 2]'],
    ['is no notebook: it has no list of cells', '{"nbformat": 4}'],
    ['is a notebook of format 3; save it in format 4', '{"nbformat": 3, "worksheets": []}'],
    ['is a notebook without Markdown cells', '{"nbformat": 4, "cells": []}'],
    ['is a notebook without Markdown cells', '{"cells": [{"cell_type": "code", "source": "x = 1"}, 3, null]}'],
    ['is nested more than 100 levels deep', '['.repeat(100_000)],
  ])('that is none says that it %s', (reason, text) => {
    expect(() => read(text)).toThrow(new UnreadableFile('solution.ipynb', reason))
  })
})
