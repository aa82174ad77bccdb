import { rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { lengthMistakes, mistake, rowLossMistakes, temperatureMistakes } from './2.3.contrastMistakes.js'
import { rowLossesOf, timesTransposed } from './2.3.steps.js'
import { pairs, withoutDiagonal } from './2.3.vision.js'
import { scaledBy } from './scaling.js'

/** The softmax of every view shared out over all four views, itself too. */
async function withSelf(values: Values, operators: Operators): Promise<Tensor> {
  const logits = await scaledBy(operators, tensorOf(values, 'viewSimilarities'), 1 / numberOf(values, 'temperature'))
  return rowLossesOf(operators, logits, [2, 3, 0, 1])
}

/** What people get wrong in SimCLR. */
export const simclrMistakes: readonly ExerciseMistake[] = [
  mistake(
    'headHidden',
    'ReLU left out of the head',
    'is what you get without the ReLU.',
    ['representations', 'headWeights1'],
    (values, operators) =>
      timesTransposed(operators, tensorOf(values, 'representations'), tensorOf(values, 'headWeights1')),
  ),
  mistake(
    'headHidden',
    'first layer of the head transposed',
    'is what you get with the transpose of W₁: H·W₁.',
    ['representations', 'headWeights1'],
    async (values, operators) => {
      const y = await forward(operators, 'matmul', 'y', {
        a: tensorOf(values, 'representations'),
        b: tensorOf(values, 'headWeights1'),
      })
      return forward(operators, 'relu', 'y', { x: y })
    },
  ),
  mistake(
    'projections',
    'second layer of the head transposed',
    'is what you get with the transpose of W₂: A·W₂.',
    ['headHidden', 'headWeights2'],
    (values, operators) =>
      forward(operators, 'matmul', 'y', { a: tensorOf(values, 'headHidden'), b: tensorOf(values, 'headWeights2') }),
  ),
  mistake(
    'projections',
    'head left out',
    'are the representations themselves: the loss compares what the projection head makes of them.',
    ['representations'],
    (values) => tensorOf(values, 'representations'),
  ),
  mistake(
    'projections',
    'ReLU after the second layer',
    'is what you get with a ReLU after the second layer too.',
    ['headHidden', 'headWeights2'],
    async (values, operators) => {
      const y = await timesTransposed(operators, tensorOf(values, 'headHidden'), tensorOf(values, 'headWeights2'))
      return forward(operators, 'relu', 'y', { x: y })
    },
  ),
  ...lengthMistakes('projectionUnits', 'projections', ''),
  mistake(
    'viewSimilarities',
    'products of undivided projections',
    'are the products of the projections, not of their directions.',
    ['projections'],
    (values, operators) => timesTransposed(operators, tensorOf(values, 'projections'), tensorOf(values, 'projections')),
  ),
  ...temperatureMistakes('viewLogits', 'viewSimilarities', '', withoutDiagonal),
  ...rowLossMistakes('view', 'viewLogits', pairs, ''),
  mistake(
    'viewRowLosses',
    'view compared with itself',
    'is what you get when a view is compared with itself too; it is left out.',
    ['viewSimilarities', 'temperature'],
    withSelf,
  ),
  mistake(
    'viewLoss',
    'first views only',
    'is the mean over the first views alone; both views of an image are anchors.',
    ['viewRowLosses'],
    (values) => {
      const [first, second] = rowMajor(tensorOf(values, 'viewRowLosses'))
      return scalar((first + second) / 2)
    },
  ),
]
