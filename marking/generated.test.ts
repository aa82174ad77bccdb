import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Convention, Exercise, Values } from '../exercises/exercise.js'
import { exercise11b } from '../exercises/ntua/1.1b.js'
import { exercise11c } from '../exercises/ntua/1.1c.js'
import { oracle } from '../oracle/index.js'
import { item } from '../oracle/tensor.js'
import { handwritten } from './fixtures/handwritten.js'
import { type Slip, solveByHand, textOf, type Writing } from './fixtures/solutions.js'
import { markDocument } from './mark.js'
import type { FileReport } from './report.js'
import { isRight, type Verdict } from './verdict.js'

function halfToEven(value: number, decimals: number): string {
  const scaled = Math.abs(value) * 10 ** decimals
  const floor = Math.floor(scaled)
  const tie = Math.abs(scaled - floor - 0.5) < 1e-9
  const rounded = tie ? floor + (floor % 2) : Math.round(scaled)
  return ((Math.sign(value) * rounded) / 10 ** decimals).toFixed(decimals)
}

function cut(value: number, decimals: number): string {
  const scaled = Math.trunc(Number((value * 10 ** decimals).toPrecision(14)))
  return (scaled / 10 ** decimals).toFixed(decimals)
}

/** Trailing zeros and a sign before zero are not written. */
function short(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text
}

const writings: readonly Writing[] = [3, 4, 5].flatMap((digits): readonly Writing[] => [
  {
    name: `${digits} decimals`,
    write: (value) => value.toFixed(digits).replace(/^-(0\.0+)$/, '$1'),
    keepsPrecision: false,
  },
  {
    name: `${digits} decimals, all kept`,
    write: (value) => value.toFixed(digits).replace(/^-(0\.0+)$/, '$1'),
    keepsPrecision: true,
  },
  {
    name: `${digits} decimals without trailing zeros`,
    write: (value) => short(value.toFixed(digits)),
    keepsPrecision: false,
  },
  {
    name: `${digits} decimals, half to even`,
    write: (value) => halfToEven(value, digits).replace(/^-(0\.0+)$/, '$1'),
    keepsPrecision: false,
  },
  {
    name: `${digits} decimals, cut`,
    write: (value) => cut(value, digits).replace(/^-(0\.0+)$/, '$1'),
    keepsPrecision: false,
  },
  {
    name: `${digits} decimals, cut, all kept`,
    write: (value) => cut(value, digits).replace(/^-(0\.0+)$/, '$1'),
    keepsPrecision: true,
  },
  { name: `${digits} significant digits`, write: (value) => plain(value, digits), keepsPrecision: false },
  { name: `${digits} significant digits, all kept`, write: (value) => plain(value, digits), keepsPrecision: true },
])

/** A number to so many significant digits, without an exponent. */
function plain(value: number, digits: number): string {
  if (value === 0) return '0'
  const decimals = Math.min(12, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value)))))
  return value.toFixed(decimals)
}

/** An exercise with its source's conventions only, as far as the named quantities: less to choose from, so quick to mark. */
function settled(exercise: Exercise, names?: ReadonlySet<string>): Exercise {
  const quantities = exercise.quantities.filter(({ name }) => names?.has(name) ?? true)
  return { ...exercise, conventions: [], quantities }
}

const beforeUpdate = new Set(['a3', 'y3', 'a4', 'y4', 'a5', 'y5', 'error', 'delta5', 'delta3', 'delta4'])
const slopes = new Set(['slope3', 'slope4', 'slope5'])

function mark(exercise: Exercise, text: string): Promise<FileReport> {
  return markDocument(handwritten(exercise, text), { exercises: [exercise] })
}

/** Claims that are not right, with their text. */
function faults(report: FileReport): readonly string[] {
  return report.claims
    .filter(({ verdict }) => verdict !== 'missing' && !isRight(verdict))
    .map(({ verdict, text, message }) => `${verdict}: ${text} (${message})`)
}

/** Random given data for an exercise, always the same. */
function samplesOf(exercise: Exercise, numRuns: number, seed: number): readonly Values[] {
  return fc.sample(exercise.arbitrary(), { numRuns, seed })
}

/** Some of the names, by chance: what a student computes and does not write down. */
function someOf(names: readonly string[], seed: number): ReadonlySet<string> {
  return new Set(fc.sample(fc.subarray([...names]), { numRuns: 1, seed })[0])
}

/** Milliseconds that a test of many solutions may take on a busy machine. */
const limit = 300_000

describe('correct solutions are not marked down', () => {
  test.each([exercise11b, exercise11c])(
    '$id on random data, with every habit of rounding',
    async (exercise) => {
      const short = settled(exercise, beforeUpdate)
      const unfair: string[] = []
      let solutions = 0
      for (const [i, given] of samplesOf(exercise, 42, 2).entries())
        for (const [k, writing] of writings.entries()) {
          const lines = await solveByHand(short, writing, { given })
          const text = textOf(short, lines, given, (i + k) % 2 === 0)
          for (const fault of faults(await mark(short, text))) unfair.push(`${writing.name}: ${fault}\n${text}`)
          solutions++
        }
      expect(solutions).toBeGreaterThanOrEqual(1000)
      expect(unfair).toEqual([])
    },
    limit,
  )

  test.each([exercise11b, exercise11c])('$id to the end, with new weights', async (exercise) => {
    const whole = settled(exercise)
    const unfair: string[] = []
    for (const [i, given] of samplesOf(exercise, 2, 3).entries())
      for (const [k, writing] of writings.entries()) {
        const lines = await solveByHand(whole, writing, { given, omitted: slopes })
        const text = textOf(whole, lines, given, (i + k) % 2 === 0)
        for (const fault of faults(await mark(whole, text))) unfair.push(`${writing.name}: ${fault}\n${text}`)
      }
    expect(unfair).toEqual([])
  })

  test('with lines left out', async () => {
    const short = settled(exercise11b, beforeUpdate)
    const unfair: string[] = []
    for (const [i, given] of samplesOf(exercise11b, 100, 4).entries()) {
      const writing = writings[i % writings.length]
      const lines = await solveByHand(short, writing, { given, omitted: someOf([...beforeUpdate], i) })
      const text = textOf(short, lines, given, false)
      for (const fault of faults(await mark(short, text))) unfair.push(`${writing.name}: ${fault}\n${text}`)
    }
    expect(unfair).toEqual([])
  })

  test.each(choicesOf(exercise11b))(
    'under the convention $name, which is recognised',
    async ({ name, conventions }) => {
      const lines = await solveByHand(exercise11b, writings[0], { conventions, omitted: slopes })
      const report = await mark(exercise11b, textOf(exercise11b, lines, undefined, false))
      expect(faults(report)).toEqual([])
      expect(report.exercises).toEqual([{ exercise: 'ntua/1.1b', convention: name }])
    },
  )
})

/** Every choice of conventions of an exercise, named as reports name it. */
function choicesOf({ conventions }: Exercise): readonly { name: string; conventions: readonly Convention[] }[] {
  const [first, second] = conventions
  return first.conventions.flatMap((one) =>
    second.conventions.map((other) => ({ name: `${one.name}, ${other.name}`, conventions: [one, other] })),
  )
}

/** A solution with one thing wrong, and the verdict that its line should get. */
interface Case {
  readonly slip: Slip
  readonly expected: Verdict
  readonly withNumerals: boolean
  /** The mistake that the explanations should name. */
  readonly mistake?: string
}

const threeDecimals = writings[0]

/** A number with two neighbouring digits exchanged, its sign changed, its point moved, one digit misread. */
const misreadings: readonly (readonly [string, (text: string) => string])[] = [
  ['digits exchanged', (text) => text.replace(/(\d)(\d)$/, '$2$1')],
  ['sign', (text) => (text.startsWith('-') ? text.slice(1) : `-${text}`)],
  ['decimal point', (text) => (Number(text) * 10).toFixed(3)],
  ['one digit', (text) => text.replace(/(\d)(\d\d)$/, (_, digit, rest) => `${(Number(digit) + 4) % 10}${rest}`)],
]

/** Every mistake of an exercise at every quantity, and every slip of the pen, as far as they change what is written. */
async function casesOf(exercise: Exercise): Promise<readonly Case[]> {
  const right = new Map((await solveByHand(exercise, threeDecimals)).map(({ name, value }) => [name, value]))
  const given = new Set(exercise.given.map(({ name }) => name))
  const before = new Set<string>()
  const cases: Case[] = []
  for (const { name, from } of exercise.quantities) {
    const text = right.get(name) ?? ''
    for (const [, misread] of misreadings)
      for (const goesOn of [true, false])
        if (Math.abs(Number(misread(text)) - Number(text)) > 0.0015)
          cases.push({
            slip: { name, goesOn, written: (value) => misread(threeDecimals.write(value)) },
            expected: 'arithmetic',
            withNumerals: true,
          })
    for (const part of from)
      for (const instead of right.keys()) {
        if (instead === name) break
        const [belongs, stands] = [Number(right.get(part)), Number(right.get(instead))]
        if (!right.has(part) || Math.abs(Math.abs(belongs) - Math.abs(stands)) < 0.02) continue
        cases.push({
          slip: { name, goesOn: true, miscopied: { part, instead } },
          expected: 'transcription',
          withNumerals: true,
        })
      }
    for (const mistake of exercise.mistakes) {
      if (!mistake.quantities.includes(name)) continue
      const needed = mistake.from(name)
      if (needed.some((part) => !given.has(part) && !before.has(part))) continue
      const computed = async (own: Values) => item(await mistake.compute(name, own, oracle.operators))
      cases.push({
        slip: { name, goesOn: true, computed },
        expected: 'wrong',
        withNumerals: false,
        mistake: mistake.name,
      })
    }
    before.add(name)
  }
  return cases
}

describe('solutions with one thing wrong', () => {
  test.each([exercise11b, exercise11c])(
    '$id: at least 98 % of the matrix get the verdict they should',
    async (whole) => {
      const exercise = settled(whole, new Set([...beforeUpdate, 'step03', 'step35', 'step45']))
      const unexpected: string[] = []
      let tried = 0
      for (const { slip, expected, withNumerals, mistake } of await casesOf(exercise)) {
        const lines = await solveByHand(exercise, threeDecimals, { slip })
        const own = lines.find(({ name }) => name === slip.name)
        const plain = (await solveByHand(exercise, threeDecimals)).find(({ name }) => name === slip.name)
        if (own === undefined || plain === undefined) continue
        if (Math.abs(Number(own.value) - Number(plain.value)) < 0.0015) continue
        if (withNumerals && plain.numerals === undefined) continue
        if (slip.miscopied !== undefined && own.numerals === plain.numerals) continue
        tried++
        const text = textOf(exercise, lines, undefined, withNumerals)
        const report = await mark(exercise, text)
        const here = report.claims.filter(({ quantity }) => quantity === slip.name)
        const elsewhere = report.claims.filter(
          ({ quantity, verdict, root }) =>
            quantity !== slip.name && verdict !== 'missing' && (root || verdict === 'wrong'),
        )
        const found = here.find(({ root }) => root)
        const named = mistake === undefined || found?.explanations.some((one) => one.mistake === mistake)
        if (found?.verdict === expected && named && elsewhere.length === 0) continue
        unexpected.push(
          `${slip.name} ${expected} ${mistake ?? ''}: ${here.map(({ verdict, text: chain }) => `${verdict} ${chain}`).join('; ')} | ${elsewhere.map(({ verdict, text: chain }) => `${verdict} ${chain}`).join('; ')}`,
        )
      }
      const share = 1 - unexpected.length / tried
      console.log(`${whole.id}: ${tried} solutions with one thing wrong, ${(100 * share).toFixed(1)} % as expected`)
      expect(share).toBeGreaterThanOrEqual(0.98)
    },
    limit,
  )
})
