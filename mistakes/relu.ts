import { map } from '../oracle/tensor.js'
import { derivative, elementwise } from './elementwise.js'
import type { Mistake } from './mistake.js'
import { overwrite } from './rearrange.js'

export const mistakes: readonly Mistake[] = [
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
