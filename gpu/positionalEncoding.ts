import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/**
 * The sine (even columns) or cosine (odd ones) of position·frequency. `digits` holds each pair's frequency in turns a position:
 * four digits of 12 bits behind the point. Multiplied by positions of twice 12 bits they give products that float32 holds
 * exactly, so that whole turns and quarters can be left out without loss, however late the position. The sine and cosine of what
 * remains, at most an eighth of a turn, are the polynomials of Cephes: those of the devices are 2⁻¹¹ off, or anything far from 0.
 */
const waves = kernel('positionalEncoding', function (this: Thread, size: number, digits: Values, dim: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  const position = quotient(i, dim)
  const column = i - position * dim
  const pair = quotient(column, 2)
  const high = quotient(position, 4096)
  const low = position - high * 4096
  const first = low * digits[4 * pair]
  const second = high * digits[4 * pair + 1]
  const third = low * digits[4 * pair + 1]
  const fourth = high * digits[4 * pair + 2]
  const beyond = (low * digits[4 * pair + 2] + high * digits[4 * pair + 3] + (low * digits[4 * pair + 3]) / 4096) / 4096
  const thirdCarry = quotient(third, 4096)
  const fourthCarry = quotient(fourth, 4096)
  const steps = first - quotient(first, 4096) * 4096 + second - quotient(second, 4096) * 4096 + thirdCarry + fourthCarry
  const rest = third - thirdCarry * 4096 + fourth - fourthCarry * 4096 + beyond
  const quarter = quotient(steps + 512, 1024)
  // 2⁻¹² and 2π·2⁻¹²
  const angle = (steps - quarter * 1024 + rest * 0.000244140625) * 0.0015339807878856412
  const s = angle * angle
  const sine = angle + angle * s * ((-1.9515295891e-4 * s + 8.3321608736e-3) * s - 1.6666654611e-1)
  const cosine = 1 - 0.5 * s + s * s * ((2.443315711809948e-5 * s - 1.388731625493765e-3) * s + 4.166664568298827e-2)
  const turned = quarter + column - 2 * pair
  const direction = turned - quotient(turned, 4) * 4
  if (direction === 0) return sine
  if (direction === 1) return cosine
  if (direction === 2) return -sine
  return -cosine
})

/** 10000^(−2i/dim)/2π for every pair i, as four whole numbers below 2¹², behind the point of base 2¹². */
function frequencyDigits(dim: number): Float32Array {
  return Float32Array.from({ length: 2 * dim }, (_, at) => {
    const frequency = 10_000 ** (-(2 * Math.floor(at / 4)) / dim) / (2 * Math.PI)
    return Math.floor(Math.round(frequency * 2 ** 48) / 4096 ** (3 - (at % 4))) % 4096
  })
}

/** The encodings of the first positions: [length, dim]. */
export function encodings(workspace: Workspace, length: number, dim: number): Promise<DeviceArray> {
  return workspace.run(waves, length * dim, workspace.array(frequencyDigits(dim)), dim)
}

export const positionalEncoding: GpuOperator = {
  forward: async (call) => ({
    y: await encodings(call.workspace, call.number('length'), call.number('dim')),
  }),
}
