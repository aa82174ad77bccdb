import type { Attributes } from '../oracle/contract.js'
import { adaptiveAvgPool2d, avgPool2d } from '../oracle/pooling.js'
import { rowMajor, type Tensor, type Tensors, tensor, zeros } from '../oracle/tensor.js'
import { listOf, type Mistake, passes } from './mistake.js'
import { exchangedKernel, windows } from './pooling.js'
import { mapPlaces, padded, sum, upTo } from './rearrange.js'

const rightPool = passes(avgPool2d)
const rightAdaptive = passes(adaptiveAvgPool2d)

/** The mean of each window by a divisor of its own. */
function averaged(divisor: (entries: number, attributes: Attributes) => number): Required<Mistake>['forward'] {
  return ({ x }, attributes) => {
    const data = rowMajor(x)
    const means = windows(x, attributes).map(
      (places) => sum(places.map((place) => data[place])) / divisor(places.length, attributes),
    )
    return { y: tensor(rightPool.forward({ x }, attributes).y.shape, means) }
  }
}

function kernelArea(attributes: Attributes): number {
  const [height, width] = listOf(attributes, 'kernel')
  return height * width
}

/** The attributes with the two numbers of a pair exchanged. */
function exchanged(attributes: Attributes, name: string): Attributes {
  const [height, width] = listOf(attributes, name)
  return { ...attributes, [name]: [width, height] }
}

const avgPoolMistakes: readonly Mistake[] = [
  {
    name: 'avgPool2d as the sum',
    operator: 'avgPool2d',
    explanation: 'The entries of each window were added up but not divided by their number.',
    forward: averaged(() => 1),
  },
  {
    name: 'avgPool2d that always counts the padding',
    operator: 'avgPool2d',
    explanation: 'The sum was divided by the size of the kernel although padding was not to be counted.',
    forward: averaged((_, attributes) => kernelArea(attributes)),
  },
  {
    name: 'avgPool2d that never counts the padding',
    operator: 'avgPool2d',
    explanation: 'The sum was divided by the number of entries inside the image although padding was to be counted.',
    forward: averaged((entries) => entries),
  },
  {
    name: 'avgPool2d divided by the square of the kernel height',
    operator: 'avgPool2d',
    explanation: 'The kernel was taken to be square: the sum was divided by height² instead of height·width.',
    forward: averaged((entries, attributes) => {
      const [height] = listOf(attributes, 'kernel')
      return attributes.countIncludePad === true ? height * height : entries
    }),
  },
  {
    name: 'avgPool2d that divides by the entries that are not 0',
    operator: 'avgPool2d',
    explanation: 'Entries of 0 were taken for padding and left out of the count.',
    forward: ({ x }, attributes) => {
      const data = rowMajor(x)
      const means = windows(x, attributes).map((places) => {
        const values = places.map((place) => data[place]).filter((value) => value !== 0)
        const count = attributes.countIncludePad === true ? kernelArea(attributes) : Math.max(values.length, 1)
        return sum(values) / count
      })
      return { y: tensor(rightPool.forward({ x }, attributes).y.shape, means) }
    },
  },
  {
    name: 'avgPool2d with windows that never overlap',
    operator: 'avgPool2d',
    explanation: 'The stride was taken to be the kernel whatever the attribute stride says.',
    forward: (inputs, attributes) => rightPool.forward(inputs, { ...attributes, stride: listOf(attributes, 'kernel') }),
  },
  {
    name: 'avgPool2d with kernel height and width exchanged',
    operator: 'avgPool2d',
    explanation: 'A kernel [height, width] was read as [width, height], cut to the image where it does not fit.',
    forward: (inputs, attributes) =>
      rightPool.forward(inputs, { ...attributes, kernel: exchangedKernel(inputs.x, attributes) }),
  },
  {
    name: 'avgPool2d with stride height and width exchanged',
    operator: 'avgPool2d',
    explanation: 'A stride [height, width] was read as [width, height].',
    forward: (inputs, attributes) => rightPool.forward(inputs, exchanged(attributes, 'stride')),
  },
  {
    name: 'avgPool2d with the output size rounded up',
    operator: 'avgPool2d',
    explanation: 'A last window that reaches beyond the padded input was kept; the output size is rounded down.',
    forward: ({ x }, attributes) => {
      const [[p, q], [s, t]] = [listOf(attributes, 'padding'), listOf(attributes, 'stride')]
      const border = { top: p, bottom: p + s - 1, left: q, right: q + t - 1 }
      return rightPool.forward({ x: padded(x, border, () => 0) }, { ...attributes, padding: 0 })
    },
  },
  {
    name: 'avgPool2d gradient not divided',
    operator: 'avgPool2d',
    explanation: 'Every entry of a window got the whole gradient instead of its share.',
    backward: ({ x }, attributes, { y }) => {
      const result = zeros(x.shape)
      for (const [cell, places] of windows(x, attributes).entries())
        for (const place of places) result.data[place] += rowMajor(y)[cell]
      return { x: result }
    },
  },
  {
    name: 'avgPool2d gradient overwritten where windows overlap',
    operator: 'avgPool2d',
    explanation: 'An entry of several windows kept its share of the last instead of the sum of its shares.',
    backward: ({ x }, attributes, { y }) => {
      const result = zeros(x.shape)
      for (const [cell, places] of windows(x, attributes).entries())
        for (const place of places) {
          const count = attributes.countIncludePad === true ? kernelArea(attributes) : places.length
          result.data[place] = rowMajor(y)[cell] / count
        }
      return { x: result }
    },
  },
  {
    name: 'avgPool2d gradient that always counts the padding',
    operator: 'avgPool2d',
    explanation: 'The gradient was divided by the size of the kernel although the mean was over fewer entries.',
    backward: (inputs, attributes, gradients) =>
      rightPool.backward(inputs, { ...attributes, countIncludePad: true }, gradients),
  },
  {
    name: 'avgPool2d that cuts a padding beyond half the kernel',
    operator: 'avgPool2d',
    explanation: 'A padding of more than half the kernel was reduced to half instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { kernel, padding } = attributes
      if (kernel === undefined || padding === undefined || typeof padding === 'string' || typeof padding === 'boolean')
        return undefined
      const half = listOf(attributes, 'kernel').map((length) => Math.floor(length / 2))
      const cut = listOf(attributes, 'padding').map((p, d) => Math.min(p, half[d]))
      return avgPool2d.forward(inputs, { ...attributes, padding: cut })
    },
  },
]

/** Where a cell of an adaptive average begins and ends along one axis. */
type Cells = (length: number, cells: number, i: number) => readonly [from: number, to: number]

/** Adaptive averages over other cells; those that go beyond the image are cut. */
function averagedOver(cells: Cells): Required<Mistake>['forward'] {
  return ({ x }, attributes) => {
    const [N, C, H, W] = x.shape
    const [height, width] = listOf(attributes, 'output')
    const inside = (length: number, count: number, i: number) => {
      const [from, to] = cells(length, count, i)
      return upTo(Math.min(to, length) - from).map((offset) => from + offset)
    }
    const means = upTo(N * C * height * width).map((cell) => {
      const plane = Math.floor(cell / (height * width))
      const rows = inside(H, height, Math.floor(cell / width) % height)
      const columns = inside(W, width, cell % width)
      const values = rows.flatMap((row) =>
        columns.map((column) => x.get(Math.floor(plane / C), plane % C, row, column)),
      )
      return sum(values) / values.length
    })
    return { y: tensor([N, C, height, width], means) }
  }
}

/** The number of entries of each cell, in row-major order. */
function cellSizes({ shape: [N, C, H, W] }: Tensor, attributes: Attributes): readonly number[] {
  const [height, width] = listOf(attributes, 'output')
  const lengthOf = (length: number, cells: number, i: number) =>
    Math.ceil(((i + 1) * length) / cells) - Math.floor((i * length) / cells)
  return upTo(N * C * height * width).map(
    (cell) => lengthOf(H, height, Math.floor(cell / width) % height) * lengthOf(W, width, cell % width),
  )
}

const adaptivePoolMistakes: readonly Mistake[] = [
  {
    name: 'adaptiveAvgPool2d with cells that never overlap',
    operator: 'adaptiveAvgPool2d',
    explanation: 'A cell ended where the next begins, ⌊(i + 1)·H/h⌋, instead of at ⌈(i + 1)·H/h⌉.',
    forward: averagedOver((length, cells, i) => [
      Math.floor((i * length) / cells),
      Math.floor(((i + 1) * length) / cells),
    ]),
  },
  {
    name: 'adaptiveAvgPool2d with cells of one size from the start',
    operator: 'adaptiveAvgPool2d',
    explanation: 'Every cell had ⌊H/h⌋ rows, one after the other, so that the last rows belong to no cell.',
    forward: averagedOver((length, cells, i) => {
      const size = Math.floor(length / cells)
      return [i * size, (i + 1) * size]
    }),
  },
  {
    name: 'adaptiveAvgPool2d with the rest in the last cell',
    operator: 'adaptiveAvgPool2d',
    explanation:
      'Every cell had ⌊H/h⌋ rows and the last one all that were left, instead of ⌊iH/h⌋ to ⌈(i + 1)H/h⌉ − 1.',
    forward: averagedOver((length, cells, i) => {
      const size = Math.floor(length / cells)
      return [i * size, i === cells - 1 ? length : (i + 1) * size]
    }),
  },
  {
    name: 'adaptiveAvgPool2d with height and width exchanged',
    operator: 'adaptiveAvgPool2d',
    explanation: 'An output of [height, width] was read as [width, height].',
    forward: (inputs, attributes) => {
      const [height, width] = listOf(attributes, 'output')
      const [, , H, W] = inputs.x.shape
      return rightAdaptive.forward(inputs, { output: [Math.min(width, H), Math.min(height, W)] })
    },
  },
  {
    name: 'adaptiveAvgPool2d as the sum',
    operator: 'adaptiveAvgPool2d',
    explanation: 'The entries of each cell were added up but not divided by their number.',
    forward: (inputs, attributes) => {
      const counts = cellSizes(inputs.x, attributes)
      const { y } = rightAdaptive.forward(inputs, attributes)
      return { y: mapPlaces(y, (value, i) => value * counts[i]) }
    },
  },
  {
    name: 'adaptiveAvgPool2d gradient not divided',
    operator: 'adaptiveAvgPool2d',
    explanation: 'Every entry of a cell got the whole gradient instead of its share.',
    backward: (inputs, attributes, { y }) => {
      const counts = cellSizes(inputs.x, attributes)
      const whole = mapPlaces(y, (value, i) => value * counts[i])
      return rightAdaptive.backward(inputs, attributes, { y: whole })
    },
  },
  {
    name: 'adaptiveAvgPool2d gradient by the average size of a cell',
    operator: 'adaptiveAvgPool2d',
    explanation:
      'The gradient was divided by HW/hw although cells differ in size where the output does not divide the input.',
    backward: (inputs, attributes, { y }) => {
      const counts = cellSizes(inputs.x, attributes)
      const [, , H, W] = inputs.x.shape
      const [height, width] = listOf(attributes, 'output')
      const average = (H * W) / (height * width)
      const shared = mapPlaces(y, (value, i) => (value * counts[i]) / average)
      return rightAdaptive.backward(inputs, attributes, { y: shared })
    },
  },
  {
    name: 'adaptiveAvgPool2d that cuts an output larger than the image',
    operator: 'adaptiveAvgPool2d',
    explanation: 'An output larger than the image was reduced to it instead of refused.',
    insteadOfRefusing: (inputs: Tensors, attributes) => {
      const { x } = inputs
      const { output } = attributes
      if (x?.shape.length !== 4 || (typeof output !== 'number' && typeof output !== 'object')) return undefined
      const cut = listOf(attributes, 'output').map((length, d) => Math.min(length, x.shape[2 + d]))
      return adaptiveAvgPool2d.forward(inputs, { ...attributes, output: cut })
    },
  },
]

export const mistakes: readonly Mistake[] = [...avgPoolMistakes, ...adaptivePoolMistakes]
