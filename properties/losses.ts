import fc from 'fast-check'
import { sizeOf } from '../oracle/tensor.js'
import { type Approximation, repeated, reshaped } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Law } from './law.js'
import { type Profile, representable } from './profile.js'
import { law, ledger, toTheBit, within } from './relations.js'

export const reductions = ['mean', 'sum', 'none'] as const

/** The items of a loss, summed or averaged over, or as they are. */
export function reduced(arithmetic: Arithmetic, items: Approximation, reduction: unknown): Approximation {
  if (reduction === 'none') return items
  const sum = arithmetic.sum(reshaped(items, [items.value.length]))
  return reduction === 'mean' ? arithmetic.divideBy(sum, items.value.length) : sum
}

/** The gradient of each item, from that of the loss. */
export function ofItems(
  arithmetic: Arithmetic,
  g: Approximation,
  shape: readonly number[],
  reduction: unknown,
): Approximation {
  if (reduction === 'none') return g
  const shared = repeated(g, shape)
  return reduction === 'mean' ? arithmetic.divideBy(shared, sizeOf(shape)) : shared
}

/** Laws of a loss that is reduced over its items. */
export function reduces(operator: string, calls: OperatorProperties['calls']): Law {
  return law({
    operator,
    calls: calls('wide'),
    name: 'is the sum or the mean of its items',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const at = async (reduction: string) => (await subject.forward(inputs, { ...attributes, reduction })).loss
      const [items, sum, mean] = [await at('none'), await at('sum'), await at('mean')]
      const total = ledger.sum(reshaped(items, [items.value.length]), 'common')
      return [
        compare("loss for reduction 'sum', against the sum of the items,", sum, total),
        compare(
          "loss for reduction 'mean', against the mean of the items,",
          mean,
          ledger.divideBy(total, items.value.length),
        ),
      ]
    },
  })
}

export function isNeverNegative(operator: string, calls: OperatorProperties['calls'], exactly: boolean): Law {
  return law({
    operator,
    calls: calls('wide'),
    name: 'is never negative',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { loss } = await subject.forward(inputs, attributes)
      return within('loss', exactly ? toTheBit(loss) : loss, 0, Number.POSITIVE_INFINITY)
    },
  })
}

/** A number that the platform holds; shrinks to the first. */
export function numbers(profile: Profile, ...values: number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...values.map((value) => representable(profile, value)))
}
