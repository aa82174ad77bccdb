import { reshape, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, joined, onHost, tensorOf } from '../computation.js'
import type { Operators, Quantity } from '../exercise.js'
import { ones, rowSums, scaledBy, times, transposed } from '../matrices.js'
import { kernelCosts } from './4.costs.js'

/** φ(x) = vec(xxᵀ) of every row, [rows, D²]: all products of two entries. */
export async function productFeatures(operators: Operators, x: Tensor): Promise<Tensor> {
  const [rows, D] = x.shape
  const y = await times(operators, reshape(x, [rows, D, 1]), reshape(x, [rows, 1, D]))
  return reshape(y, [rows, D * D])
}

/** The matrix with a column of ones after its last: (q·k + 1)² is (q′·k′)² of vectors that end with a 1. */
export function withOnes(x: Tensor): Tensor {
  const [rows, D] = x.shape
  const parts = Array.from({ length: rows }, (_, r) => [x.pick(r, null), tensor([1], [1])]).flat()
  return joined(parts, [rows, D + 1])
}

/** The D(D + 1)/2 different products of all D², those of two different entries times √2. */
export async function differentProducts(operators: Operators, features: Tensor): Promise<Tensor> {
  const D = Math.round(Math.sqrt(features.shape[1]))
  const selection = zeros([D * D, (D * (D + 1)) / 2])
  let column = 0
  for (let i = 0; i < D; i++) for (let j = i; j < D; j++) selection.set(i * D + j, column++, i === j ? 1 : Math.SQRT2)
  return times(operators, features, selection)
}

/** Every row of the numerators over its denominator, by the host: the contract has no division. */
export function divided(numerators: Tensor, denominators: Tensor): Tensor {
  const columns = numerators.size / denominators.size
  return onHost([numerators, denominators], numerators.shape, (above, below) =>
    above.map((value, i) => value / below[Math.floor(i / columns)]),
  )
}

/** Row t of the output from the keys and values up to t alone. */
export async function causally(operators: Operators, query: Tensor, key: Tensor, value: Tensor): Promise<Tensor> {
  const rows: Tensor[] = []
  for (let t = 0; t < query.shape[0]; t++) {
    const inputs = { query: query.lo(t, 0).hi(1, -1), key: key.hi(t + 1, -1), value: value.hi(t + 1, -1) }
    rows.push(await forward(operators, 'quadraticAttention', 'output', inputs))
  }
  return joined(rows, [query.shape[0], value.shape[1]])
}

function projection(name: string, letter: 'Q' | 'K' | 'V', meaning: string): Quantity {
  const weight = `weight${letter}`
  return {
    name,
    symbols: [letter],
    meaning,
    kind: 'real',
    rows: [letter, letter.toLowerCase()],
    from: ['x', weight],
    formula: `x \\cdot W_${letter}`,
    compute: (values, operators) => times(operators, tensorOf(values, 'x'), tensorOf(values, weight)),
  }
}

const common: readonly Quantity[] = [
  projection('queries', 'Q', 'the queries, a row each'),
  projection('keys', 'K', 'the keys, a row each'),
  projection('values', 'V', 'the values, a row each'),
  {
    name: 'scores',
    symbols: ['S', 'A'],
    meaning: 'the products of every query with every key',
    kind: 'real',
    from: ['queries', 'keys'],
    formula: 'Q \\cdot K^{T}',
    compute: (values, operators) => times(operators, tensorOf(values, 'queries'), transposed(tensorOf(values, 'keys'))),
  },
]

const softmax: readonly Quantity[] = [
  {
    name: 'scaledScores',
    symbols: ["S'", 'hat S', 'S_scaled'],
    meaning: 'the products over the root of the length of a query, which is 2',
    kind: 'real',
    from: ['scores'],
    formula: '\\frac{S}{\\sqrt{2}}',
    stage: 'softmax',
    compute: (values, operators) => scaledBy(operators, tensorOf(values, 'scores'), Math.SQRT1_2),
  },
  {
    name: 'softmaxWeights',
    symbols: ['P', 'alpha', 'weights'],
    meaning: 'the attention weights of the softmax',
    kind: 'real',
    from: ['scaledScores'],
    formula: "softmax(S')",
    stage: 'softmax',
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scaledScores') }),
  },
  {
    name: 'softmaxOutput',
    symbols: ["V'", 'Z', 'O', 'output'],
    meaning: 'the output of softmax attention',
    kind: 'real',
    from: ['softmaxWeights', 'values'],
    formula: 'P \\cdot V',
    stage: 'softmax',
    asked: true,
    compute: (values, operators) => times(operators, tensorOf(values, 'softmaxWeights'), tensorOf(values, 'values')),
  },
]

function features(name: string, letter: 'Q' | 'K', rows: string): Quantity {
  return {
    name,
    symbols: [`Phi_${letter}`, `phi_${letter}`, `F_${letter}`],
    meaning: `the features φ of every ${rows.slice(0, -1)}, a row each: all products of two entries`,
    kind: 'real',
    from: [rows],
    formula: `\\phi(${letter})`,
    stage: 'quadratic',
    asked: true,
    compute: (values, operators) => productFeatures(operators, tensorOf(values, rows)),
  }
}

const quadratic: readonly Quantity[] = [
  {
    name: 'similarities',
    symbols: ['G', 'sim', 'kappa'],
    meaning: 'the quadratic kernel of every query with every key',
    kind: 'real',
    from: ['scores'],
    formula: 'S \\odot S',
    stage: 'quadratic',
    asked: true,
    compute: (values, operators) => {
      const prediction = tensorOf(values, 'scores')
      const inputs = { prediction, target: zeros(prediction.shape) }
      return forward(operators, 'squaredError', 'loss', inputs, { reduction: 'none' })
    },
  },
  {
    name: 'denominators',
    symbols: ['d', 'n', 'N_i', 'D_i'],
    meaning: 'the sum of every query’s similarities',
    kind: 'real',
    from: ['similarities'],
    formula: 'G \\cdot \\begin{bmatrix} 1 \\\\ 1 \\\\ 1 \\end{bmatrix}',
    stage: 'quadratic',
    compute: (values, operators) => rowSums(operators, tensorOf(values, 'similarities')),
  },
  {
    name: 'quadraticWeights',
    symbols: ['P', 'alpha', 'weights'],
    meaning: 'the attention weights of the quadratic kernel',
    kind: 'real',
    from: ['similarities', 'denominators'],
    formula: '\\frac{G_{ij}}{d_i}',
    stage: 'quadratic',
    compute: async (values) => divided(tensorOf(values, 'similarities'), tensorOf(values, 'denominators')),
  },
  features('queryFeatures', 'Q', 'queries'),
  features('keyFeatures', 'K', 'keys'),
  {
    name: 'moments',
    symbols: ['U', 'M_kv', 'KV'],
    meaning: 'the sum of features times values over all keys, computed once for all queries',
    kind: 'real',
    from: ['keyFeatures', 'values'],
    formula: '{\\Phi_K}^{T} \\cdot V',
    stage: 'quadratic',
    compute: (values, operators) =>
      times(operators, transposed(tensorOf(values, 'keyFeatures')), tensorOf(values, 'values')),
  },
  {
    name: 'featureSums',
    symbols: ['z', 'u'],
    meaning: 'the sum of the features of all keys',
    kind: 'real',
    from: ['keyFeatures'],
    formula: '{\\Phi_K}^{T} \\cdot \\begin{bmatrix} 1 \\\\ 1 \\\\ 1 \\end{bmatrix}',
    stage: 'quadratic',
    compute: async (values, operators) => {
      const x = tensorOf(values, 'keyFeatures')
      const y = await times(operators, ones([1, x.shape[0]]), x)
      return reshape(y, [x.shape[1]])
    },
  },
  {
    name: 'numerators',
    symbols: ['R', 'B'],
    meaning: 'the numerators of the linear form, a row for every query',
    kind: 'real',
    from: ['queryFeatures', 'moments'],
    formula: '\\Phi_Q \\cdot U',
    stage: 'quadratic',
    compute: (values, operators) => times(operators, tensorOf(values, 'queryFeatures'), tensorOf(values, 'moments')),
  },
  {
    name: 'linearDenominators',
    symbols: ['r', 'b'],
    meaning: 'the denominators of the linear form',
    kind: 'real',
    from: ['queryFeatures', 'featureSums'],
    formula: '\\Phi_Q \\cdot z',
    stage: 'quadratic',
    compute: async (values, operators) => {
      const sums = tensorOf(values, 'featureSums')
      const y = await times(operators, tensorOf(values, 'queryFeatures'), reshape(sums, [sums.size, 1]))
      return reshape(y, [y.size])
    },
  },
  {
    name: 'quadraticOutput',
    symbols: ["V'", 'O', 'Z', 'output'],
    meaning: 'the output of attention with the quadratic kernel',
    kind: 'real',
    from: ['numerators', 'linearDenominators'],
    formula: '\\frac{R_i}{r_i}',
    stage: 'quadratic',
    asked: true,
    compute: async (values) => divided(tensorOf(values, 'numerators'), tensorOf(values, 'linearDenominators')),
  },
]

const causal: readonly Quantity[] = [
  {
    name: 'causalOutput',
    symbols: ["V'", 'O', 'Z', 'output'],
    meaning: 'the output where every position attends to itself and to those before it only',
    kind: 'real',
    from: ['queries', 'keys', 'values'],
    formula: '\\frac{\\phi(Q_i)^T \\sum_{j \\le i} \\phi(K_j) V_j^T}{\\phi(Q_i)^T \\sum_{j \\le i} \\phi(K_j)}',
    stage: 'causal',
    compute: (values, operators) =>
      causally(operators, tensorOf(values, 'queries'), tensorOf(values, 'keys'), tensorOf(values, 'values')),
  },
]

/** Everything that sharif/4 asks for or passes on the way. */
export const kernelQuantities: readonly Quantity[] = [...common, ...softmax, ...quadratic, ...causal, ...kernelCosts]
