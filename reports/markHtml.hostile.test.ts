import fc from 'fast-check'
import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { marked } from './fixtures/fileReports.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { markHtml } from './markHtml.js'

/** What a page may consist of. */
const elements = new Set(
  [
    'html head meta title style body main section h1 h2 h3 h4 h5 h6 p ul ol li table caption thead tbody tr th td div span mark a b',
    'strong em small code pre blockquote hr br details summary',
    'math semantics mrow mi mo mn mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded',
    'menclose mphantom annotation svg path line',
  ]
    .join(' ')
    .split(' '),
)

/** Attributes that neither fetch nor run anything; `href` leads within the page. */
const attributes = new Set(
  [
    'class id lang charset name content http-equiv role start scope style href aria-hidden aria-label aria-labelledby',
    'display xmlns mathvariant stretchy fence separator lspace rspace width height depth voffset minsize maxsize columnalign rowspacing',
    'columnspacing columnlines rowlines accent accentunder linethickness scriptlevel displaystyle notation mathcolor mathbackground',
    'viewbox preserveaspectratio d x1 y1 x2 y2 stroke-width movablelimits symmetric encoding side framespacing',
  ]
    .join(' ')
    .split(' '),
)

/** Fails where a page holds anything but text, formulas and marks. */
function expectInert(html: string): void {
  const { document } = parseHTML(html)
  for (const element of document.querySelectorAll('*')) {
    expect([...elements]).toContain(element.localName.toLowerCase())
    for (const { name, value } of element.attributes) {
      expect([...attributes]).toContain(name.toLowerCase())
      if (name === 'href') expect(value).toMatch(/^#[\w-]+$/)
      if (name === 'style') expect(value).not.toMatch(/url|expression|position:\s*fixed|@import/i)
    }
  }
  const body = html.slice(html.indexOf('<body>'))
  expect(body).not.toMatch(/<(?:script|iframe|object|embed|img|image|link|form|input|base|foreignObject)\b/i)
  expect(html).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src 'none';`)
  expect(html.slice(0, html.indexOf('<body>')).replaceAll(/url\(data:font\/woff2;base64,[\w+/=]+\)/g, '')).not.toMatch(
    /url\(|@import/,
  )
}

const attacks: readonly (readonly [string, string])[] = [
  ['a script', '<script>alert(1)</script>'],
  ['a script in a paragraph', 'so <script>alert(1)</script> = 3'],
  ['an image with an error handler', '<img src=x onerror=alert(1)>'],
  ['an SVG that loads', '<svg/onload=alert(1)><image href="https://example.org/x.png"/></svg>'],
  ['a frame', '<iframe src="https://example.org"></iframe>'],
  ['a picture from elsewhere', '![x](https://example.org/x.png) and ![y][y]\n\n[y]: https://example.org/y.png'],
  ['a link that runs', '[x](javascript:alert(1)) <javascript:alert(1)> [y](data:text/html,x)'],
  ['an end of the section', '</section></main></body><script>alert(1)</script>'],
  ['a link in mathematics', '$\\href{javascript:alert(1)}{x}$ and $\\url{https://example.org}$'],
  [
    'a class in mathematics',
    '$\\htmlClass{mark error}{x}$ $\\htmlStyle{position:fixed}{x}$ $\\htmlId{claim-1}{x}$ $\\htmlData{a=b}{x}$',
  ],
  ['a picture in mathematics', '$\\includegraphics[height=1em]{https://example.org/x.png}$'],
  ['tags in mathematics', '$a < b <img src=x onerror=alert(1)> c$ and $\\text{<script>alert(1)</script>}$'],
  ['tags in what cannot be set', '$\\undefinedcommand{<img src=x onerror=alert(1)>}$'],
  ['tags in code', '`<script>` and\n\n```\n</code><script>alert(1)</script>\n```\n\n    <script>indented</script>'],
  ['tags in a table', '| <script>a</script> | "x" |\n|---|---|\n| <b onclick=x()> | $<$ |'],
  ['a heading with a tag', '# <img src=x onerror=alert(1)>'],
  ['an entity', '&lt;script&gt; &#60;script&#62;'],
  ['a character of the reader’s own', '\ue000\ue000 $x$ \ue000'],
  ['control characters', 'a\u0000\u0007\u001b[31m\u202e $x\u0000$'],
  ['styles', '<style>body{display:none}</style><link rel=stylesheet href=//example.org>'],
]

describe('a page of a hostile solution', () => {
  it.each(
    attacks.flatMap(([what, text]) => ['.md', '.txt', '.tex', '.yaml'].map((ending) => [what, ending, text] as const)),
  )('is inert: %s in a file %s', async (_, ending, text) => {
    const claim = someClaim({ line: 1, column: 1, endLine: 1, endColumn: 4, text, message: text, notes: [text] })
    const report = someReport([claim], {
      file: `${text}${ending}`,
      unread: [{ line: 1, text, why: text }],
      findings: [{ exercise: text, line: 1, finding: text }],
      exercises: [{ exercise: text, convention: text }],
    })
    expectInert(await markHtml(report, text))
  })

  it('is inert: a notebook with scripts in its cells', async () => {
    const source = attacks.map(([, text]) => text)
    const notebook = JSON.stringify({
      cells: [{ cell_type: 'markdown', metadata: {}, source }],
      metadata: {},
      nbformat: 4,
      nbformat_minor: 5,
    })
    expectInert(await markHtml(someReport([someClaim()], { file: 'a.ipynb' }), notebook))
  })

  it.each(['\\htmlClass{mark error}{x}', '\\def\\a{\\htmlClass{mark error}}\\a{x}', '\\htmlId{claim-1}{x}'])(
    'takes no mark of the author’s for one of ours: %s',
    async (latex) => {
      const { document } = parseHTML(await markHtml(someReport([]), `So $${latex}$, and $$${latex}$$`))
      expect(document.querySelectorAll('.mark, #claim-1')).toHaveLength(0)
      expect(document.querySelector('.solution p')?.textContent).toContain(latex)
    },
  )

  it('still shows what was written', async () => {
    const source = 'so <script>alert(1)</script> = 3'
    const { document } = parseHTML(await markHtml(someReport([], { file: 'a.md' }), source))
    expect(document.querySelector('.solution p')?.textContent).toBe(source)
  })

  it.each([
    ['definitions that double', `$\\def\\a{\\b\\b}\\def\\b{\\a\\a}\\a$`],
    ['commands that call themselves', '\\newcommand{\\a}{\\a\\a}\n$\\a$'],
    ['commands that call each other', '\\newcommand{\\a}{\\b\\b}\n\\newcommand{\\b}{\\a\\a}\n$\\a$'],
    [
      'commands that copy what they are given',
      `\\newcommand{\\a}[1]{${'#1'.repeat(20)}}\n$\\a{\\a{\\a{${'x'.repeat(4000)}}}}$`,
    ],
    ['a definition that copies what it is given', `$\\def\\a#1{${'#1'.repeat(3000)}}\\a{${'x'.repeat(10_000)}}$`],
    ['braces ten thousand deep', `$${'{'.repeat(10_000)}x${'}'.repeat(10_000)}$`],
    ['fractions ten thousand deep', `$${'\\frac{1}{'.repeat(10_000)}x${'}'.repeat(10_000)}$`],
    ['ten thousand scripts', `$x${'^{x'.repeat(10_000)}${'}'.repeat(10_000)}$`],
    ['a rule as large as a field', '$\\rule{100000em}{100000em}$'],
    ['a formula as long as a book', `$${'x+'.repeat(400_000)}x$`],
    ['quotes ten thousand deep', `${'>'.repeat(10_000)} x`],
    ['lists ten thousand deep', `${'- '.repeat(10_000)} x`],
    ['a hundred thousand stars', '*a '.repeat(100_000)],
    ['a hundred thousand brackets', '['.repeat(100_000)],
    ['a hundred thousand dollars', '$'.repeat(100_000)],
    ['an environment that never ends', '\\begin{align}'.repeat(20_000)],
    ['a hundred thousand lines', 'x = 3\n'.repeat(100_000)],
  ])('is made in bounded time: %s', { timeout: 60_000 }, async (_, source) => {
    for (const file of ['a.md', 'a.tex']) {
      const started = performance.now()
      const html = await markHtml(someReport([someClaim()], { file }), source)
      expect(performance.now() - started).toBeLessThan(10_000)
      expect(html.length).toBeLessThan(30_000_000)
      expect(html).toContain('id="claim-1"')
    }
  })

  it('is inert, whatever solutions hold', async () => {
    await fc.assert(
      fc.asyncProperty(marked, async ({ report, source }) => expectInert(await markHtml(report, source))),
      { numRuns: 50 },
    )
  })
})
