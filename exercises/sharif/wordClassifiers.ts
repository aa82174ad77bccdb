import { scalar, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Operators } from '../exercise.js'
import { gradientsOf, labelTensor, normalTensor, type Parameters } from '../training.js'
import type { Text } from './spamTexts.js'

/** Texts side by side, time first: the words' numbers [T,N], filled up with 0, and how many words each has. */
export interface TextBatch {
  readonly ids: Tensor
  readonly lengths: Tensor
  readonly labels: readonly number[]
}

export function batchOf(texts: readonly Text[]): TextBatch {
  const [N, T] = [texts.length, Math.max(...texts.map(({ words }) => words.length))]
  const ids = Array.from({ length: T }, (_, t) => texts.map(({ words }) => words[t] ?? 0)).flat()
  return {
    ids: tensor([T, N], ids),
    lengths: labelTensor(texts.map(({ words }) => words.length)),
    labels: texts.map(({ label }) => label),
  }
}

/** Texts whose words are rows of a table that has no others; row 0, of zeros, fills texts up. */
export function withOwnTable(
  vectors: Float64Array,
  size: number,
  groups: readonly (readonly Text[])[],
): { readonly table: Tensor; readonly batches: readonly TextBatch[] } {
  const rows = new Map<number, number>()
  for (const { words } of groups.flat()) for (const word of words) if (!rows.has(word)) rows.set(word, rows.size + 1)
  const table = zeros([rows.size + 1, size])
  for (const [word, row] of rows) table.data.set(vectors.subarray((word - 1) * size, word * size), row * size)
  const renumbered = ({ words, label }: Text) => ({ words: words.map((word) => rows.get(word) ?? 0), label })
  return { table, batches: groups.map((texts) => batchOf(texts.map(renumbered))) }
}

/** The mean of the vectors of a text's words: [N,D]. */
export async function meanVectors({ ids, lengths }: TextBatch, table: Tensor, operators: Operators): Promise<Tensor> {
  const x = await forward(operators, 'embedding', 'y', { ids, table })
  return forward(operators, 'meanOverTime', 'y', { x, lengths })
}

/** A hidden layer of ReLUs and two classes. */
export function initialPerceptron(inputs: number, hidden: number, random: () => number): Parameters {
  return {
    'hidden.weight': normalTensor([hidden, inputs], Math.sqrt(2 / inputs), random),
    'hidden.bias': zeros([hidden]),
    'classes.weight': normalTensor([2, hidden], Math.sqrt(1 / hidden), random),
    'classes.bias': zeros([2]),
  }
}

/** Logits of mean vectors, with the calls on the way to them. */
async function runPerceptron(parameters: Parameters, x: Tensor, operators: Operators) {
  const first = { x, weight: parameters['hidden.weight'], bias: parameters['hidden.bias'] }
  const rectifier = { x: await forward(operators, 'linear', 'y', first) }
  const hidden = await forward(operators, 'relu', 'y', rectifier)
  const second = { x: hidden, weight: parameters['classes.weight'], bias: parameters['classes.bias'] }
  return { first, rectifier, second, logits: await forward(operators, 'linear', 'y', second) }
}

/** Logits of mean vectors [N,D]. */
export async function perceptronLogits(parameters: Parameters, x: Tensor, operators: Operators): Promise<Tensor> {
  return (await runPerceptron(parameters, x, operators)).logits
}

/** Loss, and gradients of all parameters, of the multilayer perceptron on mean vectors. */
export async function perceptronLoss(
  parameters: Parameters,
  x: Tensor,
  labels: readonly number[],
  operators: Operators,
): Promise<LossAndGradients> {
  const { first, rectifier, second, logits } = await runPerceptron(parameters, x, operators)
  const { loss, gradient } = await classification(logits, labels, operators)
  const ofSecond = await gradientsOf(operators, 'linear', second, { y: gradient })
  const ofRectifier = await gradientsOf(operators, 'relu', rectifier, { y: ofSecond.x })
  const ofFirst = await gradientsOf(operators, 'linear', first, { y: ofRectifier.x })
  return {
    loss,
    gradients: {
      'hidden.weight': ofFirst.weight,
      'hidden.bias': ofFirst.bias,
      'classes.weight': ofSecond.weight,
      'classes.bias': ofSecond.bias,
    },
  }
}

export interface LossAndGradients {
  readonly loss: Tensor
  readonly gradients: Parameters
}

/** The cross-entropy of logits, and its gradient by them. */
async function classification(logits: Tensor, labels: readonly number[], operators: Operators) {
  const call = { logits, target: labelTensor(labels) }
  const loss = await forward(operators, 'crossEntropy', 'loss', call)
  const gradients = await gradientsOf(operators, 'crossEntropy', call, { loss: scalar(1) })
  return { loss, gradient: gradients.logits }
}

/**
 * An LSTM over the words' vectors, which are its parameter `table`, and two classes from the mean of its hidden states. Weights are small
 * and forget gates begin open, with a bias of 1.
 */
export function initialLstm(table: Tensor, hidden: number, random: () => number): Parameters {
  const [, size] = table.shape
  const small = 0.3
  return {
    table,
    weightInput: normalTensor([4 * hidden, size], small * Math.sqrt(1 / size), random),
    weightHidden: normalTensor([4 * hidden, hidden], small * Math.sqrt(1 / hidden), random),
    biasInput: tensor([4 * hidden], new Float64Array(4 * hidden).fill(1, hidden, 2 * hidden)),
    'classes.weight': normalTensor([2, hidden], Math.sqrt(1 / hidden), random),
    'classes.bias': zeros([2]),
  }
}

/** Part of the numbers of the vectors are set to zero in training: `mask` has a 0 for those, and 1 for others. */
export interface Dropout {
  readonly mask: Tensor
  readonly p: number
}

async function runLstm(
  parameters: Parameters,
  { ids, lengths }: TextBatch,
  dropout: Dropout | undefined,
  operators: Operators,
) {
  const lookup: Tensors = { ids, table: parameters.table }
  const vectors = await forward(operators, 'embedding', 'y', lookup)
  const dropped = dropout === undefined ? undefined : { call: { x: vectors, mask: dropout.mask }, p: dropout.p }
  const sequence = {
    x: dropped === undefined ? vectors : await forward(operators, 'dropout', 'y', dropped.call, { p: dropped.p }),
    weightInput: parameters.weightInput,
    weightHidden: parameters.weightHidden,
    biasInput: parameters.biasInput,
  }
  const mean = { x: await forward(operators, 'lstm', 'hidden', sequence), lengths }
  const head = {
    x: await forward(operators, 'meanOverTime', 'y', mean),
    weight: parameters['classes.weight'],
    bias: parameters['classes.bias'],
  }
  return { lookup, dropped, sequence, mean, head, logits: await forward(operators, 'linear', 'y', head) }
}

export async function lstmLogits(parameters: Parameters, batch: TextBatch, operators: Operators): Promise<Tensor> {
  return (await runLstm(parameters, batch, undefined, operators)).logits
}

/** Loss and gradients of the LSTM; where `frozen`, the table of the vectors gets none. */
export async function lstmLoss(
  parameters: Parameters,
  batch: TextBatch,
  { frozen, dropout }: { readonly frozen: boolean; readonly dropout: Dropout },
  operators: Operators,
): Promise<LossAndGradients> {
  const { lookup, dropped, sequence, mean, head, logits } = await runLstm(parameters, batch, dropout, operators)
  const { loss, gradient } = await classification(logits, batch.labels, operators)
  const ofHead = await gradientsOf(operators, 'linear', head, { y: gradient })
  const ofMean = await gradientsOf(operators, 'meanOverTime', mean, { y: ofHead.x })
  const ofSequence = await gradientsOf(operators, 'lstm', sequence, { hidden: ofMean.x })
  const gradients = {
    weightInput: ofSequence.weightInput,
    weightHidden: ofSequence.weightHidden,
    biasInput: ofSequence.biasInput,
    'classes.weight': ofHead.weight,
    'classes.bias': ofHead.bias,
  }
  if (frozen) return { loss, gradients }
  const ofVectors =
    dropped === undefined
      ? ofSequence
      : await gradientsOf(operators, 'dropout', dropped.call, { y: ofSequence.x }, { p: dropped.p })
  const ofTable = await gradientsOf(operators, 'embedding', lookup, { y: ofVectors.x })
  return { loss, gradients: { ...gradients, table: ofTable.table } }
}
