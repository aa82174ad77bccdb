import { fromNested, rowMajor, scalar } from '../../oracle/tensor.js'
import { count } from '../architecture/chain.js'
import { type GoogLeNetSizes, googLeNetSizes, type ModuleName, moduleNames } from '../architecture/models/googlenet.js'
import { numberOf, product, tensorOf } from '../computation.js'
import type { Given, Quantity, Values } from '../exercise.js'
import { countStep, positions, sumOfProducts } from './counting.js'

const published = googLeNetSizes

export const networkGiven: readonly Given[] = [
  count('image', ['n_0', 'image size'], 'the side of the image', published.image, 80),
  count('channels', ['d_0', 'image channels'], 'the channels of the image', published.channels),
  ...[1, 2, 3].map((i) =>
    count(
      `stem${i}`,
      [`s_${i}`],
      [
        'the filters of the first convolution',
        'the 1 × 1 filters before the second',
        'the filters of the second convolution',
      ][i - 1],
      published.stem[i - 1],
    ),
  ),
  {
    name: 'modules',
    symbols: ['F', 'f'],
    meaning: `the filters of modules ${moduleNames.join(', ')}, a row each: 1 × 1; reduction and 3 × 3; reduction and 5 × 5; projection behind the pooling`,
    kind: 'whole',
    value: fromNested(moduleNames.map((name) => rowOf(published, name))),
    range: { least: 1 },
  },
  count('auxiliaryFilters', ['a_1'], 'the 1 × 1 filters of an auxiliary classifier', published.auxiliary[0]),
  count('auxiliaryUnits', ['a_2'], 'the hidden units of an auxiliary classifier', published.auxiliary[1]),
  count('classes', ['c', 'classes'], 'the classes', published.classes),
]

function rowOf({ modules }: GoogLeNetSizes, name: ModuleName): readonly number[] {
  const { ones, reduceThrees, threes, reduceFives, fives, projection } = modules[name]
  return [ones, reduceThrees, threes, reduceFives, fives, projection]
}

/** The six numbers of filters of a module. */
export function filtersOf(values: Values, name: ModuleName): readonly number[] {
  const start = 6 * moduleNames.indexOf(name)
  return [...rowMajor(tensorOf(values, 'modules')).slice(start, start + 6)]
}

/** The given sizes as those of the architecture. */
export function sizesOf(values: Values): GoogLeNetSizes {
  const inception = (name: ModuleName) => {
    const [ones, reduceThrees, threes, reduceFives, fives, projection] = filtersOf(values, name)
    return { ones, reduceThrees, threes, reduceFives, fives, projection }
  }
  const number = (name: string) => numberOf(values, name)
  return {
    image: number('image'),
    channels: number('channels'),
    stem: [number('stem1'), number('stem2'), number('stem3')],
    modules: {
      '3a': inception('3a'),
      '3b': inception('3b'),
      '4a': inception('4a'),
      '4b': inception('4b'),
      '4c': inception('4c'),
      '4d': inception('4d'),
      '4e': inception('4e'),
      '5a': inception('5a'),
      '5b': inception('5b'),
    },
    auxiliary: [number('auxiliaryFilters'), number('auxiliaryUnits')],
    classes: number('classes'),
  }
}

/** Sides behind the first convolution and the four poolings, by what they are called. */
const sides: readonly string[] = ['conv1Side', 'pool1Side', 'pool2Side', 'pool3Side', 'pool4Side']

const sideQuantities: readonly Quantity[] = sides.map((name, i) =>
  countStep({
    name,
    symbols: [`n_${i + 1}`],
    meaning: i === 0 ? 'the side behind the first convolution' : `the side behind pooling ${i}, rounded up`,
    from: [i === 0 ? 'image' : sides[i - 1]],
    formula: i === 0 ? 'floor(\\frac{n_0 + 2 \\cdot 3 - 7}{2}) + 1' : `ceil(\\frac{n_${i} - 3}{2}) + 1`,
    stage: 'network',
    compute: (values, operators) =>
      positions(
        operators,
        i === 0
          ? { input: numberOf(values, 'image'), kernel: 7, stride: 2, padding: 3 }
          : { input: numberOf(values, sides[i - 1]), kernel: 3, stride: 2, ceil: true },
      ),
  }),
)

/** A module's script in symbols: 31 for 3a, the first module of the third stage. */
function tagOf(name: ModuleName): string {
  return `${name[0]}${'abcde'.indexOf(name[1]) + 1}`
}

/** Where a module stands: the quantity with the side, and the datum or quantity with the channels that it reads. */
export function placeOf(name: ModuleName): {
  readonly side: string
  readonly depth: string
  readonly depthText: string
} {
  const before = moduleNames[moduleNames.indexOf(name) - 1]
  const side = { 3: 'pool2Side', 4: 'pool3Side', 5: 'pool4Side' }[name[0]] ?? ''
  return before === undefined
    ? { side, depth: 'stem3', depthText: 's_3' }
    : { side, depth: `channels${before}`, depthText: `d_{${tagOf(before)}}` }
}

/** Inputs and filters of a module's six convolutions: a filter's weights are the first, their number the second. */
function convolutionsOf(
  depth: number,
  [f1, f2, f3, f4, f5, f6]: readonly number[],
): readonly (readonly [number, number])[] {
  return [
    [depth, f1],
    [depth, f2],
    [9 * f2, f3],
    [depth, f4],
    [25 * f4, f5],
    [depth, f6],
  ]
}

function moduleQuantities(name: ModuleName): readonly Quantity[] {
  const { side, depth, depthText } = placeOf(name)
  const row = moduleNames.indexOf(name) + 1
  const f = (column: number) => `F_{${row}${column}}`
  const products = [
    `${depthText} \\cdot (${f(1)} + ${f(2)} + ${f(4)} + ${f(6)})`,
    `9 \\cdot ${f(2)} \\cdot ${f(3)}`,
    `25 \\cdot ${f(4)} \\cdot ${f(5)}`,
  ].join(' + ')
  return [
    countStep({
      name: `channels${name}`,
      symbols: [`d_${tagOf(name)}`],
      meaning: `the channels of module ${name} (script ${tagOf(name)}): those of its four branches`,
      from: ['modules'],
      formula: `${f(1)} + ${f(3)} + ${f(5)} + ${f(6)}`,
      stage: 'network',
      compute: async (values) => {
        const [f1, , f3, , f5, f6] = filtersOf(values, name)
        return scalar(f1 + f3 + f5 + f6)
      },
    }),
    countStep({
      name: `parameters${name}`,
      symbols: [`P_${tagOf(name)}`],
      meaning: `weights and biases of module ${name}`,
      from: [depth, 'modules'],
      formula: `${products} + ${[1, 2, 3, 4, 5, 6].map(f).join(' + ')}`,
      stage: 'network',
      compute: (values, operators) =>
        sumOfProducts(
          operators,
          convolutionsOf(numberOf(values, depth), filtersOf(values, name)).map(([inputs, filters]) => [
            inputs + 1,
            filters,
          ]),
        ),
    }),
    countStep({
      name: `multiplyAdds${name}`,
      symbols: [`M_${tagOf(name)}`],
      meaning: `multiply-adds of module ${name}`,
      from: [side, depth, 'modules'],
      formula: `${sideText(side)} \\cdot ${sideText(side)} \\cdot (${products})`,
      stage: 'network',
      compute: async (values, operators) => {
        const weights = await sumOfProducts(operators, convolutionsOf(numberOf(values, depth), filtersOf(values, name)))
        return product(operators, weights, numberOf(values, side), numberOf(values, side))
      },
    }),
  ]
}

/** How formulas call a side. */
function sideText(side: string): string {
  return `n_${sides.indexOf(side) + 1}`
}

function parametersOf(
  name: string,
  symbols: readonly string[],
  meaning: string,
  from: readonly string[],
  formula: string,
  convolutions: (...numbers: readonly number[]) => readonly (readonly [number, number])[],
): Quantity {
  return countStep({
    name,
    symbols,
    meaning,
    from,
    formula,
    stage: 'network',
    compute: (values, operators) =>
      sumOfProducts(operators, convolutions(...from.map((input) => numberOf(values, input)))),
  })
}

const auxiliaryQuantities: readonly Quantity[] = (
  [
    ['4a', 1],
    ['4d', 2],
  ] as const
).map(([module, i]) =>
  countStep({
    name: `auxiliary${i}Parameters`,
    symbols: [`P_a${i}`, `auxiliary ${i === 1 ? 'one' : 'two'} parameters`],
    meaning: `weights and biases of the auxiliary classifier behind module ${module}: pooling of 5 × 5 in steps of 3, 1 × 1 filters, two fully connected layers`,
    from: ['pool3Side', `channels${module}`, 'auxiliaryFilters', 'auxiliaryUnits', 'classes'],
    formula: `(d_{${tagOf(module)}} + 1) \\cdot a_1 + ((floor(\\frac{n_4 - 5}{3}) + 1) \\cdot (floor(\\frac{n_4 - 5}{3}) + 1) \\cdot a_1 + 1) \\cdot a_2 + (a_2 + 1) \\cdot c`,
    stage: 'network',
    compute: async (values, operators) => {
      const [side, depth, filters, units, classes] = [
        'pool3Side',
        `channels${module}`,
        'auxiliaryFilters',
        'auxiliaryUnits',
        'classes',
      ].map((name) => numberOf(values, name))
      const [pooled] = rowMajor(await positions(operators, { input: side, kernel: 5, stride: 3 }))
      return sumOfProducts(operators, [
        [depth + 1, filters],
        [pooled * pooled * filters + 1, units],
        [units + 1, classes],
      ])
    },
  }),
)

function total(
  name: string,
  symbols: readonly string[],
  meaning: string,
  parts: readonly string[],
  formula: string,
): Quantity {
  return countStep({
    name,
    symbols,
    meaning,
    from: parts,
    formula,
    stage: 'network',
    asked: true,
    compute: (values, operators) =>
      sumOfProducts(
        operators,
        parts.map((part) => [1, tensorOf(values, part)]),
      ),
  })
}

const moduleSum = (letter: string) => moduleNames.map((name) => `${letter}_{${tagOf(name)}}`).join(' + ')
const inference = [
  'conv1Parameters',
  'conv2Parameters',
  ...moduleNames.map((name) => `parameters${name}`),
  'classifierParameters',
]

/** The table of GoogLeNet: sides, channels, parameters and multiply-adds. */
export const networkQuantities: readonly Quantity[] = [
  ...sideQuantities,
  parametersOf(
    'conv1Parameters',
    ['P_1'],
    'weights and biases of the first convolution, 7 × 7',
    ['channels', 'stem1'],
    '(7 \\cdot 7 \\cdot d_0 + 1) \\cdot s_1',
    (depth, filters) => [[49 * depth + 1, filters]],
  ),
  parametersOf(
    'conv2Parameters',
    ['P_2'],
    'weights and biases of the 1 × 1 reduction and of the second convolution, 3 × 3',
    ['stem1', 'stem2', 'stem3'],
    '(s_1 + 1) \\cdot s_2 + (3 \\cdot 3 \\cdot s_2 + 1) \\cdot s_3',
    (s1, s2, s3) => [
      [s1 + 1, s2],
      [9 * s2 + 1, s3],
    ],
  ),
  ...moduleNames.flatMap(moduleQuantities),
  parametersOf(
    'classifierParameters',
    ['P_c', 'P_fc'],
    'weights and biases of the fully connected layer behind the global average pooling',
    ['channels5b', 'classes'],
    '(d_{52} + 1) \\cdot c',
    (depth, classes) => [[depth + 1, classes]],
  ),
  ...auxiliaryQuantities,
  countStep({
    name: 'stemMultiplyAdds',
    symbols: ['M_s', 'M_stem'],
    meaning: 'multiply-adds of the three convolutions before the modules',
    from: ['conv1Side', 'pool1Side', 'channels', 'stem1', 'stem2', 'stem3'],
    formula:
      'n_1 \\cdot n_1 \\cdot 49 \\cdot d_0 \\cdot s_1 + n_2 \\cdot n_2 \\cdot (s_1 \\cdot s_2 + 9 \\cdot s_2 \\cdot s_3)',
    stage: 'network',
    compute: (values, operators) => {
      const [n1, n2, d, s1, s2, s3] = ['conv1Side', 'pool1Side', 'channels', 'stem1', 'stem2', 'stem3'].map((name) =>
        numberOf(values, name),
      )
      return sumOfProducts(operators, [
        [n1 * n1 * 49 * d, s1],
        [n2 * n2 * s1, s2],
        [n2 * n2 * 9 * s2, s3],
      ])
    },
  }),
  total(
    'parameters',
    ['total parameters', 'parameters', 'params', 'number of parameters', 'P'],
    'weights and biases of the network without its auxiliary classifiers',
    inference,
    `P_1 + P_2 + ${moduleSum('P')} + P_c`,
  ),
  total(
    'trainingParameters',
    ['training parameters', 'P_train'],
    'weights and biases with both auxiliary classifiers, which only training has',
    ['parameters', 'auxiliary1Parameters', 'auxiliary2Parameters'],
    '\\text{total parameters} + P_{a1} + P_{a2}',
  ),
  countStep({
    name: 'multiplyAdds',
    symbols: ['total multiply adds', 'multiply adds', 'macs', 'M'],
    meaning: 'multiply-adds of the network without its auxiliary classifiers',
    from: ['stemMultiplyAdds', ...moduleNames.map((name) => `multiplyAdds${name}`), 'channels5b', 'classes'],
    formula: `M_s + ${moduleSum('M')} + d_{52} \\cdot c`,
    stage: 'network',
    asked: true,
    compute: (values, operators) =>
      sumOfProducts(operators, [
        [1, tensorOf(values, 'stemMultiplyAdds')],
        ...moduleNames.map((name) => [1, tensorOf(values, `multiplyAdds${name}`)] as const),
        [numberOf(values, 'channels5b'), numberOf(values, 'classes')],
      ]),
  }),
]
