import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contract, oracle } from './index.js'
import type { Tensors } from './tensor.js'
import { gradientsFor, validCalls } from './testing/validCalls.js'

// No operator allocates more than four times its inputs and outputs, all it ever allocates in a call taken together:
// every Float64Array made during the call is counted, however it is made.

const original = globalThis.Float64Array
let allocated = 0
const counting: Float64ArrayConstructor = new Proxy(original, {
  construct(target, given: unknown[], newTarget): Float64Array {
    const made = Reflect.construct(target, given, newTarget === counting ? target : newTarget)
    if (!(given[0] instanceof ArrayBuffer)) allocated += made.length
    return made
  },
})

beforeEach(() => {
  globalThis.Float64Array = counting
  original.prototype.constructor = counting
})
afterEach(() => {
  globalThis.Float64Array = original
  original.prototype.constructor = original
})

const sizeOfAll = (tensors: Tensors) => Object.values(tensors).reduce((sum, { size }) => sum + size, 0)

function ratioOf(inputs: Tensors, run: () => Tensors): number {
  allocated = 0
  const results = run()
  return allocated / (sizeOfAll(inputs) + sizeOfAll(results))
}

/** As long as wide, long and narrow, short and wide. */
const shapes: readonly Readonly<Record<string, number>>[] = [
  { '…': 32, N: 8, C: 16, T: 24, S: 28, H: 24, W: 24, L: 40, E: 32, D: 32, F: 128, M: 32, I: 32, K: 8, O: 16 },
  { '…': 300, N: 24, C: 4, T: 60, S: 70, H: 16, W: 40, L: 300, E: 8, D: 8, F: 32, M: 8, I: 16, K: 3, O: 4 },
  { '…': 3, N: 2, C: 64, T: 4, S: 5, H: 8, W: 8, L: 40, E: 64, D: 64, F: 256, M: 64, I: 64, K: 16, O: 64 },
]

describe('no operator allocates more than four times its inputs and outputs', () => {
  const calls = shapes.flatMap((sizes, shape) =>
    Object.keys(contract).flatMap((operator) =>
      validCalls(operator, sizes).map((call, plan) => ({
        ...call,
        title: `${operator}, shapes ${shape}, call ${plan}`,
      })),
    ),
  )
  it.each(calls)('$title', ({ operator, inputs, attributes }) => {
    const { forward, backward } = oracle.operators[operator]
    const ratios = [ratioOf(inputs, () => forward(inputs, attributes))]
    if (backward !== undefined) {
      const gradients = gradientsFor(forward(inputs, attributes))
      ratios.push(ratioOf({ ...inputs, ...gradients }, () => backward(inputs, attributes, gradients)))
    }
    for (const ratio of ratios) expect(ratio).toBeLessThanOrEqual(4)
  })
})
