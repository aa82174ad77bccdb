import type { Exercise, Quantity } from '../exercises/exercise.js'
import type { Box } from './boxes.js'
import { pointBox } from './boxes.js'
import type { Expression } from './expression/ast.js'
import { readFragment } from './expression/reader.js'
import { dataOf, isFormulaOf } from './identities.js'
import { contextOf, type ValueClaim } from './judgeValue.js'
import { type Side, sideOf } from './statements.js'
import { type Datum, symbolTable } from './symbols.js'
import { type Miscopied, miscopiedByForm, miscopiedByValue } from './transcription.js'

/** More wrong numerals than this in one line are no slips of the pen. */
const mostMiscopied = 2

/**
 * The numerals of a line that stand where other values belong: found by putting the line beside the formula of its
 * quantity, the solution's own or the exercise's; else by trying the values that the quantity is computed from.
 */
export async function findMiscopied(
  { subject, formula, replay, habit }: Pick<ValueClaim, 'subject' | 'formula' | 'replay' | 'habit'>,
  numerals: Expression,
  isRight: (box: Box) => boolean,
): Promise<readonly Miscopied[]> {
  const quantity = subject?.quantity
  const context = contextOf(replay, habit, subject)
  if (subject === undefined || quantity === undefined) return []
  for (const side of [formula ?? null, formulaOf(quantity, replay.world.exercise)]) {
    const data = side === null ? undefined : dataOf(replay.world, side, subject.scope)
    if (side === null || data === undefined) continue
    if ((await isFormulaOf(replay.world, side, quantity.name, subject.scope)) !== 'same') continue
    const owns = new Map(
      await Promise.all([...data].map(async ([key, datum]) => [key, await replay.own(datum.name)] as const)),
    )
    const meaning = {
      datum: (key: string) => data.get(key),
      own: (key: string) => owns.get(key)?.box,
      truth: (key: string) => {
        const datum = data.get(key)
        return datum === undefined ? undefined : pointBox(replay.world.truth[datum.name])
      },
    }
    const found = miscopiedByForm(side.expression, numerals, meaning, replay, context)
    if (found.length > 0) return found.length <= mostMiscopied ? found : []
  }
  const from = quantity.from
    .map((name) => replay.world.index.datum(name))
    .filter((datum): datum is Datum => datum !== undefined)
  const one = await miscopiedByValue(numerals, from, replay, isRight)
  return one === undefined ? [] : [one]
}

/** Formulas of exercises, so that they are read once. */
const formulas = new WeakMap<Quantity, Side | null>()

/** The formula of a quantity as the exercise has it; null where it is no formula that can be computed. */
function formulaOf(quantity: Quantity, exercise: Exercise): Side | null {
  const known = formulas.get(quantity)
  if (known !== undefined) return known
  const { chains, notUnderstood } = readFragment(quantity.formula, { offset: 0, symbols: symbolTable(exercise) })
  const expression = chains[0]?.sides[0]
  const side = expression === undefined || notUnderstood.length > 0 ? null : sideOf(expression)
  formulas.set(quantity, side)
  return side
}
