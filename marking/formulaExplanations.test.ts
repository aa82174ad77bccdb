import { describe, expect, it } from 'vitest'
import { markText } from './fixtures/marked.js'

async function explanationsOf(line: string, exercise: string): Promise<readonly string[]> {
  const { claims } = await markText(`$${line}$\n`, exercise)
  const wrong = claims.find(({ verdict, root }) => verdict === 'wrong' && root)
  return wrong?.explanations.map(({ mistake }) => mistake) ?? []
}

describe('a wrong formula', () => {
  it.each([
    ['ntua/1.1b', '\\delta_4 = y_4 w_{45} \\delta_5', 'output in place of the derivative'],
    ['ntua/1.1a', '\\Delta w_{23} = d_3', 'sign of the input lost'],
    // Of a step that is put in for its symbol.
    ['ntua/2.1b', 'A = softmax(Q K^T / 2)', 'root left out'],
    ['ntua/2.1b', 'Z = softmax(S) V', 'softmax of the unscaled scores'],
  ])('of %s is explained by the mistake whose rule it is: %s', async (exercise, line, mistake) => {
    expect(await explanationsOf(line, exercise)).toContain(mistake)
  })

  it('that is no known rule is not explained', async () => {
    expect(await explanationsOf('A = softmax(Q K^T / 5)', 'ntua/2.1b')).toEqual([])
    expect(await explanationsOf('\\delta_4 = y_3 w_{35} \\delta_5 \\delta_5', 'ntua/1.1b')).toEqual([])
  })
})

describe('a wrong result of numerals that are right', () => {
  it('is a slip, though a known mistake would have come to the same', async () => {
    // Without (1 − y₄), the output in place of the derivative: 0.5·0.148 = 0.074.
    const line = '\\delta_4 = 0.5 \\cdot 0.5 \\cdot 1 \\cdot 0.148 = 0.074'
    const { claims } = await markText(`$y_4 = 0.5$\n\n$\\delta_5 = 0.148$\n\n$${line}$\n`, 'ntua/1.1b')
    expect(claims.find(({ verdict }) => verdict === 'arithmetic')?.explanations).toEqual([])
    const bare = await markText('$y_4 = 0.5$\n\n$\\delta_5 = 0.148$\n\n$\\delta_4 = 0.074$\n', 'ntua/1.1b')
    const wrong = bare.claims.find(({ verdict }) => verdict === 'wrong')
    expect(wrong?.explanations.map(({ mistake }) => mistake)).toContain('output in place of the derivative')
  })
})

describe('a wrong product of matrices', () => {
  const explanationsOfProduct = async (result: string): Promise<readonly (readonly string[])[]> => {
    const text = String.raw`$$Q = X \cdot W_Q = \begin{bmatrix} -2 & 1 & 0.5 \\ 1 & 1.5 & -0.5 \\ -1.5 & 1 & -0.5 \\ -2 & -2.5 & 1.5 \end{bmatrix} \cdot \begin{bmatrix} 1 & -1.5 \\ 0 & 2 \\ -0.5 & 1 \end{bmatrix} = \begin{bmatrix} ${result} \end{bmatrix}$$`
    const { claims } = await markText(`${text}\n`, 'ntua/2.1b')
    return claims.flatMap(({ verdict, explanations }) =>
      verdict === 'arithmetic' ? [explanations.map(({ mistake }) => mistake)] : [],
    )
  }

  it('is explained where a known mistake yields several wrong numbers of it and the right ones', async () => {
    const mistaken = String.raw`-2.25 & 4.5 \\ 1.25 & 2 \\ -1.25 & 4.75 \\ -2.75 & -3.5`
    expect(await explanationsOfProduct(mistaken)).toEqual(Array(4).fill(['sign of the last weight']))
  })

  it('is not explained where one of them is none of it, nor where one number is wrong', async () => {
    const other = String.raw`-2.25 & 4.5 \\ 1.25 & 2 \\ -1.25 & 4.75 \\ -2.75 & -3`
    expect(await explanationsOfProduct(other)).toEqual(Array(4).fill([]))
    const slip = String.raw`-2.25 & 4.5 \\ 1.25 & 1 \\ -1.25 & 3.75 \\ -2.75 & -0.5`
    expect(await explanationsOfProduct(slip)).toEqual([[]])
  })
})
