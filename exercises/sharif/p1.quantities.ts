import { reshape, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, joined, numberOf, onHost, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { gradientsOf } from '../training.js'

/** A row of the vocabulary for every word of the vocabulary: the same row, `count` times. */
export function repeatedRow(operators: Operators, table: Tensor, row: number, count: number): Promise<Tensor> {
  return forward(operators, 'embedding', 'y', { ids: tensor([count], new Float64Array(count).fill(row)), table })
}

/** The cosine of the angle between a vector and every row of the vocabulary. */
export async function similaritiesTo(operators: Operators, x: Tensor, table: Tensor): Promise<Tensor> {
  const a = await repeatedRow(operators, reshape(x, [1, x.size]), 0, table.shape[0])
  return forward(operators, 'cosineSimilarity', 'y', { a, b: table })
}

/** The sum of rows of the vocabulary, each times its coefficient. */
export async function combined(operators: Operators, table: Tensor, coefficients: ReadonlyMap<number, number>) {
  const a = tensor(
    [1, table.shape[0]],
    Array.from({ length: table.shape[0] }, (_, row) => coefficients.get(row) ?? 0),
  )
  const y = await forward(operators, 'matmul', 'y', { a, b: table })
  return reshape(y, [table.shape[1]])
}

/** The words a, b, c of «a is to b as c is to ?». */
export function questionOf(values: Values): readonly number[] {
  return [...rowMajor(tensorOf(values, 'question'))]
}

/** The first index of the largest element, indices in `excluded` left out. */
export function largestOutside(x: Tensor, excluded: readonly number[]): Tensor {
  return onHost([x], [], (data) => {
    const allowed = [...data.keys()].filter((i) => !excluded.includes(i))
    return [allowed.reduce((best, i) => (data[i] > data[best] ? i : best))]
  })
}

export function layer(operators: Operators, x: Tensor, weight: Tensor, bias: Tensor): Promise<Tensor> {
  return forward(operators, 'linear', 'y', { x, weight, bias })
}

/** The call of the mean over the words of the text: time first, one text. */
export async function meanCall(values: Values, operators: Operators) {
  const [ids, table] = [tensorOf(values, 'text'), tensorOf(values, 'vectors')]
  const lookup = { ids: reshape(ids, [ids.size, 1]), table }
  return { lookup, mean: { x: await forward(operators, 'embedding', 'y', lookup) } }
}

const wordVectorQuantities: readonly Quantity[] = [
  {
    name: 'similarities',
    symbols: ['s', 'cos', 'similarities', 'cosine similarities', 'cosine similarity', 'sim'],
    meaning: 'the cosine similarity of the word c of the question and every word',
    kind: 'real',
    from: ['vectors', 'question'],
    formula: '\\frac{E_c \\cdot E_j}{\\|E_c\\| \\|E_j\\|}',
    asked: true,
    compute: async (values, operators) => {
      const table = tensorOf(values, 'vectors')
      const c = questionOf(values)[2]
      const a = await repeatedRow(operators, table, c, table.shape[0])
      return forward(operators, 'cosineSimilarity', 'y', { a, b: table })
    },
  },
  {
    name: 'analogy',
    symbols: ['v', 'analogy', 'analogy vector'],
    meaning: 'the vector that completes «a is to b as c is to ?»',
    kind: 'real',
    from: ['vectors', 'question'],
    formula: 'E_c - E_a + E_b',
    asked: true,
    compute: async (values, operators) => {
      const [a, b, c] = questionOf(values)
      return combined(
        operators,
        tensorOf(values, 'vectors'),
        new Map([
          [a, -1],
          [b, 1],
          [c, 1],
        ]),
      )
    },
  },
  {
    name: 'analogySimilarities',
    symbols: ['s_v', 'analogy similarities', 'cos_v', 'sim_v'],
    meaning: 'the cosine similarity of the analogy vector and every word',
    kind: 'real',
    from: ['vectors', 'analogy'],
    formula: '\\frac{v \\cdot E_j}{\\|v\\| \\|E_j\\|}',
    compute: (values, operators) => similaritiesTo(operators, tensorOf(values, 'analogy'), tensorOf(values, 'vectors')),
  },
  {
    name: 'answer',
    symbols: ['answer', 'nearest word', 'nearest', 'w^*'],
    meaning: 'the row of the word that completes the analogy: the most similar one besides a, b and c',
    kind: 'class',
    from: ['analogySimilarities', 'question'],
    formula: '\\text{argmax}_{j \\ne a, b, c}(s_{v,j})',
    asked: true,
    compute: async (values) => largestOutside(tensorOf(values, 'analogySimilarities'), questionOf(values)),
  },
]

const classifierQuantities: readonly Quantity[] = [
  {
    name: 'mean',
    symbols: ['m', 'x', 'mean vector', 'mean', 'bar x', 'bar e'],
    meaning: 'the mean of the vectors of the words of the text',
    kind: 'real',
    from: ['vectors', 'text'],
    formula: '\\frac{1}{T} \\sum_t E_{w_t}',
    asked: true,
    compute: async (values, operators) => {
      const { mean } = await meanCall(values, operators)
      const y = await forward(operators, 'meanOverTime', 'y', mean)
      return reshape(y, [y.size])
    },
  },
  {
    name: 'hiddenSums',
    symbols: ['a', 'a_1', 'z_1', 'pre activation'],
    meaning: 'the pre-activations of the hidden layer',
    kind: 'real',
    from: ['hiddenWeights', 'mean', 'hiddenBias'],
    formula: 'W_1 \\cdot m + b_1',
    compute: (values, operators) =>
      layer(operators, tensorOf(values, 'mean'), tensorOf(values, 'hiddenWeights'), tensorOf(values, 'hiddenBias')),
  },
  {
    name: 'hidden',
    symbols: ['h', 'h_1', 'hidden', 'hidden layer'],
    meaning: 'the hidden layer',
    kind: 'real',
    from: ['hiddenSums'],
    formula: 'ReLU(a)',
    compute: (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'hiddenSums') }),
  },
  {
    name: 'logits',
    symbols: ['z', 'logits', 'o', 'z_2', 'scores'],
    meaning: 'the logits of the classes',
    kind: 'real',
    from: ['outputWeights', 'hidden', 'outputBias'],
    formula: 'W_2 \\cdot h + b_2',
    compute: (values, operators) =>
      layer(operators, tensorOf(values, 'hidden'), tensorOf(values, 'outputWeights'), tensorOf(values, 'outputBias')),
  },
  {
    name: 'probabilities',
    symbols: ['p', 'hat y', 'probabilities', 'P', 'softmax', 'y'],
    meaning: 'the probabilities of the classes',
    kind: 'real',
    from: ['logits'],
    formula: 'softmax(z)',
    asked: true,
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'logits') }),
  },
  {
    name: 'class',
    symbols: ['class', 'prediction', 'predicted class', 'hat c'],
    meaning: 'the class with the largest logit',
    kind: 'class',
    from: ['logits'],
    formula: 'argmax(z)',
    asked: true,
    compute: async (values) => largestOutside(tensorOf(values, 'logits'), []),
  },
  {
    name: 'loss',
    symbols: ['L', 'J', 'loss', 'CE', 'cross entropy', 'cal L', 'ell'],
    meaning: 'the cross-entropy for the class of the text',
    kind: 'real',
    from: ['logits', 'label'],
    formula: '-\\log p_y',
    compute: (values, operators) => forward(operators, 'crossEntropy', 'loss', lossCall(values)),
  },
]

/** The call of the cross-entropy of one text. */
function lossCall(values: Values) {
  const logits = tensorOf(values, 'logits')
  return { logits: reshape(logits, [1, logits.size]), target: tensor([1], [numberOf(values, 'label')]) }
}

/** What a gradient by the outputs of a layer is by its inputs. */
async function throughLayer(operators: Operators, x: Tensor, weight: Tensor, y: Tensor): Promise<Tensor> {
  return (await gradientsOf(operators, 'linear', { x, weight }, { y })).x
}

const gradientQuantities: readonly Quantity[] = [
  {
    name: 'logitsGradient',
    symbols: ['delta', 'delta_z', 'dz', 'delta_2', 'nabla_z'],
    meaning: 'the gradient of the loss by the logits',
    kind: 'real',
    from: ['logits', 'label'],
    formula: 'p - \\text{onehot}(y)',
    compute: async (values, operators) => {
      const { logits } = await gradientsOf(operators, 'crossEntropy', lossCall(values), { loss: scalar(1) })
      return reshape(logits, [logits.size])
    },
  },
  {
    name: 'meanGradient',
    symbols: ['g', 'delta_m', 'dm', 'nabla_m'],
    meaning: 'the gradient of the loss by the mean vector',
    kind: 'real',
    from: ['logitsGradient', 'outputWeights', 'hidden', 'hiddenSums', 'hiddenWeights', 'mean'],
    formula: 'W_1^T ((W_2^T \\delta) \\odot [a > 0])',
    compute: async (values, operators) => {
      const delta = tensorOf(values, 'logitsGradient')
      const y = await throughLayer(operators, tensorOf(values, 'hidden'), tensorOf(values, 'outputWeights'), delta)
      const { x } = await gradientsOf(operators, 'relu', { x: tensorOf(values, 'hiddenSums') }, { y })
      return throughLayer(operators, tensorOf(values, 'mean'), tensorOf(values, 'hiddenWeights'), x)
    },
  },
  {
    name: 'vectorsGradient',
    symbols: ['G', 'dE', 'nabla_E', 'delta_E'],
    meaning: 'the gradient of the loss by the vectors of all words, where they are not frozen',
    kind: 'real',
    from: ['meanGradient', 'vectors', 'text'],
    formula: '\\frac{1}{T} \\text{count}(j) g',
    asked: true,
    compute: async (values, operators) => {
      const { lookup, mean } = await meanCall(values, operators)
      const g = tensorOf(values, 'meanGradient')
      const { x } = await gradientsOf(operators, 'meanOverTime', mean, { y: reshape(g, [1, g.size]) })
      return (await gradientsOf(operators, 'embedding', lookup, { y: x })).table
    },
  },
]

/** Σ of products of whole numbers, each of which is a row of two factors, by `linear`. */
export async function sumOfProducts(operators: Operators, pairs: readonly (readonly [number, number])[]) {
  const x = tensor(
    [pairs.length],
    pairs.map(([first]) => first),
  )
  const weight = tensor(
    [1, pairs.length],
    pairs.map(([, second]) => second),
  )
  return reshape(await forward(operators, 'linear', 'y', { x, weight }), [])
}

const lstmQuantities: readonly Quantity[] = [
  {
    name: 'frozenParameters',
    symbols: ['N_frozen', 'frozen parameters', 'parameters frozen', 'frozen', 'lstm parameters', 'N_lstm'],
    meaning: 'the parameters that are trained where the embedding is frozen: those of the LSTM',
    kind: 'whole',
    from: ['lstmUnits', 'lstmInputs'],
    formula: '4 \\cdot H \\cdot (D + H + 1)',
    asked: true,
    compute: (values, operators) => {
      const [H, D] = ['lstmUnits', 'lstmInputs'].map((name) => numberOf(values, name))
      return sumOfProducts(operators, [
        [4 * H, D],
        [4 * H, H],
        [4 * H, 1],
      ])
    },
  },
  {
    name: 'trainedParameters',
    symbols: [
      'N_trained',
      'N_unfrozen',
      'unfrozen parameters',
      'parameters unfrozen',
      'unfrozen',
      'trained parameters',
    ],
    meaning: 'the parameters that are trained where the embedding is not frozen',
    kind: 'whole',
    from: ['frozenParameters', 'lstmVocabulary', 'lstmInputs'],
    formula: 'N_{frozen} + V \\cdot D',
    asked: true,
    compute: async (values, operators) => {
      const [V, D] = ['lstmVocabulary', 'lstmInputs'].map((name) => numberOf(values, name))
      const weight = joined([scalar(V), tensorOf(values, 'frozenParameters')], [1, 2])
      return reshape(await forward(operators, 'linear', 'y', { x: tensor([2], [D, 1]), weight }), [])
    },
  },
]

/** Everything that sharif/p1 asks for on paper. */
export const wordQuantities: readonly Quantity[] = [
  ...wordVectorQuantities,
  ...classifierQuantities,
  ...gradientQuantities,
  ...lstmQuantities,
]
