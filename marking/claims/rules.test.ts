import { describe, expect, test } from 'vitest'
import { markText, present, verdictsOf } from '../fixtures/marked.js'

async function verdicts(line: string, exercise: string): Promise<readonly string[]> {
  const report = await markText(`$${line}$`, exercise)
  return verdictsOf(report).map((verdict) => verdict.split(' ')[2])
}

describe('rules about activation functions', () => {
  test.each([
    ["\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))", 'ntua/1.1b'],
    ["g'(a) = g(a)(1-g(a))", 'ntua/1.1b'],
    ["g'(x) = \\frac{e^{-x}}{(1 + e^{-x})^2}", 'ntua/1.1b'],
    ['g(x) = \\frac{1}{1+e^{-x}}', 'ntua/1.1b'],
    ['\\sigma(z) = \\frac{e^z}{1 + e^z}', 'lecture/loss'],
    ["g'(x) = 1 - g(x)^2", 'ntua/1.1c'],
    ["\\tanh' = 1-\\tanh^2", 'ntua/1.1c'],
    ["\\tanh'(x) = 1 - \\tanh^2(x)", 'ntua/1.2'],
    ['\\frac{d}{dx}\\tanh(x) = 1 - \\tanh^2 x', 'ntua/1.1c'],
    ['\\tanh(x) = \\frac{e^x - e^{-x}}{e^x + e^{-x}}', 'ntua/1.1c'],
    ['\\frac{d}{dx} x^3 = 3 x^2', 'ntua/1.1b'],
  ])('%s is right', async (line, exercise) => {
    expect(await verdicts(line, exercise)).toEqual(['correct'])
  })

  test.each([
    ["\\sigma'(x) = 1 - \\sigma(x)", 'ntua/1.1b', 'the right rule is σ(x)·(1 − σ(x))'],
    ["g'(x) = g(x)(1 - g(x))", 'ntua/1.1c', 'the right rule is 1 − tanh²(x)'],
    ["g'(x) = 1 - g(x)^2", 'ntua/1.1b', 'the right rule is σ(x)·(1 − σ(x))'],
    ['g(x) = \\frac{1}{1+e^{x}}', 'ntua/1.1b', 'the right rule is 1/(1 + e^(−x))'],
    ["\\tanh'(x) = 1 - \\tanh(x)", 'ntua/1.2', 'the right rule is 1 − tanh²(x)'],
  ])('%s in %s is wrong', async (line, exercise, message) => {
    const report = await markText(`$${line}$`, exercise)
    const [claim] = present(report.claims)
    expect(claim).toMatchObject({ verdict: 'wrong', message, root: true })
  })

  test.each([
    ["f'(x) = 2 f(x)", 'lecture/loss'],
    ['f(x) = 3 x', 'ntua/1.1b'],
    ["h'(x) = h(x)", 'ntua/1.1b'],
    ["g'(x) = y (2 - y)", 'ntua/1.1b'],
  ])('%s, whose function nobody knows, is not wrong', async (line, exercise) => {
    expect(await verdicts(line, exercise)).toEqual([])
  })

  test('the derivative at a quantity is a formula like any other', async () => {
    // σ′(−0.769) = 0.317 · 0.683 = 0.216 (0.21637…), δ₅ = (t − y₅)·g′(a₅).
    const report = await markText("$g'(a_5) = y_5 (1 - y_5) = 0.216$\n\n$\\delta_5 = (t - y_5) g'(a_5)$", 'ntua/1.1b')
    expect(verdictsOf(report)).toEqual(['1 slope5 correct', '1 slope5 correct', '3 delta5 correct'])
  })
})

describe('rules about softmax and losses', () => {
  test.each([
    '\\frac{\\partial L}{\\partial z_i} = p_i - y_i',
    '\\frac{\\partial E}{\\partial z_j} = \\hat y_j - t_j',
    'p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}',
    'softmax(z_i) = \\frac{e^{z_i}}{\\sum_k e^{z_k}}',
    '\\frac{\\partial p_i}{\\partial z_j} = p_i (\\delta_{ij} - p_j)',
    '\\frac{\\partial p_i}{\\partial z_i} = p_i (1 - p_i)',
    '\\frac{\\partial p_i}{\\partial z_j} = -p_i p_j',
    'L = -\\sum_i y_i \\log p_i',
    'L = -\\log p_c',
    'E = \\frac{1}{2} \\sum_i (t_i - y_i)^2',
  ])('%s is right', async (line) => {
    expect(await verdicts(line, 'lecture/masks')).toEqual(['correct'])
  })

  test('a gradient of the opposite sign is right under the other convention, and says so', async () => {
    const report = await markText('$\\frac{\\partial L}{\\partial z_i} = y_i - p_i$', 'lecture/masks')
    const [claim] = present(report.claims)
    expect(claim).toMatchObject({ verdict: 'correct' })
    expect(claim.notes.join()).toContain('of the opposite sign')
  })

  test.each([
    '\\frac{\\partial p_i}{\\partial z_j} = p_i p_j',
    '\\frac{\\partial p_i}{\\partial z_i} = p_i (1 + p_i)',
    'softmax(z_i) = \\frac{z_i}{\\sum_j z_j}',
  ])('%s is wrong', async (line) => {
    expect(await verdicts(line, 'lecture/masks')).toEqual(['wrong'])
  })

  test.each(['\\frac{\\partial L}{\\partial z_i} = p_i \\cdot q_i', 'y_i = 3 z_i', 'L = \\sum_i y_i'])(
    '%s, which may mean something else, is not wrong',
    async (line) => {
      expect(await verdicts(line, 'lecture/masks')).toEqual([])
    },
  )
})

describe('derivatives of an exercise’s own quantities', () => {
  test.each([
    '\\frac{\\partial E}{\\partial w_{35}} = (y_5 - t) y_5 (1-y_5) y_3',
    '\\frac{\\partial E}{\\partial w_{35}} = -\\delta_5 y_3',
    '\\frac{\\partial E}{\\partial w_{35}} = -2 (t - y_5) y_5 (1-y_5) y_3',
    '\\frac{\\partial E}{\\partial w_{03}} = (y_5 - t) y_5 (1-y_5) w_{35} y_3 (1-y_3) x_0',
    '\\frac{\\partial y_5}{\\partial a_5} = y_5 (1 - y_5)',
    '\\frac{\\partial a_5}{\\partial w_{35}} = y_3',
    '\\frac{\\partial E}{\\partial y_5} = -(t - y_5)',
  ])('%s is right', async (line) => {
    expect(await verdicts(line, 'ntua/1.1b')).toEqual(['correct'])
  })

  test.each([
    '\\frac{\\partial E}{\\partial w_{35}} = (y_5 - t) y_5 (1-y_5) y_4',
    '\\frac{\\partial E}{\\partial w_{35}} = (y_5 - t) y_5 y_3',
    '\\frac{\\partial a_5}{\\partial w_{35}} = y_4',
    '\\frac{\\partial y_5}{\\partial a_5} = 1 - y_5^2',
  ])('%s is wrong', async (line) => {
    expect(await verdicts(line, 'ntua/1.1b')).toEqual(['wrong'])
  })

  test('numbers behind a formula are checked as arithmetic, a number alone only if it is right', async () => {
    // (0.317 − 1)·0.317·0.683·0.731 = −0.108.
    const chain = '$\\frac{\\partial E}{\\partial w_{35}} = -0.148 \\cdot 0.731 = -0.118$'
    expect(verdictsOf(await markText(chain, 'ntua/1.1b')).at(-1)).toBe('1 - arithmetic')
    const alone = '$\\frac{\\partial E}{\\partial w_{35}} = -0.108$'
    expect(verdictsOf(await markText(alone, 'ntua/1.1b'))).toEqual(['1 - correct'])
  })
})

describe('answers in symbols', () => {
  test.each([
    ['\\Delta w_{23} = -d_3', 'correct'],
    ['\\Delta w_{23} = x_2 \\cdot d_3 / x_0', 'correct'],
    ['\\Delta w_{23} = \\frac{x_2}{x_0} d_3', 'correct'],
    ['\\Delta w_{23} = -1 \\cdot d_3', 'correct'],
    ['\\Delta w_{24} = -\\Delta w_{04}', 'correct'],
    ['\\Delta w_{13} = 2 d_3 - d_3', 'correct'],
    ['\\Delta w_{23} = -\\eta \\delta_3', 'correct'],
    ['\\Delta w_{23} = d_3', 'wrong'],
    ['\\Delta w_{13} = d_4', 'wrong'],
    ['\\Delta w_{14} = 2 d_4', 'wrong'],
  ])('%s is %s', async (line, expected) => {
    expect(await verdicts(line, 'ntua/1.1a')).toEqual([expected])
  })
})
