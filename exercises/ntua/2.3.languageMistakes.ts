import { map, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { lengthMistakes, mistake, rowLossMistakes, temperatureMistakes } from './2.3.contrastMistakes.js'
import { contextStep, pastOf } from './2.3.language.js'
import { timesTransposed } from './2.3.steps.js'

/** A mistake in what dropout leaves, for both masks. */
function dropoutMistake(
  name: string,
  explanation: string,
  wrong: (x: number, kept: number, rate: number) => number,
): ExerciseMistake {
  return {
    name,
    quantities: ['dropped1', 'dropped2'],
    explanation,
    from: (quantity) => ['sentences', `mask${quantity.at(-1)}`, 'rate'],
    compute: async (quantity, values) => {
      const rate = numberOf(values, 'rate')
      return zip(tensorOf(values, 'sentences'), tensorOf(values, `mask${quantity.at(-1)}`), (x, kept) =>
        wrong(x, kept, rate),
      )
    },
  }
}

const simcse: readonly ExerciseMistake[] = [
  dropoutMistake(
    'kept numbers not divided',
    'is what you get when what is kept is not divided by the share that is kept.',
    (x, kept) => x * kept,
  ),
  dropoutMistake(
    'mask turned over',
    'is what the mask takes away; 1 means kept.',
    (x, kept, rate) => (x * (1 - kept)) / (1 - rate),
  ),
  dropoutMistake(
    'kept numbers multiplied',
    'is multiplied by the share that is kept; it is divided by it.',
    (x, kept, rate) => x * kept * (1 - rate),
  ),
  dropoutMistake('dropout left out', 'is the sentence without dropout.', (x) => x),
  ...lengthMistakes('droppedUnits1', 'dropped1', ' (mask 1)'),
  ...lengthMistakes('droppedUnits2', 'dropped2', ' (mask 2)'),
  mistake(
    'sentenceSimilarities',
    'one mask twice',
    'is what you get when the sentences under mask 1 are compared with themselves: each is then just like itself.',
    ['droppedUnits1'],
    (values, operators) =>
      timesTransposed(operators, tensorOf(values, 'droppedUnits1'), tensorOf(values, 'droppedUnits1')),
  ),
  mistake(
    'sentenceSimilarities',
    'masks exchanged',
    'is the transpose: rows belong to mask 1, columns to mask 2.',
    ['droppedUnits1', 'droppedUnits2'],
    (values, operators) =>
      timesTransposed(operators, tensorOf(values, 'droppedUnits2'), tensorOf(values, 'droppedUnits1')),
  ),
  mistake(
    'sentenceSimilarities',
    'products of undivided sentences',
    'are the products of the sentences under dropout, not of their directions.',
    ['dropped1', 'dropped2'],
    (values, operators) => timesTransposed(operators, tensorOf(values, 'dropped1'), tensorOf(values, 'dropped2')),
  ),
  ...temperatureMistakes(
    'sentenceLogits',
    'sentenceSimilarities',
    ' (SimCSE)',
    async (_, similarities) => similarities,
  ),
  ...rowLossMistakes('sentence', 'sentenceLogits', [0, 1], ' (SimCSE)'),
]

const context = ['past', 'inputWeights', 'contextWeights', 'context1']

/** A matrix product with the transpose of the matrix. */
function transposedProduct(matrix: string, vector: string) {
  return async (values: Values, operators: Operators): Promise<Tensor> => {
    const [a, b] = [tensorOf(values, vector), tensorOf(values, matrix)]
    const y = await forward(operators, 'matmul', 'y', { a: tensor([1, a.size], rowMajor(a)), b })
    return tensor([y.size], rowMajor(y))
  }
}

const cpc: readonly ExerciseMistake[] = [
  mistake(
    'context2',
    'ReLU left out of the context',
    'is what you get without the ReLU.',
    context,
    (values, operators) =>
      contextStep(values, [pastOf(values, 2), tensorOf(values, 'context1')], operators, 'identity'),
  ),
  mistake(
    'context2',
    'previous context left out',
    'is what you get when the previous context is not added: the past is forgotten.',
    context,
    (values, operators) => contextStep(values, [pastOf(values, 2), tensor([2], [0, 0])], operators),
  ),
  mistake(
    'context2',
    'first step read twice',
    'is what you get when the first step is read again.',
    context,
    (values, operators) => contextStep(values, [pastOf(values, 1), tensorOf(values, 'context1')], operators),
  ),
  ...([1, 2] as const).flatMap((k) => [
    mistake(
      `prediction${k}`,
      `weights of the prediction transposed (step ${k})`,
      'is what you get with the transpose of the weights.',
      [`stepWeights${k}`, 'context2'],
      transposedProduct(`stepWeights${k}`, 'context2'),
    ),
    mistake(
      `prediction${k}`,
      `weights of the other step (step ${k})`,
      'is what you get with the weights of the other step; each step ahead has its own.',
      [`stepWeights${3 - k}`, 'context2'],
      async (values, operators) => {
        const y = await timesTransposed(
          operators,
          tensorOf(values, `stepWeights${3 - k}`),
          tensor([1, 2], rowMajor(tensorOf(values, 'context2'))),
        )
        return tensor([2], rowMajor(y))
      },
    ),
    mistake(
      `prediction${k}`,
      `context not multiplied (step ${k})`,
      'is the context itself; the weights of the step predict from it.',
      ['context2'],
      (values) => map(tensorOf(values, 'context2'), (value) => value),
    ),
  ]),
  mistake(
    'futureLogits',
    'cosines in place of products',
    'are cosines; CPC compares by the product.',
    ['prediction1', 'prediction2', 'future'],
    (values) => {
      const rows = (name: string, at: number) => rowMajor(tensorOf(values, name)).slice(2 * at, 2 * at + 2)
      const cosines = ['prediction1', 'prediction2'].flatMap((prediction) =>
        [0, 1, 2].map((candidate) => {
          const [[a, b], [c, d]] = [rows(prediction, 0), rows('future', candidate)]
          return (a * c + b * d) / (Math.hypot(a, b) * Math.hypot(c, d) || 1)
        }),
      )
      return tensor([2, 3], cosines)
    },
  ),
  mistake(
    'futureLogits',
    'predictions exchanged',
    'has the rows of the two predictions exchanged.',
    ['prediction1', 'prediction2', 'future'],
    (values, operators) => {
      const rows = ['prediction2', 'prediction1'].flatMap((name) => [...rowMajor(tensorOf(values, name))])
      return timesTransposed(operators, tensor([2, 2], rows), tensorOf(values, 'future'))
    },
  ),
  mistake(
    'futureLogits',
    'divided by a temperature',
    'is divided by the temperature; CPC has none.',
    ['prediction1', 'prediction2', 'future', 'temperature'],
    async (values, operators) => {
      const rows = ['prediction1', 'prediction2'].flatMap((name) => [...rowMajor(tensorOf(values, name))])
      const products = await timesTransposed(operators, tensor([2, 2], rows), tensorOf(values, 'future'))
      return map(products, (product) => product / numberOf(values, 'temperature'))
    },
  ),
  ...rowLossMistakes('future', 'futureLogits', [0, 1], ' (CPC)'),
  mistake(
    'futureLoss',
    'next step only',
    'is the loss of the prediction one step ahead alone.',
    ['futureRowLosses'],
    (values) => scalar(rowMajor(tensorOf(values, 'futureRowLosses'))[0]),
  ),
]

/** What people get wrong in the two techniques for language. */
export const languageMistakes: readonly ExerciseMistake[] = [...simcse, ...cpc]
