import { maskComplaint } from './attention.js'
import { type CallShape, float, type InputDeclaration, output } from './contract.js'
import { attendInHeads, attendInHeadsBackward, attentionParameters, headsComplaint } from './multiHeadAttention.js'
import { layerNorm } from './normalization.js'
import { backwardOf, defineOperator } from './operator.js'
import { rowMajor, type Tensor, type Tensors, zeros } from './tensor.js'

const feedForwardParameters = {
  weight1: float('F', 'E'),
  bias1: float('F'),
  weight2: float('E', 'F'),
  bias2: float('E'),
} as const

export const feedForward = defineOperator({
  name: 'feedForward',
  family: 'transformer',
  summary: 'W₂·max(0, W₁·x + b₁) + b₂ at every position',
  source: 'Attention Is All You Need (2017), section 3.3, equation 2',
  inputs: { x: float('…', 'E'), ...feedForwardParameters },
  attributes: {},
  outputs: { y: output('…', 'E') },
  dimensionNames: { E: 'features', F: 'hidden units' },
  /** Position by position, so that never more than one position's F hidden units are held. */
  forward: ({ x, weight1, bias1, weight2, bias2 }) => {
    const first = layerOf(weight1, bias1)
    const second = layerOf(weight2, bias2)
    const hidden = new Float64Array(first.outputs)
    const [data, y] = [rowMajor(x), zeros(x.shape)]
    for (let at = 0; at < data.length; at += first.inputs) {
      applyLayer(first, data, at, hidden, 0)
      for (let f = 0; f < hidden.length; f++) hidden[f] = Math.max(hidden[f], 0)
      applyLayer(second, hidden, 0, y.data, at)
    }
    return { y }
  },
  /** With h = W₁·x + b₁ and δ = (W₂ᵀ·g)⊙[h > 0]: W₂: g·max(0, h)ᵀ, b₂: g, W₁: δ·xᵀ, b₁: δ, summed over positions; x: W₁ᵀ·δ. */
  backward: ({ x, weight1, bias1, weight2, bias2 }, _, { y }) => {
    const first = layerOf(weight1, bias1)
    const second = layerOf(weight2, bias2)
    const [hidden, delta] = [new Float64Array(first.outputs), new Float64Array(first.outputs)]
    const [data, g, result] = [rowMajor(x), rowMajor(y), zeros(x.shape)]
    const ofFirst = { weight: zeros(weight1.shape), bias: zeros(bias1.shape) }
    const ofSecond = { weight: zeros(weight2.shape), bias: zeros(bias2.shape) }
    for (let at = 0; at < data.length; at += first.inputs) {
      applyLayer(first, data, at, hidden, 0)
      for (let f = 0; f < hidden.length; f++) hidden[f] = Math.max(hidden[f], 0)
      delta.fill(0)
      applyLayerBackward(second, hidden, 0, g, at, delta, ofSecond)
      for (let f = 0; f < hidden.length; f++) if (hidden[f] === 0) delta[f] = 0
      applyLayerBackward(first, data, at, delta, 0, result.data, ofFirst)
    }
    return { x: result, weight1: ofFirst.weight, bias1: ofFirst.bias, weight2: ofSecond.weight, bias2: ofSecond.bias }
  },
})

/** A linear layer of one position: weight [outputs,inputs] and bias [outputs]. */
interface Layer {
  readonly weight: Float64Array
  readonly bias: Float64Array
  readonly inputs: number
  readonly outputs: number
}

function layerOf(weight: Tensor, bias: Tensor): Layer {
  const [outputs, inputs] = weight.shape
  return { weight: rowMajor(weight), bias: rowMajor(bias), inputs, outputs }
}

/** Writes W·x + b of the position at x[from] to y[to]. */
function applyLayer(layer: Layer, x: Float64Array, from: number, y: Float64Array, to: number): void {
  const { weight, bias, inputs, outputs } = layer
  for (let o = 0; o < outputs; o++) {
    let sum = 0
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * x[from + i]
    y[to + o] = sum + bias[o]
  }
}

/** Adds Wᵀ·g to the gradient of x, at the same place as x, g·xᵀ to that of the weight and g to that of the bias; g at g[to]. */
function applyLayerBackward(
  { weight, inputs, outputs }: Layer,
  x: Float64Array,
  from: number,
  g: Float64Array,
  to: number,
  ofX: Float64Array,
  gradients: Readonly<Record<'weight' | 'bias', Tensor>>,
): void {
  for (let o = 0; o < outputs; o++) {
    const slope = g[to + o]
    gradients.bias.data[o] += slope
    for (let i = 0; i < inputs; i++) {
      ofX[from + i] += slope * weight[o * inputs + i]
      gradients.weight.data[o * inputs + i] += slope * x[from + i]
    }
  }
}

const normParameters = { gain: float('E'), bias: float('E') } as const

/** Entries under names that begin with the part of the layer that they belong to: `attention.weightQuery`. */
function prefixed<Entry>(part: string, entries: Readonly<Record<string, Entry>>): Record<string, Entry> {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [`${part}.${name}`, entry]))
}

/** The inputs of one part of the layer, under that part's own names. */
function partOf(inputs: Tensors, part: string): Tensors {
  const own = Object.entries(inputs).filter(([name]) => name.startsWith(`${part}.`))
  return Object.fromEntries(own.map(([name, x]) => [name.slice(part.length + 1), x]))
}

/** The weights and biases of an attention of the layer, under its own names. */
function attentionOf(inputs: Tensors, part: string) {
  const own = partOf(inputs, part)
  const { weightQuery, weightKey, weightValue, weightOutput } = own
  return { ...own, weightQuery, weightKey, weightValue, weightOutput }
}

/** Adds the others to the first, a tensor of the layer's own, and answers with it. */
function addTo(sum: Tensor, ...others: readonly Tensor[]): Tensor {
  for (const x of others) {
    const data = rowMajor(x)
    for (let i = 0; i < data.length; i++) sum.data[i] += data[i]
  }
  return sum
}

/** Gradients of a part, apart from those of what flows through the layer, under the layer's names. */
function parametersOf(part: string, { x, query, key, value, ...parameters }: Tensors): Tensors {
  return prefixed(part, parameters)
}

const layerAttributes = {
  heads: { type: 'number', integer: true, least: 1 },
  epsilon: { type: 'number', above: 0, default: 1e-5 },
} as const

const dimensionNames = { N: 'sequences', T: 'positions', S: 'memory positions', E: 'features', F: 'hidden units' }

function headsConstraint({ sizes: { E }, attributes }: CallShape): string | undefined {
  return headsComplaint(Number(attributes.heads), E)
}

const encoderMask: InputDeclaration<true> = { dimensions: ['T', 'T'], kind: 'mask', optional: true }

/** The inputs of every part of an encoder layer, in the order in which x passes them. */
function encode(inputs: Tensors, heads: number, epsilon: number) {
  const { x, mask } = inputs
  const attention = {
    ...{ query: x, key: x, value: x },
    ...attentionOf(inputs, 'attention'),
    ...(mask === undefined ? {} : { mask }),
  }
  const attended = attendInHeads(attention, { heads, causal: false })
  const norm1 = { x: addTo(attended, x), ...partOf(inputs, 'norm1') }
  const fed = { x: layerNorm.forward(norm1, { epsilon }).y, ...partOf(inputs, 'feedForward') }
  const norm2 = { x: addTo(feedForward.forward(fed).y, fed.x), ...partOf(inputs, 'norm2') }
  return { attention, norm1, fed, norm2 }
}

export const encoderLayer = defineOperator({
  name: 'encoderLayer',
  family: 'transformer',
  summary: 'LayerNorm(x + Sublayer(x)) twice: multiHeadAttention of x to itself, then feedForward',
  source: 'Attention Is All You Need (2017), section 3.1',
  inputs: {
    x: float('N', 'T', 'E'),
    ...prefixed<InputDeclaration>('attention', attentionParameters),
    ...prefixed<InputDeclaration>('norm1', normParameters),
    ...prefixed<InputDeclaration>('feedForward', feedForwardParameters),
    ...prefixed<InputDeclaration>('norm2', normParameters),
    mask: encoderMask,
  },
  attributes: layerAttributes,
  outputs: { y: output('N', 'T', 'E') },
  dimensionNames,
  constraint: headsConstraint,
  valueConstraint: (inputs) => maskComplaint(inputs, false),
  forward: (inputs, { heads, epsilon }) => ({
    y: layerNorm.forward(encode(inputs, heads, epsilon).norm2, { epsilon }).y,
  }),
  /** The parts in reverse order; what enters a sum goes on unchanged to both of its terms. */
  backward: (inputs, { heads, epsilon }, { y }) => {
    const parts = encode(inputs, heads, epsilon)
    const norm2 = backwardOf(layerNorm)(parts.norm2, { epsilon }, { y })
    const fed = backwardOf(feedForward)(parts.fed, {}, { y: norm2.x })
    const norm1 = backwardOf(layerNorm)(parts.norm1, { epsilon }, { y: addTo(fed.x, norm2.x) })
    const attention = attendInHeadsBackward(parts.attention, { heads, causal: false }, { output: norm1.x })
    return {
      x: addTo(norm1.x, attention.query, attention.key, attention.value),
      ...parametersOf('attention', attention),
      ...parametersOf('norm1', norm1),
      ...parametersOf('feedForward', fed),
      ...parametersOf('norm2', norm2),
    }
  },
})

/** The inputs of every part of a decoder layer, in the order in which x passes them. */
function decode(inputs: Tensors, heads: number, epsilon: number) {
  const { x, memory } = inputs
  const selfAttention = { query: x, key: x, value: x, ...attentionOf(inputs, 'selfAttention') }
  const norm1 = { x: addTo(attendInHeads(selfAttention, { heads, causal: true }), x), ...partOf(inputs, 'norm1') }
  const query = layerNorm.forward(norm1, { epsilon }).y
  const crossAttention = { query, key: memory, value: memory, ...attentionOf(inputs, 'crossAttention') }
  const norm2 = {
    x: addTo(attendInHeads(crossAttention, { heads, causal: false }), query),
    ...partOf(inputs, 'norm2'),
  }
  const fed = { x: layerNorm.forward(norm2, { epsilon }).y, ...partOf(inputs, 'feedForward') }
  const norm3 = { x: addTo(feedForward.forward(fed).y, fed.x), ...partOf(inputs, 'norm3') }
  return { selfAttention, norm1, crossAttention, norm2, fed, norm3 }
}

export const decoderLayer = defineOperator({
  name: 'decoderLayer',
  family: 'transformer',
  summary:
    'LayerNorm(x + Sublayer(x)) three times: causal multiHeadAttention of x to itself, multiHeadAttention of x to the memory, feedForward',
  source: 'Attention Is All You Need (2017), section 3.1',
  inputs: {
    x: float('N', 'T', 'E'),
    memory: float('N', 'S', 'E'),
    ...prefixed<InputDeclaration>('selfAttention', attentionParameters),
    ...prefixed<InputDeclaration>('norm1', normParameters),
    ...prefixed<InputDeclaration>('crossAttention', attentionParameters),
    ...prefixed<InputDeclaration>('norm2', normParameters),
    ...prefixed<InputDeclaration>('feedForward', feedForwardParameters),
    ...prefixed<InputDeclaration>('norm3', normParameters),
  },
  attributes: layerAttributes,
  outputs: { y: output('N', 'T', 'E') },
  dimensionNames,
  constraint: headsConstraint,
  forward: (inputs, { heads, epsilon }) => ({
    y: layerNorm.forward(decode(inputs, heads, epsilon).norm3, { epsilon }).y,
  }),
  /** The parts in reverse order; the memory is the key and the value of the second attention. */
  backward: (inputs, { heads, epsilon }, { y }) => {
    const parts = decode(inputs, heads, epsilon)
    const norm3 = backwardOf(layerNorm)(parts.norm3, { epsilon }, { y })
    const fed = backwardOf(feedForward)(parts.fed, {}, { y: norm3.x })
    const norm2 = backwardOf(layerNorm)(parts.norm2, { epsilon }, { y: addTo(fed.x, norm3.x) })
    const crossAttention = attendInHeadsBackward(parts.crossAttention, { heads, causal: false }, { output: norm2.x })
    const norm1 = backwardOf(layerNorm)(parts.norm1, { epsilon }, { y: addTo(crossAttention.query, norm2.x) })
    const selfAttention = attendInHeadsBackward(parts.selfAttention, { heads, causal: true }, { output: norm1.x })
    return {
      x: addTo(norm1.x, selfAttention.query, selfAttention.key, selfAttention.value),
      memory: addTo(crossAttention.key, crossAttention.value),
      ...parametersOf('selfAttention', selfAttention),
      ...parametersOf('norm1', norm1),
      ...parametersOf('crossAttention', crossAttention),
      ...parametersOf('norm2', norm2),
      ...parametersOf('feedForward', fed),
      ...parametersOf('norm3', norm3),
    }
  },
})
