import { logSoftmax, softmax } from '../oracle/activations.js'
import { map } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { alongAxis, sum } from './rearrange.js'
import { byRow, exponentials, gradientByRow, lastAxis, probabilities } from './softmax.js'

const right = passes(logSoftmax)

export const mistakes: readonly Mistake[] = [
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
    forward: byRow((row) => {
      const total = Math.log(sum(exponentials(row, 0)))
      return row.map((x) => x - total)
    }),
  },
  {
    name: 'logSoftmax that forgets to add the maximum back',
    operator: 'logSoftmax',
    explanation: 'x − log Σe^(x − max) was computed: the maximum was subtracted inside the sum only.',
    forward: byRow((row) => {
      const total = Math.log(sum(exponentials(row, Math.max(...row))))
      return row.map((x) => x - total)
    }),
  },
  {
    name: 'logSoftmax in base ten',
    operator: 'logSoftmax',
    explanation: 'The logarithm to base 10 was taken instead of the natural logarithm.',
    forward: (inputs, attributes) => ({
      y: map(right.forward(inputs, attributes).y, (y) => y * Math.LOG10E),
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
    forward: (inputs, attributes) => ({ y: map(right.forward(inputs, attributes).y, (y) => -y) }),
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
      const { y } = right.forward({ x }, attributes)
      return {
        x: alongAxis(numberOf(attributes, 'axis'), [y, g], (y, g) => y.map((value, i) => g[i] - value * sum(g))),
      }
    },
  },
  {
    name: 'logSoftmax gradient of the softmax',
    operator: 'logSoftmax',
    explanation: "The softmax's gradient p·(g − Σ g·p) was used instead of the logarithm's, g − p·Σg.",
    backward: (inputs, attributes, gradients) => passes(softmax).backward(inputs, attributes, gradients),
  },
]
