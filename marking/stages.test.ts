import { describe, expect, test } from 'vitest'
import { markText, present, verdictsOf } from './fixtures/marked.js'

describe('general formulas behind an update', () => {
  const mark = (...lines: readonly string[]) => markText(lines.map((line) => `$${line}$\n`).join('\n'), 'ntua/1.1b')

  test.each([String.raw`w_{35} \leftarrow w_{35} + \eta \delta_5 y_3`, String.raw`w_{35} = w_{35} + \Delta w_{35}`])(
    'are read with the symbols of the steps before it: %s',
    async (update) => {
      const report = await mark(
        String.raw`E = \frac12 (t-y_5)^2`,
        update,
        String.raw`\frac{\partial E}{\partial w_{13}} = -\delta_3 x_1`,
        String.raw`\frac{\partial E}{\partial y_5} = -(t - y_5)`,
      )
      expect(new Set(present(report.claims).map(({ verdict }) => verdict))).toEqual(new Set(['correct']))
      expect(report.unread).toEqual([])
    },
  )

  test('are wrong where they hold before the update no more than behind it', async () => {
    const report = await mark(
      String.raw`w_{35} = w_{35} + \eta \delta_5 y_4`,
      String.raw`\frac{\partial E}{\partial w_{13}} = -\delta_3 x_2 x_1 x_1`,
    )
    expect(verdictsOf(report)).toEqual(['1 newW35 wrong', '3 - wrong'])
  })
})

test('a heading names a stage by its short name, also one that comes before', async () => {
  const report = await markText(
    String.raw`## CPC

$c_2 = (0, 1.75)$

## MoCo

$s = (0.96, 0.6, 0.28, -0.8)$, $s/\tau = (1.92, 1.2, 0.56, -1.6)$

$p = (0.564, 0.2745, 0.1448, 0.0167)$, $L = -\ln p_1 = 0.5727$, $L = -\ln p_2 = 0.5727$
`,
    'ntua/2.3',
  )
  // p₁ is the first of MoCo's p here, not the prediction that CPC's stage calls so.
  expect(verdictsOf(report)).toEqual([
    ...['3 context2 correct', '7 keySimilarities correct', '7 keyLogits correct', '9 keyProbabilities correct'],
    ...['9 keyLoss correct', '9 keyLoss correct', '9 keyLoss unsupported', '9 keyLoss correct'],
  ])
})

test('a new weight that is nearly the old one is no wrong copy of it', async () => {
  // δ₄ = −1.04·0.0002·−2.5 is 0.0005: w₂₄ = 1 − η·δ₄·x₂ is 0.9999, which is no given 1 that was cut.
  const report = await markText(
    `# Given
$x_0 = 1$, $x_1 = -1.5$, $x_2 = 0.5$, $y_{target} = 0.5$, $\\eta = 0.25$

$w_{03} = 2$, $w_{13} = 2.5$, $w_{23} = -1.5$, $w_{04} = 2.5$, $w_{14} = -1$, $w_{24} = 1$

$w_{05} = 0.5$, $w_{35} = -1$, $w_{45} = -2.5$

# Solution
$\\delta_5 = -1.0433$

# New weights, and the forward pass with them
$w_{03} = 1.9930$

$w_{24} = 0.9999$
`,
    'ntua/1.1c',
  )
  expect(verdictsOf(report)).toEqual(['9 delta5 rounded', '12 newW03 correct', '14 newW24 rounded'])
})

test('«gives» leads from a quotient to the whole number of positions', async () => {
  const mark = (line: string) => markText(`${line}\n`, 'fer/2').then(({ claims }) => present(claims))
  for (const right of [String.raw`$(62 - 7)/2 + 1 = 28.5 \to 28$`, '(62 - 7)/2 + 1 = 28.5 → 28'])
    expect(new Set((await mark(right)).map(({ verdict }) => verdict))).toEqual(new Set(['correct']))
  const wrong = await mark(String.raw`$(62 - 7)/2 + 1 = 28.5 \to 27$`)
  expect(wrong.at(-1)).toMatchObject({ verdict: 'arithmetic' })
})
