import { tensor } from '../../oracle/tensor.js'
import { forward, numberOf, onHost, product, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { minus } from '../matrices.js'
import { mistake } from '../mistake.js'
import { plus } from '../training.js'
import { gradientMistakes, lossMistakes } from './2.gradientMistakes.js'
import { affine, concatenated, parentOf } from './2.quantities.js'

const sizes = ['wordSize', 'parentSize', 'classes']

/** A wrong count out of D_x, D_p and D_c. */
function miscount(
  name: string,
  explanation: string,
  terms: (x: number, p: number, c: number) => number,
  quantity = 'parameters',
): ExerciseMistake {
  const used =
    quantity === 'parameters' ? sizes : quantity === 'classifierParameters' ? sizes.slice(1) : sizes.slice(0, 2)
  return mistake(name, quantity, explanation, used, (values, operators) => {
    const [x, p, c] = sizes.map((size) => (used.includes(size) ? numberOf(values, size) : 0))
    return product(operators, terms(x, p, c), 1)
  })
}

const ofSizes: readonly ExerciseMistake[] = [
  miscount('biases forgotten', 'is what you get without the three biases.', (x, p, c) => 4 * x * p + c * p),
  miscount(
    'one word in place of two',
    'is what you get when W₁ reads one word and W₂ reconstructs one: they are as long as two.',
    (x, p, c) => (x + 1) * p + (p + 1) * x + (p + 1) * c,
  ),
  miscount(
    'decoder not counted',
    'is what you get without W₂ and b₂, which are trained as well.',
    (x, p, c) => (2 * x + 1) * p + (p + 1) * c,
  ),
  miscount('classifier not counted', 'is what you get without W₃ and b₃.', (x, p) => (2 * x + 1) * p + (p + 1) * 2 * x),
  miscount(
    'decoder’s weights tied',
    'is what you get when W₂ is the transpose of W₁; here it has weights of its own.',
    (x, p, c) => (2 * x + 1) * p + 2 * x + (p + 1) * c,
  ),
  miscount(
    'two matrices in place of one',
    'counts W₁₁ and W₁₂ as 2·D_x wide each; together they are.',
    (x, p) => (4 * x + 1) * p,
    'encoderParameters',
  ),
  miscount('bias of the encoder forgotten', 'is what you get without b₁.', (x, p) => 2 * x * p, 'encoderParameters'),
  miscount('bias of the decoder forgotten', 'is what you get without b₂.', (x, p) => 2 * x * p, 'decoderParameters'),
  miscount(
    'bias of the classifier forgotten',
    'is what you get without b₃.',
    (_, p, c) => c * p,
    'classifierParameters',
  ),
  ...(
    [
      ['shapeWeight1', 'W₁', ['parentSize', 'wordSize']],
      ['shapeWeight2', 'W₂', ['wordSize', 'parentSize']],
    ] as const
  ).map(([quantity, symbol, names]) =>
    mistake(`one word long: ${symbol}`, quantity, 'has D_x where two words, 2·D_x, belong.', names, async (values) =>
      tensor(
        [2],
        names.map((name) => numberOf(values, name)),
      ),
    ),
  ),
  ...(
    [
      ['shapeWeight1', 'W₁', ['wordSize', 'parentSize'], [2, 1]],
      ['shapeWeight2', 'W₂', ['parentSize', 'wordSize'], [1, 2]],
      ['shapeWeight3', 'W₃', ['parentSize', 'classes'], [1, 1]],
    ] as const
  ).map(([quantity, symbol, names, factors]) =>
    mistake(
      `transposed: ${symbol}`,
      quantity,
      'has rows and columns exchanged: the matrix stands on the left of a column vector.',
      names,
      async (values) =>
        tensor(
          [2],
          names.map((name, i) => factors[i] * numberOf(values, name)),
        ),
    ),
  ),
  mistake(
    'bias as long as the input',
    'shapeBias1',
    'is the length of the input; a bias is as long as the output.',
    ['wordSize'],
    async (values) => tensor([2], [2 * numberOf(values, 'wordSize'), 1]),
  ),
  mistake(
    'bias of one word',
    'shapeBias2',
    'is the length of one word; two are reconstructed.',
    ['wordSize'],
    async (values) => tensor([2], [numberOf(values, 'wordSize'), 1]),
  ),
]

const ofPair: readonly ExerciseMistake[] = [
  mistake('words in the other order', 'x', 'has the second word before the first.', ['x1', 'x2'], async (values) =>
    concatenated(tensorOf(values, 'x2'), tensorOf(values, 'x1')),
  ),
  mistake(
    'words added',
    'x',
    'is the sum of the words; they are put one after the other.',
    ['x1', 'x2'],
    async (values) => plus(tensorOf(values, 'x1'), tensorOf(values, 'x2')),
  ),
  mistake('bias b₁ forgotten', 'preActivation', 'is what you get without b₁.', ['weight1', 'x'], (values, operators) =>
    forward(operators, 'linear', 'y', { x: tensorOf(values, 'x'), weight: tensorOf(values, 'weight1') }),
  ),
  mistake(
    'ReLU forgotten',
    'parent',
    'is the pre-activation: ReLU was not applied.',
    ['preActivation'],
    async (values) => tensorOf(values, 'preActivation'),
  ),
  mistake(
    'absolute value in place of ReLU',
    'parent',
    'is the absolute value; ReLU sets what is negative to 0.',
    ['preActivation'],
    async (values) => onHost([tensorOf(values, 'preActivation')], [2], (a) => a.map(Math.abs)),
  ),
  mistake(
    'sigmoid in place of ReLU',
    'parent',
    'is what you get with a sigmoid.',
    ['preActivation'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'preActivation') }),
  ),
  mistake(
    'tanh in place of ReLU',
    'parent',
    'is what you get with tanh, as in the original recursive autoencoder.',
    ['preActivation'],
    (values, operators) => forward(operators, 'tanh', 'y', { x: tensorOf(values, 'preActivation') }),
  ),
  mistake(
    'bias b₂ forgotten',
    'reconstruction',
    'is what you get without b₂.',
    ['weight2', 'parent'],
    (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'parent'), weight: tensorOf(values, 'weight2') }),
  ),
  mistake(
    'ReLU on the reconstruction',
    'reconstruction',
    'is what you get with a ReLU after W₂, where there is none.',
    ['weight2', 'parent', 'bias2'],
    async (values, operators) =>
      forward(operators, 'relu', 'y', { x: await affine(values, 2, tensorOf(values, 'parent'), operators) }),
  ),
  mistake(
    'input minus reconstruction',
    'residual',
    'has the opposite sign: x − x′.',
    ['reconstruction', 'x'],
    async (values) => minus(tensorOf(values, 'x'), tensorOf(values, 'reconstruction')),
  ),
  ...(
    [
      ['½ forgotten', 'is what you get without the ½.', 1],
      ['mean over the entries', 'is half the mean of the squares; J₁ has their sum.', 0.125],
      ['mean of the squares', 'is the mean of the squares, without the ½.', 0.25],
    ] as const
  ).map(([name, explanation, lambda]) =>
    mistake(name, 'reconstructionLoss', explanation, ['residual'], (values, operators) =>
      forward(operators, 'weightPenalty', 'loss', { weight: tensorOf(values, 'residual') }, { norm: 2, lambda }),
    ),
  ),
  mistake(
    'distance not squared',
    'reconstructionLoss',
    'is half the distance; J₁ has its square.',
    ['residual'],
    async (values) => onHost([tensorOf(values, 'residual')], [], (r) => [Math.hypot(...r) / 2]),
  ),
  mistake('bias b₃ forgotten', 'logits', 'is what you get without b₃.', ['weight3', 'parent'], (values, operators) =>
    forward(operators, 'linear', 'y', { x: tensorOf(values, 'parent'), weight: tensorOf(values, 'weight3') }),
  ),
  mistake(
    'exponentials not normalised',
    'probabilities',
    'is made of the exponentials of the logits, not divided by their sum.',
    ['logits'],
    async (values) => onHost([tensorOf(values, 'logits')], [3], (z) => z.map(Math.exp)),
  ),
  mistake('softmax skipped', 'probabilities', 'is the vector of logits.', ['logits'], async (values) =>
    tensorOf(values, 'logits'),
  ),
]

const ofSentence: readonly ExerciseMistake[] = [
  mistake(
    'words added up',
    'sentenceVector',
    'is the sum of the three words: no module at all.',
    ['x1', 'x2', 'x3'],
    async (values) => plus(plus(tensorOf(values, 'x1'), tensorOf(values, 'x2')), tensorOf(values, 'x3')),
  ),
  mistake(
    'last word before the phrase',
    'sentenceVector',
    'has the third word on the left of the phrase.',
    ['weight1', 'phrase', 'x3', 'bias1'],
    (values, operators) => parentOf(values, tensorOf(values, 'x3'), tensorOf(values, 'phrase'), operators),
  ),
  mistake(
    'last two words only',
    'sentenceVector',
    'is the parent of the second and third word: the phrase was not carried on.',
    ['weight1', 'x2', 'x3', 'bias1'],
    (values, operators) => parentOf(values, tensorOf(values, 'x2'), tensorOf(values, 'x3'), operators),
  ),
  mistake(
    'third word forgotten',
    'sentenceVector',
    'is the parent of the first two words alone.',
    ['phrase'],
    async (values) => tensorOf(values, 'phrase'),
  ),
  mistake(
    'ReLU forgotten in the sentence',
    'sentenceVector',
    'is the pre-activation: ReLU was not applied.',
    ['weight1', 'phrase', 'x3', 'bias1'],
    (values, operators) =>
      affine(values, 1, concatenated(tensorOf(values, 'phrase'), tensorOf(values, 'x3')), operators),
  ),
  mistake(
    'phrase classified',
    'sentenceLogits',
    'is made of the first two words’ parent.',
    ['weight3', 'phrase', 'bias3'],
    (values, operators) => affine(values, 3, tensorOf(values, 'phrase'), operators),
  ),
  mistake(
    'classes counted from one',
    'sentenceClass',
    'is what you get when classes are counted from 1; here they are 0, 1 and 2.',
    ['sentenceLogits'],
    async (values) => onHost([tensorOf(values, 'sentenceLogits')], [], (z) => [z.indexOf(Math.max(...z)) + 1]),
  ),
  mistake(
    'smallest logit taken',
    'sentenceClass',
    'is the class of the smallest logit.',
    ['sentenceLogits'],
    async (values) => onHost([tensorOf(values, 'sentenceLogits')], [], (z) => [z.indexOf(Math.min(...z))]),
  ),
]

/** What people get wrong in sharif/2. */
export const phraseMistakes: readonly ExerciseMistake[] = [
  ...ofSizes,
  ...ofPair,
  ...lossMistakes,
  ...gradientMistakes,
  ...ofSentence,
]
