import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'

declare function quotient(i: number, n: number): number

/** Entries beyond this take part in units of 2⁷², so that their squares do not overflow. */
const large = 2 ** 48
const unit = 2 ** -72

/**
 * D = k + share·Σ x² over the channels of each entry's neighbourhood, at most `half` away; entries of a channel are `area`
 * numbers apart from the next one's. Where one of them is large −D·unit² stands for D, which itself is positive.
 */
const denominators = kernel(
  'denominator of localResponseNorm',
  function (
    this: Thread,
    size: number,
    x: Values,
    channels: number,
    area: number,
    half: number,
    share: number,
    k: number,
    large: number,
    unit: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (share === 0) return k
    const plane = quotient(i, area)
    const c = plane - quotient(plane, channels) * channels
    const first = Math.max(-half, -c)
    const last = Math.min(half, channels - 1 - c)
    let largest = 0
    let squares = 0
    let scaledSquares = 0
    for (let d = first; d <= last; d += 1) {
      const value = x[i + d * area]
      const scaled = value * unit
      largest = Math.max(largest, Math.abs(value))
      squares += value * value
      scaledSquares += scaled * scaled
    }
    if (largest > large) return -(k * unit * unit + share * scaledSquares)
    return k + share * squares
  },
  (...[, channels, , half]) => Math.min(channels, 2 * half + 1),
)

/** x·D^−beta; in units x·unit·(D·unit²)^−beta·unit^(2·beta − 1), the last factor being `enlarging`. */
const responses = kernel(
  'localResponseNorm',
  function (
    this: Thread,
    size: number,
    x: Values,
    denominators: Values,
    beta: number,
    unit: number,
    enlarging: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const D = denominators[i]
    const power = Math.exp(-beta * Math.log(Math.abs(D)))
    if (D < 0) return x[i] * unit * power * enlarging
    return x[i] * power
  },
)

/** ∂L/∂xⱼ = gⱼ·Dⱼ^−β − 2β·share·Σ_c xⱼ·g_c·x_c·D_c^−β/D_c, over the channels c whose neighbourhood j belongs to. */
const responsesGradient = kernel(
  'gradient of localResponseNorm',
  function (
    this: Thread,
    size: number,
    x: Values,
    denominators: Values,
    gradient: Values,
    channels: number,
    area: number,
    half: number,
    share: number,
    beta: number,
    unit: number,
    enlarging: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const plane = quotient(i, area)
    const c = plane - quotient(plane, channels) * channels
    const first = Math.max(-half, -c)
    const last = Math.min(half, channels - 1 - c)
    let own = 0
    let others = 0
    for (let d = first; d <= last; d += 1) {
      const at = i + d * area
      const D = denominators[at]
      let scale = 1
      let power = Math.exp(-beta * Math.log(Math.abs(D)))
      if (D < 0) {
        scale = unit
        power = power * unit * enlarging
      }
      const handed = gradient[at] * power
      if (d === 0) own = handed
      others += ((handed * (x[at] * scale)) / Math.abs(D)) * (x[i] * scale)
    }
    return own - 2 * beta * share * others
  },
  (...[, , , channels, , half]) => Math.min(channels, 2 * half + 1),
)

function settingsOf(call: GpuCall) {
  const { C, H, W } = call.sizes
  const [size, alpha, beta] = [call.number('size'), call.number('alpha'), call.number('beta')]
  const half = Math.min((size - 1) / 2, C - 1)
  return {
    neighbourhood: [C, H * W, half, alpha / size] as const,
    beta: [beta, unit, unit ** (2 * beta - 1)] as const,
  }
}

export const localResponseNorm: GpuOperator = {
  forward: async (call) => {
    const { neighbourhood, beta } = settingsOf(call)
    const x = call.input('x')
    const D = await call.workspace.run(denominators, x.length, x, ...neighbourhood, call.number('k'), large, unit)
    return { y: await call.workspace.run(responses, x.length, x, D, ...beta) }
  },
  backward: async (call) => {
    const { neighbourhood, beta } = settingsOf(call)
    const [x, gradient] = [call.input('x'), call.gradient('y')]
    const D = await call.workspace.run(denominators, x.length, x, ...neighbourhood, call.number('k'), large, unit)
    return { x: await call.workspace.run(responsesGradient, x.length, x, D, gradient, ...neighbourhood, ...beta) }
  },
}
