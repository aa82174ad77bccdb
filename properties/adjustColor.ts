import fc from 'fast-check'
import { zeros } from '../oracle/tensor.js'
import { type Approximation, exact, permuted, repeated, reshaped } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  obeysEuler,
  reorders,
  tensorOf,
  treatsSlicesAlone,
} from './relations.js'

/** One number a channel, for every entry of an image. */
function overChannels(a: Approximation, [N, C, H, W]: readonly number[]): Approximation {
  return permuted(repeated(a, [N, H, W, C]), [0, 3, 1, 2])
}

/** Channels first, their entries of all images in one row: [C, N·H·W]. */
function byChannel(a: Approximation): Approximation {
  const [N, C, H, W] = a.shape
  return reshaped(permuted(a, [1, 0, 2, 3]), [C, N * H * W])
}

const colorModel: Model = {
  shapes: ({ image }) => ({ y: image.shape }),
  forward: (arithmetic, { image, scale, shift }) => {
    const [a, b] = [overChannels(exact(scale), image.shape), overChannels(exact(shift), image.shape)]
    return { y: arithmetic.add(arithmetic.multiply(a, exact(image)), b) }
  },
  /** scale·g; Σ g·image and Σ g over every channel. */
  backward: (arithmetic, { image, scale }, _, { y }) => {
    const [x, g] = [byChannel(exact(image)), byChannel(exact(y))]
    const [C, L] = g.shape
    return {
      image: arithmetic.multiply(overChannels(exact(scale), image.shape), exact(y)),
      scale: reshaped(arithmetic.matmul(reshaped(g, [C, 1, L]), reshaped(x, [C, L, 1])), [C]),
      shift: arithmetic.sum(g),
    }
  },
}

const factors: Limits = { multiplied: true }

const colorCalls = completeCalls(
  'adjustColor',
  colorModel,
  (kind, profile) =>
    fc
      .record({
        N: sizes(3),
        C: sizes(3),
        H: sizes(3),
        W: sumLengths(kind, 4),
        image: fillings(kind, profile, factors),
        scale: fillings(kind, profile, factors),
        shift: fillings(kind, profile, factors),
      })
      .map(({ N, C, H, W, image, scale, shift }) => ({
        inputs: {
          image: fill([N, C, H, W], image, profile),
          scale: fill([C], scale, profile),
          shift: fill([C], shift, profile),
        },
        attributes: {},
      })),
  factors,
)

const simpleColor = { operator: 'adjustColor', calls: colorCalls('simple') }
const wideColor = { operator: 'adjustColor', calls: colorCalls('wide') }

export const adjustColor: OperatorProperties = {
  operator: 'adjustColor',
  model: colorModel,
  calls: colorCalls,
  smooth: colorCalls('smooth'),
  laws: [
    treatsSlicesAlone({ ...wideColor, name: 'treats each image alone', inputs: { image: 0 }, outputs: { y: 0 } }),
    treatsSlicesAlone({
      ...wideColor,
      name: 'treats each channel alone, with its own scale and shift',
      inputs: { image: 1, scale: 0, shift: 0 },
      outputs: { y: 1 },
    }),
    reorders({
      ...wideColor,
      name: 'reorders its rows with those of the image',
      inputs: { image: 2 },
      outputs: { y: 2 },
    }),
    reorders({
      ...wideColor,
      name: 'reorders its columns with those of the image',
      inputs: { image: 3 },
      outputs: { y: 3 },
    }),
    isAdditive({ ...simpleColor, name: 'is affine in the image', input: 'image', affine: true }),
    isAdditive({ ...simpleColor, name: 'is affine in the scale', input: 'scale', affine: true }),
    isHomogeneous({
      ...simpleColor,
      name: 'scales when image and shift are scaled',
      inputs: ['image', 'shift'],
      degree: 1,
    }),
    isHomogeneous({
      ...simpleColor,
      name: 'scales when scale and shift are scaled',
      inputs: ['scale', 'shift'],
      degree: 1,
    }),
    law({
      ...wideColor,
      name: 'leaves the image unchanged for a scale of one and a shift of zero',
      check: async ({ call: { inputs }, subject }) => {
        const C = inputs.image.shape[1]
        const neutral = { scale: tensorOf([C], () => 1), shift: tensorOf([C], () => 0) }
        return compare('y', (await subject.forward({ ...inputs, ...neutral }, {})).y, known(inputs.image))
      },
    }),
    law({
      ...wideColor,
      name: 'is the shift of each channel for a scale of zero',
      check: async ({ call: { inputs }, subject }) => {
        const scale = tensorOf(inputs.scale.shape, () => 0)
        const { y } = await subject.forward({ ...inputs, scale }, {})
        return compare('y', y, overChannels(known(inputs.shift), y.shape))
      },
    }),
    obeysEuler({
      ...wideColor,
      calls: (profile) =>
        colorCalls('wide')(profile).map((call) => ({
          ...call,
          inputs: { ...call.inputs, shift: tensorOf(call.inputs.shift.shape, () => 0) },
        })),
      name: "obeys Euler's identity in the scale where there is no shift",
      input: 'scale',
      output: 'y',
      degree: 1,
    }),
    law({
      ...wideColor,
      kind: 'gradient',
      backward: true,
      name: 'adds up the gradient of each channel for the shift',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { shift } = await subject.backward(inputs, {}, gradients)
        return compare('∂L/∂shift', shift, ledger.sum(byChannel(known(gradients.y)), 'common'))
      },
    }),
    law({
      ...simpleColor,
      kind: 'gradient',
      backward: true,
      name: 'has for the scale the gradient of the shift, for an image of ones',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const image = tensorOf(inputs.image.shape, () => 1)
        const { scale, shift } = await subject.backward({ ...inputs, image }, {}, gradients)
        return compare('∂L/∂scale of an image of ones', scale, shift)
      },
    }),
    law({
      ...wideColor,
      kind: 'gradient',
      backward: true,
      name: 'scales the gradient of the image as it scales the image',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { image } = await subject.backward(inputs, {}, gradients)
        const shift = tensorOf(inputs.shift.shape, () => 0)
        const { y } = await subject.forward(
          { image: gradients.y ?? zeros(inputs.image.shape), scale: inputs.scale, shift },
          {},
        )
        return compare('∂L/∂image', image, y)
      },
    }),
  ],
}
