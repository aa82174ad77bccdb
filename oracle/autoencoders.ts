import { relu } from './activations.js'
import { float, int, output, scalarOutput } from './contract.js'
import { linear, product } from './linear.js'
import { crossEntropy, squaredError } from './losses.js'
import { backwardOf, defineOperator } from './operator.js'
import { copy, item, rowMajor, scalar, type Tensor, zeros, zip } from './tensor.js'

function sumOfSquares(x: Tensor): number {
  return rowMajor(x).reduce((sum, value) => sum + value * value, 0)
}

function sum(a: Tensor, b: Tensor): Tensor {
  return zip(a, b, (left, right) => left + right)
}

/** The code W₁X and the residual W₂W₁X − X. */
function reconstruct(x: Tensor, encoder: Tensor, decoder: Tensor) {
  const code = product(encoder, x)
  return { code, residual: zip(product(decoder, code), x, (reconstruction, original) => reconstruction - original) }
}

export const linearAutoencoder = defineOperator({
  name: 'linearAutoencoder',
  family: 'autoencoders',
  summary: '‖X − W₂W₁X‖²/N + λ‖W₁‖² + λ‖W₂‖² with W₁ the encoder, W₂ the decoder and one example a column of X',
  source:
    'Loss Landscapes of Regularized Linear Autoencoders (2019), section 2, the sum loss, with the error averaged over N',
  inputs: { x: float('M', 'N'), encoder: float('K', 'M'), decoder: float('M', 'K') },
  attributes: { lambda: { type: 'number', least: 0, default: 0 } },
  outputs: { loss: scalarOutput },
  dimensionNames: { M: 'features', N: 'examples', K: 'code units' },
  forward: ({ x, encoder, decoder }, { lambda }) => {
    const { residual } = reconstruct(x, encoder, decoder)
    const penalty = lambda * sumOfSquares(encoder) + lambda * sumOfSquares(decoder)
    return { loss: scalar(sumOfSquares(residual) / x.shape[1] + penalty) }
  },
  /** With Δ = 2(W₂W₁X − X)/N: ∂/∂W₂ = Δ(W₁X)ᵀ + 2λW₂, ∂/∂W₁ = W₂ᵀΔXᵀ + 2λW₁, ∂/∂X = W₁ᵀW₂ᵀΔ − Δ. */
  backward: ({ x, encoder, decoder }, { lambda }, { loss }) => {
    const g = item(loss)
    const { code, residual } = reconstruct(x, encoder, decoder)
    const delta = zip(residual, residual, (r) => (2 * g * r) / x.shape[1])
    const atCode = product(decoder.transpose(1, 0), delta)
    const penalized = (gradient: Tensor, weight: Tensor) => zip(gradient, weight, (d, w) => d + 2 * g * lambda * w)
    return {
      x: zip(product(encoder.transpose(1, 0), atCode), delta, (fromCode, d) => fromCode - d),
      encoder: penalized(product(atCode, x.transpose(1, 0)), encoder),
      decoder: penalized(product(delta, code.transpose(1, 0)), decoder),
    }
  },
})

/** [left; right] row by row, [N,2D]. */
function joined(left: Tensor, right: Tensor): Tensor {
  const [N, D] = left.shape
  const both = zeros([N, 2 * D])
  const [l, r] = [rowMajor(left), rowMajor(right)]
  for (let n = 0; n < N; n++) {
    both.data.set(l.subarray(n * D, (n + 1) * D), 2 * n * D)
    both.data.set(r.subarray(n * D, (n + 1) * D), (2 * n + 1) * D)
  }
  return both
}

export const recursiveAutoencoder = defineOperator({
  name: 'recursiveAutoencoder',
  family: 'autoencoders',
  summary:
    'x = [left; right], parent p = ReLU(W₁x + b₁), reconstruction x′ = W₂p + b₂, logits = W₃p + b₃, loss = the mean over N of ½‖x′ − x‖² + crossEntropy(logits, target)',
  source:
    'Semi-Supervised Recursive Autoencoders for Predicting Sentiment Distributions (2011), equations 4, 5 and 11, with ReLU',
  inputs: {
    left: float('N', 'D'),
    right: float('N', 'D'),
    target: int(['N'], { least: 0, below: 'C' }),
    weight1: float('P', '2D'),
    bias1: float('P'),
    weight2: float('2D', 'P'),
    bias2: float('2D'),
    weight3: float('C', 'P'),
    bias3: float('C'),
  },
  attributes: {},
  outputs: {
    parent: output('N', 'P'),
    reconstruction: output('N', '2D'),
    logits: output('N', 'C'),
    loss: scalarOutput,
  },
  dimensionNames: { N: 'pairs', D: 'features', P: 'parent units', C: 'classes' },
  forward: (inputs) => {
    const { errorCall, errorSettings, classCall, parent } = parts(inputs)
    const error = squaredError.forward(errorCall, errorSettings).loss
    const classification = crossEntropy.forward(classCall).loss
    return {
      parent,
      reconstruction: errorCall.prediction,
      logits: classCall.logits,
      loss: scalar(item(error) + item(classification)),
    }
  },
  /** x receives a gradient as the input of W₁ and as the target of its reconstruction. */
  backward: (inputs, _, gradients) => {
    const { firstCall, preActivation, secondCall, thirdCall, errorCall, errorSettings, classCall } = parts(inputs)
    const error = backwardOf(squaredError)(errorCall, errorSettings, { loss: gradients.loss })
    const classification = backwardOf(crossEntropy)(classCall, {}, { loss: gradients.loss })
    const second = backwardOf(linear)(secondCall, {}, { y: sum(gradients.reconstruction, error.prediction) })
    const third = backwardOf(linear)(thirdCall, {}, { y: sum(gradients.logits, classification.logits) })
    const atParent = sum(gradients.parent, sum(second.x, third.x))
    const atPreActivation = backwardOf(relu)({ x: preActivation }, {}, { y: atParent })
    const first = backwardOf(linear)(firstCall, {}, { y: atPreActivation.x })
    const x = sum(first.x, error.target)
    const D = inputs.left.shape[1]
    return {
      left: copy(x.hi(-1, D)),
      right: copy(x.lo(0, D)),
      weight1: first.weight,
      bias1: first.bias,
      weight2: second.weight,
      bias2: second.bias,
      weight3: third.weight,
      bias3: third.bias,
    }
  },
})

interface Inputs {
  readonly left: Tensor
  readonly right: Tensor
  readonly target: Tensor
  readonly weight1: Tensor
  readonly bias1: Tensor
  readonly weight2: Tensor
  readonly bias2: Tensor
  readonly weight3: Tensor
  readonly bias3: Tensor
}

/** The calls of the operators that the autoencoder is composed of. */
function parts({ left, right, target, weight1, bias1, weight2, bias2, weight3, bias3 }: Inputs) {
  const x = joined(left, right)
  const firstCall = { x, weight: weight1, bias: bias1 }
  const preActivation = linear.forward(firstCall).y
  const parent = relu.forward({ x: preActivation }).y
  const secondCall = { x: parent, weight: weight2, bias: bias2 }
  const thirdCall = { x: parent, weight: weight3, bias: bias3 }
  const errorCall = { prediction: linear.forward(secondCall).y, target: x }
  const errorSettings = { factor: 0.5 / left.shape[0], reduction: 'sum' }
  const classCall = { logits: linear.forward(thirdCall).y, target }
  return { firstCall, preActivation, parent, secondCall, thirdCall, errorCall, errorSettings, classCall }
}
