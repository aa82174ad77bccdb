import type { Attributes } from '../oracle/contract.js'
import { product, sumLeading } from '../oracle/linear.js'
import { rnn } from '../oracle/recurrent.js'
import { copy, map, reshape, rowMajor, type Tensor, type Tensors, tensor, zeros, zip } from '../oracle/tensor.js'
import { type Mistake, passes } from './mistake.js'
import { mapPlaces, take, upTo, without } from './rearrange.js'

const right = passes(rnn)

const steps = ({ x }: Tensors) => upTo(x.shape[0])

/** Step t of a sequence, as a sequence of one step. */
const step = (sequence: Tensor, t: number) => take(sequence, 0, [t])

/** The state [N,H] of step t. */
const state = (hidden: Tensor, t: number) => reshape(step(hidden, t), hidden.shape.slice(1))

/** One sequence from sequences of one step. */
function joined(parts: readonly Tensor[]): Tensor {
  const [, ...rest] = parts[0].shape
  return tensor(
    [parts.length, ...rest],
    parts.flatMap((part) => [...rowMajor(part)]),
  )
}

/** The network run one step at a time, `change` saying what step t gets as inputs. */
function stepByStep(
  inputs: Tensors,
  attributes: Attributes,
  change: (stepInputs: Tensors, t: number) => Tensors,
): Tensors {
  let h0 = inputs.h0
  const hidden = steps(inputs).map((t) => {
    const given = { ...inputs, x: step(inputs.x, t), ...(h0 === undefined ? {} : { h0 }) }
    const output = right.forward(change(given, t), attributes).hidden
    h0 = state(output, 0)
    return output
  })
  return { hidden: joined(hidden) }
}

/** f′ from the activation's output y = f(a). */
const derivatives: Readonly<Record<string, (y: number) => number>> = {
  tanh: (y) => 1 - y * y,
  relu: (y) => (y > 0 ? 1 : 0),
  identity: () => 1,
}

/** What may be wrong in backpropagation through time; what is left out is right. */
interface Change {
  /** The activation's derivative, from the state and the name of the activation. */
  readonly derivative?: (y: number, activation: string) => number
  /** The gradient that δ of a step sends to the state before it. */
  readonly carry?: (delta: Tensor, weightHidden: Tensor) => Tensor
  /** The state that δ of step t is paired with for the gradient of U. */
  readonly paired?: (t: number, states: readonly Tensor[], before: Tensor) => Tensor
  /** Whether step t contributes to the gradient of W. */
  readonly counts?: (t: number, T: number) => boolean
}

/** Backpropagation through time in its textbook form, with one thing changed. */
function throughTime(inputs: Tensors, attributes: Attributes, { hidden: gradient }: Tensors, change: Change): Tensors {
  const { x, h0, weightInput, weightHidden, biasInput, biasHidden } = inputs
  const [T, N] = x.shape
  const H = weightHidden.shape[0]
  const activation = String(attributes.activation)
  const derivative = change.derivative ?? ((y) => derivatives[activation](y))
  const carry = change.carry ?? product
  const { hidden } = right.forward(inputs, attributes)
  const states = upTo(T).map((t) => state(hidden, t))
  const before = h0 ?? zeros([N, H])
  const paired = change.paired ?? ((t) => (t === 0 ? before : states[t - 1]))

  const deltas: Tensor[] = []
  let fromNext = zeros([N, H])
  for (let t = T - 1; t >= 0; t--) {
    const incoming = zip(state(gradient, t), fromNext, (g, next) => g + next)
    deltas[t] = zip(incoming, states[t], (g, y) => g * derivative(y, activation))
    fromNext = carry(deltas[t], weightHidden)
  }
  const total = (term: (t: number) => Tensor) =>
    upTo(T)
      .map(term)
      .reduce((sum, part) => zip(sum, part, (a, b) => a + b))
  const counted = (t: number) => (change.counts?.(t, T) === false ? 0 : 1)
  const bias = total((t) => sumLeading(deltas[t], [H]))
  return {
    x: joined(deltas.map((delta) => reshape(product(delta, weightInput), [1, N, x.shape[2]]))),
    weightInput: total((t) => map(product(deltas[t].transpose(1, 0), state(x, t)), (g) => counted(t) * g)),
    weightHidden: total((t) => product(deltas[t].transpose(1, 0), paired(t, states, before))),
    ...(h0 === undefined ? {} : { h0: fromNext }),
    ...(biasInput === undefined ? {} : { biasInput: bias }),
    ...(biasHidden === undefined ? {} : { biasHidden: copy(bias) }),
  }
}

/** A backward pass with one thing changed in backpropagation through time. */
function backwardWith(change: Change): Required<Mistake>['backward'] {
  return (inputs, attributes, gradients) => throughTime(inputs, attributes, gradients, change)
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'rnn without the hidden bias',
    operator: 'rnn',
    explanation: 'Only the input bias b was added; the hidden bias c is added besides.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'biasHidden'), attributes),
  },
  {
    name: 'rnn with biases at the first step only',
    operator: 'rnn',
    explanation: 'The biases were added once, at the first step, instead of at every step.',
    forward: (inputs, attributes) =>
      stepByStep(inputs, attributes, (given, t) => (t === 0 ? given : without(given, 'biasInput', 'biasHidden'))),
  },
  {
    name: 'rnn that starts from 0 whatever h0 is',
    operator: 'rnn',
    explanation: 'The initial state h0 was ignored.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'h0'), attributes),
  },
  {
    name: 'rnn with the hidden weight transposed',
    operator: 'rnn',
    explanation: 'The state was multiplied by Uᵀ instead of U, which no shape gives away as U is square.',
    forward: (inputs, attributes) =>
      right.forward({ ...inputs, weightHidden: inputs.weightHidden.transpose(1, 0) }, attributes),
  },
  {
    name: 'rnn without the hidden weight',
    operator: 'rnn',
    explanation: 'The last state was added as it is, hₜ₋₁, instead of U·hₜ₋₁.',
    forward: (inputs, attributes) => {
      const identity = mapPlaces(inputs.weightHidden, (_, place) =>
        place % (inputs.weightHidden.shape[0] + 1) === 0 ? 1 : 0,
      )
      return right.forward({ ...inputs, weightHidden: identity }, attributes)
    },
  },
  {
    name: 'rnn without the recurrence',
    operator: 'rnn',
    explanation: 'Each step was computed from its input alone: the term U·hₜ₋₁ is missing.',
    forward: (inputs, attributes) =>
      right.forward({ ...inputs, weightHidden: map(inputs.weightHidden, () => 0) }, attributes),
  },
  {
    name: 'rnn with tanh always',
    operator: 'rnn',
    explanation: 'tanh was applied whatever the attribute activation says.',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, activation: 'tanh' }),
  },
  {
    name: 'rnn without the activation',
    operator: 'rnn',
    explanation: 'The pre-activation was taken for the state: the activation function is missing.',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, activation: 'identity' }),
  },
  {
    name: 'rnn over a batch-first input',
    operator: 'rnn',
    explanation: 'x was read as [N, T, I], the batch first; time comes first.',
    forward: (inputs, attributes) => {
      const [T, N, I] = inputs.x.shape
      const { hidden } = right.forward({ ...inputs, x: reshape(inputs.x, [N, T, I]).transpose(1, 0, 2) }, attributes)
      return { hidden: reshape(hidden.transpose(1, 0, 2), hidden.shape) }
    },
  },
  {
    name: 'rnn from the last step to the first',
    operator: 'rnn',
    explanation: 'The sequence was run backwards in time.',
    forward: (inputs, attributes) => {
      const { hidden } = right.forward({ ...inputs, x: inputs.x.step(-1, 1, 1) }, attributes)
      return { hidden: copy(hidden.step(-1, 1, 1)) }
    },
  },
  {
    name: 'rnn that carries its state from sequence to sequence',
    operator: 'rnn',
    explanation:
      'A sequence of the batch started from the final state of the one before it instead of from its own h0.',
    forward: (inputs, attributes) => {
      const [T, N] = inputs.x.shape
      const H = inputs.weightHidden.shape[0]
      let h0 = inputs.h0 === undefined ? zeros([1, H]) : take(inputs.h0, 0, [0])
      const sequences = upTo(N).map((n) => {
        const { hidden } = right.forward({ ...inputs, x: take(inputs.x, 1, [n]), h0 }, attributes)
        h0 = state(hidden, T - 1)
        return hidden
      })
      return {
        hidden: mapPlaces(zeros([T, N, H]), (_, p) =>
          sequences[Math.floor(p / H) % N].get(Math.floor(p / (N * H)), 0, p % H),
        ),
      }
    },
  },
  {
    name: 'rnn gradient truncated to one step',
    operator: 'rnn',
    explanation:
      'No gradient was sent from a step to the state before it: backpropagation through time ends after one step.',
    backward: backwardWith({ carry: (delta) => map(delta, () => 0) }),
  },
  {
    name: 'rnn gradient carried back without transposing',
    operator: 'rnn',
    explanation: 'δ was sent back through U instead of Uᵀ.',
    backward: backwardWith({ carry: (delta, weightHidden) => product(delta, weightHidden.transpose(1, 0)) }),
  },
  {
    name: 'rnn gradient without the derivative of the activation',
    operator: 'rnn',
    explanation: 'δ was not multiplied by f′: the activation was taken to be the identity on the way back.',
    backward: backwardWith({ derivative: () => 1 }),
  },
  {
    name: 'rnn gradient with the derivative of the sigmoid',
    operator: 'rnn',
    explanation: "The sigmoid's derivative y·(1 − y) was used for tanh instead of 1 − y².",
    backward: backwardWith({
      derivative: (y, activation) => (activation === 'tanh' ? y * (1 - y) : derivatives[activation](y)),
    }),
  },
  {
    name: 'rnn hidden weight gradient paired with the same step',
    operator: 'rnn',
    explanation: 'The gradient of U was gathered as δₜ·hₜᵀ instead of δₜ·hₜ₋₁ᵀ.',
    backward: backwardWith({ paired: (t, states) => states[t] }),
  },
  {
    name: 'rnn hidden weight gradient without h0',
    operator: 'rnn',
    explanation: 'The first step contributed nothing to the gradient of U, as if h0 were always 0.',
    backward: backwardWith({ paired: (t, states, before) => (t === 0 ? map(before, () => 0) : states[t - 1]) }),
  },
  {
    name: 'rnn input weight gradient of the last step',
    operator: 'rnn',
    explanation: 'The gradient of W was that of the last step (assigned) instead of the sum over all steps (added up).',
    backward: backwardWith({ counts: (t, T) => t === T - 1 }),
  },
  {
    name: 'rnn gradient from the last state only',
    operator: 'rnn',
    explanation: 'Only the gradient of the last state was used; every state is an output and may have one.',
    backward: (inputs, attributes, { hidden }) => {
      const before = hidden.size - hidden.size / hidden.shape[0]
      return right.backward(inputs, attributes, { hidden: mapPlaces(hidden, (g, place) => (place < before ? 0 : g)) })
    },
  },
  {
    name: 'rnn gradient of h0 left at 0',
    operator: 'rnn',
    explanation: 'The initial state was taken for a constant: its gradient is 0 instead of Uᵀ·δ₁.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      return all.h0 === undefined ? all : { ...all, h0: map(all.h0, () => 0) }
    },
  },
]
