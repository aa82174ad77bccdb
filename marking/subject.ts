import type { Quantity } from '../exercises/exercise.js'
import type { Target } from './alignment.js'
import { type Box, pointBox } from './boxes.js'
import { evaluateBox, evaluatePoint, type Habit } from './evaluation.js'
import { dataOf, type Scope } from './identities.js'
import type { Replay, Step } from './replay.js'
import type { Side } from './statements.js'

/** What the values of a chain are compared with: T and F of its quantity, or of the expression that it is about. */
export interface Subject {
  readonly name: string | undefined
  /** The expression that the chain is about, where that is no datum. */
  readonly side: Side | undefined
  /** The quantity, where the chain is about one. */
  readonly quantity: Quantity | undefined
  /** The datum is given, not computed. */
  readonly isGiven: boolean
  /** Whole numbers are compared exactly, not to a last place. */
  readonly isExact: boolean
  readonly truth: Box
  readonly steps: readonly Step[]
  readonly fair: Box | undefined
  readonly slips: boolean
  readonly scope: Scope
}

/** The subject of a chain, as the solution stands at that place; `undefined` where it speaks of nothing known. */
export async function subjectOf(
  target: Target,
  replay: Replay,
  stage: number,
  habit: Habit,
): Promise<Subject | undefined> {
  if (target.kind === 'expression') return expressionSubject(target.side, replay, { stage, preferred: [] }, habit)
  const { world } = replay
  const { name } = target.datum
  const truth = pointBox(world.truth[name])
  const quantity = world.quantity(name)
  if (quantity === undefined)
    return {
      name,
      side: undefined,
      quantity,
      isGiven: true,
      isExact: target.datum.kind === 'given' && target.datum.given.kind === 'whole',
      truth,
      steps: [],
      fair: undefined,
      slips: true,
      scope: { stage, preferred: [] },
    }
  const owns = await Promise.all(quantity.from.map((part) => replay.own(part)))
  return {
    name,
    side: undefined,
    quantity,
    isGiven: false,
    isExact: quantity.kind !== 'real' && quantity.kind !== 'symbolic',
    truth,
    steps: await replay.steps(quantity),
    fair: await replay.fairImage(quantity),
    slips: owns.every((own) => own?.slip ?? true),
    scope: { stage: world.index.stageOf(target.datum) ?? stage, preferred: quantity.from },
  }
}

/** An expression in symbols of the exercise, which is no quantity of its own: valued at the solution's values and at the true ones. */
async function expressionSubject(side: Side, replay: Replay, scope: Scope, habit: Habit): Promise<Subject | undefined> {
  const data = dataOf(replay.world, side, scope)
  if (data === undefined) return undefined
  const truth = evaluatePoint(side.expression, (key) => {
    const datum = data.get(key)
    return datum === undefined ? undefined : replay.world.truth[datum.name]
  })
  if (truth === undefined) return undefined
  const owns = new Map(
    await Promise.all([...data].map(async ([key, datum]) => [key, await replay.own(datum.name)] as const)),
  )
  const own = evaluateBox(side.expression, { habit, boxOfKey: (key) => owns.get(key)?.box })
  const fair = evaluateBox(side.expression, { habit, boxOfKey: (key) => owns.get(key)?.fair })
  const known = [...owns.values()]
  const rootLine = known.find((value) => value?.rootLine !== undefined)?.rootLine
  return {
    name: undefined,
    side,
    quantity: undefined,
    isGiven: false,
    isExact: false,
    truth,
    steps: 'box' in own ? [{ box: own.box, basis: 'own', rootLine }] : [],
    fair: 'box' in fair ? fair.box : undefined,
    slips: known.every((value) => value?.slip ?? true),
    scope,
  }
}
