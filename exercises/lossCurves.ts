import { oracle } from '../oracle/index.js'
import { item, map, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type ErrorsAt, expectation } from './allowance.js'
import { composed } from './composition.js'
import { tensorOf } from './computation.js'
import type { Operators, Solver, Training } from './exercise.js'
import { type Call, type Rounding, recorded } from './rounding.js'

/** A training's losses, step by step, on an implementation and on the oracle. */
export interface LossCurves {
  readonly losses: readonly number[]
  readonly expected: readonly number[]
  /** How far rounding may take each loss from the oracle's. */
  readonly allowed: readonly number[]
}

/** The losses of the first `steps` steps on the oracle, and how far an implementation's may be from them (see allowance.ts). */
export async function expectedLosses(
  training: Training,
  steps: number,
  rounding: Rounding,
): Promise<Pick<LossCurves, 'expected' | 'allowed'>> {
  // Layers of Transformers in parts: worst cases of a whole layer are far beyond what its parts' errors add up to.
  const compute = async (operators: Operators) => ({
    losses: vectorOf(await training.losses(composed(operators), steps)),
  })
  const { values, allowed } = await expectation(compute, rounding, await errorsOf(training, rounding))
  return { expected: [...rowMajor(tensorOf(values, 'losses'))], allowed: [...rowMajor(tensorOf(allowed, 'losses'))] }
}

/** The losses of the first `steps` steps on an implementation. */
export async function lossesOn(solver: Solver, training: Training, steps: number): Promise<readonly number[]> {
  const chain = solver.chain?.()
  try {
    const losses = await training.losses((chain?.implementation ?? solver).operators, steps, chain?.read)
    await chain?.read(losses)
    return losses.map(item)
  } finally {
    await chain?.release()
  }
}

function vectorOf(losses: readonly Tensor[]): Tensor {
  return tensor([losses.length], losses.map(item))
}

/**
 * The largest errors of every call of a training. The models of the laws are evaluated for the calls of one step; those of later
 * steps have the same error relative to the largest number of their answer.
 */
async function errorsOf(training: Training, rounding: Rounding): Promise<ErrorsAt> {
  const calls = async (steps: number) => {
    const { operators, calls } = recorded(oracle.operators)
    await training.losses(composed(operators), steps)
    return calls
  }
  const begun = (await calls(1)).length
  const two = await calls(2)
  const period = two.length - begun
  const relative = two.map((call) => relativeErrors(call, call.answer, rounding))
  return (call, answer, place) => {
    const errors = relative[place < begun ? place : begun + ((place - begun) % period)]
    // Adam's variance is a sum of squares: each of its numbers has a relative error of its own, and stays positive.
    const isOwn = (name: string) => call.operator === 'adam' && name === 'variance'
    return Object.fromEntries(
      Object.entries(answer).map(([name, x]) => {
        const size = largest(x)
        return [name, map(x, (value) => errors[name] * (isOwn(name) ? value : size))]
      }),
    )
  }
}

/** The largest error of each tensor of a call's answer, relative to its largest number. */
function relativeErrors(call: Call, answer: Tensors, rounding: Rounding): Readonly<Record<string, number>> {
  const errors = rounding.errors(call)
  return Object.fromEntries(
    Object.entries(answer).map(([name, x]) => {
      const most = largest(x)
      return [name, most === 0 ? 0 : largest(errors[name]) / most]
    }),
  )
}

function largest(x: Tensor): number {
  return rowMajor(x).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}
