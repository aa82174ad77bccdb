import type { Document, Edit } from '../document/document.js'
import { cellsOf, signedNumeral } from '../evaluation.js'
import type { Expression } from '../expression/ast.js'
import { holds, type Inequality, isInequality } from '../inequalities.js'
import type { Claim, FileReport } from '../report.js'
import { isRight } from '../verdict.js'
import type { World } from '../world.js'
import type { WrittenNumber, WrittenNumbers } from './calculation.js'
import { mendRepeated } from './cells.js'
import { handwritingOf } from './handwriting.js'
import { halfOf, type Mended, type Mending } from './mending.js'
import { type Notation, notationOf } from './notation.js'
import { isFaulty, type Passage, passagesOf } from './passage.js'
import { mendBefore, mendSide } from './side.js'

/** The edits of one statement in one round of repair, and the sides that they are of. */
export interface Mend {
  readonly edits: readonly Edit[]
  readonly sides: readonly string[]
}

/** More rounds than this of the same side are not tried. */
const mostAttempts = 3

/** The edits that bring every line of a document that is not right to what the exercise gives, as far as that can be done by rule. */
export async function planOf(
  document: Document,
  report: FileReport,
  worlds: ReadonlyMap<string, World>,
  attempts: ReadonlyMap<string, number>,
): Promise<readonly Mend[]> {
  const passages = passagesOf(document, report.claims)
  const notation = notationIn(passages, report.claims)
  const mends: Mend[] = []
  const perExercise = new Map<string, Mended & Pick<Mending, 'written'>>()
  const knownOf = (id: string): Mended & Pick<Mending, 'written'> => {
    const known = perExercise.get(id)
    if (known !== undefined) return known
    const own = passages.filter((passage) => exerciseOf(passage) === id)
    const fresh = { mended: new Map<number, number>(), mendedVectors: [], written: writtenIn(own) }
    perExercise.set(id, fresh)
    return fresh
  }
  for (const passage of passages) {
    const edits: Edit[] = []
    const sides: string[] = []
    mends.push({ edits, sides })
    const world = worlds.get(exerciseOf(passage))
    const faulty = passage.sides.filter(isFaulty)
    if (faulty.length === 0) {
      edits.push(...repeated(passage, knownOf(exerciseOf(passage)), notation))
      continue
    }
    if (world === undefined) continue
    const handwriting = handwritingOf(
      passages
        .filter((other) => other === passage || exerciseOf(other) === exerciseOf(passage))
        .map(({ statement }) => statement),
      world,
    )
    const mending: Mending = {
      ...{ world, notation, handwriting, attempts },
      ...knownOf(exerciseOf(passage)),
      usualHalf: halfOf(notation),
    }
    edits.push(...repeated(passage, mending, notation))
    for (const side of faulty) {
      if ((attempts.get(side.key) ?? 0) >= mostAttempts) continue
      const found = (await mendSide(side, passage, mending)) ?? mendBefore(side, passage, mending)
      if (found === undefined || found.length === 0) continue
      edits.push(...found)
      sides.push(side.key)
    }
    if (edits.length === 0) {
      const turned = turnedRelation(passage)
      if (turned !== undefined) edits.push(turned)
    }
  }
  return mends.filter(({ edits }) => edits.length > 0)
}

/** The exercise that a statement's claims are of; the empty id where they are of none. */
function exerciseOf({ sides }: Passage): string {
  return sides.flatMap(({ claims }) => claims).find(({ exercise }) => exercise !== null)?.exercise ?? ''
}

/** The edits of the calculations of a statement, of which nothing else is to be mended, that repeat numbers that have been mended. */
function repeated({ sides, ...passage }: Passage, mended: Mended, notation: Notation): readonly Edit[] {
  return sides.flatMap((claimed, i) => {
    const { expression, kind } = claimed.side
    if (kind !== 'numeric' || isFaulty(claimed) || (i > 0 && isWrittenOut(expression))) return []
    if (i === 0 && (claimed.claims.length > 0 || sides.length === 1)) return []
    return mendRepeated(expression, { sides, ...passage }, mended, notation)
  })
}

/** Whether all of an expression's cells are numbers. */
function isWrittenOut(expression: Expression): boolean {
  return cellsOf(expression).every((cell) => signedNumeral(cell) !== undefined)
}

/** How the numbers of a document are written. */
function notationIn(passages: readonly Passage[], claims: readonly Claim[]): Notation {
  const numerals = passages.flatMap(({ sides, textAt }) =>
    sides.flatMap(({ side, claims: own }) =>
      own.length === 0
        ? []
        : cellsOf(side.expression).flatMap((cell) => {
            const signed = signedNumeral(cell)
            return signed === undefined ? [] : [{ numeral: signed.numeral, source: textAt(signed.numeral.span) }]
          }),
    ),
  )
  return notationOf(
    numerals,
    passages.map(({ statement }) => statement.text),
    cutsDecimals(passages, claims),
  )
}

/** Whether right values show that decimals are cut off: several that no rounding gives, and hardly one that no cutting gives. */
function cutsDecimals(passages: readonly Passage[], claims: readonly Claim[]): boolean {
  let [onlyCut, onlyRounded] = [0, 0]
  const right = new Set(claims.filter(({ verdict, index }) => isRight(verdict) && index === null))
  for (const { side, claims: own } of passages.flatMap(({ sides }) => sides))
    for (const { claimed, expected } of own.filter((claim) => right.has(claim))) {
      const signed = signedNumeral(side.expression)
      if (signed === undefined || signed.numeral.whole) continue
      if (typeof claimed !== 'number' || typeof expected !== 'number') continue
      const { half } = signed.numeral
      const beyond = Math.abs(expected) - Math.abs(claimed)
      const isRounded = Math.abs(expected - claimed) <= half * (1 + 1e-9)
      const isCut = beyond >= -1e-12 && beyond < 2 * half
      if (isCut && !isRounded) onlyCut++
      if (isRounded && !isCut) onlyRounded++
    }
  return onlyCut >= 3 && onlyCut > 4 * onlyRounded
}

/** The numbers that right claims write for each quantity, as they stand there. */
function writtenIn(passages: readonly Passage[]): WrittenNumbers {
  const written = new Map<string, (readonly WrittenNumber[])[]>()
  for (const { sides, textAt } of passages)
    for (const { side, claims } of sides) {
      const cells = cellsOf(side.expression)
      const numbers = cells.flatMap((cell): readonly WrittenNumber[] => {
        const signed = signedNumeral(cell)
        return signed === undefined ? [] : [{ value: signed.value, size: textAt(signed.numeral.span) }]
      })
      const quantity = claims[0]?.quantity ?? null
      if (numbers.length < cells.length || quantity === null) continue
      if (claims.some(({ verdict }) => !isRight(verdict))) continue
      written.set(quantity, [...(written.get(quantity) ?? []), numbers])
    }
  return written
}

const opposite: Readonly<Record<string, string>> = {
  '<': '>',
  '>': '<',
  '≤': '≥',
  '≥': '≤',
  '\\leq': '\\geq',
  '\\geq': '\\leq',
  '\\le': '\\ge',
  '\\ge': '\\le',
  '\\lt': '\\gt',
  '\\gt': '\\lt',
}

/** The edit that turns round a false inequality between two numbers. */
function turnedRelation({ sides, statement, textAt }: Passage): Edit | undefined {
  for (const [i, { side, claims }] of sides.entries()) {
    const relation = statement.relations[i - 1]
    if (relation === undefined || !isInequality(relation) || !claims.some(({ verdict }) => !isRight(verdict))) continue
    const [left, right] = [sides[i - 1].side, side].map(({ expression }) => signedNumeral(expression)?.value)
    if (left === undefined || right === undefined || !holds(left, turned(relation), right)) continue
    const gap = { start: sides[i - 1].side.expression.span.end, end: side.expression.span.start }
    const text = textAt(gap)
    const [sign] = /\\[lg](?:eq|e|t)(?![a-z])|[<>≤≥]/u.exec(text) ?? []
    if (sign === undefined || opposite[sign] === undefined) continue
    const at = gap.start + text.indexOf(sign)
    return { span: { start: at, end: at + sign.length }, text: opposite[sign] }
  }
  return undefined
}

function turned(relation: Inequality): Inequality {
  const relations: Readonly<Record<Inequality, Inequality>> = { '<': '>', '>': '<', '≤': '≥', '≥': '≤' }
  return relations[relation]
}

/** The edits of several statements in order, without those that overlap one before them. */
export function editsOf(mends: readonly Mend[]): readonly Edit[] {
  const kept: Edit[] = []
  for (const edit of mends
    .flatMap(({ edits }) => edits)
    .toSorted((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)) {
    const previous = kept[kept.length - 1]
    if (previous === undefined || edit.span.start >= previous.span.end) kept.push(edit)
  }
  return kept
}
