import { describe, expect, it } from 'vitest'
import { fromNested, item, type Tensor, toNested } from '../../oracle/tensor.js'
import type { Expression } from './ast.js'
import { evaluate, Unevaluable } from './evaluate.js'
import { entriesNamed, positionOf } from './indices.js'
import { evaluateInterval } from './interval.js'
import { readFragment } from './reader.js'
import { formOf } from './walk.js'

function parse(text: string, keys: readonly string[] = [], starConvolves = false): Expression {
  return readFragment(text, { offset: 0, symbols: { keys: new Set(keys), functions: new Set(), starConvolves } })
    .chains[0].sides[0]
}

const values: Readonly<Record<string, Tensor>> = {
  z: fromNested([1, 2, 3]),
  p: fromNested([[0.2], [0.3], [0.5]]),
  W: fromNested([
    [1, 2, 3],
    [4, 5, 6],
  ]),
  'x^(2)': fromNested([7, 8]),
  K: fromNested([3]),
  n: fromNested([2]),
}
const valueIn = (text: string): unknown => toNested(evaluate(parse(text), (key) => values[key]))

describe('sums over an index', () => {
  it.each([
    [r`\sum_{i=1}^{3} z_i`, 6],
    [r`\sum_i z_i`, 6],
    [r`\sum_i z_i p_i`, 1 * 0.2 + 2 * 0.3 + 3 * 0.5],
    [r`\sum z_i`, 6],
    [r`\sum_{i=1}^{K} z_i^2`, 14],
    [r`\sum_{j=1}^{3} W_{2j}`, 15],
    [r`\sum_{i} \sum_{j} W_{ij}`, 21],
    [r`\sum_j W_{1j} z_j`, 14],
    [r`\prod_{i=1}^{3} z_i`, 6],
    [r`\max_i z_i`, 3],
    [r`\min_i z_i`, 1],
    [r`\arg\max_i z_i`, 3],
    [r`\arg\min_i z_i`, 1],
    [r`\sum_{t=1}^{2} x^{(2)}_t`, 15],
    [r`\frac{e^{z_1}}{\sum_k e^{z_k}}`, Math.E / (Math.E + Math.exp(2) + Math.exp(3))],
  ])('%s is %d', (text, value) => {
    expect(Number(valueIn(text))).toBeCloseTo(value, 12)
  })

  it('have no value where it is not known what the index runs over, or where there are too many terms', () => {
    expect(() => valueIn(r`\sum_i y_i`)).toThrow(Unevaluable)
    expect(() => valueIn(r`\sum_i z_i W_{ij}`)).toThrow(Unevaluable)
    expect(() => valueIn(r`\sum_{i=1}^{9999} \sum_{j=1}^{9999} (i + j)`)).toThrow(Unevaluable)
  })
})

describe('entries', () => {
  it.each([
    ['W_{12}', 2],
    ['W_{1,2}', 2],
    ['W[0][1]', 2],
    ['W[1, 2]', 6],
    ['W[1][-1]', 6],
    ['z_3', 3],
    ['z[0]', 1],
    ['x_1^{(2)}', 7],
    ['p_2', 0.3],
    [r`\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}_{21}`, 3],
    ['(5, 6, 7)_2', 6],
  ])('%s is %d', (text, value) => {
    expect(Number(valueIn(text))).toBe(value)
  })

  it.each(['W_{34}', 'W_3', 'z_4', 'z[3]', 'W[0]', '(5, 6)_0'])('%s is none', (text) => {
    expect(() => valueIn(text)).toThrow(Unevaluable)
  })

  it('are found by the key of their tensor', () => {
    expect(entriesNamed('Q_12')).toEqual([
      { base: 'Q', place: [0, 1] },
      { base: 'Q', place: [11] },
    ])
    expect(entriesNamed('Q')).toEqual([])
    expect(positionOf({ base: 'Q', place: [1, 0] }, [2, 3])).toBe(3)
    expect(positionOf({ base: 'Q', place: [2, 0] }, [2, 3])).toBeUndefined()
  })
})

describe('matrices', () => {
  it('add a row vector to each row, a column vector to each column', () => {
    expect(valueIn('W + [10, 20, 30]')).toEqual([
      [11, 22, 33],
      [14, 25, 36],
    ])
    expect(valueIn('[10, 20, 30] - W')).toEqual([
      [9, 18, 27],
      [6, 15, 24],
    ])
    expect(valueIn(r`W + \begin{bmatrix} 10 \\ 20 \end{bmatrix}`)).toEqual([
      [11, 12, 13],
      [24, 25, 26],
    ])
    expect(() => valueIn('W + [1, 2]')).toThrow(Unevaluable)
  })

  it('are read from lists of lists row by row', () => {
    expect(valueIn('[[1, 2], [3, 4]]')).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(valueIn('[[1, 2], [3, 4]] [1, 0]')).toEqual([1, 3])
  })
})

describe('a convolution', () => {
  it('is what a star means in an exercise that writes it so, and a product elsewhere', () => {
    const convolution = parse('x * w', ['x', 'w'], true)
    const lookUp = (key: string): Tensor | undefined =>
      ({ x: fromNested([1, 1, 1.3, 1, 1, 1.3]), w: fromNested([1 / 3, 1 / 3, 1 / 3]) })[key]
    expect(toNested(evaluate(convolution, lookUp))).toEqual([1.1, 1.1, 1.1, 1.1].map((x) => expect.closeTo(x, 12)))
    expect(parse('x * w', ['x', 'w'])).toMatchObject({ kind: 'operation', operator: '*' })
    expect(parse('2 * w', ['w'], true)).toMatchObject({ kind: 'operation', operator: '*' })
  })
})

describe('cases', () => {
  const relu = r`\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}`

  it('have the value whose condition holds', () => {
    for (const [x, value] of [
      [2, 2],
      [-2, 0],
    ])
      expect(item(evaluate(parse(relu), () => fromNested([x])))).toBe(value)
  })

  it('have a value over an interval only where one condition holds for all of it', () => {
    const bounds = (low: number, high: number): readonly [number, number] => {
      const interval = evaluateInterval(parse(relu), {
        valueOf: () => ({ shape: [], low: [low], high: [high] }),
        isExact: () => true,
      })
      return [interval.low[0], interval.high[0]]
    }
    expect(bounds(1, 2)).toEqual([1, 2])
    expect(bounds(-2, -1)).toEqual([0, 0])
    expect(() => bounds(-1, 1)).toThrow(Unevaluable)
  })
})

describe('what claims no value', () => {
  it.each([
    [r`x \in \mathbb{R}^3`, 'a set membership'],
    [r`S = \{1, 2\}`, 'a set'],
    [r`a \neq b`, 'claims no value'],
    [r`y = 1 \text{ if } x > 0`, 'a condition'],
    [r`i = 1, \dots, n`, 'the range of an index'],
    [r`f : \mathbb{R} \to \mathbb{R}`, 'the domain of a function'],
    ['[0, 1)', 'an interval'],
  ])('%s is said to be %s, with its place', (text, what) => {
    const { chains, asides, notUnderstood } = readFragment(text, { offset: 5 })
    expect([chains, notUnderstood]).toEqual([[], []])
    expect(asides.map((aside) => aside.what).join('; ')).toContain(what)
    for (const { span } of asides) expect(span.end).toBeLessThanOrEqual(5 + text.length)
  })

  it('is no reason to lose what stands beside it', () => {
    const { chains } = readFragment(r`q = Wp + b \in \mathbb{R}^3, \quad c = 2`, { offset: 0 })
    expect(chains.map(({ sides }) => sides.length)).toEqual([2, 2])
  })

  it('is not guessed to be more: an equation behind a set is not understood', () => {
    expect(readFragment(r`x \in A = B`, { offset: 0 }).notUnderstood).toMatchObject([
      { why: 'a relation behind a set' },
    ])
  })
})

function r(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  return String.raw(strings, ...values)
}

describe('factors beside one another', () => {
  it.each([
    ['w35 delta5', 'w_{35} \\cdot \\delta_5'],
    ['(1 - 0.5) 0.3', '(1 - 0.5) \\cdot 0.3'],
    ['\\langle x_1, q \\rangle', 'x_1 \\cdot q'],
    ['2 ⟨x_1, q⟩', '2 \\cdot (x_1 \\cdot q)'],
  ])('%s', (text, product) => {
    const keys = ['w_35', 'delta_5', 'x_1', 'q']
    expect(formOf(parse(text, keys))).toBe(formOf(parse(product, keys)))
  })

  it('are none where a number stands before a word, or more than two things in angle brackets', () => {
    for (const text of ['3 delta5', '⟨x⟩', '⟨x, y, z⟩', '⟨x, ⟩'])
      expect(readFragment(text, { offset: 0 }).notUnderstood, text).toHaveLength(1)
  })
})

describe('a symbol of the exercise', () => {
  it.each(['x_p1', 'n_conv11', 'shape_conv1', 'W_3^new'])('is read whole without braces: %s', (symbol) => {
    const key = symbol
    expect(parse(`${symbol} \\cdot y`, [key])).toMatchObject({ left: { kind: 'name', key } })
  })
})

describe('an activation of several numbers', () => {
  it.each([
    ['relu(5, -2)', [5, 0]],
    ['softmax(0, 0)', [0.5, 0.5]],
    ['sigmoid(0, 0, 0)', [0.5, 0.5, 0.5]],
  ])('is that of each: %s', (text, expected) => {
    expect(valueIn(text)).toEqual(expected)
  })
})
