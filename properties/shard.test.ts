import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { laws } from './laws.js'
import { shardOf } from './shard.js'
import { parseShard, parseShards, shardsText } from './shardName.js'

const some = fc.subarray([...laws], { minLength: 1, maxLength: 300 })
const parts = fc.integer({ min: 1, max: 12 })

describe('shardOf', () => {
  it('puts every law in exactly one shard', () => {
    fc.assert(
      fc.property(some, parts, (chosen, of) => {
        const dealt = Array.from({ length: of }, (_, i) => shardOf(chosen, i + 1, of)).flat()
        expect(dealt).toHaveLength(chosen.length)
        expect(new Set(dealt)).toEqual(new Set(chosen))
      }),
    )
  })

  it('deals the same laws whatever their order, and keeps that order', () => {
    fc.assert(
      fc.property(some, parts, fc.nat(), (chosen, of, turn) => {
        const index = 1 + (turn % of)
        const cut = turn % chosen.length
        const turned = [...chosen.slice(cut), ...chosen.slice(0, cut)]
        const shard = shardOf(turned, index, of)
        expect(new Set(shard)).toEqual(new Set(shardOf(chosen, index, of)))
        expect(shard).toEqual(turned.filter((law) => shard.includes(law)))
      }),
    )
  })

  it('shares out every law that many operators have, within two of each other', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const shards = Array.from({ length: of }, (_, i) => shardOf(laws, i + 1, of))
        for (const name of new Set(laws.map((law) => law.name))) {
          const amounts = shards.map((shard) => shard.filter((law) => law.name === name).length)
          expect(Math.max(...amounts) - Math.min(...amounts), name).toBeLessThanOrEqual(2)
        }
      }),
      { numRuns: 12 },
    )
  })

  it('refuses a part that there is not', () => {
    for (const [index, of] of [
      [0, 2],
      [3, 2],
      [1.5, 2],
      [1, 0],
    ])
      expect(() => shardOf(laws, index, of)).toThrow(RangeError)
  })
})

describe('the name of a shard', () => {
  it('is read as it is written', () => {
    expect(parseShard('2/4')).toEqual({ index: 2, of: 4 })
    expect(parseShards('1,3/4')).toEqual({ indices: [1, 3], of: 4 })
    expect(shardsText({ indices: [1, 3], of: 4 })).toBe('1,3/4')
  })

  it.each(['0/2', '3/2', '1/0', '2', '/2', '1/2/3', '1,3/4', '01/2', '1.5/2', ' 1/2', '-1/2'])(
    'is none: %s',
    (text) => {
      expect(parseShard(text)).toBeUndefined()
    },
  )
})
