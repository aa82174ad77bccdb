import type { Attributes } from '../oracle/contract.js'
import { maxPool2d, meanOverTime } from '../oracle/pooling.js'
import { map, rowMajor, type Tensor, type Tensors, tensor, zeros } from '../oracle/tensor.js'
import { listOf, type Mistake, passes } from './mistake.js'
import { mapPlaces, padded, sum, upTo } from './rearrange.js'

const rightPool = passes(maxPool2d)
const rightMean = passes(meanOverTime)

/** The places in x, in row-major order, of the entries of each window, window after window. */
export function windows(x: Tensor, attributes: Attributes): readonly (readonly number[])[] {
  const [N, C, H, W] = x.shape
  const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((name) => listOf(attributes, name))
  const [height, width] = [H, W].map((length, d) => Math.floor((length + 2 * padding[d] - kernel[d]) / stride[d]) + 1)
  const reach = (start: number, extent: number, length: number) =>
    upTo(extent)
      .map((offset) => start + offset)
      .filter((place) => place >= 0 && place < length)
  return upTo(N * C * height * width).map((cell) => {
    const [plane, i, j] = [Math.floor(cell / (height * width)), Math.floor(cell / width) % height, cell % width]
    const columns = reach(j * stride[1] - padding[1], kernel[1], W)
    return reach(i * stride[0] - padding[0], kernel[0], H).flatMap((row) =>
      columns.map((column) => (plane * H + row) * W + column),
    )
  })
}

/** The kernel's height and width exchanged, cut to the padded image, and wide enough for the padding. */
export function exchangedKernel(x: Tensor, attributes: Attributes): readonly number[] {
  const [p, q] = listOf(attributes, 'padding')
  const [height, width] = listOf(attributes, 'kernel')
  const fitting = (length: number, padding: number, image: number) =>
    Math.max(2 * padding, Math.min(length, image + 2 * padding))
  return [fitting(width, p, x.shape[2]), fitting(height, q, x.shape[3])]
}

/** A backward pass in which each window's gradient is dealt out by the shares that f gives its entries. */
function dealtOut(f: (entries: readonly number[]) => readonly number[]): Required<Mistake>['backward'] {
  return ({ x }, attributes, { y }) => {
    const [data, g] = [rowMajor(x), rowMajor(y)]
    const result = zeros(x.shape)
    for (const [cell, places] of windows(x, attributes).entries())
      for (const [i, share] of f(places.map((place) => data[place])).entries())
        result.data[places[i]] += g[cell] * share
    return { x: result }
  }
}

/** The right pooling of an image that has already got a padding of its own. */
function withPadding(x: Tensor, attributes: Attributes, extra: readonly number[], value: number): Tensors {
  const [p, q] = listOf(attributes, 'padding')
  const border = { top: p, bottom: p + extra[0], left: q, right: q + extra[1] }
  return rightPool.forward({ x: padded(x, border, () => value) }, { ...attributes, padding: 0 })
}

const largest = (entries: readonly number[]) => Math.max(...entries)

const maxPoolMistakes: readonly Mistake[] = [
  {
    name: 'maxPool2d padded with zeros',
    operator: 'maxPool2d',
    explanation: 'The border was filled with 0, which beats negative entries, instead of −∞.',
    forward: ({ x }, attributes) => withPadding(x, attributes, [0, 0], 0),
  },
  {
    name: 'maxPool2d that starts from 0',
    operator: 'maxPool2d',
    explanation: 'The running maximum started at 0 instead of −∞: windows of negative entries give 0.',
    forward: (inputs, attributes) => ({ y: map(rightPool.forward(inputs, attributes).y, (y) => Math.max(0, y)) }),
  },
  {
    name: 'maxPool2d of absolute values',
    operator: 'maxPool2d',
    explanation: 'The entry of largest magnitude was taken, without its sign, instead of the largest entry.',
    forward: ({ x }, attributes) => rightPool.forward({ x: map(x, Math.abs) }, attributes),
  },
  {
    name: 'maxPool2d as the average',
    operator: 'maxPool2d',
    explanation: 'The mean of each window was taken instead of its maximum.',
    forward: ({ x }, attributes) => {
      const data = rowMajor(x)
      const means = windows(x, attributes).map((places) => sum(places.map((place) => data[place])) / places.length)
      return { y: tensor(rightPool.forward({ x }, attributes).y.shape, means) }
    },
  },
  {
    name: 'maxPool2d with windows that never overlap',
    operator: 'maxPool2d',
    explanation: 'The stride was taken to be the kernel whatever the attribute stride says.',
    forward: (inputs, attributes) => rightPool.forward(inputs, { ...attributes, stride: listOf(attributes, 'kernel') }),
  },
  {
    name: 'maxPool2d with kernel height and width exchanged',
    operator: 'maxPool2d',
    explanation: 'A kernel [height, width] was read as [width, height], cut to the image where it does not fit.',
    forward: (inputs, attributes) =>
      rightPool.forward(inputs, { ...attributes, kernel: exchangedKernel(inputs.x, attributes) }),
  },
  {
    name: 'maxPool2d with stride height and width exchanged',
    operator: 'maxPool2d',
    explanation: 'A stride [height, width] was read as [width, height].',
    forward: (inputs, attributes) => {
      const [height, width] = listOf(attributes, 'stride')
      return rightPool.forward(inputs, { ...attributes, stride: [width, height] })
    },
  },
  {
    name: 'maxPool2d with the output size rounded up',
    operator: 'maxPool2d',
    explanation: 'A last window that reaches beyond the padded input was kept; the output size is rounded down.',
    forward: ({ x }, attributes) => {
      const [s, t] = listOf(attributes, 'stride')
      return withPadding(x, attributes, [s - 1, t - 1], -Number.MAX_VALUE)
    },
  },
  {
    name: 'maxPool2d gradient to every tie',
    operator: 'maxPool2d',
    explanation: 'Every entry equal to the maximum got the whole gradient instead of the first one only.',
    backward: dealtOut((entries) => entries.map((entry) => (entry === largest(entries) ? 1 : 0))),
  },
  {
    name: 'maxPool2d gradient shared among ties',
    operator: 'maxPool2d',
    explanation: 'The gradient was divided equally among entries that tie instead of given to the first one.',
    backward: dealtOut((entries) => {
      const ties = entries.filter((entry) => entry === largest(entries)).length
      return entries.map((entry) => (entry === largest(entries) ? 1 / ties : 0))
    }),
  },
  {
    name: 'maxPool2d gradient to the last maximum',
    operator: 'maxPool2d',
    explanation: 'The last of several equal maxima got the gradient (≥ in the comparison) instead of the first (>).',
    backward: dealtOut((entries) => {
      const last = entries.lastIndexOf(largest(entries))
      return entries.map((_, i) => (i === last ? 1 : 0))
    }),
  },
  {
    name: 'maxPool2d gradient spread over the window',
    operator: 'maxPool2d',
    explanation:
      'Every entry of the window got an equal share, as in average pooling, instead of the maximum everything.',
    backward: dealtOut((entries) => entries.map(() => 1 / entries.length)),
  },
  {
    name: 'maxPool2d gradient overwritten where windows overlap',
    operator: 'maxPool2d',
    explanation: 'An entry that is the maximum of several windows kept the gradient of the last instead of the sum.',
    backward: ({ x }, attributes, { y }) => {
      const [data, g] = [rowMajor(x), rowMajor(y)]
      const result = zeros(x.shape)
      for (const [cell, places] of windows(x, attributes).entries()) {
        const entries = places.map((place) => data[place])
        result.data[places[entries.indexOf(largest(entries))]] = g[cell]
      }
      return { x: result }
    },
  },
  {
    name: 'maxPool2d that cuts a padding beyond half the kernel',
    operator: 'maxPool2d',
    explanation: 'A padding of more than half the kernel was reduced to half instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { kernel, padding } = attributes
      if (kernel === undefined || padding === undefined || typeof padding === 'string' || typeof padding === 'boolean')
        return undefined
      const half = listOf(attributes, 'kernel').map((length) => Math.floor(length / 2))
      const cut = listOf(attributes, 'padding').map((p, d) => Math.min(p, half[d]))
      return maxPool2d.forward(inputs, { ...attributes, padding: cut })
    },
  },
]

/** The number of steps that count of each sequence. */
function lengthsOf({ x, lengths }: Tensors): readonly number[] {
  return lengths === undefined ? upTo(x.shape[1]).map(() => x.shape[0]) : [...rowMajor(lengths)]
}

/** The rows of y[N,H] multiplied by a factor of their own. */
function scaledRows(y: Tensor, factor: (n: number) => number): Tensor {
  return mapPlaces(y, (value, place) => value * factor(Math.floor(place / y.shape[1])))
}

const meanOverTimeMistakes: readonly Mistake[] = [
  {
    name: 'meanOverTime divided by T',
    operator: 'meanOverTime',
    explanation:
      'The sum of the first steps was divided by T, the padded length, instead of by the number of steps added.',
    forward: (inputs, attributes) => {
      const lengths = lengthsOf(inputs)
      return { y: scaledRows(rightMean.forward(inputs, attributes).y, (n) => lengths[n] / inputs.x.shape[0]) }
    },
  },
  {
    name: 'meanOverTime that ignores the lengths',
    operator: 'meanOverTime',
    explanation: 'Steps beyond the end of a sequence, which are padding, were averaged in.',
    forward: ({ x }, attributes) => rightMean.forward({ x }, attributes),
  },
  {
    name: 'meanOverTime that is not divided',
    operator: 'meanOverTime',
    explanation: 'The sum of the steps was returned: the division by their number is missing.',
    forward: (inputs, attributes) => {
      const lengths = lengthsOf(inputs)
      return { y: scaledRows(rightMean.forward(inputs, attributes).y, (n) => lengths[n]) }
    },
  },
  {
    name: 'meanOverTime as the last step',
    operator: 'meanOverTime',
    explanation: 'The last step was returned instead of the mean of all.',
    forward: (inputs) => {
      const { x } = inputs
      const [, N, H] = x.shape
      const lengths = lengthsOf(inputs)
      return {
        y: mapPlaces(zeros([N, H]), (_, place) =>
          x.get(lengths[Math.floor(place / H)] - 1, Math.floor(place / H), place % H),
        ),
      }
    },
  },
  {
    name: 'meanOverTime without the first step',
    operator: 'meanOverTime',
    explanation: 'The sum started at the second step although the division counts all.',
    forward: (inputs, attributes) => {
      const step = inputs.x.size / inputs.x.shape[0]
      const x = mapPlaces(inputs.x, (value, place) => (place < step ? 0 : value))
      return rightMean.forward({ ...inputs, x }, attributes)
    },
  },
  {
    name: 'meanOverTime gradient not divided',
    operator: 'meanOverTime',
    explanation: 'Every step got the whole gradient instead of the gradient divided by the number of steps.',
    backward: (inputs, attributes, { y }) => {
      const lengths = lengthsOf(inputs)
      return rightMean.backward(inputs, attributes, { y: scaledRows(y, (n) => lengths[n]) })
    },
  },
  {
    name: 'meanOverTime gradient to steps that do not count',
    operator: 'meanOverTime',
    explanation: 'Steps beyond the end of a sequence got gradient; they have no influence on the mean.',
    backward: ({ x }, attributes, gradients) => rightMean.backward({ x }, attributes, gradients),
  },
  {
    name: 'meanOverTime that cuts lengths to T',
    operator: 'meanOverTime',
    explanation: 'A length greater than the number of steps was cut to it instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { x, lengths } = inputs
      if (x?.shape.length !== 3 || lengths === undefined) return undefined
      return meanOverTime.forward({ ...inputs, lengths: map(lengths, (n) => Math.min(n, x.shape[0])) }, attributes)
    },
  },
]

export const mistakes: readonly Mistake[] = [...maxPoolMistakes, ...meanOverTimeMistakes]
