import { map, rowMajor, scalar, type Tensor, zip } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { asTensor, differences, negative, parameters, positive, sum } from './4.numbers.js'
import { branchGradient, reversed, times } from './4.steps.js'

const ofPositiveGradients = ['firstEmbeddingGradient', 'secondEmbeddingGradient']

function inPositiveGradients(
  name: string,
  explanation: string,
  wrong: (own: Float64Array, length: number) => Float64Array,
): ExerciseMistake {
  return {
    name,
    quantities: ofPositiveGradients,
    explanation,
    from: () => positive,
    compute: async (quantity, values) => {
      const d = differences(values, positive)
      const own = quantity === 'firstEmbeddingGradient' ? d : d.map((value) => -value)
      return asTensor(wrong(own, Math.sqrt(sum(d.map((value) => value * value)))))
    },
  }
}

const negativeGradient = 'negativeEmbeddingGradient'

/** A mistake in the gradient of the negative loss, from f_q − f_n, its length and the margin. */
function inNegativeGradient(
  name: string,
  explanation: string,
  factor: (distance: number, margin: number) => number,
): ExerciseMistake {
  return mistakeIn(negativeGradient, name, explanation, [...negative, 'margin'], (values) => {
    const d = differences(values, negative)
    const length = Math.sqrt(sum(d.map((value) => value * value)))
    return asTensor(d.map((value) => factor(length, numberOf(values, 'margin')) * value))
  })
}

const inTheGradients: readonly ExerciseMistake[] = [
  inPositiveGradients(
    'factor 2 forgotten',
    'is what you get without the 2 of the derivative of a square.',
    (own) => own,
  ),
  inPositiveGradients('sign of the gradient', 'is the negative of the gradient: the direction of descent.', (own) =>
    own.map((value) => -2 * value),
  ),
  inPositiveGradients(
    'gradient of the distance',
    'is the gradient of the distance, a unit vector; the loss is its square.',
    (own, length) => own.map((value) => value / (length === 0 ? 1 : length)),
  ),
  inPositiveGradients(
    'gradient of each square multiplied in twice',
    'is 4·(f − f′): the 2 of the square counts once.',
    (own) => own.map((value) => 4 * value),
  ),
  inNegativeGradient(
    'negative pair pulled together',
    'is the negative of the gradient: it pulls the pair together.',
    (length, margin) => (-2 * Math.max(0, margin - length)) / length,
  ),
  inNegativeGradient(
    'direction not normalised',
    'is what you get when f_q − f_n is not divided by its length.',
    (length, margin) => 2 * Math.max(0, margin - length),
  ),
  inNegativeGradient(
    'factor 2 of the hinge forgotten',
    'is what you get without the 2 of the derivative of the squared hinge.',
    (length, margin) => Math.max(0, margin - length) / length,
  ),
  inNegativeGradient(
    'gradient beyond the margin',
    'is what you get without max(0, ·): beyond the margin the gradient is zero.',
    (length, margin) => (2 * (margin - length)) / length,
  ),
  inNegativeGradient('gradient of the positive loss', 'is 2·(f_n − f_q), the gradient of the positive loss.', () => -2),
]

/** Branches with the quantities that they are computed from. */
const branches: Readonly<Record<string, readonly [string, string]>> = {
  firstKernelGradient: ['firstInput', 'firstEmbeddingGradient'],
  secondKernelGradient: ['secondInput', 'secondEmbeddingGradient'],
  negativeBranchKernelGradient: ['negativeInput', 'negativeEmbeddingGradient'],
}
const biasBranches: Readonly<Record<string, string>> = {
  firstBiasGradient: 'firstEmbeddingGradient',
  secondBiasGradient: 'secondEmbeddingGradient',
}

function inBranches(
  name: string,
  explanation: string,
  wrong: (values: Values, inputs: readonly [Tensor, Tensor], operators: Operators) => Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: Object.keys(branches),
    explanation,
    from: (quantity) => [...branches[quantity], ...parameters],
    compute: (quantity, values, operators) => {
      const [input, gradient] = branches[quantity]
      return wrong(values, [tensorOf(values, input), tensorOf(values, gradient)], operators)
    },
  }
}

/** Every position of the gradient on every position of the input: x * g of length L + L′ − 1. */
function fullConvolution(x: Tensor, g: Tensor): Tensor {
  const [signal, gradient] = [rowMajor(x), rowMajor(g)]
  const full = new Float64Array(signal.length + gradient.length - 1)
  signal.forEach((value, i) => {
    gradient.forEach((factor, j) => {
      full[i + j] += value * factor
    })
  })
  return asTensor(full)
}

const inTheParameters: readonly ExerciseMistake[] = [
  inBranches(
    'kernel gradient flipped',
    'is the gradient in reverse order: that of a kernel that is reversed in the forward pass.',
    async (values, inputs, operators) => reversed(await branchGradient('weight', values, inputs, operators)),
  ),
  inBranches(
    'full convolution',
    'has as many entries as input and gradient overlap in; the gradient has the length of the kernel.',
    async (_, [input, gradient]) => fullConvolution(input, gradient),
  ),
  inBranches(
    'mean over the positions',
    'is the mean over the positions; the kernel serves them all, so their gradients add up.',
    async (values, inputs, operators) =>
      times(await branchGradient('weight', values, inputs, operators), 1 / Math.max(1, inputs[1].size)),
  ),
  inBranches(
    'first position only',
    'is the gradient of the first position alone; the kernel serves every position, so their gradients add up.',
    async (values, [input, gradient], operators) => {
      const first = asTensor(rowMajor(gradient).map((value, i) => (i === 0 ? value : 0)))
      return branchGradient('weight', values, [input, first], operators)
    },
  ),
  inBranches(
    'gradient of the embedding left out',
    'is what you get from the input alone: the gradient of the embedding is left out of the chain rule.',
    (values, [input, gradient], operators) =>
      branchGradient('weight', values, [input, map(gradient, () => 1)], operators),
  ),
  {
    name: 'bias not summed over the positions',
    quantities: Object.keys(biasBranches),
    explanation:
      'is the gradient of the embedding as it is; one bias serves every position, so the gradients of the positions add up.',
    from: (quantity) => [biasBranches[quantity]],
    compute: async (quantity, values) => tensorOf(values, biasBranches[quantity]),
  },
  {
    name: 'number of positions',
    quantities: Object.keys(biasBranches),
    explanation: 'counts the positions: the gradient of the embedding is left out of the chain rule.',
    from: (quantity) => [biasBranches[quantity]],
    compute: async (quantity, values) => scalar(tensorOf(values, biasBranches[quantity]).size),
  },
  ...(['kernel', 'bias'] as const).flatMap((parameter) => {
    const capital = parameter === 'kernel' ? 'Kernel' : 'Bias'
    const both = [`first${capital}Gradient`, `second${capital}Gradient`]
    const quantity = `${parameter}Gradient`
    return [
      mistakeIn(
        quantity,
        `first branch only (${parameter})`,
        'is the gradient through the first branch alone; both branches share their parameters, so their gradients add up.',
        both.slice(0, 1),
        (values) => tensorOf(values, both[0]),
      ),
      mistakeIn(
        quantity,
        `second branch only (${parameter})`,
        'is the gradient through the second branch alone; both branches share their parameters, so their gradients add up.',
        both.slice(1),
        (values) => tensorOf(values, both[1]),
      ),
      mistakeIn(
        quantity,
        `branches subtracted (${parameter})`,
        'is the difference of the branches; the sign is in their gradients already.',
        both,
        (values) => zip(tensorOf(values, both[0]), tensorOf(values, both[1]), (a, b) => a - b),
      ),
    ]
  }),
  mistakeIn(
    'kernelGradient',
    'mean of the branches',
    'is the mean of the two branches; shared parameters get the sum.',
    ['firstKernelGradient', 'secondKernelGradient'],
    (values) =>
      zip(tensorOf(values, 'firstKernelGradient'), tensorOf(values, 'secondKernelGradient'), (a, b) => (a + b) / 2),
  ),
]

/** What people get wrong in the gradients of fer/4. */
export const gradientMistakes: readonly ExerciseMistake[] = [...inTheGradients, ...inTheParameters]
