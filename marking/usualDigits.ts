import { type Box, isPoint } from './boxes.js'
import { cellsOf, type Habit, signedNumeral } from './evaluation.js'
import type { Numeral } from './expression/ast.js'
import { isInequality } from './inequalities.js'
import type { Statement } from './statements.js'

/** To how many digits a solution usually writes its values. */
export interface UsualDigits {
  /** Half a unit of the last place. */
  readonly half: number
  /** How many significant digits its values have, where these may be what it counts. */
  readonly significant: number | undefined
}

/** Half a unit of the third decimal: what a solution is taken to write where it has no decimals to tell by. */
const halfWithout = 0.0005

/** The share of values that have the commonest number of significant digits, where these are what is counted. */
const significantShare = 0.75

/** Half a unit of the tenth decimal, the last that a calculator shows: what ends there has as many significant digits as there is room for. */
const halfOfLast = 5e-11 * (1 + 1e-9)

/** The digits that the values of a solution have most often; where it may count decimals or significant digits, both. */
export function usualDigitsOf(statements: readonly Statement[]): UsualDigits {
  const all = [...valuesIn(statements)]
  // Of zeros, only the decimals tell.
  const others = all.filter(({ value }) => value !== 0)
  const values = others.length > 0 ? others : all
  const halves = byCount(values.map(({ half }) => half))
  const digits = byCount(others.flatMap(significantDigits))
  const [half, commonest] = halves[0] ?? [halfWithout, 0]
  const [significant, share] = digits[0] ?? [undefined, 0]
  const hasRoom = (value: Numeral): boolean =>
    value.half > halfOfLast || significantDigits(value).some((count) => count >= (significant ?? 0))
  const countsDigits = share >= commonest && share >= significantShare * values.filter(hasRoom).length
  return { half, significant: countsDigits ? significant : undefined }
}

/** The values with decimals that a solution writes down. */
function* valuesIn(statements: readonly Statement[]): Generator<Numeral> {
  for (const { sides, path, relations } of statements) {
    const values = sides.slice(1).filter((_, i) => !isInequality(relations[i] ?? '='))
    for (const side of path.length > 0 ? sides : values)
      for (const cell of cellsOf(side.expression)) {
        const written = signedNumeral(cell)
        if (written !== undefined && !written.numeral.whole) yield written.numeral
      }
  }
}

/** How many significant digits a numeral has; 1.000 may be 0.9997 with its last digits rounded up, of which there were one fewer. */
function significantDigits({ value, half }: Numeral): readonly number[] {
  const power = Math.floor(Math.log10(value))
  const digits = power - Math.round(Math.log10(2 * half)) + 1
  return value === 10 ** power ? [digits, digits - 1] : [digits]
}

/** Each number with how often it is among them, the most frequent first. */
function byCount(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const counts = new Map<number, number>()
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])
}

/** All values that a value may stand for which was shortened as the solution shortens its own, and not written down. */
export function unwritten(box: Box, { half, significant }: UsualDigits, habit: Habit): Box {
  const slack = box.low.map((low, i) => {
    const size = Math.max(Math.abs(low), Math.abs(box.high[i]))
    const ofDigits =
      significant === undefined || size === 0 ? 0 : 10 ** (Math.floor(Math.log10(size)) - significant + 1) / 2
    // Cut, the last place may be a whole unit less than the value.
    return Math.max(half, ofDigits) * (habit === 'cuts' ? 2 : 1)
  })
  return {
    shape: box.shape,
    low: box.low.map((low, i) => low - slack[i]),
    high: box.high.map((high, i) => high + slack[i]),
  }
}

/** Whether all of a value are whole numbers, which no shortening changes. */
export function isWhole(box: Box): boolean {
  return isPoint(box) && box.low.every(Number.isInteger)
}
