import fc from 'fast-check'
import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { marked } from './fixtures/fileReports.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { markHtml } from './markHtml.js'

/** The claim at the first place where `part` stands in the source. */
function claimAt(source: string, part: string, changes: Parameters<typeof someClaim>[0] = {}) {
  const at = source.indexOf(part)
  const before = source.slice(0, at).split('\n')
  const line = before.length
  const column = (before.at(-1)?.length ?? 0) + 1
  return someClaim({ line, column, endLine: line, endColumn: column + part.length, ...changes })
}

async function pageOf(source: string, claims: readonly ReturnType<typeof someClaim>[], file = 'a.md') {
  const html = await markHtml(someReport(claims, { file }), source)
  return { html, document: parseHTML(html).document }
}

type Page = ReturnType<typeof parseHTML>['document']

/** The text of the elements that a selector finds. */
function texts(document: Page, selector: string): readonly string[] {
  return [...document.querySelectorAll(selector)].map(({ textContent }) => String(textContent))
}

/** What KaTeX shows of a formula, without what is for machines that read aloud. */
function shown(document: Page, selector: string): readonly string[] {
  return texts(document, `.katex-html ${selector}`)
}

describe('markHtml', () => {
  it('marks each claim where it stands, with what is said of it below', async () => {
    const source = '# Exercise\n\n$$1 - 0.317 = 0.983$$\n\nAnd $3 \\cdot 4 = 12$.\n'
    const wrong = claimAt(source, '0.983')
    const right = claimAt(source, '12', { verdict: 'correct', root: false, message: '' })
    const { document } = await pageOf(source, [wrong, right])
    expect(shown(document, '.mark.error')).toEqual(['0.983'])
    expect(shown(document, '.mark.right')).toEqual(['12'])
    const [remark] = document.querySelectorAll('.remark')
    expect(remark.textContent).toContain('1 - 0.317 is 0.683, not 0.983')
    expect(remark.textContent).toContain('the exercise gives 0.683292')
    // Below its own block, above the next.
    expect(remark.previousElementSibling?.querySelector('.mark.error')).not.toBeNull()
    expect(remark.nextElementSibling?.textContent).toContain('And')
  })

  it('links what follows to the error, both ways, and the summary to both', async () => {
    const source = '$a = 3$\n\n$b = 4$\n'
    const root = claimAt(source, '3')
    const carried = claimAt(source, '4', {
      verdict: 'carried',
      root: false,
      carriedFrom: 1,
      message: 'right from line 1',
    })
    const { document } = await pageOf(source, [root, carried])
    const [first, second] = document.querySelectorAll('.remark')
    expect(first.querySelector('a')?.getAttribute('href')).toBe(`#${second.querySelector('p')?.id}`)
    expect(second.querySelector('a')?.getAttribute('href')).toBe(`#${first.querySelector('p')?.id}`)
    expect(document.querySelector('section a')?.getAttribute('href')).toBe(`#${first.querySelector('p')?.id}`)
    for (const link of document.querySelectorAll('a'))
      expect(document.getElementById(String(link.getAttribute('href')).slice(1))).not.toBeNull()
  })

  it('marks a matrix by the worst of its entries, and says what is wrong with each', async () => {
    const source = '$a = 1$\n\n$x = \\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}$\n'
    const matrix = '\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}'
    const explanations = [{ mistake: 'sign', explanation: 'is what you get with the other sign.' }]
    const { document } = await pageOf(source, [
      claimAt(source, '1', { quantity: 'a' }),
      claimAt(source, matrix, { index: 0, verdict: 'carried', root: false, carriedFrom: 1 }),
      claimAt(source, matrix, { index: 1, explanations }),
      claimAt(source, matrix, { index: 2, explanations }),
    ])
    expect(document.querySelectorAll('.katex-html .mark.error .mtable')).toHaveLength(1)
    expect(texts(document, '.remark:last-of-type strong')).toEqual(['carried', 'arithmetic', 'arithmetic'])
    expect(texts(document, '.remark:last-of-type p').filter((text) => text.includes('sign'))).toHaveLength(1)
  })

  it('marks the whole formula where a claim cannot be marked by itself', async () => {
    const source = '$$\\begin{aligned} a &= 1 & b &= 2 \\end{aligned}$$\n'
    const { document } = await pageOf(source, [claimAt(source, '1 & b')])
    expect(document.querySelector('.mark.whole.error .katex')).not.toBeNull()
  })

  it.each([
    ['$a = (t - y) y (1 - y) = 2$', 't - y) y (1 - y', '(t−y)y(1−y)'],
    ['$a = 2 \\left(1 - y\\right) = 2$', '2 \\left(1 - y', '2(1−y)'],
    ['$a = f(1 - y) = 2$', '1 - y', '1−y'],
  ])('marks a claim with the brackets that belong to it: %s', async (source, part, all) => {
    const { document } = await pageOf(source, [claimAt(source, part)])
    expect(shown(document, '.mark.error').map((text) => text.replaceAll(/\s|\u200b/g, ''))).toEqual([all])
  })

  it('marks claims in prose', async () => {
    const source = 'The class is 2, and *then* y = 0.3.\n'
    const { document } = await pageOf(source, [claimAt(source, '2'), claimAt(source, '0.3')])
    expect(texts(document, 'mark.error')).toEqual(['2', '0.3'])
    expect(texts(document, 'em')).toEqual(['then'])
  })

  it('takes no character of the author’s for mathematics', async () => {
    const { document } = await pageOf('\\* \ue000\ue000\ue000 and $x$ end', [])
    const paragraph = document.querySelector('.solution p')
    expect(paragraph?.querySelector('.katex')?.previousSibling?.textContent).toContain('and')
    expect(paragraph?.textContent).toMatch(/end$/)
  })

  it('shows asterisks between factors as they were written', async () => {
    const source = 'Δw = 1*0.058*1 = 0.058'
    const { document } = await pageOf(source, [claimAt(source, '1*0.058*1')])
    expect(texts(document, '.solution p')).toContain(source)
    expect(texts(document, 'mark')).toEqual(['1*0.058*1'])
  })

  it('shows tables as tables, headings below its own, lists as lists, code as code', async () => {
    const source =
      '# One\n\n| w | Δ |\n|---|---|\n| $w_1$ | 0.3 |\n\n1. first $x$\n2. second\n\n```\na = 3\n```\n\n```math\nb = 4\n```\n'
    const { document } = await pageOf(source, [claimAt(source, '0.3')])
    expect(texts(document, '.solution th')).toEqual(['w', 'Δ'])
    expect(texts(document, '.solution td mark')).toEqual(['0.3'])
    expect(texts(document, '.solution h3')).toEqual(['One'])
    expect(document.querySelectorAll('.solution ol > li')).toHaveLength(2)
    expect(texts(document, '.solution pre')).toEqual(['a = 3'])
    expect(document.querySelectorAll('.solution .katex-display')).toHaveLength(1)
  })

  it('shows a LaTeX document line by line, its mathematics set with its own commands', async () => {
    const source =
      '\\newcommand{\\half}{\\frac12}\n\\section{One}\nSo $a = \\half$:\n\\begin{align}\nb &= 3 \\label{b} \\\\\nc &= 4\n\\end{align}\nThe end.'
    const { document } = await pageOf(source, [claimAt(source, '4')], 'a.tex')
    expect(texts(document, '.line .number')).toEqual(['1', '2', '3', '4', '8'])
    expect(document.querySelectorAll('.line .katex')).toHaveLength(2)
    expect(shown(document, '.mark.error')).toEqual(['4'])
    expect(document.querySelectorAll('.solution .mfrac')).toHaveLength(1)
  })

  it('shows plain text line by line, its claims marked', async () => {
    const source = 'Δw03 = εδ3x0 = 1*0.058*1 = 0.058\ny5 = g(a5) = 0.317\r\nend'
    const { document } = await pageOf(source, [claimAt(source, '0.317')], 'a.txt')
    expect(texts(document, '.line .text').map((text) => text.trim())).toEqual(source.split(/\r?\n/))
    expect(texts(document, '.line .number')).toEqual(['1', '2', '3'])
    expect(texts(document, 'mark.error')).toEqual(['0.317'])
  })

  it('shows an answer sheet as a table, each line as it was written', async () => {
    const source = 'ntua/1.1b:\n  y_5: 0.317\n  δ_5: 0.2\n'
    const { document } = await pageOf(
      source,
      [claimAt(source, '0.317', { verdict: 'correct', root: false }), claimAt(source, '0.2')],
      'a.yaml',
    )
    expect(texts(document, '.sheet td:nth-child(3)')).toEqual(['y_5: 0.317', 'δ_5: 0.2'])
    expect(texts(document, '.sheet td:nth-child(4)')).toEqual(['✓ correct', '✗ arithmetic'])
  })

  it('shows the Markdown cells of a notebook, what is said at its place in the file', async () => {
    const cells = [
      { cell_type: 'markdown', metadata: {}, source: ['# One\n', '\n', '$$1 - 0.317 = \\frac{1}{2} = 0.983$$'] },
      { cell_type: 'code', metadata: {}, source: ['print("hidden")'], outputs: [], execution_count: null },
      { cell_type: 'markdown', metadata: {}, source: 'So $b = 4$.' },
    ]
    const source = JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, null, 1)
    const { document } = await pageOf(source, [claimAt(source, '0.983')], 'a.ipynb')
    expect(shown(document, '.mark.error')).toEqual(['0.983'])
    expect(texts(document, '.solution h3')).toEqual(['One'])
    expect(texts(document, '.solution').join()).not.toContain('print')
  })

  it('shows points where a scheme gives them', async () => {
    const quantities = [{ exercise: 'ntua/1.1b', quantity: 'y5', score: 0.5, maximum: 1, why: 'arithmetic in line 3' }]
    const html = await markHtml(someReport([]), 'x', { score: 0.5, maximum: 1, exercises: [], quantities })
    const { document } = parseHTML(html)
    expect(document.querySelector('.score')?.textContent).toBe('0.5 of 1 points')
    expect(texts(document, 'details tbody td')).toEqual(['ntua/1.1b', 'y5', '0.5', '1', 'arithmetic in line 3'])
  })

  it('has a language, one main heading, no id twice and no label astray, whatever solutions hold', async () => {
    await fc.assert(
      fc.asyncProperty(marked, async ({ report, source }) => {
        const { document } = parseHTML(await markHtml(report, source))
        expect(document.documentElement.getAttribute('lang')).toBe('en')
        expect(document.querySelectorAll('h1')).toHaveLength(1)
        const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        for (const labelled of document.querySelectorAll('[aria-labelledby]'))
          expect(ids).toContain(labelled.getAttribute('aria-labelledby'))
        for (const link of document.querySelectorAll('a'))
          expect(ids).toContain(String(link.getAttribute('href')).slice(1))
        // Every claim that is not right is said once.
        const said = report.claims.filter(({ verdict }) => verdict !== 'correct' && verdict !== 'rounded').length
        expect(ids.filter((id) => id.startsWith('claim-'))).toHaveLength(said)
      }),
      { numRuns: 150 },
    )
  })
})
