import { beforeEach, describe, expect, test } from 'vitest'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import type { Box } from './boxes.js'
import type { Numeral } from './expression/ast.js'
import { readFragment } from './expression/reader.js'
import { numeralsOf } from './expression/walk.js'
import { Replay } from './replay.js'
import { SymbolIndex } from './symbols.js'
import { World } from './world.js'

const index = new SymbolIndex(exercise11b)
const conventions = exercise11b.conventions.map(({ conventions: [first] }) => first)
let replay: Replay

beforeEach(async () => {
  const world = await World.of(index, conventions, {})
  replay = new Replay(world, { half: 0.0005, significant: undefined }, 'rounds')
})

/** Keeps a number of the solution, and what its digits leave open of it. */
function record(name: string, value: number, [low, high]: readonly [number, number]): void {
  const written: Box = { shape: [], low: [low], high: [high] }
  replay.record(name, { values: [value], written, fair: written, meant: [], rootLine: undefined, lapse: 'slip' })
}

function numeral(text: string): Numeral {
  return numeralsOf(readFragment(text, { offset: 0 }).chains[0].sides[0])[0]
}

describe('a numeral that repeats a written value', () => {
  test('stands for what that leaves open', () => {
    record('y5', 0.317, [0.3166, 0.3172])
    expect(replay.rangeOfNumeral(numeral('0.317'))).toEqual([0.3166, 0.3172])
    expect(replay.rangeOfNumeral(numeral('0.318'))).toBeUndefined()
  })

  test('does so without the sign, which stands before it', () => {
    record('a5', -0.769, [-0.7695, -0.7688])
    expect(replay.rangeOfNumeral(numeral('-0.769'))).toEqual([0.7688, 0.7695])
    expect(replay.rangeOfNumeral(numeral('-0.769'), ['a5', 'y4'])).toEqual([0.7688, 0.7695])
  })

  test('of the named only, where any are', () => {
    record('y5', 0.317, [0.3166, 0.3172])
    record('y3', 0.317, [0.3168, 0.3174])
    expect(replay.rangeOfNumeral(numeral('0.317'), ['y3'])).toEqual([0.3168, 0.3174])
    expect(replay.rangeOfNumeral(numeral('0.317'), ['y4'])).toBeUndefined()
    expect(replay.rangeOfNumeral(numeral('0.317'))).toEqual([0.3166, 0.3174])
  })

  test('stands for the value that was written last', () => {
    record('y5', 0.317, [0.3166, 0.3172])
    expect(replay.rangeOfNumeral(numeral('0.317'))).toBeDefined()
    record('y5', 0.417, [0.4166, 0.4172])
    expect(replay.rangeOfNumeral(numeral('0.317'))).toBeUndefined()
    expect(replay.rangeOfNumeral(numeral('0.417'))).toEqual([0.4166, 0.4172])
  })
})
