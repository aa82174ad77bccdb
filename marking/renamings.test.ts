import { describe, expect, test } from 'vitest'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { handwritten } from './fixtures/handwritten.js'
import { markText } from './fixtures/marked.js'
import { markDocument } from './mark.js'
import type { Claim, FileReport } from './report.js'

function mark(text: string): Promise<FileReport> {
  return markDocument(handwritten(exercise11b, text), { exercises: [exercise11b] })
}

function written({ claims }: FileReport): readonly Claim[] {
  return claims.filter(({ verdict }) => verdict !== 'missing')
}

function verdicts(report: FileReport): ReadonlySet<string> {
  return new Set(written(report).map(({ verdict }) => verdict))
}

describe('symbols that the exercise lacks', () => {
  test('stand for the quantity whose formula or value they are given, and the report says so', async () => {
    // a₃ = −1 + 1 + 1 = 1, y₃ = σ(1) = 0.731, y₅ = σ(−0.769) = 0.317, δ₅ = 0.683·0.317·0.683 = 0.148.
    const report = await mark(String.raw`u_3 = w_{03} + w_{13} x_1 + w_{23} x_2 = 1
v_3 = 0.731
y_4 = 0.5
a_5 = -0.769
q = 0.317
\epsilon_5 = 0.148`)
    expect(written(report).map(({ quantity }) => quantity)).toEqual(['a3', 'a3', 'y3', 'y4', 'a5', 'y5', 'delta5'])
    expect(verdicts(report)).toEqual(new Set(['correct']))
    expect(report.findings.map(({ finding }) => finding)).toEqual([
      'u₃ is read as a₃, v₃ is read as y₃, q is read as y₅, ε₅ is read as δ₅',
    ])
  })

  test('stand for nothing where two digits would tie them to a quantity', async () => {
    const report = await mark('q = 0.32\ny_4 = 0.5')
    expect(written(report).map(({ quantity }) => quantity)).toEqual(['y4'])
    expect(report.findings).toEqual([])
  })

  test('stand for nothing where their value is that of no quantity, and only their arithmetic counts', async () => {
    const report = await mark('q = 2 \\cdot 0.123 = 0.246\ny_4 = 0.5')
    expect(written(report)).toMatchObject([
      { quantity: null, verdict: 'correct' },
      { quantity: 'y4', verdict: 'correct' },
    ])
  })
})

describe('a symbol that stands for what the exercise computes from it', () => {
  const matrices = `Q = [[-2.25, 5.5], [1.25, 1], [-1.25, 3.75], [-2.75, -0.5]]

K = [[5.75, 1.5], [2, -0.5], [4.5, 2], [-2.5, 0.5]]
`
  const quantitiesOf = (report: FileReport) => written(report).map(({ quantity }) => quantity)

  test.each([
    ['S', String.raw`S = \frac{Q K^T}{\sqrt{d_k}}`],
    // −4.6875/√2 = −3.3146, −7.25/√2 = −5.1265.
    ['s', String.raw`s_{11} = \frac{-4.6875}{\sqrt2} = -3.315`],
    ['S', 'S_{12} = -5.127'],
  ])('%s is the scores that are divided already, in the formulas that follow too: %s', async (symbol, line) => {
    const report = await markText(`${matrices}\n$${line}$\n\n$A = softmax(${symbol})$\n`, 'ntua/2.1b')
    expect(verdicts(report)).toEqual(new Set(['correct']))
    expect(new Set(quantitiesOf(report))).toEqual(new Set(['queries', 'keys', 'scaledScores', 'probabilities']))
    expect(report.findings.map(({ finding }) => finding)).toEqual([`${symbol} is read as S̄`])
  })

  test('keeps its meaning where what is computed from it is written as well', async () => {
    const lines = ['S_{11} = -3.315', String.raw`\bar{S}_{11} = \frac{S_{11}}{\sqrt2} = -2.344`]
    const report = await markText(`${matrices}\n${lines.map((line) => `$${line}$\n`).join('\n')}`, 'ntua/2.1b')
    expect(report.findings).toEqual([])
    expect(written(report).filter(({ root }) => root)).toMatchObject([{ quantity: 'scores', verdict: 'wrong' }])
  })

  test('keeps its meaning where its value is nothing that is computed from it', async () => {
    const report = await markText(`${matrices}\n$S_{11} = -2.343$\n`, 'ntua/2.1b')
    expect(report.findings).toEqual([])
    expect(written(report).filter(({ root }) => root)).toMatchObject([{ quantity: 'scores', verdict: 'wrong' }])
  })
})

describe('names for something else', () => {
  /** With the roles of 3 and 4 exchanged: y₃ = 0.5, y₄ = 0.731, δ₃ = 0.5·0.5·0.148 = 0.037, δ₄ = 0.731·0.269·0.148 = 0.029. */
  const exchanged = String.raw`y_3 = 0.5
y_4 = 0.731
a_5 = -0.769
y_5 = 0.317
\delta_5 = 0.148
\delta_4 = 0.029
\delta_3 = 0.037`

  test('two neurons that were exchanged throughout are a finding, no errors', async () => {
    const report = await mark(exchanged)
    expect(verdicts(report)).toEqual(new Set(['correct']))
    expect(report.findings).toMatchObject([
      { line: 1, finding: 'the names y₃ and y₄ are exchanged throughout, and so are 3 and 4 in other names' },
    ])
  })

  test('are recognised beside errors in the arithmetic of later lines, which count once', async () => {
    const report = await mark(String.raw`${exchanged}
\Delta w_{05} = 1 \cdot 0.148 \cdot 1 = 0.184`)
    expect(report.findings.filter(({ finding }) => finding.includes('exchanged'))).toHaveLength(1)
    expect(written(report).filter(({ root }) => root)).toMatchObject([{ line: 8, verdict: 'arithmetic' }])
  })

  test('a wrong value that happens to be another’s is no exchange', async () => {
    const report = await mark('y_3 = 0.5\ny_4 = 0.5\na_5 = -0.769')
    expect(written(report).map(({ verdict }) => verdict)).toEqual(['wrong', 'correct', 'correct'])
    expect(report.findings.filter(({ finding }) => finding.includes('exchanged'))).toEqual([])
  })

  test('indices the other way round are read so where all of them are', async () => {
    // Δw₃₅ = 0.148·0.731 = 0.108, Δw₄₅ = 0.148·0.5 = 0.074.
    const report = await mark(String.raw`a_3 = w_{30} x_0 + w_{31} x_1 + w_{32} x_2 = 1
y_3 = 0.731
y_4 = 0.5
a_5 = -0.769
y_5 = 0.317
\delta_5 = 0.148
\Delta w_{53} = 0.108
\Delta w_{54} = 0.074`)
    expect(verdicts(report)).toEqual(new Set(['correct']))
    expect(written(report).map(({ quantity }) => quantity)).toContain('step45')
    expect(report.findings).toMatchObject([
      { line: 1, finding: 'the indices stand the other way round: w₃₀ is read as w₀₃, and so on' },
    ])
  })
})
