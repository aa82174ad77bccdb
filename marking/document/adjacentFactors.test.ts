import { describe, expect, test } from 'vitest'
import { exercise11b } from '../../exercises/ntua/1.1b.js'
import { exercise13 } from '../../exercises/ntua/1.3.js'
import { exercise21b } from '../../exercises/ntua/2.1b.js'
import { symbolTable } from '../symbols.js'
import { readDocument } from './reader.js'

/** The equations of a plain text of ntua/1.1b, or another exercise, each as it stands there. */
function equations(text: string, exercise = exercise11b): readonly string[] {
  const document = readDocument('solution.txt', text, { symbolsOf: () => symbolTable(exercise) })
  return document.items.flatMap((item) => (item.kind === 'chain' ? [item.text] : []))
}

describe('factors beside one another, in mathematics without delimiters', () => {
  test.each([
    'delta4 = y4 (1 - y4) w45 delta5 = 0.037',
    'delta4 = (1 - y4) y4 w45 delta5 = 0.037',
    'δ₄ = y₄ (1 − y₄) w₄₅ δ₅',
    'Δw₁₃ = η δ₃ x₁',
    'delta3 = o3(1-o3) w35 d5 = 0.029',
    'delta5 = (t-y5) (1-y5) y5 = 0.683 * 0.683 * 0.317 = 0.148',
    'delta5 = 0.683 (1-0.317) 0.317 = 0.148',
    "delta5 = (t - y5) g'(a5) = 0.683 (0.216) = 0.148",
    'E = 1/2 (t - y5)^2 y5',
    'T = n² d_k',
    'q = [[1, 2], [0, 1]] [[2, -1], [1, 3]]^T [1, 1] = [1, 8]',
    '∇ W₁ = [1, 2]',
    'q_1 W_Q = [1, 2]',
    'dL/dp = W^T dL/dq',
    'G = [[1, 2], [3, 4]] ⊙ [[0.5, −0.75], [1.5, −0.25]]',
  ])('belong together: %s', (equation) => {
    expect(equations(`${equation}\n`)).toEqual([equation])
    expect(equations(`So we have: ${equation}.\n`)).toEqual([equation])
  })

  test.each([
    ['an equation of its own', 'y3 = g(a3) y4 = g(a4)', ['y3 = g(a3)', 'y4 = g(a4)']],
    ['an equation of its own', 'x1 = 1 x2 = -1', ['x1 = 1', 'x2 = -1']],
    ['the number of an equation', 'y5 = 0.317 (3.2)', ['y5 = 0.317']],
    ['a remark', 'y5 = 0.317 (the output)', ['y5 = 0.317']],
    ['an equation as a remark', 'delta5 = 0.148 (y5 = 0.317)', ['delta5 = 0.148', 'y5 = 0.317']],
    ['on the next line', 'delta5 = error\ny3 = w35\na3 = 1', ['delta5 = error', 'y3 = w35', 'a3 = 1']],
    ['on the next line', 'y3 = g(a3)\n(2) y4 = g(a4)', ['y3 = g(a3)', 'y4 = g(a4)']],
    ['what a sentence goes on with', 'As y3 = g(a3) w35 is 1.', ['y3 = g(a3)']],
    ['behind a word', 'the hidden n3 y3 = 0.731', ['y3 = 0.731']],
    ['a word', 'y4 = g(a4) so y5 = 0.3', ['y4 = g(a4)', 'y5 = 0.3']],
  ])('are none: %s', (_, text, expected) => {
    expect(equations(`${text}\n`)).toEqual(expected)
  })
})

describe('a matrix named by two letters', () => {
  test('is a factor, but no word that a sentence begins with is', () => {
    expect(equations('K = X Wk = [[5.75, 1.5], [2, -0.5]]\nQ = X*Wq\n', exercise21b)).toEqual([
      'K = X Wk = [[5.75, 1.5], [2, -0.5]]',
      'Q = X*Wq',
    ])
    expect(equations('d = d_k So A = 3\n', exercise21b)).toEqual(['d = d_k', 'A = 3'])
  })
})

describe('the name before a relation', () => {
  test('has the words of its own line only, and none where it has an index', () => {
    expect(equations('Forward pass\nnet3 = 1\nThe hidden net4 = 0\n')).toEqual(['net3 = 1', 'net4 = 0'])
    expect(equations('We begin.\nMean loss = 0.5\n')).toEqual(['Mean loss = 0.5'])
  })
})

describe('a symbol that is typed without its underscore', () => {
  test('is one, but no word of prose', () => {
    expect(equations('Wwh x1 = (5, 2)\nh1 = relu(Wwh x1 + Whh h0)\ny = softmax(Why h3)\n', exercise13)).toEqual([
      'Wwh x1 = (5, 2)',
      'h1 = relu(Wwh x1 + Whh h0)',
      'y = softmax(Why h3)',
    ])
    expect(equations('That is why h3 = (9, 4)\n', exercise13)).toEqual(['h3 = (9, 4)'])
  })
})

describe('a line without end', () => {
  test.each(['y₅ ', 'y_5 (1 - y_5) ', 'y5 = (1) ', '(y5 ', 'y5) ', '[1] '])('of «%s» is read in no time', (part) => {
    const start = performance.now()
    equations(part.repeat(10_000))
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
