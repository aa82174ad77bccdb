import { derivative, elementwise, logistic } from './elementwise.js'
import type { Mistake } from './mistake.js'

export const mistakes: readonly Mistake[] = [
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
