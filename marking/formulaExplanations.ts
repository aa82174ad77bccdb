import type { Quantity, Values } from '../exercises/exercise.js'
import { mistaken, mistakes } from '../mistakes/index.js'
import { Failure, Refusal } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import type { Tensor } from '../oracle/tensor.js'
import { pointBox } from './boxes.js'
import { mistakesIn, recordingCalls } from './explanations.js'
import { isAlwaysLike, type Scope } from './identities.js'
import type { Explanation } from './report.js'
import type { Side } from './statements.js'
import type { Point, World } from './world.js'

/** The known mistakes whose rule a wrong formula of a quantity is, for all given data as far as random ones tell. */
export async function explainFormula(
  side: Side,
  quantity: Quantity,
  scope: Scope,
  world: World,
): Promise<readonly Explanation[]> {
  const found: Explanation[] = []
  const isRuleOf = (from: readonly string[], compute: (values: Values) => Promise<Tensor>): Promise<boolean> =>
    isAlwaysLike(world, side, scope, async (point) => {
      const values = await valuesAt(from, point)
      const value = values && (await unlessRefused(() => compute(values)))
      return value && pointBox(value)
    })

  for (const mistake of mistakesIn(quantity, world)) {
    const { name, explanation } = mistake
    const from = mistake.from(quantity.name)
    if (await isRuleOf(from, (values) => mistake.compute(quantity.name, values, oracle.operators)))
      found.push({ mistake: name, explanation })
  }
  const called = await operatorsOf(quantity, world.truth)
  for (const mistake of mistakes) {
    if (!called.has(mistake.operator) || mistake.concerns === 'memory') continue
    const { operators } = mistaken(mistake)
    if (await isRuleOf(quantity.from, (values) => quantity.compute(values, operators)))
      found.push({ mistake: mistake.name, explanation: mistake.explanation })
  }
  return found.length > 0 ? found : ofParts(quantity, world, isRuleOf)
}

/** Mistakes in a step that is put in for its symbol: the scale of the scores inside of their softmax. */
async function ofParts(
  quantity: Quantity,
  world: World,
  isRuleOf: (from: readonly string[], compute: (values: Values) => Promise<Tensor>) => Promise<boolean>,
): Promise<readonly Explanation[]> {
  const found: Explanation[] = []
  for (const part of quantity.from.flatMap((name) => world.quantity(name) ?? []))
    for (const mistake of mistakesIn(part, world)) {
      const others = quantity.from.filter((name) => name !== part.name)
      const compute = async (values: Values): Promise<Tensor> => {
        const value = await mistake.compute(part.name, values, oracle.operators)
        return quantity.compute({ ...values, [part.name]: value }, oracle.operators)
      }
      if (await isRuleOf([...others, ...mistake.from(part.name)], compute))
        found.push({ mistake: mistake.name, explanation: mistake.explanation })
    }
  return found
}

async function operatorsOf(quantity: Quantity, truth: Values): Promise<ReadonlySet<string>> {
  const { operators, called } = recordingCalls(oracle.operators)
  await unlessRefused(() => quantity.compute(truth, operators))
  return called
}

async function valuesAt(names: readonly string[], point: Point): Promise<Values | undefined> {
  const values: Record<string, Tensor> = {}
  for (const name of names) {
    const value = await point(name)
    if (value === undefined) return undefined
    values[name] = value
  }
  return values
}

async function unlessRefused(compute: () => Promise<Tensor>): Promise<Tensor | undefined> {
  try {
    return await compute()
  } catch (error) {
    if (error instanceof Refusal || error instanceof Failure || error instanceof RangeError) return undefined
    throw error
  }
}
