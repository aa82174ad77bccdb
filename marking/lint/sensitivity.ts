import fc from 'fast-check'
import { defaultGiven, type Exercise, quantitiesUnder } from '../../exercises/exercise.js'
import { oracle } from '../../oracle/index.js'
import { map, rowMajor, type Tensor } from '../../oracle/tensor.js'
import { halfUnit, type LintPrecision, orRefused, roundedTo, type Solved } from './solved.js'

/** How far work with rounded numbers can drift from the key at one quantity. */
export interface Drift {
  readonly quantity: string
  /** The farthest that was seen, and the same in units of the last place that is written. */
  readonly most: number
  readonly units: number
  /** The key's value at that place. */
  readonly key: number
}

/** So many solutions are worked, rounding up or down at random; the first rounds to the nearest. */
const solutions = 16

/**
 * The drift of rounded work: every quantity is computed from the rounded ones before it, each at most half a unit of its last place
 * from what it is computed to be. Quantities off by less than a unit are left out.
 */
export async function driftsOf({ exercise, values }: Solved, precision: LintPrecision): Promise<readonly Drift[]> {
  const worst = new Map<string, Drift>()
  for (let i = 0; i < solutions; i++)
    for (const [name, value] of await workedByHand(exercise, precision, i)) {
      const key = rowMajor(values[name])
      rowMajor(value).forEach((x, k) => {
        const most = Math.abs(x - key[k])
        const unit = 2 * halfUnit(key[k] === 0 ? most : key[k], precision)
        const units = most === 0 ? 0 : most / unit
        if (units > (worst.get(name)?.units ?? 0)) worst.set(name, { quantity: name, most, units, key: key[k] })
      })
    }
  // What is written itself is half a unit off at most; more is what rounding before has done.
  return [...worst.values()].filter(({ units }) => units >= 1).toSorted((a, b) => b.units - a.units)
}

/** The values of one solution: rounded to the nearest, or up and down at random. */
async function workedByHand(
  exercise: Exercise,
  precision: LintPrecision,
  seed: number,
): Promise<ReadonlyMap<string, Tensor>> {
  const work: Record<string, Tensor> = { ...defaultGiven(exercise) }
  const found = new Map<string, Tensor>()
  const draws = fc.sample(fc.double({ min: -1, max: 1, noNaN: true }), { numRuns: 4096, seed })
  let next = 0
  for (const { name, kind, compute } of quantitiesUnder(exercise)) {
    const value = await orRefused(() => compute(work, oracle.operators))
    if (value === undefined) return found
    const isWritten = kind === 'real'
    work[name] = isWritten
      ? map(value, (x) => {
          if (seed === 0) return roundedTo(x, precision)
          const isExact = Math.abs(roundedTo(x, precision) - x) <= 1e-12 * Math.max(1, Math.abs(x))
          return isExact ? x : x + draws[next++ % draws.length] * halfUnit(x, precision)
        })
      : value
    if (isWritten) found.set(name, work[name])
  }
  return found
}
