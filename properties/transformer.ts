import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { sizeOf, type Tensors } from '../oracle/tensor.js'
import { type Approximation, type Approximations, exact } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { type Allowed, allowedBy, drawMask, maskings } from './attention.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { type DataKind, type Filling, fill, fillings, sizes } from './data.js'
import { exactly, fedBackward, fedForward, moderate, offKink } from './feedForward.js'
import type { Model } from './model.js'
import { multiHead, multiHeadGradients } from './multiHeadAttention.js'
import { normalizeRows, normalizeRowsBackward } from './normalization.js'
import { type Profile, representable } from './profile.js'

/** The operands of one part of a layer, under that part's own names. */
function partOf(operands: Approximations, part: string): Approximations {
  const own = Object.entries(operands).filter(([name]) => name.startsWith(`${part}.`))
  return Object.fromEntries(own.map(([name, x]) => [name.slice(part.length + 1), x]))
}

/** The gradients of a part's parameters, under the layer's names. */
function parametersOf(part: string, { x: _, query, key, value, ...parameters }: Approximations): Approximations {
  return Object.fromEntries(Object.entries(parameters).map(([name, g]) => [`${part}.${name}`, g]))
}

/** One part of a layer: what it makes of x, and the gradients of x and of its other operands, named as the layer names them. */
interface Sublayer {
  readonly y: Approximation
  readonly backward: (g: Approximation) => { readonly x: Approximation; readonly others: Approximations }
}

/** What a layer computes with. */
interface Setting {
  readonly arithmetic: Arithmetic
  readonly operands: Approximations
  readonly heads: number
  readonly epsilon: number
}

/** Attention of x to itself, or, where there is a memory, of x to it. */
function attending(
  { arithmetic, operands, heads }: Setting,
  part: string,
  x: Approximation,
  allowed: Allowed,
  memory?: Approximation,
): Sublayer {
  const inputs = { query: x, key: memory ?? x, value: memory ?? x, ...partOf(operands, part) }
  return {
    y: multiHead(arithmetic, inputs, heads, allowed).output,
    backward: (output) => {
      const all = multiHeadGradients(arithmetic, inputs, heads, allowed, { output })
      const read = arithmetic.add(all.key, all.value)
      const others = parametersOf(part, all)
      return memory === undefined
        ? { x: arithmetic.add(all.query, read), others }
        : { x: all.query, others: { ...others, memory: read } }
    },
  }
}

function feeding({ arithmetic, operands }: Setting, x: Approximation): Sublayer {
  const inputs = { x, ...partOf(operands, 'feedForward') }
  return {
    y: fedForward(arithmetic, inputs),
    backward: (g) => {
      const all = fedBackward(arithmetic, inputs, g)
      return { x: all.x, others: parametersOf('feedForward', all) }
    },
  }
}

/** LayerNorm(x + Sublayer(x)). */
function residual(
  { arithmetic, operands, epsilon }: Setting,
  norm: string,
  x: Approximation,
  inner: Sublayer,
): Sublayer {
  const { gain, bias } = partOf(operands, norm)
  const rows = { x: arithmetic.add(x, inner.y), gain, bias }
  return {
    y: normalizeRows(arithmetic, rows, epsilon),
    backward: (g) => {
      const ofNorm = normalizeRowsBackward(arithmetic, rows, epsilon, g)
      const ofInner = inner.backward(ofNorm.x)
      return {
        x: arithmetic.add(ofNorm.x, ofInner.x),
        others: { ...ofInner.others, ...parametersOf(norm, ofNorm) },
      }
    },
  }
}

/** Sublayers one after the other. */
function stacked(x: Approximation, ...makers: readonly ((x: Approximation) => Sublayer)[]): Sublayer {
  const sublayers: Sublayer[] = []
  let y = x
  for (const make of makers) {
    const sublayer = make(y)
    sublayers.push(sublayer)
    y = sublayer.y
  }
  return {
    y,
    backward: (g) =>
      sublayers.reduceRight<{ x: Approximation; others: Approximations }>(
        (after, sublayer) => {
          const before = sublayer.backward(after.x)
          return { x: before.x, others: { ...after.others, ...before.others } }
        },
        { x: g, others: {} },
      ),
  }
}

function settingOf(arithmetic: Arithmetic, { mask: _, ...inputs }: Tensors, { heads, epsilon }: Attributes): Setting {
  return { arithmetic, operands: exactly(inputs), heads: Number(heads), epsilon: Number(epsilon) }
}

function encoded(arithmetic: Arithmetic, inputs: Tensors, attributes: Attributes): Sublayer {
  const setting = settingOf(arithmetic, inputs, attributes)
  const allowed = allowedBy(inputs.mask, false)
  return stacked(
    setting.operands.x,
    (x) => residual(setting, 'norm1', x, attending(setting, 'attention', x, allowed)),
    (x) => residual(setting, 'norm2', x, feeding(setting, x)),
  )
}

function decoded(arithmetic: Arithmetic, inputs: Tensors, attributes: Attributes): Sublayer {
  const setting = settingOf(arithmetic, inputs, attributes)
  const [past, all] = [allowedBy(undefined, true), allowedBy(undefined, false)]
  return stacked(
    setting.operands.x,
    (x) => residual(setting, 'norm1', x, attending(setting, 'selfAttention', x, past)),
    (x) => residual(setting, 'norm2', x, attending(setting, 'crossAttention', x, all, setting.operands.memory)),
    (x) => residual(setting, 'norm3', x, feeding(setting, x)),
  )
}

function layerModel(layer: typeof encoded): Model {
  return {
    shapes: ({ x }) => ({ y: x.shape }),
    forward: (arithmetic, inputs, attributes) => ({ y: layer(arithmetic, inputs, attributes).y }),
    backward: (arithmetic, inputs, attributes, { y }) => {
      const { x, others } = layer(arithmetic, inputs, attributes).backward(exact(y))
      return { x, ...others }
    },
  }
}

type Shapes = Readonly<Record<string, readonly number[]>>

/** The parameters of an attention, the biases perhaps missing, under the layer's names. */
function attentionShapes(part: string, E: number): { readonly weights: Shapes; readonly biases: Shapes } {
  const of = (kind: string, shape: readonly number[]): Shapes =>
    Object.fromEntries(['Query', 'Key', 'Value', 'Output'].map((name) => [`${part}.${kind}${name}`, shape]))
  return { weights: of('weight', [E, E]), biases: of('bias', [E]) }
}

/** Gain and bias of every norm, and the parameters of feedForward. */
function otherShapes(norms: number, E: number, F: number): Shapes {
  const ofNorms = Array.from({ length: norms }, (_, i) => [
    [`norm${i + 1}.gain`, [E]],
    [`norm${i + 1}.bias`, [E]],
  ]).flat()
  const fed = { weight1: [F, E], bias1: [F], weight2: [E, F], bias2: [E] }
  return Object.fromEntries([...ofNorms, ...Object.entries(fed).map(([name, s]) => [`feedForward.${name}`, s])])
}

/** The same filling with another seed, so that tensors filled alike differ. */
function another(filling: Filling, n: number): Filling {
  return { ...filling, seed: (filling.seed + 0x9e37 * (n + 1)) % 2 ** 31 }
}

/** Parameters of size 1 at most: wider ones make every error grow from part to part. */
function drawLayer(kind: DataKind, profile: Profile) {
  const parameter = fillings(kind === 'wide' ? 'smooth' : kind, profile)
  const epsilons = kind === 'smooth' ? [1, 0.5, 2] : [undefined, undefined, 0.001, 0.1, 1]
  return fc.record({
    N: sizes(2),
    T: sizes(3),
    S: sizes(3),
    heads: sizes(2),
    width: sizes(2),
    F: sizes(3),
    x: fillings(kind, profile, moderate),
    memory: fillings(kind, profile, moderate),
    weights: parameter,
    others: parameter,
    biases: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    masking: perhaps(maskings),
    epsilon: fc.constantFrom(...epsilons.map((value) => value && representable(profile, value))),
  })
}

/** Gains, biases and feedForward's parameters of a layer. */
function drawnOthers(kind: DataKind, shapes: Shapes, filling: Filling, profile: Profile): Tensors {
  const others = filled(shapes, filling, profile)
  return { ...others, 'feedForward.bias1': offKink(kind, others['feedForward.bias1'], profile) }
}

/** Tensors of these shapes; the `wanted`-th missing where it is false. */
function filled(shapes: Shapes, filling: Filling, profile: Profile, wanted?: readonly boolean[]): Tensors {
  return present(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape], n) => [
        name,
        wanted === undefined || wanted[n] ? fill(shape, another(filling, n + sizeOf(shape)), profile) : undefined,
      ]),
    ),
  )
}

const encoderModel = layerModel(encoded)

const encoderCalls = completeCalls(
  'encoderLayer',
  encoderModel,
  (kind, profile) =>
    drawLayer(kind, profile).map(({ N, T, heads, width, F, x, weights, others, biases, masking, epsilon }) => {
      const E = heads * width
      const attention = attentionShapes('attention', E)
      return {
        inputs: present({
          x: fill([N, T, E], x, profile),
          ...filled(attention.weights, weights, profile),
          ...filled(attention.biases, others, profile, biases),
          ...drawnOthers(kind, otherShapes(2, E, F), others, profile),
          mask: masking && drawMask(T, T, masking, false),
        }),
        attributes: chosen<AttributeValue>({ heads, epsilon }),
      }
    }),
  moderate,
)

const decoderModel = layerModel(decoded)

const decoderCalls = completeCalls(
  'decoderLayer',
  decoderModel,
  (kind, profile) =>
    drawLayer(kind, profile).map(({ N, T, S, heads, width, F, x, memory, weights, others, biases, epsilon }) => {
      const E = heads * width
      const [own, cross] = [attentionShapes('selfAttention', E), attentionShapes('crossAttention', E)]
      return {
        inputs: present({
          x: fill([N, T, E], x, profile),
          memory: fill([N, S, E], memory, profile),
          ...filled({ ...own.weights, ...cross.weights }, weights, profile),
          ...filled({ ...own.biases, ...cross.biases }, others, profile, biases),
          ...drawnOthers(kind, otherShapes(3, E, F), others, profile),
        }),
        attributes: chosen<AttributeValue>({ heads, epsilon }),
      }
    }),
  moderate,
)

export const encoderBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'encoderLayer',
  model: encoderModel,
  calls: encoderCalls,
  hasKinks: true,
}

export const decoderBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'decoderLayer',
  model: decoderModel,
  calls: decoderCalls,
  hasKinks: true,
}
