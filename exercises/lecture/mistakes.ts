import { scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'

/** A mistake of one quantity that is arithmetic with whole numbers, by the names of what it reads. */
export function countMistake(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  wrong: (...numbers: readonly number[]) => number | readonly number[],
): ExerciseMistake {
  return mapMistake(name, quantity, explanation, from, async (values) => {
    const result = wrong(...from.map((input) => numberOf(values, input)))
    return typeof result === 'number' ? scalar(result) : tensor([result.length], result)
  })
}

/** A mistake of one quantity that operators compute. */
export function mapMistake(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values, operators: Operators) => Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: [quantity],
    explanation,
    from: () => from,
    compute: (_, values, operators) => wrong(values, operators),
  }
}

/** The value of another quantity in place of the right one. */
export function taken(name: string, quantity: string, explanation: string, other: string): ExerciseMistake {
  return mapMistake(name, quantity, explanation, [other], async (values) => tensorOf(values, other))
}

/** The mistakes without these quantities: where they cannot show, as a forgotten padding where there is none. */
export function shownIn(
  mistakes: readonly ExerciseMistake[],
  hidden: (mistake: string, quantity: string) => boolean,
): readonly ExerciseMistake[] {
  return mistakes.flatMap((mistake) => {
    const quantities = mistake.quantities.filter((quantity) => !hidden(mistake.name, quantity))
    return quantities.length === 0 ? [] : [{ ...mistake, quantities }]
  })
}

/** Mistakes of a layer table that do not show where a convolution keeps height and width. */
export const hiddenWhereSizeIsKept: ReadonlySet<string> = new Set([
  'height and width of the input kept',
  'multiplied at the positions of the input',
])
