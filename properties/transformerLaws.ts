import type fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { constant, repeated } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { columns, zero } from './feedForward.js'
import type { Call, Law } from './law.js'
import type { Profile } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
import {
  isAdditive,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  treatsSlicesAlone,
  wholeNumbers,
  zerosSayNothing,
} from './relations.js'
import { decoderBase, encoderBase } from './transformer.js'

interface CallsOf {
  readonly operator: string
  readonly calls: (profile: Profile) => fc.Arbitrary<Call>
}

const gradient = { kind: 'gradient', backward: true } as const

/** The calls without some inputs. */
function without(relation: CallsOf, ...names: string[]): CallsOf {
  return {
    ...relation,
    calls: (profile) =>
      relation.calls(profile).map((call) => ({
        ...call,
        inputs: Object.fromEntries(Object.entries(call.inputs).filter(([name]) => !names.includes(name))),
      })),
  }
}

/** Rows of the heads exchanged in the projections of an attention, and columns of the last one with them. */
function withHeadsReordered(inputs: Tensors, part: string, heads: number, order: readonly number[]): Tensors {
  const width = inputs[`${part}.weightQuery`].shape[0] / heads
  const rows = order.flatMap((head) => Array.from({ length: width }, (_, i) => head * width + i))
  const result: Record<string, Tensor> = {
    ...inputs,
    [`${part}.weightOutput`]: taken(inputs[`${part}.weightOutput`], 1, rows),
  }
  for (const name of ['weightQuery', 'weightKey', 'weightValue', 'biasQuery', 'biasKey', 'biasValue'])
    if (`${part}.${name}` in inputs) result[`${part}.${name}`] = taken(inputs[`${part}.${name}`], 0, rows)
  return result
}

/** Whole numbers from `from` up to, and without, `to`. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** A mask that lets every position see itself and what comes before it. */
function causalMask(T: number): Tensor {
  return tensorOf([T, T], (i) => (i % T <= Math.floor(i / T) ? 1 : 0))
}

function ones(shape: readonly number[]): Tensor {
  return tensor(shape, new Float64Array(sizeOf(shape)).fill(1))
}

/** Laws that encoder and decoder share; `parts` are their attentions, `last` their last normalization. */
function layerLaws(
  { operator, calls }: Omit<OperatorProperties, 'laws'>,
  parts: readonly string[],
  last: string,
): Law[] {
  const [all, plain]: [CallsOf, CallsOf] = [
    { operator, calls: calls('wide') },
    { operator, calls: calls('simple') },
  ]
  return [
    refuses({ operator, calls }, 'heads that do not divide the features', (call) =>
      changed(call, 'heads', call.inputs.x.shape[2] + 1),
    ),
    treatsSlicesAlone({ ...all, name: 'treats each sequence alone', inputs: { x: 0, memory: 0 }, outputs: { y: 0 } }),
    reorders({
      ...all,
      name: 'does not depend on the order of its hidden units',
      inputs: { 'feedForward.weight1': 0, 'feedForward.bias1': 0, 'feedForward.weight2': 1 },
      outputs: {},
    }),
    ...parts.map((part) =>
      law({
        ...plain,
        name: `takes biases of zeros of ${part} for none`,
        check: async (trial, random) => {
          const input = `${part}.bias${['Query', 'Key', 'Value', 'Output'][random.integer(0, 3)]}`
          return zerosSayNothing({ ...plain, name: '', input, shape: ({ x }) => [x.shape[2]] }).check(trial)
        },
      }),
    ),
    ...parts.map((part) =>
      law({
        ...all,
        name: `does not depend on the order of the heads of ${part}`,
        check: async ({ call: { inputs, attributes }, subject }, random) => {
          const heads = Number(attributes.heads)
          const order = random.permutation(heads)
          const { y } = await subject.forward(inputs, attributes)
          const other = await subject.forward(withHeadsReordered(inputs, part, heads, order), attributes)
          return compare(`y with the heads in the order ${order.join(', ')}`, other.y, y)
        },
      }),
    ),
    ...parts.map((part) =>
      law({
        ...plain,
        name: `does not see what the bias of the keys of ${part} adds to all of them`,
        check: async ({ call: { inputs, attributes }, subject }, random) => {
          const { y } = await subject.forward(inputs, attributes)
          const bias = wholeNumbers([inputs.x.shape[2]], random)
          const other = await subject.forward({ ...inputs, [`${part}.biasKey`]: bias }, attributes)
          return compare('y with another bias of the keys', other.y, y)
        },
      }),
    ),
    law({
      ...all,
      name: 'is normalized at every position, for a gain of one and no bias',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const E = inputs.x.shape[2]
        const neutral = { [`${last}.gain`]: ones([E]), [`${last}.bias`]: zero(ones([E])) }
        const { y } = await subject.forward({ ...inputs, ...neutral }, attributes)
        const sums = ledger.sum(y, 'common')
        const squares = ledger.sum(ledger.square(y), 'common')
        const most = { ...squares, value: squares.value.map((value) => Math.min(value, E)) }
        return [
          compare('Σ y over the features', sums, constant(sums.shape, 0)),
          compare('Σ y² over the features', squares, { ...most, bound: most.bound.map(() => 0) }),
        ]
      },
    }),
    law({
      ...all,
      name: 'is the bias of its last normalization for a gain of zero',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const bias = inputs[`${last}.bias`]
        const { y } = await subject.forward({ ...inputs, [`${last}.gain`]: zero(bias) }, attributes)
        return compare('y', y, repeated(known(bias), y.shape))
      },
    }),
    isAdditive({ ...plain, name: 'is affine in its last gain', input: `${last}.gain`, affine: true }),
    law({
      ...all,
      ...gradient,
      name: 'adds up the gradient of all positions for its last bias',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const answer = await subject.backward(inputs, attributes, gradients)
        return compare(`∂L/∂${last}.bias`, answer[`${last}.bias`], ledger.sum(columns(gradients.y), 'common'))
      },
    }),
    law({
      ...plain,
      ...gradient,
      name: 'gives nothing to parts of which the output is switched off',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const off: Record<string, Tensor> = { 'feedForward.weight2': zero(inputs['feedForward.weight2']) }
        for (const part of parts) off[`${part}.weightOutput`] = zero(inputs[`${part}.weightOutput`])
        const answer = await subject.backward({ ...inputs, ...off }, attributes, gradients)
        const silent = [
          ...parts.flatMap((part) => ['weightQuery', 'weightKey', 'weightValue'].map((name) => `${part}.${name}`)),
          ...['weight1', 'bias1'].map((name) => `feedForward.${name}`),
          ...('memory' in inputs ? ['memory'] : []),
        ]
        return silent.map((name) => compare(`∂L/∂${name}`, answer[name], constant(answer[name].shape, 0)))
      },
    }),
    law({
      ...all,
      name: 'normalizes x twice or more where all sublayers are switched off',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [E, N, T] = [inputs.x.shape[2], inputs.x.shape[0], inputs.x.shape[1]]
        const off: Record<string, Tensor> = {}
        for (const [name, x] of Object.entries(inputs))
          if (/weightOutput|biasOutput|feedForward\.(weight2|bias2)/.test(name)) off[name] = zero(x)
        // Features that all are the same have nothing left but the biases.
        const x = tensorOf([N, T, E], (i) => rowMajor(inputs.x)[Math.floor(i / E)])
        const unbiased = Object.fromEntries(
          Object.keys(inputs).flatMap((name) => (/^norm\d\.bias$/.test(name) ? [[name, zero(inputs[name])]] : [])),
        )
        const { y } = await subject.forward({ ...inputs, ...off, ...unbiased, x }, attributes)
        return compare('y of equal features', y, constant(y.shape, 0))
      },
    }),
  ]
}

const encoders = { operator: 'encoderLayer', calls: encoderBase.calls('wide') }

/** A later part of x exchanged for whole numbers. */
function withFuture(x: Tensor, from: number, other: Tensor): Tensor {
  const [, T, E] = x.shape
  return tensorOf(x.shape, (i) => rowMajor(Math.floor(i / E) % T < from ? x : other)[i])
}

async function agreesBefore(
  subject: {
    forward(inputs: Tensors, attributes: Attributes): Promise<Readonly<Record<string, ReturnType<typeof known>>>>
  },
  inputs: Tensors,
  attributes: Attributes,
  x: Tensor,
  from: number,
) {
  const { y } = await subject.forward(inputs, attributes)
  const other = await subject.forward({ ...inputs, x }, attributes)
  const earlier = range(0, from)
  return compare(
    `y before position ${from}, where x changes,`,
    takenFrom(other.y, 1, earlier),
    takenFrom(y, 1, earlier),
  )
}

export const encoderLayer: OperatorProperties = {
  ...encoderBase,
  laws: [
    refuses(encoderBase, 'a mask that leaves a position nothing to attend to', (call, random) => {
      const T = call.inputs.x.shape[1]
      const blind = random.integer(0, T - 1)
      const mask = tensorOf([T, T], (i) => (Math.floor(i / T) === blind ? 0 : 1))
      return exchanged(call, 'mask', mask, `a mask of zeros for position ${blind}`)
    }),
    ...layerLaws(encoderBase, ['attention'], 'norm2'),
    reorders({
      ...without(encoders, 'mask'),
      name: 'reorders its positions with those of x, where there is no mask',
      inputs: { x: 1 },
      outputs: { y: 1 },
    }),
    law({
      ...encoders,
      name: 'takes a mask of ones for none',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { mask: _, ...others } = inputs
        const T = inputs.x.shape[1]
        const { y } = await subject.forward({ ...others, mask: ones([T, T]) }, attributes)
        return compare('y with a mask of ones', y, (await subject.forward(others, attributes)).y)
      },
    }),
    law({
      ...encoders,
      name: 'does not look into the future under a mask that hides it',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const T = inputs.x.shape[1]
        const from = random.integer(1, T)
        const x = withFuture(inputs.x, from, wholeNumbers(inputs.x.shape, random))
        return agreesBefore(subject, { ...inputs, mask: causalMask(T) }, attributes, x, from)
      },
    }),
    law({
      ...encoders,
      name: 'treats every position alone under a mask that leaves each only itself',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const T = inputs.x.shape[1]
        const at = random.integer(0, T - 1)
        const own = tensorOf([T, T], (i) => (i % T === Math.floor(i / T) ? 1 : 0))
        const { y } = await subject.forward({ ...inputs, mask: own }, attributes)
        const { mask: _, ...others } = inputs
        const alone = await subject.forward({ ...others, x: taken(inputs.x, 1, [at]) }, attributes)
        return compare(`position ${at} by itself: y`, alone.y, takenFrom(y, 1, [at]))
      },
    }),
  ],
}

const decoders = { operator: 'decoderLayer', calls: decoderBase.calls('wide') }

export const decoderLayer: OperatorProperties = {
  ...decoderBase,
  laws: [
    ...layerLaws(decoderBase, ['selfAttention', 'crossAttention'], 'norm3'),
    reorders({
      ...decoders,
      name: 'does not depend on the order of the memory',
      inputs: { memory: 1 },
      outputs: {},
    }),
    law({
      ...decoders,
      name: 'does not look into the future',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const from = random.integer(1, inputs.x.shape[1])
        const x = withFuture(inputs.x, from, wholeNumbers(inputs.x.shape, random))
        return agreesBefore(subject, inputs, attributes, x, from)
      },
    }),
    law({
      ...decoders,
      name: 'goes on as it began when x becomes longer',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const T = inputs.x.shape[1]
        const length = random.integer(1, T)
        const { y } = await subject.forward(inputs, attributes)
        const short = await subject.forward({ ...inputs, x: taken(inputs.x, 1, range(0, length)) }, attributes)
        return compare(`y of the first ${length} positions alone`, short.y, takenFrom(y, 1, range(0, length)))
      },
    }),
    law({
      ...decoders,
      name: 'reads a memory that holds everything twice as if it did once',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const S = inputs.memory.shape[1]
        const memory = taken(inputs.memory, 1, [...range(0, S), ...range(0, S)])
        const { y } = await subject.forward(inputs, attributes)
        return compare('y for the memory twice', (await subject.forward({ ...inputs, memory }, attributes)).y, y)
      },
    }),
    law({
      ...decoders,
      name: 'asks nothing of a memory of one place, which has all the weight',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const memory = taken(inputs.memory, 1, [0])
        const { y } = await subject.forward({ ...inputs, memory }, attributes)
        const questions = { 'crossAttention.weightQuery': zero(inputs['crossAttention.weightQuery']) }
        const other = await subject.forward({ ...inputs, ...questions, memory }, attributes)
        return compare('y without queries', other.y, y)
      },
    }),
    law({
      ...decoders,
      ...gradient,
      name: 'gives no gradient to positions after the last one that counts',
      check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
        const [, T, E] = inputs.x.shape
        const from = random.integer(0, T)
        const y = tensorOf(gradients.y.shape, (i) => (Math.floor(i / E) % T < from ? rowMajor(gradients.y)[i] : 0))
        const { x } = await subject.backward(inputs, attributes, { y })
        const later = takenFrom(x, 1, range(from, T))
        return compare(`∂L/∂x from position ${from} on`, later, constant(later.shape, 0))
      },
    }),
  ],
}
