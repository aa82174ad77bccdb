import { softmax } from '../oracle/activations.js'
import { rowMajor, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { alongAxis, shares, sum } from './rearrange.js'

const right = passes(softmax)

export const exponentials = (row: readonly number[], shift: number) => row.map((x) => Math.exp(x - shift))

/** The softmax of a row, in its stable form. */
export function probabilities(row: readonly number[]): readonly number[] {
  return shares(exponentials(row, Math.max(...row)))
}

/** A forward pass that maps each row along the axis. */
export function byRow(f: (row: readonly number[]) => readonly number[]): Required<Mistake>['forward'] {
  return ({ x }, attributes) => ({ y: alongAxis(numberOf(attributes, 'axis'), [x], f) })
}

/** A backward pass that maps each row of the input and of the incoming gradient. */
export function gradientByRow(
  f: (row: readonly number[], gradient: readonly number[]) => readonly number[],
): Required<Mistake>['backward'] {
  return ({ x }, attributes, { y }) => ({
    x: alongAxis(numberOf(attributes, 'axis'), [x, y], f),
  })
}

export const lastAxis = { axis: -1 }

export const mistakes: readonly Mistake[] = [
  {
    name: 'softmax without subtracting the maximum',
    operator: 'softmax',
    explanation:
      'e^x was computed without first subtracting the largest entry of the row, so that it overflows for large logits.',
    forward: byRow((row) => shares(exponentials(row, 0))),
  },
  {
    name: 'softmax that subtracts the maximum of the whole tensor',
    operator: 'softmax',
    explanation:
      'The maximum of the whole tensor was subtracted instead of that of each row: rows far below it become 0/0.',
    forward: ({ x }, attributes) => {
      const largest = rowMajor(x).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
      return { y: alongAxis(numberOf(attributes, 'axis'), [x], (row) => shares(exponentials(row, largest))) }
    },
  },
  {
    name: 'softmax over the whole tensor',
    operator: 'softmax',
    explanation: 'All entries were normalised together instead of each row along the axis by itself.',
    forward: ({ x }) => ({ y: tensor(x.shape, probabilities([...rowMajor(x)])) }),
  },
  {
    name: 'softmax over the last axis',
    operator: 'softmax',
    explanation: 'The last axis was used whatever the attribute axis says.',
    forward: (inputs) => softmax.forward(inputs, lastAxis),
  },
  {
    name: 'softmax over the first axis',
    operator: 'softmax',
    explanation: 'The rows were taken along axis 0, across the batch, instead of along the axis asked for.',
    forward: (inputs) => softmax.forward(inputs, { axis: 0 }),
  },
  {
    name: 'softmax without the exponential in the numerator',
    operator: 'softmax',
    explanation: 'The entry itself was divided by Σe^x instead of its exponential: x_i/Σe^x.',
    forward: byRow((row) => {
      const largest = Math.max(...row)
      const total = sum(exponentials(row, largest))
      return row.map((x) => (x / total) * Math.exp(-largest))
    }),
  },
  {
    name: 'softmax without the exponential',
    operator: 'softmax',
    explanation: 'Each entry was divided by the sum of the entries, x_i/Σx, instead of e^x_i/Σe^x.',
    forward: byRow((row) => row.map((x) => x / sum(row))),
  },
  {
    name: 'softmax that is not normalised',
    operator: 'softmax',
    explanation: 'e^(x − max) was returned without dividing it by its sum.',
    forward: byRow((row) => exponentials(row, Math.max(...row))),
  },
  {
    name: 'softmax with 1e-8 added to the denominator',
    operator: 'softmax',
    explanation:
      '1e-8 was added to a denominator that is never 0 (the largest entry contributes 1): rows no longer sum to 1.',
    forward: byRow((row) => {
      const powers = exponentials(row, Math.max(...row))
      const total = sum(powers)
      return powers.map((power) => power / (total + 1e-8))
    }),
  },
  {
    name: 'softmax gradient as if its Jacobian were diagonal',
    operator: 'softmax',
    explanation: 'Only ∂y_i/∂x_i = y_i(1 − y_i) was used; every output depends on every logit of its row.',
    backward: gradientByRow((row, g) => probabilities(row).map((y, i) => g[i] * y * (1 - y))),
  },
  {
    name: 'softmax gradient without the sum',
    operator: 'softmax',
    explanation: 'y·g was returned instead of y·(g − Σ g·y).',
    backward: gradientByRow((row, g) => probabilities(row).map((y, i) => g[i] * y)),
  },
  {
    name: 'softmax gradient that subtracts the plain sum',
    operator: 'softmax',
    explanation: 'y·(g − Σg) was computed: the sum should weigh each gradient with its output, Σ g·y.',
    backward: gradientByRow((row, g) => probabilities(row).map((y, i) => y * (g[i] - sum(g)))),
  },
  {
    name: 'softmax gradient over the last axis',
    operator: 'softmax',
    explanation: 'The backward pass summed over the last axis whatever the attribute axis says.',
    backward: (inputs, _, gradients) => right.backward(inputs, lastAxis, gradients),
  },
]
