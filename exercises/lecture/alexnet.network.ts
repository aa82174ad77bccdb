import { rowMajor, tensor } from '../../oracle/tensor.js'
import { type Chain, type ChainLayer, count } from '../architecture/chain.js'
import { type AlexNetSizes, alexNetSizes } from '../architecture/models/alexnet.js'
import { chainQuantities } from '../architecture/quantities.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Computation, Convention, Given, Quantity, Values } from '../exercise.js'
import { positions } from './counting.js'

const published = alexNetSizes
const layers = [1, 2, 3, 4, 5] as const

export const networkGiven: readonly Given[] = [
  count('side', ['n_0', 'image size'], 'height and width of the image', published.image, 67),
  count('channels', ['C', 'colour channels'], 'the colour channels of the image', published.channels),
  ...layers.map((i) =>
    count(`filters${i}`, [`F_${i}`, `f_${i}`], `the filters of convolution ${i}`, published.filters[i - 1]),
  ),
  count(
    'groups',
    ['g', 'groups'],
    'the groups that convolutions 2, 4 and 5 are split into, one a GPU',
    published.groups,
  ),
  count('hidden6', ['U_6', 'u_6'], 'the units of the first fully connected layer', published.hidden[0]),
  count('hidden7', ['U_7', 'u_7'], 'the units of the second one', published.hidden[1]),
  count('classes', ['O', 'classes'], 'the classes', published.classes),
]

/** The given sizes as those of the architecture. */
export function sizesOf(values: Values): AlexNetSizes {
  const number = (name: string) => numberOf(values, name)
  return {
    image: number('side'),
    channels: number('channels'),
    filters: [number('filters1'), number('filters2'), number('filters3'), number('filters4'), number('filters5')],
    padding: 0,
    groups: number('groups'),
    hidden: [number('hidden6'), number('hidden7')],
    classes: number('classes'),
  }
}

function chainWith(groups: 'groups' | undefined): Chain {
  const relu = (i: number): ChainLayer => ({ kind: 'relu', name: `relu${i}`, meaning: `ReLU ${i}` })
  const norm = (i: number): ChainLayer => ({
    kind: 'localResponseNorm',
    name: `norm${i}`,
    meaning: `response normalization ${i}`,
  })
  const pool = (i: number): ChainLayer => ({
    kind: 'maxPool',
    name: `pool${i}`,
    meaning: `the pooling behind convolution ${i}`,
    kernel: 3,
    stride: 2,
    asked: ['shape', 'receptiveField'],
  })
  return {
    name: 'AlexNet',
    channels: 'channels',
    side: 'side',
    given: networkGiven,
    layers: [
      {
        kind: 'conv',
        name: 'conv1',
        meaning: 'convolution 1',
        filters: 'filters1',
        kernel: 11,
        stride: 4,
        asked: ['shape', 'parameters'],
      },
      relu(1),
      norm(1),
      pool(1),
      {
        kind: 'conv',
        name: 'conv2',
        meaning: 'convolution 2',
        filters: 'filters2',
        kernel: 5,
        padding: 2,
        groups,
        asked: ['shape', 'parameters'],
      },
      relu(2),
      norm(2),
      pool(2),
      {
        kind: 'conv',
        name: 'conv3',
        meaning: 'convolution 3',
        filters: 'filters3',
        kernel: 3,
        padding: 1,
        asked: ['shape', 'parameters'],
      },
      relu(3),
      {
        kind: 'conv',
        name: 'conv4',
        meaning: 'convolution 4',
        filters: 'filters4',
        kernel: 3,
        padding: 1,
        groups,
        asked: ['shape', 'parameters'],
      },
      relu(4),
      {
        kind: 'conv',
        name: 'conv5',
        meaning: 'convolution 5',
        filters: 'filters5',
        kernel: 3,
        padding: 1,
        groups,
        asked: ['shape', 'parameters'],
      },
      relu(5),
      pool(5),
      { kind: 'flatten', name: 'flatten', meaning: 'the input of the first fully connected layer' },
      {
        kind: 'linear',
        name: 'fc6',
        meaning: 'the first fully connected layer',
        units: 'hidden6',
        asked: ['parameters'],
      },
      relu(6),
      { kind: 'dropout', name: 'drop6', meaning: 'dropout 6' },
      {
        kind: 'linear',
        name: 'fc7',
        meaning: 'the second fully connected layer',
        units: 'hidden7',
        asked: ['parameters'],
      },
      relu(7),
      { kind: 'dropout', name: 'drop7', meaning: 'dropout 7' },
      {
        kind: 'linear',
        name: 'fc8',
        meaning: 'the third fully connected layer',
        units: 'classes',
        asked: ['parameters'],
      },
      { kind: 'softmax', name: 'softmax', meaning: 'the softmax' },
    ],
  }
}

export const chain = chainWith('groups')

export const network = chainQuantities(chain, { asked: ['parameters', 'multiplyAdds'] })

/** The layer table of AlexNet. */
export const networkQuantities: readonly Quantity[] = network.quantities.map((quantity) => ({
  ...quantity,
  stage: 'network',
}))

const whole = chainQuantities(chainWith(undefined)).quantities
const split = [2, 4, 5].flatMap((i) => [`conv${i}Parameters`, `conv${i}MultiplyAdds`])

function computationOf({ from, formula, compute }: Quantity): Computation {
  return { from, formula, compute }
}

/** Whether convolutions 2, 4 and 5 see half of the channels below, as on the paper's two GPUs. */
export const groupConventions: readonly Convention[] = [
  {
    name: 'split over the GPUs',
    description: 'a filter of convolution 2, 4 or 5 sees the channels of its own group only, as in the paper',
    overrides: {},
  },
  {
    name: 'not split',
    description: 'every filter sees all channels below, as on one GPU',
    overrides: Object.fromEntries(
      whole.filter(({ name }) => split.includes(name)).map((quantity) => [quantity.name, computationOf(quantity)]),
    ),
  },
]

/** The paper's text has images of 224, which its arithmetic does not fit. */
export const imageConventions: readonly Convention[] = [
  { name: 'image of 227', description: 'the image is as large as given, and has no padding', overrides: {} },
  {
    name: 'image of 224',
    description:
      'the image is three rows and columns smaller than given, as in the text of the paper, with two zeros on every side',
    overrides: {
      inputShape: {
        from: ['channels', 'side'],
        formula: 'C \\times (n_0 - 3) \\times (n_0 - 3)',
        compute: async (values) => {
          const side = numberOf(values, 'side') - 3
          return tensor([3], [numberOf(values, 'channels'), side, side])
        },
      },
      conv1Side: {
        from: ['inputShape'],
        formula: '\\left\\lfloor \\frac{n_0 - 3 + 2 \\cdot 2 - 11}{4} \\right\\rfloor + 1',
        compute: (values, operators) => {
          const [, side] = rowMajor(tensorOf(values, 'inputShape'))
          return positions(operators, { input: side, kernel: 11, stride: 4, padding: 2 })
        },
      },
    },
  },
]
