import { map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { mistake, temperatureMistakes } from './2.3.contrastMistakes.js'
import { rowLossesOf, timesVector } from './2.3.steps.js'
import { keysOf } from './2.3.vision.js'
import { scaledBy } from './scaling.js'

/** The keys mixed by weights, less the positive one where `less`. */
async function mixedKeys(values: Values, operators: Operators, f: (p: number, i: number) => number): Promise<Tensor> {
  const weights = rowMajor(tensorOf(values, 'keyProbabilities')).map(f)
  const keys = keysOf(values)
  const y = await forward(operators, 'matmul', 'y', { a: tensor([1, weights.length], weights), b: keys })
  return reshape(y, [keys.shape[1]])
}

const gradientInputs = ['keyProbabilities', 'positiveKey', 'queue', 'temperature']
const lessPositive = (p: number, i: number) => (i === 0 ? p - 1 : p)

/** What people get wrong in MoCo. */
export const mocoMistakes: readonly ExerciseMistake[] = [
  mistake(
    'keySimilarities',
    'products with magnitudes',
    'is what you get with the magnitudes of the keys; their signs count.',
    ['query', 'positiveKey', 'queue'],
    (values, operators) => timesVector(operators, map(keysOf(values), Math.abs), tensorOf(values, 'query')),
  ),
  mistake(
    'keySimilarities',
    'positive key compared with the queue',
    'are the products of the positive key; the query is compared.',
    ['positiveKey', 'queue'],
    (values, operators) => timesVector(operators, keysOf(values), tensorOf(values, 'positiveKey')),
  ),
  ...temperatureMistakes('keyLogits', 'keySimilarities', ' (MoCo)', async (_, similarities) => similarities),
  mistake(
    'keyProbabilities',
    'normalised without exponentials',
    'is divided by the sum without exponentials; the softmax takes them first.',
    ['keyLogits'],
    (values) => {
      const logits = tensorOf(values, 'keyLogits')
      const sum = rowMajor(logits).reduce((total, logit) => total + logit, 0)
      return map(logits, (logit) => logit / sum)
    },
  ),
  mistake(
    'keyProbabilities',
    'exponentials not normalised',
    'are the exponentials of the logits, not divided by their sum.',
    ['keyLogits'],
    (values) => map(tensorOf(values, 'keyLogits'), Math.exp),
  ),
  mistake(
    'keyLoss',
    'positive left out of the sum (MoCo)',
    'is what you get when only the queue is in the denominator.',
    ['keyLogits'],
    (values) => {
      const [positive, ...queue] = rowMajor(tensorOf(values, 'keyLogits'))
      return scalar(Math.log(queue.reduce((sum, logit) => sum + Math.exp(logit), 0)) - positive)
    },
  ),
  mistake(
    'keyLoss',
    'last key as the positive',
    'is what you get when the last key of the queue is taken for the positive.',
    ['keyLogits'],
    async (values, operators) => {
      const logits = tensorOf(values, 'keyLogits')
      return reshape(await rowLossesOf(operators, reshape(logits, [1, logits.size]), [logits.size - 1]), [])
    },
  ),
  mistake(
    'keyLoss',
    'minus forgotten (MoCo)',
    'is the logarithm of the probability; the loss is its negative.',
    ['keyLogits'],
    async (values, operators) => {
      const logits = tensorOf(values, 'keyLogits')
      return map(reshape(await rowLossesOf(operators, reshape(logits, [1, logits.size]), [0]), []), (loss) => -loss)
    },
  ),
  mistake(
    'queryGradient',
    'temperature left out of the gradient',
    'is what you get without dividing by the temperature.',
    gradientInputs,
    (values, operators) => mixedKeys(values, operators, lessPositive),
  ),
  mistake(
    'queryGradient',
    'positive not subtracted',
    'is the mixture of the keys alone; the positive key is subtracted.',
    gradientInputs,
    async (values, operators) =>
      scaledBy(operators, await mixedKeys(values, operators, (p) => p), 1 / numberOf(values, 'temperature')),
  ),
  mistake(
    'queryGradient',
    'ascent in place of descent',
    'has the opposite sign: a step against it would move the query away from its positive.',
    gradientInputs,
    async (values, operators) =>
      scaledBy(operators, await mixedKeys(values, operators, lessPositive), -1 / numberOf(values, 'temperature')),
  ),
  mistake(
    'newQueue',
    'newest key dropped',
    'has dropped the newest key of the queue; the oldest one leaves.',
    ['positiveKey', 'queue'],
    (values) => {
      const queue = rowMajor(tensorOf(values, 'queue'))
      return tensor([3, 2], [...queue.subarray(0, 4), ...rowMajor(tensorOf(values, 'positiveKey'))])
    },
  ),
  mistake(
    'newQueue',
    'key put at the front',
    'has the new key in front; it joins at the end, behind those that wait.',
    ['positiveKey', 'queue'],
    (values) => {
      const queue = rowMajor(tensorOf(values, 'queue'))
      return tensor([3, 2], [...rowMajor(tensorOf(values, 'positiveKey')), ...queue.subarray(2)])
    },
  ),
  mistake('newQueue', 'queue left as it was', 'is the queue before the step.', ['queue'], (values) =>
    tensorOf(values, 'queue'),
  ),
  mistake(
    'newQueue',
    'query put into the queue',
    'has the query at its end; keys of the key encoder are queued.',
    ['query', 'queue'],
    (values) => {
      const queue = rowMajor(tensorOf(values, 'queue'))
      return tensor([3, 2], [...queue.subarray(2), ...rowMajor(tensorOf(values, 'query'))])
    },
  ),
  mistake(
    'newKeyParameters',
    'encoders exchanged',
    'has the encoders exchanged: m belongs to the key encoder’s own parameters.',
    ['momentum', 'keyParameters', 'queryParameters'],
    (values) => {
      const m = numberOf(values, 'momentum')
      return zip(
        tensorOf(values, 'keyParameters'),
        tensorOf(values, 'queryParameters'),
        (key, query) => (1 - m) * key + m * query,
      )
    },
  ),
  mistake(
    'newKeyParameters',
    'query encoder copied',
    'are the parameters of the query encoder: a copy, without momentum.',
    ['queryParameters'],
    (values) => tensorOf(values, 'queryParameters'),
  ),
  mistake(
    'newKeyParameters',
    'weights do not sum to 1',
    'is what you get when the query encoder is added in full: m·θ_k + θ_q.',
    ['momentum', 'keyParameters', 'queryParameters'],
    (values) => {
      const m = numberOf(values, 'momentum')
      return zip(
        tensorOf(values, 'keyParameters'),
        tensorOf(values, 'queryParameters'),
        (key, query) => m * key + query,
      )
    },
  ),
]
