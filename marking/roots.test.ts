import { describe, expect, test } from 'vitest'
import type { Exercise } from '../exercises/exercise.js'
import { exercise3 as fer3 } from '../exercises/fer/3.js'
import { layerNormalization } from '../exercises/lecture/layer-norm.js'
import { loss } from '../exercises/lecture/loss.js'
import { positionalEncoding } from '../exercises/lecture/positional-encoding.js'
import { seq2seq } from '../exercises/lecture/seq2seq.js'
import { exerciseVgg } from '../exercises/lecture/vgg.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { exercise11c } from '../exercises/ntua/1.1c.js'
import { exercise12 } from '../exercises/ntua/1.2.js'
import { exercise13 } from '../exercises/ntua/1.3.js'
import { exercise22 } from '../exercises/ntua/2.2.js'
import { sharif2 } from '../exercises/sharif/2.js'
import { sharifP2 } from '../exercises/sharif/p2.js'
import { faultySolutions } from './fixtures/faulty.js'
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

  test('the value that a line’s own numerals give may come back, rounded as they are', async () => {
    // 1.636 for −0.779 + 1.221 + 1.221, which is 1.663, and then tanh(1.663); with all digits kept it would have been 1.665.
    for await (const solution of faultySolutions(exercise11c)) {
      const { text, fault } = solution
      if (fault?.quantity !== 'newA3' || !/= 1\.636\n.*1\.663.* = 0\.931\n/.test(text)) continue
      const roots = (await marks(text, exercise11c)).filter((one) => one.endsWith(' R'))
      expect(roots).toEqual([`${fault.line} arithmetic R`])
      return
    }
    expect.unreachable()
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

describe('values of another size', () => {
  test('are carried where they follow from one of a wrong size', async () => {
    // One frequency a column instead of one a pair: 2π/ω has as many entries.
    const text = String.raw`\omega = \begin{bmatrix} 1.000 & 0.100 & 0.010 & 0.001 \end{bmatrix}`
    const lengths = (last: string) =>
      String.raw`\lambda = \begin{bmatrix} 6.283 & 62.832 & 628.319 & ${last} \end{bmatrix}`
    expect(await marks(`${text}\n${lengths('6283.185')}`, positionalEncoding)).toEqual(['1 wrong R', '2 carried < 1'])
    expect(await marks(`${text}\n${lengths('628.318')}`, positionalEncoding)).toEqual(['1 wrong R', '2 wrong R'])
  })

  test('say nothing of the lengths that the exercise gives', async () => {
    // W₁ is D_p × 2 D_x: its second length is no other D_p.
    const shapes = (bias: string) => `\\text{dim}_{W1} = 50 \\times 100\n\\text{dim}_{b1} = ${bias}`
    expect(await marks(shapes('50 \\times 1'), sharif2)).toEqual(['1 correct', '2 correct'])
    expect(await marks(shapes('100 \\times 1'), sharif2)).toEqual(['1 correct', '2 wrong R'])
  })
})

describe('true values after an error', () => {
  test('are right where one entry of several was miswritten', async () => {
    const text = (target: string) => `y = \\begin{bmatrix} ${target} \\end{bmatrix}\nL = 1.609`
    expect(await marks(text('0 & 0 & 0 & 1 & 4 & 0'), loss)).toEqual(['1 wrong R', '2 correct'])
    expect(await marks(text('0.12 & 0.34 & 0.12 & 0.14 & 0.1 & 0.18'), loss)).toContain('2 unsupported R')
  })

  test('speak for no convention under which they come back more often', async () => {
    // After 1.003 for 1, a sign that is wrong under another convention would let the true values come back.
    const report = await markDocument(
      handwritten(
        exercise11c,
        String.raw`a_3 = -1 \cdot 1 + 1 \cdot 1 + -1 \cdot (-1) = 1.003
y_3 = 0.763
a_5 = -1.237
y_5 = -0.845
\delta_5 = 0.528
\delta_3 = 0.221
\delta_4 = 0.528
\Delta w_{03} = 0.221
\Delta w_{13} = 0.221
\Delta w_{23} = -0.221
\Delta w_{35} = 0.403`,
      ),
      { exercises: [exercise11c] },
    )
    expect(report.exercises).toEqual([{ exercise: 'ntua/1.1c', convention: 'descent' }])
    expect(report.claims.filter(({ root, verdict }) => root && verdict !== 'missing')).toMatchObject([
      { line: 1, verdict: 'arithmetic' },
    ])
  })
})

describe('one unit of the last place', () => {
  test('is too much where a numeral repeats a value that is exact', async () => {
    const mean = (value: string) => String.raw`h = \begin{bmatrix} 3.000 & -1.000 & 4.000 & 0.000 \end{bmatrix}
\mu = \operatorname{mean}\left(\begin{bmatrix} 3.000 & -1.000 & 4.000 & 0.000 \end{bmatrix}\right) = ${value}`
    expect((await marks(mean('1.500'), layerNormalization)).at(-1)).toBe('2 correct')
    expect((await marks(mean('1.499'), layerNormalization)).at(-1)).toBe('2 arithmetic R')
  })

  test('is too much beside numbers that the exercise’s own formula has', async () => {
    // Bilinear weights: 0.75·8 + 0.25·6 = 7.5.
    const enlarged = (entry: string) => String.raw`P = \begin{bmatrix} 8 & 6 \\ 9 & 12 \end{bmatrix}
E = \begin{bmatrix} 1 & 0 \\ 0.75 & 0.25 \\ 0.25 & 0.75 \\ 0 & 1 \end{bmatrix} \cdot \begin{bmatrix} 8 & 6 \\ 9 & 12 \end{bmatrix} \cdot \begin{bmatrix} 1 & 0.75 & 0.25 & 0 \\ 0 & 0.25 & 0.75 & 1 \end{bmatrix} = \begin{bmatrix} 8 & ${entry} & 6.5 & 6 \\ 8.25 & 8.0625 & 7.6875 & 7.5 \\ 8.75 & 9.1875 & 10.0625 & 10.5 \\ 9 & 9.75 & 11.25 & 12 \end{bmatrix}`
    expect((await marks(enlarged('7.5'), exercise22)).at(-1)).toBe('2 correct')
    expect((await marks(enlarged('7.52'), exercise22)).at(-1)).toBe('2 arithmetic R')
  })

  test('of a count of millions is no rounding', async () => {
    const counted = (value: string) => marks(`M_{conv12} = ${value}`, exerciseVgg)
    expect(await counted('1849688064')).toEqual(['1 correct'])
    expect(await counted('1849688065')).toEqual(['1 wrong R'])
  })

  test('is no cut where the right value is nearer than rounding tells', async () => {
    // The softmax of (15, 60, 15, 35) is 1 to eleven places, and 5 times it is no 5.001.
    const aligned = (value: string) => String.raw`e = \begin{bmatrix} 15 & 60 & 15 & 35 \end{bmatrix}
\alpha = \begin{bmatrix} 0.000 & 1.000 & 0.000 & 0.000 \end{bmatrix}
A = \begin{bmatrix} 0 & 0 & 0 \\ ${value} & 0.000 & 1.000 \\ 0 & 0 & 0 \\ 0 & 0 & 0 \end{bmatrix}`
    expect((await marks(aligned('5.000'), seq2seq)).at(-1)).toBe('3 correct')
    expect((await marks(aligned('5.001'), seq2seq)).at(-1)).toBe('3 wrong R')
  })
})

test('another count that is accepted excuses no false sum', async () => {
  expect(await marks('\\text{parameters} = 7', fer3)).toEqual(['1 correct'])
  expect(await marks('\\text{parameters} = 2 + 1 + 1 + 1 + 1 = 7', fer3)).toEqual(['1 correct', '1 arithmetic R'])
})
