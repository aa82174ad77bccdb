import type { Box } from '../boxes.js'
import type { Edit } from '../document/document.js'
import { cellsOf } from '../evaluation.js'
import type { Expression } from '../expression/ast.js'
import { walk } from '../expression/walk.js'
import type { Scope } from '../identities.js'
import type { Claim } from '../report.js'
import type { World } from '../world.js'
import { type Aim, givesTarget, mendCalculation, sourcesOf } from './calculation.js'
import { mendCells, mendShape } from './cells.js'
import { type FormulaAim, formulaWithNumbers, mendFormula } from './formula.js'
import { formulaSideOf, formulasIn, readSide } from './handwriting.js'
import { literalOf } from './literals.js'
import { around, type Mending, targetOf } from './mending.js'
import { writtenUsually } from './notation.js'
import { bracketed, type ClaimedSide, isFaulty, type Passage } from './passage.js'

/** The edits of one side, of which something is not right; `undefined` where nothing mechanical mends it. */
export async function mendSide(
  claimed: ClaimedSide,
  passage: Passage,
  mending: Mending,
): Promise<readonly Edit[] | undefined> {
  const { side, claims } = claimed
  const attempt = mending.attempts.get(claimed.key) ?? 0
  const { expression } = side
  const isOfDigits = walk(expression).some((node) => node.kind === 'numeral' && !node.whole)
  if (side.kind !== 'numeric' && !isOfDigits) return mendSymbols(expression, claims, passage, mending)
  const cells = cellsOf(expression)
  const [first] = claims
  const target = targetOf(claims, mending.world)
  const quantity = first.quantity === null ? undefined : mending.world.quantity(first.quantity)
  if (quantity?.kind === 'shape' && expression.kind !== 'matrix' && target !== undefined)
    return mendShape(expression, target, passage, mending)
  if (cells.every((cell) => literalOf(cell) !== undefined)) return mendCells(cells, claimed, passage, mending, attempt)
  if (target === undefined) return undefined
  const mended = attempt < 2 ? mendNumbers(expression, target, first, passage, mending, attempt === 0) : undefined
  if (mended !== undefined) return mended
  const calculates = sideGives(expression, target, first, mending)
  return calculates && first.verdict !== 'transcription' ? undefined : rewritten(claimed, target, passage, mending)
}

async function mendSymbols(
  expression: Expression,
  claims: readonly Claim[],
  passage: Passage,
  mending: Mending,
): Promise<readonly Edit[] | undefined> {
  const { quantity } = claims[0]
  return quantity === null ? undefined : mendFormula(expression, formulaAim(quantity, passage, mending))
}

/** The edits of a calculation in which a numeral was copied wrongly, though what stands behind it is right. */
export function mendBefore(
  { key, claims }: ClaimedSide,
  passage: Passage,
  mending: Mending,
): readonly Edit[] | undefined {
  const before = passage.sides[passage.sides.findIndex((other) => other.key === key) - 1]
  const target = targetOf(claims, mending.world)
  if (before === undefined || before.side.kind !== 'numeric' || isFaulty(before) || target === undefined)
    return undefined
  if (!claims.some(({ verdict }) => verdict === 'transcription')) return undefined
  return mendNumbers(before.side.expression, target, claims[0], passage, mending, true)
}

/** The edits of a calculation's numbers; see mendCalculation. */
function mendNumbers(
  expression: Expression,
  target: Box,
  { quantity, verdict }: Claim,
  passage: Passage,
  mending: Mending,
  isFirst: boolean,
): readonly Edit[] | undefined {
  const { world, notation, usualHalf, written, mended } = mending
  const own = formulasIn(passage.statement)
    .filter((side) => passage.sides.every((other) => other.side !== side || !isFaulty(other)))
    .map((side) => side.expression)
  const formula = quantity === null ? undefined : world.quantity(quantity)
  const exercises = formula === undefined ? undefined : formulaSideOf(formula.formula, world)
  const aim: Aim = {
    ...{ target, world, notation, usualHalf, written, mended, isFirst },
    scope: scopeOf(quantity, world),
    formulas: exercises === undefined ? own : [...own, exercises],
    from: sourcesOf(formula?.from ?? [], world),
    isCopied: verdict === 'transcription',
    textAt: passage.textAt,
    around: (part) => around(part, passage),
  }
  return mendCalculation(expression, aim)
}

/** Whether a side gives what it should, as it stands. */
function sideGives(expression: Expression, target: Box, { quantity }: Claim, { world, notation }: Mending): boolean {
  return givesTarget(expression, { target, world, notation, scope: scopeOf(quantity, world) })
}

function scopeOf(quantity: string | null, world: World): Scope {
  const datum = quantity === null ? undefined : world.index.datum(quantity)
  const from = quantity === null ? [] : (world.quantity(quantity)?.from ?? [])
  return { stage: datum === undefined ? 0 : (world.index.stageOf(datum) ?? 0), preferred: from }
}

function formulaAim(quantity: string, passage: Passage, { world, handwriting, notation }: Mending): FormulaAim {
  return {
    ...{ world, quantity, handwriting, notation, textAt: passage.textAt },
    scope: scopeOf(quantity, world),
    spanOf: (expression) => bracketed(expression, passage),
  }
}

/**
 * The calculation that the exercise's formula is with the true numbers put in. Where there is no such formula, a last side is the
 * number itself, and one before the number is left out.
 */
function rewritten(
  { side, claims, key }: ClaimedSide,
  target: Box,
  passage: Passage,
  mending: Mending,
): readonly Edit[] | undefined {
  const { quantity } = claims[0]
  const { world, notation, written } = mending
  const span = bracketed(side.expression, passage)
  const text = quantity === null ? undefined : formulaWithNumbers(formulaAim(quantity, passage, mending), written)
  const read = text === undefined ? undefined : readSide(text, world, notation)
  if (
    text !== undefined &&
    read !== undefined &&
    literalOf(read) === undefined &&
    sideGives(read, target, claims[0], mending)
  )
    return [{ span, text }]
  const place = passage.sides.findIndex((other) => other.key === key)
  const next = passage.sides[place + 1]
  if (next === undefined)
    return target.low.length === 1 ? [{ span, text: writtenUsually(target.low[0], notation) }] : undefined
  const isNumber = cellsOf(next.side.expression).every((cell) => literalOf(cell) !== undefined)
  if (place === 0 || !isNumber || passage.statement.kind !== 'chain') return undefined
  const before = bracketed(passage.sides[place - 1].side.expression, passage)
  const gap = passage.textAt({ start: before.end, end: span.start })
  // A line of aligned equations keeps its mark.
  return /^\s*&?\s*(?:=|≈|\\approx)\s*$/u.test(gap)
    ? [{ span: { start: span.start, end: bracketed(next.side.expression, passage).start }, text: '' }]
    : undefined
}
