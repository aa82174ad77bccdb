import type { Box } from './boxes.js'
import { pointBox } from './boxes.js'
import type { Expression } from './expression/ast.js'
import { dataOf, isFormulaOf } from './identities.js'
import { contextOf, type ValueClaim } from './judgeValue.js'
import { formulaOf } from './ownFormulas.js'
import type { Datum } from './symbols.js'
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
