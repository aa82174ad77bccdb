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
