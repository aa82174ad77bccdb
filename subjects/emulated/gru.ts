import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { logistic, tanhGradient } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { carried, gathered, initial, logisticGradient, operationsOf, place, stepOf, terms } from './gated.js'

/** (1 − z)·n + z·h, or, in the other formulation, n + z·(h − n). */
function mixed(arithmetic: EmulatedArithmetic, z: number, n: number, h: number): number {
  const { add, multiply } = operationsOf(arithmetic)
  return arithmetic.options.formulation === 'textbook'
    ? add(multiply(arithmetic.subtract(1, z), n), multiply(z, h))
    : add(n, multiply(z, arithmetic.subtract(h, n)))
}

/** The gates and both kinds of terms of one step of a GRU, with the argument of its candidate still to come. */
interface GruStep {
  readonly before: Float64Array
  readonly fromInput: Float64Array
  readonly fromState: Float64Array
  readonly resets: Float64Array
}

/** All steps of a GRU: `argumentsOf` gives what tanh is taken of, and what the backward pass needs of it, unit by unit. */
function gruSteps<Inner>(
  arithmetic: EmulatedArithmetic,
  { x, h0, weightInput, weightHidden, biasInput, biasHidden }: Tensors,
  argumentsOf: (step: GruStep) => (i: number) => { readonly argument: number; readonly inner: Inner },
) {
  const { add } = operationsOf(arithmetic)
  const [T, N] = x.shape
  const H = weightHidden.shape[1]
  let h = initial(h0, N * H)
  return Array.from({ length: T }, (_, t) => {
    const before = h
    const fromInput = terms(arithmetic, stepOf(x, t), weightInput, biasInput)
    const fromState = terms(arithmetic, h, weightHidden, biasHidden)
    const gate = (which: number, i: number) => {
      const at = place(i, which, 3, H)
      return logistic(arithmetic, add(fromInput[at], fromState[at]))
    }
    const resets = before.map((_, i) => gate(0, i))
    const argumentOf = argumentsOf({ before, fromInput, fromState, resets })
    const units = Array.from({ length: N * H }, (_, i) => {
      const update = gate(1, i)
      const { argument, inner } = argumentOf(i)
      const candidate = arithmetic.tanh(argument)
      return { reset: resets[i], update, candidate, inner, hidden: mixed(arithmetic, update, candidate, before[i]) }
    })
    h = Float64Array.from(units, ({ hidden }) => hidden)
    return { before, units, hidden: h }
  })
}

function hiddenOf(inputs: Tensors, steps: readonly { readonly hidden: Float64Array }[]): Tensors {
  const [T, N] = inputs.x.shape
  const states = steps.flatMap((step) => [...step.hidden])
  return { hidden: tensor([T, N, inputs.weightHidden.shape[1]], states) }
}

/** δ of the candidate and of the update gate, and what goes to the state before past the gates. */
function commonGradients(
  arithmetic: EmulatedArithmetic,
  { update, candidate }: { readonly update: number; readonly candidate: number },
  before: number,
  dh: number,
) {
  const { multiply } = operationsOf(arithmetic)
  const difference = arithmetic.subtract(before, candidate)
  return {
    ofNew: tanhGradient(arithmetic, candidate, multiply(dh, arithmetic.subtract(1, update))),
    ofUpdate: logisticGradient(arithmetic, update, multiply(dh, difference)),
    kept: multiply(dh, update),
  }
}

export function gru(arithmetic: EmulatedArithmetic): Operator {
  const { add, multiply } = operationsOf(arithmetic)
  const run = (inputs: Tensors) =>
    gruSteps(arithmetic, inputs, ({ fromInput, fromState, resets }) => (i) => {
      const at = place(i, 2, 3, inputs.weightHidden.shape[1])
      return { argument: add(fromInput[at], multiply(resets[i], fromState[at])), inner: fromState[at] }
    })
  return {
    forward: (inputs) => hiddenOf(inputs, run(inputs)),
    backward(inputs, _, gradients) {
      const steps = run(inputs)
      const [T, N] = inputs.x.shape
      const H = inputs.weightHidden.shape[1]
      let fromNext = rowMajor(zeros([N, H]))
      const [atInput, atHidden]: [Float64Array[], Float64Array[]] = [new Array(T), new Array(T)]
      for (let t = T - 1; t >= 0; t--) {
        const { units, before } = steps[t]
        const g = stepOf(gradients.hidden, t)
        const [delta, deltaHidden] = [new Float64Array(N * 3 * H), new Float64Array(N * 3 * H)]
        const keptGradients = units.map((unit, i) => {
          const { ofNew, ofUpdate, kept } = commonGradients(arithmetic, unit, before[i], add(g[i], fromNext[i]))
          const ofReset = logisticGradient(arithmetic, unit.reset, multiply(ofNew, unit.inner))
          for (const [gate, value] of [ofReset, ofUpdate, ofNew].entries()) {
            delta[place(i, gate, 3, H)] = value
            deltaHidden[place(i, gate, 3, H)] = gate === 2 ? multiply(value, unit.reset) : value
          }
          return kept
        })
        ;[atInput[t], atHidden[t]] = [delta, deltaHidden]
        const back = carried(arithmetic, deltaHidden, inputs.weightHidden)
        fromNext = Float64Array.from(keptGradients, (value, i) => add(value, back[i]))
      }
      const before = steps.map((step) => step.before)
      return {
        ...gathered(arithmetic, inputs, before, atInput, atHidden),
        ...(inputs.h0 === undefined ? {} : { h0: tensor([N, H], fromNext) }),
      }
    },
  }
}

/** The blocks of some gates of a weight or bias. */
function blocksOf(x: Tensor, first: number, end: number): Tensor {
  const [rows, ...columns] = x.shape
  const size = x.size / 3
  return tensor([((end - first) * rows) / 3, ...columns], rowMajor(x).slice(first * size, end * size))
}

export function gruResetBefore(arithmetic: EmulatedArithmetic): Operator {
  const { add, multiply } = operationsOf(arithmetic)
  const run = (inputs: Tensors) => {
    const H = inputs.weightHidden.shape[1]
    const U = blocksOf(inputs.weightHidden, 2, 3)
    const c = inputs.biasHidden && blocksOf(inputs.biasHidden, 2, 3)
    return gruSteps(arithmetic, inputs, ({ before, fromInput, resets }) => {
      const gated = before.map((value, i) => multiply(resets[i], value))
      const fromGated = terms(arithmetic, gated, U, c)
      return (i) => ({ argument: add(fromInput[place(i, 2, 3, H)], fromGated[i]), inner: gated[i] })
    })
  }
  return {
    forward: (inputs) => hiddenOf(inputs, run(inputs)),
    backward(inputs, _, gradients) {
      const steps = run(inputs)
      const [T, N] = inputs.x.shape
      const H = inputs.weightHidden.shape[1]
      const [ofGates, ofCandidate] = [blocksOf(inputs.weightHidden, 0, 2), blocksOf(inputs.weightHidden, 2, 3)]
      let fromNext = rowMajor(zeros([N, H]))
      const deltas: Float64Array[] = new Array(T)
      for (let t = T - 1; t >= 0; t--) {
        const { units, before } = steps[t]
        const g = stepOf(gradients.hidden, t)
        const delta = new Float64Array(N * 3 * H)
        const common = units.map((unit, i) => commonGradients(arithmetic, unit, before[i], add(g[i], fromNext[i])))
        const ofGated = carried(
          arithmetic,
          Float64Array.from(common, ({ ofNew }) => ofNew),
          ofCandidate,
        )
        const gates = new Float64Array(N * 2 * H)
        for (const [i, { ofNew, ofUpdate }] of common.entries()) {
          const ofReset = logisticGradient(arithmetic, units[i].reset, multiply(ofGated[i], before[i]))
          for (const [gate, value] of [ofReset, ofUpdate, ofNew].entries()) delta[place(i, gate, 3, H)] = value
          for (const [gate, value] of [ofReset, ofUpdate].entries()) gates[place(i, gate, 2, H)] = value
        }
        deltas[t] = delta
        const back = carried(arithmetic, gates, ofGates)
        fromNext = Float64Array.from(common, ({ kept }, i) =>
          add(add(kept, multiply(ofGated[i], units[i].reset)), back[i]),
        )
      }
      const gradientsOf = (states: readonly Float64Array[]) => gathered(arithmetic, inputs, states, deltas, deltas)
      const all = gradientsOf(steps.map((step) => step.before))
      // The candidate's rows of U met r⊙h where the others met h.
      const met = gradientsOf(steps.map(({ units }) => Float64Array.from(units, ({ inner }) => inner)))
      const rows = [blocksOf(all.weightHidden, 0, 2), blocksOf(met.weightHidden, 2, 3)]
      return {
        ...all,
        weightHidden: tensor(
          inputs.weightHidden.shape,
          rows.flatMap((x) => [...rowMajor(x)]),
        ),
        ...(inputs.h0 === undefined ? {} : { h0: tensor([N, H], fromNext) }),
      }
    },
  }
}
