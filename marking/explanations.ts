import { type Quantity, quantitiesUnder } from '../exercises/exercise.js'
import { mistaken, mistakes } from '../mistakes/index.js'
import { oracle } from '../oracle/index.js'
import { type Box, meet, reshaped } from './boxes.js'
import { image, type Replay } from './replay.js'
import type { Explanation } from './report.js'

/**
 * The known mistakes that yield exactly what a line says, from the solution's own values at that place: those of the exercise
 * first, then those of the operators that the quantity is computed with.
 */
export async function explain(quantity: Quantity, written: Box, replay: Replay): Promise<readonly Explanation[]> {
  const own = await ownBoxes(quantity.from, replay)
  const right = own === undefined ? undefined : await image((values) => quantity.compute(values, oracle.operators), own)
  const fits = (box: Box | undefined): boolean =>
    box !== undefined && meet(reshaped(box, written.shape), written) && (right === undefined || !meet(right, written))

  const found: Explanation[] = []
  for (const mistake of replay.world.exercise.mistakes) {
    if (!mistake.quantities.includes(quantity.name)) continue
    const boxes = await ownBoxes(mistake.from(quantity.name), replay)
    if (boxes === undefined) continue
    const box = await image((values) => mistake.compute(quantity.name, values, oracle.operators), boxes)
    if (fits(box)) found.push({ mistake: mistake.name, explanation: mistake.explanation })
  }
  if (own === undefined) return found
  for (const mistake of mistakes) {
    const { operators } = mistaken(mistake)
    const box = await image((values) => quantity.compute(values, operators), own)
    if (fits(box)) found.push({ mistake: mistake.name, explanation: mistake.explanation })
  }
  return found
}

/** The name of another convention under which a wrong value follows from the solution's own values. */
export async function otherConvention(quantity: Quantity, written: Box, replay: Replay): Promise<string | undefined> {
  const { conventions, exercise } = replay.world
  const axes = exercise.conventions.map((axis) => axis.conventions)
  for (const [axis, alternatives] of axes.entries())
    for (const convention of alternatives) {
      if (convention.name === conventions[axis].name) continue
      const others = conventions.map((chosen, i) => (i === axis ? convention : chosen))
      const other = quantitiesUnder(exercise, others).find(({ name }) => name === quantity.name)
      const own = other === undefined ? undefined : await ownBoxes(other.from, replay)
      if (other === undefined || own === undefined) continue
      const box = await image((values) => other.compute(values, oracle.operators), own)
      if (box !== undefined && meet(reshaped(box, written.shape), written)) return convention.name
    }
  return undefined
}

async function ownBoxes(names: readonly string[], replay: Replay): Promise<Readonly<Record<string, Box>> | undefined> {
  const entries: (readonly [string, Box])[] = []
  for (const name of names) {
    const own = await replay.own(name)
    if (own === undefined) return undefined
    entries.push([name, reshaped(own.box, replay.world.truth[name].shape)])
  }
  return Object.fromEntries(entries)
}
