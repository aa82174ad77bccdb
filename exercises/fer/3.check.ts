import { item, reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { Operators, Read, Values } from '../exercise.js'
import { allSequences, bitsOf, type Member, randomSequences, rightClassOf } from './3.sequences.js'

/** A sequence that a model puts into the wrong class. */
export interface Counterexample {
  readonly sequence: readonly Member[]
  readonly modelClass: 0 | 1
  readonly rightClass: 0 | 1
}

/** What came of running a model on many sequences. */
export interface Examination {
  readonly sequences: number
  readonly wrong: number
  /** The shortest sequence that was found to be wrong, if any. */
  readonly shortest: Counterexample | undefined
}

export interface SequenceCheckOptions {
  /** The cell's activation; the output is a sigmoid, and class 1 is where it is above one half. */
  readonly activation?: 'identity' | 'relu' | 'tanh'
  /** All sequences up to this length. */
  readonly exhaustiveTo?: number
  /** How many random sequences, all their beginnings included, of `longest` members. */
  readonly random?: number
  readonly longest?: number
  /** Relative error of a sum on the implementation: logits so near to 0 count as either class, unless sums are exact. */
  readonly slack?: number
  readonly read?: Read
}

/** Weights of a recurrent classifier by the names of fer/3's given data; one hidden unit, or H of them. */
const weightNames = ['inputWeights', 'hiddenWeight', 'hiddenBias', 'outputWeight', 'outputBias'] as const
type Weights = Readonly<Record<(typeof weightNames)[number], Tensor>>

function weightsOf(values: Values): Weights {
  const [inputWeights, hiddenWeight, hiddenBias, outputWeight, outputBias] = weightNames.map((name) =>
    tensorOf(values, name),
  )
  const H = hiddenBias.size
  return {
    inputWeights: reshape(inputWeights, [H, 2]),
    hiddenWeight: reshape(hiddenWeight, [H, H]),
    hiddenBias: reshape(hiddenBias, [H]),
    outputWeight: reshape(outputWeight, [1, H]),
    outputBias: reshape(outputBias, [1]),
  }
}

/** The decimals of a number: 2 for 0.25; undefined for more than six. */
function decimals(x: number): number | undefined {
  return [0, 1, 2, 3, 4, 5, 6].find((places) => Number(x.toFixed(places)) === x)
}

/**
 * The same classifier with weights of whole numbers, where its decimals allow: sums are exact then, so that 0.1 + 0.1 + 0.1 − 0.3 is
 * a tie. Identity and ReLU carry a factor of W_xh and b_h through to the state; W_hy takes it too, b_o its square.
 */
function inWholeNumbers(weights: Weights): { readonly weights: Weights; readonly exact: boolean } {
  const all = weightNames.flatMap((name) => [...rowMajor(weights[name])])
  const places = all.map(decimals)
  const known = places.flatMap((count) => (count === undefined ? [] : [count]))
  if (known.length < places.length) return { weights, exact: false }
  const factor = 10 ** Math.max(...known)
  const times = (x: Tensor, by: number) =>
    tensor(
      x.shape,
      rowMajor(x).map((value) => Math.round(value * by)),
    )
  return {
    weights: {
      inputWeights: times(weights.inputWeights, factor),
      hiddenWeight: weights.hiddenWeight,
      hiddenBias: times(weights.hiddenBias, factor),
      outputWeight: times(weights.outputWeight, factor),
      outputBias: times(weights.outputBias, factor * factor),
    },
    exact: rowMajor(weights.hiddenWeight).every(Number.isInteger),
  }
}

/** Sequences of equal length, and the bits of their members, [time, sequence, 2]. */
interface Batch {
  readonly sequences: readonly (readonly Member[])[]
  readonly bits: Tensor
}

function batchOf(sequences: readonly (readonly Member[])[]): Batch {
  const [T, N] = [sequences[0].length, sequences.length]
  const x = new Float64Array(T * N * 2)
  sequences.forEach((sequence, n) => {
    sequence.forEach((member, t) => {
      const at = 2 * (t * N + n)
      ;[x[at], x[at + 1]] = bitsOf(member)
    })
  })
  return { sequences, bits: tensor([T, N, 2], x) }
}

/** The batches that were asked for last: models of a class are all tried on the same. */
let lastBatches: { readonly asked: string; readonly batches: readonly Batch[] } | undefined

/** All sequences up to a length, and so many random ones of another; no batch of none. */
function batchesOf(exhaustiveTo: number, random: number, longest: number): readonly Batch[] {
  const asked = [exhaustiveTo, random, longest].join()
  if (lastBatches?.asked !== asked) {
    const all = [allSequences(exhaustiveTo), randomSequences(random, longest)]
    lastBatches = { asked, batches: all.filter((sequences) => sequences.length > 0).map(batchOf) }
  }
  return lastBatches.batches
}

/** The logits after every member of every sequence, [time, sequence, 1], by `rnn` and `linear` on all sequences at once. */
async function logitsOf(weights: Weights, bits: Tensor, activation: string, operators: Operators): Promise<Tensor> {
  const hidden = await forward(
    operators,
    'rnn',
    'hidden',
    {
      x: bits,
      weightInput: weights.inputWeights,
      weightHidden: weights.hiddenWeight,
      biasInput: weights.hiddenBias,
    },
    { activation },
  )
  return forward(operators, 'linear', 'y', { x: hidden, weight: weights.outputWeight, bias: weights.outputBias })
}

/** How large a logit within rounding of 0 may be: the terms of T steps, each sum with a rounding of its own. */
function tolerance(weights: Weights, T: number, slack: number): number {
  const size = (x: Tensor) => rowMajor(x).reduce((sum, value) => sum + Math.abs(value), 0)
  const state = T * (size(weights.inputWeights) + size(weights.hiddenBias))
  return 4 * slack * (T + weights.hiddenBias.size + 4) * (size(weights.outputWeight) * state + size(weights.outputBias))
}

/** A model run on sequences, its logits perhaps still on a device. */
export interface Run {
  readonly logits: readonly Tensor[]
  /** What came of it, as soon as the logits are read. */
  examine(): Examination
}

/** Runs the model on all short sequences, and on random long ones. */
export async function runModel(values: Values, operators: Operators, options: SequenceCheckOptions = {}): Promise<Run> {
  const { activation = 'identity', exhaustiveTo = 8, random = 300, longest = 200, slack = 2 ** -52 } = options
  const plain = weightsOf(values)
  const { weights, exact } = activation === 'tanh' ? { weights: plain, exact: false } : inWholeNumbers(plain)
  const batches = batchesOf(exhaustiveTo, random, longest)
  const logits: Tensor[] = []
  for (const { bits } of batches) logits.push(await logitsOf(weights, bits, activation, operators))
  const examine = (): Examination => {
    let [sequences, wrong]: [number, number] = [0, 0]
    let shortest: Counterexample | undefined
    for (const [b, { sequences: batch }] of batches.entries()) {
      const [T, N] = logits[b].shape
      const data = rowMajor(logits[b])
      const margin = exact ? 0 : tolerance(weights, T, slack)
      const odd = new Int32Array(N)
      for (let t = 0; t < T; t++) {
        // Sequences in lexicographic order have each beginning of t + 1 members many times, one after the other.
        const repeated = b === 0 ? 4 ** (T - 1 - t) : 1
        for (let n = 0; n < N; n++) {
          odd[n] += batch[n][t] & 1
          if (n % repeated !== 0 || (b > 0 && t < exhaustiveTo)) continue
          sequences++
          const rightClass = 2 * odd[n] > t + 1 ? 1 : 0
          if (isRight(data[t * N + n], rightClass, margin)) continue
          wrong++
          if (shortest === undefined || t + 1 < shortest.sequence.length)
            shortest = { sequence: batch[n].slice(0, t + 1), modelClass: rightClass === 1 ? 0 : 1, rightClass }
        }
      }
    }
    return { sequences, wrong, shortest }
  }
  return { logits, examine }
}

/** Whether a logit is, or within its margin of rounding may be, above 0 for class 1 and not above it for class 0. */
function isRight(logit: number, rightClass: 0 | 1, margin: number): boolean {
  if (rightClass === 0) return logit <= margin
  return margin === 0 ? logit > 0 : logit > -margin
}

/** Runs the model on all short sequences and on random long ones with all their beginnings, and counts where its class is wrong. */
export async function examine(
  values: Values,
  operators: Operators,
  options: SequenceCheckOptions = {},
): Promise<Examination> {
  const run = await runModel(values, operators, options)
  await options.read?.(run.logits)
  return run.examine()
}

/**
 * The shortest sequence found that these weights (named as fer/3's given data) put into the wrong class, or undefined: all sequences up
 * to eight members are tried, and random ones up to two hundred, members of which are left out as long as the sequence stays
 * wrong. Weights of decimals are computed with exactly.
 */
export async function sequenceCheck(
  weights: Values,
  operators: Operators,
  options: SequenceCheckOptions = {},
): Promise<Counterexample | undefined> {
  const { shortest } = await examine(weights, operators, options)
  if (shortest === undefined || shortest.sequence.length <= (options.exhaustiveTo ?? 8)) return shortest
  return shortened(shortest, weights, operators, options)
}

/** The counterexample without members that it does not need: none can be left out of it alone. */
async function shortened(
  found: Counterexample,
  values: Values,
  operators: Operators,
  { activation = 'identity', slack = 2 ** -52, read }: SequenceCheckOptions,
): Promise<Counterexample> {
  const plain = weightsOf(values)
  const { weights, exact } = activation === 'tanh' ? { weights: plain, exact: false } : inWholeNumbers(plain)
  const { sequence } = found
  const T = sequence.length - 1
  const shorter = sequence.map((_, left) => sequence.filter((_, t) => t !== left))
  const logits = await logitsOf(weights, batchOf(shorter).bits, activation, operators)
  await read?.([logits])
  const last = rowMajor(logits).subarray((T - 1) * shorter.length)
  const margin = exact ? 0 : tolerance(weights, T, slack)
  const wrong = shorter.findIndex((candidate, n) => !isRight(last[n], rightClassOf(candidate), margin))
  if (wrong < 0) return found
  const rightClass = rightClassOf(shorter[wrong])
  const next: Counterexample = { sequence: shorter[wrong], modelClass: rightClass === 1 ? 0 : 1, rightClass }
  return shortened(next, values, operators, { activation, slack, read })
}

/** The five weights as plain numbers, one hidden unit. */
export function weightNumbers(values: Values): readonly [number, number, number, number, number, number] {
  const { inputWeights, hiddenWeight, hiddenBias, outputWeight, outputBias } = weightsOf(values)
  const [first, last] = rowMajor(inputWeights)
  return [first, last, item(hiddenWeight), item(hiddenBias), item(outputWeight), item(outputBias)]
}

/** Weights as given data from plain numbers: W_xh = (first, last), W_hh, b_h, W_hy, b_o. */
export function weightsGiven([first, last, u, b, v, c]: readonly number[]): Values {
  return {
    inputWeights: tensor([2], [first, last]),
    hiddenWeight: tensor([], [u]),
    hiddenBias: tensor([], [b]),
    outputWeight: tensor([], [v]),
    outputBias: tensor([], [c]),
  }
}
