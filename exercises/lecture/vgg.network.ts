import { type Chain, type ChainLayer, count } from '../architecture/chain.js'
import { type VggSizes, vgg16Sizes } from '../architecture/models/vgg.js'
import { chainQuantities } from '../architecture/quantities.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Given, Quantity, Values } from '../exercise.js'
import { countStep, sumOfProducts } from './counting.js'

const published = vgg16Sizes
const stages = [1, 2, 3, 4, 5] as const

export const networkGiven: readonly Given[] = [
  count('side', ['n_0', 'image size'], 'height and width of the image', published.image, 32),
  count('channels', ['d_0', 'colour channels'], 'the colour channels of the image', published.channels),
  ...stages.map((s) =>
    count(`width${s}`, [`d_${s}`], `the filters of the convolutions of stage ${s}`, published.widths[s - 1]),
  ),
  count('hidden6', ['U_6', 'u_6'], 'the units of the first fully connected layer', published.hidden[0]),
  count('hidden7', ['U_7', 'u_7'], 'the units of the second one', published.hidden[1]),
  count('classes', ['O', 'classes'], 'the classes', published.classes),
]

/** The given sizes as those of an architecture with so many convolutions a stage. */
export function sizesOf(values: Values, depths: readonly number[] = published.depths): VggSizes {
  const number = (name: string) => numberOf(values, name)
  return {
    image: number('side'),
    channels: number('channels'),
    widths: stages.map((s) => number(`width${s}`)),
    depths,
    hidden: [number('hidden6'), number('hidden7')],
    classes: number('classes'),
  }
}

function stageLayers(depth: number, stage: number): readonly ChainLayer[] {
  return [
    ...Array.from({ length: depth }, (_, i) => `${stage}_${i + 1}`).map(
      (place): ChainLayer => ({
        kind: 'conv',
        name: `conv${place}`,
        meaning: `convolution ${place.replace('_', '.')}`,
        filters: `width${stage}`,
        kernel: 3,
        padding: 1,
        asked: ['parameters'],
      }),
    ),
    {
      kind: 'maxPool',
      name: `pool${stage}`,
      meaning: `the pooling of stage ${stage}`,
      kernel: 2,
      stride: 2,
      asked: ['shape', 'receptiveField'],
    },
  ]
}

/** VGG-16 as a chain; ReLU and softmax, which change no count, are left out. */
export const chain: Chain = {
  name: 'VGG-16',
  channels: 'channels',
  side: 'side',
  given: networkGiven,
  layers: [
    ...published.depths.flatMap((depth, i) => stageLayers(depth, i + 1)),
    { kind: 'flatten', name: 'flatten', meaning: 'the input of the first fully connected layer' },
    {
      kind: 'linear',
      name: 'fc6',
      meaning: 'the first fully connected layer',
      units: 'hidden6',
      asked: ['parameters'],
    },
    {
      kind: 'linear',
      name: 'fc7',
      meaning: 'the second fully connected layer',
      units: 'hidden7',
      asked: ['parameters'],
    },
    {
      kind: 'linear',
      name: 'fc8',
      meaning: 'the third fully connected layer',
      units: 'classes',
      asked: ['parameters'],
    },
  ],
}

export const network = chainQuantities(chain, { asked: ['parameters', 'multiplyAdds'] })

/** Widths of the stages to which VGG-19 adds a convolution. */
export const deeper = ['width3', 'width4', 'width5']

/** The layer table of VGG-16, and the parameters of VGG-19. */
export const networkQuantities: readonly Quantity[] = [
  ...network.quantities.map((quantity) => ({ ...quantity, stage: 'network' })),
  countStep({
    name: 'parameters19',
    symbols: ['P_19', 'parameters_19'],
    meaning: 'weights and biases of VGG-19, which has a convolution more in each of stages 3, 4 and 5',
    from: ['parameters', ...deeper],
    formula:
      '\\text{total parameters} + (9 \\cdot d_3 + 1) \\cdot d_3 + (9 \\cdot d_4 + 1) \\cdot d_4 + (9 \\cdot d_5 + 1) \\cdot d_5',
    stage: 'network',
    asked: true,
    compute: (values, operators) =>
      sumOfProducts(operators, [
        [1, tensorOf(values, 'parameters')],
        ...deeper.map((name) => [9 * numberOf(values, name) + 1, numberOf(values, name)] as const),
      ]),
  }),
]
