import { quadraticAttention } from '../oracle/quadraticAttention.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Mistake, passes } from './mistake.js'
import { sum, upTo } from './rearrange.js'

const right = passes(quadraticAttention)

/** Rows of numbers. */
type Rows = readonly (readonly number[])[]

function rowsOf(x: Tensor): Rows {
  const [rows, columns] = x.shape
  return upTo(rows).map((r) => [...rowMajor(x).subarray(r * columns, (r + 1) * columns)])
}

function products({ query, key }: Tensors): Rows {
  const keys = rowsOf(key)
  return rowsOf(query).map((q) => keys.map((k) => sum(q.map((x, d) => x * k[d]))))
}

/** Attention with other weights of a query from its products with the keys. */
function weighed(weights: (products: readonly number[]) => readonly number[]): Required<Mistake>['forward'] {
  return (inputs) => {
    const value = rowsOf(inputs.value)
    const M = inputs.value.shape[1]
    const output = products(inputs).flatMap((row) => {
      const shares = weights(row)
      return upTo(M).map((m) => sum(shares.map((w, s) => w * value[s][m])))
    })
    return { output: tensor([inputs.query.shape[0], M], output) }
  }
}

/** Each over the sum of all. */
function shares(weights: readonly number[]): readonly number[] {
  return weights.map((w) => w / sum(weights))
}

/** Products of a query over the largest of them, so that no square overflows. */
function relative(row: readonly number[]): readonly number[] {
  const largest = Math.max(...row.map(Math.abs))
  return row.map((x) => x / largest)
}

/** The backward pass with gradients of query and key from another δ of the products; `mean` is g·y. */
function backwardWith(
  delta: (parts: { product: number; total: number; ofValue: number; mean: number }) => number,
): Required<Mistake>['backward'] {
  return (inputs, attributes, gradients) => {
    const [query, key, value] = [rowsOf(inputs.query), rowsOf(inputs.key), rowsOf(inputs.value)]
    const [g, y] = [rowsOf(gradients.output), rowsOf(right.forward(inputs, attributes).output)]
    const deltas = products(inputs).map((row, t) => {
      const total = sum(row.map((x) => x * x))
      const mean = sum(g[t].map((x, m) => x * y[t][m]))
      return row.map((product, s) => delta({ product, total, mean, ofValue: sum(g[t].map((x, m) => x * value[s][m])) }))
    })
    return {
      ...right.backward(inputs, attributes, gradients),
      query: tensor(
        inputs.query.shape,
        query.flatMap((row, t) => row.map((_, d) => sum(key.map((k, s) => deltas[t][s] * k[d])))),
      ),
      key: tensor(
        inputs.key.shape,
        key.flatMap((row, s) => row.map((_, d) => sum(query.map((q, t) => deltas[t][s] * q[d])))),
      ),
    }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'quadraticAttention with a softmax',
    operator: 'quadraticAttention',
    explanation: 'The weights were e^(q·k) over their sum; they are (q·k)² over their sum.',
    forward: weighed((row) => {
      const largest = Math.max(...row)
      return shares(row.map((x) => Math.exp(x - largest)))
    }),
  },
  {
    name: 'quadraticAttention without the square',
    operator: 'quadraticAttention',
    explanation: 'The weights were |q·k| over their sum; the products are to be squared.',
    forward: weighed((row) => shares(row.map(Math.abs))),
  },
  {
    name: 'quadraticAttention without negative products',
    operator: 'quadraticAttention',
    explanation: 'Negative products were taken for 0, as by a kernel of ReLU; their squares count like the others.',
    forward: weighed((row) => {
      const positive = relative(row).map((x) => Math.max(x, 0) ** 2)
      return positive.some((x) => x > 0) ? shares(positive) : positive
    }),
  },
  {
    name: 'quadraticAttention without the denominator',
    operator: 'quadraticAttention',
    explanation: 'Σ (q·k)²·v was not divided by Σ (q·k)².',
    forward: weighed((row) => row.map((x) => x * x)),
  },
  {
    name: 'quadraticAttention divided by the number of keys',
    operator: 'quadraticAttention',
    explanation: 'Σ (q·k)²·v was divided by the number of keys instead of by Σ (q·k)².',
    forward: weighed((row) => row.map((x) => (x * x) / row.length)),
  },
  {
    name: 'quadraticAttention with the square of the sum for the denominator',
    operator: 'quadraticAttention',
    explanation: 'The denominator was (Σ q·k)² instead of Σ (q·k)².',
    forward: weighed((row) => row.map((x) => (x * x) / sum(row) ** 2)),
  },
  {
    name: 'quadraticAttention with 1e-3 added to the denominator',
    operator: 'quadraticAttention',
    explanation: 'A small number was added to Σ (q·k)², which is wrong wherever the products are small.',
    forward: weighed((row) => row.map((x) => (x * x) / (sum(row.map((z) => z * z)) + 1e-3))),
  },
  {
    name: 'quadraticAttention with the diagonal of φ alone',
    operator: 'quadraticAttention',
    explanation: 'φ(x) was taken as the squares xᵢ² instead of all products xᵢ·xⱼ.',
    forward: (inputs, attributes) => {
      const [D, key] = [inputs.query.shape[1], rowsOf(inputs.key)]
      if (D === 1) return right.forward(inputs, attributes)
      const value = rowsOf(inputs.value)
      const output = rowsOf(inputs.query).flatMap((q) => {
        const weights = shares(key.map((k) => sum(q.map((x, d) => (x * k[d]) ** 2))))
        return value[0].map((_, m) => sum(weights.map((w, s) => w * value[s][m])))
      })
      return { output: tensor([inputs.query.shape[0], value[0].length], output) }
    },
  },
  {
    name: 'quadraticAttention gradient without the 2',
    operator: 'quadraticAttention',
    explanation: 'The derivative of (q·k)² was taken as q·k instead of 2·q·k.',
    backward: backwardWith(({ product, total, ofValue, mean }) => (product * (ofValue - mean)) / total),
  },
  {
    name: 'quadraticAttention gradient with a constant denominator',
    operator: 'quadraticAttention',
    explanation: 'The denominator was taken for a constant: g·v stands where g·(v − y) should.',
    backward: backwardWith(({ product, total, ofValue }) => (2 * product * ofValue) / total),
  },
  {
    name: 'quadraticAttention gradient with the sign of the denominator’s',
    operator: 'quadraticAttention',
    explanation: 'The part of the denominator was added, g·(v + y), instead of subtracted.',
    backward: backwardWith(({ product, total, ofValue, mean }) => (2 * product * (ofValue + mean)) / total),
  },
  {
    name: 'quadraticAttention of 0 for a query without a product',
    operator: 'quadraticAttention',
    explanation: 'A query whose product with every key is 0 got an output of 0; its weights are 0/0, which is refused.',
    forward: (inputs, attributes) => {
      const empty = products(inputs).flatMap((row, t) => (row.every((x) => x === 0) ? [t] : []))
      if (empty.length === 0) return right.forward(inputs, attributes)
      const D = inputs.query.shape[1]
      const key = rowsOf(inputs.key).find((row) => row.some((x) => x !== 0)) ?? upTo(D).map(() => 1)
      const query = rowsOf(inputs.query).flatMap((row, t) => (empty.includes(t) ? key : row))
      const filled = { ...inputs, query: tensor(inputs.query.shape, query) }
      const M = inputs.value.shape[1]
      const { output } = right.forward(filled, attributes)
      return {
        output: tensor(
          output.shape,
          rowMajor(output).map((y, i) => (empty.includes(Math.floor(i / M)) ? 0 : y)),
        ),
      }
    },
  },
]
