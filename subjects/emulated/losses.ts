import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { logProbabilities, probabilities } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, elementwise, pick, run } from './layout.js'

export function reduce(arithmetic: EmulatedArithmetic, items: Tensor, { reduction }: Attributes): Tensor {
  if (reduction === 'none') return items
  const sum = arithmetic.sum(rowMajor(items))
  return tensor([], [reduction === 'sum' ? sum : arithmetic.divide(sum, arithmetic.round(items.size))])
}

/** The gradient of item n, from that of the reduced loss. */
export function incoming(arithmetic: EmulatedArithmetic, loss: Tensor, { reduction }: Attributes, count: number) {
  const g = rowMajor(loss)
  const one = reduction === 'mean' ? arithmetic.divide(g[0], arithmetic.round(count)) : g[0]
  return (n: number) => (reduction === 'none' ? g[n] : one)
}

export function squaredError(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ prediction, target }, attributes) {
      const factor = arithmetic.round(Number(attributes.factor))
      const items = elementwise([prediction, target], (p, t) => {
        const difference = arithmetic.subtract(p, t)
        return arithmetic.multiply(factor, arithmetic.multiply(difference, difference))
      })
      return { loss: reduce(arithmetic, items, attributes) }
    },
    backward({ prediction, target }, attributes, { loss }) {
      const factor = arithmetic.round(2 * Number(attributes.factor))
      const g = incoming(arithmetic, loss, attributes, prediction.size)
      const [p, t] = [rowMajor(prediction), rowMajor(target)]
      const slope = build(prediction.shape, (i) =>
        arithmetic.multiply(arithmetic.multiply(factor, arithmetic.subtract(p[i], t[i])), g(i)),
      )
      return { prediction: slope, target: elementwise([slope], (value) => -value) }
    },
  }
}

export function crossEntropy(arithmetic: EmulatedArithmetic): Operator {
  /** The distribution that the softmax is compared with: one-hot, smoothed. */
  const wanted = (C: number, target: number, smoothing: number) => {
    const uniform = arithmetic.divide(smoothing, arithmetic.round(C))
    return run(0, C).map((c) => (c === target ? arithmetic.add(arithmetic.subtract(1, smoothing), uniform) : uniform))
  }
  return {
    forward({ logits, target }, attributes) {
      const [N, C] = logits.shape
      const [z, targets] = [rowMajor(logits), rowMajor(target)]
      const smoothing = arithmetic.round(Number(attributes.labelSmoothing))
      const items = build([N], (n) => {
        const logs = logProbabilities(arithmetic, pick(z, run(n * C, C)))
        return smoothing === 0 ? -logs[targets[n]] : -arithmetic.dot(wanted(C, targets[n], smoothing), logs)
      })
      return { loss: reduce(arithmetic, items, attributes) }
    },
    backward({ logits, target }, attributes, { loss }) {
      const [N, C] = logits.shape
      const [z, targets] = [rowMajor(logits), rowMajor(target)]
      const smoothing = arithmetic.round(Number(attributes.labelSmoothing))
      const g = incoming(arithmetic, loss, attributes, N)
      const rows = run(0, N).flatMap((n) => {
        const q = wanted(C, targets[n], smoothing)
        return probabilities(arithmetic, pick(z, run(n * C, C))).map((p, c) =>
          arithmetic.multiply(g(n), arithmetic.subtract(p, q[c])),
        )
      })
      return { logits: tensor([N, C], rows) }
    },
  }
}

export function weightPenalty(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ weight }, { norm, lambda }) {
      const w = rowMajor(weight)
      const sum = norm === 1 ? arithmetic.sum(w.map(Math.abs)) : arithmetic.dot(w, w)
      return { loss: tensor([], [arithmetic.multiply(arithmetic.round(Number(lambda)), sum)]) }
    },
    backward({ weight }, { norm, lambda }, { loss }) {
      const factor = arithmetic.multiply(rowMajor(loss)[0], arithmetic.round(Number(lambda)))
      return {
        weight: elementwise([weight], (w) =>
          norm === 1 ? factor * Math.sign(w) : arithmetic.multiply(arithmetic.multiply(2, w), factor),
        ),
      }
    },
  }
}
