import { afterAll, describe, expect, it } from 'vitest'
import { firstCatch } from '../bench/lawPower.js'
import { contract } from '../oracle/index.js'
import { mistakesOf } from './index.js'

const seeds = [1, 2, 3, 4, 5]
const casesALaw = 100

describe('every mistake breaks a law', () => {
  const table: string[] = []

  it.each(Object.keys(contract))('of %s', async (operator) => {
    const survivors: string[] = []
    for (const mistake of mistakesOf(operator)) {
      const caughtBy = new Set<string>()
      for (const seed of seeds) {
        const { by } = await firstCatch(mistake, seed, casesALaw)
        if (by.length === 0) survivors.push(`${mistake.name} (seed ${seed})`)
        for (const { law, cases } of by) caughtBy.add(`${law} (case ${cases}, seed ${seed})`)
      }
      table.push(`${mistake.name}: ${[...caughtBy].join('; ')}`)
    }
    expect(survivors).toEqual([])
  })

  afterAll(() => console.log(table.join('\n')))
})
