import { distance } from 'fastest-levenshtein'
import type { Exercise } from '../exercises/exercise.js'
import { symbolKey } from '../exercises/symbols.js'
import { type Box, hull, meet, pointBox, rangeAt } from './boxes.js'
import { digitsOf } from './claimedValue.js'
import { oldValues } from './document/tableHeads.js'
import { cellsOf, evaluateBox, signedNumeral, wholeFactors } from './evaluation.js'
import { isFormulaOf, partOf, quantitiesThatAre, type Scope } from './identities.js'
import { isInequality } from './inequalities.js'
import type { Replay } from './replay.js'
import type { Side, Statement } from './statements.js'
import { type Datum, type SymbolIndex, symbolsOf } from './symbols.js'
import { agreement, type Written } from './verdict.js'
import { conceptsIn, symbolsIn } from './words.js'
import type { World } from './world.js'

/** What a chain speaks of: a datum of the exercise, or the value of an expression of its own. */
export type Target =
  | { readonly kind: 'datum'; readonly datum: Datum }
  | { readonly kind: 'expression'; readonly side: Side }

/** Where a solution has got to: the stage of the exercise that its symbols belong to. */
export interface Position {
  stage: number
}

/** Points by which a reading of a symbol is likelier than another. */
const weights = {
  formula: 4,
  value: 3,
  stage: 2,
  heading: 2,
  restsOnWritten: 2,
  nextStage: 1,
  alreadyWritten: -2.5,
  workedOut: -3,
  skipsThisStage: -1.5,
  earlierStage: -2,
}

/** What the left side of a chain names, among the data of the exercise; the position moves on with it. */
export async function alignChain(
  statement: Statement,
  replay: Replay,
  position: Position,
): Promise<Target | undefined> {
  const { world } = replay
  const [left] = statement.sides
  if (left === undefined) return undefined
  if (left.kind === 'numeric') return alignVector(left, replay, position)
  const titled =
    statement.section === undefined ? undefined : repeatedTitle(statement.section.title, world.exercise.stages, 0.5)
  if (titled !== undefined) position.stage = titled
  const scope = { stage: position.stage, preferred: [] }
  const candidates =
    left.expression.kind === 'name'
      ? ((await updated(statement, world, scope)) ?? world.index.candidates(left.expression.key))
      : await quantitiesThatAre(world, left, scope)
  if (candidates.length === 0)
    return left.kind === 'symbolic' &&
      (world.index.candidates(left.keys[0]).length > 0 || partOf(world, left.keys[0], scope) !== undefined)
      ? { kind: 'expression', side: left }
      : undefined
  const ofStage = candidates.filter(
    (datum) => titled === undefined || (world.index.stageOf(datum) ?? titled) === titled,
  )
  const datum = await likeliest(ofStage.length > 0 ? ofStage : candidates, statement, replay, position)
  position.stage = titled ?? Math.max(position.stage, world.index.stageOf(datum) ?? 0)
  return { kind: 'datum', datum }
}

/** What a given datum becomes in an equation with itself: θ_k after the step, in `\theta_k = m\theta_k + (1 - m)\theta_q`. */
async function updated({ sides }: Statement, world: World, scope: Scope): Promise<readonly Datum[] | undefined> {
  const [left, right] = sides
  const [datum, ...others] = world.index.candidates(left.keys[0])
  if (datum?.kind !== 'given' || others.length > 0) return undefined
  if (right?.kind !== 'symbolic' || !right.keys.includes(left.keys[0])) return undefined
  const found = await quantitiesThatAre(world, right, scope)
  return found.length === 0 ? undefined : found
}

/** The quantity, not yet written, that a vector of numerals is by the right rule: the probabilities, for `softmax([2, 4, 6])`. */
async function alignVector(left: Side, replay: Replay, { stage }: Position): Promise<Target | undefined> {
  const { world } = replay
  const evaluated = evaluateBox(left.expression, { habit: 'rounds' })
  if (!('box' in evaluated) || evaluated.box.low.length === 1) return undefined
  for (const datum of world.index.all()) {
    const quantity = world.quantity(datum.name)
    if (quantity === undefined || replay.recorded(datum.name) !== undefined) continue
    if ((world.index.stageOf(datum) ?? stage) !== stage) continue
    const steps = await replay.steps(quantity)
    if (steps.some(({ box, basis }) => basis === 'own' && meet(box, evaluated.box))) return { kind: 'datum', datum }
  }
  return undefined
}

/** The first of the likeliest candidates; what those are worth that cannot be it is not looked at. */
async function likeliest(
  candidates: readonly Datum[],
  statement: Statement,
  replay: Replay,
  position: Position,
): Promise<Datum> {
  if (candidates.length === 1) return candidates[0]
  const claimed = claimedBy(statement)
  const plain = candidates.map((datum) => placeScore(datum, candidates, statement, claimed.value, replay, position))
  const most = mostByContent(claimed)
  const hopes = [...candidates.keys()].toSorted((a, b) => plain[b] - plain[a])
  let [best, points] = [hopes[0], Number.NEGATIVE_INFINITY]
  for (const i of hopes) {
    const upTo = plain[i] + most
    if (upTo < points || (upTo === points && i > best)) continue
    const total = plain[i] + (await contentScore(candidates[i], claimed, replay, position))
    if (total > points || (total === points && i < best)) [best, points] = [i, total]
  }
  return candidates[best]
}

/** What a chain says of its left side: its value, rounded or cut, if it ends in numerals, and its formula. */
interface Claimed {
  readonly value: Box | undefined
  /** Its cells, where they are all numerals. */
  readonly cells: readonly Written[] | undefined
  readonly formula: Side | undefined
}

function claimedBy({ sides, relations }: Statement): Claimed {
  const bound = relations.findIndex(isInequality)
  const last = (bound < 0 ? sides : sides.slice(0, bound + 1)).findLast((side, i) => i > 0 && side.kind === 'numeric')
  const values = (['rounds', 'cuts'] as const).flatMap((habit) => {
    const value = last === undefined ? undefined : evaluateBox(last.expression, { habit })
    return value !== undefined && 'box' in value ? [value.box] : []
  })
  const numerals = last === undefined ? [] : cellsOf(last.expression).map(signedNumeral)
  const cells = numerals.flatMap((cell) =>
    cell === undefined ? [] : [digitsOf(cell.value, cell.numeral.whole ? 0 : cell.numeral.half)],
  )
  return {
    value: values.length < 2 ? undefined : hull(values[0], values[1]),
    cells: cells.length === numerals.length ? cells : undefined,
    formula: sides.slice(1).find(({ kind }) => kind === 'symbolic'),
  }
}

/** How well a chain fits a datum that its left side may name by where it stands. */
function placeScore(
  datum: Datum,
  others: readonly Datum[],
  statement: Statement,
  value: Box | undefined,
  replay: Replay,
  { stage }: Position,
): number {
  const { world } = replay
  const own = world.index.stageOf(datum)
  const later = announcedStage(statement, replay)
  let points = 0
  if (later === 0) points += own === undefined || own === 0 ? weights.stage + weights.heading : weights.earlierStage
  else if (own === undefined || own === stage)
    points += datum.kind === 'given' && later !== undefined ? 0 : weights.stage
  else if (own < stage) points += weights.earlierStage
  else if (later === own) points += weights.nextStage + weights.heading
  else points += weights.nextStage + (others.some(isUnwrittenNow) ? weights.skipsThisStage : 0)
  function isUnwrittenNow(other: Datum): boolean {
    return world.index.stageOf(other) === stage && replay.recorded(other.name) === undefined
  }
  const recorded = replay.recorded(datum.name)
  // What was written once may be written again.
  const isRepeated = value !== undefined && recorded !== undefined && meet(value, recorded.written)
  if (recorded !== undefined && !(isRepeated && (own ?? stage) === stage)) points += weights.alreadyWritten
  if (datum.kind === 'given' && statement.sides[1]?.expression.kind === 'operation') points += weights.workedOut
  return points
}

/** How well it fits by what it says, and by what was written before. */
async function contentScore(datum: Datum, claimed: Claimed, replay: Replay, { stage }: Position): Promise<number> {
  const { formula } = claimed
  const { world } = replay
  let points = 0
  if (datum.kind === 'quantity') {
    const { from } = datum.quantity
    const near = [...from, ...from.flatMap((name) => world.quantity(name)?.from ?? [])]
    if (near.some((name) => world.given[name] === undefined && replay.recorded(name) !== undefined))
      points += weights.restsOnWritten
    const scope = { stage: world.index.stageOf(datum) ?? stage, preferred: from }
    if (formula !== undefined && (await isFormulaOf(world, formula, datum.name, scope)) === 'same')
      points += weights.formula
  }
  if (isClaimed(pointBox(world.truth[datum.name]), claimed)) points += weights.value
  return points
}

/** Whether a value is what is claimed, rounded or cut: 0.9999 is no 1. */
function isClaimed(truth: Box, { value, cells }: Claimed): boolean {
  if (value === undefined || !meet(value, truth)) return false
  return cells?.every((cell, i) => agreement(cell, rangeAt(truth, i), 'rounds') !== 'no') ?? true
}

/** The most that a chain can fit by what it says. */
function mostByContent({ value, formula }: Claimed): number {
  return (
    weights.restsOnWritten + (formula === undefined ? 0 : weights.formula) + (value === undefined ? 0 : weights.value)
  )
}

/**
 * The stage that a heading announces: the one whose title it shares most words with; else a later one, by a word of its own title or
 * by a word for «new» or «after»; the first, in a table's column of old values.
 */
function announcedStage({ section }: Statement, { world }: Replay): number | undefined {
  if (section === undefined) return undefined
  const { stages } = world.exercise
  const announced = announcements.get(stages) ?? new Map<string, number | undefined>()
  announcements.set(stages, announced)
  if (announced.has(section.title)) return announced.get(section.title)
  const stage = stageAnnouncedBy(section.title, stages)
  if (announced.size >= mostTitles) announced.clear()
  announced.set(section.title, stage)
  return stage
}

/** The stages that titles announce, by the stages of their exercise. */
const announcements = new WeakMap<Exercise['stages'], Map<string, number | undefined>>()

/** More titles than this are not kept. */
const mostTitles = 200

function stageAnnouncedBy(title: string, stages: Exercise['stages']): number | undefined {
  if (title === oldValues) return 0
  const repeated = repeatedTitle(title, stages)
  if (repeated !== undefined) return repeated
  const said = conceptsIn(title)
  const found = stages.findIndex(
    (one, stage) =>
      stage > 0 &&
      (said.has('later') || [...conceptsIn(`${one.name} ${one.title}`)].some((concept) => said.has(concept))),
  )
  return found < 0 ? undefined : found
}

/** The one stage whose title has most of the words of a heading, and at least such a share of them. */
function repeatedTitle(heading: string, stages: Exercise['stages'], least = 0): number | undefined {
  const words = new Set(wordsIn(heading))
  if (words.size === 0) return undefined
  const shared = stages.map(({ title }) => wordsIn(title).filter((word) => words.has(word)).length)
  const most = Math.max(0, ...shared)
  if (most === 0 || shared.filter((count) => count === most).length > 1) return undefined
  const stage = shared.indexOf(most)
  // What stands in parentheses says the same again: MoCo (momentum contrast).
  const said = stages[stage].title.replaceAll(/\(.*?\)/g, '')
  return most >= least * wordsIn(said).length ? stage : undefined
}

/** The words of a title that say something, of four letters and more, with a digit or of capitals, without their endings. */
function wordsIn(title: string): readonly string[] {
  return (title.match(/\p{L}{4,}|\p{L}+\d+|\b\p{Lu}{3}\b/gu) ?? []).map((word) => word.toLowerCase().slice(0, 7))
}

/** Words that tell two quantities of an exercise apart: prose that has one of them speaks of no quantity that has not. */
const distinguishing: ReadonlySet<string> = new Set(['input', 'output', 'latent', 'training', 'test'])

/** The quantity that a number in prose answers: by a symbol among the words, by what the words speak of, by its value's kind. */
export function alignProse(statement: Statement, replay: Replay, { stage }: Position): Datum | undefined {
  const { world } = replay
  const said = conceptsIn(`${statement.words} ${statement.section?.title ?? ''}`)
  const inWords = conceptsIn(statement.words)
  const symbols = symbolsIn(statement.words)
  const [value] = statement.sides
  const factors = value === undefined ? undefined : wholeFactors(value.expression)
  const ranked = world.index.all().flatMap((datum) => {
    if (datum.kind === 'given' || datum.quantity.kind === 'symbolic' || datum.quantity.kind === 'real') return []
    const { kind, meaning, name } = datum.quantity
    const kindWord = kind === 'class' ? 'class' : kind === 'shape' ? 'dimension' : ''
    const meant = conceptsIn(`${meaning} ${name} ${kindWord}`)
    const shared = [...meant].filter((concept) => inWords.has(concept)).length
    const missed = [...inWords].filter((concept) => !meant.has(concept))
    const isShape = factors !== undefined && factors.length > 1
    const inTitle = isShape && kind === 'shape' && [...meant].some((concept) => said.has(concept))
    if ((shared === 0 && !inTitle) || missed.some((concept) => distinguishing.has(concept))) return []
    if ((kind === 'shape') !== isShape || (isShape && factors.length !== world.truth[name].size)) return []
    const symbol = symbolsOf(datum).some((key) =>
      symbols.some((written) => key === written || key.endsWith(` ${written}`)),
    )
    const fits = [...meant].filter((concept) => said.has(concept)).length
    const written = replay.recorded(datum.name) !== undefined ? 1.5 : 0
    const here = (world.index.stageOf(datum) ?? stage) === stage ? 2 : 0
    const asked = datum.quantity.asked ? 1 : 0
    return [{ datum, points: 2 * shared + fits + here + (symbol ? 3 : 0) + asked - missed.length - written }]
  })
  return ranked.toSorted((a, b) => b.points - a.points)[0]?.datum
}

/** The datum that an entry of an answer sheet names by the path of its keys; values after an update stand under `new` or `after`. */
export function alignEntry(path: readonly string[], index: SymbolIndex): Datum | undefined {
  const later = path.some((key) => conceptsIn(key).has('later'))
  const named = path.length === 1 ? index.datum(path[0]) : undefined
  if (named !== undefined) return named
  const keys = entryKeys(path)
  const candidates = index
    .all()
    .filter((datum) => keys.some((key) => key === datum.name || symbolsOf(datum).includes(key)))
  if (candidates.length === 0) return byMeaning(path.join(' '), index)
  const stages = candidates.map((datum) => index.stageOf(datum) ?? -1)
  const wanted = later ? Math.max(...stages) : Math.min(...stages.map((stage) => (stage < 0 ? 0 : stage)))
  const quantities = candidates.filter((datum, i) => datum.kind === 'quantity' && Math.max(stages[i], 0) === wanted)
  return quantities[0] ?? candidates[0]
}

/** The one quantity whose meaning has all that the words speak of. */
function byMeaning(words: string, index: SymbolIndex): Datum | undefined {
  const said = [...conceptsIn(words)]
  const found = index.all().filter((datum) => {
    if (datum.kind === 'given') return false
    const meant = conceptsIn(`${datum.quantity.meaning} ${datum.name}`)
    return said.length > 0 && said.every((concept) => meant.has(concept))
  })
  const asked = found.filter((datum) => datum.kind === 'quantity' && datum.quantity.asked)
  const [one, ...more] = asked.length > 0 ? asked : found
  return more.length > 0 ? undefined : one
}

/** The symbols that a path may spell: its last key, or several together, without the words for the stage. */
function entryKeys(path: readonly string[]): readonly string[] {
  const plain = path
    .map((key) => key.replace(/^(new|after|updated|before|old)\b[\s_]*(the\s+)?(update)?\s*/iu, '').trim())
    .filter((key) => key !== '')
  const spellings = plain.flatMap((_, i) => {
    const tail = plain.slice(i)
    return [tail.join(''), tail.join('_'), tail.join(' ')]
  })
  return spellings.flatMap((spelling) => [symbolKey(spelling) ?? spelling, spelling])
}

/** The known spelling nearest to one that is not known. */
export function nearest(spelling: string, known: readonly string[]): string | undefined {
  return known
    .map((candidate) => ({ candidate, steps: distance(spelling.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, steps }) => steps <= Math.max(2, Math.floor(candidate.length / 3)))
    .toSorted((a, b) => a.steps - b.steps)[0]?.candidate
}
