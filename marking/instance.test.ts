import { describe, expect, test } from 'vitest'
import { markText, present } from './fixtures/marked.js'

describe('the small instance of an exercise with a general model', () => {
  test.each([
    ['lecture/multi-head', String.raw`S_1' = \frac{S_1}{\sqrt{d_k}}`],
    ['lecture/multi-head', String.raw`P_1 = \mathrm{softmax}(Q_1 K_1^T / \sqrt{d_k})`],
    ['lecture/multi-head', String.raw`\mathrm{head}_1 = \mathrm{softmax}\left(\frac{Q_1 K_1^T}{\sqrt{d_k}}\right) V_1`],
    ['lecture/multi-head', String.raw`P_2 = \mathrm{softmax}(Q_2 K_2^T / \sqrt{d/h})`],
    ['sharif/4', String.raw`V' = \mathrm{softmax}(\frac{Q K^T}{\sqrt{D}}) V`],
  ])('may have the formulas of %s in the symbols of the model: %s', async (exercise, line) => {
    const { claims, unread } = await markText(`$${line}$\n`, exercise)
    expect(present(claims).map(({ verdict }) => verdict)).toEqual(['correct'])
    expect(unread).toEqual([])
  })

  test.each([
    ['lecture/multi-head', String.raw`\mathrm{head}_1 = \mathrm{softmax}(Q_1 K_1^T / d_k) V_1`],
    ['lecture/multi-head', 'd_k = d \\cdot h'],
    ['sharif/4', String.raw`V' = \mathrm{softmax}(Q K^T / D) V`],
  ])('makes no wrong formula of %s right: %s', async (exercise, line) => {
    expect(present((await markText(`$${line}$\n`, exercise)).claims)).toMatchObject([{ verdict: 'wrong', root: true }])
  })
})
