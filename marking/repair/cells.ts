import type { Box } from '../boxes.js'
import type { Edit } from '../document/document.js'
import { cellsOf, evaluateBox } from '../evaluation.js'
import type { Expression, Matrix, Numeral } from '../expression/ast.js'
import { operands, walk } from '../expression/walk.js'
import type { Claim } from '../report.js'
import type { World } from '../world.js'
import { agrees, editsOf, literalOf } from './literals.js'
import { around, type Mended, type Mending, targetOf } from './mending.js'
import { type Notation, writtenExactly, writtenUsually } from './notation.js'
import { bracketed, type ClaimedSide, type Passage } from './passage.js'

/** Numbers written as they are, one or the entries of a matrix: each that is wrong in its own notation. */
export function mendCells(
  cells: readonly Expression[],
  { side, claims, key }: ClaimedSide,
  passage: Passage,
  mending: Mending,
  attempt: number,
): readonly Edit[] | undefined {
  const { notation, usualHalf, world } = mending
  const target = targetOf(claims, world)
  const byLine = resultBefore(key, passage, notation)
  if (target !== undefined && target.low.length !== cells.length && cells.length !== 1)
    return resized(side.expression, target, passage, mending)
  const edits: Edit[] = []
  for (const claim of claims) {
    const i = cells.length === 1 ? 0 : placeIn(side.expression, claim.index)
    const literal = cells[i] === undefined ? undefined : literalOf(cells[i])
    if (literal === undefined || !isAbout(claim, literal.value)) continue
    const truth = typeof claim.expected === 'number' ? claim.expected : undefined
    const line = byLine?.low.length === cells.length ? (byLine.low[i] + byLine.high[i]) / 2 : undefined
    const isRightAlready = truth !== undefined && agrees(literal, truth, notation, usualHalf)
    if (isRightAlready && (attempt === 0 || claim.verdict !== 'arithmetic')) continue
    const value = truth === undefined || (isRightAlready && line !== undefined) ? line : truth
    if (value === undefined) continue
    const isExact = isWholeQuantity(claim, world)
    edits.push(...editsOf(literal, value, isExact, passage.textAt, notation, around(cells[i], passage)))
    if (isRecognisable(literal.value, mending))
      mending.mended.set(Math.abs(literal.value), value * Math.sign(literal.value))
  }
  // Where one entry is wrong, those that are only near to it are mended with it: a row of probabilities stays one.
  if (edits.length > 0 && target?.low.length === cells.length && cells.length > 1)
    for (const [i, cell] of cells.entries()) {
      const literal = literalOf(cell)
      if (literal === undefined || agrees(literal, target.low[i], notation, usualHalf)) continue
      const own = editsOf(literal, target.low[i], false, passage.textAt, notation, around(cell, passage))
      edits.push(...own.filter(({ span }) => edits.every((edit) => edit.span.start !== span.start)))
    }
  const values = cells.map((cell) => literalOf(cell)?.value)
  if (target !== undefined && cells.length > 1 && edits.length > 0 && !values.includes(undefined))
    mending.mendedVectors.push({ from: values.flatMap((value) => value ?? []), to: target.low })
  return edits.length === 0 ? undefined : edits
}

/** Whether a number where it stands again is likely the same: it has more than one digit, is not given, and right for nothing else. */
function isRecognisable(value: number, { world, written }: Mending): boolean {
  const size = Math.abs(value)
  if (size === 0 || String(size).replace('.', '').length < 2 || world.givenSizes.has(size)) return false
  return [...written.values()].flat(2).every((number) => Math.abs(number.value) !== size)
}

function isAbout({ claimed }: Claim, value: number): boolean {
  return typeof claimed === 'number' && Math.abs(claimed - value) <= 1e-9 * Math.max(1, Math.abs(value))
}

function isWholeQuantity({ quantity }: Claim, world: World): boolean {
  const datum = quantity === null ? undefined : world.index.datum(quantity)
  return datum !== undefined && (datum.kind === 'given' || datum.quantity.kind !== 'real')
}

/** The place of a cell among all cells, row by row. */
function placeIn(expression: Expression, index: Claim['index']): number {
  if (index === null) return 0
  if (typeof index === 'number') return index
  const columns = expression.kind === 'matrix' ? expression.rows[0].length : 1
  return index[0] * columns + index[1]
}

/** What the numerals before a side give, if it stands behind some. */
function resultBefore(key: string, { sides }: Passage, notation: Notation): Box | undefined {
  const before = sides[sides.findIndex((other) => other.key === key) - 1]
  if (before?.side.kind !== 'numeric') return undefined
  const evaluated = evaluateBox(before.side.expression, { habit: notation.cuts ? 'cuts' : 'rounds' })
  return 'box' in evaluated ? evaluated.box : undefined
}

/** The edits that bring a calculation about nothing of the exercise up to date with the numbers and vectors that it repeats. */
export function mendRepeated(
  expression: Expression,
  passage: Passage,
  known: Mended,
  notation: Notation,
): readonly Edit[] {
  const literal = literalOf(expression)
  if (literal !== undefined) {
    const value = literal.kind === 'numeral' ? known.mended.get(literal.numeral.value) : undefined
    if (value === undefined) return []
    const signed = literal.value < 0 ? -value : value
    return editsOf(literal, signed, false, passage.textAt, notation, around(expression, passage))
  }
  const cells = expression.kind === 'matrix' ? cellsOf(expression) : []
  const literals = cells.flatMap((cell) => literalOf(cell) ?? [])
  const vector = known.mendedVectors.find(
    ({ from }) => from.length === cells.length && from.every((value, i) => literals[i]?.value === value),
  )
  if (vector === undefined) return operands(expression).flatMap((part) => mendRepeated(part, passage, known, notation))
  return literals.flatMap((cell, i) =>
    cell.value === vector.to[i]
      ? []
      : editsOf(cell, vector.to[i], false, passage.textAt, notation, around(cell.expression, passage)),
  )
}

/** A shape as a product of lengths: each that is wrong; all of it, with the signs between kept, where there are too few or too many. */
export function mendShape(
  expression: Expression,
  target: Box,
  passage: Passage,
  { notation }: Mending,
): readonly Edit[] | undefined {
  const nodes = walk(expression)
  const factors = nodes.filter((node): node is Numeral => node.kind === 'numeral')
  const inOrder = factors.toSorted((a, b) => a.span.start - b.span.start)
  if (inOrder.length === target.low.length && nodes.every(({ kind }) => kind !== 'negation'))
    return inOrder.flatMap(({ span, value }, i) =>
      value === target.low[i] ? [] : [{ span, text: writtenExactly(target.low[i], notation) }],
    )
  const [first, second] = inOrder
  const between =
    second === undefined
      ? ' × '
      : passage.textAt({ start: first.span.end, end: second.span.start }).replace(/[-−]\s*$/u, '')
  const text = target.low.map((length) => writtenExactly(length, notation)).join(between)
  return [{ span: bracketed(expression, passage), text }]
}

/** A vector or matrix of the wrong size, written anew with the brackets and separators of the old one. */
function resized(
  expression: Expression,
  target: Box,
  { textAt }: Passage,
  { notation }: Mending,
): readonly Edit[] | undefined {
  const matrix = expression.kind === 'transposition' ? expression.operand : expression
  if (matrix.kind !== 'matrix') return undefined
  const cells = matrix.rows.flat()
  const [first, last] = [cells[0], cells[cells.length - 1]]
  const lengths = target.shape.filter((length) => length > 1)
  const columns =
    lengths.length === 2 ? target.shape[target.shape.length - 1] : matrix.rows[0].length === 1 ? 1 : target.low.length
  const [beside, below] = separators(matrix, textAt)
  const isWhole = target.low.every(Number.isInteger)
  const texts = target.low.map((value) => (isWhole ? writtenExactly(value, notation) : writtenUsually(value, notation)))
  const rows = Array.from({ length: Math.ceil(texts.length / columns) }, (_, r) =>
    texts.slice(r * columns, (r + 1) * columns).join(beside),
  )
  return [{ span: { start: first.span.start, end: last.span.end }, text: rows.join(below) }]
}

/** What stands between two cells of a row, and between two rows. */
function separators(matrix: Matrix, textAt: Passage['textAt']): readonly [string, string] {
  const [row, next] = matrix.rows
  const gap = (a: Expression, b: Expression): string => textAt({ start: a.span.end, end: b.span.start })
  const beside = row.length > 1 ? gap(row[0], row[1]) : matrix.list ? ', ' : ' & '
  const below = next === undefined ? ' \\\\ ' : gap(row[row.length - 1], next[0])
  return [beside, below]
}
