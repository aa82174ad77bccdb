import { linearAutoencoder, recursiveAutoencoder } from '../oracle/autoencoders.js'
import { item, map, rowMajor, scalar, type Tensor, type Tensors, zeros, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, scaled, sum, take, upTo } from './rearrange.js'

const rightLinear = passes(linearAutoencoder)
const rightRecursive = passes(recursiveAutoencoder)

const norm = (x: Tensor) => sum(rowMajor(x).map((value) => value * value))

/** ‖W₂W₁X − X‖²/N */
function errorOf(inputs: Tensors): number {
  return item(rightLinear.forward(inputs, { lambda: 0 }).loss)
}

/** The loss from its error and the squared norms of encoder and decoder. */
function lossOf(
  f: (error: number, encoder: number, decoder: number, lambda: number) => number,
): Required<Mistake>['forward'] {
  return (inputs, attributes) => ({
    loss: scalar(f(errorOf(inputs), norm(inputs.encoder), norm(inputs.decoder), numberOf(attributes, 'lambda'))),
  })
}

const linearMistakes: readonly Mistake[] = [
  {
    name: 'linearAutoencoder summed over the examples',
    operator: 'linearAutoencoder',
    explanation: 'The squared error was added up over the examples: the division by N is missing.',
    forward: (inputs, { lambda }) =>
      lossOf((error, encoder, decoder, l) => error * inputs.x.shape[1] + l * (encoder + decoder))(inputs, { lambda }),
  },
  {
    name: 'linearAutoencoder averaged over the features as well',
    operator: 'linearAutoencoder',
    explanation: 'The squared error was divided by M·N, the number of entries, instead of by N, that of examples.',
    forward: (inputs, { lambda }) =>
      lossOf((error, encoder, decoder, l) => error / inputs.x.shape[0] + l * (encoder + decoder))(inputs, { lambda }),
  },
  {
    name: 'linearAutoencoder averaged over the rows',
    operator: 'linearAutoencoder',
    explanation: 'The error was divided by M, the number of rows of X, as if every row were an example.',
    forward: (inputs, { lambda }) =>
      lossOf((error, encoder, decoder, l) => (error * inputs.x.shape[1]) / inputs.x.shape[0] + l * (encoder + decoder))(
        inputs,
        { lambda },
      ),
  },
  {
    name: 'linearAutoencoder that penalizes the encoder alone',
    operator: 'linearAutoencoder',
    explanation: 'Only λ‖W₁‖² was added; the penalty of the decoder is missing.',
    forward: lossOf((error, encoder, _, lambda) => error + lambda * encoder),
  },
  {
    name: 'linearAutoencoder that penalizes the product',
    operator: 'linearAutoencoder',
    explanation: 'λ‖W₁‖²·‖W₂‖² was added instead of λ‖W₁‖² + λ‖W₂‖².',
    forward: lossOf((error, encoder, decoder, lambda) => error + lambda * encoder * decoder),
  },
  {
    name: 'linearAutoencoder penalized by norms that are not squared',
    operator: 'linearAutoencoder',
    explanation: 'λ‖W₁‖ + λ‖W₂‖ was added instead of the squares of the norms.',
    forward: lossOf((error, encoder, decoder, lambda) => error + lambda * (Math.sqrt(encoder) + Math.sqrt(decoder))),
  },
  {
    name: 'linearAutoencoder with half the penalty',
    operator: 'linearAutoencoder',
    explanation: '½λ(‖W₁‖² + ‖W₂‖²) was added, as for weight decay, instead of the whole.',
    forward: lossOf((error, encoder, decoder, lambda) => error + (lambda / 2) * (encoder + decoder)),
  },
  {
    name: 'linearAutoencoder without a penalty',
    operator: 'linearAutoencoder',
    explanation: 'λ was ignored.',
    forward: lossOf((error) => error),
  },
  {
    name: 'linearAutoencoder gradient of the decoder without the penalty',
    operator: 'linearAutoencoder',
    explanation: '2λW₂ is missing in the gradient of the decoder.',
    backward: (inputs, attributes, gradients) => ({
      ...rightLinear.backward(inputs, attributes, gradients),
      decoder: rightLinear.backward(inputs, { lambda: 0 }, gradients).decoder,
    }),
  },
  {
    name: 'linearAutoencoder gradient of x as an input only',
    operator: 'linearAutoencoder',
    explanation:
      'x got the gradient that flows through the weights, but not that of being what they should reconstruct.',
    backward: (inputs, attributes, gradients) => {
      const right = rightLinear.backward(inputs, attributes, gradients)
      const { x, encoder, decoder } = inputs
      const code = (weight: Tensor, of: Tensor) =>
        mapPlaces(zeros([weight.shape[0], of.shape[1]]), (_, place) => {
          const [row, column] = [Math.floor(place / of.shape[1]), place % of.shape[1]]
          return sum(upTo(of.shape[0]).map((k) => weight.get(row, k) * of.get(k, column)))
        })
      const reconstruction = code(decoder, code(encoder, x))
      const factor = (2 * item(gradients.loss)) / x.shape[1]
      const asTarget = zip(reconstruction, x, (r, original) => factor * (r - original))
      return { ...right, x: zip(right.x, asTarget, (g, own) => g + own) }
    },
  },
  {
    name: 'linearAutoencoder gradient without the factor 2',
    operator: 'linearAutoencoder',
    explanation: 'The gradients are half of what they should be: the 2 of the squares is missing.',
    backward: (inputs, attributes, gradients) => scaled(rightLinear.backward(inputs, attributes, gradients), 0.5),
  },
  {
    name: 'linearAutoencoder gradient of the encoder with the penalty of a factor 1',
    operator: 'linearAutoencoder',
    explanation: 'λW₁ was added to the gradient of the encoder instead of 2λW₁.',
    backward: (inputs, attributes, gradients) => {
      const right = rightLinear.backward(inputs, attributes, gradients)
      const free = rightLinear.backward(inputs, { lambda: 0 }, gradients)
      return { ...right, encoder: zip(right.encoder, free.encoder, (a, b) => (a + b) / 2) }
    },
  },
  {
    name: 'linearAutoencoder with a negative lambda',
    operator: 'linearAutoencoder',
    explanation: 'A negative λ, which rewards large weights, was computed with instead of refused.',
    insteadOfRefusing: (inputs, { lambda, ...others }) => {
      if (typeof lambda !== 'number' || lambda >= 0 || Object.keys(others).length > 0) return undefined
      return lossOf((error, encoder, decoder) => error + lambda * (encoder + decoder))(inputs, { lambda })
    },
  },
]

/** The right answer with another loss, from the mean error of the reconstruction and the mean classification loss. */
function recursiveLoss(
  f: (error: number, classification: number, inputs: Tensors) => number,
): Required<Mistake>['forward'] {
  return (inputs, attributes) => {
    const right = rightRecursive.forward(inputs, attributes)
    const [N, D] = inputs.left.shape
    const [left, other] = [rowMajor(inputs.left), rowMajor(inputs.right)]
    const error = sum(
      rowMajor(right.reconstruction).map((y, place) => {
        const [n, d] = [Math.floor(place / (2 * D)), place % (2 * D)]
        return (y - (d < D ? left[n * D + d] : other[n * D + d - D])) ** 2 / (2 * N)
      }),
    )
    return { ...right, loss: scalar(f(error, item(right.loss) - error, inputs)) }
  }
}

/** The same matrices with the columns of left and right exchanged. */
function exchanged(weight: Tensor, dimension: number): Tensor {
  const D = weight.shape[dimension] / 2
  return take(
    weight,
    dimension,
    upTo(2 * D).map((d) => (d + D) % (2 * D)),
  )
}

const recursiveMistakes: readonly Mistake[] = [
  {
    name: 'recursiveAutoencoder with the right child first',
    operator: 'recursiveAutoencoder',
    explanation: 'The parent was made of [right; left] instead of [left; right].',
    forward: (inputs, attributes) =>
      rightRecursive.forward({ ...inputs, weight1: exchanged(inputs.weight1, 1) }, attributes),
  },
  {
    name: 'recursiveAutoencoder without the nonlinearity',
    operator: 'recursiveAutoencoder',
    explanation: 'The parent is W₁x + b₁ itself: the ReLU is missing.',
    forward: (inputs, attributes) => {
      const { bias1, weight1 } = inputs
      const right = rightRecursive.forward(inputs, attributes)
      const negated = { weight1: map(weight1, (w) => -w), bias1: map(bias1, (b) => -b) }
      const other = rightRecursive.forward({ ...inputs, ...negated }, attributes)
      return { ...right, parent: zip(right.parent, other.parent, (up, down) => up - down) }
    },
  },
  {
    name: 'recursiveAutoencoder with the whole squared error',
    operator: 'recursiveAutoencoder',
    explanation: '‖x′ − x‖² was added to the loss instead of its half.',
    forward: recursiveLoss((error, classification) => 2 * error + classification),
  },
  {
    name: 'recursiveAutoencoder with the error averaged over the features',
    operator: 'recursiveAutoencoder',
    explanation: 'The squared error was divided by the number of features as well as by that of pairs.',
    forward: recursiveLoss((error, classification, { bias2 }) => error / bias2.size + classification),
  },
  {
    name: 'recursiveAutoencoder summed over the pairs',
    operator: 'recursiveAutoencoder',
    explanation: 'The losses of the pairs were added up instead of averaged.',
    forward: recursiveLoss((error, classification, { left }) => (error + classification) * left.shape[0]),
  },
  {
    name: 'recursiveAutoencoder without the classification in its loss',
    operator: 'recursiveAutoencoder',
    explanation: 'The loss is the error of the reconstruction alone; the cross-entropy of the target is missing.',
    forward: recursiveLoss((error) => error),
  },
  {
    name: 'recursiveAutoencoder that classifies without a bias',
    operator: 'recursiveAutoencoder',
    explanation: 'b₃ was left out of the logits.',
    forward: (inputs, attributes) =>
      rightRecursive.forward({ ...inputs, bias3: map(inputs.bias3, () => 0) }, attributes),
  },
  {
    name: 'recursiveAutoencoder that reconstructs right before left',
    operator: 'recursiveAutoencoder',
    explanation: 'The halves of the reconstruction were exchanged.',
    forward: (inputs, attributes) => {
      const right = rightRecursive.forward(inputs, attributes)
      return { ...right, reconstruction: exchanged(right.reconstruction, 1) }
    },
  },
  {
    name: 'recursiveAutoencoder gradient of left and right as inputs only',
    operator: 'recursiveAutoencoder',
    explanation: 'left and right got the gradient through the parent, but not that of being what is reconstructed.',
    backward: (inputs, attributes, gradients) => {
      const right = rightRecursive.backward(inputs, attributes, gradients)
      const { reconstruction } = rightRecursive.forward(inputs, attributes)
      const share = item(gradients.loss) / inputs.left.shape[0]
      const D = inputs.left.shape[1]
      const asTarget = (x: Tensor, from: number) =>
        mapPlaces(x, (value, place) => {
          const [n, d] = [Math.floor(place / D), place % D]
          return share * (value - reconstruction.get(n, from + d))
        })
      const without = (name: 'left' | 'right', from: number) =>
        zip(right[name], asTarget(inputs[name], from), (g, own) => g - own)
      return { ...right, left: without('left', 0), right: without('right', D) }
    },
  },
  {
    name: 'recursiveAutoencoder gradient of left and right exchanged',
    operator: 'recursiveAutoencoder',
    explanation: 'The gradient of left was given to right and the other way round.',
    backward: (inputs, attributes, gradients) => {
      const answer = rightRecursive.backward(inputs, attributes, gradients)
      return { ...answer, left: answer.right, right: answer.left }
    },
  },
  {
    name: 'recursiveAutoencoder gradient that forgets the parent',
    operator: 'recursiveAutoencoder',
    explanation: 'The gradient of the output `parent`, which the next pair of the tree gives, was dropped.',
    backward: (inputs, attributes, gradients) =>
      rightRecursive.backward(inputs, attributes, { ...gradients, parent: map(gradients.parent, () => 0) }),
  },
  {
    name: 'recursiveAutoencoder gradient of the loss alone',
    operator: 'recursiveAutoencoder',
    explanation: 'The gradients of reconstruction and logits were dropped; only that of the loss was passed on.',
    backward: (inputs, attributes, { parent, reconstruction, logits, loss }) =>
      rightRecursive.backward(inputs, attributes, {
        parent,
        reconstruction: map(reconstruction, () => 0),
        logits: map(logits, () => 0),
        loss,
      }),
  },
  {
    name: 'recursiveAutoencoder gradient through units that are off',
    operator: 'recursiveAutoencoder',
    explanation: 'The gradient went through every parent unit as if the ReLU were the identity.',
    backward: (inputs, attributes, gradients) => {
      const right = rightRecursive.backward(inputs, attributes, gradients)
      const open = rightRecursive.backward({ ...inputs, bias1: map(inputs.bias1, () => 1e6) }, attributes, gradients)
      const { parent } = rightRecursive.forward(inputs, attributes)
      const P = inputs.bias1.size
      const off = upTo(P).map((p) => upTo(parent.shape[0]).some((n) => parent.get(n, p) === 0))
      return { ...right, bias1: mapPlaces(right.bias1, (g, p) => (off[p] ? rowMajor(open.bias1)[p] : g)) }
    },
  },
  {
    name: 'recursiveAutoencoder with a target beyond the classes',
    operator: 'recursiveAutoencoder',
    explanation: 'A target beyond the last class was taken for the last one instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { target, bias3 } = inputs
      if (target?.shape.length !== 1 || bias3?.shape.length !== 1 || Object.keys(attributes).length > 0)
        return undefined
      if (rowMajor(target).every((id) => id < bias3.size)) return undefined
      return rightRecursive.forward(
        { ...inputs, target: map(target, (id) => Math.min(id, bias3.size - 1)) },
        attributes,
      )
    },
  },
]

export const mistakes: readonly Mistake[] = [...linearMistakes, ...recursiveMistakes]
