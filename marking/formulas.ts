import { plainSymbol } from '../exercises/plainText.js'
import { meet } from './boxes.js'
import { isChainRule } from './chainRule.js'
import { evaluatePoint } from './evaluation.js'
import type { Expression } from './expression/ast.js'
import { wholeNumeral } from './expression/indices.js'
import { rebuilt, walk } from './expression/walk.js'
import { areSame, dataOf, isFormulaInColumns, isFormulaOf, isFormulaOfOneItem, type Scope } from './identities.js'
import { formulaMessage } from './messages.js'
import { isOwnFormula } from './ownFormulas.js'
import type { Replay } from './replay.js'
import { type Side, sideOf } from './statements.js'
import type { Subject } from './subject.js'
import { type Datum, symbolsOf, symbolText } from './symbols.js'
import type { World } from './world.js'

/** What a side with names in it turns out to be. */
export type FormulaJudgement =
  | {
      readonly kind: 'formula'
      readonly verdict: 'correct' | 'wrong'
      readonly message: string
      readonly notes: readonly string[]
    }
  /** Values have been put in for some names: to be judged as a value. */
  | { readonly kind: 'value' }
  /** Another name for the same thing. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'unknown'; readonly why: string }

/** Judges a symbolic side; where it is no right formula with the sizes of the general model, with those of the instance beside it. */
export async function judgeFormula(
  side: Side,
  subject: Subject | undefined,
  replay: Replay,
): Promise<FormulaJudgement> {
  const judged = await judgeAsWritten(side, subject, replay)
  const { instance = {} } = replay.world.exercise
  const sizes = side.keys.filter((key) => Object.hasOwn(instance, key))
  const isOpen = judged.kind === 'unknown' || (judged.kind === 'formula' && judged.verdict === 'wrong')
  if (!isOpen || side.kind !== 'symbolic' || sizes.length === 0) return judged
  const other = await judgeAsWritten(sideOf(withSizes(side.expression, instance)), subject, replay)
  if (other.kind !== 'formula' || other.verdict !== 'correct') return judged
  const said = [...new Set(sizes)].map((key) => `${plainSymbol(key)} = ${instance[key]}`)
  return { ...other, notes: [...other.notes, `${said.join(', ')} in the instance`] }
}

function withSizes(expression: Expression, sizes: Readonly<Record<string, number>>): Expression {
  if (expression.kind !== 'name') return rebuilt(expression, (operand) => withSizes(operand, sizes))
  return Object.hasOwn(sizes, expression.key) ? wholeNumeral(sizes[expression.key], expression.span) : expression
}

/** Judges a symbolic side by trying it at random given data, and where it is no formula of its own at those given. */
async function judgeAsWritten(side: Side, subject: Subject | undefined, replay: Replay): Promise<FormulaJudgement> {
  const { world } = replay
  const scope: Scope = subject?.scope ?? { stage: 0, preferred: [] }
  const data = dataOf(world, side, scope)
  if (data === undefined) {
    if (side.kind === 'name') return { kind: 'skip' }
    const unknown = side.keys.filter((key) => world.index.resolve(key, scope.stage) === undefined)
    return { kind: 'unknown', why: `${[...new Set(unknown)].join(', ')} stands for nothing in ${world.exercise.id}` }
  }
  if (subject === undefined) return { kind: 'unknown', why: 'its left side is nothing that the exercise knows' }
  const notes = aliasNotes(data)
  const sameness =
    subject.name !== undefined
      ? await isFormulaOf(world, side, subject.name, scope)
      : subject.side === undefined
        ? 'unknown'
        : await areSame(world, subject.side, side, scope)
  const { quantity } = subject
  const isRight =
    sameness === 'same' ||
    (quantity !== undefined && isOwnFormula(side, quantity, world.exercise)) ||
    (subject.name !== undefined && (await isFormulaBefore(world, side, subject.name, scope)))
  if (isRight) return { kind: 'formula', verdict: 'correct', message: '', notes }
  const at = evaluatePoint(side.expression, (key) => {
    const datum = data.get(key)
    return datum === undefined ? undefined : world.truth[datum.name]
  })
  if (at !== undefined && meet(at, subject.truth))
    return { kind: 'formula', verdict: 'correct', message: '', notes: [...notes, 'holds for the data given here'] }
  if (walk(side.expression).some((node) => node.kind === 'numeral' && !node.whole)) return { kind: 'value' }
  const datum = subject.name === undefined ? undefined : world.index.datum(subject.name)
  if (datum !== undefined && (await isFormulaInColumns(world, side, datum.name, scope)))
    return { kind: 'formula', verdict: 'correct', message: '', notes: [...notes, 'vectors as columns'] }
  const ofOneItem = datum === undefined ? 'unknown' : await isFormulaOfOneItem(world, side, datum.name, scope)
  if (ofOneItem === 'same')
    return { kind: 'formula', verdict: 'correct', message: '', notes: [...notes, 'for one item, vectors as columns'] }
  if (datum !== undefined && world.exercise.oneItem !== undefined && isChainRule(side.expression, symbolsOf(datum)))
    return { kind: 'formula', verdict: 'correct', message: '', notes: [...notes, 'the chain rule'] }
  if (sameness === 'unknown' && at === undefined && ofOneItem === 'unknown')
    return { kind: 'unknown', why: 'the value of this formula cannot be computed' }
  return {
    kind: 'formula',
    verdict: 'wrong',
    message: formulaMessage(datum === undefined ? undefined : symbolText(datum), subject.quantity?.formula),
    notes,
  }
}

/** Whether a side is a quantity's formula with the symbols of an earlier stage: y₃ of the forward pass, in the new weight's `w + ηδ₅y₃`. */
async function isFormulaBefore(world: World, side: Side, name: string, scope: Scope): Promise<boolean> {
  for (let stage = scope.stage - 1; stage >= 0; stage--)
    if ((await isFormulaOf(world, side, name, { ...scope, stage })) === 'same') return true
  return false
}

/** Symbols of the sheet that stand for something under another index: w₁₅ read as w₃₅. */
function aliasNotes(data: ReadonlyMap<string, Datum>): readonly string[] {
  return [...data].flatMap(([key, datum]) => {
    const first = symbolsOf(datum)[0]
    const [letter, index] = key.split('_')
    const [usualLetter, usualIndex] = first.split('_')
    const other = letter === usualLetter && index !== undefined && usualIndex !== undefined && index !== usualIndex
    return other && /^\d+$/.test(index) ? [`${plainSymbol(key)} read as ${symbolText(datum)}`] : []
  })
}
