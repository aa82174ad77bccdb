import { describe, expect, it } from 'vitest'
import { scalar } from '../oracle/tensor.js'
import { defaultGiven } from './exercise.js'
import { exercises, findExercise, type WorkedSolution } from './index.js'
import { showExercise } from './show.js'

async function shown(id: string, options?: Parameters<typeof showExercise>[1]): Promise<WorkedSolution> {
  const exercise = findExercise(id)
  if (exercise === undefined) throw new Error(`no exercise ${id}`)
  return showExercise(exercise, options)
}

describe('showExercise', () => {
  it('works an exercise out step by step', async () => {
    const { steps, given, conventions } = await shown('ntua/1.1b')
    const texts = steps.map(({ text }) => text)
    // σ(1) = 0.7311, σ(0) = ½, a₅ = −2 + 1.2311, σ(a₅) = 0.3167.
    expect(texts.slice(0, 7)).toEqual([
      'a₃ = w₀₃ · x₀ + w₁₃ · x₁ + w₂₃ · x₂ = 1',
      'y₃ = 1/(1 + e^(−a₃)) = 0.7311',
      'a₄ = w₀₄ · x₀ + w₁₄ · x₁ + w₂₄ · x₂ = 0',
      'y₄ = 1/(1 + e^(−a₄)) = 0.5',
      'a₅ = w₀₅ · x₀ + w₃₅ · y₃ + w₄₅ · y₄ = −0.7689',
      'y₅ = 1/(1 + e^(−a₅)) = 0.3167',
      'error = y_target − y₅ = 0.6833',
    ])
    expect(texts).toContain('δ₅ = (y_target − y₅) · y₅ · (1 − y₅) = 0.1479')
    expect(given.map(({ symbol, valueText }) => `${symbol} = ${valueText}`)).toContain('x₂ = −1')
    expect(conventions.map(({ name }) => name)).toEqual(['difference', 'descent'])
    expect(steps.filter(({ asked }) => asked).map(({ symbol }) => symbol)).toEqual([
      'y₅',
      'error',
      ...['w₀₃', 'w₁₃', 'w₂₃', 'w₀₄', 'w₁₄', 'w₂₄', 'w₀₅', 'w₃₅', 'w₄₅'],
      'y₅',
      'error',
    ])
  })

  it('follows the convention and the given data that are asked for', async () => {
    const exercise = exercises[1]
    const squared = exercise.conventions[0].conventions[2]
    const given = { ...defaultGiven(exercise), target: scalar(0) }
    const { steps, conventions } = await shown('ntua/1.1b', { given, conventions: [squared] })
    expect(conventions.map(({ name }) => name)).toEqual(['squared error', 'descent'])
    // σ(−0.7689)² = 0.1003.
    expect(steps.map(({ text }) => text)).toContain('error = (y_target − y₅)² = 0.1003')
  })

  it('prints shapes, vectors and large numbers', async () => {
    const convolution = (await shown('ntua/1.2')).steps.map(({ text }) => text)
    expect(convolution).toContain('output dimensions = w₂ × h₂ × d₂ = 55 × 55 × 96')
    expect(convolution).toContain('units = w₂ · h₂ · d₂ = 290400')
    const recurrent = (await shown('ntua/1.3')).steps.map(({ text }) => text)
    expect(recurrent).toContain('h₃ = ReLU(W_wh · x₃ + W_hh · h₂ + b_h) = [9, 4]')
  })

  it.each(exercises.map(({ id }) => [id]))('yields plain data for %s', async (id) => {
    const solution = await shown(id, { extent: 'reduced' })
    // JSON has no −0; everything else comes back as it was.
    expect(JSON.parse(JSON.stringify(solution))).toEqual(withoutNegativeZeros(solution))
    expect(solution.experiments.flatMap(({ findings }) => findings).every(({ holds }) => holds)).toBe(true)
  })
})

function withoutNegativeZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNegativeZeros)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutNegativeZeros(inner)]))
  return value === 0 ? 0 : value
}
