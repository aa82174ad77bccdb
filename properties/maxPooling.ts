import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { constant, exact, gather, reshaped } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { planeSums } from './images.js'
import type { Model } from './model.js'
import { drawPooling, windowOf } from './pooling.js'
import { changed, refuses } from './refusals.js'
import { isHomogeneous, known, law, ledger, reorders, tensorOf, treatsSlicesAlone } from './relations.js'
import { namedBy, pair, positionsOf, type Window } from './shapes.js'
import { treatsRowsLikeColumns } from './windows.js'

/** For every output the place of the first largest entry of its window, in row-major order. */
function winners(x: Tensor, window: Window): { shape: readonly number[]; index: Int32Array } {
  const [N, C, H, W] = x.shape
  const [OH, OW] = positionsOf([H, W], window)
  const data = rowMajor(x)
  const index = new Int32Array(N * C * OH * OW)
  let at = 0
  for (let plane = 0; plane < N * C; plane++)
    for (let i = 0; i < OH; i++)
      for (let j = 0; j < OW; j++) {
        let best = -1
        for (let p = 0; p < window.kernel[0]; p++)
          for (let q = 0; q < window.kernel[1]; q++) {
            const row = i * window.stride[0] + p - window.padding[0]
            const column = j * window.stride[1] + q - window.padding[1]
            if (row < 0 || row >= H || column < 0 || column >= W) continue
            const place = (plane * H + row) * W + column
            if (best < 0 || data[place] > data[best]) best = place
          }
        index[at++] = best
      }
  return { shape: [N, C, OH, OW], index }
}

const model: Model = {
  shapes: ({ x }, attributes) => {
    const [N, C, H, W] = x.shape
    return { y: [N, C, ...positionsOf([H, W], windowOf(attributes))] }
  },
  forward: (_, { x }, attributes) => {
    const { shape, index } = winners(x, windowOf(attributes))
    return { y: gather(exact(x), shape, index) }
  },
  /** Each gradient goes to the winner of its window. */
  backward: (arithmetic, { x }, attributes, { y }) => {
    const chosenBy = namedBy(winners(x, windowOf(attributes)).index, x.size)
    return { x: reshaped(arithmetic.sum(gather(exact(y), chosenBy.shape, chosenBy.index)), x.shape) }
  },
}

const calls = completeCalls('maxPool2d', model, drawPooling)
const simple = { operator: 'maxPool2d', calls: calls('simple') }
const wide = { operator: 'maxPool2d', calls: calls('wide') }

export const maxPool2d: OperatorProperties = {
  operator: 'maxPool2d',
  model,
  calls,
  hasKinks: true,
  laws: [
    refuses({ operator: 'maxPool2d', calls }, 'a window larger than the padded input', (call) => {
      const [, , H, W] = call.inputs.x.shape
      const [vertical, horizontal] = pair(call.attributes.padding)
      return changed(call, 'kernel', [H + 2 * vertical + 1, W + 2 * horizontal + 1])
    }),
    refuses({ operator: 'maxPool2d', calls }, 'a padding of more than half the kernel', (call) => {
      const [height, width] = pair(call.attributes.kernel)
      return changed(call, 'padding', [Math.floor(height / 2) + 1, Math.floor(width / 2) + 1])
    }),
    treatsSlicesAlone({ ...wide, name: 'treats each image alone', inputs: { x: 0 }, outputs: { y: 0 } }),
    reorders({ ...wide, name: 'reorders its channels with those of x', inputs: { x: 1 }, outputs: { y: 1 } }),
    isHomogeneous({
      ...simple,
      name: 'scales with x by a positive factor',
      inputs: ['x'],
      degree: 1,
      factors: [0.5, 2, 4],
    }),
    law({
      ...simple,
      name: 'moves with x by a constant',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-16, 16)
        const { y } = await subject.forward(inputs, attributes)
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(inputs.x)[i] + by)
        const moved = await subject.forward({ x }, attributes)
        return compare(`with ${by} added to x, y`, moved.y, ledger.shift(y, by))
      },
    }),
    law({
      ...simple,
      name: 'never falls when an entry of x rises',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const at = random.integer(0, inputs.x.size - 1)
        const { y } = await subject.forward(inputs, attributes)
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(inputs.x)[i] + (i === at ? 2 : 0))
        const raised = (await subject.forward({ x }, attributes)).y
        const atLeast = { ...raised, value: raised.value.map((value, i) => Math.max(value, y.value[i])) }
        return compare('y with an entry of x raised', raised, atLeast)
      },
    }),
    law({
      ...wide,
      name: 'leaves x unchanged for a window of one entry',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { kernel: [1, 1], stride: [1, 1], padding: [0, 0] })
        return compare('y', y, known(inputs.x))
      },
    }),
    law({
      ...wide,
      name: 'never lets the padding win',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const lowest = rowMajor(inputs.x).reduce((least, value) => Math.min(least, value), -1)
        const x = tensorOf(inputs.x.shape, () => lowest)
        const { y } = await subject.forward({ x }, attributes)
        return compare(`y of an image of ${lowest}`, y, constant(y.shape, lowest))
      },
    }),
    treatsRowsLikeColumns({ ...wide, name: 'does the same to columns as to rows', images: ['x'] }),
    law({
      ...wide,
      name: 'takes a large window for a small one after another',
      check: async ({ call: { inputs }, subject }) => {
        const [, , H, W] = inputs.x.shape
        const window = (kernel: number[]) => ({ kernel, stride: [1, 1], padding: [0, 0] })
        const [tall, broad] = [Math.min(H, 2), Math.min(W, 2)]
        const both = await subject.forward(inputs, window([tall, broad]))
        const rows = await subject.forward(inputs, window([tall, 1]))
        const after = await subject.forward({ x: tensor(rows.y.shape, rows.y.value.slice()) }, window([1, broad]))
        return compare('y of columns after rows', after.y, both.y)
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'hands on the whole gradient of each channel',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { x } = await subject.backward(inputs, attributes, gradients)
        return compare('Σ ∂L/∂x', planeSums(x), planeSums(known(gradients.y)))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'gives the gradient of equal entries to the first of them',
      check: async ({ call: { inputs }, subject }) => {
        const [N, C, H, W] = inputs.x.shape
        const x = tensorOf(inputs.x.shape, () => 1)
        const attributes = { kernel: [H, W], stride: [H, W], padding: [0, 0] }
        const y = tensorOf([N, C, 1, 1], (i) => i + 1)
        const gradient = (await subject.backward({ x }, attributes, { y })).x
        const first = tensorOf(inputs.x.shape, (i) => (i % (H * W) === 0 ? i / (H * W) + 1 : 0))
        return compare('∂L/∂x of an image of equal entries', gradient, known(first))
      },
    }),
  ],
}
