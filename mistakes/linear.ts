import { linear, matmul, product, sumLeading } from '../oracle/linear.js'
import { reshape, rowMajor, sizeOf, type Tensor, tensor, zeros, zip } from '../oracle/tensor.js'
import { type Mistake, passes } from './mistake.js'
import { mapPlaces, readTransposed, take, upTo } from './rearrange.js'

const rightMatmul = passes(matmul)
const rightLinear = passes(linear)

/** a·b with every product and partial sum rounded to float32. */
function productInFloat32(a: Tensor, b: Tensor): Tensor {
  const [M, K] = a.shape.slice(-2)
  const N = b.shape[b.shape.length - 1]
  const [left, right] = [rowMajor(a), rowMajor(b)]
  return mapPlaces(product(a, b), (_, place) => {
    const item = Math.floor(place / (M * N))
    const [row, column] = [((item * M + (Math.floor(place / N) % M)) * K) % a.size, (item * K * N) % b.size]
    const products = upTo(K).map((k) => left[row + k] * right[column + k * N + (place % N)])
    return products.reduce((total, term) => Math.fround(total + Math.fround(term)), 0)
  })
}

const matmulMistakes: readonly Mistake[] = [
  {
    name: 'matmul with the second factor transposed',
    operator: 'matmul',
    explanation: 'b was read column by column, as if bᵀ were stored, instead of row by row.',
    forward: ({ a, b }) => ({ y: product(a, readTransposed(b)) }),
  },
  {
    name: 'matmul without the last inner entry',
    operator: 'matmul',
    explanation: 'The sum over k stopped one entry early (k < K − 1) instead of running over all K entries.',
    forward: ({ a, b }) => {
      const K = a.shape[a.shape.length - 1]
      return {
        y: product(
          mapPlaces(a, (value, place) => (place % K === K - 1 ? 0 : value)),
          b,
        ),
      }
    },
  },
  {
    name: 'matmul with the first b for every item',
    operator: 'matmul',
    explanation: 'Every item of the batch was multiplied by the first matrix b instead of by its own.',
    forward: ({ a, b }) => {
      const size = sizeOf(b.shape.slice(-2))
      const first = rowMajor(b).slice(0, size)
      return {
        y: product(
          a,
          mapPlaces(b, (_, place) => first[place % size]),
        ),
      }
    },
  },
  {
    name: 'matmul of square matrices element by element',
    operator: 'matmul',
    explanation: 'Matrices of equal shape were multiplied element by element (a * b) instead of as matrices (a @ b).',
    forward: ({ a, b }) => ({
      y:
        a.shape.length === b.shape.length && a.shape.every((n, d) => n === b.shape[d])
          ? zip(a, b, (s, t) => s * t)
          : product(a, b),
    }),
  },
  {
    name: 'matmul accumulated in float32',
    operator: 'matmul',
    explanation: 'Partial sums were kept in float32 although the result is said to be float64.',
    forward: ({ a, b }) => ({ y: productInFloat32(a, b) }),
  },
  {
    name: 'matmul gradient without transposing b',
    operator: 'matmul',
    explanation: 'The gradient with respect to a was computed as ∂L/∂y·b instead of ∂L/∂y·bᵀ.',
    backward: (inputs, attributes, gradients) => ({
      ...rightMatmul.backward(inputs, attributes, gradients),
      a: rightMatmul.backward({ a: inputs.a, b: readTransposed(inputs.b) }, attributes, gradients).a,
    }),
  },
  {
    name: 'matmul gradient of a shared factor from one item',
    operator: 'matmul',
    explanation: 'A matrix b shared by all items got the gradient of the first item instead of the sum over all items.',
    backward: (inputs, attributes, { y }) => {
      const item = sizeOf(y.shape.slice(-2))
      const first = mapPlaces(y, (value, place) => (place < item ? value : 0))
      const all = rightMatmul.backward(inputs, attributes, { y })
      const shared = inputs.b.shape.length < inputs.a.shape.length
      return shared ? { ...all, b: rightMatmul.backward(inputs, attributes, { y: first }).b } : all
    },
  },
  {
    name: 'matmul that cuts the longer factor',
    operator: 'matmul',
    explanation: 'Inner dimensions that disagree were cut to the shorter one instead of being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { a, b } = inputs
      if (a?.shape.length !== 2 || b?.shape.length !== 2) return undefined
      const inner = upTo(Math.min(a.shape[1], b.shape[0]))
      return matmul.forward({ ...inputs, a: take(a, 1, inner), b: take(b, 0, inner) }, attributes)
    },
  },
]

const linearMistakes: readonly Mistake[] = [
  {
    name: 'linear without the bias',
    operator: 'linear',
    explanation: 'x·Wᵀ was returned without adding the bias b.',
    forward: ({ x, weight }, attributes) => rightLinear.forward({ x, weight }, attributes),
  },
  {
    name: 'linear with the weight transposed',
    operator: 'linear',
    explanation: 'The weight was read as if it were stored [I, O], so that x·W was computed instead of x·Wᵀ.',
    forward: (inputs, attributes) =>
      rightLinear.forward({ ...inputs, weight: readTransposed(inputs.weight) }, attributes),
  },
  {
    name: 'linear with the bias subtracted',
    operator: 'linear',
    explanation: 'The bias was subtracted, x·Wᵀ − b, instead of added.',
    forward: (inputs, attributes) =>
      inputs.bias === undefined
        ? rightLinear.forward(inputs, attributes)
        : rightLinear.forward({ ...inputs, bias: mapPlaces(inputs.bias, (b) => -b) }, attributes),
  },
  {
    name: 'linear with the bias added by row',
    operator: 'linear',
    explanation: 'Row n of the batch got the bias entry n instead of every row getting the whole bias vector.',
    forward: ({ x, weight, bias }, attributes) => {
      const { y } = rightLinear.forward({ x, weight }, attributes)
      if (bias === undefined) return { y }
      const O = weight.shape[0]
      const b = rowMajor(bias)
      return { y: mapPlaces(y, (value, place) => value + b[Math.floor(place / O) % O]) }
    },
  },
  {
    name: 'linear that ignores the strides of x',
    operator: 'linear',
    explanation:
      'The memory of x was read in its own order; a view (transposed, sliced) must be read through its strides.',
    forward: (inputs, attributes) => {
      const { x } = inputs
      return rightLinear.forward({ ...inputs, x: tensor(x.shape, x.data.slice(0, x.size)) }, attributes)
    },
  },
  {
    name: 'linear bias gradient averaged over the rows',
    operator: 'linear',
    explanation: 'The gradient of the bias was averaged over the rows of the batch instead of summed.',
    backward: (inputs, attributes, gradients) => {
      const right = rightLinear.backward(inputs, attributes, gradients)
      const rows = gradients.y.size / inputs.weight.shape[0]
      return right.bias === undefined ? right : { ...right, bias: mapPlaces(right.bias, (b) => b / rows) }
    },
  },
  {
    name: 'linear bias gradient summed over the first dimension only',
    operator: 'linear',
    explanation:
      'The gradient of the bias was summed over axis 0, as for a batch of rows, instead of over all leading dimensions.',
    backward: (inputs, attributes, gradients) => {
      const right = rightLinear.backward(inputs, attributes, gradients)
      const { y } = gradients
      if (right.bias === undefined || y.shape.length < 3) return right
      return { ...right, bias: sumLeading(y, y.shape.slice(1)) }
    },
  },
  {
    name: 'linear weight gradient transposed',
    operator: 'linear',
    explanation: 'The gradient of the weight was computed as xᵀ·∂L/∂y instead of its transpose, ∂L/∂yᵀ·x.',
    backward: (inputs, attributes, gradients) => {
      const right = rightLinear.backward(inputs, attributes, gradients)
      const { weight } = right
      return { ...right, weight: reshape(weight.transpose(1, 0), weight.shape) }
    },
  },
  {
    name: 'linear weight gradient averaged over the batch',
    operator: 'linear',
    explanation:
      'The gradient of the weight was divided by the number of rows; the average belongs to the loss, not here.',
    backward: (inputs, attributes, gradients) => {
      const right = rightLinear.backward(inputs, attributes, gradients)
      const rows = inputs.x.size / inputs.weight.shape[1]
      return { ...right, weight: mapPlaces(right.weight, (w) => w / rows) }
    },
  },
  {
    name: 'linear input gradient through the transposed weight',
    operator: 'linear',
    explanation: 'The gradient of x was computed as ∂L/∂y·Wᵀ instead of ∂L/∂y·W.',
    backward: (inputs, attributes, gradients) => ({
      ...rightLinear.backward(inputs, attributes, gradients),
      x: rightLinear.backward({ ...inputs, weight: readTransposed(inputs.weight) }, attributes, gradients).x,
    }),
  },
  {
    name: 'linear that pads a short bias with zeros',
    operator: 'linear',
    explanation: 'A bias shorter than the number of output features was filled up with zeros instead of being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { weight, bias } = inputs
      if (bias?.shape.length !== 1 || weight?.shape.length !== 2) return undefined
      const filled = zeros([weight.shape[0]])
      filled.data.set(rowMajor(bias).slice(0, filled.size))
      return linear.forward({ ...inputs, bias: tensor(filled.shape, filled.data) }, attributes)
    },
  },
]

export const mistakes: readonly Mistake[] = [...matmulMistakes, ...linearMistakes]
