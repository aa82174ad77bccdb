import { describe, expect, test } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { exercise1 as fer1 } from '../exercises/fer/1.js'
import { exercise11a } from '../exercises/ntua/1.1a.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { exercise12 } from '../exercises/ntua/1.2.js'
import { exercise13 } from '../exercises/ntua/1.3.js'
import { answerSheet, handwritten } from './fixtures/handwritten.js'
import { markDocument } from './mark.js'
import type { Claim, FileReport } from './report.js'

function mark(text: string, exercise: Exercise = exercise11b): Promise<FileReport> {
  return markDocument(handwritten(exercise, text), { exercises: [exercise] })
}

/** The claims of a line, in order. */
function onLine(report: FileReport, line: number): readonly Claim[] {
  return report.claims.filter((claim) => claim.line === line && claim.verdict !== 'missing')
}

function verdictsOnLine(report: FileReport, line: number): readonly string[] {
  return onLine(report, line).map(({ verdict }) => verdict)
}

const forward = String.raw`y_3 = \frac{1}{1 + e^{-1}} = 0.731
y_4 = 0.5
a_5 = -2 + 0.731 + 0.5 = -0.769
y_5 = 0.317`

test('an upright d before a symbol is the d of its gradient', async () => {
  const gradient = String.raw`\begin{bmatrix} 1 & 4 & 5 \\ -1 & 1 & 10 \end{bmatrix}`
  for (const symbol of ['dW', String.raw`\mathrm{d}W`, String.raw`\operatorname{d}W`, String.raw`\nabla W`]) {
    const report = await mark(`${symbol} = ${gradient}`, fer1)
    expect(onLine(report, 1)).toMatchObject([{ quantity: 'weightGradient', verdict: 'correct' }])
  }
})

test('the arithmetic behind a rule that the exercise lacks is checked, whatever comes after it', async () => {
  const rule = String.raw`\frac{\partial L_{pos}}{\partial w} = (50.4 - 17.2; 33.2) = (33.2; 32.3)`
  const report = await mark(`${rule}\n${forward}`)
  expect(onLine(report, 1)).toMatchObject([{ verdict: 'arithmetic', index: 1 }])
})

describe('numerals beside symbols', () => {
  // δ₅ = 0.148, δ₃ = 0.731·0.269·δ₅ = 0.029.
  const before = `${forward}\n\\delta_5 = 0.148\n`

  test('are read with what the solution has for the symbols', async () => {
    const report = await mark(`${before}\\delta_3 = 0.731 \\cdot 0.269 \\cdot \\delta_5 = 0.029`)
    expect(verdictsOnLine(report, 6)).toEqual(['correct', 'correct'])
    expect(report.unread).toEqual([])
  })

  test('are wrong where they are not the ones that belong there', async () => {
    const report = await mark(`${before}\\delta_3 = 0.731 \\cdot 0.369 \\cdot \\delta_5 = 0.040`)
    expect(onLine(report, 6)[0]).toMatchObject({ quantity: 'delta3', root: true })
    expect(verdictsOnLine(report, 6)).not.toContain('correct')
  })

  test('are of a known mistake where they are what it puts for a symbol, its value after the update', async () => {
    const lines = `${before}w_{35} = 1.108\n`
    const report = await mark(
      `${lines}\\delta_3 = y_3 (1 - y_3) w_{35} \\delta_5 = 0.731 \\cdot 0.269 \\cdot 1.108 \\cdot 0.148`,
    )
    expect(onLine(report, 7)[1]).toMatchObject({
      verdict: 'wrong',
      explanations: [expect.objectContaining({ mistake: 'new weights in the backward pass' })],
    })
    const other = await mark(
      `${lines}\\delta_3 = y_3 (1 - y_3) w_{35} \\delta_5 = 0.731 \\cdot 0.269 \\cdot 0.148 \\cdot 0.148`,
    )
    expect(onLine(other, 7)[1]).toMatchObject({
      verdict: 'transcription',
      message: '0.148 stands where w₃₅ = 1 belongs; 0.148 is δ₅',
    })
  })

  test('are carried where a symbol stands for what was wrong before', async () => {
    const report = await mark(`${forward}\n\\delta_5 = 0.248\n\\delta_3 = 0.731 \\cdot 0.269 \\cdot \\delta_5 = 0.049`)
    expect(onLine(report, 6)).toMatchObject([
      { verdict: 'carried', carriedFrom: 5 },
      { verdict: 'carried', carriedFrom: 5 },
    ])
  })
})

describe('claims', () => {
  test('a chain of three sides makes two claims, each up to its own end', async () => {
    const report = await mark('y_{target} - y_5 = 1 - 0.317 = 0.983')
    const [first, second] = onLine(report, 1)
    expect(first).toMatchObject({ column: 20, text: 'y_{target} - y_5 = 1 - 0.317', verdict: 'correct' })
    expect(second).toMatchObject({
      column: 32,
      text: 'y_{target} - y_5 = 1 - 0.317 = 0.983',
      exercise: 'ntua/1.1b',
      quantity: 'error',
      index: null,
      claimed: 0.983,
      verdict: 'arithmetic',
      root: true,
      carriedFrom: null,
      message: '1 - 0.317 is 0.683, not 0.983: one digit differs',
    })
    expect(second.expected).toBeCloseTo(1 - 1 / (1 + Math.exp(2 - 1 / (1 + Math.exp(-1)) - 0.5)), 12)
  })

  test('a vector with one wrong cell makes one claim, of that cell', async () => {
    const report = await mark(String.raw`h_1 = \begin{bmatrix} 5 \\ 3 \end{bmatrix}`, exercise13)
    expect(onLine(report, 1)).toMatchObject([{ quantity: 'h1', index: 1, claimed: 3, expected: 2, verdict: 'wrong' }])
  })

  test('a vector that is right makes one claim of the whole', async () => {
    const report = await mark(String.raw`h_1 = \begin{bmatrix} 5 \\ 2 \end{bmatrix}`, exercise13)
    expect(onLine(report, 1)).toMatchObject([
      { index: null, claimed: [[5], [2]], expected: [5, 2], verdict: 'correct' },
    ])
  })

  test('a vector of the wrong length is wrong, and says so', async () => {
    const report = await mark(String.raw`h_1 = \begin{bmatrix} 5 \\ 2 \\ 1 \end{bmatrix}`, exercise13)
    expect(onLine(report, 1)).toMatchObject([{ verdict: 'wrong', message: 'has 3 entries, should have 2' }])
  })

  test('a shape is one claim', async () => {
    const report = await mark('> the dimensions of the output are 55\\times55\\times96', exercise12)
    expect(onLine(report, 1)).toMatchObject([{ quantity: 'outputShape', verdict: 'correct' }])
  })

  test('a symbol that the exercise does not know is unread, not wrong', async () => {
    const report = await mark(String.raw`\kappa_7 = \lambda_2 \cdot 3`)
    expect(report.unread).toMatchObject([{ line: 1, why: 'lambda_2 stands for nothing in ntua/1.1b' }])
  })

  test('what is asked for and not found is missing', async () => {
    const report = await mark(forward)
    const missing = report.claims.filter(({ verdict }) => verdict === 'missing').map(({ quantity }) => quantity)
    expect(missing).toContain('error')
    expect(missing).toContain('newW35')
    expect(missing).not.toContain('y5')
    expect(report.summary.missing).toBe(missing.length)
  })
})

describe('verdicts', () => {
  test('what agrees is correct', async () => {
    const report = await mark(forward)
    for (const line of [1, 2, 3, 4]) expect(new Set(verdictsOnLine(report, line))).toEqual(new Set(['correct']))
  })

  test('a last digit that rounded values explain is rounded', async () => {
    const report = await mark('y_3 = 0.73\ny_4 = 0.5\na_5 = -2 + 0.73 + 0.5 = -0.770')
    expect(verdictsOnLine(report, 3)).toEqual(['correct', 'rounded'])
  })

  test('a value that follows from an earlier wrong one is carried, from its line', async () => {
    const report = await mark(String.raw`y_3 = \frac{1}{1 + e^{1}} = 0.269
y_4 = 0.5
a_5 = -2 + 0.269 + 0.5 = -1.231
y_5 = 0.226`)
    expect(onLine(report, 1)[0]).toMatchObject({ verdict: 'transcription', root: true })
    expect(onLine(report, 4)).toMatchObject([{ verdict: 'carried', root: false, carriedFrom: 1 }])
    expect(onLine(report, 4)[0].carriedValue).toBeCloseTo(1 / (1 + Math.exp(1.231)), 3)
  })

  test('a wrong rule is wrong, and the known mistake that yields it is named', async () => {
    const report = await mark(`${forward}\n\\delta_5 = 0.683`)
    const [claim] = onLine(report, 5)
    expect(claim).toMatchObject({ verdict: 'wrong', root: true })
    expect(claim.explanations.length).toBeGreaterThan(0)
  })

  test('the right value after a wrong rule is unsupported', async () => {
    const report = await mark(`${forward}\n\\delta_5 = 0.683\n\\delta_3 = 0.029`)
    expect(verdictsOnLine(report, 6)).toEqual(['unsupported'])
  })

  test('a formula that is not the quantity’s is wrong where its value is, unsupported where the value is right', async () => {
    const wrong = await mark(String.raw`${forward}
\delta_5 = (y_{target} - y_5) \cdot y_5 = 0.217`)
    expect(verdictsOnLine(wrong, 5)).toEqual(['wrong', 'wrong'])
    expect(onLine(wrong, 5).map(({ root }) => root)).toEqual([true, false])
    const right = await mark(String.raw`${forward}
\delta_5 = (y_{target} - y_5) \cdot y_5 = 0.148`)
    expect(verdictsOnLine(right, 5)).toEqual(['unsupported', 'correct'])
  })

  test('a formula in which values of the given data have been put in is correct', async () => {
    const report = await mark('a_3 = w_{03} + w_{13} - w_{23} = 1')
    expect(verdictsOnLine(report, 1)).toEqual(['correct', 'correct'])
  })

  test('a numeral of another quantity is a transcription, though the arithmetic is right', async () => {
    const report = await mark(String.raw`${forward}
\delta_5 = 0.148
\Delta w_{35} = \eta \cdot \delta_5 \cdot y_3 = 1 \cdot 0.148 \cdot 0.5 = 0.074`)
    expect(verdictsOnLine(report, 6)).toEqual(['correct', 'transcription', 'transcription'])
    expect(onLine(report, 6).map(({ root }) => root)).toEqual([false, true, false])
    expect(onLine(report, 6)[1].message).toBe('0.5 stands where y₃ = 0.731 belongs; 0.5 is y₄')
  })

  test('a miswritten numeral is a transcription, though the result is right', async () => {
    const report = await mark(String.raw`a_5 = -0.769
y_5 = \frac{1}{1 + e^{0.317}} = 0.317`)
    expect(verdictsOnLine(report, 2)).toEqual(['transcription', 'correct'])
    expect(onLine(report, 2)[0].message).toBe('0.317 stands where −a₅ = 0.769 belongs; 0.317 is y₅')
  })

  test('a lost sign in an exponent is a transcription of sign', async () => {
    const report = await mark(String.raw`a_5 = -0.769
y_5 = \frac{1}{1 + e^{-0.769}} = 0.317`)
    expect(onLine(report, 2)[0]).toMatchObject({ verdict: 'transcription', root: true })
    expect(onLine(report, 2)[0].message).toContain('the sign is wrong')
  })

  test('a slip of the pen costs once: the true value may come back', async () => {
    const report = await mark(String.raw`${forward}
y_{target} - y_5 = 1 - 0.317 = 0.983
\delta_5 = 0.683 \cdot 0.317 \cdot 0.683 = 0.148`)
    expect(verdictsOnLine(report, 5)).toEqual(['correct', 'arithmetic'])
    expect(verdictsOnLine(report, 6)).toEqual(['correct', 'correct'])
  })

  test('a given datum that was copied wrongly is a transcription, and what follows is carried', async () => {
    const report = await mark('w_{03} = -2\na_3 = -2 + 1 + 1 = 0')
    expect(verdictsOnLine(report, 1)).toEqual(['transcription'])
    expect(verdictsOnLine(report, 2)).toEqual(['carried', 'carried'])
  })

  test('numerals with two readings are read in the solution’s favour', async () => {
    const report = await mark(String.raw`Units = 55 \cdot 55 \cdot 96 = 290.400`, exercise12)
    expect(verdictsOnLine(report, 1)).toEqual(['correct', 'correct'])
  })

  test('an answer in symbols is right for all their values, or wrong', async () => {
    const report = await mark(
      String.raw`\Delta w_{13} = d_3
\Delta w_{23} = d_3`,
      exercise11a,
    )
    expect(verdictsOnLine(report, 1)).toEqual(['correct'])
    expect(verdictsOnLine(report, 2)).toEqual(['wrong'])
  })

  test('a wrong zero that makes the rest trivial is pointed out', async () => {
    const report = await mark('y_3 = 0')
    expect(report.findings.map(({ finding }) => finding)).toContain(
      'y₃ is wrongly 0 here: what is computed from it becomes trivial',
    )
  })
})

describe('stages', () => {
  test('a symbol stands for the new value where it appears again', async () => {
    const report = await mark(`${forward}
\\delta_5 = 0.148
\\Delta w_{05} = 0.148
# New values
w_{05} = -1.852
y_5 = 0.388`)
    expect(onLine(report, 8)).toMatchObject([{ quantity: 'newW05', verdict: 'correct' }])
    expect(onLine(report, 9)).toMatchObject([{ quantity: 'newY5', verdict: 'correct' }])
  })

  test('the sheet’s w₁₅ is read as w₃₅', async () => {
    const report = await mark(String.raw`a_5 = w_{05} \cdot x_0 + w_{15} \cdot y_3 + w_{25} \cdot y_4`)
    expect(onLine(report, 1)).toMatchObject([{ verdict: 'correct', notes: ['w₁₅ read as w₃₅', 'w₂₅ read as w₄₅'] }])
  })
})

describe('conventions', () => {
  test('the convention that contradicts the solution least is taken, and named', async () => {
    const report = await mark(String.raw`${forward}
E = \frac{1}{2} (y_{target} - y_5)^2 = 0.233
\delta_5 = 0.148`)
    expect(report.exercises).toEqual([{ exercise: 'ntua/1.1b', convention: 'halved squared error, descent' }])
    expect(verdictsOnLine(report, 5)).toEqual(['correct', 'correct'])
  })

  test('where the data do not tell, the convention is undetermined', async () => {
    const report = await mark('y_3 = 0.731')
    expect(report.exercises).toEqual([{ exercise: 'ntua/1.1b', convention: 'undetermined' }])
  })

  test('mixing two conventions is a finding', async () => {
    const report = await mark(String.raw`${forward}
E = y_{target} - y_5 = 0.683
\delta_5 = (y_{target} - y_5) \cdot y_5 \cdot (1 - y_5) = 0.148
\delta_3 = 0.029
\Delta w_{35} = 0.108
# New values
E = (1 - 0.388)^2 = 0.375`)
    expect(report.findings.some(({ finding }) => finding.startsWith('mixes two conventions'))).toBe(true)
  })
})

describe('habits', () => {
  test('a solution that cuts decimals off throughout is correct', async () => {
    const report = await mark(
      'y_3 = 0.7310\na_5 = -0.7689\ny_5 = 0.3167\ny_{target} - y_5 = 0.6832\n\\delta_5 = 0.1478',
    )
    const rights = report.claims.filter(({ verdict }) => verdict !== 'missing')
    expect(new Set(rights.map(({ verdict }) => verdict))).toEqual(new Set(['correct']))
  })

  test('a single value cut in a solution that rounds is rounded', async () => {
    const report = await mark(`${forward}\ny_{target} - y_5 = 0.683\n\\delta_5 = 0.147`)
    expect(verdictsOnLine(report, 6)).toEqual(['rounded'])
  })
})

describe('answer sheets', () => {
  const sheet = (text: string, exercise = 'ntua/1.1b') =>
    markDocument(answerSheet(exercise, text), { exercises: [exercise11b, exercise13] })

  test('entries are found in any usual spelling, new values under new and after', async () => {
    const report = await sheet('y5: 0.317\ndelta_5: 0.148\nnew w_35: 1.108\nafter/y5: 0.388')
    expect(report.claims.filter(({ verdict }) => verdict === 'correct').map(({ quantity }) => quantity)).toEqual([
      'y5',
      'delta5',
      'newW35',
      'newY5',
    ])
  })

  test('entries are judged in the order of the computation, not of the file', async () => {
    const report = await sheet('y_5: 0.226\na_5: -1.231')
    expect([...onLine(report, 1), ...onLine(report, 2)]).toMatchObject([
      { quantity: 'y5', verdict: 'carried', carriedFrom: 2 },
      { quantity: 'a5', verdict: 'wrong', root: true },
    ])
  })

  test('an unknown quantity is unread, with the nearest known one', async () => {
    const report = await sheet('errror: 0.683')
    expect(report.unread).toMatchObject([{ line: 1, why: 'ntua/1.1b has no quantity errror; did you mean error?' }])
  })

  test('an unknown exercise is unread, with the nearest known one', async () => {
    const report = await sheet('y_5: 0.317', 'ntua/1.1x')
    expect(report.unread).toMatchObject([{ line: 1, why: 'there is no exercise ntua/1.1x; did you mean ntua/1.1b?' }])
  })
})

describe('lines of no known exercise', () => {
  test('their own arithmetic is checked', async () => {
    const document = handwritten({ ...exercise11b, heading: { number: '9.9' } }, 'q = 2 \\cdot 3 = 7\n4 = 2 + 2')
    const report = await markDocument(document, { exercises: [exercise11b] })
    expect(report.claims).toMatchObject([
      { exercise: null, verdict: 'arithmetic', line: 1 },
      { exercise: null, verdict: 'correct', line: 2 },
    ])
    expect(report.unread).toHaveLength(1)
    expect(report.exercises).toEqual([])
  })

  test('inequalities between numbers are right or false, and not taken for equalities', async () => {
    const document = handwritten(
      { ...exercise11b, heading: { number: '9.9' } },
      '0.26894 \\leq 0.5\n0.6 \\leq 0.5\n2 < 3',
    )
    const report = await markDocument(document, { exercises: [exercise11b] })
    expect(report.claims).toMatchObject([
      { verdict: 'correct', line: 1 },
      { verdict: 'arithmetic', line: 2, message: '0.6 ≤ 0.5 is false' },
      { verdict: 'correct', line: 3 },
    ])
  })

  test('an inequality of a quantity is right, or a condition that claims nothing', async () => {
    const report = await mark('y_5 > 0\ny_5 > 0.5\ny_5 = 0.317 \\leq 0.5')
    expect(verdictsOnLine(report, 1)).toEqual(['correct'])
    expect(verdictsOnLine(report, 2)).toEqual([])
    expect(report.unread).toMatchObject([{ line: 2, why: 'a condition, which claims nothing' }])
    expect(verdictsOnLine(report, 3)).toEqual(['correct', 'correct'])
  })

  test('a number that exercises of several sources have is asked about, unless one of them is meant', async () => {
    const numbered = (id: string): Exercise => ({ ...exercise11b, id, heading: { number: '4' } })
    const exercises = [numbered('fer/4'), numbered('sharif/4')]
    const document = handwritten(exercises[0], 'y_5 = 0.317')
    const report = await markDocument(document, { exercises })
    expect(report.unread).toMatchObject([
      { line: 1, why: 'exercise 4 may be fer/4 or sharif/4: name it in the heading, or with --exercise' },
    ])
    expect(report.exercises).toEqual([])
    const meant = await markDocument(document, { exercises, exercise: 'sharif/4' })
    expect(meant.exercises).toMatchObject([{ exercise: 'sharif/4' }])
  })

  test('an exercise can be named from outside', async () => {
    const anonymous = handwritten(exercise11b, 'y_5 = 0.317')
    const document = {
      ...anonymous,
      items: anonymous.items.map((item) =>
        item.kind === 'entry' ? item : { ...item, section: { ...item.section, number: undefined, part: undefined } },
      ),
    }
    const report = await markDocument(document, { exercises: [exercise11b], exercise: 'ntua/1.1b' })
    expect(onLine(report, 1)).toMatchObject([{ quantity: 'y5', verdict: 'correct' }])
  })
})
