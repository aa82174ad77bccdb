import type { Quantity } from '../exercises/exercise.js'
import type { Target } from './alignment.js'
import { type Box, hull, meet, pointBox, slice } from './boxes.js'
import { elementwise } from './elementwise.js'
import { evaluateBox, evaluatePoint, type Habit } from './evaluation.js'
import { dataOf, type Part, partOf, type Scope } from './identities.js'
import { formulaOf } from './ownFormulas.js'
import { type Lapse, Later, lapseOf, type Replay, type Step } from './replay.js'
import type { Side } from './statements.js'

/** What the values of a chain are compared with: T and F of its quantity, or of the expression that it is about. */
export interface Subject {
  readonly name: string | undefined
  /** The expression that the chain is about, where that is no datum. */
  readonly side: Side | undefined
  /** The row or the entry of a matrix that the expression is, if it is one. */
  readonly part?: Part
  /** The quantity, where the chain is about one. */
  readonly quantity: Quantity | undefined
  /** The datum is given, not computed. */
  readonly isGiven: boolean
  /** Whole numbers are compared exactly, not to a last place. */
  readonly isExact: boolean
  readonly truth: Box
  /** What the right rule gives from the numbers of the solution as they stand, rounding aside. */
  readonly point: Box | undefined
  readonly scope: Scope
  /** F and what rounding does to it, worked out where something does not fit plainly. */
  readonly support: Later<Support>
}

/** What a claim may rest on. */
export interface Support {
  readonly steps: readonly Step[]
  /** All values that rounding explains. */
  readonly fair: Box | undefined
  /** The gravest lapse among the wrong values that it rests on. */
  readonly lapse: Lapse
}

const nothing: Support = { steps: [], fair: undefined, lapse: 'slip' }

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
      point: undefined,
      scope: { stage, preferred: [] },
      support: new Later(async () => nothing),
    }
  const point = await replay.pointOf(quantity)
  return {
    name,
    side: undefined,
    quantity,
    isGiven: false,
    isExact: quantity.kind !== 'real' && quantity.kind !== 'symbolic',
    truth,
    point: point === undefined ? undefined : pointBox(point),
    scope: { stage: world.index.stageOf(target.datum) ?? stage, preferred: quantity.from },
    support: new Later(async (replay) => {
      const owns = await Promise.all(quantity.from.map((part) => replay.own(part)))
      const steps = await replay.steps(quantity)
      const byFormula = await stepsByFormula(quantity, replay, stage, habit)
      const fair = await replay.fairImage(quantity)
      return {
        steps: [...steps, ...byFormula, ...(await replay.misshapenSteps(quantity))],
        fair: byFormula.reduce(
          (box, step) => (box === undefined || step.basis !== 'own' ? box : hull(box, step.box)),
          fair,
        ),
        lapse: lapseOf(owns.flatMap((own) => own ?? [])),
      }
    }),
  }
}

/**
 * What the exercise's formula gives from the solution's own values, where it names written ones that the quantity is not computed from:
 * σ in (h − μ)/σ, which is computed from h alone. From a σ that was rounded it is another value of its own, from a wrong one a mixed one.
 */
async function stepsByFormula(
  quantity: Quantity,
  replay: Replay,
  stage: number,
  habit: Habit,
): Promise<readonly Step[]> {
  const { world } = replay
  const formula = formulaOf(quantity, world.exercise)
  const scope = {
    stage: world.index.stageOf({ kind: 'quantity', name: quantity.name, quantity }) ?? stage,
    preferred: quantity.from,
  }
  const data = formula === null ? undefined : dataOf(world, formula, scope)
  if (formula === null || data === undefined) return []
  const others = [...data.values()].flatMap(({ name }) =>
    quantity.from.includes(name) ? [] : (replay.recorded(name) ?? []),
  )
  if (others.length === 0) return []
  const wrong = others.find(({ rootLine }) => rootLine !== undefined)?.rootLine
  const truthOf = (key: string) => {
    const datum = data.get(key)
    return datum === undefined ? undefined : world.truth[datum.name]
  }
  const truth = pointBox(world.truth[quantity.name])
  const expression = [formula.expression, elementwise(formula.expression)].find((reading) => {
    const value = evaluatePoint(reading, truthOf)
    return value !== undefined && meet(value, truth)
  })
  if (expression === undefined) return []
  // Others as they are written: to narrow them may be what this is asked for.
  const boxOf = async (name: string): Promise<Box | undefined> => {
    if (quantity.from.includes(name)) return (await replay.own(name))?.box
    const point = await replay.point(name)
    return replay.recorded(name)?.written ?? (point === undefined ? undefined : pointBox(point))
  }
  const boxes = new Map(
    await Promise.all([...data].map(async ([key, datum]) => [key, await boxOf(datum.name)] as const)),
  )
  const own = evaluateBox(expression, { habit, boxOfKey: (key) => boxes.get(key) })
  return 'box' in own ? [{ box: own.box, basis: wrong === undefined ? 'own' : 'mixed', rootLine: wrong }] : []
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
  const part = side.expression.kind === 'name' ? partOf(replay.world, side.expression.key, scope) : undefined
  return {
    name: undefined,
    side,
    ...(part !== undefined && { part }),
    quantity: undefined,
    isGiven: part?.datum.kind === 'given',
    isExact: false,
    truth,
    point: undefined,
    scope,
    support: new Later(async (replay) => {
      const quantity = part === undefined ? undefined : replay.world.quantity(part.datum.name)
      if (part !== undefined && quantity !== undefined) return supportOfPart(part, quantity, replay)
      const owns = new Map(
        await Promise.all([...data].map(async ([key, datum]) => [key, await replay.own(datum.name)] as const)),
      )
      const own = evaluateBox(side.expression, { habit, boxOfKey: (key) => owns.get(key)?.box })
      const fair = evaluateBox(side.expression, { habit, boxOfKey: (key) => owns.get(key)?.fair })
      const known = [...owns.values()]
      const rootLine = known.find((value) => value?.rootLine !== undefined)?.rootLine
      return {
        steps: 'box' in own ? [{ box: own.box, basis: 'own', rootLine }] : [],
        fair: 'box' in fair ? fair.box : undefined,
        lapse: lapseOf(known.flatMap((value) => value ?? [])),
      }
    }),
  }
}

/** What a row or an entry rests on: what its matrix is computed from, as it stands. */
async function supportOfPart({ from, length }: Part, quantity: Quantity, replay: Replay): Promise<Support> {
  const owns = await Promise.all(quantity.from.map((name) => replay.own(name)))
  const steps = await replay.steps(quantity)
  const fair = await replay.fairImage(quantity)
  return {
    steps: steps.map((step) => ({ ...step, box: slice(step.box, from, length) })),
    fair: fair === undefined ? undefined : slice(fair, from, length),
    lapse: lapseOf(owns.flatMap((own) => own ?? [])),
  }
}
