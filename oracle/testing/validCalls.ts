import type { Attributes, Bound, Declaration } from '../contract.js'
import { contract } from '../index.js'
import { type Tensor, type Tensors, tensor, zeros } from '../tensor.js'
import { type Call, Random } from './random.js'

/** How to make a valid call of an operator out of its declaration. */
interface Plan {
  /** Sizes by letter, where the common one would not do. */
  readonly sizes?: Readonly<Record<string, number>>
  readonly attributes?: Attributes
  /** Dimensions of inputs whose declaration leaves them open. */
  readonly dimensions?: Readonly<Record<string, readonly string[]>>
  /** Optional inputs that do not go with these attributes. */
  readonly without?: readonly string[]
}

const window = { kernel: 3, stride: 2, padding: 1 } as const
const convolution = { stride: 2, padding: 1, dilation: 2, groups: 2 } as const

/** Where an operator needs more than its declaration says; attributes that are not named here have their defaults. */
const plans: Readonly<Record<string, readonly Plan[]>> = {
  weightPenalty: [{ attributes: { lambda: 0.5 } }, { attributes: { lambda: 0.5, norm: 2 } }],
  conv1d: [{ sizes: { K: 3 }, attributes: convolution }],
  conv2d: [{ sizes: { KH: 3, KW: 3 }, attributes: convolution }],
  depthwiseSeparableConv2d: [{ sizes: { KH: 3, KW: 3 }, attributes: { stride: 2, padding: 1 } }],
  convOutputSize: [
    { attributes: { input: [7, 9], kernel: [3, 3], stride: [2, 1], padding: [1, 0], dilation: [1, 2] } },
  ],
  maxPool2d: [{ attributes: window }],
  avgPool2d: [{ attributes: window }],
  adaptiveAvgPool2d: [{ attributes: { output: [2, 3] } }],
  batchNorm: [{ without: ['mean', 'variance'] }, { attributes: { training: false } }],
  dropout: [{ attributes: { p: 0.25 } }],
  oneHot: [{ attributes: { classes: 8 } }],
  positionalEncoding: [{ attributes: { length: 64, dim: 16 } }],
  patchEmbedding: [{ attributes: { patch: 2 } }],
  multiHeadAttention: [{ attributes: { heads: 2 } }],
  luongAttention: [
    { without: ['weight', 'vector'] },
    { dimensions: { weight: ['D', 'E'] }, attributes: { score: 'general' }, without: ['vector'] },
    { dimensions: { weight: ['A', '2D'] }, attributes: { score: 'concat' } },
  ],
  encoderLayer: [{ attributes: { heads: 2 } }],
  decoderLayer: [{ attributes: { heads: 2 } }],
  gaussianBlur: [{ attributes: { sigma: 1, radius: 2 } }],
  crop: [{ attributes: { top: 1, left: 2, height: 3, width: 4 } }],
  resize: [{ attributes: { height: 5, width: 7 } }],
  sgd: [{ attributes: { learningRate: 0.1 } }],
  adam: [{ attributes: { step: 2 } }],
  maskTokens: [{ attributes: { maskId: 3 } }],
}

/** The size of every dimension that is not named elsewhere, and of leading and elementwise dimensions. */
const commonSize = 8

/** Valid calls of the operator, every optional input that goes with the attributes given; other sizes and attributes on request. */
export function validCalls(name: string, sizes: Readonly<Record<string, number>> = {}, attributes: Attributes = {}) {
  const declaration = contract[name]
  return (plans[name] ?? [{}]).map((plan) => callOf(declaration, plan, sizes, { ...plan.attributes, ...attributes }))
}

function callOf(
  declaration: Declaration,
  plan: Plan,
  sizes: Readonly<Record<string, number>>,
  attributes: Attributes,
): Call {
  const random = new Random(7)
  const known = { ...plan.sizes, ...sizes }
  const inputs: Record<string, Tensor> = {}
  for (const [name, { dimensions, kind, least, most, below }] of Object.entries(declaration.inputs)) {
    if (plan.without?.includes(name)) continue
    const value = (bound: Bound | undefined, otherwise: number): number => {
      if (bound === undefined || typeof bound === 'number') return bound ?? otherwise
      return Number(attributes[bound] ?? known[bound] ?? commonSize)
    }
    const shape = (plan.dimensions?.[name] ?? dimensions ?? ['…']).map((dimension) =>
      lengthOf(dimension, known, attributes),
    )
    if (kind === 'mask') inputs[name] = tensor(shape, zeros(shape).data.fill(1))
    else if (kind === 'int') inputs[name] = random.integers(shape, value(least, 0), value(most, value(below, 8) - 1))
    else {
      const [from, to] = [value(least, -2), value(most, 2)]
      inputs[name] = tensor(
        shape,
        zeros(shape).data.map(() => random.between(from, to)),
      )
    }
  }
  return { operator: declaration.name, inputs, attributes }
}

/** The length of a declared dimension: a letter's size, or a product of numbers, letters and attributes over one attribute. */
function lengthOf(dimension: string, sizes: Readonly<Record<string, number>>, attributes: Attributes): number {
  const [numerator, denominator] = dimension.split('/')
  const factors = numerator.match(/…|\d+|\p{Lu}+|\p{Ll}+/gu) ?? []
  const product = factors.reduce(
    (value, factor) => value * (Number(factor) || Number(attributes[factor] ?? sizes[factor] ?? commonSize)),
    1,
  )
  return product / (denominator === undefined ? 1 : Number(attributes[denominator] ?? 1))
}

/** A gradient for every output, and zero for none. */
export function gradientsFor(outputs: Tensors): Tensors {
  const random = new Random(20)
  return Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, random.tensor(y.shape)]))
}
