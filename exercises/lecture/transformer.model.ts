import { map, rowMajor, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { forward, joined } from '../computation.js'
import type { Operators } from '../exercise.js'
import { gradientsOf, normalTensor, type Parameters, plus } from '../training.js'

/** The sizes of an encoder-decoder Transformer with one vocabulary for both languages. */
export interface TransformerSizes {
  /** d_model */
  readonly width: number
  /** d_ff */
  readonly hiddenWidth: number
  /** N, in the encoder and in the decoder. */
  readonly layers: number
  readonly heads: number
  readonly vocabulary: number
}

/** Sentences of equal length, their translations shifted right and not, and how much each position's loss counts. */
export interface Batch {
  /** [sentences, S] */
  readonly source: Tensor
  /** [sentences, T] */
  readonly input: Tensor
  /** [sentences · T] */
  readonly target: Tensor
  /** [sentences · T]; 0 where the target is padding. */
  readonly counted: Tensor
}

const attentionWeights = ['weightQuery', 'weightKey', 'weightValue', 'weightOutput'] as const

/** The inputs of `encoderLayer` or `decoderLayer` that are parameters, with their shapes: attention without biases. */
function layerShapes(
  { width, hiddenWidth }: TransformerSizes,
  attentions: readonly string[],
): readonly (readonly [string, readonly number[]])[] {
  const norms = [...attentions, 'feedForward'].map((_, i) => `norm${i + 1}`)
  return [
    ...attentions.flatMap((part) => attentionWeights.map((weight) => [`${part}.${weight}`, [width, width]] as const)),
    ['feedForward.weight1', [hiddenWidth, width]],
    ['feedForward.bias1', [hiddenWidth]],
    ['feedForward.weight2', [width, hiddenWidth]],
    ['feedForward.bias2', [width]],
    ...norms.flatMap((norm) => [[`${norm}.gain`, [width]] as const, [`${norm}.bias`, [width]] as const]),
  ]
}

/** The names of the layers: `encoder1` … `encoderN`. */
function layerNames(stack: 'encoder' | 'decoder', { layers }: TransformerSizes): readonly string[] {
  return Array.from({ length: layers }, (_, i) => `${stack}${i + 1}`)
}

/**
 * All parameters from random numbers: one table for both embeddings and, as the weight, the last linear layer; layers under
 * names like `encoder1.attention.weightQuery`. Gains are 1 and biases 0.
 */
export function initialTransformer(sizes: TransformerSizes, random: () => number): Parameters {
  const initial = (shape: readonly number[], name: string): Tensor => {
    if (shape.length === 2) return normalTensor(shape, Math.sqrt(1 / shape[1]), random)
    return name.endsWith('.gain') ? map(zeros(shape), () => 1) : zeros(shape)
  }
  const layersOf = (stack: 'encoder' | 'decoder', attentions: readonly string[]) =>
    layerNames(stack, sizes).flatMap((layer) =>
      layerShapes(sizes, attentions).map(([name, shape]) => [`${layer}.${name}`, initial(shape, name)] as const),
    )
  return {
    embedding: initial([sizes.vocabulary, sizes.width], 'embedding'),
    ...Object.fromEntries(layersOf('encoder', ['attention'])),
    ...Object.fromEntries(layersOf('decoder', ['selfAttention', 'crossAttention'])),
  }
}

/** The parameters of one layer, under the operator's names. */
export function layerOf(parameters: Parameters, layer: string): Parameters {
  const own = Object.entries(parameters).filter(([name]) => name.startsWith(`${layer}.`))
  return Object.fromEntries(own.map(([name, x]) => [name.slice(layer.length + 1), x]))
}

/** Embeddings of ids [sentences, length], each with the encoding of its position added. */
export async function embedded(parameters: Parameters, ids: Tensor, operators: Operators): Promise<Tensor> {
  const [sentences, length] = ids.shape
  const x = await forward(operators, 'embedding', 'y', { ids, table: parameters.embedding })
  const dim = x.shape[2]
  const positions = await forward(operators, 'positionalEncoding', 'y', {}, { length, dim })
  return plus(x, joined(Array<Tensor>(sentences).fill(positions), x.shape))
}

/** A stack's output, and the inputs of each of its layers. */
interface Stack {
  readonly output: Tensor
  readonly calls: readonly Tensors[]
}

async function runStack(
  stack: 'encoder' | 'decoder',
  parameters: Parameters,
  inputs: Tensors,
  sizes: TransformerSizes,
  operators: Operators,
): Promise<Stack> {
  const calls: Tensors[] = []
  let { x } = inputs
  for (const layer of layerNames(stack, sizes)) {
    const call = { ...inputs, x, ...layerOf(parameters, layer) }
    calls.push(call)
    x = await forward(operators, `${stack}Layer`, 'y', call, { heads: sizes.heads })
  }
  return { output: x, calls }
}

/** The encoder's representation [sentences, S, width] of sentences [sentences, S]. */
export async function encoded(
  parameters: Parameters,
  source: Tensor,
  sizes: TransformerSizes,
  operators: Operators,
): Promise<Tensor> {
  const x = await embedded(parameters, source, operators)
  return (await runStack('encoder', parameters, { x }, sizes, operators)).output
}

/** Logits [sentences · T, vocabulary] for what follows each position of `input`, and the inputs of the decoder's layers. */
export async function decoded(
  parameters: Parameters,
  { memory, input }: { readonly memory: Tensor; readonly input: Tensor },
  sizes: TransformerSizes,
  operators: Operators,
): Promise<{ readonly logits: Tensor; readonly output: Tensor; readonly calls: readonly Tensors[] }> {
  const x = await embedded(parameters, input, operators)
  const { output, calls } = await runStack('decoder', parameters, { x, memory }, sizes, operators)
  const y = await forward(operators, 'linear', 'y', { x: output, weight: parameters.embedding })
  return { logits: flat(y, sizes.vocabulary), output, calls }
}

/** [sentences, T, width] as [sentences · T, width]. */
function flat(x: Tensor, width: number): Tensor {
  return tensor([x.size / width, width], rowMajor(x))
}

/** One pass forward and backward on a batch, by teacher forcing: the loss, the logits, the gradients of all parameters. */
export async function translationPass(
  parameters: Parameters,
  batch: Batch,
  sizes: TransformerSizes,
  operators: Operators,
): Promise<{ readonly loss: Tensor; readonly logits: Tensor; readonly gradients: Parameters }> {
  const table = parameters.embedding
  const source = await embedded(parameters, batch.source, operators)
  const encoder = await runStack('encoder', parameters, { x: source }, sizes, operators)
  const { logits, output, calls } = await decoded(
    parameters,
    { memory: encoder.output, input: batch.input },
    sizes,
    operators,
  )
  const call = { logits, target: batch.target }
  const losses = await forward(operators, 'crossEntropy', 'loss', call, { reduction: 'none' })
  const weight = tensor([1, batch.counted.size], rowMajor(batch.counted))
  const loss = await forward(operators, 'linear', 'y', { x: losses, weight })

  const ofLoss = { loss: batch.counted }
  const ofLogits = (await gradientsOf(operators, 'crossEntropy', call, ofLoss, { reduction: 'none' })).logits
  const last = { x: flat(output, sizes.width), weight: table }
  const ofLast = await gradientsOf(operators, 'linear', last, { y: ofLogits })
  const decoderBack = await backThroughStack(
    'decoder',
    calls,
    tensor(output.shape, rowMajor(ofLast.x)),
    sizes,
    operators,
  )
  const encoderBack = await backThroughStack('encoder', encoder.calls, decoderBack.memory, sizes, operators)
  const ofInput = await gradientsOf(operators, 'embedding', { ids: batch.input, table }, { y: decoderBack.x })
  const ofSource = await gradientsOf(operators, 'embedding', { ids: batch.source, table }, { y: encoderBack.x })
  const embedding = plus(plus(ofLast.weight, ofInput.table), ofSource.table)
  return {
    loss: tensor([], rowMajor(loss)),
    logits,
    gradients: { embedding, ...encoderBack.gradients, ...decoderBack.gradients },
  }
}

/** The gradients of a stack's parameters, of what its first layer reads, and of the memory, which every layer reads. */
async function backThroughStack(
  stack: 'encoder' | 'decoder',
  calls: readonly Tensors[],
  gradient: Tensor,
  sizes: TransformerSizes,
  operators: Operators,
): Promise<{ readonly x: Tensor; readonly memory: Tensor; readonly gradients: Parameters }> {
  const gradients: Record<string, Tensor> = {}
  const memories: Tensor[] = []
  let y = gradient
  for (const [i, layer] of [...layerNames(stack, sizes).entries()].reverse()) {
    const { x, memory, ...own } = await gradientsOf(operators, `${stack}Layer`, calls[i], { y }, { heads: sizes.heads })
    for (const [name, ofParameter] of Object.entries(own)) gradients[`${layer}.${name}`] = ofParameter
    if (memory !== undefined) memories.push(memory)
    y = x
  }
  return { x: y, memory: memories.length === 0 ? y : memories.reduce(plus), gradients }
}
