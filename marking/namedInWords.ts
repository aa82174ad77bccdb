import { rowMajor } from '../oracle/tensor.js'
import { alignProse, type Position, type Target } from './alignment.js'
import { pointBox } from './boxes.js'
import { type Habit, signedNumeral, wholeFactors } from './evaluation.js'
import type { Relation } from './expression/ast.js'
import { isInequality } from './inequalities.js'
import { judgeValue } from './judgeValue.js'
import type { Replay } from './replay.js'
import type { Statement } from './statements.js'
import { subjectOf } from './subject.js'
import { isRight } from './verdict.js'
import { conceptsIn, isOfPart } from './words.js'

/** How far a solution has got. */
export interface Standing {
  readonly replay: Replay
  readonly habit: Habit
  readonly position: Position
}

/**
 * What the words around a number speak of: of several counts alike, the one whose value it is; of a shape that nothing names, the
 * one that is asked for and right.
 */
export async function namedInProse(statement: Statement, standing: Standing): Promise<Target | undefined> {
  const datum = alignProse(statement, standing.replay, standing.position)
  if (datum === undefined) return (await unnamedShape(statement, standing)) ?? unnamedAnswer(statement, standing)
  const target: Target = { kind: 'datum', datum }
  if (await isRightAlone(statement, target, standing)) return target
  const other = rightElsewhere(statement, standing)
  return other !== undefined && isAlike(other, target, statement) ? other : target
}

/** What the words before a chain name, or words on its left: a calculation by itself only where it ends in the right value. */
export async function namedInWords(statement: Statement, standing: Standing): Promise<Target | undefined> {
  const [left] = statement.sides
  const last = statement.sides[statement.sides.length - 1]
  const isWord = left.expression.kind === 'name' && /\p{L}{4}/u.test(left.expression.text)
  if ((left.kind !== 'numeric' && !isWord) || last.kind !== 'numeric' || !statement.relations.every(isEquality))
    return undefined
  const words = left.expression.kind === 'name' ? `${statement.words} ${left.expression.text}` : statement.words
  const stated: Statement = { ...statement, words, sides: [last] }
  const datum = words === '' ? undefined : alignProse(stated, standing.replay, standing.position)
  const target: Target | undefined = datum === undefined ? undefined : { kind: 'datum', datum }
  if (target !== undefined) {
    if (isWord || (await isRightAlone(stated, target, standing))) return target
    const isHeaded = words.endsWith(':') && !isOfPart(words)
    if (isHeaded && rightElsewhere(stated, standing) === undefined) return target
  }
  return isWord ? undefined : unnamedAnswer(statement, standing)
}

/**
 * What is asked for, still unanswered, and right on every side, where nothing names it: a count of three digits and more, or a number
 * whose words its meaning shares.
 */
async function unnamedAnswer(statement: Statement, standing: Standing): Promise<Target | undefined> {
  const { replay } = standing
  const { index, exercise, truth } = replay.world
  const { expression } = statement.sides[statement.sides.length - 1]
  const written = signedNumeral(expression)
  if (written === undefined) return undefined
  const said = conceptsIn(statement.words)
  const found: Target[] = []
  for (const { name, kind, meaning, asked } of exercise.quantities) {
    if (!asked || replay.recorded(name) !== undefined || truth[name].size > 1) continue
    const isCount = kind === 'whole' && (thousands.test(written.numeral.text) || /^\d{3,}$/.test(written.numeral.text))
    const isSpokenOf = kind === 'real' && [...conceptsIn(meaning)].some((concept) => said.has(concept))
    const isExactEnough = written.numeral.half < Math.abs(written.value) / 100
    const datum = isCount || (isSpokenOf && isExactEnough) ? index.datum(name) : undefined
    if (datum === undefined) continue
    const target: Target = { kind: 'datum', datum }
    const areRight = statement.sides.map((side) => isRightAlone({ ...statement, sides: [side] }, target, standing))
    if ((await Promise.all(areRight)).every(Boolean)) found.push(target)
  }
  return found.length === 1 ? found[0] : undefined
}

/** A number in groups of three digits: 290,400 and 34.944. */
const thousands = /^\d{1,3}([.,]\d{3})+$/

/** Something else than what the words name first that a number is the right value of. */
function rightElsewhere(statement: Statement, { replay }: Standing): Target | undefined {
  const { index, truth } = replay.world
  const [{ expression }] = statement.sides
  const value = signedNumeral(expression)?.value
  const found = index.all().find(({ name }) => truth[name].size === 1 && rowMajor(truth[name])[0] === value)
  return found === undefined ? undefined : { kind: 'datum', datum: found }
}

/** A shape that nothing names, where it is what is asked for: «also 55 x 55 x 96». */
async function unnamedShape(statement: Statement, standing: Standing): Promise<Target | undefined> {
  if ((wholeFactors(statement.sides[0].expression)?.length ?? 0) < 3) return undefined
  const { index, exercise } = standing.replay.world
  for (const { name } of exercise.quantities.filter(({ kind, asked }) => kind === 'shape' && asked)) {
    const datum = index.datum(name)
    const target: Target | undefined = datum === undefined ? undefined : { kind: 'datum', datum }
    if (target !== undefined && (await isRightAlone(statement, target, standing))) return target
  }
  return undefined
}

/** Whether a number by itself is what is asked for. */
export async function isRightAlone(
  statement: Statement,
  target: Target,
  { replay, habit, position }: Standing,
): Promise<boolean> {
  const [side] = statement.sides
  const common = { statement, side, relation: '=', line: undefined, formula: undefined, cause: undefined } as const
  const subject = await subjectOf(target, replay, position.stage, habit)
  const judged = await judgeValue({ ...common, subject, replay, habit })
  return !('why' in judged) && (isRight(judged.verdict) || judged.verdict === 'carried')
}

/** The class that a quantity written before with decimals decides, where it is given that class's number: «o = 0.27 ≤ 0.5, o = 0». */
export function decidedClass({ sides }: Statement, target: Target | undefined, replay: Replay): Target | undefined {
  if (target?.kind !== 'datum' || sides.length < 2) return undefined
  const { world } = replay
  const { expression } = sides[1]
  const written = replay.recorded(target.datum.name)?.values ?? []
  if (expression.kind !== 'numeral' || !expression.whole || written.every(Number.isInteger)) return undefined
  const decided = world.exercise.quantities.find(
    ({ kind, from, name }) =>
      kind === 'class' && from.includes(target.datum.name) && pointBox(world.truth[name]).low[0] === expression.value,
  )
  const datum = decided === undefined ? undefined : world.index.datum(decided.name)
  return datum === undefined ? undefined : { kind: 'datum', datum }
}

/** Whether two counts are both of what the words speak of. */
function isAlike(a: Target, b: Target, { words }: Statement): boolean {
  const said = conceptsIn(words)
  return [a, b].every(
    (target) =>
      target.kind === 'datum' &&
      target.datum.kind === 'quantity' &&
      target.datum.quantity.kind === 'whole' &&
      [...conceptsIn(target.datum.quantity.meaning)].some((concept) => said.has(concept)),
  )
}

function isEquality(relation: Relation): boolean {
  return !isInequality(relation)
}
