import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { exercises } from '../exercises/index.js'
import { type Claim, type FileReport, markFile } from '../marking/index.js'
import { everyFormat } from './fixtures/everyFormat.js'
import { marked, secretDigits, secretWord } from './fixtures/fileReports.js'
import { revealed } from './markReveal.js'

const claim: Claim = {
  ...{ line: 3, column: 34, endLine: 3, endColumn: 39, exercise: 'ntua/1.1b', quantity: 'error', index: null },
  text: 'y_{target} - y_5 = 1 - 0.317 = 0.983',
  ...{
    claimed: 0.983,
    expected: 0.683292,
    carriedValue: 0.683192,
    verdict: 'arithmetic',
    root: true,
    carriedFrom: null,
  },
  message: '1 - 0.317 is 0.683, not 0.983: one digit differs',
  explanations: [{ mistake: 'a digit', explanation: 'gives 0.983 instead of 0.6833.' }],
  notes: ['y_5 is 0.3167 on line 12'],
}

const report: FileReport = {
  ...{ file: 'a.md', exercises: [], unread: [], findings: [] },
  claims: [claim],
  summary: {
    ...{ correct: 0, rounded: 0, carried: 0, arithmetic: 1, transcription: 0, wrong: 0, unsupported: 0, missing: 0 },
    unread: 0,
  },
}

function said(changes: Partial<Claim>, level: 'verdict' | 'hint' | 'cause'): Claim {
  return revealed({ ...report, claims: [{ ...claim, ...changes }] }, level).claims[0]
}

/** A text without what the solution itself says. */
function withoutSource(text: string): string {
  return text.replaceAll(/y_\{target\}.*?0\.983/g, '')
}

describe('revealed', () => {
  it('is the report itself where the answer may be told', () => {
    expect(revealed(report, 'answer')).toBe(report)
  })

  it('says which lines are right or wrong, and no more, where only verdicts may be told', () => {
    expect(said({}, 'verdict')).toEqual({
      ...claim,
      ...{ expected: null, carriedValue: null, message: '', explanations: [], notes: [] },
    })
  })

  it.each<[string, Partial<Claim>, string]>([
    ['a false difference', {}, 'look at the subtraction of this line'],
    ['a false product', { text: 'z = 3 \\cdot 4 = 13' }, 'look at the product of this line'],
    [
      'a false sigmoid',
      { text: 'y = \\frac{1}{1 + e^{-1}} = 0.7' },
      'look at the exponential, the division and the sum of this line',
    ],
    ['a false product of negative numbers', { text: 'z = (-3) * (-4) = 13' }, 'look at the product of this line'],
    ['a numeral copied wrongly', { verdict: 'transcription' }, 'look at where each number of this line comes from'],
    ['a wrong rule', { verdict: 'wrong', text: '\\delta_5 = 0.1' }, 'look at the rule for δ₅'],
    ['a carried value', { verdict: 'carried', root: false, carriedFrom: 2 }, 'right in itself: mend line 2 first'],
  ])('hints at what to look at: %s', (_, changes, hint) => {
    expect(said(changes, 'hint')).toMatchObject({ message: hint, explanations: [], notes: [], expected: null })
  })

  it.each<[string, string, string]>([
    [
      'the right side',
      '1 - 0.317 is 0.683, not 0.983: one digit differs',
      '1 - 0.317 is …, not 0.983: one digit differs',
    ],
    ['the value with its sign', 'a₅ should be -0.769: a₅ = x · w', 'a₅ should be …: a₅ = x · w'],
    ['not what belongs to a formula', 'y should be 0.7: y = (1 − a₃) · 2', 'y should be …: y = (1 − a₃) · 2'],
    [
      'not the number of a line',
      'right from the wrong value of line 62; the exercise gives 0.7',
      'right from the wrong value of line 62; the exercise gives …',
    ],
    ['all of a number with thousands', 'z is 154,587 or 154\u2009587, not 0.983', 'z is … or …, not 0.983'],
    ['every value of a list', 'the classes are 3 and 4', 'the classes are … and …'],
  ])('tells the cause without the right value: %s', (_, message, told) => {
    expect(said({ message }, 'cause').message).toBe(told)
  })

  it('keeps the explanations of the cause, without the right value', () => {
    const { explanations, notes, expected } = said({}, 'cause')
    expect(explanations).toEqual([{ mistake: 'a digit', explanation: 'gives 0.983 instead of ….' }])
    expect(notes).toEqual(['y_5 is … on line 12'])
    expect(expected).toBeNull()
  })

  it('tells what is missing, but not its value', () => {
    const missing: Partial<Claim> = { verdict: 'missing', root: false, text: '', message: 'the weight to neuron 3' }
    for (const level of ['verdict', 'hint', 'cause'] as const)
      expect(said(missing, level)).toMatchObject({ message: 'the weight to neuron 3', expected: null })
  })

  it('changes no totals and no places', () => {
    fc.assert(
      fc.property(marked, fc.constantFrom('verdict', 'hint', 'cause'), ({ report: any }, level) => {
        const { summary, claims, unread } = revealed(any, level)
        expect({ summary, unread }).toEqual({ summary: any.summary, unread: any.unread })
        const places = (all: readonly Claim[]) =>
          all.map(({ line, column, verdict, root }) => [line, column, verdict, root])
        expect(places(claims)).toEqual(places(any.claims))
      }),
    )
  })

  it('holds in every format: what is kept back occurs nowhere', async () => {
    await fc.assert(
      fc.asyncProperty(marked, fc.constantFrom('verdict', 'hint', 'cause'), async ({ report: any, source }, level) => {
        const formats = await everyFormat(revealed(any, level), source)
        for (const [format, text] of Object.entries(formats)) {
          expect(`${format}: ${text.replaceAll('.', '')}`).not.toContain(secretDigits)
          if (level !== 'cause') expect(`${format}: ${text}`).not.toContain(secretWord)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('and what is told where all may be told would have been seen', async () => {
    const formats = await everyFormat(report, `\n\n${claim.text}`)
    for (const format of ['json', 'text', 'junit', 'sarif', 'gradescope', 'html'])
      expect(`${format}: ${withoutSource(formats[format])}`).toContain('0.683292')
  })
})

describe('revealed, of a real solution', () => {
  let real: FileReport
  const path = fileURLToPath(new URL('../exercises/solutions/ntua-1.1-1.4.md', import.meta.url))
  beforeAll(async () => {
    real = await markFile(path, { exercises })
  })

  it('holds no right value that the student did not write', () => {
    for (const { message, text, verdict } of revealed(real, 'cause').claims) {
      if (verdict === 'missing') continue
      const numbers = message.replaceAll(/line \d+/g, '').match(/\d+\.\d+|\d{2,}/g) ?? []
      for (const number of numbers) expect(text.replaceAll(',', '')).toContain(number)
    }
  })

  it('still says what is wrong', () => {
    const source = readFileSync(path, 'utf8').split('\n')
    const wrong = revealed(real, 'cause').claims.filter(({ root }) => root)
    expect(wrong.length).toBeGreaterThan(5)
    for (const { message, line } of wrong) {
      expect(message).not.toBe('')
      expect(source[line - 1]).toBeDefined()
    }
  })
})
