import { scalar, tensor } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'

/** A mistake that is arithmetic with whole numbers. */
function mistake(
  name: string,
  quantities: readonly string[],
  explanation: string,
  from: readonly string[],
  wrong: (numbers: Readonly<Record<string, number>>, quantity: string) => number | readonly number[],
): ExerciseMistake {
  return {
    name,
    quantities,
    explanation,
    from: () => from,
    compute: async (quantity, values) => {
      const numbers = Object.fromEntries(from.map((input) => [input, numberOf(values, input)]))
      const result = wrong(numbers, quantity)
      return typeof result === 'number' ? scalar(result) : tensor([result.length], result)
    },
  }
}

const lengths = ['outputWidth', 'outputHeight']
const lengthInputs = ['inputWidth', 'inputHeight', 'filterSize', 'padding', 'stride']
const inputOf = (n: Readonly<Record<string, number>>, quantity: string) =>
  quantity === 'outputWidth' ? n.inputWidth : n.inputHeight

/** What people get wrong in ntua/1.2. */
export const convolutionMistakes: readonly ExerciseMistake[] = [
  mistake(
    '+1 forgotten',
    lengths,
    'is what you get without the + 1: the number of steps, not of positions.',
    lengthInputs,
    (n, q) => Math.floor((inputOf(n, q) - n.filterSize + 2 * n.padding) / n.stride),
  ),
  mistake(
    'rounded up',
    lengths,
    'is what you get when the quotient is rounded up; the last window must fit.',
    lengthInputs,
    (n, q) => Math.ceil((inputOf(n, q) - n.filterSize + 2 * n.padding) / n.stride) + 1,
  ),
  mistake(
    'padding on one side only',
    lengths,
    'is what you get when P is added once instead of on both sides.',
    lengthInputs,
    (n, q) => Math.floor((inputOf(n, q) - n.filterSize + n.padding) / n.stride) + 1,
  ),
  mistake(
    'stride forgotten',
    lengths,
    'is what you get with stride 1.',
    lengthInputs,
    (n, q) => inputOf(n, q) - n.filterSize + 2 * n.padding + 1,
  ),
  mistake(
    'filter not subtracted',
    lengths,
    'is what you get when the filter is not subtracted from the side.',
    lengthInputs,
    (n, q) => Math.floor((inputOf(n, q) + 2 * n.padding) / n.stride) + 1,
  ),
  mistake(
    'depth of the image kept',
    ['outputDepth'],
    'is the depth of the image; the output has one channel a filter.',
    ['inputDepth'],
    (n) => n.inputDepth,
  ),
  mistake(
    'depth multiplied in',
    ['outputDepth'],
    'is what you get when every filter yields a channel for each of the image.',
    ['inputDepth', 'filters'],
    (n) => n.inputDepth * n.filters,
  ),
  mistake(
    'depth of the image in the shape',
    ['outputShape'],
    'has the depth of the image; the output has one channel a filter.',
    ['outputWidth', 'outputHeight', 'inputDepth'],
    (n) => [n.outputWidth, n.outputHeight, n.inputDepth],
  ),
  mistake(
    'depth left out of the units',
    ['units'],
    'counts one channel only.',
    ['outputWidth', 'outputHeight'],
    (n) => n.outputWidth * n.outputHeight,
  ),
  mistake(
    'filters counted as units',
    ['units'],
    'is the number of filters, each of which has a unit at every position.',
    ['filters'],
    (n) => n.filters,
  ),
  mistake(
    'image depth multiplied into the units',
    ['units'],
    'multiplies in the depth of the image too; a unit sums over it.',
    ['outputWidth', 'outputHeight', 'outputDepth', 'inputDepth'],
    (n) => n.outputWidth * n.outputHeight * n.outputDepth * n.inputDepth,
  ),
  mistake(
    'biases forgotten',
    ['parameters'],
    'is what you get without biases.',
    ['filterSize', 'inputDepth', 'filters'],
    (n) => n.filterSize ** 2 * n.inputDepth * n.filters,
  ),
  mistake(
    'one bias for all filters',
    ['parameters'],
    'counts one bias in all; every filter has its own.',
    ['filterSize', 'inputDepth', 'filters'],
    (n) => n.filterSize ** 2 * n.inputDepth * n.filters + 1,
  ),
  mistake(
    'depth forgotten',
    ['parameters'],
    'is what you get when filters have no depth: F·F + 1 weights each.',
    ['filterSize', 'filters'],
    (n) => (n.filterSize ** 2 + 1) * n.filters,
  ),
  mistake(
    'weights not shared',
    ['parameters'],
    'is what you get when every unit has weights of its own.',
    ['filterSize', 'inputDepth', 'units'],
    (n) => (n.filterSize ** 2 * n.inputDepth + 1) * n.units,
  ),
  mistake(
    'bias counted among the inputs',
    ['inputUnits'],
    'is one too many: the bias is no unit of the input.',
    ['inputWidth', 'inputHeight', 'inputDepth'],
    (n) => n.inputWidth * n.inputHeight * n.inputDepth + 1,
  ),
  mistake(
    'colours left out',
    ['inputUnits'],
    'counts one colour channel only.',
    ['inputWidth', 'inputHeight'],
    (n) => n.inputWidth * n.inputHeight,
  ),
  mistake(
    'biases of the fully connected layer forgotten',
    ['denseParameters'],
    'is what you get without biases.',
    ['inputUnits', 'denseUnits'],
    (n) => n.inputUnits * n.denseUnits,
  ),
  mistake(
    'one bias for the whole layer',
    ['denseParameters'],
    'counts one bias in all; every unit has its own.',
    ['inputUnits', 'denseUnits'],
    (n) => n.inputUnits * n.denseUnits + 1,
  ),
  mistake(
    'connected with the output of the convolution',
    ['denseParameters'],
    'connects the layer with the units of the convolution, which it replaces.',
    ['units', 'denseUnits'],
    (n) => (n.units + 1) * n.denseUnits,
  ),
]
