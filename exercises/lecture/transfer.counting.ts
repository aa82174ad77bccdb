import type { Operators } from '../exercise.js'

/** The same operators, with a count of the backward passes that are called. */
export function countingBackward(operators: Operators): { readonly operators: Operators; calls(): number } {
  let calls = 0
  const counted = Object.entries(operators).map(([name, operator]) => {
    const { backward } = operator
    const counting: typeof backward = (inputs, attributes, gradients) => {
      calls++
      return backward?.call(operator, inputs, attributes, gradients) ?? {}
    }
    return [name, backward === undefined ? operator : { ...operator, backward: counting }] as const
  })
  return { operators: Object.fromEntries(counted), calls: () => calls }
}
