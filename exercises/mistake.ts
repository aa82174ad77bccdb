import type { Tensor } from '../oracle/tensor.js'
import type { ExerciseMistake, Operators, Values } from './exercise.js'

/** A mistake of one quantity, or made in the same way in several, from given data and quantities of fixed names. */
export function mistakeIn(
  quantities: string | readonly string[],
  name: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values, operators: Operators) => Tensor | Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: typeof quantities === 'string' ? [quantities] : quantities,
    explanation,
    from: () => from,
    compute: async (_, values, operators) => wrong(values, operators),
  }
}
