import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expression, Reading, Span } from './ast.js'
import { printLatex } from './print.js'
import { readFragment } from './reader.js'
import { readings } from './readings.js'
import { formOf, operands, walk } from './walk.js'

/** Pieces of mathematics, whole and broken, that arbitrary text is put together from. */
const pieces = [
  ...[
    '\\frac',
    '\\left(',
    '\\right)',
    '\\begin{bmatrix}',
    '\\end{bmatrix}',
    '\\\\',
    '&',
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '|',
    '\\|',
  ],
  ...[
    '=',
    '\\to',
    ',',
    ';',
    '^',
    '_',
    "'",
    '+',
    '-',
    '\\cdot',
    '/',
    '.',
    ' ',
    '\\quad',
    '\\text{a b}',
    '\\sqrt',
    '\\Delta',
    '\\partial',
  ],
  ...[
    'x',
    'w35',
    '\\delta_5',
    'e',
    'T',
    'softmax',
    'Units',
    '0.5',
    '1,234',
    '0{,}1',
    '12',
    'δ₅',
    'x²',
    '½',
    '\\hat',
    '\\mathbf',
    '#',
    '%',
  ],
  ...[
    '\\sum_{i=1}^{3}',
    '\\sum_j',
    'x_i',
    '\\prod',
    '\\nabla_w',
    'dE/dw',
    '\\frac{\\partial}{\\partial w}',
    '\\begin{cases}',
    '\\end{cases}',
    '\\text{if }',
    '\\left\\{',
    '\\right.',
    '\\in',
    '\\neq',
    '\\dots',
    'P(',
    '\\mid',
    '\\over',
    '\\arg',
    '\\max',
    '\\hline',
    'np.',
    '.T',
    '**',
    '@',
    '!',
    'E[',
    'W[0]',
    '^{<t>}',
    '_{12}',
    '[0,1)',
  ],
]
const scraps = fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join(''))

describe('reading a fragment', () => {
  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary' }), scraps),
        (text) => {
          readFragment(text, { offset: 0 })
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('never throws on deep nesting and long sums', () => {
    for (const text of [
      '('.repeat(3000),
      `${'{'.repeat(1500)}${'}'.repeat(1500)}`,
      '-'.repeat(3000),
      '1+'.repeat(1900),
      '\\frac'.repeat(900),
      'x^'.repeat(900),
      '\\sqrt'.repeat(2000),
      'x_{'.repeat(900),
      `${'{'.repeat(10_000)}${'}'.repeat(10_000)}`,
      'x + 1 = '.repeat(131_072),
      '1,'.repeat(1990),
      'P('.repeat(1300),
      '\\sum_{i=1}^{100} '.repeat(200),
      `${'\\sum_{i=1}^{9} '.repeat(9)}x_i`,
      '\\begin{cases}'.repeat(300),
      'x^2_1'.repeat(700),
    ])
      expect(() => readFragment(text, { offset: 0 }), text.slice(0, 20)).not.toThrow()
  })

  it.each(['P(_)', 'P({})', 'P(^)', 'P()'])('never throws on brackets without a symbol: %s', (text) => {
    expect(() => readFragment(text, { offset: 0 })).not.toThrow()
  })

  it('says of every text with something in it what it reads or does not understand', () => {
    fc.assert(
      fc.property(scraps, (text) => {
        const { chains, asides, notUnderstood } = readFragment(`x = ${text}`, { offset: 0 })
        expect(chains.length + asides.length + notUnderstood.length).toBeGreaterThan(0)
        for (const { why } of notUnderstood) expect(why).not.toBe('')
        for (const { what } of asides) expect(what).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })

  it('takes a power written before a subscript for one of the whole name', () => {
    const form = (text: string) => readFragment(text, { offset: 0 }).chains[0]?.sides.map(formOf)
    expect(form('x²_dE')).toEqual(form('x_{dE}^2'))
    expect(form('x²_1')).toEqual(form('x_1^2'))
  })

  it('takes a number above a name for its index where the exercise has only the name with it', () => {
    const left = (text: string, ...keys: string[]): string | undefined => {
      const { chains } = readFragment(text, { offset: 0, symbols: { keys: new Set(keys), functions: new Set() } })
      const [side] = chains[0]?.sides ?? []
      return side?.kind === 'name' ? side.key : side?.kind
    }
    expect(left('h^1 = -1', 'h^(1)')).toBe('h^(1)')
    expect(left('h^{2} = -2', 'h^(1)', 'h^(2)')).toBe('h^(2)')
    expect(left('h^2 = 4', 'h', 'h^(2)')).toBe('operation')
    expect(left('h^3 = 8', 'h^(1)', 'h^(2)')).toBe('operation')
    expect(left('{h}^2 = 4', 'h^(2)')).toBe('operation')
    expect(left('h^1 = -1', 'h', 'h^(1)')).toBeUndefined()
  })

  it('gives every node a place inside the text and inside its parent', () => {
    const inside = (inner: Span, outer: Span) =>
      inner.start >= outer.start && inner.end <= outer.end && inner.start <= inner.end
    fc.assert(
      fc.property(scraps, fc.nat(1000), (text, offset) => {
        const whole = { start: offset, end: offset + text.length }
        const { chains, notUnderstood } = readFragment(text, { offset })
        for (const { span } of notUnderstood) expect(inside(span, whole)).toBe(true)
        for (const { sides } of chains)
          for (const side of sides)
            for (const node of walk(side)) {
              expect(inside(node.span, whole)).toBe(true)
              for (const part of operands(node))
                expect(inside(part.span, node.span), `${text}: ${node.kind}`).toBe(true)
            }
      }),
      { numRuns: 2000 },
    )
  })

  it('is the same every time', () => {
    fc.assert(
      fc.property(scraps, (text) => {
        expect(readFragment(text, { offset: 7 })).toEqual(readFragment(text, { offset: 7 }))
      }),
      { numRuns: 300 },
    )
  })

  it('puts every place where the caller says that it stands', () => {
    // Each character of the fragment stands for two of the file.
    const spanOf = ({ start, end }: Span): Span => ({ start: 50 + 2 * start, end: 50 + 2 * end })
    fc.assert(
      fc.property(scraps, (text) => {
        const [plain, moved] = [readFragment(text, { offset: 0 }), readFragment(text, { offset: 0, spanOf })]
        const places = ({ chains, asides, notUnderstood }: Reading): readonly Span[] => [
          ...chains.flatMap(({ span, sides }) => [
            span,
            ...sides.flatMap((side) => walk(side).map((node) => node.span)),
          ]),
          ...asides.map(({ span }) => span),
          ...notUnderstood.map(({ span }) => span),
        ]
        expect(places(moved)).toEqual(places(plain).map(spanOf))
      }),
      { numRuns: 500 },
    )
  })

  it('never pairs a parenthesis inside braces with one outside', () => {
    const { chains, notUnderstood } = readFragment('a = (2 + \\frac{1)}{2} = 5', { offset: 0 })
    expect(notUnderstood).toMatchObject([{ why: '«(» is never closed', span: { start: 4, end: 5 } }])
    expect(chains).toMatchObject([{ sides: [{ key: 'a' }, { value: 5 }], relations: ['='] }])
  })

  it('points at the text of numerals and names', () => {
    const text = 'a_3 = w_{03} \\cdot 0.731 + \\frac{\\Delta w_{13}}{290{,}400}'
    const leaves = readFragment(text, { offset: 100 }).chains[0].sides.flatMap((side) => walk(side))
    const written = leaves.flatMap((node) => (node.kind === 'numeral' || node.kind === 'name' ? [node] : []))
    expect(written.map(({ span }) => text.slice(span.start - 100, span.end - 100))).toEqual(
      written.map((node) => node.text),
    )
    expect(written.map(({ text }) => text)).toEqual(['a_3', 'w_{03}', '0.731', '\\Delta w_{13}', '290{,}400'])
  })
})

/** Any decimal as it would be written, with the sign of its decimals. */
const decimal = fc.tuple(
  fc.nat(99999),
  fc.option(fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 6 }), { nil: undefined }),
)

describe('numerals', () => {
  it('keep every digit, trailing zeros included', () => {
    fc.assert(
      fc.property(decimal, ([whole, decimals]) => {
        const text = decimals === undefined ? `${whole}` : `${whole}.${decimals}`
        const [side] = readFragment(text, { offset: 0 }).chains[0].sides
        expect(side).toMatchObject({
          kind: 'numeral',
          text,
          decimal: text,
          value: Number(text),
          half: Number(`5e${-(decimals?.length ?? 0) - 1}`),
        })
      }),
    )
  })

  it.each([
    ['0.500', '0.500', 0.0005, false],
    ['0{,}148', '0.148', 0.0005, false],
    ['12', '12', 0.5, true],
    ['1.5e-3', '0.0015', 0.00005, false],
    ['1.5e3', '1500', 50, false],
    ['39,574,528', '39574528', 0.5, true],
    ['12.5\\%', '0.125', 0.0005, false],
  ])('%s is %s ± %d', (text, decimalText, half, whole) => {
    expect(readFragment(text, { offset: 0 }).chains[0].sides[0]).toMatchObject({ decimal: decimalText, half, whole })
  })

  it('keep both readings of a separator before three digits, the likelier first', () => {
    const values = (text: string) =>
      readings(readFragment(text, { offset: 0 }).chains[0].sides[0]).map((side) =>
        side.kind === 'numeral' ? side.value : undefined,
      )
    expect(values('290.400')).toEqual([290.4, 290400])
    expect(values('34,944')).toEqual([34944, 34.944])
    expect(values('0.148')).toEqual([0.148])
    expect(values('0,148')).toEqual([0.148])
    expect(values('1234.567')).toEqual([1234.567])
  })

  it('take the decimal sign of the document where it is known', () => {
    const [side] = readFragment('34,944', { offset: 0, decimalSign: ',' }).chains[0].sides
    expect(side).toMatchObject({ value: 34.944, alternative: { value: 34944 } })
  })

  it('are read alike where there are too many ambiguous ones to try all', () => {
    const [side] = readFragment('1.111 + 2.222 + 3.333 + 4.444 + 5.555', { offset: 0 }).chains[0].sides
    expect(readings(side)).toHaveLength(2)
  })
})

const zero: Span = { start: 0, end: 0 }
const names = ['x', 'w_{35}', '\\delta_5', '\\Delta w_{03}', 'y_{target}', 'W^{(2)}', '\\hat{y}']
const numeral = fc
  .tuple(fc.nat(999), fc.option(fc.nat(99), { nil: undefined }))
  .map(([whole, decimals]): Expression => {
    const text = decimals === undefined ? `${whole}` : `${whole}.${decimals}`
    const [side] = readFragment(text, { offset: 0 }).chains[0].sides
    return side
  })
const name = fc.constantFrom(...names).map((text): Expression => readFragment(text, { offset: 0 }).chains[0].sides[0])

/** An entry that is no list: lists inside a list, or below each other, are the rows of a matrix. */
function plain(entry: Expression): Expression {
  return entry.kind === 'matrix' ? someName : entry
}
const someName: Expression = { kind: 'name', key: 'x', text: 'x', span: zero }

/** Any expression that a reading can yield. */
const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const operand = tie('expression')
  return {
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(numeral, name),
      fc.record({
        kind: fc.constant('operation' as const),
        operator: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const, '^' as const, '⊙' as const),
        left: operand,
        right: operand,
        span: fc.constant(zero),
      }),
      fc.record({ kind: fc.constant('negation' as const), operand, span: fc.constant(zero) }),
      fc.record({ kind: fc.constant('transposition' as const), operand, span: fc.constant(zero) }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom(
          'exp',
          'tanh',
          'relu',
          'softmax',
          'sqrt',
          'ln',
          'log2',
          'abs',
          'norm',
          'floor',
          'sigma',
          'g',
          "g'",
        ),
        arguments: fc.tuple(operand),
        span: fc.constant(zero),
      }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom('max', 'min'),
        arguments: fc.tuple(operand, operand),
        span: fc.constant(zero),
      }),
      fc
        .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.infiniteStream(operand))
        .map(([rows, columns, entries]): Expression => {
          const next = () => entries.next().value
          const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, next))
          return {
            kind: 'matrix',
            rows: columns === 1 ? [[plain(cells[0][0])], ...cells.slice(1)] : cells,
            list: false,
            span: zero,
          }
        }),
      fc.array(operand, { minLength: 2, maxLength: 3 }).map(
        ([first, ...others]): Expression => ({
          kind: 'matrix',
          rows: [[plain(first), ...others]],
          list: true,
          span: zero,
        }),
      ),
    ),
  }
})

/** An expression without its places. */
function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (key === 'span' ? [] : [[key, withoutSpans(part)]])),
  )
}

describe('printing an expression as LaTeX', () => {
  it('is undone by reading it', () => {
    fc.assert(
      fc.property(expression, (original) => {
        const printed = printLatex(original)
        const { chains, notUnderstood } = readFragment(printed, { offset: 0 })
        expect(notUnderstood, printed).toEqual([])
        expect(withoutSpans(chains[0].sides), printed).toEqual([withoutSpans(original)])
      }),
      { numRuns: 1000 },
    )
  })
})
