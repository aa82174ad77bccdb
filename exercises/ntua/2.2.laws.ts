import { copy, item, map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { asBatch, columns, examples, rows } from './2.2.quantities.js'

/** An image of the finest pattern: pixels alternately 1 and −1 along rows and columns. */
const checkerboard = tensor(
  [rows, columns],
  Array.from({ length: rows * columns }, (_, at) => ((Math.floor(at / columns) + at) % 2 === 0 ? 1 : -1)),
)

function imageSize(given: Values): number {
  return 1 + largest(tensorOf(given, 'image'))
}

/** 1 + e^|logit| at its largest: how much a loss may magnify the rounding of a probability. */
function lossCondition(given: Values): number {
  const size = Math.max(largest(tensorOf(given, 'realLogits')), largest(tensorOf(given, 'fakeLogits')))
  return 2 + Math.exp(size)
}

const sumOf = (x: Tensor) => rowMajor(x).reduce((sum, value) => sum + value, 0)
const sorted = (x: Tensor) => tensor([x.size], rowMajor(x).slice().sort())

const imageLaws: readonly ExerciseLaw[] = [
  {
    name: 'a flip keeps the value of every pixel and is undone by a second flip',
    async check(given, solve, slack) {
      const image = tensorOf(given, 'image')
      const { flipped } = await solve(given)
      const back = (await solve({ ...given, image: copy(flipped) })).flipped
      const allowed = 4 * slack * imageSize(given)
      expectAllClose('the image flipped twice', back, image, allowed)
      expectAllClose('the sorted pixels of the flip', sorted(flipped), sorted(image), allowed)
    },
  },
  {
    name: 'a blur loses the finest pattern: what is added to the image keeps ρ² of itself, nothing where ρ = 0',
    async check(given, solve, slack) {
      const image = tensorOf(given, 'image')
      const there = await solve(given)
      const other = await solve({ ...given, image: zip(image, checkerboard, (pixel, one) => pixel + 3 * one) })
      const kept = 3 * numberOf(there, 'retained') ** 2
      const expected = zip(tensorOf(there, 'blurred'), checkerboard, (pixel, one) => pixel + kept * one)
      expectAllClose('the blurred sum', tensorOf(other, 'blurred'), expected, 64 * slack * (3 + imageSize(given)))
    },
  },
  {
    name: 'a blur leaves an even surface as it is and never reaches beyond the darkest and the lightest pixel',
    async check(given, solve, slack) {
      const image = tensorOf(given, 'image')
      const even = map(image, () => 5)
      expectAllClose('the blurred surface', (await solve({ ...given, image: even })).blurred, even, 64 * slack)
      const data = rowMajor(image)
      const [least, most] = [Math.min(...data), Math.max(...data)]
      const reach = (most - least) / 2 + 32 * slack * imageSize(given)
      for (const pixel of rowMajor((await solve(given)).blurred))
        expectClose('a pixel of the blur', pixel, (least + most) / 2, reach)
    },
  },
  {
    name: 'a blur and a flip may change places, a crop and a flip only if the crop changes sides',
    async check(given, solve, slack, operators) {
      const there = await solve(given)
      const mirrored = await solve({ ...given, image: copy(tensorOf(there, 'flipped')) })
      const flip = async (image: Tensor) => {
        const y = await forward(operators, 'horizontalFlip', 'y', { image: asBatch(image) })
        return reshape(y, image.shape)
      }
      const allowed = 64 * slack * imageSize(given)
      expectAllClose('the blur of the flip', mirrored.blurred, await flip(there.blurred), allowed)
      const left = copy(tensorOf(given, 'image').lo(1, 0).hi(2, 2))
      expectAllClose('the crop of the flip', mirrored.cropped, await flip(left), allowed)
    },
  },
  {
    name: 'a change of colour moves the mean to c·μ + b and the variance to c²·V, and is undone by its inverse',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [c, b] = ['contrast', 'brightness'].map((name) => numberOf(given, name))
      const [mean, variance] = ['imageMean', 'imageVariance'].map((name) => numberOf(solved, name))
      const size = (1 + Math.abs(c)) * imageSize(given) + Math.abs(b)
      expectClose('the mean', numberOf(solved, 'recolouredMean'), c * mean + b, 64 * slack * size)
      expectClose('the variance', numberOf(solved, 'recolouredVariance'), c * c * variance, 64 * slack * size ** 2)
      const inverse = { contrast: scalar(1 / c), brightness: scalar(-b / c) }
      const back = await solve({ ...given, image: copy(solved.recoloured), ...inverse })
      expectAllClose(
        'the image recoloured back',
        back.recoloured,
        tensorOf(given, 'image'),
        (16 * slack * size) / Math.abs(c),
      )
    },
  },
  {
    name: 'an enlarged crop lies between its darkest and its lightest pixel, keeps its corners and its mean',
    async check(given, solve, slack) {
      const { cropped, enlarged } = await solve(given)
      const data = rowMajor(cropped)
      const [least, most] = [Math.min(...data), Math.max(...data)]
      const allowed = 32 * slack * imageSize(given)
      for (const pixel of rowMajor(enlarged))
        expectClose('a pixel of the enlargement', pixel, (least + most) / 2, (most - least) / 2 + allowed)
      const corners = [0, 3].flatMap((i) => [0, 3].map((j) => item(enlarged.pick(i, j))))
      expectAllClose('the corners', tensor([4], corners), reshape(cropped, [4]), allowed)
      expectClose('the mean of the enlargement', sumOf(enlarged) / 16, sumOf(cropped) / 4, allowed)
    },
  },
  {
    name: 'enlarging is two products with one matrix, rows and columns alike',
    async check(given, solve, slack, operators) {
      const { cropped, enlarged } = await solve(given)
      const taps = tensor([4, 2], [1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1])
      const tall = await forward(operators, 'matmul', 'y', { a: taps, b: cropped })
      const expected = await forward(operators, 'linear', 'y', { x: tall, weight: taps })
      expectAllClose('the enlargement', enlarged, expected, 32 * slack * imageSize(given))
    },
  },
  {
    name: 'the variance of an image is the mean of its squares less the square of its mean',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      for (const image of ['image', 'blurred', 'recoloured', 'flipped']) {
        const pixels = tensorOf(solved, image)
        const shares = tensor([1, pixels.size], new Float64Array(pixels.size).fill(1 / pixels.size))
        const mean = item(
          await forward(operators, 'linear', 'y', { x: reshape(pixels, [pixels.size]), weight: shares }),
        )
        const target = map(pixels, () => 0)
        const squares = item(await forward(operators, 'squaredError', 'loss', { prediction: pixels, target }))
        const size = 1 + largest(pixels)
        expectClose(`the mean of ${image}`, numberOf(solved, `${image}Mean`), mean, 32 * slack * size)
        const variance = squares - mean ** 2
        expectClose(`the variance of ${image}`, numberOf(solved, `${image}Variance`), variance, 64 * slack * size ** 2)
      }
    },
  },
  {
    name: 'of the three techniques only the flip leaves mean and variance of the pixels alone',
    async check(given, solve, slack) {
      const solved = await solve(given)
      expectClose('the best technique', numberOf(solved, 'best'), 3, 0)
      const [, , flip] = rowMajor(tensorOf(solved, 'drift'))
      expectClose('the drift of the flip', flip, 0, 64 * slack * imageSize(given) ** 2)
    },
  },
]

const adversarialLaws: readonly ExerciseLaw[] = [
  {
    name: 'the losses are those of the operators that start from logits',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [real, fake] = ['realLogits', 'fakeLogits'].map((name) => tensorOf(given, name))
      const allowed = 16 * slack * lossCondition(given)
      const loss = await forward(operators, 'discriminatorLoss', 'loss', { real, fake })
      expectClose('the loss of the discriminator', numberOf(solved, 'discriminatorLoss'), item(loss), allowed)
      for (const [name, kind] of [
        ['generatorLoss', 'nonSaturating'],
        ['minimaxLoss', 'minimax'],
      ] as const) {
        const own = await forward(operators, 'generatorLoss', 'loss', { fake }, { kind })
        expectClose(`the ${kind} loss of the generator`, numberOf(solved, name), item(own), allowed)
      }
    },
  },
  {
    name: 'the gradients are those of the operators',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [real, fake] = ['realLogits', 'fakeLogits'].map((name) => tensorOf(given, name))
      const one = { loss: scalar(1) }
      for (const [name, input] of [
        ['realSlopes', 'real'],
        ['fakeSlopes', 'fake'],
      ]) {
        const gradient = await backward(operators, 'discriminatorLoss', input, { real, fake }, one)
        expectAllClose(name, tensorOf(solved, name), gradient, 16 * slack)
      }
      for (const [name, kind] of [
        ['generatorSlopes', 'nonSaturating'],
        ['minimaxSlopes', 'minimax'],
      ]) {
        const gradient = await backward(operators, 'generatorLoss', 'fake', { fake }, one, { kind })
        expectAllClose(name, tensorOf(solved, name), gradient, 16 * slack)
      }
    },
  },
  {
    name: 'both losses of the generator together are minus the mean logit, and their gradients −1/n',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const fake = tensorOf(given, 'fakeLogits')
      const together = numberOf(solved, 'generatorLoss') + numberOf(solved, 'minimaxLoss')
      // −ln D + ln(1 − D) = −v in every term.
      expectClose('the sum of both losses', together, -sumOf(fake) / examples, 16 * slack * lossCondition(given))
      const slopes = zip(tensorOf(solved, 'generatorSlopes'), tensorOf(solved, 'minimaxSlopes'), (a, b) => a + b)
      expectAllClose(
        'the sum of both gradients',
        slopes,
        map(fake, () => -1 / examples),
        16 * slack,
      )
    },
  },
  {
    name: 'a discriminator that cannot tell photographs apart loses 2·ln 2',
    async check(given, solve, slack) {
      const none = map(tensorOf(given, 'realLogits'), () => 0)
      const solved = await solve({ ...given, realLogits: none, fakeLogits: none })
      expectClose('its loss', numberOf(solved, 'discriminatorLoss'), 2 * Math.LN2, 32 * slack)
    },
  },
  {
    name: 'exchanging photographs and generated images is turning every logit over',
    async check(given, solve, slack) {
      const [real, fake] = ['realLogits', 'fakeLogits'].map((name) => map(tensorOf(given, name), (logit) => -logit))
      const [there, back] = [await solve(given), await solve({ ...given, realLogits: fake, fakeLogits: real })]
      const [loss, other] = [there, back].map((solved) => numberOf(solved, 'discriminatorLoss'))
      expectClose('the loss of the discriminator', other, loss, 16 * slack * lossCondition(given))
    },
  },
]

/** What holds for ntua/2.2 whatever the image and the logits. */
export const generativeLaws: readonly ExerciseLaw[] = [...imageLaws, ...adversarialLaws]
