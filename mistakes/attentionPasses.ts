import { scaledDotProductAttention } from '../oracle/attention.js'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { sum, upTo } from './rearrange.js'

const right = passes(scaledDotProductAttention)

/** Rows of numbers. */
type Rows = readonly (readonly number[])[]

/** Query, key and value of one item, and what a query may attend to. */
interface Item {
  readonly query: Rows
  readonly key: Rows
  readonly value: Rows
  allowed(t: number, s: number): boolean
}

/** The items of leading dimensions, each as rows. */
function rowsOf(x: Tensor): Rows[] {
  const [rows, columns] = x.shape.slice(-2)
  const data = rowMajor(x)
  return upTo(sizeOf(x.shape.slice(0, -2))).map((i) =>
    upTo(rows).map((r) => [...data.subarray((i * rows + r) * columns, (i * rows + r + 1) * columns)]),
  )
}

function itemsOf({ query, key, value, mask }: Tensors, { causal }: Attributes): readonly Item[] {
  const [keys, values] = [rowsOf(key), rowsOf(value)]
  const allowed = (t: number, s: number) => (causal !== true || s <= t) && (mask === undefined || mask.get(t, s) === 1)
  return rowsOf(query).map((rows, i) => ({ query: rows, key: keys[i], value: values[i], allowed }))
}

function dot(a: readonly number[], b: readonly number[]): number {
  return sum(a.map((x, i) => x * b[i]))
}

/** A tensor of the rows of all items. */
function stacked(shape: readonly number[], items: readonly Rows[]): Tensor {
  return tensor(shape, items.flat(2))
}

/** The shapes of output and weights. */
export function shapesOf({ query, key, value }: Tensors) {
  const rows = query.shape.slice(0, -1)
  return { output: [...rows, value.shape[value.shape.length - 1]], weights: [...rows, key.shape[key.shape.length - 2]] }
}

export function softmax(logits: readonly number[]): number[] {
  const maximum = Math.max(...logits)
  const powers = logits.map((x) => (x === maximum ? 1 : Math.exp(x - maximum)))
  return powers.map((power) => power / sum(powers))
}

/** Weights of an item from its scaled products q·k. */
type Weigh = (logits: Rows, item: Item) => Rows

/** Attention with weights that come about in another way. */
export function weighed(weigh: Weigh): Required<Mistake>['forward'] {
  return (inputs, attributes) => {
    const scale = numberOf(attributes, 'scale')
    const answers = itemsOf(inputs, attributes).map((item) => {
      const weights = weigh(
        item.query.map((q) => item.key.map((k) => scale * dot(q, k))),
        item,
      )
      return {
        weights,
        output: weights.map((w) => item.value[0].map((_, m) => sum(w.map((x, s) => x * item.value[s][m])))),
      }
    })
    const shapes = shapesOf(inputs)
    return {
      output: stacked(
        shapes.output,
        answers.map(({ output }) => output),
      ),
      weights: stacked(
        shapes.weights,
        answers.map(({ weights }) => weights),
      ),
    }
  }
}

/** What may be wrong in the backward pass; what is left out is right. */
interface Change {
  /** The gradient of a row of logits from its weights and the gradient with respect to them. */
  readonly logits?: (weights: readonly number[], ofWeights: readonly number[]) => readonly number[]
  readonly queryScale?: (scale: number) => number
  readonly keyScale?: (scale: number) => number
  /** The weights that spread the gradient of the output over the values. */
  readonly spread?: (weights: Rows, t: number, s: number) => number
}

export function backwardWith(change: Change): Required<Mistake>['backward'] {
  const ofLogits = change.logits ?? ((w, g) => w.map((x, s) => x * (g[s] - dot(w, g))))
  const spread = change.spread ?? ((weights, t, s) => weights[t][s])
  return (inputs, attributes, gradients) => {
    const scale = numberOf(attributes, 'scale')
    const [forQuery, forKey] = [change.queryScale?.(scale) ?? scale, change.keyScale?.(scale) ?? scale]
    const weights = rowsOf(right.forward(inputs, attributes).weights)
    const [ofOutput, ofWeights] = [rowsOf(gradients.output), rowsOf(gradients.weights)]
    const answers = itemsOf(inputs, attributes).map(({ query, key, value }, i) => {
      const deltas = weights[i].map((w, t) =>
        ofLogits(
          w,
          value.map((v, s) => dot(ofOutput[i][t], v) + ofWeights[i][t][s]),
        ),
      )
      return {
        query: query.map((row, t) => row.map((_, d) => forQuery * sum(key.map((k, s) => deltas[t][s] * k[d])))),
        key: key.map((row, s) => row.map((_, d) => forKey * sum(query.map((q, t) => deltas[t][s] * q[d])))),
        value: value.map((row, s) =>
          row.map((_, m) => sum(query.map((_q, t) => spread(weights[i], t, s) * ofOutput[i][t][m]))),
        ),
      }
    })
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
  }
}

/** A row of weights over the entries that are allowed by `f`. */
export function over(logits: readonly number[], f: (s: number) => boolean): number[] {
  const places = upTo(logits.length).filter(f)
  const shares = softmax(places.map((s) => logits[s]))
  const row: number[] = logits.map(() => 0)
  for (const [i, share] of shares.entries()) row[places[i]] = share
  return row
}
