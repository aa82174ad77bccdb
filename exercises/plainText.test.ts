import { describe, expect, it } from 'vitest'
import { exercises } from './index.js'
import { latexSymbol, plainFormula, plainSymbol, valueParts } from './plainText.js'
import { symbolKey } from './symbols.js'

describe('plainFormula', () => {
  it.each([
    ['\\frac{1}{1 + e^{-a_5}}', '1/(1 + e^(−a₅))'],
    ['(y_{target} - y_5) \\cdot y_5 \\cdot (1 - y_5)', '(y_target − y₅) · y₅ · (1 − y₅)'],
    ['(1 - y_3^{2}) \\cdot w_{35} \\cdot \\delta_5', '(1 − y₃²) · w₃₅ · δ₅'],
    ['\\eta \\cdot \\delta_3 \\cdot x_0', 'η · δ₃ · x₀'],
    ['w_{03} + \\Delta w_{03}', 'w₀₃ + Δw₀₃'],
    ['\\frac{w_1 - F + 2 \\cdot P}{S} + 1', '(w₁ − F + 2 · P)/S + 1'],
    ['ReLU(W_{wh} \\cdot x_1 + W_{hh} \\cdot h_0 + b_h)', 'ReLU(W_wh · x₁ + W_hh · h₀ + b_h)'],
    ['(\\text{Input Units} + 1) \\cdot \\text{Output Units}', '(Input Units + 1) · Output Units'],
    ['h_{t-1}', 'h_(t−1)'],
    ['p_1 \\cdot x^{(1)}', 'p₁ · x^(1)'],
  ])('%s is %s', (latex, plain) => {
    expect(plainFormula(latex)).toBe(plain)
  })

  it('leaves no LaTeX in any formula of an exercise', () => {
    for (const { quantities } of exercises)
      for (const { formula } of quantities) expect(plainFormula(formula)).not.toMatch(/[\\{}]/)
  })
})

describe('symbols in print', () => {
  it.each([
    ['delta_5', 'δ₅', '\\delta_{5}'],
    ['Delta w_35', 'Δw₃₅', '\\Delta w_{35}'],
    ['y_target', 'y_target', 'y_{\\text{target}}'],
    ['eta', 'η', '\\eta'],
    ["g_3'", "g₃'", "g_{3}'"],
    ['x^(1)', 'x^(1)', 'x^{(1)}'],
    ['bar h', 'h̄', '\\bar{h}'],
    ['input units', 'input units', '\\text{input units}'],
    ['∂L/∂W_1', '∂L/∂W₁', '\\frac{\\partial L}{\\partial W_{1}}'],
    ['f_theta(x_1)', 'f_theta(x₁)', 'f_{\\theta}(x_{1})'],
    ['∂L/∂f(x_1)', '∂L/∂f(x₁)', '\\frac{\\partial L}{\\partial f(x_{1})}'],
  ])('%s is %s and %s', (key, plain, latex) => {
    expect([plainSymbol(key), latexSymbol(key)]).toEqual([plain, latex])
  })

  it('reads every printed symbol of an exercise as its key again', () => {
    // Derivatives are made of two symbols, so are values of models.
    const partsOf = (symbol: string): readonly string[] => {
      if (symbol[0] === '∂') return symbol.replaceAll('∂', '').split('/').flatMap(partsOf)
      const value = valueParts(symbol)
      return value === undefined ? [symbol] : [value.model, value.input]
    }
    for (const { given, quantities } of exercises)
      for (const { symbols } of [...given, ...quantities])
        for (const key of symbols.flatMap(partsOf))
          expect([symbolKey(latexSymbol(key)), symbolKey(plainSymbol(key))]).toEqual([key, key])
  })
})
