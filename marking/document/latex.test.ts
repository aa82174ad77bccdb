import { describe, expect, it } from 'vitest'
import { printLatex } from '../expression/print.js'
import type { Document, Item } from './document.js'
import { readDocument } from './reader.js'

function read(body: string, preamble = ''): Document {
  return readDocument('solution.tex', `${preamble}\\begin{document}\n${body}\n\\end{document}\n`)
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

/** Each item with its line and column in the file. */
function placed(document: Document): readonly string[] {
  return document.items.map((item) => {
    const { line, column } = document.placeOf(startOf(item))
    return `${line}:${column} ${saying(item)}`
  })
}

function sections(document: Document): readonly string[] {
  return document.items.flatMap((item) => {
    if (item.kind === 'entry') return []
    const { number, part, title, role } = item.section
    return [`${number ?? '?'}${part ?? ''} ${role} «${title}» ${saying(item)}`]
  })
}

function chains(document: Document): readonly string[] {
  return document.items.filter(({ kind }) => kind === 'chain').map(saying)
}

describe('mathematics in LaTeX', () => {
  it('stands between all delimiters, at its place in the file', () => {
    const document = read(
      'Text $a = 1$ and \\(b = 2\\).\n\\[ c = 3 \\]\n$$ d = 4 $$\n\\begin{equation}\\label{x}\n  f_1 = 5\n\\end{equation}\n\\begin{align*}\n  a_1 &= 6 \\\\\n  a_2 &= 7 \\\\\n      &= 8\n\\end{align*}\n\\begin{multline} a_3 = 1 + \\\\ 2 \\end{multline}\n\\begin{displaymath} a_4 = 9 \\end{displaymath}',
    )
    expect(document.unread).toEqual([])
    expect(placed(document)).toEqual([
      '2:7 a = 1',
      '2:20 b = 2',
      '3:4 c = 3',
      '4:4 d = 4',
      '6:3 f_1 = 5',
      '9:3 a_1 = 6',
      '10:3 a_2 = 7 = 8',
      '13:18 a_3 = 1 + 2',
      '14:21 a_4 = 9',
    ])
  })

  it('is not what stands in comments, code, pictures, captions, references or before the document', () => {
    const document = read(
      '$a = 1$ % $b = 2$\n%\\[ c = 3 \\]\n\\begin{verbatim}\n$d = 4$\n\\end{verbatim}\n\\begin{tikzpicture}\\node {$f = 5$};\\end{tikzpicture}\n\\begin{figure}\\caption{A $g_1 = 6$}\\end{figure}\n\\begin{thebibliography}{9}\\bibitem{a} $h = 7$\\end{thebibliography}\n50\\% of $k = 8$',
      '\\title{$i = 9$}\n\\setlength{\\parindent}{0pt}\n',
    )
    expect(chains(document)).toEqual(['a = 1', 'k = 8'])
    expect(document.unread).toEqual([])
  })

  it('goes on outside of its delimiters', () => {
    expect(chains(read('Input units =\n\\[ 227 \\cdot 227 \\]\n\nTotal = 256 ($u$) + 256 = 512'))).toEqual([
      'Input units = 227 \\cdot 227',
      'Total = 256 \\cdot u + 256 = 512',
    ])
  })

  it('is found where the delimiters were forgotten', () => {
    expect(chains(read('So y3 = 0.731, and \\delta_5 = 0.148.'))).toEqual(['y3 = 0.731', '\\delta_5 = 0.148'])
  })

  it('is read in tables', () => {
    const document = read(
      '\\begin{tabular}{|l|c|c|}\n\\hline\n & before & after \\\\ \\hline\n$w_{03}$ & -1 & -0.971 \\\\\n$w_{13}$ & $1$ & 1.029\\\\ \\bottomrule\n\\end{tabular}',
    )
    expect(sections(document)).toEqual([
      '? solution «old values» w₀₃ = -1',
      '? solution «new» w₀₃ = -0.971',
      '? solution «old values» w₁₃ = 1',
      '? solution «new» w₁₃ = 1.029',
    ])
    expect(placed(document).map((item) => item.split(':')[0])).toEqual(['5', '5', '6', '6'])
  })
})

describe('the structure of a LaTeX document', () => {
  it('names exercises and parts', () => {
    const document = read(
      '\\section*{Άσκηση 1.1}\n\\subsection{Ερώτημα (β)}\n\\textbf{Λύση}\n\n$a = 1$\n\n\\paragraph{Νέες τιμές} $b = 2$\n\n\\section{Exercise 1.2}\n\\begin{enumerate}[label=(\\alph*)]\n\\item $c = 3$\n\\item\n\\[ d = 4 \\]\n\\end{enumerate}\n\\subsection*{\\"Ubung 1.4 (c)}\n$f = 5$',
    )
    expect(sections(document)).toEqual([
      '1.1b solution «Λύση» a = 1',
      '1.1b solution «Νέες τιμές» b = 2',
      '1.2a solution «» c = 3',
      '1.2b solution «» d = 4',
      '1.4c solution «» f = 5',
    ])
  })

  it('names them by environments', () => {
    const document = read(
      '\\begin{exercise}[1.1 (b)]\nGiven $x = 1$.\n\\begin{solution}\n$a = 1$\n\\end{solution}\n\\end{exercise}\n\\begin{askisi}[1.2]\n\\begin{solution}\n$b = 2$\n\\end{solution}\n\\end{askisi}',
      '\\newtheorem{askisi}{Άσκηση}\n',
    )
    expect(sections(document)).toEqual([
      '1.1b statement «» x = 1',
      '1.1b solution «solution» a = 1',
      '1.2 solution «solution» b = 2',
    ])
  })

  it('names parts by the labels of items', () => {
    const document = read(
      '\\section{1.1}\n\\begin{enumerate}\n\\item[(a)] $a = 1$\n\\item[(b)] $b = 2$\n\\end{enumerate}\n\\section{1.2}\n\\begin{parts}\\part $c = 3$ \\part $d = 4$\\end{parts}',
    )
    expect(sections(document).map((item) => item.split(' ')[0])).toEqual(['1.1a', '1.1b', '1.2a', '1.2b'])
  })
})

describe("the author's commands", () => {
  it('are expanded, at the places of their uses and of their arguments', () => {
    const document = read(
      '$\\w{35} = \\half + 2$ and $\\softmax(x) = \\pair{1}{2}$\n\n\\be a = \\val = 0.5 \\ee\n\n$\\dd5 = 0.148$',
      [
        '\\newcommand{\\w}[1]{w_{#1}}',
        '\\newcommand\\half{\\frac{1}{2}}',
        '\\DeclareMathOperator{\\softmax}{softmax}',
        '\\def\\pair#1#2{\\begin{bmatrix} #1 \\\\ #2 \\end{bmatrix}}',
        '\\newcommand{\\be}{\\begin{equation}}\\newcommand{\\ee}{\\end{equation}}',
        '\\newcommand{\\val}{0.5}',
        '\\let\\dd\\dlt \\newcommand{\\dlt}{\\delta_}',
        '\\newcommand{\\dd}{\\dlt}',
        '',
      ].join('\n'),
    )
    expect(document.unread).toEqual([])
    expect(placed(document)).toEqual([
      '10:2 w_{35} = \\frac{1}{2} + 2',
      '10:27 \\operatorname{softmax}\\left(x\\right) = \\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}',
      '12:5 a = 0.5 = 0.5',
      '14:2 \\delta_5 = 0.148',
    ])
    const [, vector] = document.items
    const cells = vector.kind === 'chain' && vector.chain.sides[1].kind === 'matrix' ? vector.chain.sides[1].rows : []
    expect(cells.map(([cell]) => document.placeOf(cell.span.start))).toEqual([
      { line: 10, column: 47 },
      { line: 10, column: 50 },
    ])
  })

  it('may have optional arguments, stars and environments', () => {
    const document = read(
      '$\\p = \\p[3]$, $\\abs*{-2} = 2$\n\\begin{eqs} a = 1 \\end{eqs}\n$\\q{4} = 5$',
      '\\newcommand{\\p}[1][2]{x^{#1}}\\DeclarePairedDelimiter{\\abs}{\\lvert}{\\rvert}\\newenvironment{eqs}{\\[}{\\]}\\NewDocumentCommand{\\q}{O{7} m}{#2 + #1}\n',
    )
    expect(chains(document)).toEqual(['x^{2} = x^{3}', '\\left|-2\\right| = 2', 'a = 1', '4 + 7 = 5'])
    expect(document.unread).toEqual([])
  })

  it('that expand without end, too far, or in an unusual way are listed, and the rest is read', () => {
    const doubling = [...'bcdefghijklmnopqrstuvwxyz']
      .map(
        (name, i) =>
          `\\def\\${name}${name}{${i === 0 ? '1+1' : `\\${'bcdefghijklmnopqrstuvwxyz'[i - 1].repeat(2)}`.repeat(2)}}`,
      )
      .join('')
    const start = performance.now()
    const document = read(
      '$x = \\a$\n\n$1 + 1 = 2$\n\n$y = \\zz$\n\n$z = \\u(1)$',
      `\\def\\a{\\a\\a}${doubling}\\def\\u(#1){#1}`,
    )
    expect(performance.now() - start).toBeLessThan(5000)
    expect(document.unread.map(({ place, why }) => `${place.line} ${why}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^2 \\a is defined by itself/),
        expect.stringMatching(/^6 .*100000 characters/),
        expect.stringMatching(/^8 \\u is defined with arguments of an unusual form/),
      ]),
    )
    expect(chains(document)).toContain('1 + 1 = 2')
  })
})

describe('commands that read, write or run', () => {
  it('are listed and never followed', () => {
    const document = read(
      '\\input{/etc/passwd}\n\n\\immediate\\write18{ls}\n\n\\openin5=secret.txt\n\n$a = 1$ \\include{chapter}',
    )
    expect(document.unread.map(({ place, text, why }) => `${place.line} ${text}: ${why}`)).toEqual([
      '2 \\input{/etc/passwd}: \\input is not followed: no other file is read',
      '4 \\immediate\\write18{ls}: \\immediate is not executed: nothing in a document is',
      '6 \\openin5=secret.txt: \\openin is not executed: nothing in a document is',
      '8 \\include{chapter}: \\include is not followed: no other file is read',
    ])
    expect(chains(document)).toEqual(['a = 1'])
  })
})

describe('a LaTeX document that is changed', () => {
  it('is changed at the place in the file', () => {
    const text = '\\newcommand{\\w}[1]{w_{#1}}\n\\begin{document}\n\\[ \\w{35} = 1.2 \\] % kept\n\\end{document}'
    const document = readDocument('solution.tex', text)
    const [item] = document.items
    const span = item.kind === 'chain' ? item.chain.sides[1].span : item.span
    expect(document.edited([{ span, text: '1.108' }])).toBe(text.replace('1.2', '1.108'))
  })

  it('has what stands for something replaced as a whole, what is around the change in it kept', () => {
    const text = '\\newcommand{\\sum}{1 + 2 = 4}\n$\\sum$ and $x = 1$'
    const document = readDocument('solution.tex', text)
    const [item] = document.items
    const span = item.kind === 'chain' ? item.chain.sides[1].span : item.span
    expect(document.edited([{ span, text: '3' }])).toBe('\\newcommand{\\sum}{1 + 2 = 4}\n$1 + 2 = 3$ and $x = 1$')
  })
})
