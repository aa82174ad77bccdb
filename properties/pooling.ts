import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { chosen } from './calls.js'
import { type DataKind, fill, fillings, sizes } from './data.js'
import type { Profile } from './profile.js'
import { pair, type Window } from './shapes.js'

export function windowOf(attributes: Attributes): Window {
  return {
    kernel: pair(attributes.kernel),
    stride: pair(attributes.stride),
    padding: pair(attributes.padding),
    dilation: [1, 1],
  }
}

const axes = fc
  .record({
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 4 }),
    padding: fc.nat(2),
    extra: fc.constantFrom(0, 0, 1, 2, 3, 4),
  })
  .map(({ kernel, stride, padding, extra }) => ({
    kernel,
    stride,
    padding: Math.min(padding, Math.floor(kernel / 2)),
    extra,
  }))

export function drawPooling(kind: DataKind, profile: Profile) {
  return fc
    .record({
      N: sizes(2),
      C: sizes(3),
      height: axes,
      across: axes,
      square: fc.boolean(),
      settings: fc.constantFrom('default', 'stride', 'padding', 'both', 'both'),
      x: fillings(kind, profile),
    })
    .map(({ N, C, height, across, square, settings, x }) => {
      const w = square ? { ...height, extra: across.extra } : across
      const withStride = settings === 'stride' || settings === 'both'
      const withPadding = settings === 'padding' || settings === 'both'
      const length = ({ kernel, padding, extra }: typeof height) =>
        Math.max(1, kernel - (withPadding ? 2 * padding : 0) + extra)
      const pairValue = (name: 'kernel' | 'stride' | 'padding'): AttributeValue =>
        square ? height[name] : [height[name], w[name]]
      return {
        inputs: { x: fill([N, C, length(height), length(w)], x, profile) },
        attributes: chosen<AttributeValue>({
          kernel: pairValue('kernel'),
          stride: withStride ? pairValue('stride') : undefined,
          padding: withPadding ? pairValue('padding') : undefined,
        }),
      }
    })
}
