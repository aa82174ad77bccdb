import { describe, expect, it } from 'vitest'
import { printLatex } from '../expression/print.js'
import type { Document } from './document.js'
import { readDocument } from './reader.js'

function read(text: string, file = 'solution.md'): Document {
  return readDocument(file, text)
}

/** The chains of a document with their lines. */
function chains(document: Document): readonly string[] {
  return document.items.flatMap((item) => {
    if (item.kind !== 'chain') return []
    const { line } = document.placeOf(item.chain.span.start)
    const { sides, relations } = item.chain
    return [`${line} ${sides.map((side, i) => (i === 0 ? '' : ` ${relations[i - 1]} `) + printLatex(side)).join('')}`]
  })
}

describe('mathematics in Markdown of many hands', () => {
  it('stands in fences of every name for it, and not in those of code', () => {
    const fences = ['```math', '```latex', '```tex', '~~~math', '```{math}', '```python', '```']
    for (const [i, fence] of fences.entries()) {
      const close = fence.slice(0, 3)
      expect(chains(read(`Text\n\n${fence}\na = 1\n${close}\n`)), fence).toEqual(i < 5 ? ['4 a = 1'] : [])
    }
  })

  it('stands in environments without dollars', () => {
    expect(
      chains(
        read('So\n\\begin{align}\na &= 1 \\\\\nb &= 2\n\\end{align}\nand \\begin{equation*}c = 3\\end{equation*}'),
      ),
    ).toEqual(['3 a = 1', '4 b = 2', '6 c = 3'])
  })

  it('stands in lists and quotations', () => {
    const document = read(
      '- First\n\n  $$\n  a = 1\n  $$\n- $b = 2$\n\n> $$\n> c = 3\n> $$\n> and $d = 4$\n\n1. one\n   - $f_1 = 5$',
    )
    expect(chains(document)).toEqual(['4 a = 1', '6 b = 2', '9 c = 3', '11 d = 4', '14 f_1 = 5'])
    expect(document.unread).toEqual([])
    expect(chains(read('> $$\n> a = 1 +\n> 2\n> $$'))).toEqual(['2 a = 1 + 2'])
  })

  it('does not stand in comments and scripts', () => {
    const document = read(
      '<!-- $a = 1$\n\n$b = 2$ -->\n\n<script>\nvar c = 3;\n\nd = 4\n</script>\n\n$f_1 = 5$ <!-- g = 6 --> $h_1 = 7$\n\n<!-- x --> $k = 8$',
    )
    expect(chains(document)).toEqual(['11 f_1 = 5', '11 h_1 = 7', '13 k = 8'])
    expect(document.unread).toEqual([])
  })

  it('has the commands of the author expanded, at their places', () => {
    const document = read(
      '$$\n\\newcommand{\\w}[1]{w_{#1}}\n\\def\\val{0.5}\n$$\n\n`\\w{1}` and $\\w{35} = \\val$\n\n```math\n\\w{45} = \\frac{1}{\\val}\n```',
    )
    expect(chains(document)).toEqual(['6 w_{35} = 0.5', '9 w_{45} = \\frac{1}{0.5}'])
    const [item] = document.items
    expect(item.kind === 'chain' && document.placeOf(item.chain.sides[1].span.start).column).toBe(23)
    expect(document.unread).toEqual([])
  })
})

describe('text as it comes out of a PDF', () => {
  it.each([
    ['Δw03 = εδ3x0 = 1*0.058*1 = 0.058', 4],
    ['y5 = g(a5) = 0.317', 3],
    ['y₅ = σ(a₅) = 0,317', 3],
    ['w₀₃ = −1 + 0.058 = −0.942', 3],
    ['h⁽¹⁾ = [5, 2]', 2],
    ['score = [15, 60]', 2],
    ['Output = 55 x 55 x 96', 2],
    ['params = 96 * (11*11*3) + 96 = 34,944', 3],
  ])('reads %s as one chain', (line, sides) => {
    for (const text of [line, `Επομένως\n${line}\nκαι τέλος.`, `Text.\n\n${line}\n\nText.`]) {
      const document = read(text, 'solution.txt')
      const found = document.items.flatMap((item) => (item.kind === 'chain' ? [item.chain] : []))
      expect(
        found.map((chain) => chain.sides.length),
        text,
      ).toEqual([sides])
      expect(document.unread, text).toEqual([])
    }
  })

  it('stands in parentheses with words beside it', () => {
    const document = read(
      'The layer (kernel_size = 3, stride = 1) gives (as y5 = 0.317) that, and f(x, 2) = [1, 2].',
      'solution.txt',
    )
    expect(document.unread).toEqual([])
    expect(chains(document)).toEqual([
      '1 kernel_size = 3',
      '1 stride = 1',
      '1 y5 = 0.317',
      '1 f\\left(x, 2\\right) = \\left[1, 2\\right]',
    ])
  })

  it('goes on over the end of a line', () => {
    expect(chains(read('a5 = (-2)*1 + 0.731*1\n+ 0.5*1 = -0.769\nand\ny5 =\n0.317', 'solution.txt'))).toEqual([
      '1 a5 = -2 \\cdot 1 + 0.731 \\cdot 1 + 0.5 \\cdot 1 = -0.769',
      '4 y5 = 0.317',
    ])
  })

  it('takes no page number, header, date, equation number or decimal number on a line for a heading or a claim', () => {
    const document = read(
      'Άσκηση 1.1\n\nΕρώτημα (β)\n\ny5 = 0.317\n\n0.25\n\n(3)\n\n12\n\fΆσκηση 1.1\n\nw03 = -0.942\n\n2.3.2024\n\nPage 3 of 10\n\n14\n\nw13 = 1.058',
      'solution.txt',
    )
    expect(
      document.items.map((item) =>
        'section' in item ? `${item.section.number}${item.section.part} ${item.text}` : '',
      ),
    ).toEqual(['1.1b y5 = 0.317', '1.1b w03 = -0.942', '1.1b Page 3 of 10', '1.1b w13 = 1.058'])
  })

  it('counts on where the document numbers with bare numbers', () => {
    const document = read('1.1\n\n(a)\n\ny5 = 0.317\n\n1.2\n\nunits = 290400\n\n0.5\n\nx = 1', 'solution.txt')
    expect(
      document.items.map((item) =>
        'section' in item ? `${item.section.number}${item.section.part ?? ''} ${item.text}` : '',
      ),
    ).toEqual(['1.1a y5 = 0.317', '1.2 units = 290400', '1.2 x = 1'])
  })
})

describe('encodings', () => {
  it('are UTF-8, or UTF-16 with its mark', () => {
    const text = 'Άσκηση 1.1\n\n$α = 0,5$\n'
    for (const bytes of [
      Buffer.from(text),
      Buffer.from(`\ufeff${text}`),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
    ])
      expect(chains(readDocument('solution.md', bytes))).toEqual(['3 α = 0,5'])
  })

  it('may end lines in every way', () => {
    for (const end of ['\n', '\r\n', '\r'])
      for (const file of ['solution.md', 'solution.tex', 'solution.txt'])
        expect(chains(readDocument(file, ['Text', '', '$a = 1$', '', '$b = 2$'].join(end))), `${file} ${end}`).toEqual([
          '3 a = 1',
          '5 b = 2',
        ])
    const sheet = readDocument('solution.yaml', 'ntua/1.1b:\r  y_5: 0.317\r  y_3: 0.731\r')
    expect(sheet.items.map((item) => item.kind === 'entry' && sheet.placeOf(item.span.start).line)).toEqual([2, 3])
  })
})
