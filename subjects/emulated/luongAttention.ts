import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { tanhGradient } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { type AttentionItem, attend, attendBackward, type Rows, rowsOf, stacked } from './attention.js'

const column = (rows: Rows, c: number): number[] => rows.map((row) => row[c])
const columns = (rows: Rows): number[][] => rows[0].map((_, c) => column(rows, c))

/** The encoder's positions of every sequence. */
function sequencesOf(encoder: Tensor): Rows[] {
  const [N, S] = encoder.shape
  const rows = rowsOf(encoder)
  return Array.from({ length: N }, (_, n) => rows.slice(n * S, (n + 1) * S))
}

export function luongAttention(arithmetic: EmulatedArithmetic): Operator {
  const times = (row: readonly number[], matrix: Rows) => columns(matrix).map((c) => arithmetic.dot(row, c))

  /** d·W·e is (d·W)·e or, in the other formulation, d·(W·e). */
  const weighsKeys = arithmetic.options.formulation === 'logarithmic'

  /** Attention of one query to the positions of each sequence. */
  function itemsOf({ decoder, encoder, weight, vector }: Tensors, score: unknown): AttentionItem[] {
    const decoders = rowsOf(decoder)
    return sequencesOf(encoder).map((positions, n) => {
      const rest = { value: positions, allowed: () => true, scale: 1 }
      const d = decoders[n]
      if (score === 'dot') return { query: [d], key: positions, ...rest }
      const W = rowsOf(weight)
      if (score === 'general')
        return weighsKeys
          ? { query: [d], key: positions.map((e) => W.map((row) => arithmetic.dot(row, e))), ...rest }
          : { query: [times(d, W)], key: positions, ...rest }
      const key = positions.map((e) => W.map((row) => arithmetic.tanh(arithmetic.dot([...d, ...e], row))))
      return { query: [[...rowMajor(vector)]], key, ...rest }
    })
  }

  const added = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((x, j) => arithmetic.add(x, b[i][j])))
  /** Σ over all pairs of rows of one with rows of the other, as a matrix. */
  const paired = (left: Rows, right: Rows): Rows =>
    columns(left).map((l) => columns(right).map((r) => arithmetic.dot(l, r)))

  return {
    forward(inputs, { score }) {
      const [N, S, E] = inputs.encoder.shape
      const answers = itemsOf(inputs, score).map((item) => attend(arithmetic, item))
      return {
        context: stacked(
          [N, E],
          answers.map(({ output }) => output),
        ),
        weights: stacked(
          [N, S],
          answers.map(({ weights }) => weights),
        ),
      }
    },
    backward(inputs, { score }, gradients): Tensors {
      const { decoder, encoder, weight, vector } = inputs
      const [ofContext, ofWeights] = [rowsOf(gradients.context), rowsOf(gradients.weights)]
      const items = itemsOf(inputs, score)
      const answers = items.map((item, n) =>
        attendBackward(arithmetic, item, { output: [ofContext[n]], weights: [ofWeights[n]] }),
      )
      const ofQueries = answers.map(({ query }) => query[0])
      if (score === 'dot')
        return {
          decoder: stacked(decoder.shape, [ofQueries]),
          encoder: stacked(
            encoder.shape,
            answers.map(({ key, value }) => added(key, value)),
          ),
        }
      const W = rowsOf(weight)
      const decoders = rowsOf(decoder)
      if (score === 'general' && weighsKeys)
        return {
          decoder: stacked(decoder.shape, [ofQueries]),
          encoder: stacked(
            encoder.shape,
            answers.map(({ key, value }) =>
              added(
                key.map((row) => times(row, W)),
                value,
              ),
            ),
          ),
          weight: stacked(weight.shape, [
            paired(
              answers.flatMap(({ key }) => key),
              sequencesOf(encoder).flat(),
            ),
          ]),
        }
      if (score === 'general')
        return {
          decoder: stacked(decoder.shape, [ofQueries.map((row) => W.map((w) => arithmetic.dot(row, w)))]),
          encoder: stacked(
            encoder.shape,
            answers.map(({ key, value }) => added(key, value)),
          ),
          weight: stacked(weight.shape, [paired(decoders, ofQueries)]),
        }
      const D = decoder.shape[1]
      const S = encoder.shape[1]
      const deltas = answers.map(({ key }, n) =>
        key.map((row, s) => row.map((g, a) => tanhGradient(arithmetic, items[n].key[s][a], g))),
      )
      const both = sequencesOf(encoder).flatMap((positions, n) => positions.map((e) => [...decoders[n], ...e]))
      const ofBoth = deltas.flat().map((delta) => times(delta, W))
      const ofDecoder = decoders.map((d, n) =>
        d.map((_, i) => arithmetic.sum(column(ofBoth.slice(n * S, (n + 1) * S), i))),
      )
      return {
        decoder: stacked(decoder.shape, [ofDecoder]),
        encoder: stacked(encoder.shape, [
          added(
            ofBoth.map((row) => row.slice(D)),
            answers.flatMap(({ value }) => value),
          ),
        ]),
        weight: stacked(weight.shape, [paired(deltas.flat(), both)]),
        vector: tensor(
          vector.shape,
          columns(ofQueries).map((c) => arithmetic.sum(c)),
        ),
      }
    },
  }
}
