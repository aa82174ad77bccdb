import { describe, expect, test } from 'vitest'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { Attempt } from './attempts.js'
import { handwritten } from './fixtures/handwritten.js'
import { statementOf } from './statements.js'
import { SymbolIndex } from './symbols.js'
import { usualDigitsOf } from './usualDigits.js'
import { World } from './world.js'

const conventions = exercise11b.conventions.map(({ conventions: [first] }) => first)

/** The verdicts on a solution's lines, and the lines that no hypothesis can save. */
async function marked(text: string) {
  const document = handwritten(exercise11b, text)
  const statements = document.items.map(statementOf)
  const solution = { statements, digits: usualDigitsOf(statements), document, surelyFalse: new Set<number>() }
  const world = await World.of(new SymbolIndex(exercise11b), conventions, {})
  const [trial] = await Attempt.begun([world], { variant: 0, habit: 'rounds' }, solution).finish(() => false)
  return { verdicts: trial.marker.drafts.map(({ claim }) => claim.verdict), surelyFalse: [...solution.surelyFalse] }
}

describe('a line whose arithmetic fails', () => {
  test('fails whatever is assumed where its own numerals do not give it', async () => {
    expect(await marked('1 - 0.317 = 0.983')).toEqual({ verdicts: ['arithmetic'], surelyFalse: [0] })
  })

  test('may be saved by another hypothesis where it is an earlier value that does not', async () => {
    // The numeral may be up to 0.3175, y₅ = σ(−0.769) only 0.3168.
    const lines = 'a_5 = -0.769\ny_5 = g(a_5) = 0.317\n1000 \\cdot 0.317 = 317.4'
    expect(await marked(lines)).toEqual({ verdicts: ['correct', 'correct', 'correct', 'arithmetic'], surelyFalse: [] })
  })
})
