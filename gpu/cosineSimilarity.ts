import type { DeviceArray } from './deviceArray.js'
import { guarded } from './guard.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { sumsOfGroups } from './reduction.js'
import { lengthsOfRows, piecesOf } from './rowLengths.js'

declare function quotient(i: number, n: number): number

/**
 * Σ a/‖a‖⊙b/‖b‖ of every piece of `length` entries of every row, or Σ a⊙b/ε where ‖a‖‖b‖ ≤ ε. The lengths are taken as 10¹⁸ at
 * most for that comparison, so that their product cannot overflow.
 */
const cosines = kernel(
  'cosineSimilarity',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    lengthsA: Values,
    lengthsB: Values,
    columns: number,
    epsilon: number,
    length: number,
    pieces: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, pieces)
    let lengthA = lengthsA[row]
    let lengthB = lengthsB[row]
    let guard = 1
    if (Math.min(lengthA, 1e18) * Math.min(lengthB, 1e18) <= epsilon) {
      lengthA = 1
      lengthB = 1
      guard = epsilon
    }
    const first = row * columns
    const start = first + (i - row * pieces) * length
    let end = Math.min(start + length, first + columns)
    if (i >= size) end = start
    let total = 0
    for (let from = start; from < end; from += 64) {
      const to = Math.min(from + 64, end)
      let sum = 0
      for (let k = from; k < to; k += 1) sum += (a[k] / lengthA) * (b[k] / lengthB)
      total += sum
    }
    return total / guard
  },
  (...[, , , , columns, , length]) => roundsOfSum(Math.min(columns, length)),
)

/** g·(b/‖b‖ − y·a/‖a‖)/‖a‖ for a row's y, or g·b/ε where ‖a‖‖b‖ ≤ ε: the gradient with respect to a. */
const cosineGradient = kernel(
  'gradient of cosineSimilarity',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    lengthsA: Values,
    lengthsB: Values,
    y: Values,
    gradient: Values,
    columns: number,
    epsilon: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, columns)
    const lengthA = lengthsA[row]
    const lengthB = lengthsB[row]
    if (Math.min(lengthA, 1e18) * Math.min(lengthB, 1e18) <= epsilon) return (gradient[row] * b[i]) / epsilon
    return (gradient[row] * (b[i] / lengthB - y[row] * (a[i] / lengthA))) / lengthA
  },
)

async function prepare(call: GpuCall) {
  const { workspace } = call
  const { D } = call.sizes
  const [a, b, epsilon] = [call.input('a'), call.input('b'), guarded(call.number('epsilon'))]
  const [lengthsA, lengthsB] = await Promise.all([lengthsOfRows(workspace, a, D), lengthsOfRows(workspace, b, D)])
  const { length, pieces } = piecesOf(D)
  const scalars = [D, epsilon, length, pieces] as const
  const parts = await workspace.run(cosines, (a.length / D) * pieces, a, b, lengthsA, lengthsB, ...scalars)
  const y = pieces === 1 ? parts : await sumsOfGroups(workspace, parts, pieces)
  return { a, b, lengthsA, lengthsB, y, D, epsilon }
}

export const cosineSimilarity: GpuOperator = {
  forward: async (call) => ({ y: (await prepare(call)).y }),
  backward: async (call) => {
    const { a, b, lengthsA, lengthsB, y, D, epsilon } = await prepare(call)
    const gradient = call.gradient('y')
    const toward = (mine: DeviceArray, other: DeviceArray, lengths: readonly [DeviceArray, DeviceArray]) =>
      call.workspace.run(cosineGradient, mine.length, mine, other, ...lengths, y, gradient, D, epsilon)
    const [gradA, gradB] = await Promise.all([toward(a, b, [lengthsA, lengthsB]), toward(b, a, [lengthsB, lengthsA])])
    return { a: gradA, b: gradB }
  },
}
