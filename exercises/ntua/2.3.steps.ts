import { reshape, rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, scalarOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { scaledBy } from './scaling.js'

/** The rows of a table that `ids` names: one more dimension than `ids`. */
export function rowsAt(operators: Operators, table: Tensor, ids: readonly (readonly number[])[]): Promise<Tensor> {
  return forward(operators, 'embedding', 'y', { ids: tensor([ids.length, ids[0].length], ids.flat()), table })
}

/** The rows [N, D] divided by their lengths: the cosine of each with every axis. */
export async function unitRows(operators: Operators, x: Tensor): Promise<Tensor> {
  const [N, D] = x.shape
  const repeated = await rowsAt(
    operators,
    x,
    Array.from({ length: N }, (_, n) => new Array<number>(D).fill(n)),
  )
  const axes = zeros([N, D, D])
  for (let n = 0; n < N; n++) for (let d = 0; d < D; d++) axes.set(n, d, d, 1)
  return forward(operators, 'cosineSimilarity', 'y', { a: repeated, b: axes })
}

/** a·bᵀ. */
export function timesTransposed(operators: Operators, a: Tensor, b: Tensor): Promise<Tensor> {
  return forward(operators, 'linear', 'y', { x: a, weight: b })
}

/** A matrix times a vector. */
export async function timesVector(operators: Operators, matrix: Tensor, vector: Tensor): Promise<Tensor> {
  const y = await forward(operators, 'matmul', 'y', { a: matrix, b: reshape(vector, [vector.size, 1]) })
  return reshape(y, [matrix.shape[0]])
}

/** The matrix of ones where the positives are, as formulas write it. */
function positivesText(positives: readonly number[], candidates: number): string {
  const rows = positives.map((positive) =>
    Array.from({ length: candidates }, (_, i) => (i === positive ? 1 : 0)).join(' & '),
  )
  return `\\begin{bmatrix} ${rows.join(' \\\\ ')} \\end{bmatrix}`
}

/** The matrix of ones where the positives are. */
export function positivesMatrix(positives: readonly number[], candidates: number): Tensor {
  const x = zeros([positives.length, candidates])
  positives.forEach((positive, n) => {
    x.set(n, positive, 1)
  })
  return x
}

/** What a softmax over logits costs: the loss of every row, and their mean. */
export interface Contrast {
  readonly stage: string
  /** Name of the quantity of logits, a row for each anchor, and its symbol. */
  readonly logits: string
  readonly symbol: string
  /** The column of every row's positive, and the number of columns. */
  readonly positives: readonly number[]
  readonly candidates: number
  /** Begins the names of the quantities. */
  readonly name: string
}

/** The losses of all rows, and the loss: their mean. */
export function contrastQuantities({
  stage,
  logits,
  symbol,
  positives,
  candidates,
  name,
}: Contrast): readonly Quantity[] {
  const rowLosses = `${name}RowLosses`
  const ones = `[${new Array(candidates).fill(1).join(', ')}]`
  return [
    {
      name: rowLosses,
      symbols: ['ell', 'l_i', 'losses', 'ell_i'],
      meaning: `${stage}: the loss of every anchor: −ln of the softmax at its positive`,
      kind: 'real',
      from: [logits],
      formula: `(-\\ln(softmax(${symbol})) \\odot ${positivesText(positives, candidates)}) \\cdot ${ones}`,
      stage,
      compute: (values, operators) => rowLossesOf(operators, tensorOf(values, logits), positives),
    },
    {
      name: `${name}Loss`,
      symbols: ['L', 'cal L', 'loss', 'J'],
      meaning: `the loss of ${stage}: the mean over the anchors`,
      kind: 'real',
      from: [rowLosses],
      formula: 'mean(\\ell)',
      stage,
      asked: true,
      compute: async (values, operators) => {
        const shares = tensor([1, positives.length], new Float64Array(positives.length).fill(1 / positives.length))
        return scalarOf(await timesVector(operators, shares, tensorOf(values, rowLosses)))
      },
    },
  ]
}

export function rowLossesOf(operators: Operators, logits: Tensor, positives: readonly number[]): Promise<Tensor> {
  const target = tensor([positives.length], [...positives])
  return forward(operators, 'crossEntropy', 'loss', { logits, target }, { reduction: 'none' })
}

/** A quantity divided by the temperature. */
export async function cooled(values: Values, operators: Operators, name: string): Promise<Tensor> {
  const [temperature] = rowMajor(tensorOf(values, 'temperature'))
  return scaledBy(operators, tensorOf(values, name), 1 / temperature)
}
