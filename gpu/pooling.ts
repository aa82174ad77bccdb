import { sizeOf } from '../oracle/tensor.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'

declare function quotient(i: number, n: number): number

/** The maximum of each window; positions outside the image do not take part. */
const maxima = kernel(
  'maxPool2d',
  function (
    this: Thread,
    size: number,
    x: Values,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, outWidth)
    const plane = quotient(line, outHeight)
    const top = (line - plane * outHeight) * strideHeight - paddingHeight
    const left = (at - line * outWidth) * strideWidth - paddingWidth
    const firstRow = Math.max(top, 0)
    const firstColumn = Math.max(left, 0)
    const endRow = Math.min(top + kernelHeight, height)
    const endColumn = Math.min(left + kernelWidth, width)
    let maximum = x[(plane * height + firstRow) * width + firstColumn]
    for (let row = firstRow; row < endRow; row += 1) {
      for (let column = firstColumn; column < endColumn; column += 1) {
        maximum = Math.max(maximum, x[(plane * height + row) * width + column])
      }
    }
    return maximum
  },
  (...[, , , , , kernelHeight, kernelWidth]) => kernelHeight * (1 + kernelWidth),
)

/** An entry gathers the gradients of all windows whose first maximum in row-major order it is. */
const maximumGradient = kernel(
  'gradient of maxPool2d',
  function (
    this: Thread,
    size: number,
    x: Values,
    gradient: Values,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const value = x[at]
    const line = quotient(at, width)
    const plane = quotient(line, height)
    const down = line - plane * height + paddingHeight
    const across = at - line * width + paddingWidth
    const endI = Math.min(quotient(down, strideHeight) + 1, outHeight)
    const endJ = Math.min(quotient(across, strideWidth) + 1, outWidth)
    let firstI = 0
    if (down >= kernelHeight) firstI = quotient(down - kernelHeight, strideHeight) + 1
    let firstJ = 0
    if (across >= kernelWidth) firstJ = quotient(across - kernelWidth, strideWidth) + 1
    let sum = 0
    for (let i = firstI; i < endI; i += 1) {
      const top = i * strideHeight - paddingHeight
      const endRow = Math.min(top + kernelHeight, height)
      for (let j = firstJ; j < endJ; j += 1) {
        const left = j * strideWidth - paddingWidth
        const endColumn = Math.min(left + kernelWidth, width)
        let beaten = 0
        for (let row = Math.max(top, 0); row < endRow; row += 1) {
          for (let column = Math.max(left, 0); column < endColumn; column += 1) {
            const other = (plane * height + row) * width + column
            if (x[other] > value) beaten = 1
            if (other < at && x[other] >= value) beaten = 1
          }
        }
        if (beaten === 0) sum += gradient[(plane * outHeight + i) * outWidth + j]
      }
    }
    return sum
  },
  (...[, , , , , , kernelHeight, kernelWidth, strideHeight, strideWidth]) => {
    const inWindow = kernelHeight * (1 + kernelWidth)
    return Math.ceil(kernelHeight / strideHeight) * (1 + Math.ceil(kernelWidth / strideWidth) * (1 + inWindow))
  },
)

function geometry(call: GpuCall) {
  const { H, W } = call.sizes
  const [, , outHeight, outWidth] = call.outputShapes.y
  return [H, W, outHeight, outWidth, ...call.pair('kernel'), ...call.pair('stride'), ...call.pair('padding')] as const
}

export const maxPool2d: GpuOperator = {
  forward: async (call) => {
    const size = sizeOf(call.outputShapes.y)
    return { y: await call.workspace.run(maxima, size, call.input('x'), ...geometry(call)) }
  },
  backward: async (call) => {
    const x = call.input('x')
    return {
      x: await call.workspace.run(maximumGradient, x.length, x, call.gradient('y'), ...geometry(call)),
    }
  },
}

/** y[n,h] = the mean of x[t,n,h] over t < lengths[n] */
const means = kernel(
  'meanOverTime',
  function (this: Thread, size: number, x: Values, lengths: Values, features: number, steps: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const length = lengths[quotient(i, features)]
    let sum = 0
    for (let start = 0; start < steps; start += 64) {
      const end = Math.min(start + 64, length)
      let part = 0
      for (let t = start; t < end; t += 1) part += x[t * size + i]
      sum += part
    }
    return sum / length
  },
  (...[, , , steps]) => roundsOfSum(steps),
)

const meanGradient = kernel(
  'gradient of meanOverTime',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    lengths: Values,
    sequences: number,
    features: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const area = sequences * features
    const t = quotient(i, area)
    const inStep = i - t * area
    const length = lengths[quotient(inStep, features)]
    if (t < length) return gradient[inStep] / length
    return 0
  },
)

export const meanOverTime: GpuOperator = {
  forward: async (call) => {
    const { T, N, H } = call.sizes
    return { y: await call.workspace.run(means, N * H, call.input('x'), await lengthsOf(call), H, T) }
  },
  backward: async (call) => {
    const { T, N, H } = call.sizes
    return { x: await call.workspace.run(meanGradient, T * N * H, call.gradient('y'), await lengthsOf(call), N, H) }
  },
}

async function lengthsOf(call: GpuCall): Promise<DeviceArray> {
  return call.optional('lengths') ?? (await call.workspace.filled(call.sizes.N, call.sizes.T))
}
