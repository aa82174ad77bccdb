import { describe, expect, test } from 'vitest'
import { markText, verdictsOf } from '../fixtures/marked.js'

// ntua/1.1b: y₃ = σ(1) = 0.731, y₄ = σ(0) = 0.5, y₅ = σ(−0.769) = 0.317.

describe('an inequality between numbers', () => {
  test.each([
    ['$0.26894 \\leq 0.5$', ['1 - correct']],
    ['$0.6 \\leq 0.5$', ['1 - arithmetic']],
    ['0,26894 ≤ 0,5', ['1 - correct']],
    ['$0 < 0.3 < 1$', ['1 - correct', '1 - correct']],
    ['$0 < 1.3 < 1$', ['1 - correct', '1 - arithmetic']],
    ['$0.7 \\cdot 0.7 \\le 0.49$', ['1 - correct']],
    ['$0.7 \\cdot 0.7 < 0.49$', ['1 - arithmetic']],
    ['$p = 0.4 < 0.3$', ['1 - arithmetic']],
    ['$0 \\leq 0$', ['1 - correct']],
    ['$0 < 0$', ['1 - arithmetic']],
  ])('%s', async (line, expected) => {
    expect(verdictsOf(await markText(line))).toEqual(expected)
  })
})

describe('an inequality of quantities', () => {
  const first = '$y_3 = 0.731$, $y_4 = 0.5$, $y_5 = 0.317$\n\n'
  test.each([
    ['$y_5 < 0.5$', ['3 - correct']],
    ['$y_3 > y_4$', ['3 - correct']],
    ['$y_3 > y_4 > y_5$', ['3 - correct', '3 - correct']],
    ['$y_4 > y_3$', ['3 - wrong']],
    ['$0 \\le y_5 \\le 1$', ['3 - correct', '3 - correct']],
    ['Since $y_5 > 0.5$, the class is 1.', ['3 - wrong']],
    ['Επειδή $y_5 > 0.5$ έχουμε', ['3 - wrong']],
    ['Budući da je $y_5 < 0.5$, razred je 0.', ['3 - correct']],
  ])('%s', async (line, expected) => {
    const verdicts = verdictsOf(await markText(first + line, 'ntua/1.1b'))
    expect(verdicts.slice(3)).toEqual(expected)
  })

  test('says what the sides are where it is false', async () => {
    const report = await markText(`${first}Because $y_5 > y_4$`, 'ntua/1.1b')
    expect(report.claims.find(({ verdict }) => verdict === 'wrong')).toMatchObject({
      message: 'y₅ > y₄ is false: y₅ is 0.3167, y₄ is 0.5',
      root: true,
    })
  })

  test('is carried where it holds for the wrong values before it', async () => {
    // −2 + 0.731 + 0.5 = −0.769; with the sign lost, σ(0.769) = 0.683 > 0.5.
    const report = await markText(
      '$y_3 = 0.731$\n\n$a_5 = -2 + 0.731 + 0.5 = 0.769$\n\n$y_5 = 0.683$\n\nSince $y_5 > 0.5$ we take class 1',
      'ntua/1.1b',
    )
    expect(report.claims.find(({ line }) => line === 7)).toMatchObject({
      verdict: 'carried',
      carriedFrom: 3,
      root: false,
    })
  })
})

describe('a condition claims nothing', () => {
  test.each([
    'If $y_5 > 0.5$, the class is one.',
    'Αν $y_5 > 0.5$, τότε',
    'Ako je $y_5 > 0.5$',
    'Wenn $y_5 < 0.5$ ist',
    'Si $y_5 > 0.5$ alors',
    'Cuando $y_5 < 0.5$',
    'for $y_5 > 0.5$',
    '$y_5 > 0.5 \\Rightarrow 1$',
    '$y_5 \\leq 0.5 \\Rightarrow 0$',
    'Criterion: $y_5 < 0.5$',
    '$x > 0$',
  ])('%s', async (line) => {
    expect(verdictsOf(await markText(line, 'ntua/1.1b'))).toEqual([])
  })
})

test('an approximate equality of two formulas is unread, not wrong', async () => {
  const report = await markText('$\\delta_3 \\approx \\delta_4$', 'ntua/1.1b')
  expect(verdictsOf(report)).toEqual([])
  expect(report.unread).toHaveLength(1)
})
