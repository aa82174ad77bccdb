import { forEachLane, lanesAlong, logSumExp } from './activations.js'
import { type CallShape, float, int, lossOutput, scalarOutput } from './contract.js'
import { logistic, softplus } from './elementary.js'
import { defineOperator } from './operator.js'
import { item, map, rowMajor, scalar, type Tensor, tensor } from './tensor.js'

export const reduction = { type: 'choice', values: ['mean', 'sum', 'none'], default: 'mean' } as const
export type Reduction = 'mean' | 'sum' | 'none'

/** One loss an item: their mean, their sum, or all of them. */
export function reduce(items: Tensor, by: Reduction): Tensor {
  if (by === 'none') return items
  const sum = rowMajor(items).reduce((total, loss) => total + loss, 0)
  return scalar(by === 'sum' ? sum : sum / items.size)
}

/** The gradient with respect to each of `count` item losses, from the gradient with respect to their reduction. */
export function spread(gradient: Tensor, by: Reduction, count: number): Float64Array {
  if (by === 'none') return rowMajor(gradient)
  return new Float64Array(count).fill(by === 'sum' ? item(gradient) : item(gradient) / count)
}

export function lossShape(items: (call: CallShape) => readonly number[]) {
  return (call: CallShape) => ({ loss: call.attributes.reduction === 'none' ? items(call) : [] })
}

export const squaredError = defineOperator({
  name: 'squaredError',
  family: 'losses',
  summary: 'factor·(prediction − target)²',
  source: 'Deep Learning (MIT Press 2016), section 5.1.4; ntua/1.1b with factor 1 or ½',
  inputs: { prediction: float(), target: float() },
  attributes: { factor: { type: 'number', default: 1 }, reduction },
  outputs: { loss: lossOutput },
  outputShapes: lossShape(({ shapes }) => shapes.prediction),
  forward: ({ prediction, target }, { factor, reduction }) => {
    const t = rowMajor(target)
    const items = rowMajor(prediction).map((p, i) => factor * (p - t[i]) * (p - t[i]))
    return { loss: reduce(tensor(prediction.shape, items), reduction) }
  },
  /** ∂/∂p = 2·factor·(p − t) = −∂/∂t */
  backward: ({ prediction, target }, { factor, reduction }, { loss }) => {
    const t = rowMajor(target)
    const g = spread(loss, reduction, prediction.size)
    const result = rowMajor(prediction).map((p, i) => 2 * factor * (p - t[i]) * g[i])
    return {
      prediction: tensor(prediction.shape, result),
      target: tensor(
        target.shape,
        result.map((d) => -d),
      ),
    }
  },
})

export const crossEntropy = defineOperator({
  name: 'crossEntropy',
  family: 'losses',
  summary:
    '−Σ q·log softmax(logits), q one-hot at the target, mixed by labelSmoothing with the uniform distribution over C',
  source:
    'Deep Learning (MIT Press 2016), section 6.2.2.3; label smoothing: Rethinking the Inception Architecture (2016), section 7',
  inputs: { logits: float('N', 'C'), target: int(['N'], { least: 0, below: 'C' }) },
  attributes: { labelSmoothing: { type: 'number', least: 0, most: 1, default: 0 }, reduction },
  outputs: { loss: lossOutput },
  dimensionNames: { N: 'rows', C: 'classes' },
  outputShapes: lossShape(({ sizes }) => [sizes.N]),
  /** (1 − s)·(−log pₜ) + s·mean(−log p) = lse − (1 − s)·zₜ − s·mean(z), every term taken from z − max z. */
  forward: ({ logits, target }, { labelSmoothing, reduction }) => {
    const [N, C] = logits.shape
    const z = rowMajor(logits)
    const targets = rowMajor(target)
    const items = new Float64Array(N)
    forEachLane(lanesAlong(logits.shape, 1), (start) => {
      const n = start / C
      const { maximum, logSum } = logSumExp(z, start, 1, C)
      let sum = 0
      for (let c = 0; c < C; c++) sum += maximum - z[start + c]
      items[n] = logSum + (1 - labelSmoothing) * (maximum - z[start + targets[n]]) + (labelSmoothing * sum) / C
    })
    return { loss: reduce(tensor([N], items), reduction) }
  },
  /** ∂/∂z = softmax(z) − q; at the target pₜ − 1 is taken as −Σ_{c≠t} p, which keeps its digits where pₜ is near 1. */
  backward: ({ logits, target }, { labelSmoothing, reduction }, { loss }) => {
    const [N, C] = logits.shape
    const z = rowMajor(logits)
    const targets = rowMajor(target)
    const g = spread(loss, reduction, N)
    const result = new Float64Array(z.length)
    forEachLane(lanesAlong(logits.shape, 1), (start) => {
      const n = start / C
      const { maximum, sum } = logSumExp(z, start, 1, C)
      let others = 0
      for (let c = 0; c < C; c++) {
        if (c === targets[n]) continue
        const p = Math.exp(z[start + c] - maximum) / sum
        others += p
        result[start + c] = g[n] * (p - labelSmoothing / C)
      }
      // 1 − pₜ loses its digits where pₜ is near 1, and the sum of many small shares where it is not.
      const share = Math.exp(z[start + targets[n]] - maximum) / sum
      const rest = share < 0.5 ? 1 - share : others
      result[start + targets[n]] = g[n] * (labelSmoothing - labelSmoothing / C - rest)
    })
    return { logits: tensor(logits.shape, result) }
  },
})

export const binaryCrossEntropy = defineOperator({
  name: 'binaryCrossEntropy',
  family: 'losses',
  summary: '−t·log σ(z) − (1 − t)·log(1 − σ(z)), from the logits z; no gradient for the target t',
  source: 'Deep Learning (MIT Press 2016), section 6.2.2.2',
  inputs: { logits: float(), target: { ...float(), least: 0, most: 1, constant: true } },
  attributes: { reduction },
  outputs: { loss: lossOutput },
  outputShapes: lossShape(({ shapes }) => shapes.logits),
  /** −log σ(z) = softplus(−z) and −log(1 − σ(z)) = softplus(z): a sum of terms ≥ 0, finite for every z. */
  forward: ({ logits, target }, { reduction }) => {
    const t = rowMajor(target)
    const items = rowMajor(logits).map((z, i) => t[i] * softplus(-z) + (1 - t[i]) * softplus(z))
    return { loss: reduce(tensor(logits.shape, items), reduction) }
  },
  /** ∂/∂z = σ(z) − t = (1 − t)·σ(z) − t·σ(−z), the second form for the digits where σ is near 1. */
  backward: ({ logits, target }, { reduction }, { loss }) => {
    const t = rowMajor(target)
    const g = spread(loss, reduction, logits.size)
    const result = rowMajor(logits).map((z, i) => g[i] * ((1 - t[i]) * logistic(z) - t[i] * logistic(-z)))
    return { logits: tensor(logits.shape, result) }
  },
})

export const weightPenalty = defineOperator({
  name: 'weightPenalty',
  family: 'losses',
  summary: 'λ·Σ|w| (norm 1) or λ·Σw² (norm 2); the derivative of |w| at 0 is 0',
  source: 'Deep Learning (MIT Press 2016), section 7.1; fer/5',
  inputs: { weight: float() },
  attributes: { norm: { type: 'choice of numbers', values: [1, 2], default: 1 }, lambda: { type: 'number', least: 0 } },
  outputs: { loss: scalarOutput },
  forward: ({ weight }, { norm, lambda }) => {
    const sum = rowMajor(weight).reduce((total, w) => total + (norm === 1 ? Math.abs(w) : w * w), 0)
    return { loss: scalar(lambda * sum) }
  },
  backward: ({ weight }, { norm, lambda }, { loss }) => {
    const g = item(loss)
    return { weight: map(weight, (w) => g * lambda * (norm === 1 ? Math.sign(w) : 2 * w)) }
  },
})
