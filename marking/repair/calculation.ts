import { type Box, meet, pointBox, reshaped, widen } from '../boxes.js'
import type { Edit } from '../document/document.js'
import { cellsOf, evaluateBox, evaluatePoint } from '../evaluation.js'
import type { Expression } from '../expression/ast.js'
import { replaceNumerals } from '../expression/readings.js'
import { operands } from '../expression/walk.js'
import { activationOf, withKnownFunctions } from '../functions.js'
import { dataOf, type Scope } from '../identities.js'
import { sideOf } from '../statements.js'
import { putBeside } from '../transcription.js'
import type { World } from '../world.js'
import { agrees, editsOf, type Literal, literalOf, signedEdits, type TextAt } from './literals.js'
import type { Notation } from './notation.js'

/** A number that a solution writes, rightly, for a quantity: its value, and its size as it is written. */
export interface WrittenNumber {
  readonly value: number
  readonly size: string
}

/** What a solution writes, rightly, for quantities, by name: every time all cells, row by row. */
export type WrittenNumbers = ReadonlyMap<string, readonly (readonly WrittenNumber[])[]>

/** What a calculation should give, and what is known of the values in it. */
export interface Aim {
  readonly target: Box
  readonly world: World
  readonly scope: Scope
  readonly notation: Notation
  readonly usualHalf: number
  /** Formulas that the numerals may have been put into, the solution's own first. */
  readonly formulas: readonly Expression[]
  /** Numbers that the solution writes, rightly, for a quantity. */
  readonly written: WrittenNumbers
  /** What takes the place of numbers that have been mended, by their sizes. */
  readonly mended: ReadonlyMap<number, number>
  /** Names of the data that the calculation may rest on. */
  readonly from: readonly string[]
  /** Whether the line is mended for the first time: later, values that the solution has rounded are not trusted to lead on. */
  readonly isFirst: boolean
  /** Whether the line follows its rule with a numeral copied wrongly: then one or two numerals may be found by trying. */
  readonly isCopied: boolean
  readonly textAt: TextAt
  /** The text of the statement before and behind a place. */
  readonly around: (expression: Expression) => { readonly before: string; readonly after: string }
}

/** A number of a calculation and the value that belongs there. */
interface Replacement {
  readonly literal: Literal & { readonly kind: 'numeral' }
  readonly value: number
  readonly isExact: boolean
  /** The size of the value as the solution writes it elsewhere. */
  readonly size?: string
}

/** More calculations than these are not tried for one line. */
const mostTries = 4000

/**
 * The edits of a calculation's numerals that make it give what it should: by its formula, numeral by numeral; by what was
 * mended before; else the one or two numerals that explain it. `undefined` where none do; none where it holds as it is.
 */
export function mendCalculation(expression: Expression, aim: Aim): readonly Edit[] | undefined {
  for (const { replacements: candidate, slack } of candidates(expression, aim)) {
    if (candidate.length === 0) continue
    const target = slack === 0 ? aim.target : widen(aim.target, slack)
    if (!givesTarget(replaced(expression, candidate, aim.usualHalf), { ...aim, target })) continue
    return candidate.flatMap(({ literal, value, isExact, size }) => {
      const surroundings = aim.around(literal.expression)
      return size === undefined
        ? editsOf(literal, value, isExact, aim.textAt, aim.notation, surroundings)
        : signedEdits(literal, size, value < 0, aim.notation, surroundings)
    })
  }
  return undefined
}

/** Whether an expression, at the true values of its names and its numerals as they are written, gives what it should. */
export function givesTarget(
  expression: Expression,
  { target, world, scope, notation }: Pick<Aim, 'target' | 'world' | 'scope' | 'notation'>,
): boolean {
  const side = sideOf(expression)
  const data = dataOf(world, side, scope)
  if (data === undefined) return false
  const evaluated = evaluateBox(withKnownFunctions(expression, activationOf(world.exercise)), {
    habit: notation.cuts ? 'cuts' : 'rounds',
    boxOfKey: (key) => {
      const datum = data.get(key)
      return datum === undefined ? undefined : pointBox(world.truth[datum.name])
    },
  })
  if (!('box' in evaluated) || ![...evaluated.box.low, ...evaluated.box.high].every(Number.isFinite)) return false
  return meet(reshaped(evaluated.box, target.shape), target)
}

/** Replacements, and how far from the truth the values that a solution has rounded itself may lead. */
interface Candidate {
  readonly replacements: readonly Replacement[]
  readonly slack: number
}

/** How many units of the last place rounded values may lead away from the truth in one calculation. */
const mostUnits = 10

function* candidates(expression: Expression, aim: Aim): Iterable<Candidate> {
  const isRight = givesTarget(expression, aim)
  for (const formula of aim.formulas) {
    yield { replacements: byForm(formula, expression, aim, true), slack: 0 }
    if (aim.isFirst)
      yield { replacements: byForm(formula, expression, aim, true), slack: 2 * mostUnits * aim.usualHalf }
    yield { replacements: byForm(formula, expression, aim, false), slack: 0 }
  }
  if (isRight) return
  yield { replacements: byMended(expression, aim), slack: aim.isFirst ? 2 * mostUnits * aim.usualHalf : 0 }
  // Of a single number there is no doubt which one it is.
  if (!aim.isCopied && allLiteralsIn(expression).length !== 1) return
  for (const replacements of byValue(expression, aim)) yield { replacements, slack: 0 }
}

/** A formula beside what was put into it, cell by cell where both are matrices. */
function beside(formula: Expression, numerals: Expression): ReturnType<typeof putBeside> {
  const [parts, cells] = [cellsOf(formula), cellsOf(numerals)]
  if (formula.kind !== 'matrix' || numerals.kind !== 'matrix' || parts.length !== cells.length)
    return putBeside(formula, numerals)
  return parts.flatMap((part, i) => putBeside(part, cells[i]))
}

/** The numerals that are not what the formula's symbol at their place stands for. */
function byForm(formula: Expression, expression: Expression, aim: Aim, asWritten: boolean): readonly Replacement[] {
  const { world, scope } = aim
  const data = dataOf(world, sideOf(formula), scope)
  if (data === undefined) return []
  const pairs = beside(formula, expression)
  if (pairs.length === 1 && literalOf(expression) === undefined && expression.kind !== 'matrix') return []
  return pairs.flatMap(({ formula: part, numerals }) => {
    const name = part.kind === 'name' ? data.get(part.key) : undefined
    const value = evaluatePoint(part, (key) => {
      const datum = data.get(key)
      return datum === undefined ? undefined : world.truth[datum.name]
    })
    const cells = cellsOf(numerals)
    if (value === undefined || value.low.length !== cells.length) return []
    const known = (name === undefined ? [] : (aim.written.get(name.name) ?? [])).filter(
      (written) => written.length === cells.length,
    )
    return cells.flatMap((cell, i): readonly Replacement[] => {
      const literal = literalOf(cell)
      if (literal?.kind !== 'numeral' || agrees(literal, value.low[i], aim.notation, aim.usualHalf)) return []
      if (known.some((written) => Math.abs(written[i].value - literal.value) <= 1e-9)) return []
      const [own] = asWritten ? known : []
      if (own !== undefined) return [{ literal, ...own[i], isExact: false }]
      return [{ literal, value: value.low[i], isExact: name?.kind === 'given' || part.kind === 'numeral' }]
    })
  })
}

/** The numerals that repeat numbers that have been mended. */
function byMended(expression: Expression, { mended }: Aim): readonly Replacement[] {
  return allLiteralsIn(expression).flatMap((literal) => {
    const instead = mended.get(literal.numeral.value)
    if (instead === undefined) return []
    return [{ literal, value: literal.value < 0 ? -instead : instead, isExact: false }]
  })
}

/** One number, then two, in place of which the value of a datum makes the calculation right. */
function* byValue(expression: Expression, { world, from, written }: Aim): Iterable<readonly Replacement[]> {
  const values = from.flatMap((name): readonly Omit<Replacement, 'literal'>[] => {
    const isExact = world.quantity(name) === undefined
    const truth = pointBox(world.truth[name]).low.map((value) => ({ value, isExact }))
    if (truth.length !== 1) return []
    const known = (written.get(name) ?? []).flat().map((number) => ({ ...number, isExact: false }))
    return [...known, ...truth].flatMap((one) => [one, { ...one, value: -one.value }])
  })
  const single = literalsIn(expression).flatMap((literal) =>
    values
      .filter(({ value }) => Math.abs(value - literal.value) > literal.numeral.half)
      .map((value) => ({ literal, ...value }))
      .toSorted((a, b) => differenceOf(a) - differenceOf(b)),
  )
  const rank = ({ literal: { numeral } }: Replacement): number => (numeral.whole ? 1 : 0)
  const ordered = single.toSorted((a, b) => rank(a) - rank(b) || differenceOf(a) - differenceOf(b))
  for (const one of ordered) yield [one]
  let tries = 0
  for (const [i, one] of ordered.entries())
    for (const other of ordered.slice(i + 1)) {
      if (one.literal.numeral === other.literal.numeral) continue
      if (tries++ > mostTries) return
      yield [one, other]
    }
}

/** How far a replacement is from what stands there; the same size with the other sign is no distance. */
function differenceOf({ literal, value }: Replacement): number {
  return Math.abs(Math.abs(value) - Math.abs(literal.value))
}

type NumeralLiteral = Literal & { readonly kind: 'numeral' }

/** The numbers of an expression, those in its matrices aside, each with the sign directly before it. */
function literalsIn(expression: Expression): readonly NumeralLiteral[] {
  const literal = literalOf(expression)
  if (literal?.kind === 'numeral') return [literal]
  return expression.kind === 'matrix' ? [] : operands(expression).flatMap(literalsIn)
}

/** All numbers of an expression, those in its matrices too. */
function allLiteralsIn(expression: Expression): readonly NumeralLiteral[] {
  const literal = literalOf(expression)
  return literal?.kind === 'numeral' ? [literal] : operands(expression).flatMap(allLiteralsIn)
}

/** The expression with values put in; each keeps the width of the digits that it will be written with. */
function replaced(expression: Expression, replacements: readonly Replacement[], usualHalf: number): Expression {
  const byNumeral = new Map(replacements.map((replacement) => [replacement.literal.numeral, replacement]))
  return replaceNumerals(expression, (numeral) => {
    const replacement = byNumeral.get(numeral)
    if (replacement === undefined) return numeral
    const { literal, value, isExact } = replacement
    const isNegated = literal.value !== 0 && Math.sign(literal.value) !== Math.sign(numeral.value)
    const half = isExact ? 1e-12 : numeral.whole ? usualHalf : numeral.half
    return { ...numeral, value: isNegated ? -value : value, half, whole: false }
  })
}

/** The values that a side's names and numerals may have come from: what its quantity is computed from, and the data behind that. */
export function sourcesOf(names: readonly string[], world: World): readonly string[] {
  const near = [...names, ...names.flatMap((name) => world.quantity(name)?.from ?? [])]
  return [...new Set(near)].filter((name) => world.truth[name] !== undefined)
}
