import { map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { length, times, width } from './2.1.sequence.js'

type Wrong = (values: Values, operators: Operators, quantity: string) => Tensor | Promise<Tensor>

function mistake(
  name: string,
  quantities: readonly string[],
  explanation: string,
  from: (quantity: string) => readonly string[],
  wrong: Wrong,
): ExerciseMistake {
  return {
    name,
    quantities,
    explanation,
    from,
    compute: async (quantity, values, operators) => wrong(values, operators, quantity),
  }
}

/** A mistake in a quantity that reads these and nothing else. */
function of(
  quantity: string,
  name: string,
  explanation: string,
  from: readonly string[],
  wrong: Wrong,
): ExerciseMistake {
  return mistake(name, [quantity], explanation, () => from, wrong)
}

const sumOf = (x: Tensor) => rowMajor(x).reduce((sum, value) => sum + value, 0)

/** The scaled scores with another divisor. */
function dividedBy(name: string, explanation: string, divisor: number): ExerciseMistake {
  return of('scaledScores', name, explanation, ['scores'], (values) =>
    map(tensorOf(values, 'scores'), (score) => score / divisor),
  )
}

/** The output as another weighting of the rows of X. */
function weighted(
  name: string,
  explanation: string,
  from: readonly string[],
  weights: (values: Values) => ArrayLike<number>,
): ExerciseMistake {
  return of('output', name, explanation, ['sequence', ...from], async (values, operators) => {
    const row = tensor([1, length], weights(values))
    return reshape(await times(operators, row, tensorOf(values, 'sequence')), [width])
  })
}

/** What people get wrong in ntua/2.1a. */
export const singleQueryMistakes: readonly ExerciseMistake[] = [
  of(
    'scores',
    'signs of the query dropped',
    'is what you get with the magnitudes of the query; its signs count.',
    ['sequence', 'usedQuery'],
    async (values, operators) => {
      const query = map(tensorOf(values, 'usedQuery'), Math.abs)
      return reshape(await times(operators, tensorOf(values, 'sequence'), reshape(query, [width, 1])), [length])
    },
  ),
  of(
    'scores',
    'cosine instead of the product',
    'is the cosine of every vector with the query; scaled dot-product attention takes the product.',
    ['sequence', 'usedQuery'],
    (values, operators) => {
      const query = rowMajor(tensorOf(values, 'usedQuery'))
      const b = tensor([length, width], Array.from({ length }, () => [...query]).flat())
      return forward(operators, 'cosineSimilarity', 'y', { a: tensorOf(values, 'sequence'), b })
    },
  ),
  of(
    'dimension',
    'length of the sequence as the dimension',
    'is the number of vectors; d_k is the number of components of one.',
    ['sequence'],
    (values) => scalar(tensorOf(values, 'sequence').shape[0]),
  ),
  dividedBy('scaling left out', 'is what you get without dividing by √d_k.', 1),
  dividedBy(
    'root left out',
    'is what you get when the scores are divided by d_k itself; its root belongs there.',
    width,
  ),
  dividedBy(
    'root of the length',
    'is what you get with the root of the number of vectors; d_k is the dimension of the query.',
    Math.sqrt(length),
  ),
  dividedBy('multiplied by the root', 'is what you get when the scores are multiplied by √d_k.', 1 / Math.sqrt(width)),
  of(
    'exponentials',
    'exponentials of the unscaled scores',
    'are the exponentials of the scores before they are scaled.',
    ['scores'],
    (values) => map(tensorOf(values, 'scores'), Math.exp),
  ),
  of('exponentials', 'powers of two', 'are powers of 2; the softmax takes powers of e.', ['scaledScores'], (values) =>
    map(tensorOf(values, 'scaledScores'), (score) => 2 ** score),
  ),
  of(
    'normalizer',
    'sum of the scores',
    'is the sum of the scaled scores; the softmax divides by the sum of their exponentials.',
    ['scaledScores'],
    (values) => scalar(sumOf(tensorOf(values, 'scaledScores'))),
  ),
  of(
    'probabilities',
    'softmax of the unscaled scores',
    'is the softmax of the scores before they are scaled.',
    ['scores'],
    (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scores') }),
  ),
  of(
    'probabilities',
    'normalised without exponentials',
    'is the vector of scaled scores divided by its sum; the softmax takes exponentials first.',
    ['scaledScores'],
    (values) => {
      const scores = tensorOf(values, 'scaledScores')
      return map(scores, (score) => score / sumOf(scores))
    },
  ),
  of(
    'probabilities',
    'scores over the sum of exponentials',
    'is the vector of scaled scores divided by the sum of their exponentials; the numerators are exponentials too.',
    ['scaledScores'],
    (values) => {
      const scores = tensorOf(values, 'scaledScores')
      const sum = sumOf(map(scores, Math.exp))
      return map(scores, (score) => score / sum)
    },
  ),
  of(
    'probabilities',
    'exponentials not normalised',
    'is the vector of exponentials, not divided by its sum.',
    ['scaledScores'],
    (values) => map(tensorOf(values, 'scaledScores'), Math.exp),
  ),
  of(
    'probabilities',
    'divided by the number of exponentials',
    'is the vector of exponentials divided by their number instead of their sum.',
    ['scaledScores'],
    (values) => map(tensorOf(values, 'scaledScores'), (score) => Math.exp(score) / length),
  ),
  of(
    'probabilities',
    'all attention on the largest score',
    'is 1 at the largest score and 0 elsewhere; the softmax is soft.',
    ['scaledScores'],
    (values) => {
      const scores = tensorOf(values, 'scaledScores')
      const place = argmax(rowMajor(scores))
      return tensor(
        [length],
        Array.from({ length }, (_, i) => (i === place ? 1 : 0)),
      )
    },
  ),
  mistake(
    'vector not weighted',
    Array.from({ length }, (_, i) => `y${i + 1}`),
    'is the vector itself, not weighted by its probability.',
    (quantity) => [`x${quantity[1]}`],
    (values, _, quantity) => tensorOf(values, `x${quantity[1]}`),
  ),
  mistake(
    'sign of a weighted component lost',
    Array.from({ length }, (_, i) => `y${i + 1}`),
    'has lost the sign of a negative component.',
    (quantity) => [`p${quantity[1]}`, `x${quantity[1]}`],
    (values, _, quantity) => {
      const weight = rowMajor(tensorOf(values, `p${quantity[1]}`))[0]
      return map(tensorOf(values, `x${quantity[1]}`), (component) => Math.abs(weight * component))
    },
  ),
  weighted(
    'mean of the sequence',
    'is the mean of the vectors: every weight ¼ instead of its attention probability.',
    [],
    () => new Float64Array(length).fill(1 / length),
  ),
  weighted('vectors not weighted', 'is the sum of the vectors without their attention probabilities.', [], () =>
    new Float64Array(length).fill(1),
  ),
  weighted(
    'weighted by the scaled scores',
    'has the scaled scores as weights; the probabilities belong there.',
    ['scaledScores'],
    (values) => rowMajor(tensorOf(values, 'scaledScores')),
  ),
  weighted(
    'weighted by the exponentials',
    'has the exponentials as weights, not divided by their sum.',
    ['exponentials'],
    (values) => rowMajor(tensorOf(values, 'exponentials')),
  ),
  weighted(
    'most attended vector',
    'is the vector of the largest probability alone; the output mixes all of them.',
    ['probabilities'],
    (values) => {
      const p = rowMajor(tensorOf(values, 'probabilities'))
      return Array.from(p, (_, i) => (i === argmax(p) ? 1 : 0))
    },
  ),
  of(
    'output',
    'divided by the length again',
    'is the weighted sum divided by the number of vectors; the probabilities sum to 1 already.',
    Array.from({ length }, (_, i) => `y${i + 1}`),
    (values) => {
      const sum = Object.values(values).reduce((a, b) => zip(a, b, (p, q) => p + q))
      return map(sum, (component) => component / length)
    },
  ),
]

function argmax(numbers: Float64Array): number {
  return numbers.indexOf(Math.max(...numbers))
}
