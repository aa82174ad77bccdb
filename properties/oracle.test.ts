import { describe, expect, it } from 'vitest'
import { contract, oracle } from '../oracle/index.js'
import { laws, runLaws } from './index.js'

describe.each(Object.keys(contract))('the oracle’s %s', (operator) => {
  const own = laws.filter((law) => law.operator === operator)

  it.each(own.map(({ name }) => name))('%s', async (name) => {
    const report = await runLaws(oracle, { operators: [operator], laws: [name], seed: 1 })
    const [law] = report.operators[operator].laws
    expect(law).toMatchObject({ status: 'held', runs: 100 })
  })

  it('has laws of distinct names, six of them mathematical at least', () => {
    expect(new Set(own.map(({ name }) => name)).size).toBe(own.length)
    expect(own.filter(({ kind }) => kind === 'mathematics').length).toBeGreaterThanOrEqual(6)
  })
})
