import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { logProbabilities, probabilities } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, elementwise, pick, run } from './layout.js'
import { flip, linear, matrix, products } from './linear.js'
import { backwardOf } from './transformer.js'

export function linearAutoencoder(arithmetic: EmulatedArithmetic): Operator {
  /** Code W₁X and residual W₂W₁X − X, row-major. */
  const parts = ({ x, encoder, decoder }: Tensors) => {
    const [M, N] = x.shape
    const K = encoder.shape[0]
    const data = rowMajor(x)
    const code = products(arithmetic, matrix(rowMajor(encoder), M), matrix(data, N), [1, K, M, N])
    const reconstruction = products(arithmetic, matrix(rowMajor(decoder), K), matrix(code, N), [1, M, K, N])
    return { M, N, K, data, code, residual: reconstruction.map((value, i) => arithmetic.subtract(value, data[i])) }
  }
  return {
    forward(inputs, attributes) {
      const lambda = arithmetic.round(Number(attributes.lambda))
      const { N, residual } = parts(inputs)
      const error = arithmetic.divide(arithmetic.dot(residual, residual), arithmetic.round(N))
      const [first, second] = [inputs.encoder, inputs.decoder].map((weight) => {
        const w = rowMajor(weight)
        return arithmetic.dot(w, w)
      })
      const loss =
        arithmetic.options.formulation === 'textbook'
          ? arithmetic.add(
              arithmetic.add(error, arithmetic.multiply(lambda, first)),
              arithmetic.multiply(lambda, second),
            )
          : arithmetic.add(error, arithmetic.multiply(lambda, arithmetic.add(first, second)))
      return { loss: tensor([], [loss]) }
    },
    backward(inputs, attributes, gradients) {
      const lambda = arithmetic.round(Number(attributes.lambda))
      const [g] = rowMajor(gradients.loss)
      const { M, N, K, data, code, residual } = parts(inputs)
      const factor = arithmetic.divide(arithmetic.multiply(2, g), arithmetic.round(N))
      const delta = residual.map((value) => arithmetic.multiply(factor, value))
      const decoder = matrix(rowMajor(inputs.decoder), K)
      const atCode = products(arithmetic, flip(decoder), matrix(delta, N), [1, K, M, N])
      const encoder = matrix(rowMajor(inputs.encoder), M)
      const toX = products(arithmetic, flip(encoder), matrix(atCode, N), [1, M, K, N])
      const penalty = arithmetic.multiply(arithmetic.multiply(2, g), lambda)
      const penalized = (gradient: Float64Array, weight: Tensor) =>
        elementwise([tensor(weight.shape, gradient), weight], (d, w) =>
          arithmetic.add(d, arithmetic.multiply(penalty, w)),
        )
      return {
        x: tensor(
          [M, N],
          toX.map((value, i) => arithmetic.subtract(value, delta[i])),
        ),
        encoder: penalized(
          products(arithmetic, matrix(atCode, N), flip(matrix(data, N)), [1, K, N, M]),
          inputs.encoder,
        ),
        decoder: penalized(products(arithmetic, matrix(delta, N), flip(matrix(code, N)), [1, M, N, K]), inputs.decoder),
      }
    },
  }
}

export function recursiveAutoencoder(arithmetic: EmulatedArithmetic): Operator {
  const layer = linear(arithmetic)
  const add = (a: Tensor, b: Tensor) => elementwise([a, b], (p, q) => arithmetic.add(p, q))

  async function parts(inputs: Tensors) {
    const [N, D] = inputs.left.shape
    const [left, right] = [rowMajor(inputs.left), rowMajor(inputs.right)]
    const x = build([N, 2 * D], (place) => {
      const [n, d] = [Math.floor(place / (2 * D)), place % (2 * D)]
      return d < D ? left[n * D + d] : right[n * D + d - D]
    })
    const first = { x, weight: inputs.weight1, bias: inputs.bias1 }
    const parent = elementwise([(await layer.forward(first, {})).y], (value) => Math.max(0, value))
    const second = { x: parent, weight: inputs.weight2, bias: inputs.bias2 }
    const third = { x: parent, weight: inputs.weight3, bias: inputs.bias3 }
    const [reconstruction, logits] = [(await layer.forward(second, {})).y, (await layer.forward(third, {})).y]
    return { N, D, x, first, second, third, parent, reconstruction, logits }
  }

  return {
    async forward(inputs) {
      const { N, x, parent, reconstruction, logits } = await parts(inputs)
      const C = logits.shape[1]
      const targets = rowMajor(inputs.target)
      const difference = rowMajor(elementwise([reconstruction, x], (y, value) => arithmetic.subtract(y, value)))
      const error = arithmetic.multiply(0.5, arithmetic.dot(difference, difference))
      const items = run(0, N).map(
        (n) => -logProbabilities(arithmetic, pick(rowMajor(logits), run(n * C, C)))[targets[n]],
      )
      const count = arithmetic.round(N)
      const loss = arithmetic.add(arithmetic.divide(error, count), arithmetic.divide(arithmetic.sum(items), count))
      return { parent, reconstruction, logits, loss: tensor([], [loss]) }
    },
    async backward(inputs, _, gradients) {
      const { N, D, x, first, second, third, parent, reconstruction, logits } = await parts(inputs)
      const C = logits.shape[1]
      const targets = rowMajor(inputs.target)
      const share = arithmetic.divide(rowMajor(gradients.loss)[0], arithmetic.round(N))
      const ofError = elementwise([reconstruction, x], (y, value) =>
        arithmetic.multiply(share, arithmetic.subtract(y, value)),
      )
      const rows = run(0, N).flatMap((n) =>
        probabilities(arithmetic, pick(rowMajor(logits), run(n * C, C))).map((p, c) =>
          arithmetic.multiply(share, arithmetic.subtract(p, c === targets[n] ? 1 : 0)),
        ),
      )
      const back = backwardOf(layer)
      const ofSecond = await back(second, {}, { y: add(gradients.reconstruction, ofError) })
      const ofThird = await back(third, {}, { y: add(gradients.logits, tensor([N, C], rows)) })
      const atParent = add(add(gradients.parent, ofSecond.x), ofThird.x)
      const before = elementwise([parent, atParent], (p, g) => (p > 0 ? g : 0))
      const ofFirst = await back(first, {}, { y: before })
      const toX = rowMajor(elementwise([ofFirst.x, ofError], (g, e) => arithmetic.subtract(g, e)))
      const half = (from: number) => build([N, D], (place) => toX[Math.floor(place / D) * 2 * D + from + (place % D)])
      const parameters = {
        weight1: ofFirst.weight,
        bias1: ofFirst.bias,
        weight2: ofSecond.weight,
        bias2: ofSecond.bias,
      }
      return { left: half(0), right: half(D), ...parameters, weight3: ofThird.weight, bias3: ofThird.bias }
    },
  }
}
