import { expect, test } from 'vitest'
import { markText, verdictsOf } from './fixtures/marked.js'

const mark = (exercise: string, ...lines: readonly string[]) =>
  markText(lines.map((line) => `$${line}$\n`).join('\n'), exercise)

test('the value of a model that an exercise writes as a function is its symbol, in derivatives too', async () => {
  const report = await mark(
    'fer/4',
    'f(x_{p1}) = [1, 1, 1, 1]',
    'f_{\\theta}(x_{p2}) = [3, 3, 3, 4]',
    String.raw`\frac{\partial L}{\partial f(x_{p1})} = 2(f(x_{p1}) - f(x_{p2}))`,
    String.raw`\frac{\partial L}{\partial f(x_{p2})} = 2(f(x_{p1}) - f(x_{p2}))`,
  )
  expect(verdictsOf(report)).toEqual([
    '1 firstEmbedding correct',
    '3 secondEmbedding wrong',
    '5 firstEmbeddingGradient correct',
    '7 secondEmbeddingGradient wrong',
  ])
  expect(report.unread).toEqual([])
})

test('the network that a layer applies is its output', async () => {
  const lines = ['y = [0.7276, -2.4254, 1.2127, -0.7276]', 'FFN(y) = b_2 = [0, 0.5, -0.5, 1]']
  const sum = (last: string) => `y + FFN(y) = [0.7276, -1.9254, 0.7127, ${last}]`
  const marked = async (...all: readonly string[]) => verdictsOf(await mark('lecture/layer-norm', ...all))
  expect(await marked(...lines, sum('0.2724'))).toEqual([
    ...['1 normalized1 correct', '3 feedForward correct', '3 feedForward correct', '5 residual2 correct'],
  ])
  expect((await marked(...lines, sum('0.2742'))).at(-1)).toBe('5 residual2 wrong')
})

test('a value follows from a factor that the exercise’s formula has, as it was rounded, though it is computed without it', async () => {
  // 1/σ is 0.4851, by 2.06 it is 0.4854: −5/2.06 = −2.427, −5/σ = −2.425.
  const normalized = (second: string) => `y = (0.728, ${second}, 1.214, -0.728)`
  const marked = async (...lines: readonly string[]) => verdictsOf(await mark('lecture/layer-norm', ...lines)).at(-1)
  expect(await marked('h = (3, -1, 4, 0)', '\\sigma = 2.06', normalized('-2.427'))).toBe('5 normalized1 rounded')
  expect(await marked('h = (3, -1, 4, 0)', '\\sigma = 2.06', normalized('-2.472'))).toBe('5 normalized1 wrong')
  expect(await marked('h = (3, -1, 4, 0)', '\\sigma = 2.0616', normalized('-2.427'))).toBe('5 normalized1 wrong')
})

test('an entry of a vector may be written as the value of a function, and a state by its number above it', async () => {
  const report = await mark('sharif/3', 'a(1) = 0.4995', 'a(2) = 0.398', 'h_e^{(1)} = (1, 0)', 'h_e^{(2)} = (0, 1.2)')
  expect(verdictsOf(report)).toEqual([
    ...['1 dotWeights correct', '3 dotWeights wrong', '5 encoder correct', '7 encoder transcription'],
  ])
  expect(report.claims.filter(({ verdict }) => verdict === 'wrong')).toMatchObject([{ line: 3, index: 1 }])
})

test('an entry is that of the stage that its heading names', async () => {
  const solution = (score: string) => `## General\n\n$a = (0.091, 0.592, 0.317)$\n\n## Tanh layer\n\n$e_1 = ${score}$\n`
  const marked = async (score: string) => verdictsOf(await markText(solution(score), 'sharif/3'))
  expect(await marked('-1.5 \\cdot 0.635 = -0.953')).toEqual([
    ...['3 generalWeights correct', '7 tanhScores correct', '7 tanhScores correct'],
  ])
  expect((await marked('0')).at(-1)).toBe('7 tanhScores wrong')
})
