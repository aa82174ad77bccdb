import { reshape, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, joined, numberOf, onHost, scalarOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { plus } from '../training.js'
import { scaledBy } from './scaling.js'

/** Rows and columns of the image. */
export const [rows, columns] = [3, 4] as const
/** How many logits of photographs and of generated images there are. */
export const examples = 3

/** The image as the operators of augmentation take it: one image of one channel. */
export function asBatch(image: Tensor): Tensor {
  return reshape(image, [1, 1, ...image.shape])
}

/** The standard deviation of a Gaussian whose weight beside the centre is `neighbourWeight` of that in it. */
export function sigmaOf(neighbourWeight: number): number {
  return 1 / Math.sqrt(-2 * Math.log(neighbourWeight))
}

/** An augmentation of the image by one operator. */
async function augmented(
  operators: Operators,
  operator: string,
  image: Tensor,
  inputs: Readonly<Record<string, Tensor>> = {},
  attributes: Readonly<Record<string, number>> = {},
): Promise<Tensor> {
  const y = await forward(operators, operator, 'y', { image: asBatch(image), ...inputs }, attributes)
  return reshape(y, y.shape.slice(2))
}

const augmentations: readonly Quantity[] = [
  {
    name: 'centreWeight',
    symbols: ['k_0'],
    meaning: 'the weight of a pixel itself in the blur, all three weights summing to 1',
    kind: 'real',
    from: ['neighbourWeight'],
    formula: '\\frac{1}{1 + 2 \\cdot w}',
    compute: async (values) => scalar(1 / (1 + 2 * numberOf(values, 'neighbourWeight'))),
  },
  {
    name: 'sideWeight',
    symbols: ['k_1'],
    meaning: 'the weight of each of its two neighbours along an axis',
    kind: 'real',
    from: ['neighbourWeight'],
    formula: '\\frac{w}{1 + 2 \\cdot w}',
    compute: async (values) => {
      const weight = numberOf(values, 'neighbourWeight')
      return scalar(weight / (1 + 2 * weight))
    },
  },
  {
    name: 'blurred',
    symbols: ['B', 'blurred', 'blur'],
    meaning:
      'the image blurred along rows and columns; beyond a border it is reflected, the border itself not repeated',
    kind: 'real',
    from: ['image', 'neighbourWeight'],
    formula:
      '\\begin{bmatrix} k_0 & 2 \\cdot k_1 & 0 \\\\ k_1 & k_0 & k_1 \\\\ 0 & 2 \\cdot k_1 & k_0 \\end{bmatrix} \\cdot I \\cdot \\begin{bmatrix} k_0 & k_1 & 0 & 0 \\\\ 2 \\cdot k_1 & k_0 & k_1 & 0 \\\\ 0 & k_1 & k_0 & 2 \\cdot k_1 \\\\ 0 & 0 & k_1 & k_0 \\end{bmatrix}',
    compute: (values, operators) =>
      augmented(
        operators,
        'gaussianBlur',
        tensorOf(values, 'image'),
        {},
        {
          sigma: sigmaOf(numberOf(values, 'neighbourWeight')),
          radius: 1,
        },
      ),
  },
  {
    name: 'retained',
    symbols: ['rho'],
    meaning: 'the share of the finest stripes (pixels alternately light and dark) that a blur along one axis leaves',
    kind: 'real',
    from: ['centreWeight', 'sideWeight'],
    formula: 'k_0 - 2 \\cdot k_1',
    compute: async (values) => scalar(numberOf(values, 'centreWeight') - 2 * numberOf(values, 'sideWeight')),
  },
  {
    name: 'recoloured',
    symbols: ['C', 'recoloured'],
    meaning: 'the image with its colours changed: contrast times every pixel, plus brightness',
    kind: 'real',
    from: ['image', 'contrast', 'brightness'],
    formula: 'c \\cdot I + b',
    compute: (values, operators) =>
      augmented(operators, 'adjustColor', tensorOf(values, 'image'), {
        scale: tensor([1], [numberOf(values, 'contrast')]),
        shift: tensor([1], [numberOf(values, 'brightness')]),
      }),
  },
  {
    name: 'flipped',
    symbols: ['F', 'flipped', 'flip'],
    meaning: 'the image with left and right exchanged',
    kind: 'real',
    from: ['image'],
    formula:
      'I \\cdot \\begin{bmatrix} 0 & 0 & 0 & 1 \\\\ 0 & 0 & 1 & 0 \\\\ 0 & 1 & 0 & 0 \\\\ 1 & 0 & 0 & 0 \\end{bmatrix}',
    compute: (values, operators) => augmented(operators, 'horizontalFlip', tensorOf(values, 'image')),
  },
  {
    name: 'cropped',
    symbols: ['P', 'cropped', 'crop'],
    meaning: 'the two lower rows and two right columns of the image',
    kind: 'real',
    from: ['image'],
    formula:
      '\\begin{bmatrix} 0 & 1 & 0 \\\\ 0 & 0 & 1 \\end{bmatrix} \\cdot I \\cdot \\begin{bmatrix} 0 & 0 \\\\ 0 & 0 \\\\ 1 & 0 \\\\ 0 & 1 \\end{bmatrix}',
    compute: (values, operators) =>
      augmented(operators, 'crop', tensorOf(values, 'image'), {}, { top: 1, left: 2, height: 2, width: 2 }),
  },
  {
    name: 'enlarged',
    symbols: ['E', 'enlarged', 'scaled'],
    meaning: 'the crop enlarged to 4 × 4 by bilinear interpolation between the centres of its pixels',
    kind: 'real',
    from: ['cropped'],
    formula:
      '\\begin{bmatrix} 1 & 0 \\\\ 0.75 & 0.25 \\\\ 0.25 & 0.75 \\\\ 0 & 1 \\end{bmatrix} \\cdot P \\cdot \\begin{bmatrix} 1 & 0.75 & 0.25 & 0 \\\\ 0 & 0.25 & 0.75 & 1 \\end{bmatrix}',
    compute: (values, operators) =>
      augmented(operators, 'resize', tensorOf(values, 'cropped'), {}, { height: 4, width: 4 }),
  },
]

/** The mean of an image's pixels, by pooling all of them. */
async function meanOf(operators: Operators, image: Tensor): Promise<Tensor> {
  const y = await forward(operators, 'adaptiveAvgPool2d', 'y', { x: asBatch(image) }, { output: [1, 1] })
  return scalarOf(y)
}

/** Mean and variance of the pixels of an image. */
function momentsOf(image: string, letter: string, what: string): readonly Quantity[] {
  const suffix = letter === 'I' ? '' : `_${letter}`
  const [mean, variance] = [`${image}Mean`, `${image}Variance`]
  return [
    {
      name: mean,
      symbols: [`mu${suffix}`, ...(letter === 'I' ? ['mu_I'] : [])],
      meaning: `the mean of the pixels of the ${what}`,
      kind: 'real',
      from: [image],
      formula: `mean(${letter})`,
      compute: (values, operators) => meanOf(operators, tensorOf(values, image)),
    },
    {
      name: variance,
      symbols: [`V${suffix}`, ...(letter === 'I' ? ['V_I'] : [])],
      meaning: `the variance of the pixels of the ${what}`,
      kind: 'real',
      from: [image, mean],
      formula: `mean((${letter} - \\mu${suffix}) \\odot (${letter} - \\mu${suffix}))`,
      compute: (values, operators) => {
        const [pixels, centre] = [tensorOf(values, image), tensorOf(values, mean)]
        const target = joined(
          Array.from({ length: pixels.size }, () => centre),
          pixels.shape,
        )
        return forward(operators, 'squaredError', 'loss', { prediction: pixels, target })
      },
    },
  ]
}

const moments = ['blurred', 'recoloured', 'flipped', 'image'].flatMap((image) => [`${image}Mean`, `${image}Variance`])

const judgement: readonly Quantity[] = [
  ...momentsOf('image', 'I', 'image'),
  ...momentsOf('blurred', 'B', 'blurred image'),
  ...momentsOf('recoloured', 'C', 'recoloured image'),
  ...momentsOf('flipped', 'F', 'flipped image'),
  {
    name: 'drift',
    symbols: ['d', 'drift'],
    meaning: 'how far mean and variance of the pixels move by the blur, the change of colour, the flip',
    kind: 'real',
    from: moments,
    formula: '[|\\mu_B - \\mu| + |V_B - V|, |\\mu_C - \\mu| + |V_C - V|, |\\mu_F - \\mu| + |V_F - V|]',
    compute: async (values) =>
      onHost(
        moments.map((name) => tensorOf(values, name)),
        [3],
        (...numbers) => {
          const [mean, variance] = numbers.slice(6).map(([number]) => number)
          return [0, 2, 4].map((i) => Math.abs(numbers[i][0] - mean) + Math.abs(numbers[i + 1][0] - variance))
        },
      ),
  },
  {
    name: 'best',
    symbols: ['best', 'best technique', 'best augmentation', 'suitable technique', 'technique'],
    meaning: 'the technique that leaves the distribution of the pixels as it is: 1 blur, 2 change of colour, 3 flip',
    kind: 'class',
    from: ['drift'],
    formula: 'argmax(-d) + 1',
    asked: true,
    compute: async (values) =>
      onHost([tensorOf(values, 'drift')], [], (drift) => [drift.indexOf(Math.min(...drift)) + 1]),
  },
]

const mean = (numbers: Float64Array, f: (number: number) => number) =>
  numbers.reduce((sum, number) => sum + f(number), 0) / numbers.length

/** A loss that is a mean of logarithms of the discriminator's probabilities. */
export function lossOf(
  values: Values,
  names: readonly string[],
  loss: (...probabilities: readonly Float64Array[]) => number,
): Tensor {
  return onHost(
    names.map((name) => tensorOf(values, name)),
    [],
    (...probabilities) => [loss(...probabilities)],
  )
}

/** factor·(D − label), the gradient of a mean of cross-entropies with respect to logits. */
export function slopesOf(probabilities: Tensor, label: 0 | 1, factor: number, operators: Operators): Promise<Tensor> {
  const difference =
    label === 0 ? probabilities : plus(probabilities, tensor([examples], new Float64Array(examples).fill(-1)))
  return scaledBy(operators, difference, factor)
}

function probabilities(name: string, logits: string, letter: string, word: string, what: string): Quantity {
  return {
    name,
    symbols: [`D_${word}`, `D_${letter}`, `p_${word}`, `p_${letter}`, `D(${letter})`].filter(
      (key) => !key.includes('('),
    ),
    meaning: `the probabilities of being a photograph that the discriminator gives to ${what}`,
    kind: 'real',
    from: [logits],
    formula: `sigmoid(${letter})`,
    compute: (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, logits) }),
  }
}

export const discriminatorTerm = (real: Float64Array, fake: Float64Array) =>
  -mean(real, Math.log) - mean(fake, (p) => Math.log(1 - p))

const adversarial: readonly Quantity[] = [
  probabilities('realProbabilities', 'realLogits', 'u', 'real', 'the photographs'),
  probabilities('fakeProbabilities', 'fakeLogits', 'v', 'fake', 'the generated images'),
  {
    name: 'discriminatorLoss',
    symbols: ['L_D', 'J_D', 'loss_D', 'discriminator loss'],
    meaning: 'the loss of the discriminator',
    kind: 'real',
    from: ['realProbabilities', 'fakeProbabilities'],
    formula: '-mean(\\ln(D_{real})) - mean(\\ln(1 - D_{fake}))',
    compute: async (values) => lossOf(values, ['realProbabilities', 'fakeProbabilities'], discriminatorTerm),
  },
  {
    name: 'generatorLoss',
    symbols: ['L_G', 'J_G', 'loss_G', 'generator loss'],
    meaning: 'the loss of the generator that does not saturate',
    kind: 'real',
    from: ['fakeProbabilities'],
    formula: '-mean(\\ln(D_{fake}))',
    compute: async (values) => lossOf(values, ['fakeProbabilities'], (fake) => -mean(fake, Math.log)),
  },
  {
    name: 'minimaxLoss',
    symbols: ['L_M', 'L_minimax', 'minimax loss'],
    meaning: 'the loss of the generator in the game of minimum and maximum',
    kind: 'real',
    from: ['fakeProbabilities'],
    formula: 'mean(\\ln(1 - D_{fake}))',
    compute: async (values) => lossOf(values, ['fakeProbabilities'], (fake) => mean(fake, (p) => Math.log(1 - p))),
  },
  {
    name: 'realSlopes',
    symbols: ['g_u', 'g_real'],
    meaning: 'the gradient of L_D with respect to the logits of the photographs',
    kind: 'real',
    from: ['realProbabilities'],
    formula: `\\frac{D_{real} - 1}{${examples}}`,
    compute: (values, operators) => slopesOf(tensorOf(values, 'realProbabilities'), 1, 1 / examples, operators),
  },
  {
    name: 'fakeSlopes',
    symbols: ['g_v', 'g_fake'],
    meaning: 'the gradient of L_D with respect to the logits of the generated images',
    kind: 'real',
    from: ['fakeProbabilities'],
    formula: `\\frac{D_{fake}}{${examples}}`,
    compute: (values, operators) => slopesOf(tensorOf(values, 'fakeProbabilities'), 0, 1 / examples, operators),
  },
  {
    name: 'generatorSlopes',
    symbols: ['h_v', 'g_G'],
    meaning: 'the gradient of L_G with respect to the logits of the generated images',
    kind: 'real',
    from: ['fakeProbabilities'],
    formula: `\\frac{D_{fake} - 1}{${examples}}`,
    compute: (values, operators) => slopesOf(tensorOf(values, 'fakeProbabilities'), 1, 1 / examples, operators),
  },
  {
    name: 'minimaxSlopes',
    symbols: ['m_v', 'g_M'],
    meaning: 'the gradient of the minimax loss with respect to the logits of the generated images',
    kind: 'real',
    from: ['fakeProbabilities'],
    formula: `-\\frac{D_{fake}}{${examples}}`,
    compute: (values, operators) => slopesOf(tensorOf(values, 'fakeProbabilities'), 0, -1 / examples, operators),
  },
]

/** Everything that ntua/2.2 asks for or passes on the way. */
export const augmentationQuantities: readonly Quantity[] = [...augmentations, ...judgement, ...adversarial]
