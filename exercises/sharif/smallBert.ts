import { map, reshape, scalar, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Operators } from '../exercise.js'
import { gradientsOf, labelTensor, normalTensor, type Parameters, plus } from '../training.js'

/** The sizes of a small BERT. */
export interface BertSizes {
  readonly vocabulary: number
  /** Tokens in a sequence, [CLS] included. */
  readonly length: number
  readonly width: number
  readonly heads: number
  readonly hidden: number
  readonly layers: number
}

function layerName(layer: number, name: string): string {
  return `layer${layer + 1}.${name}`
}

/** Parameters of the encoder, and the bias of the masked words' logits, whose weights are the table of the tokens. */
export function initialBert(
  { vocabulary, length, width, hidden, layers }: BertSizes,
  random: () => number,
): Parameters {
  const matrix = (rows: number, columns: number) =>
    normalTensor([rows, columns], Math.sqrt(2 / (rows + columns)), random)
  const ones = map(zeros([width]), () => 1)
  const parameters: Record<string, Tensor> = {
    tokens: normalTensor([vocabulary, width], 0.1, random),
    positions: normalTensor([length, width], 0.1, random),
    'norm.gain': ones,
    'norm.bias': zeros([width]),
    'words.bias': zeros([vocabulary]),
  }
  for (let layer = 0; layer < layers; layer++) {
    const own = {
      'attention.weightQuery': matrix(width, width),
      'attention.weightKey': matrix(width, width),
      'attention.weightValue': matrix(width, width),
      'attention.weightOutput': matrix(width, width),
      'norm1.gain': ones,
      'norm1.bias': zeros([width]),
      'feedForward.weight1': matrix(hidden, width),
      'feedForward.bias1': zeros([hidden]),
      'feedForward.weight2': matrix(width, hidden),
      'feedForward.bias2': zeros([width]),
      'norm2.gain': ones,
      'norm2.bias': zeros([width]),
    }
    for (const [name, x] of Object.entries(own)) parameters[layerName(layer, name)] = x
  }
  return parameters
}

/** What a backward pass needs of the encoder's forward pass. */
interface Trace {
  readonly output: Tensor
  readonly tokens: Tensors
  readonly positions: Tensors
  readonly norm: Tensors
  readonly layers: readonly Tensors[]
}

/** Tokens [N,T] through the encoder: [N,T,width]. */
export async function encode(
  parameters: Parameters,
  ids: Tensor,
  sizes: BertSizes,
  operators: Operators,
): Promise<Trace> {
  const [N, T] = ids.shape
  const tokens = { ids, table: parameters.tokens }
  const places = tensor(
    [N, T],
    Array.from({ length: N * T }, (_, i) => i % T),
  )
  const positions = { ids: places, table: parameters.positions }
  const sum = plus(
    await forward(operators, 'embedding', 'y', tokens),
    await forward(operators, 'embedding', 'y', positions),
  )
  const norm = { x: sum, gain: parameters['norm.gain'], bias: parameters['norm.bias'] }
  let output = await forward(operators, 'layerNorm', 'y', norm)
  const layers: Tensors[] = []
  for (let layer = 0; layer < sizes.layers; layer++) {
    const prefix = layerName(layer, '')
    const own = Object.entries(parameters).filter(([name]) => name.startsWith(prefix))
    const inputs = { x: output, ...Object.fromEntries(own.map(([name, x]) => [name.slice(prefix.length), x])) }
    layers.push(inputs)
    output = await forward(operators, 'encoderLayer', 'y', inputs, { heads: sizes.heads })
  }
  return { output, tokens, positions, norm, layers }
}

/** The gradients of the encoder's parameters. */
export async function encodeBackward(
  trace: Trace,
  gradient: Tensor,
  sizes: BertSizes,
  operators: Operators,
): Promise<Parameters> {
  const gradients: Record<string, Tensor> = {}
  let y = gradient
  for (const [layer, inputs] of [...trace.layers.entries()].reverse()) {
    const { x, ...own } = await gradientsOf(operators, 'encoderLayer', inputs, { y }, { heads: sizes.heads })
    for (const [name, value] of Object.entries(own)) gradients[layerName(layer, name)] = value
    y = x
  }
  const { x, gain, bias } = await gradientsOf(operators, 'layerNorm', trace.norm, { y })
  gradients['norm.gain'] = gain
  gradients['norm.bias'] = bias
  gradients.tokens = (await gradientsOf(operators, 'embedding', trace.tokens, { y: x })).table
  gradients.positions = (await gradientsOf(operators, 'embedding', trace.positions, { y: x })).table
  return gradients
}

/** Masked sequences, where words were chosen, and which words stood there. */
export interface MaskedBatch {
  readonly ids: Tensor
  /** Places of the chosen words among the N·T tokens, and the words. */
  readonly places: readonly number[]
  readonly words: readonly number[]
}

/** The loss of the masked words, and the gradients of all parameters that it depends on. */
export async function maskedWordsLoss(
  parameters: Parameters,
  { ids, places, words }: MaskedBatch,
  sizes: BertSizes,
  operators: Operators,
): Promise<{ readonly loss: Tensor; readonly gradients: Parameters }> {
  const trace = await encode(parameters, ids, sizes, operators)
  const [N, T, width] = trace.output.shape
  const chosen = { ids: labelTensor(places), table: reshape(trace.output, [N * T, width]) }
  const x = await forward(operators, 'embedding', 'y', chosen)
  const head = { x, weight: parameters.tokens, bias: parameters['words.bias'] }
  const call = { logits: await forward(operators, 'linear', 'y', head), target: labelTensor(words) }
  const loss = await forward(operators, 'crossEntropy', 'loss', call)
  const { logits } = await gradientsOf(operators, 'crossEntropy', call, { loss: scalar(1) })
  const ofHead = await gradientsOf(operators, 'linear', head, { y: logits })
  const { table } = await gradientsOf(operators, 'embedding', chosen, { y: ofHead.x })
  const gradients = await encodeBackward(trace, reshape(table, [N, T, width]), sizes, operators)
  return {
    loss,
    gradients: { ...gradients, tokens: plus(gradients.tokens, ofHead.weight), 'words.bias': ofHead.bias },
  }
}

/** The classifier's logits of the mean of a sequence's outputs. */
async function classifierOf(parameters: Parameters, output: Tensor, operators: Operators) {
  const [N, T, width] = output.shape
  const mean = { a: tensor([1, T], new Float64Array(T).fill(1 / T)), b: output }
  const x = reshape(await forward(operators, 'matmul', 'y', mean), [N, width])
  const head = { x, weight: parameters['classes.weight'], bias: parameters['classes.bias'] }
  return { mean, head, logits: await forward(operators, 'linear', 'y', head) }
}

/** Logits of the two classes. */
export async function classLogits(
  parameters: Parameters,
  ids: Tensor,
  sizes: BertSizes,
  operators: Operators,
): Promise<Tensor> {
  const { output } = await encode(parameters, ids, sizes, operators)
  return (await classifierOf(parameters, output, operators)).logits
}

/** The loss of the classes, and the gradients of all parameters that it depends on. */
export async function classLoss(
  parameters: Parameters,
  ids: Tensor,
  labels: readonly number[],
  sizes: BertSizes,
  operators: Operators,
): Promise<{ readonly loss: Tensor; readonly gradients: Parameters }> {
  const trace = await encode(parameters, ids, sizes, operators)
  const { mean, head, logits } = await classifierOf(parameters, trace.output, operators)
  const call = { logits, target: labelTensor(labels) }
  const loss = await forward(operators, 'crossEntropy', 'loss', call)
  const ofLogits = await gradientsOf(operators, 'crossEntropy', call, { loss: scalar(1) })
  const ofHead = await gradientsOf(operators, 'linear', head, { y: ofLogits.logits })
  const [N, width] = ofHead.x.shape
  const { b } = await gradientsOf(operators, 'matmul', mean, { y: reshape(ofHead.x, [N, 1, width]) })
  const gradients = await encodeBackward(trace, b, sizes, operators)
  return { loss, gradients: { ...gradients, 'classes.weight': ofHead.weight, 'classes.bias': ofHead.bias } }
}
