import type { Tensor } from '../oracle/tensor.js'
import type { ExerciseMistake, Operators, Values } from './exercise.js'

/** A mistake of one quantity or several, which read the same or, by a function, what each of them names. */
export function mistake(
  name: string,
  quantities: string | readonly string[],
  explanation: string,
  from: readonly string[] | ((quantity: string) => readonly string[]),
  compute: (values: Values, operators: Operators, quantity: string) => Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: typeof quantities === 'string' ? [quantities] : quantities,
    explanation,
    from: typeof from === 'function' ? from : () => from,
    compute: (quantity, values, operators) => compute(values, operators, quantity),
  }
}

/** A mistake of one quantity, or made in the same way in several, from given data and quantities of fixed names. */
export function mistakeIn(
  quantities: string | readonly string[],
  name: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values, operators: Operators) => Tensor | Promise<Tensor>,
): ExerciseMistake {
  return mistake(name, quantities, explanation, from, async (values, operators) => wrong(values, operators))
}
