import { fromNested, rowMajor, scalar } from '../../oracle/tensor.js'
import { count } from '../architecture/chain.js'
import { type ResNetSizes, resNetDepths, resNetSizes } from '../architecture/models/resnet.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Computation, Convention, Given, Quantity, Values } from '../exercise.js'
import { countStep, positions, sumOfProducts } from './counting.js'

const stages = [1, 2, 3, 4] as const
const networks = [1, 2, 3, 4, 5] as const
type Kind = ResNetSizes['block']

const published = resNetSizes(18)

export const networkGiven: readonly Given[] = [
  count('image', ['n_0', 'image size'], 'the side of the image', published.image, 33),
  count('channels', ['d_0', 'image channels'], 'the channels of the image', published.channels),
  ...stages.map((s) =>
    count(`width${s}`, [`d_${s}`], `the filters of the 3 × 3 convolutions of stage ${s}`, published.widths[s - 1]),
  ),
  {
    name: 'blocks',
    symbols: ['N'],
    meaning: 'the blocks of the four stages, a row a network: two of basic blocks, then three of bottlenecks',
    kind: 'whole',
    value: fromNested(resNetDepths.map((depth) => resNetSizes(depth).blocks)),
    range: { least: 1 },
  },
  count(
    'expansionFactor',
    ['m'],
    'how many channels a bottleneck answers with for one of its 3 × 3 filters',
    published.expansion,
    2,
  ),
  count('classes', ['c', 'classes'], 'the classes', published.classes),
]

/** Network 1 and 2 have basic blocks, 3 to 5 bottlenecks. */
export function kindOf(network: number): Kind {
  return network < 3 ? 'basic' : 'bottleneck'
}

/** The blocks of the four stages of one of the networks. */
export function blocksOf(values: Values, network: number): readonly number[] {
  return [...rowMajor(tensorOf(values, 'blocks')).slice(4 * (network - 1), 4 * network)]
}

/** The given sizes as those of one of the five architectures. */
export function sizesOf(
  values: Values,
  network: number,
  shortcut: ResNetSizes['shortcut'] = 'projection',
): ResNetSizes {
  const number = (name: string) => numberOf(values, name)
  return {
    name: `network ${network}`,
    image: number('image'),
    channels: number('channels'),
    widths: stages.map((s) => number(`width${s}`)),
    blocks: blocksOf(values, network),
    block: kindOf(network),
    expansion: number('expansionFactor'),
    shortcut,
    strideIn: '1x1',
    classes: number('classes'),
  }
}

const sides = ['conv1Side', 'pool1Side', 'stage2Side', 'stage3Side', 'stage4Side']

const sideQuantities: readonly Quantity[] = sides.map((name, i) => {
  const from = i === 0 ? 'image' : sides[i - 1]
  const [kernel, padding] = i === 0 ? [7, 3] : [3, 1]
  return countStep({
    name,
    symbols: [`n_${i + 1}`],
    meaning:
      ['the side behind the first convolution', 'the side behind the pooling, and of stage 1'][i] ??
      `the side of stage ${i}`,
    from: [from],
    formula: `floor(\\frac{n_${i} + 2 \\cdot ${padding} - ${kernel}}{2}) + 1`,
    stage: 'networks',
    compute: (values, operators) => positions(operators, { input: numberOf(values, from), kernel, stride: 2, padding }),
  })
})

/** The channels that the first block of a stage reads. */
function inputOf(kind: Kind, stage: number, widths: readonly number[], m: number): number {
  if (stage === 1) return widths[0]
  return kind === 'basic' ? widths[stage - 2] : m * widths[stage - 2]
}

/** Weights of the convolutions of a block that reads so many channels; of its projection too where it has one. */
function blockWeights(
  kind: Kind,
  input: number,
  d: number,
  m: number,
  projection: boolean,
): readonly (readonly [number, number])[] {
  const output = kind === 'basic' ? d : m * d
  const branch: readonly (readonly [number, number])[] =
    kind === 'basic'
      ? [
          [9 * input, d],
          [9 * d, d],
        ]
      : [
          [input, d],
          [9 * d, d],
          [d, output],
        ]
  return projection ? [...branch, [input, output]] : branch
}

/** Gains and biases of the normalizations behind those convolutions. */
function blockNorms(kind: Kind, d: number, m: number, projection: boolean): readonly (readonly [number, number])[] {
  const output = kind === 'basic' ? d : m * d
  const branch: readonly (readonly [number, number])[] =
    kind === 'basic'
      ? [
          [2, d],
          [2, d],
        ]
      : [
          [2, d],
          [2, d],
          [2, output],
        ]
  return projection ? [...branch, [2, output]] : branch
}

const widthNames = stages.map((s) => `width${s}`)
const letters: Readonly<Record<Kind, readonly [string, string]>> = { basic: ['I', 'C'], bottleneck: ['J', 'K'] }

function identityBlock(kind: Kind, s: number): Quantity {
  const from = kind === 'basic' ? [`width${s}`] : [`width${s}`, 'expansionFactor']
  return countStep({
    name: `${kind}Identity${s}`,
    symbols: [`${letters[kind][0]}_${s}`],
    meaning: `weights, gains and biases of a ${kind} block of stage ${s} that keeps the shape`,
    from,
    formula:
      kind === 'basic'
        ? `18 \\cdot d_${s} \\cdot d_${s} + 4 \\cdot d_${s}`
        : `(9 + 2 \\cdot m) \\cdot d_${s} \\cdot d_${s} + (4 + 2 \\cdot m) \\cdot d_${s}`,
    stage: 'networks',
    compute: (values, operators) => {
      const [d, m = 1] = from.map((name) => numberOf(values, name))
      const input = kind === 'basic' ? d : m * d
      return sumOfProducts(operators, [...blockWeights(kind, input, d, m, false), ...blockNorms(kind, d, m, false)])
    },
  })
}

/** The first block of a stage, with a projection past it or with zeros. */
function changingBlock(kind: Kind, s: number, projection: boolean): Computation {
  const before = Math.max(1, s - 1)
  const from = [...new Set([`width${before}`, `width${s}`]), ...(kind === 'basic' ? [] : ['expansionFactor'])]
  const input = kind === 'basic' || s === 1 ? `d_${before}` : `m \\cdot d_${before}`
  const branch =
    kind === 'basic'
      ? `9 \\cdot ${input} \\cdot d_${s} + 9 \\cdot d_${s} \\cdot d_${s} + 4 \\cdot d_${s}`
      : `${input} \\cdot d_${s} + (9 + m) \\cdot d_${s} \\cdot d_${s} + (4 + 2 \\cdot m) \\cdot d_${s}`
  const past = kind === 'basic' ? `(${input} + 2) \\cdot d_${s}` : `(${input} + 2) \\cdot m \\cdot d_${s}`
  return {
    from,
    formula: projection ? `${branch} + ${past}` : branch,
    compute: (values, operators) => {
      const widths = stages.map((stage) => (from.includes(`width${stage}`) ? numberOf(values, `width${stage}`) : 0))
      const m = kind === 'basic' ? 1 : numberOf(values, 'expansionFactor')
      const d = widths[s - 1]
      const weights = blockWeights(kind, inputOf(kind, s, widths, m), d, m, projection)
      return sumOfProducts(operators, [...weights, ...blockNorms(kind, d, m, projection)])
    },
  }
}

/** Stages whose first block changes the shape. */
const changing: Readonly<Record<Kind, readonly number[]>> = { basic: [2, 3, 4], bottleneck: [1, 2, 3, 4] }

function firstBlock(kind: Kind, s: number): Quantity {
  return countStep({
    name: `${kind}First${s}`,
    symbols: [`${letters[kind][1]}_${s}`],
    meaning: `weights, gains and biases of the first ${kind} block of stage ${s}, its shortcut’s too`,
    stage: 'networks',
    ...changingBlock(kind, s, true),
  })
}

function classifier(kind: Kind, i: 1 | 2): Quantity {
  const from = kind === 'basic' ? ['width4', 'classes'] : ['width4', 'classes', 'expansionFactor']
  return countStep({
    name: `${kind}Classifier`,
    symbols: [`L_${i}`],
    meaning: `weights and biases of the fully connected layer behind ${kind} blocks`,
    from,
    formula: kind === 'basic' ? '(d_4 + 1) \\cdot c' : '(m \\cdot d_4 + 1) \\cdot c',
    stage: 'networks',
    compute: (values, operators) => {
      const [d, classes, m = 1] = from.map((name) => numberOf(values, name))
      return sumOfProducts(operators, [[m * d + 1, classes]])
    },
  })
}

/** Names of the quantities that a network's blocks count by, with how often each occurs. */
function occurrences(network: number, values: Values): readonly (readonly [string, number])[] {
  const kind = kindOf(network)
  return blocksOf(values, network).flatMap((times, i): readonly (readonly [string, number])[] => {
    const s = i + 1
    if (!changing[kind].includes(s)) return [[`${kind}Identity${s}`, times]]
    return [
      [`${kind}First${s}`, 1],
      [`${kind}Identity${s}`, times - 1],
    ]
  })
}

function blockNames(kind: Kind): readonly string[] {
  return stages.flatMap((s) => [...(changing[kind].includes(s) ? [`${kind}First${s}`] : []), `${kind}Identity${s}`])
}

function networkQuantities(network: number): readonly Quantity[] {
  const kind = kindOf(network)
  const [identity, first] = letters[kind]
  const terms = stages.map((s) =>
    changing[kind].includes(s)
      ? `${first}_${s} + (N_{${network}${s}} - 1) \\cdot ${identity}_${s}`
      : `N_{${network}${s}} \\cdot ${identity}_${s}`,
  )
  return [
    countStep({
      name: `layers${network}`,
      symbols: [`D_${network}`],
      meaning: `the layers of network ${network}: convolutions on the main line and the fully connected one`,
      from: ['blocks'],
      formula: `2 + ${kind === 'basic' ? 2 : 3} \\cdot (N_{${network}1} + N_{${network}2} + N_{${network}3} + N_{${network}4})`,
      stage: 'networks',
      asked: true,
      compute: async (values) => {
        const blocks = blocksOf(values, network).reduce((sum, times) => sum + times, 0)
        return scalar(2 + (kind === 'basic' ? 2 : 3) * blocks)
      },
    }),
    countStep({
      name: `parameters${network}`,
      symbols: [`T_${network}`],
      meaning: `weights, gains and biases of network ${network}`,
      from: ['stemParameters', 'blocks', ...blockNames(kind), `${kind}Classifier`],
      formula: `P_s + ${terms.join(' + ')} + L_${kind === 'basic' ? 1 : 2}`,
      stage: 'networks',
      asked: true,
      compute: (values, operators) =>
        sumOfProducts(operators, [
          [1, tensorOf(values, 'stemParameters')],
          ...occurrences(network, values).map(([name, times]) => [times, tensorOf(values, name)] as const),
          [1, tensorOf(values, `${kind}Classifier`)],
        ]),
    }),
    countStep({
      name: `multiplyAdds${network}`,
      symbols: [`M_${network}`],
      meaning: `multiply-adds of network ${network}: every weight of a convolution at every position of what it answers`,
      stage: 'networks',
      ...multiplyAdds(network, true),
    }),
  ]
}

function multiplyAdds(network: number, projection: boolean): Computation {
  const kind = kindOf(network)
  return {
    from: [...sides, 'channels', ...widthNames, ...(kind === 'basic' ? [] : ['expansionFactor']), 'blocks', 'classes'],
    formula:
      '\\text{the sum over all convolutions of weights} \\cdot \\text{positions, and the weights of the last layer}',
    compute: (values, operators) => {
      const widths = widthNames.map((name) => numberOf(values, name))
      const [first, ...rest] = sides.map((name) => numberOf(values, name))
      const m = kind === 'basic' ? 1 : numberOf(values, 'expansionFactor')
      const blocks = blocksOf(values, network).flatMap((times, i) => {
        const [d, positionsOfStage] = [widths[i], rest[i] * rest[i]]
        const changes = changing[kind].includes(i + 1)
        const input = inputOf(kind, i + 1, widths, m)
        const at = (weights: readonly (readonly [number, number])[], times: number) =>
          weights.map(([a, b]) => [times * positionsOfStage * a, b] as const)
        return [
          ...at(blockWeights(kind, input, d, m, changes && projection), 1),
          ...at(blockWeights(kind, m * d, d, m, false), times - 1),
        ]
      })
      return sumOfProducts(operators, [
        [first * first * 49 * numberOf(values, 'channels'), widths[0]],
        ...blocks,
        [m * widths[3], numberOf(values, 'classes')],
      ])
    },
  }
}

/** The counts of five residual networks. */
export const residualNetworks: readonly Quantity[] = [
  ...sideQuantities,
  countStep({
    name: 'stemParameters',
    symbols: ['P_s', 'P_stem'],
    meaning: 'weights of the first convolution, 7 × 7 without biases, gains and biases of the normalization behind it',
    from: ['channels', 'width1'],
    formula: '7 \\cdot 7 \\cdot d_0 \\cdot d_1 + 2 \\cdot d_1',
    stage: 'networks',
    compute: (values, operators) => {
      const [channels, width] = [numberOf(values, 'channels'), numberOf(values, 'width1')]
      return sumOfProducts(operators, [
        [49 * channels, width],
        [2, width],
      ])
    },
  }),
  ...stages.map((s) => identityBlock('basic', s)),
  ...changing.basic.map((s) => firstBlock('basic', s)),
  ...stages.map((s) => identityBlock('bottleneck', s)),
  ...changing.bottleneck.map((s) => firstBlock('bottleneck', s)),
  classifier('basic', 1),
  classifier('bottleneck', 2),
  ...networks.flatMap(networkQuantities),
]

/** What goes past the blocks that change the shape. */
export const shortcutConventions: readonly Convention[] = [
  {
    name: 'projections where the shape changes',
    description: 'a 1 × 1 convolution with its normalization goes past each block that changes the shape («option B»)',
    overrides: {},
  },
  {
    name: 'zeros where the shape changes',
    description: 'shortcuts have no parameters: channels that are missing are filled up with zeros («option A»)',
    overrides: {
      ...Object.fromEntries(
        (['basic', 'bottleneck'] as const).flatMap((kind) =>
          changing[kind].map((s) => [`${kind}First${s}`, changingBlock(kind, s, false)]),
        ),
      ),
      ...Object.fromEntries(networks.map((network) => [`multiplyAdds${network}`, multiplyAdds(network, false)])),
    },
  },
]
