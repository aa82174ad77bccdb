import fc from 'fast-check'
import type { Tensor, Tensors } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  constant,
  exact,
  joined,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { type DataKind, type Filling, fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { at, stacked } from './recurrent.js'
import { takenFrom, times } from './relations.js'
import { sigmoidOf } from './sigmoid.js'

/** Block `gate` of the features [N, gates·H] of one step, as [N,H]. */
export function block(a: Approximation, gate: number, H: number): Approximation {
  const columns = Array.from({ length: H }, (_, i) => gate * H + i)
  return takenFrom(a, 1, columns)
}

/** x·Wᵀ and what else is added to it as one sum, whose terms may be added in any order. */
export function sumOfProducts(
  arithmetic: Arithmetic,
  parts: readonly (readonly [Approximation, Tensor])[],
  biases: readonly (Tensor | undefined)[],
): Approximation {
  const given = biases.filter((bias) => bias !== undefined)
  const rows = parts[0][0].shape[0]
  const left = joined([...parts.map(([x]) => x), ...given.map(() => constant([rows, 1], 1))])
  const columns = given.map((bias) => reshaped(exact(bias), [bias.shape[0], 1]))
  const right = transposed(joined([...parts.map(([, weight]) => exact(weight)), ...columns]))
  return arithmetic.matmul(left, right)
}

/** y·(1 − y), the slope of y = σ(a). */
export function logisticSlope(arithmetic: Arithmetic, y: Approximation): Approximation {
  return arithmetic.multiply(y, oneMinus(arithmetic, y))
}

/** 1 − y², the slope of y = tanh(a). */
export function tanhSlope(arithmetic: Arithmetic, y: Approximation): Approximation {
  return oneMinus(arithmetic, arithmetic.square(y))
}

/** 1 − a. */
export function oneMinus(arithmetic: Arithmetic, a: Approximation): Approximation {
  return arithmetic.shift(arithmetic.negate(a), 1)
}

/** The initial state: zeros where none is given. */
export function initial(state: Tensor | undefined, { x, weightHidden }: Tensors): Approximation {
  return state === undefined ? constant([x.shape[1], weightHidden.shape[1]], 0) : exact(state)
}

/** What x, weights and biases receive from the δ [N,rows] of every step: at W·x + b, and at U·h + c. */
export function gatheredGradients(
  arithmetic: Arithmetic,
  inputs: Tensors,
  previous: readonly Approximation[],
  atInput: readonly Approximation[],
  atHidden: readonly Approximation[],
): Approximations {
  const [T, N, I] = inputs.x.shape
  const [rows, H] = inputs.weightHidden.shape
  const flat = (steps: readonly Approximation[], columns: number) => reshaped(stacked(steps), [T * N, columns])
  const [delta, deltaHidden] = [flat(atInput, rows), flat(atHidden, rows)]
  return {
    x: reshaped(arithmetic.matmul(delta, exact(inputs.weightInput), 'common'), inputs.x.shape),
    weightInput: arithmetic.matmul(transposed(delta), reshaped(exact(inputs.x), [T * N, I]), 'common'),
    weightHidden: arithmetic.matmul(transposed(deltaHidden), flat(previous, H), 'common'),
    ...(inputs.biasInput === undefined ? {} : { biasInput: arithmetic.sum(transposed(delta), 'common') }),
    ...(inputs.biasHidden === undefined ? {} : { biasHidden: arithmetic.sum(transposed(deltaHidden), 'common') }),
  }
}

/** Gates, cells and hidden states of one step of an LSTM, [N,H] each. */
interface LstmStep {
  readonly previousHidden: Approximation
  readonly previousCell: Approximation
  readonly input: Approximation
  readonly forget: Approximation
  readonly candidate: Approximation
  readonly output: Approximation
  /** tanh of the new cell. */
  readonly squashed: Approximation
}

function unrolledLstm(arithmetic: Arithmetic, inputs: Tensors) {
  const [T] = inputs.x.shape
  const H = inputs.weightHidden.shape[1]
  const x = exact(inputs.x)
  let hidden = initial(inputs.h0, inputs)
  let cell = initial(inputs.c0, inputs)
  const steps: LstmStep[] = []
  const after: Approximation[] = []
  for (let t = 0; t < T; t++) {
    const gates = sumOfProducts(
      arithmetic,
      [
        [at(x, t), inputs.weightInput],
        [hidden, inputs.weightHidden],
      ],
      [inputs.biasInput, inputs.biasHidden],
    )
    const [input, forget, output] = [0, 1, 3].map((gate) => sigmoidOf(arithmetic, block(gates, gate, H)))
    const candidate = arithmetic.tanh(block(gates, 2, H))
    const [previousHidden, previousCell] = [hidden, cell]
    cell = arithmetic.add(arithmetic.multiply(forget, cell), arithmetic.multiply(input, candidate))
    const squashed = arithmetic.tanh(cell)
    hidden = arithmetic.multiply(output, squashed)
    steps.push({ previousHidden, previousCell, input, forget, candidate, output, squashed })
    after.push(hidden)
  }
  return { steps, hidden: stacked(after), cell }
}

const lstmModel: Model = {
  shapes: ({ x: { shape }, weightHidden }) => {
    const [T, N] = shape
    const H = weightHidden.shape[1]
    return { hidden: [T, N, H], cell: [N, H] }
  },
  forward: (arithmetic, inputs) => {
    const { hidden, cell } = unrolledLstm(arithmetic, inputs)
    return { hidden, cell }
  },
  /** Backpropagation through time along both states; the cell of a step also feeds the next one's through its forget gate. */
  backward: (arithmetic, inputs, _, gradients) => {
    const { steps } = unrolledLstm(arithmetic, inputs)
    const { add, multiply } = operationsOf(arithmetic)
    const g = exact(gradients.hidden)
    let gradientCell = exact(gradients.cell)
    let gradientHidden: Approximation | undefined
    const deltas: Approximation[] = new Array(steps.length)
    for (let t = steps.length - 1; t >= 0; t--) {
      const { previousCell, input, forget, candidate, output, squashed } = steps[t]
      const h: Approximation = gradientHidden === undefined ? at(g, t) : add(at(g, t), gradientHidden)
      const c = add(gradientCell, multiply(multiply(h, output), tanhSlope(arithmetic, squashed)))
      deltas[t] = joined([
        multiply(multiply(c, candidate), logisticSlope(arithmetic, input)),
        multiply(multiply(c, previousCell), logisticSlope(arithmetic, forget)),
        multiply(multiply(c, input), tanhSlope(arithmetic, candidate)),
        multiply(multiply(h, squashed), logisticSlope(arithmetic, output)),
      ])
      gradientCell = multiply(c, forget)
      gradientHidden = arithmetic.matmul(deltas[t], exact(inputs.weightHidden), 'common')
    }
    const previous = steps.map(({ previousHidden }) => previousHidden)
    return {
      ...gatheredGradients(arithmetic, inputs, previous, deltas, deltas),
      ...(inputs.h0 === undefined || gradientHidden === undefined ? {} : { h0: gradientHidden }),
      ...(inputs.c0 === undefined ? {} : { c0: gradientCell }),
    }
  },
}

/** Sum and product without the name of the arithmetic, for formulas with many of them. */
export function operationsOf(arithmetic: Arithmetic) {
  return {
    add: (a: Approximation, b: Approximation) => arithmetic.add(a, b),
    multiply: (a: Approximation, b: Approximation) => arithmetic.multiply(a, b),
  }
}

const moderate: Limits = { multiplied: true, most: 20 }

/** Calls of a network with so many gates; hidden weights of size 1 at most, or every error grows from step to step. */
function drawNetwork(gates: number, hasCell: boolean) {
  return (kind: DataKind, profile: Profile) =>
    fc
      .record({
        T: sizes(4),
        N: sizes(3),
        I: sumLengths(kind, 3),
        H: sizes(3),
        x: fillings(kind, profile, moderate),
        h0: perhaps(fillings(kind, profile, moderate)),
        c0: perhaps(fillings(kind, profile, moderate)),
        weightInput: fillings(kind, profile, { multiplied: true, most: 1 }),
        weightHidden: fillings('smooth', profile),
        biasInput: perhaps(fillings(kind, profile, moderate)),
        biasHidden: perhaps(fillings(kind, profile, moderate)),
      })
      .map(({ T, N, I, H, ...filling }) => {
        // Several steps of gates bend too much between the ends of a difference quotient unless their inputs are small.
        const filled = (shape: readonly number[], how: Filling) =>
          kind === 'smooth' ? times(fill(shape, how, profile), 1 / 4) : fill(shape, how, profile)
        return {
          inputs: present({
            x: filled([T, N, I], filling.x),
            h0: filling.h0 && filled([N, H], filling.h0),
            c0: hasCell && filling.c0 ? filled([N, H], filling.c0) : undefined,
            weightInput: filled([gates * H, I], filling.weightInput),
            weightHidden: filled([gates * H, H], filling.weightHidden),
            biasInput: filling.biasInput && filled([gates * H], filling.biasInput),
            biasHidden: filling.biasHidden && filled([gates * H], filling.biasHidden),
          }),
          attributes: {},
        }
      })
}

/** The LSTM's shapes, arithmetic and calls. */
export const lstmBase: Omit<OperatorProperties, 'laws'> = gated('lstm', lstmModel, 4, true)

/** Shapes, arithmetic and calls of a network with so many gates. */
export function gated(
  operator: string,
  model: Model,
  gates: number,
  hasCell: boolean,
): Omit<OperatorProperties, 'laws'> {
  const calls = completeCalls(operator, model, drawNetwork(gates, hasCell), moderate)
  return { operator, model, calls, smooth: calls('smooth') }
}
