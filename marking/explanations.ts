import {
  type ExerciseMistake,
  type Operators,
  type Quantity,
  quantitiesUnder,
  type Values,
} from '../exercises/exercise.js'
import { mistaken, mistakes } from '../mistakes/index.js'
import { oracle } from '../oracle/index.js'
import type { Tensor } from '../oracle/tensor.js'
import { type Box, meet, pointBox, reshaped } from './boxes.js'
import { centres, image, isFarFrom, unlessRefused } from './image.js'
import type { Replay } from './replay.js'
import type { Explanation } from './report.js'
import type { World } from './world.js'

/** How often an explanation that assumes more than one mistake in this line may fit by chance. */
const mayFitByChance = 0.01

/**
 * The known mistakes that yield exactly what a line says, from the solution's own values at that place: those of the exercise
 * first, then those of the operators that the quantity is computed with. Where none does, a mistake in a step that was not
 * written down, then two mistakes together, as far as the digits written make a chance agreement unlikely.
 */
export async function explain(quantity: Quantity, written: Box, replay: Replay): Promise<readonly Explanation[]> {
  const own = await ownBoxes(quantity.from, replay)
  const { operators: recording, called } = recordingCalls(oracle.operators)
  const rule = [quantity.name, ...replay.world.conventionsOn(quantity.name)]
  const right = own && (await replay.imageBy(rule, (values) => quantity.compute(values, oracle.operators), own))
  const fits = (box: Box | undefined): boolean =>
    box !== undefined && meet(reshaped(box, written.shape), written) && (right === undefined || !meet(right, written))

  const found: Explanation[] = []
  for (const mistake of mistakesIn(quantity, replay.world)) {
    if (await yieldsFitting(mistake, quantity, written, replay, fits)) found.push(explanationOf(mistake))
  }
  if (own === undefined) return found
  await unlessRefused(() => quantity.compute(centres(own), recording))
  for (const mistake of mistakes) {
    // A mistake of an operator that the quantity is not computed with changes nothing.
    if (!called.has(mistake.operator) || mistake.concerns === 'memory') continue
    const { operators } = mistaken(mistake)
    const compute = (values: Values): Promise<Tensor> => quantity.compute(values, operators)
    if (await isFarFrom(written, compute, own)) continue
    if (fits(await replay.imageBy([mistake.name, ...rule], compute, own)))
      found.push({ mistake: mistake.name, explanation: mistake.explanation })
  }
  return found.length > 0 ? found : explainByUnwritten(quantity, written, replay, fits)
}

/** Operators that remember which of them were called. */
export function recordingCalls(operators: Operators): {
  readonly operators: Operators
  readonly called: ReadonlySet<string>
} {
  const called = new Set<string>()
  const recording = new Proxy(operators, {
    get(target, name) {
      if (typeof name !== 'string') return undefined
      called.add(name)
      return target[name]
    },
  })
  return { operators: recording, called }
}

export function mistakesIn({ name }: Quantity, world: World): readonly ExerciseMistake[] {
  return world.exercise.mistakes.filter(({ quantities }) => quantities.includes(name))
}

function explanationOf({ name, explanation }: ExerciseMistake): Explanation {
  return { mistake: name, explanation }
}

/** Whether a mistake yields what fits what is written. */
async function yieldsFitting(
  mistake: ExerciseMistake,
  quantity: Quantity,
  written: Box,
  replay: Replay,
  fits: (box: Box | undefined) => boolean,
): Promise<boolean> {
  const boxes = await ownBoxes(mistake.from(quantity.name), replay)
  const compute = (values: Values): Promise<Tensor> => mistake.compute(quantity.name, values, oracle.operators)
  if (boxes === undefined || (await isFarFrom(written, compute, boxes))) return false
  return fits(await mistakenBox(mistake, quantity, replay))
}

async function mistakenBox(
  mistake: ExerciseMistake,
  { name }: Quantity,
  replay: Replay,
  instead?: readonly [string, Box],
): Promise<Box | undefined> {
  const boxes = await ownBoxes(mistake.from(name), replay, instead)
  return (
    boxes && replay.imageBy([mistake.name, name], (values) => mistake.compute(name, values, oracle.operators), boxes)
  )
}

/** Mistakes in one step that was not written down, by themselves or with one in this line. */
async function explainByUnwritten(
  quantity: Quantity,
  written: Box,
  replay: Replay,
  fits: (box: Box | undefined) => boolean,
): Promise<readonly Explanation[]> {
  const { world } = replay
  const unwritten = quantity.from.flatMap((name) =>
    replay.recorded(name) === undefined ? (world.quantity(name) ?? []) : [],
  )
  const here = mistakesIn(quantity, replay.world)
  const tried = unwritten.flatMap((part) => mistakesIn(part, world)).length
  const chance = chanceOf(written, await replay.pointOf(quantity))
  const single: Explanation[] = []
  const double: Explanation[] = []
  for (const part of unwritten)
    for (const mistake of mistakesIn(part, world)) {
      const box = await mistakenBox(mistake, part, replay)
      if (box === undefined) continue
      const instead = [part.name, reshaped(box, world.truth[part.name].shape)] as const
      const own = await ownBoxes(quantity.from, replay, instead)
      if (own !== undefined && fits(await image((values) => quantity.compute(values, oracle.operators), own)))
        single.push(explanationOf(mistake))
      if (tried * here.length * chance > mayFitByChance) continue
      for (const other of here)
        if (other.from(quantity.name).includes(part.name) && fits(await mistakenBox(other, quantity, replay, instead)))
          double.push({
            mistake: `${mistake.name}, and ${other.name}`,
            explanation: `${mistake.explanation} Besides, it ${other.explanation}`,
          })
    }
  if (single.length > 0) return tried * chance <= mayFitByChance ? single : []
  return double
}

/** How likely a value by chance agrees with what is written: the width that the digits leave, by the size of what might stand there. */
function chanceOf(written: Box, right: Tensor | undefined): number {
  const truth = right === undefined ? undefined : pointBox(right).low
  return written.low.reduce((chance, low, i) => {
    const [width, middle] = [written.high[i] - low, (written.high[i] + low) / 2]
    const size = 2 * Math.max(Math.abs(middle), Math.abs(truth?.[i] ?? 0))
    // A cell that is right says nothing of what went wrong.
    const isRight = truth?.[i] !== undefined && truth[i] >= low && truth[i] <= written.high[i]
    return isRight || size === 0 ? chance : chance * Math.min(1, Math.max(width, 1e-9) / size)
  }, 1)
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

/** The solution's own values of some data, one of them replaced. */
async function ownBoxes(
  names: readonly string[],
  replay: Replay,
  instead?: readonly [string, Box],
): Promise<Readonly<Record<string, Box>> | undefined> {
  const entries: (readonly [string, Box])[] = []
  for (const name of names) {
    const own = name === instead?.[0] ? { box: instead[1] } : await replay.own(name)
    if (own === undefined) return undefined
    entries.push([name, reshaped(own.box, replay.world.truth[name].shape)])
  }
  return Object.fromEntries(entries)
}
