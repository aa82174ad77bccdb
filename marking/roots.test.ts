import { describe, expect, test } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { seq2seq } from '../exercises/lecture/seq2seq.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { exercise12 } from '../exercises/ntua/1.2.js'
import { exercise13 } from '../exercises/ntua/1.3.js'
import { sharifP2 } from '../exercises/sharif/p2.js'
import { handwritten } from './fixtures/handwritten.js'
import { markDocument } from './mark.js'

const forward = `y_3 = 0.731
y_4 = 0.5
a_5 = -0.769
y_5 = 0.317`

/** Verdicts line by line, with R at roots and the line of the root at carried values. */
async function marks(text: string, exercise: Exercise = exercise11b): Promise<readonly string[]> {
  const { claims } = await markDocument(handwritten(exercise, text), { exercises: [exercise] })
  return claims
    .filter(({ verdict }) => verdict !== 'missing')
    .map(
      ({ line, verdict, root, carriedFrom }) =>
        `${line} ${verdict}${root ? ' R' : ''}${carriedFrom === null ? '' : ` < ${carriedFrom}`}`,
    )
}

async function explained(text: string, exercise: Exercise = exercise11b) {
  const { claims } = await markDocument(handwritten(exercise, text), { exercises: [exercise] })
  return claims.find(({ root }) => root)
}

describe('the smallest set of roots', () => {
  test('a miswritten value costs once: later lines that use the true one in numerals are right', async () => {
    // δ₅ is 0.148, δ₃ = 0.731·0.269·0.148 = 0.029.
    expect(await marks(`${forward}\n\\delta_5 = 0.152\n\\delta_3 = 0.731 \\cdot 0.269 \\cdot 0.148 = 0.029`)).toEqual([
      ...['1 correct', '2 correct', '3 correct', '4 correct'],
      ...['5 wrong R', '6 correct', '6 correct'],
    ])
  })

  test('a slip of the pen in a bare value costs once: later true values are right', async () => {
    expect((await marks(`${forward}\n\\delta_5 = 0.184\n\\delta_3 = 0.029\n\\delta_4 = 0.037`)).slice(4)).toEqual([
      ...['5 wrong R', '6 correct', '7 correct'],
    ])
  })

  test('values that follow from it are carried from its line', async () => {
    // 0.731·0.269·0.184 = 0.0362, 0.25·0.184 = 0.046.
    expect((await marks(`${forward}\n\\delta_5 = 0.184\n\\delta_3 = 0.036\n\\delta_4 = 0.046`)).slice(4)).toEqual([
      ...['5 wrong R', '6 carried < 5', '7 carried < 5'],
    ])
  })

  test('two independent errors are two roots, each at its own line', async () => {
    // −2 + 0.713 + 0.5 = −0.787, σ(−0.787) = 0.313, 1 − 0.313 = 0.687.
    expect(
      await marks('y_3 = 0.713\ny_4 = 0.5\na_5 = -0.787\ny_5 = 0.313\ny_{target} - y_5 = 1 - 0.313 = 0.587'),
    ).toEqual([...['1 wrong R', '2 correct', '3 carried < 1', '4 carried < 1', '5 carried < 1', '5 arithmetic R']])
  })

  test('a height that is said to be the wrong width is carried from it', async () => {
    // (227 − 11)/4 + 1 = 55: the one was forgotten, and the square output has 54 for its height too.
    expect(await marks('w_2 = \\frac{227 - 11}{4} = 54\nh_2 = 54', exercise12)).toEqual([
      '1 wrong R',
      '1 wrong < 1',
      '2 carried < 1',
    ])
  })
})

describe('explanations', () => {
  test('where nothing known yields a wrong value, the message says so', async () => {
    const claim = await explained(`${forward}\n\\delta_5 = 0.913`)
    expect(claim?.explanations).toEqual([])
    expect(claim?.message).toMatch(/; no known mistake yields this$/)
  })

  test('where nothing known yields it but it looks like a slip of the pen, the message says so', async () => {
    // δ₅ is 0.148; of a number with two digits, nearly any other is one digit off.
    const slip = async (value: string) => (await explained(`${forward}\n\\delta_5 = ${value}`))?.message
    expect(await slip('0.184')).toMatch(/; perhaps a slip: two digits are exchanged$/)
    expect(await slip('1.479')).toMatch(/; perhaps a slip: the decimal point is in the wrong place$/)
    expect(await slip('0.19')).toMatch(/; no known mistake yields this$/)
  })

  test('a mistake in a step that was not written down is found by its result, where the digits tell', async () => {
    // δ₃ without the derivative is 1·0.1479, and Δw₀₃ = 1·δ₃·1: four digits tell it, two do not.
    const exact = 'y_3 = 0.7311\ny_4 = 0.5\na_5 = -0.7689\ny_5 = 0.3167\n\\delta_5 = 0.1479\n'
    const told = await explained(`${exact}\\Delta w_{03} = 0.1479`)
    expect(told?.explanations.map(({ mistake }) => mistake)).toEqual(['derivative of the activation forgotten'])
    const untold = await explained(`${exact}\\Delta w_{03} = 0.15`)
    expect(untold?.explanations).toEqual([])
  })

  test('a wrong one is pointed out where it drops out of products', async () => {
    const { findings } = await markDocument(handwritten(exercise11b, 'y_3 = 1'), { exercises: [exercise11b] })
    expect(findings.map(({ finding }) => finding)).toEqual([
      'y₃ is wrongly 1 here: as a factor it drops out of what is computed from it',
    ])
  })

  test('an entry among others is no factor', async () => {
    const { findings } = await markDocument(handwritten(exercise13, 'h_1 = (5, 1)'), { exercises: [exercise13] })
    expect(findings).toEqual([])
  })

  test('a class is no factor', async () => {
    const { findings } = await markDocument(handwritten(exercise13, '\\text{class} = 0'), { exercises: [exercise13] })
    expect(findings).toEqual([])
  })
})

describe('given data of the solution’s own', () => {
  test('may have other sizes than the source’s, where they go together', async () => {
    // e = H·s = (1, 2), with two states of two components.
    const given = String.raw`# Given
H = \begin{bmatrix} 1 & 0 \\ 0 & 2 \end{bmatrix}
s = \begin{bmatrix} 1 & 1 \end{bmatrix}
# Solution
`
    expect(await marks(`${given}e = \\begin{bmatrix} 1 & 2 \\end{bmatrix}`, seq2seq)).toEqual(['5 correct'])
  })

  test('0.2 is taken for the source’s 0.15, rounded, unless the solution computes with 0.2', async () => {
    // The shares are 0.8ρ, 0.1ρ and 0.1ρ.
    const sheet = (shares: string) =>
      `# Given\n\\rho = 0.2\n# Solution\n\\text{shares} = \\begin{bmatrix} ${shares} \\end{bmatrix}`
    expect(await marks(sheet('0.12 & 0.015 & 0.015'), sharifP2)).toEqual(['4 correct'])
    expect(await marks(sheet('0.16 & 0.02 & 0.02'), sharifP2)).toEqual(['4 correct'])
    expect(await marks(sheet('0.14 & 0.02 & 0.02'), sharifP2)).toEqual(['4 wrong R'])
  })
})
