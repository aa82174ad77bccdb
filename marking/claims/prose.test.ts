import { describe, expect, test } from 'vitest'
import { markText, verdictsOf } from '../fixtures/marked.js'

/** Of ntua/1.2: (227 − 11)/4 + 1 = 55, 96 filters, 55·55·96 = 290 400 units, (11·11·3 + 1)·96 = 34 944 parameters. */
describe('numbers stated in prose', () => {
  test.each([
    ['The output has dimensions 55 × 55 × 96.', '1 outputShape correct'],
    ['The output shape is (55, 55, 96).', '1 outputShape correct'],
    ['The output shape is [96, 55, 55].', '1 outputShape correct'],
    ['La sortie est de taille $55 \\times 55 \\times 96$.', '1 outputShape correct'],
    ['also 55 x 55 x 96', '1 outputShape correct'],
    ['There are 290,400 units in the layer.', '1 units correct'],
    ['The layer has 34,944 parameters.', '1 parameters correct'],
    ['The layer has 34,945 trainable parameters.', '1 parameters wrong'],
    ['Το στρώμα έχει 34.944 παραμέτρους.', '1 parameters correct'],
    ['Sloj ima 34.944 parametara.', '1 parameters correct'],
    ['Die Schicht hat 34.944 Parameter.', '1 parameters correct'],
  ])('%s', async (line, expected) => {
    expect(verdictsOf(await markText(line, 'ntua/1.2', 'solution.txt'))).toEqual([expected])
  })

  test.each([
    ['insgesamt 364 · 96 = 34.944 Parameter', ['1 parameters correct', '1 parameters correct']],
    ['Με πλήρως συνδεδεμένο: 227*227*3*256 + 256 = 39574528', Array(2).fill('1 denseParameters correct')],
    ['Die Ausgabe hat also 55 × 55 × 96 Einträge.', ['1 outputShape correct']],
    // What is not the answer is still arithmetic, and no more.
    ['insgesamt 363 · 96 = 34.848 Gewichte', ['1 - correct']],
    ['insgesamt 364 · 95 = 34.944 Parameter', ['1 - arithmetic']],
    ['The image has 227 × 227 × 3 entries.', []],
  ])('that nothing names are the answer that they are right for: %s', async (line, expected) => {
    const report = await markText(line, 'ntua/1.2', 'solution.txt')
    expect(verdictsOf(report)).toEqual(expected)
    expect(report.unread).toEqual([])
  })

  test('are a real quantity where they are right and the words speak of it', async () => {
    const right = await markText('The error is 1 - 0.317 = 0.683. The output is 0.317.', 'ntua/1.1b', 'solution.txt')
    expect(verdictsOf(right)).toEqual(['1 error correct', '1 error correct', '1 y5 correct'])
    const other = await markText('The error is 1 - 0.417 = 0.583.', 'ntua/1.1b', 'solution.txt')
    expect(verdictsOf(other)).toEqual(['1 - correct'])
  })

  test('two in one sentence are two claims', async () => {
    const report = await markText('The layer has 290400 units and 34,944 parameters.', 'ntua/1.2')
    expect(verdictsOf(report)).toEqual(['1 units correct', '1 parameters correct'])
  })

  test('a count of a part is no false count of the whole', async () => {
    const report = await markText('Each filter has 364 parameters. Chaque filtre a donc 364 paramètres.', 'ntua/1.2')
    expect(verdictsOf(report)).toEqual([])
  })

  test('a symbol among the words says whose dimension it is', async () => {
    const report = await markText('The dimension of $x_i$ is 256, la dimension de $y_i$ est 255.', 'ntua/1.4')
    expect(verdictsOf(report)).toEqual(['1 inputSize correct', '1 outputSize wrong'])
  })

  test('dates, versions, pages, times and code claim nothing', async () => {
    const text = `Notes of 12.5.2023, version 3.2, pages 12-15, section 2.1, figure 3.
At 10:30 = 11:30 CET we met; see [1, 2] and ISBN 978-3-16-148410-0.

\`\`\`python
y = 2 + 2 == 5
assert 1 == 2
\`\`\`
`
    for (const exercise of ['ntua/1.2', undefined]) expect(verdictsOf(await markText(text, exercise))).toEqual([])
  })
})

/** Of ntua/1.3: the largest logit is the third; classes count from 0. */
describe('classes', () => {
  test.each([
    'The class is 2.',
    'It belongs to class 2.',
    'Άρα η κλάση είναι η 2.',
    'Razred je 2.',
    'Niz pripada razredu 2.',
    'Die Klasse ist 2.',
    'La classe est 2.',
    'La clase es 2.',
    'predicted label: 2',
  ])('%s', async (line) => {
    expect(verdictsOf(await markText(line, 'ntua/1.3'))).toEqual(['1 class correct'])
    expect(verdictsOf(await markText(line.replace('2', '1'), 'ntua/1.3'))).toEqual(['1 class wrong'])
  })

  test('a sentence about a class is no answer', async () => {
    const report = await markText(
      'Razredu 1 pripadaju nizovi s više neparnih brojeva; class 1 holds the others.',
      'ntua/1.3',
    )
    expect(verdictsOf(report)).toEqual([])
  })
})
