import { Refusal } from '../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Axis, axesOf, withPlaces } from './dropRows.js'
import type { Call } from './law.js'

/** How long making a failing case smaller may take. */
export interface Budget {
  /** By `performance.now()`. */
  readonly until: number
}

/**
 * Makes a failing case simpler as long as it still fails: inputs and gradients that it can do without are left out, and rows, columns, … are
 * dropped; then all of a tensor, then ever smaller pieces, become 0, then 1, then whole numbers, then halves.
 */
export async function simplify(
  operator: string,
  call: Call,
  fails: (call: Call) => Promise<boolean>,
  budget: Budget,
): Promise<Call> {
  const stillFails = async (simpler: Call): Promise<boolean> => {
    try {
      return await fails(simpler)
    } catch {
      // The reference may refuse a simpler case, and a law may need an input that has been left out.
      return false
    }
  }
  let best = call
  for (const part of ['inputs', 'gradients'] as const)
    for (const name of Object.keys(call[part])) {
      const { [name]: _, ...others } = best[part]
      const simpler = { ...best, [part]: others }
      if (performance.now() < budget.until && (await stillFails(simpler))) best = simpler
    }
  const began = performance.now()
  // Half of the time at most is for the shapes: the numbers need some, too.
  best = await dropRows(operator, best, stillFails, { until: (began + budget.until) / 2 })
  for (let changed = true; changed && performance.now() < budget.until; ) {
    changed = false
    for (const part of ['inputs', 'gradients'] as const)
      for (const name of Object.keys(best[part])) {
        const simpler = await simplifyTensor(best[part][name], (x) => stillFails(replaced(best, part, name, x)), budget)
        if (simpler === undefined) continue
        best = replaced(best, part, name, simpler)
        changed = true
      }
  }
  return best
}

/** Drops places of every axis, and of all that are as long as it: all but one, one half or the other, then one by one. */
async function dropRows(
  operator: string,
  call: Call,
  fails: (call: Call) => Promise<boolean>,
  budget: Budget,
): Promise<Call> {
  let best = call
  for (let changed = true; changed; ) {
    changed = false
    for (const axes of together(axesOf(operator, best)))
      for (const places of fewer(axes[0].size)) {
        if (performance.now() > budget.until) return best
        const smaller = attempt(() => axes.reduce((rest, axis) => withPlaces(operator, rest, axis, places), best))
        if (smaller === undefined || !(await fails(smaller))) continue
        best = smaller
        changed = true
        break
      }
  }
  return best
}

/** Each axis alone, then those of one size: what is wrong for square matrices only needs them to stay square. */
function together(axes: readonly Axis[]): readonly (readonly Axis[])[] {
  const alone = axes.map((axis) => [axis])
  const sizes = [...new Set(axes.map(({ size }) => size))]
  const alike = sizes.map((size) => axes.filter((axis) => axis.size === size)).filter(({ length }) => length > 1)
  return [...alone, ...alike]
}

function* fewer(size: number): Generator<readonly number[]> {
  const all = Array.from({ length: size }, (_, i) => i)
  yield [0]
  yield [size - 1]
  const half = Math.ceil(size / 2)
  if (size > 2) {
    yield all.slice(0, half)
    yield all.slice(half)
  }
  if (size <= 16) for (const dropped of all) yield all.filter((place) => place !== dropped)
}

/** What f gives; undefined where the operator refuses the case. */
function attempt<Result>(f: () => Result): Result | undefined {
  try {
    return f()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const replacements: readonly ((x: number) => number)[] = [
  () => 0,
  () => 1,
  (x) => Math.round(x),
  (x) => Math.round(2 * x) / 2,
  fourDigits,
]

/** A simpler tensor for which the case still fails, or undefined where there is none. */
export async function simplifyTensor(
  x: Tensor,
  fails: (x: Tensor) => Promise<boolean>,
  budget: Budget,
): Promise<Tensor | undefined> {
  let best = rowMajor(x).slice()
  let changed = false
  for (const replace of replacements)
    for (let piece = best.length; piece >= 1; piece = Math.floor(piece / 2))
      for (let from = 0; from < best.length; from += piece) {
        const candidate = best.slice()
        for (let i = from; i < Math.min(from + piece, best.length); i++)
          if (complexity(replace(candidate[i])) < complexity(candidate[i])) candidate[i] = replace(candidate[i])
        if (candidate.every((value, i) => value === best[i])) continue
        if (performance.now() > budget.until) return changed ? tensor(x.shape, best) : undefined
        if (!(await fails(tensor(x.shape, candidate)))) continue
        best = candidate
        changed = true
      }
  return changed ? tensor(x.shape, best) : undefined
}

/** To four binary digits, which every precision can hold. */
function fourDigits(x: number): number {
  if (x === 0) return 0
  const quantum = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 3)
  return Math.round(x / quantum) * quantum
}

/** How hard a number is to work with by hand: 0, then 1, then whole numbers by size, then halves, then by digits. */
function complexity(x: number): number {
  if (x === 0) return 0
  if (x === 1) return 1
  const size = Math.min(Math.log2(1 + Math.abs(x)) / 100, 0.99) + (x < 0 ? 0.001 : 0)
  if (Number.isInteger(x)) return 2 + size
  if (Number.isInteger(2 * x)) return 3 + size
  return 4 + String(x).length
}

function replaced(call: Call, part: 'inputs' | 'gradients', name: string, x: Tensor): Call {
  const tensors: Tensors = { ...call[part], [name]: x }
  return { ...call, [part]: tensors }
}
