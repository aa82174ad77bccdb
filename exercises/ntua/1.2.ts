import fc from 'fast-check'
import { item, map, scalar, type Tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, numberOf, product, scalarOf, tensorOf, vectorOf, weightedSum } from '../computation.js'
import type { Exercise, ExerciseLaw, Given, Operators, Quantity, Values } from '../exercise.js'
import { expectClose, expectShape } from '../expectation.js'
import { convolutionMistakes } from './1.2.mistakes.js'

const given: readonly Given[] = [
  whole('inputWidth', ['w_1', 'W_1'], 'the width of the image', 227),
  whole('inputHeight', ['h_1', 'H_1'], 'the height of the image', 227),
  whole('inputDepth', ['d_1', 'D_1'], 'the depth of the image: its colour channels', 3),
  whole('filterSize', ['F', 'f', 'kernel'], 'width and height of a filter', 11),
  whole('filters', ['K', 'k', 'filters'], 'the number of filters', 96),
  whole('stride', ['S', 's', 'stride'], 'the stride', 4),
  whole('padding', ['P', 'p', 'padding'], 'the zero padding on each side', 0),
  whole('denseUnits', ['output units', 'units out'], 'the units of the fully connected layer', 256),
]

function whole(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), range: { least: name === 'padding' ? 0 : 1 } }
}

/** The length of one side of the output, by `convOutputSize`. */
function outputLength(side: 'Width' | 'Height', letter: 'w' | 'h'): Quantity {
  const from = [`input${side}`, 'filterSize', 'padding', 'stride']
  return {
    name: `output${side}`,
    symbols: [`${letter}_2`, `${letter.toUpperCase()}_2`, `output ${side.toLowerCase()}`, `${letter}_out`],
    meaning: `the ${side.toLowerCase()} of the output`,
    kind: 'whole',
    from,
    formula: `\\frac{${letter}_1 - F + 2 \\cdot P}{S} + 1`,
    compute: async (values, operators) => {
      const [input, kernel, padding, stride] = from.map((name) => [numberOf(values, name)])
      const size = await forward(
        operators,
        'convOutputSize',
        'size',
        {},
        { input, kernel, stride, padding, dilation: [1] },
      )
      return scalarOf(size)
    },
  }
}

/** A product of given data and quantities, by `matmul`. */
function productOf(values: Values, names: readonly string[], operators: Operators): Promise<Tensor> {
  const [first, ...rest] = names.map((name) => tensorOf(values, name))
  return product(operators, first, ...rest)
}

/** (inputs + 1)·outputs: a weight for every input and one bias, for every output. */
async function withBias(inputs: Tensor, outputs: Tensor, operators: Operators): Promise<Tensor> {
  return product(operators, await weightedSum(operators, [1, 1], [inputs, 1]), outputs)
}

const filterWeights = ['filterSize', 'filterSize', 'inputDepth']

const quantities: readonly Quantity[] = [
  outputLength('Width', 'w'),
  outputLength('Height', 'h'),
  {
    name: 'outputDepth',
    symbols: ['d_2', 'D_2', 'output depth', 'd_out'],
    meaning: 'the depth of the output: one channel a filter',
    kind: 'whole',
    from: ['filters'],
    formula: 'K',
    compute: async (values) => scalar(numberOf(values, 'filters')),
  },
  {
    name: 'outputShape',
    symbols: ['output dimensions', 'output shape', 'output size', 'output', 'dimensions', 'shape', 'διαστασεισ εξοδου'],
    meaning: 'the dimensions of the output: width × height × depth',
    kind: 'shape',
    from: ['outputWidth', 'outputHeight', 'outputDepth'],
    formula: 'w_2 \\times h_2 \\times d_2',
    asked: true,
    alternatives: [
      {
        value: (values) => vectorOf(values, ['outputDepth', 'outputHeight', 'outputWidth']),
        note: 'written channels first, as depth × height × width',
      },
    ],
    compute: async (values) => vectorOf(values, ['outputWidth', 'outputHeight', 'outputDepth']),
  },
  {
    name: 'units',
    symbols: ['units', 'number of units', 'neurons', 'activations', 'n_units', 'μοναδεσ'],
    meaning: 'the number of units of the convolutional layer',
    kind: 'whole',
    from: ['outputWidth', 'outputHeight', 'outputDepth'],
    formula: 'w_2 \\cdot h_2 \\cdot d_2',
    asked: true,
    compute: (values, operators) => productOf(values, ['outputWidth', 'outputHeight', 'outputDepth'], operators),
  },
  {
    name: 'parameters',
    symbols: ['parameters', 'params', 'trainable parameters', 'number of parameters', 'παραμετροι'],
    meaning: 'the trainable parameters of the convolutional layer, with shared weights',
    kind: 'whole',
    from: ['filterSize', 'inputDepth', 'filters'],
    formula: '(F \\cdot F \\cdot d_1 + 1) \\cdot K',
    stage: 'convolution',
    asked: true,
    compute: async (values, operators) =>
      withBias(await productOf(values, filterWeights, operators), tensorOf(values, 'filters'), operators),
  },
  {
    name: 'inputUnits',
    symbols: ['input units', 'inputs', 'units in', 'number of inputs'],
    meaning: 'the numbers in the image: what every unit of the fully connected layer is connected with',
    kind: 'whole',
    from: ['inputWidth', 'inputHeight', 'inputDepth'],
    formula: 'w_1 \\cdot h_1 \\cdot d_1',
    stage: 'fully connected',
    compute: (values, operators) => productOf(values, ['inputWidth', 'inputHeight', 'inputDepth'], operators),
  },
  {
    name: 'denseParameters',
    symbols: [
      'parameters',
      'params',
      'trainable parameters',
      'number of parameters',
      'παραμετροι',
      'fully connected parameters',
    ],
    meaning: 'the trainable parameters of a fully connected layer in place of the convolution',
    kind: 'whole',
    from: ['inputUnits', 'denseUnits'],
    formula: '(\\text{Input Units} + 1) \\cdot \\text{Output Units}',
    stage: 'fully connected',
    asked: true,
    compute: (values, operators) => withBias(tensorOf(values, 'inputUnits'), tensorOf(values, 'denseUnits'), operators),
  },
]

/** Small sizes that a convolution can be run on, the window never larger than the padded image. */
function arbitrary(): fc.Arbitrary<Values> {
  const positions = fc.integer({ min: 0, max: 6 })
  return fc
    .record({
      filterSize: fc.integer({ min: 1, max: 4 }),
      padding: fc.integer({ min: 0, max: 2 }),
      stride: fc.integer({ min: 1, max: 4 }),
      inputDepth: fc.integer({ min: 1, max: 3 }),
      filters: fc.integer({ min: 1, max: 4 }),
      denseUnits: fc.integer({ min: 1, max: 4 }),
      width: positions,
      height: positions,
    })
    .map(({ width, height, ...sizes }) => {
      const least = Math.max(1, sizes.filterSize - 2 * sizes.padding)
      const numbers = { ...sizes, inputWidth: least + width, inputHeight: least + height }
      return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]))
    })
}

/** Sizes as networks have them: the windows fit without a remainder. */
function worksheetArbitrary(): fc.Arbitrary<Values> {
  return fc
    .record({
      filterSize: fc.constantFrom(3, 5, 7, 11),
      padding: fc.integer({ min: 0, max: 2 }),
      stride: fc.integer({ min: 1, max: 4 }),
      inputDepth: fc.constantFrom(1, 3),
      filters: fc.constantFrom(8, 16, 32, 64),
      denseUnits: fc.constantFrom(10, 64, 100, 128),
      columns: fc.integer({ min: 9, max: 30 }),
      rows: fc.integer({ min: 9, max: 30 }),
    })
    .map(({ columns, rows, ...sizes }) => {
      const side = (positions: number) => sizes.stride * (positions - 1) + sizes.filterSize - 2 * sizes.padding
      const numbers = { ...sizes, inputWidth: side(columns), inputHeight: side(rows) }
      return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]))
    })
}

function ones(shape: readonly number[]): Tensor {
  return map(zeros(shape), () => 1)
}

const laws: readonly ExerciseLaw[] = [
  {
    name: 'a convolution that is run has the dimensions, units and parameters that the formulas say',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      const n = Object.fromEntries(
        Object.keys(solved)
          .filter((name) => solved[name].size === 1)
          .map((name) => [name, numberOf(solved, name)]),
      )
      const inputs = {
        x: ones([1, n.inputDepth, n.inputHeight, n.inputWidth]),
        weight: ones([n.filters, n.inputDepth, n.filterSize, n.filterSize]),
        bias: ones([n.filters]),
      }
      const attributes = { stride: n.stride, padding: n.padding }
      const y = await forward(operators, 'conv2d', 'y', inputs, attributes)
      expectShape('the output of the convolution', y, [1, n.outputDepth, n.outputHeight, n.outputWidth])
      expectClose('the number of units', n.units, y.size, slack * y.size)
      let parameters = 0
      for (const name of ['weight', 'bias']) {
        const gradient = await backward(operators, 'conv2d', name, inputs, { y: ones(y.shape) }, attributes)
        parameters += gradient.size
      }
      expectClose('the number of parameters', n.parameters, parameters, slack * parameters)
    },
  },
  {
    name: 'a window of ones on an image of ones counts the parameters of a filter',
    async check(values, solve, slack, operators) {
      const solved = await solve({
        ...values,
        padding: scalar(0),
        inputWidth: numberTensor(values),
        inputHeight: numberTensor(values),
      })
      const [F, depth, filters] = ['filterSize', 'inputDepth', 'filters'].map((name) => numberOf(solved, name))
      const y = await forward(operators, 'conv2d', 'y', {
        x: ones([1, depth, F, F]),
        weight: ones([filters, depth, F, F]),
        bias: ones([filters]),
      })
      const counted = item(y.pick(0, 0, 0, 0)) * filters
      expectClose('the number of parameters', numberOf(solved, 'parameters'), counted, 4 * slack * counted)
    },
  },
  {
    name: 'a fully connected layer that is run has the parameters that the formula says',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      const [inputs, outputs] = [numberOf(solved, 'inputUnits'), numberOf(solved, 'denseUnits')]
      const call = { x: ones([1, inputs]), weight: ones([outputs, inputs]), bias: ones([outputs]) }
      const y = await forward(operators, 'linear', 'y', call)
      expectShape('the output of the layer', y, [1, outputs])
      const counted = call.weight.size + call.bias.size
      expectClose('the number of parameters', numberOf(solved, 'denseParameters'), counted, 4 * slack * counted)
      const summed = item(y.pick(0, 0)) * outputs
      expectClose(
        'weights and biases of ones, summed,',
        numberOf(solved, 'denseParameters'),
        summed,
        8 * slack * summed,
      )
    },
  },
]

/** An image as large as the filter, so that there is one position. */
function numberTensor(values: Values): Tensor {
  return scalar(numberOf(values, 'filterSize'))
}

export const exercise12: Exercise = {
  id: 'ntua/1.2',
  title: 'The first convolution of AlexNet',
  source: 'NTUA, Neural Networks and Deep Learning, first series of exercises 2023, exercise 1.2',
  statement: `The first convolutional layer of a network like AlexNet takes images of $w_1 \\times h_1 \\times d_1$ and has $K$ filters of
$F \\times F \\times d_1$, with stride $S$ and padding $P$.

(a) What are the dimensions of its output? (b) How many units does it have? (c) How many trainable parameters, with shared
weights? (d) How many would a fully connected layer have in its place, all of its units connected with the whole image?`,
  heading: { number: '1.2' },
  given,
  arbitrary,
  stages: [
    { name: 'convolution', title: 'The convolutional layer' },
    { name: 'fully connected', title: 'A fully connected layer in its place' },
  ],
  quantities,
  conventions: [],
  mistakes: convolutionMistakes,
  laws,
  experiments: [],
  worksheet: { arbitrary: worksheetArbitrary },
}
