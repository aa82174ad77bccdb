import type { Tensor, Tensors } from '../oracle/tensor.js'
import { type Approximation, exact, joined, reshaped, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import type { OperatorProperties } from './calls.js'
import {
  block,
  gated,
  gatheredGradients,
  initial,
  logisticSlope,
  oneMinus,
  operationsOf,
  sumOfProducts,
  tanhSlope,
} from './gated.js'
import type { Model } from './model.js'
import { at, stacked } from './recurrent.js'
import { taken, takenFrom } from './relations.js'
import { sigmoidOf } from './sigmoid.js'

/** What a candidate is computed from: the input of the step, the state before it and the reset gate. */
interface CandidateParts {
  readonly x: Approximation
  readonly previous: Approximation
  readonly reset: Approximation
}

/** The candidate's argument of tanh, and what of it the reset gate's gradient or that of U needs. */
interface CandidateArgument<Inner extends string> {
  readonly argument: Approximation
  readonly inner: Readonly<Record<Inner, Approximation>>
}

/** All steps of a GRU, which differs from another in its candidate. */
function unrolled<Inner extends string>(
  arithmetic: Arithmetic,
  inputs: Tensors,
  argumentOf: (parts: CandidateParts) => CandidateArgument<Inner>,
) {
  const [T] = inputs.x.shape
  const H = inputs.weightHidden.shape[1]
  const { add, multiply } = operationsOf(arithmetic)
  let hidden = initial(inputs.h0, inputs)
  return Array.from({ length: T }, (_, t) => {
    const previous = hidden
    const x = at(exact(inputs.x), t)
    const parts = [
      [x, inputs.weightInput],
      [previous, inputs.weightHidden],
    ] as const
    const both = sumOfProducts(arithmetic, parts, [inputs.biasInput, inputs.biasHidden])
    const [reset, update] = [0, 1].map((gate) => sigmoidOf(arithmetic, block(both, gate, H)))
    const { argument, inner } = argumentOf({ x, previous, reset })
    const candidate = arithmetic.tanh(argument)
    const keep = oneMinus(arithmetic, update)
    hidden = add(multiply(keep, candidate), multiply(update, previous))
    return { ...inner, previous, reset, update, candidate, keep, hidden }
  })
}

/** W·x + b + r⊙(U·h + c). What the reset gate multiplies is a sum of its own. */
function unrolledGru(arithmetic: Arithmetic, inputs: Tensors) {
  const H = inputs.weightHidden.shape[1]
  return unrolled(arithmetic, inputs, ({ x, previous, reset }) => {
    const ofHidden = sumOfProducts(arithmetic, [[previous, inputs.weightHidden]], [inputs.biasHidden])
    const fromHidden = block(ofHidden, 2, H)
    const fromInput = block(sumOfProducts(arithmetic, [[x, inputs.weightInput]], [inputs.biasInput]), 2, H)
    return { argument: arithmetic.add(fromInput, arithmetic.multiply(reset, fromHidden)), inner: { fromHidden } }
  })
}

/** W·x + b + U·(r⊙h) + c as one sum, of the third block of W, U, b and c. */
function unrolledResetBefore(arithmetic: Arithmetic, inputs: Tensors) {
  const [W, U, b, c] = [inputs.weightInput, inputs.weightHidden, inputs.biasInput, inputs.biasHidden].map(
    (given) => given && thirdBlock(given),
  )
  return unrolled(arithmetic, inputs, ({ x, previous, reset }) => {
    const kept = arithmetic.multiply(reset, previous)
    const parts = [
      [x, W],
      [kept, U],
    ] as const
    return { argument: sumOfProducts(arithmetic, parts, [b, c]), inner: { kept } }
  })
}

/** The rows of the candidate in a weight or bias of three blocks. */
function thirdBlock(x: Tensor): Tensor {
  const H = x.shape[0] / 3
  return taken(
    x,
    0,
    Array.from({ length: H }, (_, i) => 2 * H + i),
  )
}

const shapes: Model['shapes'] = ({ x, weightHidden }) => ({
  hidden: [x.shape[0], x.shape[1], weightHidden.shape[1]],
})

/** h = ∂L/∂hₜ, and the δ of the candidate and the update gate, which all GRUs have alike. */
function commonGradients(
  arithmetic: Arithmetic,
  { previous, update, candidate, keep }: Record<'previous' | 'update' | 'candidate' | 'keep', Approximation>,
  h: Approximation,
) {
  const { multiply } = operationsOf(arithmetic)
  const ofNew = multiply(multiply(h, keep), tanhSlope(arithmetic, candidate))
  const difference = arithmetic.subtract(previous, candidate)
  return { ofNew, ofUpdate: multiply(multiply(h, difference), logisticSlope(arithmetic, update)) }
}

const gruModel: Model = {
  shapes,
  forward: (arithmetic, inputs) => ({
    hidden: stacked(unrolledGru(arithmetic, inputs).map(({ hidden }) => hidden)),
  }),
  /** Backpropagation through time; the new state's δ reaches U only through the reset gate. */
  backward: (arithmetic, inputs, _, gradients) => {
    const steps = unrolledGru(arithmetic, inputs)
    const { add, multiply } = operationsOf(arithmetic)
    const g = exact(gradients.hidden)
    const atInput: Approximation[] = new Array(steps.length)
    const atHidden: Approximation[] = new Array(steps.length)
    let fromNext: Approximation | undefined
    for (let t = steps.length - 1; t >= 0; t--) {
      const { reset, update, fromHidden } = steps[t]
      const h: Approximation = fromNext === undefined ? at(g, t) : add(at(g, t), fromNext)
      const { ofNew, ofUpdate } = commonGradients(arithmetic, steps[t], h)
      const ofReset = multiply(multiply(ofNew, fromHidden), logisticSlope(arithmetic, reset))
      atInput[t] = joined([ofReset, ofUpdate, ofNew])
      atHidden[t] = joined([ofReset, ofUpdate, multiply(ofNew, reset)])
      fromNext = add(arithmetic.matmul(atHidden[t], exact(inputs.weightHidden), 'common'), multiply(h, update))
    }
    const previous = steps.map((step) => step.previous)
    return {
      ...gatheredGradients(arithmetic, inputs, previous, atInput, atHidden),
      ...(inputs.h0 === undefined || fromNext === undefined ? {} : { h0: fromNext }),
    }
  },
}

const resetBeforeModel: Model = {
  shapes,
  forward: (arithmetic, inputs) => ({
    hidden: stacked(unrolledResetBefore(arithmetic, inputs).map(({ hidden }) => hidden)),
  }),
  /** Backpropagation through time; the reset gate and the state before share what r⊙h receives through U. */
  backward: (arithmetic, inputs, _, gradients) => {
    const steps = unrolledResetBefore(arithmetic, inputs)
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const { add, multiply } = operationsOf(arithmetic)
    const [g, U] = [exact(gradients.hidden), exact(inputs.weightHidden)]
    const gateRows = Array.from({ length: 2 * H }, (_, i) => i)
    const [ofGates, ofCandidate] = [takenFrom(U, 0, gateRows), exact(thirdBlock(inputs.weightHidden))]
    const deltas: Approximation[] = new Array(steps.length)
    let fromNext: Approximation | undefined
    for (let t = steps.length - 1; t >= 0; t--) {
      const { previous, reset, update } = steps[t]
      const h: Approximation = fromNext === undefined ? at(g, t) : add(at(g, t), fromNext)
      const { ofNew, ofUpdate } = commonGradients(arithmetic, steps[t], h)
      const ofKept = arithmetic.matmul(ofNew, ofCandidate, 'common')
      const ofReset = multiply(multiply(ofKept, previous), logisticSlope(arithmetic, reset))
      deltas[t] = joined([ofReset, ofUpdate, ofNew])
      const throughGates = arithmetic.matmul(joined([ofReset, ofUpdate]), ofGates, 'common')
      fromNext = add(add(throughGates, multiply(ofKept, reset)), multiply(h, update))
    }
    const previous = steps.map((step) => step.previous)
    const all = gatheredGradients(arithmetic, inputs, previous, deltas, deltas)
    // The candidate's rows of U met r⊙h where the others met h.
    const flat = (states: readonly Approximation[], columns: number) => reshaped(stacked(states), [T * N, columns])
    const delta = block(flat(deltas, 3 * H), 2, H)
    const kept = flat(
      steps.map((step) => step.kept),
      H,
    )
    const candidateRows = arithmetic.matmul(transposed(delta), kept, 'common')
    const byRow = joined([transposed(takenFrom(all.weightHidden, 0, gateRows)), transposed(candidateRows)])
    return {
      ...all,
      weightHidden: transposed(byRow),
      ...(inputs.h0 === undefined || fromNext === undefined ? {} : { h0: fromNext }),
    }
  },
}

/** The GRU's shapes, arithmetic and calls. */
export const gruBase: Omit<OperatorProperties, 'laws'> = gated('gru', gruModel, 3, false)

/** The same of the GRU whose reset gate acts before U. */
export const gruResetBeforeBase: Omit<OperatorProperties, 'laws'> = gated('gruResetBefore', resetBeforeModel, 3, false)
