import type { Exercise, Quantity } from '../exercises/exercise.js'
import { readFragment } from './expression/reader.js'
import { formOf } from './expression/walk.js'
import { type Side, sideOf } from './statements.js'
import { symbolTable } from './symbols.js'

/** Formulas of exercises, so that they are read once. */
const formulas = new WeakMap<Exercise, Map<string, Side | null>>()

/** The formula of a quantity as the exercise has it; null where it is no single expression. */
export function formulaOf({ formula }: Quantity, exercise: Exercise): Side | null {
  return sideOfFormula(formula, exercise)
}

function sideOfFormula(formula: string, exercise: Exercise): Side | null {
  const ofExercise = formulas.get(exercise) ?? new Map<string, Side | null>()
  formulas.set(exercise, ofExercise)
  const known = ofExercise.get(formula)
  if (known !== undefined) return known
  const { chains, notUnderstood } = readFragment(formula, { offset: 0, symbols: symbolTable(exercise) })
  const [chain] = chains
  const isSingle = chains.length === 1 && chain.sides.length === 1 && notUnderstood.length === 0
  const side = isSingle ? sideOf(chain.sides[0]) : null
  ofExercise.set(formula, side)
  return side
}

/**
 * Whether a side is the quantity's formula written as the exercise has it, or another that it accepts, whatever its signs stand for there:
 * X * W for a convolution, D × 1 for a shape.
 */
export function isOwnFormula(side: Side, { formula, otherFormulas = [] }: Quantity, exercise: Exercise): boolean {
  return [formula, ...otherFormulas].some((one) => {
    const own = sideOfFormula(one, exercise)
    return own !== null && formOf(own.expression) === formOf(side.expression)
  })
}
