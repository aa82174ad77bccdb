import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromNested, item, map, rowMajor, scalar, type Tensor, toNested } from '../../oracle/tensor.js'
import type { Expression } from './ast.js'
import { evaluate, Unevaluable } from './evaluate.js'
import { evaluateInterval, intervalOf, monotone } from './interval.js'
import { readFragment } from './reader.js'
import { replaceNumerals } from './readings.js'
import { walk } from './walk.js'

function parse(text: string): Expression {
  return readFragment(text, { offset: 0 }).chains[0].sides[0]
}

const nothing = () => undefined

describe('evaluating an expression', () => {
  it.each([
    ['\\frac{1}{1 + e^{-1}}', 1 / (1 + Math.exp(-1))],
    ['\\tanh(-1.238)', Math.tanh(-1.238)],
    ['\\max(0, 3)', 3],
    ['\\min(2, 3)', 2],
    ['ReLU(-2)', 0],
    ['sigmoid(-800)', 0],
    ['\\ln 2', Math.LN2],
    ['\\log_2 8', 3],
    ['mean(1, 2, 6)', 3],
    ['2^3 - 2 \\cdot 3 / 4', 6.5],
    ['\\left\\| (3, 4) \\right\\|', 5],
    ['[1, 2] \\cdot [3, 4]', 11],
    ['\\operatorname{argmax}(4, 9, 14)', 2],
  ])('%s is %d', (text, value) => {
    expect(item(evaluate(parse(text), nothing))).toBeCloseTo(value, 12)
  })

  it('multiplies matrices, and a row with a column', () => {
    expect(
      toNested(
        evaluate(
          parse(
            '\\begin{bmatrix} 0 & -1 & 2 \\\\ 1 & -2 & 0 \\end{bmatrix} \\begin{bmatrix} 0 \\\\ -1 \\\\ 2 \\end{bmatrix}',
          ),
          nothing,
        ),
      ),
    ).toEqual([[5], [2]])
    expect(toNested(evaluate(parse('[0 \\quad 2] \\begin{bmatrix} 1 \\\\ 1 \\end{bmatrix}'), nothing))).toEqual([2])
    expect(toNested(evaluate(parse('[1, 2]^T'), nothing))).toEqual([[1], [2]])
  })

  it('puts vectors side by side as columns', () => {
    const vectors: Readonly<Record<string, Tensor>> = { x_1: fromNested([1, 2]), x_2: fromNested([[3], [4]]) }
    expect(toNested(evaluate(parse('[x_1, x_2]^T'), (key) => vectors[key]))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('takes softmax of a vector as a whole and of a matrix row by row', () => {
    const rows = evaluate(parse('softmax \\begin{bmatrix} 0 & 0 \\\\ 1 & 1 \\end{bmatrix}'), nothing)
    expect([...rowMajor(rows)]).toEqual([0.5, 0.5, 0.5, 0.5])
    expect([...rowMajor(evaluate(parse('softmax \\begin{bmatrix} 1000 \\\\ 1000 \\end{bmatrix}'), nothing))]).toEqual([
      0.5, 0.5,
    ])
  })

  it('knows the functions and values that the caller gives', () => {
    const g = (x: Tensor) => map(x, (element) => element ** 2)
    expect(item(evaluate(parse('g(a_5) + e'), (key) => (key === 'a_5' ? scalar(3) : undefined), { g }))).toBe(
      9 + Math.E,
    )
  })

  it.each([
    ['x + 1', 'x has no value'],
    ['h(1, 2)', 'h is no known function of 2 arguments'],
    ['[1, 2] + [1, 2, 3]', 'a sum or product by elements of a vector of 2 and a vector of 3'],
    ['1 / [1, 2]', 'a quotient by a vector of 2'],
    [
      '\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix} \\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}',
      'a product of a [2, 1] matrix and a [2, 1] matrix',
    ],
    ['\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}^2', 'a power of a matrix'],
  ])('says why %s has no value', (text, why) => {
    expect(() => evaluate(parse(text), nothing)).toThrow(Unevaluable)
    expect(() => evaluate(parse(text), nothing)).toThrow(why)
  })
})

function bounds(text: string): readonly [number, number] {
  const { low, high } = evaluateInterval(parse(text), { valueOf: nothing, isExact: ({ whole }) => whole })
  return [low[0], high[0]]
}

describe('evaluating over intervals', () => {
  it('takes each written decimal as ± half a unit of its last place, whole numbers as exact', () => {
    const [low, high] = bounds('1 \\cdot 0.148 \\cdot 0.731')
    expect(low).toBeCloseTo(0.1475 * 0.7305, 10)
    expect(high).toBeCloseTo(0.1485 * 0.7315, 10)
    expect(bounds('55 \\cdot 55 \\cdot 96').map((bound) => Math.round(bound))).toEqual([290400, 290400])
  })

  it.each([
    ['0.5 - 0.5', -0.1, 0.1],
    ['(-0.5)^2', 0.2025, 0.3025],
    ['(0.0)^2', 0, 0.0025],
    ['2^{-1}', 0.5, 0.5],
    ['-(0.5) \\cdot 2', -1.1, -0.9],
    ['e^{0.0}', Math.exp(-0.05), Math.exp(0.05)],
    ['\\tanh(1.0)', Math.tanh(0.95), Math.tanh(1.05)],
    ['|0.0|', 0, 0.05],
    ['1/0.5', 1 / 0.55, 1 / 0.45],
    ['\\cos(0.0)', Math.cos(0.05), 1],
  ])('%s lies between %d and %d', (text, low, high) => {
    const [gotLow, gotHigh] = bounds(text)
    expect(gotLow).toBeCloseTo(low, 9)
    expect(gotHigh).toBeCloseTo(high, 9)
    expect(gotLow).toBeLessThanOrEqual(low)
    expect(gotHigh).toBeGreaterThanOrEqual(high)
  })

  it('knows nothing of a quotient by what may be zero, or of the root of what may be negative', () => {
    expect(bounds('1 / 0.0')).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
    expect(bounds('\\sqrt{0.0}')).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  it('takes symbols and increasing functions from the caller', () => {
    const x = intervalOf(
      {
        kind: 'numeral',
        text: '0.5',
        decimal: '0.5',
        value: 0.5,
        half: 0.05,
        whole: false,
        span: { start: 0, end: 3 },
      },
      false,
    )
    const { low, high } = evaluateInterval(parse('g(x)'), {
      valueOf: () => x,
      isExact: () => true,
      functions: { g: monotone(Math.tanh) },
    })
    expect([low[0], high[0]].map((bound) => bound.toFixed(9))).toEqual([
      Math.tanh(0.45).toFixed(9),
      Math.tanh(0.55).toFixed(9),
    ])
  })

  it('gives a masked entry of a softmax no share, and the others theirs', () => {
    const { low, high } = evaluateInterval(parse('softmax([1, 2, 0, 3] + ln([1, 1, 1, 0]))'), {
      valueOf: nothing,
      isExact: () => true,
    })
    const sum = Math.E + Math.E ** 2 + 1
    for (const [i, share] of [Math.E / sum, Math.E ** 2 / sum, 1 / sum, 0].entries()) {
      expect(low[i]).toBeCloseTo(share, 9)
      expect(high[i]).toBeCloseTo(share, 9)
    }
  })

  const decimals = fc.integer({ min: -300, max: 300 }).map((n) => (n / 100).toFixed(2))
  const formula = fc
    .tuple(
      fc.constantFrom(
        'a + b',
        'a - b',
        'a \\cdot b',
        'a / b',
        'a^2 \\cdot b',
        'a^3 - b^{-2}',
        '\\tanh(a) \\cdot (1 - b^2)',
        '\\frac{1}{1 + e^{-a}} + |b|',
        'ReLU(a) - \\max(a, b)',
        'e^{a} \\cdot \\sin(b)',
        'softmax(a, b) \\cdot [b, a]',
        'sigmoid(a \\cdot b)',
      ),
      decimals,
      decimals,
    )
    .map(([text, a, b]) => text.replaceAll(/\ba\b/g, `(${a})`).replaceAll(/\bb\b/g, `(${b})`))

  it('holds the value for every choice of numbers that are written like the numerals', () => {
    fc.assert(
      fc.property(formula, fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })), (text, offsets) => {
        const expression = parse(text)
        const { low, high } = evaluateInterval(expression, { valueOf: nothing, isExact: ({ whole }) => whole })
        const shifted = replaceNumerals(expression, (numeral) =>
          numeral.whole ? numeral : { ...numeral, value: numeral.value + offsets.next().value * numeral.half },
        )
        const value = item(evaluate(shifted, nothing))
        if (Number.isFinite(value)) {
          expect(low[0]).toBeLessThanOrEqual(value)
          expect(high[0]).toBeGreaterThanOrEqual(value)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('is a single point, up to rounding, where all numerals are exact', () => {
    fc.assert(
      fc.property(formula, (text) => {
        const expression = parse(text)
        const value = item(evaluate(expression, nothing))
        // A quotient by what is exactly zero has no value.
        fc.pre(Number.isFinite(value))
        const { low, high } = evaluateInterval(expression, { valueOf: nothing, isExact: () => true })
        const slack =
          1e-9 *
          (1 +
            Math.max(
              ...walk(expression).map((node) => (node.kind === 'numeral' ? Math.abs(node.value) : 0)),
              Math.abs(value),
            ) **
              3)
        if (Number.isFinite(low[0])) expect(high[0] - low[0]).toBeLessThan(slack * 100)
      }),
    )
  })
})
