import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { probabilities } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { linear } from './linear.js'

/** Rows of numbers. */
export type Rows = readonly (readonly number[])[]

/** The rows of the last axis of a tensor. */
export function rowsOf(x: Tensor): number[][] {
  const length = x.shape[x.shape.length - 1]
  const data = rowMajor(x)
  return Array.from({ length: x.size / length }, (_, row) => [...data.subarray(row * length, (row + 1) * length)])
}

function column(rows: Rows, c: number): number[] {
  return rows.map((row) => row[c])
}

/** One item of an attention: its rows of queries, keys and values, and the keys that each query may attend to. */
export interface AttentionItem {
  readonly query: Rows
  readonly key: Rows
  readonly value: Rows
  readonly allowed: (t: number, s: number) => boolean
  readonly scale: number
}

/** Which keys a mask [T,S] and the order of time leave. */
function allowedBy(mask: Tensor | undefined, causal: unknown): AttentionItem['allowed'] {
  const rows = mask && rowsOf(mask)
  return (t, s) => (causal !== true || s <= t) && (rows === undefined || rows[t][s] === 1)
}

/** The scale is applied to the products, or, in the other formulation, to the query. */
export function attend(arithmetic: EmulatedArithmetic, { query, key, value, allowed, scale }: AttentionItem) {
  const before = arithmetic.options.formulation === 'logarithmic'
  const factor = arithmetic.round(scale)
  const weights = query.map((row, t) => {
    const q = before ? row.map((x) => arithmetic.multiply(x, factor)) : row
    const places = key.flatMap((_, s) => (allowed(t, s) ? [s] : []))
    const logits = places.map((s) => {
      const product = arithmetic.dot(q, key[s])
      return before ? product : arithmetic.multiply(product, factor)
    })
    const result: number[] = new Array(key.length).fill(0)
    for (const [i, p] of probabilities(arithmetic, logits).entries()) result[places[i]] = p
    return result
  })
  const output = weights.map((w) => value[0].map((_, m) => arithmetic.dot(w, column(value, m))))
  return { weights, output }
}

/** Gradients of query, key and value; Σ w·∂w is, in the other formulation, taken from the output. */
export function attendBackward(
  arithmetic: EmulatedArithmetic,
  item: AttentionItem,
  gradients: { readonly output: Rows; readonly weights: Rows },
) {
  const { query, key, value, allowed, scale } = item
  const { weights, output } = attend(arithmetic, item)
  const factor = arithmetic.round(scale)
  const deltas = weights.map((w, t) => {
    const g = gradients.output[t]
    const ofWeights = w.map((_, s) => arithmetic.add(arithmetic.dot(g, value[s]), gradients.weights[t][s]))
    const mean =
      arithmetic.options.formulation === 'textbook'
        ? arithmetic.dot(w, ofWeights)
        : arithmetic.add(arithmetic.dot(g, output[t]), arithmetic.dot(w, gradients.weights[t]))
    return w.map((weight, s) =>
      allowed(t, s)
        ? arithmetic.multiply(factor, arithmetic.multiply(weight, arithmetic.subtract(ofWeights[s], mean)))
        : 0,
    )
  })
  return {
    query: deltas.map((delta) => query[0].map((_, d) => arithmetic.dot(delta, column(key, d)))),
    key: key.map((row, s) => row.map((_, d) => arithmetic.dot(column(deltas, s), column(query, d)))),
    value: value.map((row, s) => row.map((_, m) => arithmetic.dot(column(weights, s), column(gradients.output, m)))),
  }
}

/** The items of an attention's inputs, leading dimensions flattened. */
function itemsOf({ query, key, value, mask }: Tensors, scale: number, causal: unknown): AttentionItem[] {
  const split = (x: Tensor) => parts(rowsOf(x), x.shape[x.shape.length - 2])
  const [queries, keys, values] = [split(query), split(key), split(value)]
  const allowed = allowedBy(mask, causal)
  return queries.map((rows, i) => ({ query: rows, key: keys[i], value: values[i], allowed, scale }))
}

/** Rows in groups of so many. */
function parts(rows: Rows, size: number): Rows[] {
  return Array.from({ length: rows.length / size }, (_, i) => rows.slice(i * size, (i + 1) * size))
}

/** A tensor of the rows of all items. */
export function stacked(shape: readonly number[], items: readonly Rows[]): Tensor {
  return tensor(shape, items.flat(2))
}

export function scaledDotProductAttention(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward(inputs, { scale, causal }) {
      const { query, key, value } = inputs
      const answers = itemsOf(inputs, Number(scale), causal).map((item) => attend(arithmetic, item))
      const rows = query.shape.slice(0, -1)
      return {
        output: stacked(
          [...rows, value.shape[value.shape.length - 1]],
          answers.map(({ output }) => output),
        ),
        weights: stacked(
          [...rows, key.shape[key.shape.length - 2]],
          answers.map(({ weights }) => weights),
        ),
      }
    },
    backward(inputs, { scale, causal }, gradients) {
      const T = inputs.query.shape[inputs.query.shape.length - 2]
      const [output, weights] = [parts(rowsOf(gradients.output), T), parts(rowsOf(gradients.weights), T)]
      const answers = itemsOf(inputs, Number(scale), causal).map((item, i) =>
        attendBackward(arithmetic, item, { output: output[i], weights: weights[i] }),
      )
      const names = ['query', 'key', 'value'] as const
      return Object.fromEntries(
        names.map((name) => [
          name,
          stacked(
            inputs[name].shape,
            answers.map((answer) => answer[name]),
          ),
        ]),
      )
    },
  }
}

const projections = [
  ['query', 'weightQuery', 'biasQuery'],
  ['key', 'weightKey', 'biasKey'],
  ['value', 'weightValue', 'biasValue'],
] as const

/** The inputs of `linear`. */
function layer(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensors {
  return { x, weight, ...(bias === undefined ? {} : { bias }) }
}

/** Columns of head h of every sequence [N,T,E]: N·heads items of rows. */
function headsOf(x: Tensor, heads: number): Rows[] {
  const width = x.shape[2] / heads
  return parts(rowsOf(x), x.shape[1]).flatMap((rows) =>
    Array.from({ length: heads }, (_, h) => rows.map((row) => row.slice(h * width, (h + 1) * width))),
  )
}

/** The heads of every sequence side by side again: [N,T,E]. */
function together(items: readonly Rows[], heads: number, shape: readonly number[]): Tensor {
  const sequences = Array.from({ length: items.length / heads }, (_, n) => items.slice(n * heads, (n + 1) * heads))
  return tensor(
    shape,
    sequences.flatMap((own) => own[0].flatMap((_, t) => own.flatMap((rows) => [...rows[t]]))),
  )
}

export function multiHeadAttention(arithmetic: EmulatedArithmetic): Operator {
  const { forward } = linear(arithmetic)
  const { backward } = linear(arithmetic)

  async function run(inputs: Tensors, heads: number, causal: unknown) {
    const projected: Rows[][] = []
    for (const [x, weight, bias] of projections) {
      const { y } = await forward(layer(inputs[x], inputs[weight], inputs[bias]), {})
      projected.push(headsOf(y, heads))
    }
    const [query, key, value] = projected
    const width = inputs.query.shape[2] / heads
    const scale = arithmetic.divide(1, arithmetic.sqrt(width))
    const allowed = allowedBy(inputs.mask, causal)
    const items = query.map((rows, i) => ({ query: rows, key: key[i], value: value[i], allowed, scale }))
    const answers = items.map((item) => attend(arithmetic, item))
    return {
      items,
      weights: answers.map((answer) => answer.weights),
      joined: together(
        answers.map((answer) => answer.output),
        heads,
        inputs.query.shape,
      ),
    }
  }

  return {
    async forward(inputs, { heads: given, causal }) {
      const heads = Number(given)
      const { weights, joined } = await run(inputs, heads, causal)
      const { y } = await forward(layer(joined, inputs.weightOutput, inputs.biasOutput), {})
      const [N, T] = inputs.query.shape
      return { output: y, weights: stacked([N, heads, T, inputs.key.shape[1]], weights) }
    },
    async backward(inputs, { heads: given, causal }, gradients) {
      if (backward === undefined) throw new TypeError('linear has no backward pass')
      const heads = Number(given)
      const { items, joined } = await run(inputs, heads, causal)
      const last = await backward(layer(joined, inputs.weightOutput, inputs.biasOutput), {}, { y: gradients.output })
      const [ofOutputs, ofWeights] = [headsOf(last.x, heads), parts(rowsOf(gradients.weights), inputs.query.shape[1])]
      const answers = items.map((item, i) =>
        attendBackward(arithmetic, item, { output: ofOutputs[i], weights: ofWeights[i] }),
      )
      const result: Record<string, Tensor> = { weightOutput: last.weight }
      if (inputs.biasOutput !== undefined) result.biasOutput = last.bias
      for (const [x, weight, bias] of projections) {
        const g = together(
          answers.map((answer) => answer[x]),
          heads,
          inputs[x].shape,
        )
        const gradient = await backward(layer(inputs[x], inputs[weight], inputs[bias]), {}, { y: g })
        result[x] = gradient.x
        result[weight] = gradient.weight
        if (inputs[bias] !== undefined) result[bias] = gradient.bias
      }
      return result
    },
  }
}
