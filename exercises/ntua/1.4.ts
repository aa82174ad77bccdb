import fc from 'fast-check'
import { map, rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, numberOf, scalarOf, tensorOf } from '../computation.js'
import type { Exercise, ExerciseLaw, ExerciseMistake, Given, Operators, Quantity, Values } from '../exercise.js'
import { expectClose, expectShape } from '../expectation.js'
import { fineTuningExperiment, fineTuningTraining, reconstructionTraining } from './1.4.experiment.js'

const given: readonly Given[] = [
  {
    name: 'vocabularySize',
    symbols: ["cal V'", 'vocabulary size', 'words'],
    meaning: 'the words of the vocabulary, special tokens included',
    kind: 'whole',
    range: { least: 1 },
    value: scalar(1500),
  },
  {
    name: 'vectorSize',
    symbols: ['u_o', 'u_c', 'vector size', 'vector dimension'],
    meaning: 'the dimension of the skip-gram vectors u_o and u_c',
    kind: 'whole',
    range: { least: 1 },
    value: scalar(256),
  },
  {
    name: 'hiddenWidths',
    symbols: ['hidden layers', 'hidden widths'],
    meaning: 'the units of the five hidden layers',
    kind: 'whole',
    range: { least: 1 },
    value: tensor([5], [500, 250, 50, 250, 500]),
  },
  {
    name: 'classes',
    symbols: ['classes', 'cal C'],
    meaning: 'the classes of exercise 1.3',
    kind: 'whole',
    range: { least: 1 },
    value: scalar(3),
  },
]

const concatenated = {
  value: (values: Values) => scalar(2 * numberOf(values, 'vectorSize')),
  note: 'u_o and u_c concatenated into one vector a word',
}

/** Parameters of fully connected layers of these widths, input first: Σ (in + 1)·out, by `linear`. */
async function parametersOf(widths: readonly number[], operators: Operators): Promise<Tensor> {
  const inputs = widths.slice(0, -1).map((width) => width + 1)
  const x = tensor([inputs.length], inputs)
  const weight = tensor([1, inputs.length], widths.slice(1))
  return scalarOf(await forward(operators, 'linear', 'y', { x, weight }))
}

/** The widths of all layers, from x_i to y_i. */
function widthsOf(values: Values): readonly number[] {
  return [numberOf(values, 'inputSize'), ...rowMajor(tensorOf(values, 'hiddenWidths')), numberOf(values, 'outputSize')]
}

const quantities: readonly Quantity[] = [
  {
    name: 'inputSize',
    symbols: ['x_i', 'x', 'input dimension', 'input size', 'total dimension per word', 'd_in'],
    meaning: 'the dimension of the input features x_i: one skip-gram vector',
    kind: 'whole',
    from: ['vectorSize'],
    formula: 'u_o',
    asked: true,
    alternatives: [concatenated],
    compute: async (values) => scalar(numberOf(values, 'vectorSize')),
  },
  {
    name: 'outputSize',
    symbols: ['y_i', 'y', 'output dimension', 'output size', 'd_out'],
    meaning: 'the dimension of the output features y_i, which reconstruct x_i',
    kind: 'whole',
    from: ['inputSize'],
    formula: 'x_i',
    asked: true,
    alternatives: [concatenated],
    compute: async (values) => scalar(numberOf(values, 'inputSize')),
  },
  {
    name: 'latentSize',
    symbols: ['z', 'z_i', 'latent dimension', 'latent size', 'latent', 'code size', 'h'],
    meaning: 'the dimension of the latent representation: the narrowest hidden layer',
    kind: 'whole',
    from: ['hiddenWidths'],
    formula: 'min(\\text{hidden layers})',
    asked: true,
    compute: async (values) => scalar(Math.min(...rowMajor(tensorOf(values, 'hiddenWidths')))),
  },
  {
    name: 'autoencoderParameters',
    symbols: ['autoencoder parameters', 'parameters'],
    meaning: 'the weights and biases of the autoencoder',
    kind: 'whole',
    from: ['inputSize', 'hiddenWidths', 'outputSize'],
    formula: '\\sum (\\text{in} + 1) \\cdot \\text{out}',
    compute: (values, operators) => parametersOf(widthsOf(values), operators),
  },
  {
    name: 'encoderParameters',
    symbols: ['encoder parameters'],
    meaning: 'the weights and biases of the encoder, which fine-tuning starts from',
    kind: 'whole',
    from: ['inputSize', 'hiddenWidths'],
    formula: '\\sum (\\text{in} + 1) \\cdot \\text{out}',
    compute: (values, operators) => {
      const widths = rowMajor(tensorOf(values, 'hiddenWidths'))
      return parametersOf([numberOf(values, 'inputSize'), ...widths.slice(0, narrowest(widths) + 1)], operators)
    },
  },
  {
    name: 'classifierInput',
    symbols: ['classifier input', 'rnn input'],
    meaning: 'the dimension of what the recurrent network of 1.3 reads for a word when it stands behind the encoder',
    kind: 'whole',
    from: ['latentSize'],
    formula: 'z',
    compute: async (values) => scalar(numberOf(values, 'latentSize')),
  },
  {
    name: 'classifierOutput',
    symbols: ['classifier output', 'softmax output'],
    meaning: 'the dimension of the softmax at the end of the fine-tuned network',
    kind: 'whole',
    from: ['classes'],
    formula: '\\text{classes}',
    compute: async (values) => scalar(numberOf(values, 'classes')),
  },
]

/** The index of the narrowest hidden layer: the code. */
function narrowest(widths: Float64Array): number {
  return widths.indexOf(Math.min(...widths))
}

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

const hidden = (values: Values, layer: number) => rowMajor(tensorOf(values, 'hiddenWidths')).at(layer) ?? Number.NaN

const mistakes: readonly ExerciseMistake[] = [
  mistake(
    'vocabulary multiplied in, both vectors',
    'inputSize',
    'is what you get when the vectors of all words are counted: the network reads one word at a time.',
    ['vocabularySize', 'vectorSize'],
    (values) => numberOf(values, 'vocabularySize') * 2 * numberOf(values, 'vectorSize'),
  ),
  mistake(
    'vocabulary multiplied in',
    'inputSize',
    'is what you get when the vectors of all words are counted: the network reads one word at a time.',
    ['vocabularySize', 'vectorSize'],
    (values) => numberOf(values, 'vocabularySize') * numberOf(values, 'vectorSize'),
  ),
  mistake(
    'one-hot vector as the input',
    'inputSize',
    'is the length of a one-hot vector; the network reads skip-gram vectors.',
    ['vocabularySize'],
    (values) => numberOf(values, 'vocabularySize'),
  ),
  mistake(
    'last hidden layer as the output',
    'outputSize',
    'is the width of the last hidden layer; the output layer comes after it.',
    ['hiddenWidths'],
    (values) => hidden(values, -1),
  ),
  mistake(
    'code as the output',
    'outputSize',
    'is the dimension of the code; the output reconstructs the input.',
    ['hiddenWidths'],
    (values) => Math.min(...rowMajor(tensorOf(values, 'hiddenWidths'))),
  ),
  mistake(
    'vocabulary as the output',
    'outputSize',
    'is the number of words: the output of a skip-gram softmax, not of an autoencoder.',
    ['vocabularySize'],
    (values) => numberOf(values, 'vocabularySize'),
  ),
  mistake(
    'last hidden layer as the code',
    'latentSize',
    'is the width of the last hidden layer; the code is the narrowest one.',
    ['hiddenWidths'],
    (values) => hidden(values, -1),
  ),
  mistake(
    'layer before the code',
    'latentSize',
    'is the width of the layer before the code.',
    ['hiddenWidths'],
    (values) => hidden(values, 1),
  ),
  mistake(
    'number of hidden layers',
    'latentSize',
    'is the number of hidden layers, not the width of the narrowest.',
    ['hiddenWidths'],
    (values) => tensorOf(values, 'hiddenWidths').size,
  ),
  mistake(
    'biases of the autoencoder forgotten',
    'autoencoderParameters',
    'is what you get without biases.',
    ['inputSize', 'hiddenWidths', 'outputSize'],
    (values) => {
      const widths = widthsOf(values)
      return widths.slice(1).reduce((sum, width, i) => sum + width * widths[i], 0)
    },
  ),
]

function ones(shape: readonly number[]): Tensor {
  return map(zeros(shape), () => 1)
}

const laws: readonly ExerciseLaw[] = [
  {
    name: 'an autoencoder that is run has the dimensions and parameters that are claimed',
    async check(values, solve, slack, operators) {
      const solved = await solve(values)
      const widths = widthsOf(solved)
      let x = ones([1, numberOf(solved, 'inputSize')])
      let parameters = 0
      const codes: number[] = []
      for (const [i, width] of widths.slice(1).entries()) {
        const weight = map(zeros([width, widths[i]]), () => 1 / widths[i])
        const bias = zeros([width])
        x = await forward(operators, 'linear', 'y', { x, weight, bias })
        parameters += weight.size + bias.size
        if (i < widths.length - 2) {
          x = await forward(operators, 'relu', 'y', { x })
          codes.push(x.shape[1])
        }
      }
      expectShape('the output of the run', x, [1, numberOf(solved, 'outputSize')])
      expectClose('the narrowest layer of the run', numberOf(solved, 'latentSize'), Math.min(...codes), 0)
      const allowed = 16 * slack * parameters
      expectClose('the number of parameters', numberOf(solved, 'autoencoderParameters'), parameters, allowed)
      // Weights of 1/in and no bias carry a vector of ones through every layer as it is.
      for (const value of rowMajor(x)) expectClose('the output for ones', value, 1, 64 * slack)
    },
  },
  {
    name: 'an autoencoder of mirrored widths has encoder and decoder weights of equal number',
    async check(values, solve, slack) {
      const solved = await solve(values)
      const widths = widthsOf(solved)
      const biases = (layers: readonly number[]) => layers.slice(1).reduce((sum, width) => sum + width, 0)
      const encoder = numberOf(solved, 'encoderParameters')
      const half = widths.slice(0, (widths.length + 1) / 2)
      const expected = 2 * (encoder - biases(half)) + biases(widths)
      const all = numberOf(solved, 'autoencoderParameters')
      expectClose('the number of parameters', all, expected, 32 * slack * expected)
    },
  },
]

export const exercise14: Exercise = {
  id: 'ntua/1.4',
  title: 'An autoencoder on skip-gram vectors',
  source: 'NTUA, Neural Networks and Deep Learning, first series of exercises 2023, exercise 1.4',
  statement: `A skip-gram model has vectors $u_o$ and $u_c$ for each word of its vocabulary, special tokens included. On its vectors an autoencoder
is trained, with five hidden layers.

(a) What is the dimension of its input features $x_i$? (b) Of its output features $y_i$? (c) Of its latent representation? (d) How is
it fine-tuned for exercise 1.3, with which functions and dimensions in every layer?`,
  heading: { number: '1.4' },
  given,
  arbitrary: () => {
    const width = fc.integer({ min: 2, max: 8 })
    return fc
      .record({
        vocabularySize: fc.integer({ min: 2, max: 20 }),
        vectorSize: width,
        classes: fc.integer({ min: 2, max: 5 }),
        code: fc.integer({ min: 1, max: 4 }),
        second: fc.integer({ min: 1, max: 3 }),
        first: fc.integer({ min: 1, max: 3 }),
      })
      .map(({ code, second, first, ...sizes }) => {
        const widths = [code + second + first, code + second, code, code + second, code + second + first]
        const scalars = Object.entries(sizes).map(([name, value]) => [name, scalar(value)] as const)
        return { ...Object.fromEntries(scalars), hiddenWidths: tensor([5], widths) }
      })
  },
  stages: [],
  quantities,
  conventions: [],
  mistakes,
  laws,
  experiments: [fineTuningExperiment],
  trainings: [reconstructionTraining, fineTuningTraining],
  worksheet: {
    arbitrary: () => {
      const tens = (least: number, most: number) => fc.integer({ min: least, max: most }).map((n) => 10 * n)
      return fc
        .record({
          vocabularySize: fc.integer({ min: 5, max: 40 }).map((n) => 100 * n),
          vectorSize: fc.constantFrom(50, 64, 100, 128, 200, 256, 300),
          classes: fc.integer({ min: 2, max: 6 }),
          code: tens(1, 8),
          second: tens(3, 20),
          first: tens(5, 30),
        })
        .map(({ code, second, first, ...sizes }) => {
          const widths = [code + second + first, code + second, code, code + second, code + second + first]
          const scalars = Object.entries(sizes).map(([name, value]) => [name, scalar(value)] as const)
          return { ...Object.fromEntries(scalars), hiddenWidths: tensor([5], widths) }
        })
    },
  },
}
