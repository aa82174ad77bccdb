import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { symbolKey } from './symbols.js'

const spellings: Readonly<Record<string, readonly string[]>> = {
  delta_5: [
    '\\delta_5',
    '\\delta_{5}',
    '\\delta _5',
    '{\\delta}_5',
    'δ₅',
    'δ5',
    'δ_5',
    'δ_{5}',
    'delta_5',
    'delta5',
    '$\\delta_{5}$',
    '\\boldsymbol{\\delta}_5',
    ' δ₅ ',
  ],
  eta: ['\\eta', 'η', 'eta', '{\\eta}'],
  epsilon: ['\\epsilon', '\\varepsilon', 'ε', 'ϵ', 'epsilon'],
  w_35: ['w35', 'w_35', 'w_{35}', 'w₃₅', 'w_{3,5}', 'w_{3 5}', '\\mathit{w}_{35}', 'w_{3{5}}'],
  W_35: ['W₃₅', 'W_{35}', 'W35'],
  'w_1,11': ['w_{1,11}'],
  'Delta w_35': [
    '\\Delta w_{35}',
    '\\Delta w_35',
    'Δw₃₅',
    'Δw35',
    'Δ w_35',
    'Delta w_35',
    'Delta w35',
    'Deltaw35',
    '\\Delta_{w35}',
    '\\Delta_{w_{35}}',
    '\\Delta{w_{35}}',
  ],
  'Delta w_kj': ['\\Delta_{wkj}', '\\Delta w_{kj}'],
  'Delta W^(2)': ['\\Delta W^{(2)}'],
  'nabla w_35': ['\\nabla w_{35}', '∇w₃₅'],
  Delta_5: ['\\Delta_5', 'Δ₅'],
  Delta_k: ['\\Delta_k'],
  Delta: ['\\Delta', 'Δ', 'Delta'],
  y_target: ['y_{target}', 'y_target', 'y_{\\text{target}}', 'y_{\\mathrm{target}}', 'y_{Target}'],
  'W^(2)': ['W^{(2)}', 'W⁽²⁾', '\\mathbf{W}^{(2)}'],
  'x^(1)': ['x^{(1)}', 'x⁽¹⁾', '\\mathbf{x}^{(1)}', '\\vec{x}^{(1)}', 'x^(1)'],
  'W_ij^(2)': ['W^{(2)}_{ij}', 'W_{ij}^{(2)}', 'W_{i,j}^{(2)}'],
  'a^[1]': ['a^{[1]}'],
  'hat y': ['\\hat y', '\\hat{y}', '\\widehat{y}', 'ŷ', 'y\u0302', 'y_hat', 'y_{hat}', 'hat y'],
  'hat y_5': ['\\hat{y}_5', '\\hat{y_5}', 'ŷ₅'],
  'bar h': ['\\bar{h}', '\\overline{h}', 'h̄', 'h_bar'],
  u_o: ['u_o', 'u_{o}', '\\mathbf{u}_o', '\\mathbf{u}_{o}', '𝐮_o', 'uₒ'],
  W_wh: ['W_{wh}', 'W_wh', '\\mathbf{W}_{wh}', 'W_{w h}'],
  'W_h→y': ['W_{h\\to y}', 'W_{h→y}'],
  "y_5'": ["y_5'", "y'_5", 'y_5′', 'y_5^{\\prime}', "y_{5}^{'}", "y5'"],
  "cal V'": ["\\mathcal{V}'", "𝒱'"],
  'cal L': ['\\mathcal{L}', 'ℒ', '\\mathcal L'],
  "V'": ["\\mathbf{V}'", "V'"],
  'w_35^new': [
    'w_{35}^{new}',
    'w_{35}^{(new)}',
    'w_{35}^{\\text{new}}',
    'w_{35}^{(\\text{new})}',
    'w_{35,new}',
    'w^{new}_{35}',
  ],
  'w^*': ['w^*', 'w^{*}', 'w^\\ast', 'w^{\\star}'],
  'h_t-1': ['h_{t-1}', 'h_{t − 1}', 'hₜ₋₁'],
  h_alpha: ['h_\\alpha', 'h_{\\alpha}', 'h_α'],
  phi: ['\\phi', '\\varphi', 'φ', 'ϕ'],
  d_3: ['d_3', 'd3', 'd₃', 'd_{3}'],
  'input units': ['Input Units', 'Input units', 'input_units', 'inputUnits', '\\text{Input units}', 'Input\\ units'],
  parameters: ['Parameters', 'parameters', '\\text{Parameters}', 'PARAMETERS'],
  'number of units': ['number of units', 'numberOfUnits'],
  σφαλμα: ['Σφάλμα', 'σφάλμα', 'ΣΦΑΛΜΑ'],
  εξοδοσ: ['έξοδος', 'Έξοδος'],
  relu: ['ReLU', 'relu'],
  lr: ['lr'],
  layer_2: ['layer2', 'layer_2'],
}

describe('symbolKey', () => {
  for (const [key, texts] of Object.entries(spellings))
    it.each(texts)(`reads %s as ${key}`, (text) => {
      expect(symbolKey(text)).toBe(key)
    })

  it.each(['', ' ', '5', '0.5', '-w', 'w+v', 'x^2', 'x²', 'W^T', 'W^{T}', 'W^\\top', 'Wᵀ', 'W^{-1}', 'ηδ', 'ηδ₃'])(
    'takes %j for no symbol',
    (text) => {
      expect(symbolKey(text)).toBeUndefined()
    },
  )

  it.each(['w_', 'w_{35', 'w_{3}_{5}', 'w^', '\\frac{a}{b}', 'w_{35}}', '\\hat', 'w x', 'g(x)', 'w_{\\frac{1}{2}}'])(
    'does not guess at %j',
    (text) => {
      expect(symbolKey(text)).toBeUndefined()
    },
  )

  it('leaves keys without punctuation as they are', () => {
    for (const key of Object.keys(spellings).filter((name) => !/[,→-]/.test(name)))
      expect([key, symbolKey(key)]).toEqual([key, key])
  })

  it('never throws', () => {
    const fragments = [
      '\\delta',
      '\\Delta',
      'w',
      'W',
      '_',
      '^',
      '{',
      '}',
      '(',
      ')',
      '3',
      "'",
      ' ',
      'new',
      'ŷ',
      '₅',
      '\\hat',
      ',',
    ]
    const pieces = fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), pieces), (text) => {
        expect(['string', 'undefined']).toContain(typeof symbolKey(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('is not misled by the names of what every object inherits', () => {
    expect(symbolKey('constructor x')).toBeUndefined()
    expect(symbolKey('toString x')).toBeUndefined()
  })
})
