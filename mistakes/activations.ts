import { logSoftmax, softmax } from '../oracle/activations.js'
import { map, rowMajor, tensor, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { alongAxis, overwrite, sum } from './rearrange.js'

const rightSoftmax = passes(softmax)
const rightLogSoftmax = passes(logSoftmax)

const logistic = (x: number) => 1 / (1 + Math.exp(-x))

/** An elementwise forward pass. */
function elementwise(f: (x: number) => number): Required<Mistake>['forward'] {
  return ({ x }) => ({ y: map(x, f) })
}

/** The backward pass of an elementwise operator whose derivative is taken to be f(x). */
function derivative(f: (x: number) => number): Required<Mistake>['backward'] {
  return ({ x }, _, { y }) => ({ x: zip(x, y, (value, g) => g * f(value)) })
}

const sigmoidMistakes: readonly Mistake[] = [
  {
    name: 'sigmoid of −x',
    operator: 'sigmoid',
    explanation: '1/(1 + e^x) was computed instead of 1/(1 + e^−x): the minus sign of the exponent is missing.',
    forward: elementwise((x) => logistic(-x)),
  },
  {
    name: 'sigmoid that overflows',
    operator: 'sigmoid',
    explanation:
      'e^x/(1 + e^x) was computed as it stands, which is ∞/∞ for large x, instead of a form that is 1 there.',
    forward: elementwise((x) => Math.exp(x) / (1 + Math.exp(x))),
  },
  {
    name: 'sigmoid of an argument clipped to ±20',
    operator: 'sigmoid',
    explanation: 'x was clipped to [−20, 20] against overflow, so that σ(−100) is 2e-9 instead of 4e-44.',
    forward: elementwise((x) => logistic(Math.min(20, Math.max(-20, x)))),
  },
  {
    name: 'sigmoid by straight pieces',
    operator: 'sigmoid',
    explanation: 'The hard sigmoid, 0.2x + 0.5 clipped to [0, 1], was computed instead of 1/(1 + e^−x).',
    forward: elementwise((x) => Math.min(1, Math.max(0, 0.2 * x + 0.5))),
  },
  {
    name: 'sigmoid derivative at the input',
    operator: 'sigmoid',
    explanation: 'The derivative y·(1 − y) was evaluated with the input x in place of the output y.',
    backward: derivative((x) => x * (1 - x)),
  },
  {
    name: 'sigmoid derivative of the output taken as input',
    operator: 'sigmoid',
    explanation: 'The sigmoid was applied again to its output before y·(1 − y) was taken.',
    backward: derivative((x) => {
      const y = logistic(logistic(x))
      return y * (1 - y)
    }),
  },
  {
    name: 'sigmoid gradient without the incoming gradient',
    operator: 'sigmoid',
    explanation: 'The local derivative y·(1 − y) was returned without multiplying it by the gradient that comes in.',
    backward: ({ x }) => ({ x: map(x, (value) => logistic(value) * logistic(-value)) }),
  },
  {
    name: 'sigmoid derivative y alone',
    operator: 'sigmoid',
    explanation: 'The derivative was taken to be y instead of y·(1 − y).',
    backward: derivative(logistic),
  },
]

const tanhMistakes: readonly Mistake[] = [
  {
    name: 'tanh as 2σ(x) − 1',
    operator: 'tanh',
    explanation: '2σ(x) − 1 is tanh(x/2); the right identity is 2σ(2x) − 1.',
    forward: elementwise((x) => 2 * logistic(x) - 1),
  },
  {
    name: 'tanh that overflows',
    operator: 'tanh',
    explanation: '(e^x − e^−x)/(e^x + e^−x) was computed as it stands, which is ∞/∞ for large |x|, instead of ±1.',
    forward: elementwise((x) => (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + Math.exp(-x))),
  },
  {
    name: 'tanh upside down',
    operator: 'tanh',
    explanation: '(e^x + e^−x)/(e^x − e^−x) was computed: numerator and denominator are exchanged.',
    forward: elementwise((x) => 1 / Math.tanh(x)),
  },
  {
    name: 'tanh derivative at the input',
    operator: 'tanh',
    explanation: 'The derivative 1 − y² was evaluated with the input x in place of the output y.',
    backward: derivative((x) => 1 - x * x),
  },
  {
    name: 'tanh derivative without the square',
    operator: 'tanh',
    explanation: 'The derivative was taken to be 1 − y instead of 1 − y².',
    backward: derivative((x) => 1 - Math.tanh(x)),
  },
  {
    name: 'tanh derivative of the sigmoid',
    operator: 'tanh',
    explanation: "The sigmoid's derivative y·(1 − y) was used for tanh instead of 1 − y².",
    backward: derivative((x) => Math.tanh(x) * (1 - Math.tanh(x))),
  },
  {
    name: 'tanh derivative with a plus',
    operator: 'tanh',
    explanation: 'The derivative was taken to be 1 + y² instead of 1 − y².',
    backward: derivative((x) => 1 + Math.tanh(x) ** 2),
  },
]

const reluMistakes: readonly Mistake[] = [
  {
    name: 'relu that leaks',
    operator: 'relu',
    explanation: 'Negative inputs were multiplied by 0.01, as in a leaky ReLU, instead of set to 0.',
    forward: elementwise((x) => (x < 0 ? 0.01 * x : x)),
  },
  {
    name: 'relu as the absolute value',
    operator: 'relu',
    explanation: '|x| was computed instead of max(0, x).',
    forward: elementwise(Math.abs),
  },
  {
    name: 'relu capped at six',
    operator: 'relu',
    explanation: 'The output was capped at 6, as in ReLU6; max(0, x) has no upper bound.',
    forward: elementwise((x) => Math.min(6, Math.max(0, x))),
  },
  {
    name: 'relu left out',
    operator: 'relu',
    explanation: 'The pre-activation was passed on as it is: negative values should have become 0.',
    forward: elementwise((x) => x),
  },
  {
    name: 'relu that overwrites its input',
    operator: 'relu',
    explanation: 'The result was written into the memory of x instead of into memory of its own.',
    forward: ({ x }) => {
      const y = map(x, (value) => Math.max(0, value))
      overwrite(x, y)
      return { y }
    },
  },
  {
    name: 'relu gradient that passes everywhere',
    operator: 'relu',
    explanation: 'The gradient was passed on for negative inputs too; it should be 0 there.',
    backward: derivative(() => 1),
  },
  {
    name: 'relu gradient of one at zero',
    operator: 'relu',
    explanation: 'The derivative at exactly 0 was taken to be 1 (x ≥ 0); by convention it is 0 (x > 0).',
    backward: derivative((x) => (x >= 0 ? 1 : 0)),
  },
  {
    name: 'relu gradient cut by its own sign',
    operator: 'relu',
    explanation: 'The gradient was kept where the incoming gradient is positive instead of where the input is.',
    backward: (_, __, { y }) => ({ x: map(y, (g) => Math.max(0, g)) }),
  },
]

const exponentials = (row: readonly number[], shift: number) => row.map((x) => Math.exp(x - shift))

/** The softmax of a row, in its stable form. */
function probabilities(row: readonly number[]): readonly number[] {
  const powers = exponentials(row, Math.max(...row))
  const total = sum(powers)
  return powers.map((power) => power / total)
}

/** A forward pass that maps each row along the axis. */
function byRow(f: (row: readonly number[]) => readonly number[]): Required<Mistake>['forward'] {
  return ({ x }, attributes) => ({ y: alongAxis(numberOf(attributes, 'axis'), [x], f) })
}

/** A backward pass that maps each row of the input and of the incoming gradient. */
function gradientByRow(
  f: (row: readonly number[], gradient: readonly number[]) => readonly number[],
): Required<Mistake>['backward'] {
  return ({ x }, attributes, { y }) => ({
    x: alongAxis(numberOf(attributes, 'axis'), [x, y], f),
  })
}

const lastAxis = { axis: -1 }

const softmaxMistakes: readonly Mistake[] = [
  {
    name: 'softmax without subtracting the maximum',
    operator: 'softmax',
    explanation:
      'e^x was computed without first subtracting the largest entry of the row, so that it overflows for large logits.',
    forward: byRow((row) => {
      const powers = exponentials(row, 0)
      const total = sum(powers)
      return powers.map((power) => power / total)
    }),
  },
  {
    name: 'softmax that subtracts the maximum of the whole tensor',
    operator: 'softmax',
    explanation:
      'The maximum of the whole tensor was subtracted instead of that of each row: rows far below it become 0/0.',
    forward: ({ x }, attributes) => {
      const largest = rowMajor(x).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
      return {
        y: alongAxis(numberOf(attributes, 'axis'), [x], (row) => {
          const powers = exponentials(row, largest)
          const total = sum(powers)
          return powers.map((power) => power / total)
        }),
      }
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
    backward: (inputs, _, gradients) => rightSoftmax.backward(inputs, lastAxis, gradients),
  },
]

const logSoftmaxMistakes: readonly Mistake[] = [
  {
    name: 'logSoftmax as the logarithm of the softmax',
    operator: 'logSoftmax',
    explanation:
      'The logarithm was taken of a probability that underflows to 0, which gives −∞ instead of x − max − log Σe^(x − max).',
    forward: byRow((row) => probabilities(row).map(Math.log)),
  },
  {
    name: 'logSoftmax without subtracting the maximum',
    operator: 'logSoftmax',
    explanation: 'x − log Σe^x was computed without first subtracting the largest entry, so that e^x overflows.',
    forward: byRow((row) => row.map((x) => x - Math.log(sum(exponentials(row, 0))))),
  },
  {
    name: 'logSoftmax that forgets to add the maximum back',
    operator: 'logSoftmax',
    explanation: 'x − log Σe^(x − max) was computed: the maximum was subtracted inside the sum only.',
    forward: byRow((row) => row.map((x) => x - Math.log(sum(exponentials(row, Math.max(...row)))))),
  },
  {
    name: 'logSoftmax in base ten',
    operator: 'logSoftmax',
    explanation: 'The logarithm to base 10 was taken instead of the natural logarithm.',
    forward: (inputs, attributes) => ({
      y: map(rightLogSoftmax.forward(inputs, attributes).y, (y) => y * Math.LOG10E),
    }),
  },
  {
    name: 'logSoftmax with 1e-12 added inside the logarithm',
    operator: 'logSoftmax',
    explanation: 'log(p + 1e-12) was computed against log 0: no value can fall below −27.6 any more.',
    forward: byRow((row) => probabilities(row).map((p) => Math.log(p + 1e-12))),
  },
  {
    name: 'logSoftmax over the last axis',
    operator: 'logSoftmax',
    explanation: 'The last axis was used whatever the attribute axis says.',
    forward: (inputs) => logSoftmax.forward(inputs, lastAxis),
  },
  {
    name: 'logSoftmax with its sign turned',
    operator: 'logSoftmax',
    explanation: 'The negative log-probability was returned; the minus sign belongs to the loss.',
    forward: (inputs, attributes) => ({ y: map(rightLogSoftmax.forward(inputs, attributes).y, (y) => -y) }),
  },
  {
    name: 'logSoftmax gradient for gradients that sum to one',
    operator: 'logSoftmax',
    explanation: 'g − softmax(x) was returned, which is right only where Σg = 1; it should be g − softmax(x)·Σg.',
    backward: gradientByRow((row, g) => probabilities(row).map((p, i) => g[i] - p)),
  },
  {
    name: 'logSoftmax gradient with logarithms for probabilities',
    operator: 'logSoftmax',
    explanation: 'The output, a logarithm, was used where the probability belongs: g − y·Σg instead of g − e^y·Σg.',
    backward: ({ x }, attributes, { y: g }) => {
      const { y } = rightLogSoftmax.forward({ x }, attributes)
      return {
        x: alongAxis(numberOf(attributes, 'axis'), [y, g], (y, g) => y.map((value, i) => g[i] - value * sum(g))),
      }
    },
  },
  {
    name: 'logSoftmax gradient of the softmax',
    operator: 'logSoftmax',
    explanation: "The softmax's gradient p·(g − Σ g·p) was used instead of the logarithm's, g − p·Σg.",
    backward: (inputs, attributes, gradients) => rightSoftmax.backward(inputs, attributes, gradients),
  },
]

export const mistakes: readonly Mistake[] = [
  ...sigmoidMistakes,
  ...tanhMistakes,
  ...reluMistakes,
  ...softmaxMistakes,
  ...logSoftmaxMistakes,
]
