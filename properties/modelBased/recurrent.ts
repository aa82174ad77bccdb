import fc from 'fast-check'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import type { Caller } from '../caller.js'
import { compare } from '../comparison.js'
import { Random, seeds } from '../data.js'
import { type Profile, representable } from '../profile.js'
import { at } from '../recurrent.js'
import { tensorOf } from '../relations.js'
import { demand } from './demand.js'

/** What the network has read since it last started from zeros. */
interface Read {
  readonly steps: Tensor[]
}

/** A recurrent network that is fed one step at a time, with the states that it carries. */
interface Stepped {
  state: Tensors
  readonly saved: { read: Tensor[]; state: Tensors }[]
}

/** Weights of a recurrent network, and what its layers are called. */
export interface Network {
  readonly subject: Caller
  readonly profile: Profile
  readonly weights: Tensors
  readonly attributes: Readonly<Record<string, string>>
  readonly inputSize: number
  /** Whether it hands on a cell beside the hidden state. */
  readonly hasCell: boolean
}

/** Steps one after the other as the x [T,1,I] of one call. */
function sequence(steps: readonly Tensor[], inputSize: number): Tensor {
  return tensor([steps.length, 1, inputSize], Float64Array.from(steps.flatMap((step) => [...rowMajor(step)])))
}

/** Feeds one more step; what comes out is what the whole sequence gives in one call. */
function feed({ subject, profile, weights, attributes, inputSize, hasCell }: Network, seed: number) {
  const command: fc.AsyncCommand<Read, Stepped> = {
    check: () => true,
    async run(model, real) {
      const random = new Random(seed)
      const x = tensorOf([inputSize], () => representable(profile, random.normal() / 2))
      const step = { ...weights, ...real.state, x: sequence([x], inputSize) }
      const { hidden, cell } = await subject.forward(step, attributes)
      model.steps.push(x)
      const unrolled = await subject.forward({ ...weights, x: sequence(model.steps, inputSize) }, attributes)
      const last = model.steps.length - 1
      demand(compare('the stepped hidden state', at(hidden, 0), at(unrolled.hidden, last)))
      if (hasCell) demand(compare('the stepped cell', cell, unrolled.cell))
      const h0 = tensor([1, hidden.shape[2]], hidden.value)
      real.state = hasCell ? { h0, c0: tensor(cell.shape, cell.value) } : { h0 }
    },
    toString: () => `feed(${seed})`,
  }
  return command
}

function startAgain(): fc.AsyncCommand<Read, Stepped> {
  return {
    check: () => true,
    async run(model, real) {
      model.steps.length = 0
      real.state = {}
    },
    toString: () => 'startAgain()',
  }
}

function save(): fc.AsyncCommand<Read, Stepped> {
  return {
    check: () => true,
    async run(model, real) {
      real.saved.push({ read: [...model.steps], state: real.state })
    },
    toString: () => 'save()',
  }
}

function restore(): fc.AsyncCommand<Read, Stepped> {
  return {
    check: () => true,
    async run(model, real) {
      const last = real.saved.at(-1)
      if (last === undefined) return
      model.steps.splice(0, model.steps.length, ...last.read)
      real.state = last.state
    },
    toString: () => 'restore()',
  }
}

/**
 * A recurrent network that is stepped, started again, saved and restored in any order is at every step where the whole sequence,
 * unrolled in one call, leads. Stepping adds no error of its own: the state is handed on as it was answered.
 */
export function stepsLikeUnrolled(
  network: Network,
  most = 12,
): fc.IAsyncProperty<[Iterable<fc.AsyncCommand<Read, Stepped>>]> {
  const feeding = seeds.map((seed) => feed(network, seed))
  const commands = [feeding, feeding, fc.constant(startAgain()), fc.constant(save()), fc.constant(restore())]
  return fc.asyncProperty(fc.commands(commands, { maxCommands: most }), (drawn) =>
    fc.asyncModelRun(() => ({ model: { steps: [] }, real: { state: {}, saved: [] } }), drawn),
  )
}
