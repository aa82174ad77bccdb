import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { tensor } from '../oracle/tensor.js'
import { exact } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { axes, inputLength } from './convolution.js'
import type { Law } from './law.js'
import type { Model } from './model.js'
import { changed, refuses } from './refusals.js'
import { known, law } from './relations.js'
import { countPositions } from './shapes.js'

function list(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : []
}

function sizeList(attributes: Attributes): number[] {
  const [kernel, stride, padding, dilation] = ['kernel', 'stride', 'padding', 'dilation'].map((name) =>
    list(attributes[name]),
  )
  return list(attributes.input).map((input, d) => countPositions(input, kernel[d], stride[d], padding[d], dilation[d]))
}

const model: Model = {
  shapes: (_, attributes) => ({ size: [list(attributes.input).length] }),
  forward: (_, __, attributes) => {
    const size = sizeList(attributes)
    return { size: exact(tensor([size.length], size)) }
  },
}

const calls = completeCalls('convOutputSize', model, () =>
  fc
    .array(fc.record({ axis: axes, more: fc.oneof(fc.constant(0), fc.nat(300)) }), { minLength: 1, maxLength: 3 })
    .map((drawn) => ({
      inputs: {},
      attributes: {
        input: drawn.map(({ axis, more }) => inputLength(axis) + more),
        kernel: drawn.map(({ axis }) => axis.kernel),
        stride: drawn.map(({ axis }) => axis.stride),
        padding: drawn.map(({ axis }) => axis.padding),
        dilation: drawn.map(({ axis }) => axis.dilation),
      },
    })),
)

/** A law that compares the sizes for other attributes with what they should be, given those of the case. */
function sizeLaw(
  name: string,
  change: (attributes: Readonly<Record<string, readonly number[]>>) => Readonly<Record<string, readonly number[]>>,
  expected: (size: Float64Array, attributes: Readonly<Record<string, readonly number[]>>) => ArrayLike<number>,
): Law {
  return law({
    operator: 'convOutputSize',
    calls: calls('simple'),
    name,
    check: async ({ call: { attributes }, subject }) => {
      const lists = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, list(value)]))
      const { size } = await subject.forward({}, attributes)
      const changed = await subject.forward({}, { ...attributes, ...change(lists) })
      const wanted = Float64Array.from(expected(size.value, lists))
      return compare('size', changed.size, known(tensor([wanted.length], wanted)))
    },
  })
}

export const convOutputSize: OperatorProperties = {
  operator: 'convOutputSize',
  model,
  calls,
  laws: [
    refuses({ operator: 'convOutputSize', calls }, 'a window larger than the padded input', (call) =>
      changed(
        call,
        'kernel',
        list(call.attributes.input).map((length, d) => length + 2 * list(call.attributes.padding)[d] + 1),
      ),
    ),
    refuses({ operator: 'convOutputSize', calls }, 'lists of different lengths', (call) =>
      changed(call, 'stride', [...list(call.attributes.stride), 1]),
    ),
    sizeLaw(
      'grows by one for one stride more of input',
      ({ input, stride }) => ({ input: input.map((length, d) => length + stride[d]) }),
      (size) => size.map((length) => length + 1),
    ),
    sizeLaw(
      'counts padding as input on both sides',
      ({ input, padding }) => ({
        input: input.map((length, d) => length + 2 * padding[d]),
        padding: padding.map(() => 0),
      }),
      (size) => size,
    ),
    sizeLaw(
      'takes a dilated kernel for one as large as its extent',
      ({ kernel, dilation }) => ({
        kernel: kernel.map((length, d) => dilation[d] * (length - 1) + 1),
        dilation: dilation.map(() => 1),
      }),
      (size) => size,
    ),
    sizeLaw(
      'keeps the size for a window of one entry',
      ({ input }) => ({
        kernel: input.map(() => 1),
        stride: input.map(() => 1),
        padding: input.map(() => 0),
        dilation: input.map(() => 1),
      }),
      (_, { input }) => input,
    ),
    sizeLaw(
      'is one for a window as large as the padded input',
      ({ input, padding }) => ({
        kernel: input.map((length, d) => length + 2 * padding[d]),
        dilation: input.map(() => 1),
      }),
      (size) => size.map(() => 1),
    ),
    sizeLaw(
      'treats each axis alone',
      (lists) => Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, [...values].reverse()])),
      (size) => size.slice().reverse(),
    ),
  ],
}
