import { describe, expect, it } from 'vitest'
import { printLatex } from '../expression/print.js'
import type { Document, Item } from './document.js'
import { readDocument } from './reader.js'

function read(text: string): Document {
  return readDocument('solution.md', text)
}

/** A chain, a stated value or a sentence in one line: where it stands, and what it says. */
function summary(document: Document): readonly string[] {
  return document.items.map((item) => {
    const { line } = document.placeOf(startOf(item))
    return `${line} ${saying(item)}`
  })
}

function startOf(item: Item): number {
  return item.kind === 'chain' ? item.chain.span.start : item.span.start
}

function saying(item: Item): string {
  if (item.kind === 'chain')
    return item.chain.sides
      .map((side, i) => (i === 0 ? '' : ` ${item.chain.relations[i - 1]} `) + printLatex(side))
      .join('')
  if (item.kind === 'prose') return `${item.words} → ${printLatex(item.value)}`
  return item.text
}

function sectionsOf(document: Document): readonly string[] {
  return document.items.flatMap((item) => {
    if (item.kind === 'entry') return []
    const { number, part, title, role } = item.section
    return [`${number ?? '?'}${part ?? ''} ${role} «${title}» ${saying(item)}`]
  })
}

const converted = `
Contents

Άσκηση 1.1 (Perceptron)\t2
Ερώτημα (α)\t7

Άσκηση 1.1 (Perceptron)

Δίνεται δίκτυο με εισόδους $x_1=1, x_2=-1$.

Ερώτημα (α)

Δίνονται τα βάρη $w_{15} = 1$.

Λύση

<u>Υπολογισμοί</u>

$$a_3 = 1$$

Σφάλμα

$$y_{target} - y_5 = 0.983$$

Νέες Τιμές

$$w_{03} = -0.971$$

Άσκηση 1.2 (Convolution)

- a) Υπολογίστε τις διαστάσεις.
- b) Υπολογίστε τις μονάδες.

Λύση

Στοιχεία: K = 96 Stride: S = 4

Ερώτημα (α)

Επομένως, οι διαστάσεις είναι $55 \\times 55 \\times 96$.

Ερώτημα (β)

Units =
$$w_2 \\cdot h_2 = 55 \\cdot 55 = 3025$$

Άσκηση 1.3 (Recurrent)

Ο πίνακας είναι $W_{hh} = I$.

Ερώτημα 1

$$h = [9, 4]$$

Η μεγαλύτερη τιμή είναι 14, δηλαδή η κλάση είναι 2. Άρα αρνητικό.
`

describe('text converted from a PDF', () => {
  const document = readDocument('solution.txt', converted)

  it('finds exercises, parts, roles and titles by headings without hashes', () => {
    expect(sectionsOf(document)).toEqual([
      '1.1 statement «» x_1 = 1',
      '1.1 statement «» x_2 = -1',
      '1.1a statement «» w_{15} = 1',
      '1.1a solution «Υπολογισμοί» a_3 = 1',
      '1.1a solution «Σφάλμα» y_{target} - y_5 = 0.983',
      '1.1a solution «Νέες Τιμές» w_{03} = -0.971',
      '1.2a statement «» a) Υπολογίστε τις διαστάσεις.',
      '1.2b statement «» b) Υπολογίστε τις μονάδες.',
      '1.2 solution «Λύση» K = 96',
      '1.2 solution «Λύση» S = 4',
      '1.2a solution «» οι διαστάσεις είναι → 55 \\cdot 55 \\cdot 96',
      '1.2b solution «» Units = w_2 \\cdot h_2 = 55 \\cdot 55 = 3025',
      '1.3 statement «» W_{hh} = I',
      '1.31 solution «» h = \\left[9, 4\\right]',
      '1.31 solution «» Η μεγαλύτερη τιμή είναι → 14',
      '1.31 solution «» δηλαδή η κλάση είναι → 2',
      '1.31 solution «» Άρα αρνητικό.',
    ])
  })

  it('leaves nothing unread', () => {
    expect(document.unread).toEqual([])
  })
})

describe('mathematics in Markdown', () => {
  it('stands between dollars, double dollars, \\( \\), \\[ \\], in fences and in code on the line', () => {
    const document = read(
      '$a = 1$ and $$b = 2$$ and \\(c = 3\\) and \\[d = 4\\]\n\n```math\ne_1 = 5\n```\n\n```\nf = 6\n```\n\n`g = 7` in code',
    )
    expect(summary(document)).toEqual(['1 a = 1', '1 b = 2', '1 c = 3', '1 d = 4', '4 e_1 = 5', '11 g = 7'])
  })

  it('may run over several lines, and an equality over several blocks', () => {
    const document = read('$$\n\\begin{aligned}\na &= 1 \\\\\n &= 2\n\\end{aligned}\n$$\n\n$$x = 1 + 2 =$$\n\n$$= 3$$')
    expect(summary(document)).toEqual(['3 a = 1 = 2', '8 x = 1 + 2 = 3'])
  })

  it('goes on outside of its dollars', () => {
    const document = read('Input units =\n$$227 \\cdot 227$$\n\n$a$ = $b$ + 1\n\nTotal = 256 ($u$) + 256 = 512')
    expect(summary(document)).toEqual([
      '1 Input units = 227 \\cdot 227',
      '4 a = b + 1',
      '6 Total = 256 \\cdot u + 256 = 512',
    ])
  })

  it('is found without any delimiters', () => {
    expect(summary(read('So y3 = 0.731 and w_35 = 1.108, thus δ₅ = 0.148.'))).toEqual([
      '1 y3 = 0.731',
      '1 w_35 = 1.108',
      '1 δ₅ = 0.148',
    ])
  })

  it('is no sum of money', () => {
    expect(summary(read('It costs $5 and $6 more.'))).toEqual(['1 It costs $5 and $6 more.'])
    expect(summary(read('It costs $5 and 6 $ more.'))).toEqual(['1 It costs $5 and 6 $ more.'])
  })

  it('is read in tables, by the symbol in the row or above the column', () => {
    const document = read(
      '| | before | after |\n|---|---|---|\n| $w_{03}$ | -1 | -0.971 |\n\n| a_3 | y_3 |\n|---|---|\n| 1 | 0.731 |',
    )
    expect(sectionsOf(document)).toEqual([
      '? solution «old values» w₀₃ = -1',
      '? solution «new» w₀₃ = -0.971',
      '? solution «» a₃ = 1',
      '? solution «» y₃ = 0.731',
    ])
  })

  it('has its decimal comma from the rest of the document', () => {
    const document = read('$a = 0,5$, $b = 12,75$\n\n$c = 1,029$')
    const [, , last] = document.items
    expect(last).toMatchObject({ chain: { sides: [{}, { value: 1.029, alternative: { value: 1029 } }] } })
  })
})

describe('what cannot be read', () => {
  it('is listed with its place and reason, and everything else is read', () => {
    const document = read('$a = 1$\n\n$b = \\left( 2$\n\n$$ c = 3\n\n$d = 4$\n\n$\\int x = 5 = 5.0$')
    expect(document.unread).toEqual([
      { place: { line: 3, column: 6 }, text: 'b = \\left( 2', why: '«(» is never closed' },
      { place: { line: 5, column: 1 }, text: '$$ c = 3', why: '«$$» is never closed in its paragraph' },
      { place: { line: 9, column: 2 }, text: '\\int x = 5 = 5.0', why: 'an integral' },
    ])
    expect(summary(document)).toEqual(['1 a = 1', '5 c = 3', '7 d = 4', '9 5 = 5.0'])
  })
})

describe('lines and columns', () => {
  it('are those of the file, whatever ends its lines', () => {
    for (const end of ['\n', '\r\n']) {
      const document = read(['# 1.1 (a)', '', 'Text.', '', '  $a = 1$'].join(end))
      const chain = document.items.find((item) => item.kind === 'chain')
      expect(chain === undefined ? undefined : document.placeOf(startOf(chain))).toEqual({ line: 5, column: 4 })
    }
  })

  it('do not count a byte order mark', () => {
    const document = readDocument('solution.md', new TextEncoder().encode('\ufeff$a = 1$'))
    expect(document.placeOf(startOf(document.items[0]))).toEqual({ line: 1, column: 2 })
  })
})

describe('marks of emphasis', () => {
  it('are no part of the mathematics beside them', () => {
    expect(summary(readDocument('solution.md', '**(a)** $w_2 = 55$, *then* $h_2 = 55$'))).toEqual([
      '1 w_2 = 55',
      '1 h_2 = 55',
    ])
  })
})

describe('the symbols of the exercise', () => {
  const read = (text: string, ...keys: readonly string[]) =>
    summary(
      readDocument('solution.md', text, { symbolsOf: () => ({ keys: new Set(keys), functions: new Set(['g']) }) }),
    )
  const factors = (text: string, ...keys: readonly string[]) => {
    const [item] = readDocument('solution.md', text, {
      symbolsOf: () => ({ keys: new Set(keys), functions: new Set(['g']) }),
    }).items
    return item.kind === 'chain' ? item.chain.sides.map(({ kind }) => kind) : []
  }

  it('decide between a product and a call', () => {
    expect(factors('$y = w(x)$', 'w', 'x')).toEqual(['name', 'operation'])
    expect(factors('$y = g(x)$', 'x')).toEqual(['name', 'call'])
    expect(factors('$y = softmax(x)$', 'softmax', 'x')).toEqual(['name', 'call'])
    expect(factors('$y = softmax$', 'softmax')).toEqual(['name', 'name'])
  })

  it('do not cut a longer name short', () => {
    expect(read('Input units = 154587', 'units')).toEqual(['1 Input units = 154587'])
    expect(read('So units = 290400', 'units')).toEqual(['1 units = 290400'])
  })

  it('are the left side of mathematics that begins with a relation', () => {
    expect(read('The error $= 1 - 0.317 = 0.683$.', 'error')).toEqual(['1 error = 1 - 0.317 = 0.683'])
    expect(read('So y_3 $= 0.731$, thus error $\\approx 0.7$', 'error', 'y_3')).toEqual([
      '1 y_3 = 0.731',
      '1 error ≈ 0.7',
    ])
    expect(read('Το σφάλμα $= 0.683$', 'σφαλμα')).toEqual(['1 σφάλμα = 0.683'])
  })

  it('are none of something else that is spoken of', () => {
    expect(read('The gradient of the error $= 1 - 0.317 = 0.683$.', 'error')[0]).toBe('1 1 - 0.317 = 0.683')
    expect(read('The error has $1 - 0.317 = 0.683$.', 'error')[0]).toBe('1 1 - 0.317 = 0.683')
  })

  it('name the values that stand alone behind them', () => {
    expect(read('Output 55 x 55 x 96, units 290400, parameters 34944.', 'output', 'units', 'parameters')).toEqual([
      '1 Output → 55 \\cdot 55 \\cdot 96',
      '1 units → 290400',
      '1 parameters → 34944',
    ])
    expect(read('There are 96 units 5 pixels apart.', 'units')).toEqual(
      expect.not.arrayContaining([expect.stringContaining('→ 5')]),
    )
  })
})
