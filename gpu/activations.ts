import { type Lanes, lanesAlong } from '../oracle/activations.js'
import type { DeviceArray } from './deviceArray.js'
import { type Kernel, kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number
declare function logistic(x: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

type Elementwise = Kernel<[Values]>
type ElementwiseGradient = Kernel<[Values, Values]>

function elementwise(value: Elementwise, gradient: ElementwiseGradient): GpuOperator {
  return {
    forward: async (call) => {
      const x = call.input('x')
      return { y: await call.workspace.run(value, x.length, x) }
    },
    backward: async (call) => {
      const x = call.input('x')
      return { x: await call.workspace.run(gradient, x.length, x, call.gradient('y')) }
    },
  }
}

export const sigmoid = elementwise(
  kernel('sigmoid', function (this: Thread, size: number, x: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    return logistic(x[i])
  }),
  // σ′ = σ(x)·σ(−x)
  kernel('gradient of sigmoid', function (this: Thread, size: number, x: Values, gradient: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    return gradient[i] * logistic(x[i]) * logistic(-x[i])
  }),
)

export const tanh = elementwise(
  kernel('tanh', function (this: Thread, size: number, x: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    return hyperbolicTangent(x[i])
  }),
  kernel('gradient of tanh', function (this: Thread, size: number, x: Values, gradient: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    return gradient[i] * slopeOfTangent(x[i])
  }),
)

export const relu = elementwise(
  kernel('relu', function (this: Thread, size: number, x: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    return Math.max(x[i], 0)
  }),
  kernel('gradient of relu', function (this: Thread, size: number, x: Values, gradient: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (x[i] > 0) return gradient[i]
    return 0
  }),
)

/**
 * Two numbers a lane: at 2·lane the maximum of its entries, at 2·lane + 1 the sum of e^(x − maximum). Entry k of a lane
 * is at outer·length·inner + k·inner + rest, where lane = outer·inner + rest.
 */
const laneStatistics = kernel(
  'maximum and sum of exponentials',
  function (this: Thread, size: number, x: Values, length: number, inner: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const lane = quotient(i, 2)
    const outer = quotient(lane, inner)
    const first = outer * length * inner + (lane - outer * inner)
    let maximum = x[first]
    for (let k = 1; k < length; k += 1) maximum = Math.max(maximum, x[first + k * inner])
    if (i === lane * 2) return maximum
    let sum = 0
    for (let start = 0; start < length; start += 64) {
      const end = Math.min(start + 64, length)
      let part = 0
      for (let k = start; k < end; k += 1) part += Math.exp(x[first + k * inner] - maximum)
      sum += part
    }
    return sum
  },
  (_, length) => length + roundsOfSum(length),
)

/** The same of `parts` parts of every lane, each of `partLength` entries and the last of those that are left. */
const partStatistics = kernel(
  'maximum and sum of exponentials of parts',
  function (
    this: Thread,
    size: number,
    x: Values,
    length: number,
    inner: number,
    parts: number,
    partLength: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const at = quotient(i, 2)
    const lane = quotient(at, parts)
    const outer = quotient(lane, inner)
    const first = outer * length * inner + (lane - outer * inner)
    const begin = (at - lane * parts) * partLength
    const stop = Math.min(begin + partLength, length)
    let maximum = x[first + begin * inner]
    for (let k = begin; k < stop; k += 1) maximum = Math.max(maximum, x[first + k * inner])
    if (i === at * 2) return maximum
    let sum = 0
    for (let start = begin; start < stop; start += 64) {
      const end = Math.min(start + 64, stop)
      let part = 0
      for (let j = start; j < end; j += 1) part += Math.exp(x[first + j * inner] - maximum)
      sum += part
    }
    return sum
  },
  (_x, _length, _inner, _parts, partLength) => partLength + roundsOfSum(partLength),
)

/** The two numbers of whole lanes, from those of their parts. */
const joinedStatistics = kernel(
  'maximum and sum of exponentials of whole lanes',
  function (this: Thread, size: number, x: Values, parts: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const first = quotient(i, 2) * parts
    let maximum = x[2 * first]
    for (let k = 1; k < parts; k += 1) maximum = Math.max(maximum, x[2 * (first + k)])
    if (i === quotient(i, 2) * 2) return maximum
    let sum = 0
    for (let j = 0; j < parts; j += 1) sum += x[2 * (first + j) + 1] * Math.exp(x[2 * (first + j)] - maximum)
    return sum
  },
  (_, parts) => 2 * parts,
)

/** Longer lanes, such as those over a vocabulary, are shared out among threads. */
const longestPart = 8192

/** The maximum of each lane and the sum of e^(x − maximum), in turn. */
export async function statistics(workspace: Workspace, x: DeviceArray, { length, inner }: Lanes): Promise<DeviceArray> {
  const size = (x.length / length) * 2
  if (length <= longestPart) return workspace.run(laneStatistics, size, x, length, inner)
  const parts = Math.ceil(length / longestPart)
  const ofParts = await workspace.run(partStatistics, size * parts, x, length, inner, parts, longestPart)
  return workspace.run(joinedStatistics, size, ofParts, parts)
}

const softmaxValues = kernel(
  'softmax',
  function (this: Thread, size: number, x: Values, lanes: Values, length: number, inner: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, inner)
    const lane = quotient(row, length) * inner + (i - row * inner)
    return Math.exp(x[i] - lanes[2 * lane]) / lanes[2 * lane + 1]
  },
)

const logSoftmaxValues = kernel(
  'logSoftmax',
  function (this: Thread, size: number, x: Values, lanes: Values, length: number, inner: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, inner)
    const lane = quotient(row, length) * inner + (i - row * inner)
    return x[i] - lanes[2 * lane] - Math.log(lanes[2 * lane + 1])
  },
)

/** One number a lane: Σ aₖ·bₖ over its entries. */
const laneProducts = kernel(
  'sum of products along an axis',
  function (this: Thread, size: number, a: Values, b: Values, length: number, inner: number): number {
    const lane = this.thread.x
    if (lane >= size) return 0
    const outer = quotient(lane, inner)
    const first = outer * length * inner + (lane - outer * inner)
    let sum = 0
    for (let start = 0; start < length; start += 64) {
      const end = Math.min(start + 64, length)
      let part = 0
      for (let k = start; k < end; k += 1) part += a[first + k * inner] * b[first + k * inner]
      sum += part
    }
    return sum
  },
  (_a, _b, length) => roundsOfSum(length),
)

/** ∂L/∂xᵢ = yᵢ·(gᵢ − Σⱼ gⱼyⱼ) */
const softmaxGradient = kernel(
  'gradient of softmax',
  function (
    this: Thread,
    size: number,
    y: Values,
    gradient: Values,
    dots: Values,
    length: number,
    inner: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, inner)
    const lane = quotient(row, length) * inner + (i - row * inner)
    return y[i] * (gradient[i] - dots[lane])
  },
)

/** ∂L/∂xᵢ = gᵢ − yᵢ·Σⱼ gⱼ, where y = softmax(x) */
const logSoftmaxGradient = kernel(
  'gradient of logSoftmax',
  function (
    this: Thread,
    size: number,
    y: Values,
    gradient: Values,
    sums: Values,
    length: number,
    inner: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, inner)
    const lane = quotient(row, length) * inner + (i - row * inner)
    return gradient[i] - y[i] * sums[lane]
  },
)

async function alongLanes(call: GpuCall, values: Kernel<[Values, Values, number, number]>): Promise<DeviceArray> {
  const x = call.input('x')
  const lanes = lanesAlong(call.shapes.x, call.number('axis'))
  return call.workspace.run(values, x.length, x, await statistics(call.workspace, x, lanes), lanes.length, lanes.inner)
}

function laneSums(call: GpuCall, a: DeviceArray, b: DeviceArray): Promise<DeviceArray> {
  const { length, inner } = lanesAlong(call.shapes.x, call.number('axis'))
  return call.workspace.run(laneProducts, a.length / length, a, b, length, inner)
}

export const softmax: GpuOperator = {
  forward: async (call) => ({ y: await alongLanes(call, softmaxValues) }),
  backward: async (call) => {
    const { length, inner } = lanesAlong(call.shapes.x, call.number('axis'))
    const gradient = call.gradient('y')
    const y = await alongLanes(call, softmaxValues)
    const dots = await laneSums(call, gradient, y)
    return { x: await call.workspace.run(softmaxGradient, y.length, y, gradient, dots, length, inner) }
  },
}

export const logSoftmax: GpuOperator = {
  forward: async (call) => ({ y: await alongLanes(call, logSoftmaxValues) }),
  backward: async (call) => {
    const { length, inner } = lanesAlong(call.shapes.x, call.number('axis'))
    const gradient = call.gradient('y')
    const ones = await call.workspace.filled(gradient.length, 1)
    const [y, sums] = await Promise.all([alongLanes(call, softmaxValues), laneSums(call, gradient, ones)])
    return { x: await call.workspace.run(logSoftmaxGradient, y.length, y, gradient, sums, length, inner) }
  },
}
