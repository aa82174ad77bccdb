import { map } from '../oracle/tensor.js'
import { derivative, elementwise, logistic } from './elementwise.js'
import type { Mistake } from './mistake.js'

export const mistakes: readonly Mistake[] = [
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
