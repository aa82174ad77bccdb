import { describe, expect, test } from 'vitest'
import { markText, present, verdictsOf } from '../fixtures/marked.js'

describe('a page of no known exercise', () => {
  test.each([
    ['$1 - 0.317 = 0.983$', ['1 - arithmetic']],
    ['1 − 0,317 = 0,683', ['1 - correct']],
    ['k = 2·3 = 7', ['1 - arithmetic']],
    ['$p = \\frac{3}{4} = 0.75 = 75\\%$', ['1 - correct', '1 - correct']],
    ['$e^{-1} = 0.368$', ['1 - correct']],
    ['L = -ln 0.881 = 0.127', ['1 - correct']],
    ['Δw = 1*0.058*1 = 0.058', ['1 - correct']],
    ['290.400 + 256 = 290.656', ['1 - correct']],
    ['$[1, 2] + [3, 4] = [4, 6]$', ['1 - correct']],
    [
      '$\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix} \\begin{bmatrix} 1 \\\\ 1 \\end{bmatrix} = \\begin{bmatrix} 3 \\\\ 7 \\end{bmatrix}$',
      ['1 - correct'],
    ],
    [
      '$A = \\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}^T = \\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}$',
      ['1 - arithmetic', '1 - arithmetic'],
    ],
    ['$a = b = c$', []],
    ['3 km = 3000 m', []],
  ])('%s', async (line, expected) => {
    expect(verdictsOf(await markText(line))).toEqual(expected)
  })
})

describe('chains about symbols that the exercise does not know', () => {
  test.each([
    ['$\\kappa = 3 \\cdot 4 = 13$', 'arithmetic'],
    ['$\\kappa = 0.5 \\cdot 0.4 = 0.2$', 'correct'],
    ['κ = 0,5 · 0,4 = 0,3', 'arithmetic'],
  ])('%s', async (line, expected) => {
    expect(verdictsOf(await markText(line, 'ntua/1.1b'))).toEqual([`1 - ${expected}`])
  })
})

describe('asterisks', () => {
  test('between factors are products in Markdown too, not emphasis', async () => {
    // η·δ₅·y₃ = 1 · 0.148 · 0.731 = 0.108.
    const report = await markText('Δw35 = 1*0.148*0.731 = 0.108', 'ntua/1.1b')
    expect(verdictsOf(report)).toEqual(['1 step35 correct', '1 step35 correct'])
  })
})

describe('entries of vectors and matrices', () => {
  // ntua/2.1b: Q = X·W_Q with the first row (−2, 1, 0.5): Q₁₁ = −2 + 0 − 0.25 = −2.25, Q₁₂ = 3 + 2 + 0.5 = 5.5.
  test.each([
    ['$Q_{11} = (-2) \\cdot 1 + 1 \\cdot 0 + 0.5 \\cdot (-0.5) = -2.25$', ['correct', 'correct']],
    ['$Q_{1,2} = 5.5$', ['correct']],
    ['Q_12 = 5.5', ['correct']],
    ['$Q_{12} = 4$', ['wrong']],
  ])('%s counts rows and columns from one', async (line, expected) => {
    const report = await markText(line, 'ntua/2.1b')
    expect(present(report.claims).map(({ verdict }) => verdict)).toEqual(expected)
  })

  test('a list of names gives each its value', async () => {
    const report = await markText('$(y_3, y_4) = (0.731, 0.900)$', 'ntua/1.1b')
    expect(verdictsOf(report)).toEqual(['1 y3 correct', '1 y4 wrong'])
  })

  test('a row and a column of one length are the same vector', async () => {
    const rows = ['[5, 2]', '(5, 2)', '\\begin{bmatrix} 5 \\\\ 2 \\end{bmatrix}', '[5 \\quad 2]', '(5, 2)^T']
    for (const vector of rows)
      expect(verdictsOf(await markText(`$h_1 = ${vector}$`, 'ntua/1.3'))).toEqual(['1 h1 correct'])
  })

  test('a matrix transposed is wrong', async () => {
    const right = '$W_{wh} = \\begin{bmatrix} 0 & -1 & 2 \\\\ 1 & -2 & 0 \\end{bmatrix}$'
    const transposed = '$W_{wh} = \\begin{bmatrix} 0 & 1 \\\\ -1 & -2 \\\\ 2 & 0 \\end{bmatrix}$'
    expect(verdictsOf(await markText(right, 'ntua/1.3'))).toEqual(['1 inputWeights correct'])
    const verdicts = present((await markText(transposed, 'ntua/1.3')).claims).map(({ verdict }) => verdict)
    expect(verdicts).not.toContain('correct')
  })
})

describe('calculations that words name', () => {
  test.each([
    ['Units: 55·55·96 = 290400', ['1 units correct', '1 units correct']],
    ['Neuronen: 55·55·96 = 3.025·96 = 290.400', ['1 units correct', '1 units correct', '1 units correct']],
    ['Μονάδες: 55·55·96 = 290.400', ['1 units correct', '1 units correct']],
    ['Units: 54·55·96 = 285120', ['1 units wrong', '1 units wrong']],
    ['Parameters of each filter: 11·11·3 + 1 = 364', ['1 - correct']],
  ])('%s', async (line, expected) => {
    expect(verdictsOf(await markText(line, 'ntua/1.2', 'solution.txt'))).toEqual(expected)
  })
})

test('a wrong entry of a matrix is named by itself, readably', async () => {
  // The last entry of K in ntua/2.1b is 0.5.
  const report = await markText(
    String.raw`$S = Q K^T = \begin{bmatrix} -2.25 & 5.5 \\ 1.25 & 1 \\ -1.25 & 3.75 \\ -2.75 & -0.5 \end{bmatrix} \begin{bmatrix} 5.75 & 1.5 \\ 2 & -0.5 \\ 4.5 & 2 \\ -2.5 & 0.6 \end{bmatrix}^T$`,
    'ntua/2.1b',
  )
  const messages = present(report.claims).map(({ message }) => message)
  expect(messages.join()).toContain('0.600 stands where an entry of K^T = 0.500 belongs')
  expect(messages.join()).not.toContain('matrix')
})
