import type { Attributes } from '../oracle/contract.js'
import { infoNce, ntXent } from '../oracle/contrastive.js'
import { map, rowMajor, scalar, type Tensor, type Tensors, tensor, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { scaled, sum, upTo } from './rearrange.js'

const rightInfoNce = passes(infoNce)
const rightNtXent = passes(ntXent)

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [N, D] = x.shape
  return upTo(N).map((n) => Array.from(rowMajor(x).subarray(n * D, (n + 1) * D)))
}

const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((x, i) => x * b[i]))

/** x with its rows divided by their lengths, at least 1e-12. */
function unitRows(x: Tensor): readonly (readonly number[])[] {
  return rowsOf(x).map((row) => {
    const length = Math.max(Math.hypot(...row), 1e-12)
    return row.map((value) => value / length)
  })
}

/** log Σe^s of a row of scores. */
function logSumExp(row: readonly number[]): number {
  const most = Math.max(...row)
  return most + Math.log(sum(row.map((s) => Math.exp(s - most))))
}

/** −log softmax of a row of scores at its target. */
function surprise(row: readonly number[], target: number): number {
  return logSumExp(row) - row[target]
}

const mean = (values: readonly number[]) => scalar(sum(values) / values.length)

const settings = (attributes: Attributes) => ({
  temperature: numberOf(attributes, 'temperature'),
  normalize: attributes.normalize === true,
})

/** The matrix of scores of a call of infoNce. */
function scoresOf({ query, key }: Tensors, temperature: number, normalize: boolean): number[][] {
  const [q, k] = [query, key].map((x) => (normalize ? unitRows(x) : rowsOf(x)))
  return q.map((row) => k.map((other) => dot(row, other) / temperature))
}

const infoNceMistakes: readonly Mistake[] = [
  {
    name: 'infoNce without the temperature',
    operator: 'infoNce',
    explanation: 'The scores were not divided by the temperature.',
    forward: (inputs, attributes) => rightInfoNce.forward(inputs, { ...attributes, temperature: 1 }),
  },
  {
    name: 'infoNce multiplied by the temperature',
    operator: 'infoNce',
    explanation: 'The scores were multiplied by the temperature instead of divided by it.',
    forward: (inputs, attributes) =>
      rightInfoNce.forward(inputs, { ...attributes, temperature: 1 / numberOf(attributes, 'temperature') }),
  },
  {
    name: 'infoNce of rows as they are',
    operator: 'infoNce',
    explanation: 'normalize was ignored: the inner products were taken without dividing by the lengths.',
    forward: (inputs, attributes) => rightInfoNce.forward(inputs, { ...attributes, normalize: false }),
  },
  {
    name: 'infoNce normalized always',
    operator: 'infoNce',
    explanation: 'The rows were normalized although normalize is false.',
    forward: (inputs, attributes) => rightInfoNce.forward(inputs, { ...attributes, normalize: true }),
  },
  {
    name: 'infoNce over the queries',
    operator: 'infoNce',
    explanation: 'The softmax ran over the queries of a key (down the columns) instead of over the keys of a query.',
    forward: ({ query, key }, attributes) => rightInfoNce.forward({ query: key, key: query }, attributes),
  },
  {
    name: 'infoNce without the positive in the denominator',
    operator: 'infoNce',
    explanation: 'The positive was left out of the sum in the denominator.',
    forward: (inputs, attributes) => {
      const { temperature, normalize } = settings(attributes)
      const scores = scoresOf(inputs, temperature, normalize)
      if (scores.length === 1) return { loss: scalar(0) }
      return {
        loss: mean(scores.map((row, i) => logSumExp(row.filter((_, j) => j !== i)) - row[i])),
      }
    },
  },
  {
    name: 'infoNce averaged over both directions',
    operator: 'infoNce',
    explanation: 'The mean of the losses over keys and over queries was taken; only that over keys is asked for.',
    forward: ({ query, key }, attributes) => {
      const [one, other] = [
        rightInfoNce.forward({ query, key }, attributes),
        rightInfoNce.forward({ query: key, key: query }, attributes),
      ]
      return { loss: zip(one.loss, other.loss, (a, b) => (a + b) / 2) }
    },
  },
  {
    name: 'infoNce that overflows',
    operator: 'infoNce',
    explanation: 'e^s was computed without first subtracting the largest score, so that it overflows.',
    forward: (inputs, attributes) => {
      const { temperature, normalize } = settings(attributes)
      const scores = scoresOf(inputs, temperature, normalize)
      return { loss: mean(scores.map((row, i) => -Math.log(Math.exp(row[i]) / sum(row.map(Math.exp))))) }
    },
  },
  {
    name: 'infoNce gradient without the normalization',
    operator: 'infoNce',
    explanation: 'The gradient was not passed through the division by the lengths.',
    backward: (inputs, attributes, gradients) => {
      const { temperature, normalize } = settings(attributes)
      if (!normalize) return rightInfoNce.backward(inputs, attributes, gradients)
      const unit = (x: Tensor) => tensor(x.shape, unitRows(x).flat())
      return rightInfoNce.backward(
        { query: unit(inputs.query), key: unit(inputs.key) },
        { temperature, normalize: false },
        gradients,
      )
    },
  },
  {
    name: 'infoNce gradient of the query only',
    operator: 'infoNce',
    explanation: 'The keys were taken for constants and got no gradient.',
    backward: (inputs, attributes, gradients) => {
      const { query, key } = rightInfoNce.backward(inputs, attributes, gradients)
      return { query, key: map(key, () => 0) }
    },
  },
  {
    name: 'infoNce of a temperature of 0 taken as tiny',
    operator: 'infoNce',
    explanation: 'A temperature that is not above 0 was replaced by 1e-8 instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.temperature === 'number' && attributes.temperature <= 0
        ? infoNce.forward(inputs, { ...attributes, temperature: 1e-8 })
        : undefined,
  },
]

/** A loss of the scores of all rows against all, each with its pair and itself. */
function pairedLoss(
  f: (row: readonly number[], own: number, pair: number) => number,
  rows = unitRows,
): Required<Mistake>['forward'] {
  return ({ z }, attributes) => {
    const unit = rows(z)
    const temperature = numberOf(attributes, 'temperature')
    const N = unit.length / 2
    return {
      loss: mean(
        unit.map((row, i) =>
          f(
            unit.map((other) => dot(row, other) / temperature),
            i,
            i < N ? i + N : i - N,
          ),
        ),
      ),
    }
  }
}

/** The row without one entry, and where another stands in what is left. */
const without = (row: readonly number[], own: number, pair: number) =>
  surprise(
    row.filter((_, j) => j !== own),
    pair < own ? pair : pair - 1,
  )

const ntXentMistakes: readonly Mistake[] = [
  {
    name: 'ntXent that includes the row itself',
    operator: 'ntXent',
    explanation: 'The similarity of a row to itself was left in the denominator.',
    forward: pairedLoss((row, _, pair) => surprise(row, pair)),
  },
  {
    name: 'ntXent of neighbouring pairs',
    operator: 'ntXent',
    explanation: 'Rows 2i and 2i + 1 were taken for a pair instead of rows i and i + N.',
    forward: pairedLoss((row, own) => without(row, own, own % 2 === 0 ? own + 1 : own - 1)),
  },
  {
    name: 'ntXent of rows as they are',
    operator: 'ntXent',
    explanation: 'Inner products were taken instead of cosine similarities.',
    forward: pairedLoss(without, rowsOf),
  },
  {
    name: 'ntXent of the first views only',
    operator: 'ntXent',
    explanation: 'The mean was taken over the first N rows; every row of the 2N is asked for its pair.',
    forward: ({ z }, attributes) => {
      const unit = unitRows(z)
      const temperature = numberOf(attributes, 'temperature')
      const N = unit.length / 2
      const scores = (i: number) => unit.map((other) => dot(unit[i], other) / temperature)
      return { loss: mean(upTo(N).map((i) => without(scores(i), i, i + N))) }
    },
  },
  {
    name: 'ntXent divided by N',
    operator: 'ntXent',
    explanation: 'The sum over 2N rows was divided by N.',
    forward: (inputs, attributes) => scaled(rightNtXent.forward(inputs, attributes), 2),
  },
  {
    name: 'ntXent without the temperature',
    operator: 'ntXent',
    explanation: 'The similarities were not divided by the temperature.',
    forward: (inputs) => rightNtXent.forward(inputs, { temperature: 1 }),
  },
  {
    name: 'ntXent with the positive left out of the denominator',
    operator: 'ntXent',
    explanation: 'The denominator sums over the negatives only.',
    forward: pairedLoss((row, own, pair) => {
      const negatives = row.filter((_, j) => j !== own && j !== pair)
      return negatives.length === 0 ? 0 : logSumExp(negatives) - row[pair]
    }),
  },
  {
    name: 'ntXent gradient of the rows as queries only',
    operator: 'ntXent',
    explanation: 'A row got the gradient of its own scores, but none of the scores of the others against it.',
    backward: (inputs, attributes, gradients) => scaled(rightNtXent.backward(inputs, attributes, gradients), 0.5),
  },
  {
    name: 'ntXent gradient without the normalization',
    operator: 'ntXent',
    explanation:
      'The gradient was not passed through the division by the lengths: it is longer or shorter than it should.',
    backward: ({ z }, attributes, gradients) => {
      const result = rightNtXent.backward({ z }, attributes, gradients)
      const D = z.shape[1]
      const lengths = rowsOf(z).map((row) => Math.hypot(...row) || 1)
      return {
        z: tensor(
          z.shape,
          rowMajor(result.z).map((value, i) => value * lengths[Math.floor(i / D)]),
        ),
      }
    },
  },
  {
    name: 'ntXent of an odd number of rows',
    operator: 'ntXent',
    explanation: 'A last row without a pair was dropped instead of refused.',
    insteadOfRefusing: ({ z, ...others }, attributes) => {
      if (z === undefined || Object.keys(others).length > 0 || z.shape.length !== 2 || z.shape[0] % 2 === 0)
        return undefined
      const rows = rowsOf(z).slice(0, -1)
      if (rows.length === 0) return { loss: scalar(0) }
      return ntXent.forward({ z: tensor([rows.length, z.shape[1]], rows.flat()) }, attributes)
    },
  },
]

export const mistakes: readonly Mistake[] = [...infoNceMistakes, ...ntXentMistakes]
