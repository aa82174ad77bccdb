import { describe, expect, test } from 'vitest'
import { markText, present } from './fixtures/marked.js'

const verdictsIn = async (exercise: string, line: string) =>
  present((await markText(`$${line}$\n`, exercise)).claims).map(({ verdict }) => verdict)

describe('vectors as columns', () => {
  test.each([
    ['lecture/transfer', String.raw`W_3' = W_3 - \eta \delta_3 h_2^T`],
    ['sharif/2', String.raw`\frac{\partial J}{\partial W_3} = (q - y) p^T`],
  ])('make a matrix with a row behind them, in %s: %s', async (exercise, line) => {
    expect(await verdictsIn(exercise, line)).toEqual(['correct'])
  })

  test.each([
    ['lecture/transfer', String.raw`W_3' = W_3 + \eta \delta_3 h_2^T`],
    ['lecture/transfer', String.raw`W_3' = W_3 - \eta h_2 \delta_3^T`],
  ])('do not make a wrong formula of %s right: %s', async (exercise, line) => {
    expect(await verdictsIn(exercise, line)).toEqual(['wrong'])
  })
})

describe('an equation of given data with itself', () => {
  test.each([
    ['ntua/2.3', String.raw`\theta_k = m \theta_k + (1 - m) \theta_q = 0.75 (3, 0.5) + 0.25 (1, -2) = (2.5, -0.125)`],
    ['ntua/2.3', String.raw`\theta_k \leftarrow m \theta_k + (1 - m) \theta_q`],
    ['lecture/transfer', String.raw`W_3 \leftarrow W_3 - \eta G_3`],
  ])('is what the step makes of them, in %s: %s', async (exercise, line) => {
    const verdicts = await verdictsIn(exercise, line)
    expect(new Set(verdicts)).toEqual(new Set(['correct']))
  })

  test('is wrong where the step is another', async () => {
    expect(await verdictsIn('ntua/2.3', String.raw`\theta_k = m \theta_q + (1 - m) \theta_k`)).toEqual(['wrong'])
  })
})

test('a mask may be 0 and −∞, and is added then', async () => {
  expect(await verdictsIn('lecture/masks', String.raw`A = \mathrm{softmax}(S + M)`)).toEqual(['correct'])
  expect(await verdictsIn('lecture/masks', String.raw`A = \mathrm{softmax}(S - M)`)).toEqual(['wrong'])
})
