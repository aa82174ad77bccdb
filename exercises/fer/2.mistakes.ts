import { rowMajor, scalar } from '../../oracle/tensor.js'
import { chainMistakes } from '../architecture/mistakes.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { classifierTable } from './2.chain.js'

/** A mistake of whole numbers; `shape` is [channels, height, width] of the last map. */
function mistake(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values) => number,
): ExerciseMistake {
  return {
    name,
    quantities: [quantity],
    explanation,
    from: () => from,
    compute: async (_, values) => scalar(wrong(values)),
  }
}

function lengths(values: Values): readonly number[] {
  return [...rowMajor(tensorOf(values, 'pool2Shape'))]
}

/** What people get wrong in fer/2. */
export const classifierMistakes: readonly ExerciseMistake[] = [
  ...chainMistakes(classifierTable),
  mistake(
    'positions not flattened',
    'fcParameters',
    'connects each unit with the channels of the last map only; it is connected with every position of them.',
    ['pool2Shape', 'classes'],
    (values) => (lengths(values)[0] + 1) * numberOf(values, 'classes'),
  ),
  mistake(
    'channels not flattened',
    'fcParameters',
    'connects each unit with the positions of one channel only; it is connected with all channels.',
    ['pool2Shape', 'classes'],
    (values) => (lengths(values)[1] * lengths(values)[2] + 1) * numberOf(values, 'classes'),
  ),
  mistake(
    'one row of the map flattened',
    'flattenShape',
    'counts one row of each channel; the map has height and width.',
    ['pool2Shape'],
    (values) => lengths(values)[0] * lengths(values)[1],
  ),
  mistake(
    'field of one position',
    'fcReceptiveField',
    'is what one unit of the last map sees; a unit of the fully connected layer sees what all of them see.',
    ['pool2ReceptiveField'],
    (values) => numberOf(values, 'pool2ReceptiveField'),
  ),
  mistake(
    'fields side by side',
    'fcReceptiveField',
    'is what you get when the fields of the last map’s units do not overlap.',
    ['pool2Shape', 'pool2ReceptiveField'],
    (values) => lengths(values)[1] * numberOf(values, 'pool2ReceptiveField'),
  ),
  mistake(
    'one jump too many',
    'leastSide',
    'is what you get with a jump for each unit; between n units there are n − 1.',
    ['pool2Shape', 'pool2Jump', 'pool2ReceptiveField'],
    (values) => lengths(values)[1] * numberOf(values, 'pool2Jump') + numberOf(values, 'pool2ReceptiveField'),
  ),
  mistake(
    'only the size of the exercise',
    'leastSide',
    'is the size of the exercise; its last rows may be missing without the last map becoming smaller.',
    ['side'],
    (values) => numberOf(values, 'side'),
  ),
  mistake(
    'first size that is too large',
    'mostSide',
    'is the first size with another row of units; the largest that is accepted is one pixel less.',
    ['leastSide', 'pool2Jump'],
    (values) => numberOf(values, 'leastSide') + numberOf(values, 'pool2Jump'),
  ),
  mistake(
    'only the jump of the last pooling',
    'mostSide',
    'is what you get with the stride of the last pooling; rows of the image come with the jump, the product of all strides.',
    ['leastSide', 'poolStride'],
    (values) => numberOf(values, 'leastSide') + numberOf(values, 'poolStride') - 1,
  ),
  mistake(
    'same size as with flattening',
    'leastSideWithGlobalPooling',
    'is the smallest image with flattening; a mean needs one position only.',
    ['leastSide'],
    (values) => numberOf(values, 'leastSide'),
  ),
]
