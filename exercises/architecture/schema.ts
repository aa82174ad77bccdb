import { z } from 'zod'
import type { Architecture, Input, Layer } from './notation.js'

/** The largest size: what is counted stays far below the whole numbers that float64 holds exactly. */
const most = 1_000_000

/** Every schema says what should stand in its place: messages are made of it. */
const whole = (least: number) => {
  const error = `a whole number from ${least} to 1,000,000`
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}
const pairOf = (least: number) =>
  z.union([whole(least), z.tuple([whole(least), whole(least)])], {
    error: `a whole number from ${least} to 1,000,000, or two of them: [height, width]`,
  })
const between = (text: string, least: number, below = Number.POSITIVE_INFINITY) =>
  z.number({ error: text }).refine((value) => value >= least && value < below, { error: text })
const yesOrNo = z.boolean({ error: 'true or false' })
const text = z.string({ error: 'a text' })
const nameError = 'a name: a text without blanks and slashes'
const layerName = z.string({ error: nameError }).regex(/^[^/\s]+$/, { error: nameError })
const reference = z.string({ error: 'the name of an input or an earlier layer' })
const named = { name: layerName.optional(), from: reference.optional() }
const epsilon = z.number({ error: 'a number above 0' }).positive({ error: 'a number above 0' }).optional()
const choice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: values.join(' or ') })

const windows = { stride: pairOf(1).optional(), padding: pairOf(0).optional() }

const transformerLayer = {
  ...named,
  heads: whole(1),
  feedForward: whole(1),
  norm: choice(['post', 'pre']).optional(),
  activation: choice(['relu', 'gelu']).optional(),
  attentionBias: yesOrNo.optional(),
}

const layers: z.ZodType<readonly Layer[]> = z.lazy(() => z.array(layerSchema, { error: 'a list of layers' }))
const shortcutError = 'identity, or a mapping with kind projection or zeroPadding'
const shortcut = z.union(
  [
    z.literal('identity'),
    z.discriminatedUnion(
      'kind',
      [
        z.strictObject({
          kind: z.literal('projection'),
          stride: whole(1).optional(),
          batchNorm: yesOrNo.optional(),
          bias: yesOrNo.optional(),
        }),
        z.strictObject({ kind: z.literal('zeroPadding'), stride: whole(1).optional() }),
      ],
      { error: shortcutError },
    ),
  ],
  { error: shortcutError },
)

/** What a layer of each kind may hold. */
const kinds = {
  conv: z.strictObject({
    ...named,
    kind: z.literal('conv'),
    filters: whole(1),
    kernel: pairOf(1),
    ...windows,
    dilation: pairOf(1).optional(),
    groups: z
      .union([whole(1), z.literal('channels')], { error: 'a whole number from 1 to 1,000,000, or channels' })
      .optional(),
    bias: yesOrNo.optional(),
  }),
  depthwiseSeparableConv: z.strictObject({
    ...named,
    kind: z.literal('depthwiseSeparableConv'),
    filters: whole(1),
    kernel: pairOf(1),
    ...windows,
    bias: yesOrNo.optional(),
  }),
  relu: z.strictObject({ ...named, kind: z.literal('relu') }),
  tanh: z.strictObject({ ...named, kind: z.literal('tanh') }),
  sigmoid: z.strictObject({ ...named, kind: z.literal('sigmoid') }),
  gelu: z.strictObject({ ...named, kind: z.literal('gelu') }),
  softmax: z.strictObject({ ...named, kind: z.literal('softmax') }),
  maxPool: z.strictObject({
    ...named,
    kind: z.literal('maxPool'),
    kernel: pairOf(1),
    ...windows,
    ceil: yesOrNo.optional(),
  }),
  avgPool: z.strictObject({
    ...named,
    kind: z.literal('avgPool'),
    kernel: pairOf(1),
    ...windows,
    ceil: yesOrNo.optional(),
  }),
  adaptiveAvgPool: z.strictObject({ ...named, kind: z.literal('adaptiveAvgPool'), output: pairOf(1) }),
  globalAvgPool: z.strictObject({ ...named, kind: z.literal('globalAvgPool') }),
  localResponseNorm: z.strictObject({
    ...named,
    kind: z.literal('localResponseNorm'),
    size: whole(1)
      .refine((size) => size % 2 === 1, { error: 'an odd whole number' })
      .optional(),
    alpha: between('a number from 0 up', 0).optional(),
    beta: between('a number from 0 up', 0).optional(),
    k: epsilon,
  }),
  batchNorm: z.strictObject({ ...named, kind: z.literal('batchNorm'), epsilon }),
  layerNorm: z.strictObject({ ...named, kind: z.literal('layerNorm'), epsilon }),
  dropout: z.strictObject({
    ...named,
    kind: z.literal('dropout'),
    p: between('a number from 0 up to 1, 1 left out', 0, 1).optional(),
  }),
  flatten: z.strictObject({ ...named, kind: z.literal('flatten') }),
  linear: z.strictObject({
    ...named,
    kind: z.literal('linear'),
    units: whole(1),
    bias: yesOrNo.optional(),
    tied: reference.optional(),
  }),
  embedding: z.strictObject({
    ...named,
    kind: z.literal('embedding'),
    width: whole(1),
    tied: reference.optional(),
    scaled: yesOrNo.optional(),
  }),
  learnedPositions: z.strictObject({
    ...named,
    kind: z.literal('learnedPositions'),
    positions: whole(1).optional(),
  }),
  sinusoidalPositions: z.strictObject({ ...named, kind: z.literal('sinusoidalPositions') }),
  classToken: z.strictObject({ ...named, kind: z.literal('classToken') }),
  selectToken: z.strictObject({ ...named, kind: z.literal('selectToken'), index: whole(0).optional() }),
  patchEmbedding: z.strictObject({
    ...named,
    kind: z.literal('patchEmbedding'),
    patch: whole(1),
    width: whole(1),
    bias: yesOrNo.optional(),
  }),
  multiHeadAttention: z.strictObject({
    ...named,
    kind: z.literal('multiHeadAttention'),
    heads: whole(1),
    memory: reference.optional(),
    causal: yesOrNo.optional(),
    bias: yesOrNo.optional(),
  }),
  feedForward: z.strictObject({
    ...named,
    kind: z.literal('feedForward'),
    width: whole(1),
    activation: choice(['relu', 'gelu']).optional(),
  }),
  encoderLayer: z.strictObject({ ...transformerLayer, kind: z.literal('encoderLayer') }),
  decoderLayer: z.strictObject({ ...transformerLayer, kind: z.literal('decoderLayer'), memory: reference }),
  block: z.strictObject({ ...named, kind: z.literal('block'), layers }),
  repeat: z.strictObject({ ...named, kind: z.literal('repeat'), times: whole(1), layers }),
  residual: z.strictObject({ ...named, kind: z.literal('residual'), layers, shortcut: shortcut.optional() }),
  concatenate: z.strictObject({
    ...named,
    kind: z.literal('concatenate'),
    branches: z
      .array(layers, { error: 'a list of branches, each a list of layers' })
      .min(1, { error: 'a list of branches, each a list of layers' }),
  }),
  add: z.strictObject({
    ...named,
    kind: z.literal('add'),
    branches: z
      .array(layers, { error: 'a list of branches, each a list of layers' })
      .min(1, { error: 'a list of branches, each a list of layers' }),
  }),
  head: z.strictObject({ ...named, kind: z.literal('head'), layers, auxiliary: yesOrNo.optional() }),
} as const

/** The kinds of layers, as the documentation lists them. */
export const layerKinds = Object.keys(kinds)

const [first, ...others] = Object.values(kinds)
const layerSchema: z.ZodType<Layer> = z.discriminatedUnion('kind', [first, ...others], {
  error: ({ code }) => (code === 'invalid_union' ? `one of ${layerKinds.join(', ')}` : 'a layer: a mapping with kind'),
})

const image = z.strictObject({ kind: z.literal('image'), channels: whole(1), height: whole(1), width: whole(1) })
const vector = z.strictObject({ kind: z.literal('vector'), size: whole(1) })
const tokens = z.strictObject({ kind: z.literal('tokens'), length: whole(1), vocabulary: whole(1) })
const sequence = z.strictObject({ kind: z.literal('sequence'), length: whole(1), width: whole(1) })
const input: z.ZodType<Input> = z.discriminatedUnion('kind', [image, vector, tokens, sequence], {
  error: ({ code }) =>
    code === 'invalid_union' ? 'one of image, vector, tokens, sequence' : 'an input: a mapping with kind',
})

/** An architecture as a file holds it; the message of an issue says what should stand in its place. */
export const architectureSchema: z.ZodType<Architecture> = z.strictObject(
  {
    name: text,
    source: text.optional(),
    input,
    inputs: z.record(layerName, input, { error: 'inputs by name' }).optional(),
    layers: z.array(layerSchema, { error: 'a list of layers' }).min(1, { error: 'a list of at least one layer' }),
  },
  { error: 'a mapping with name, input and layers' },
)

const keys = new Map<string, readonly string[]>(
  [...Object.entries(kinds), ...Object.entries({ image, vector, tokens, sequence })].map(([kind, { shape }]) => [
    kind,
    Object.keys(shape),
  ]),
)

/** The keys that an input or a layer of this kind may have; those of an architecture where there is no such kind. */
export function keysOf(kind: unknown): readonly string[] {
  return keys.get(String(kind)) ?? ['name', 'source', 'input', 'inputs', 'layers']
}
