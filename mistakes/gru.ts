import { gru, gruResetBefore } from '../oracle/gru.js'
import { copy, map, reshape, rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { logistic } from './elementwise.js'
import { batchFirst, carried, forgiving, gathered, initial, type Step, termsOf, withGates, zerosOf } from './gated.js'
import { type Mistake, passes } from './mistake.js'
import { upTo, without } from './rearrange.js'

const right = passes(gru)
const resetBefore = passes(gruResetBefore)

/** What may be wrong in the GRU; what is left out is right. */
export interface GruChange {
  /** What of the state before U meets for the candidate. */
  readonly kept?: (reset: number, before: number) => number
  readonly candidate?: (fromInput: number, reset: number, product: number, bias: number) => number
  readonly mix?: (update: number, candidate: number, before: number) => number
  /** What of h goes past the gates to the state before. */
  readonly keep?: (h: number, update: number) => number
  readonly ofUpdate?: (before: number, candidate: number) => number
  /** What of the candidate's δ reaches U. */
  readonly throughReset?: (delta: number, reset: number) => number
  readonly ofReset?: (delta: number, fromHidden: number) => number
}

export function gruRun(inputs: Tensors, change: GruChange) {
  const H = inputs.weightHidden.shape[1]
  const candidateOf = change.candidate ?? ((a, reset, product, bias) => Math.tanh(a + reset * (product + bias)))
  const mix = change.mix ?? ((z, n, h) => (1 - z) * n + z * h)
  const kept = change.kept ?? ((_, before) => before)
  const hidden = [initial(inputs, 'h0')]
  const units = upTo(inputs.x.shape[0]).map((t) => {
    const { fromInput, products, biasHidden } = termsOf(inputs, t, hidden[t])
    const at = (i: number, gate: number) => Math.floor(i / H) * 3 * H + gate * H + (i % H)
    const a = (i: number, gate: number) => fromInput[at(i, gate)] + products[at(i, gate)] + biasHidden[at(i, gate)]
    const met = hidden[t].map((before, i) => kept(logistic(a(i, 0)), before))
    const ofCandidate = change.kept === undefined ? products : termsOf(inputs, t, met).products
    const ofUnits = Array.from(hidden[t], (_, i) => {
      const [reset, update] = [logistic(a(i, 0)), logistic(a(i, 1))]
      const [product, bias] = [ofCandidate[at(i, 2)], biasHidden[at(i, 2)]]
      return {
        reset,
        update,
        met: met[i],
        fromHidden: products[at(i, 2)] + bias,
        candidate: candidateOf(fromInput[at(i, 2)], reset, product, bias),
      }
    })
    hidden.push(hidden[t].map((h, i) => mix(ofUnits[i].update, ofUnits[i].candidate, h)))
    return ofUnits
  })
  return { hidden, units }
}

export function gruForward(change: GruChange): Required<Mistake>['forward'] {
  return (inputs) => {
    const { hidden } = gruRun(inputs, change)
    const [T, N] = inputs.x.shape
    const states = hidden.slice(1).flatMap((step) => [...step])
    return { hidden: tensor([T, N, inputs.weightHidden.shape[1]], states) }
  }
}

/** Backpropagation through time in its textbook form, with one thing changed. */
function gruBackward(change: GruChange): Required<Mistake>['backward'] {
  const keep = change.keep ?? ((h, update) => h * update)
  const difference = change.ofUpdate ?? ((before, candidate) => before - candidate)
  const throughReset = change.throughReset ?? ((delta, reset) => delta * reset)
  const resetGradient = change.ofReset ?? ((delta, fromHidden) => delta * fromHidden)
  return (inputs, _, gradients) => {
    const { hidden, units } = gruRun(inputs, change)
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const g = rowMajor(gradients.hidden)
    let fromNext = zerosOf(N * H)
    const [atInput, atHidden]: [Step[], Step[]] = [new Array(T), new Array(T)]
    for (let t = T - 1; t >= 0; t--) {
      const [delta, deltaHidden] = [zerosOf(N * 3 * H), zerosOf(N * 3 * H)]
      const kept = fromNext.map((next, i) => {
        const { reset, update, candidate, fromHidden } = units[t][i]
        const h = g[t * N * H + i] + next
        const ofNew = h * (1 - update) * (1 - candidate * candidate)
        const ofUpdate = h * difference(hidden[t][i], candidate) * update * (1 - update)
        const ofReset = resetGradient(ofNew, fromHidden) * reset * (1 - reset)
        for (const [gate, value] of [ofReset, ofUpdate, ofNew].entries()) {
          const at = Math.floor(i / H) * 3 * H + gate * H + (i % H)
          delta[at] = value
          deltaHidden[at] = gate === 2 ? throughReset(value, reset) : value
        }
        return keep(h, update)
      })
      ;[atInput[t], atHidden[t]] = [delta, deltaHidden]
      const back = carried(inputs, deltaHidden)
      fromNext = kept.map((value, i) => value + back[i])
    }
    return {
      ...gathered(inputs, hidden, atInput, atHidden),
      ...('h0' in inputs ? { h0: tensor([N, H], fromNext) } : {}),
    }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'gru with the update gate the other way round',
    operator: 'gru',
    dialect: 'gru.update=new',
    explanation: 'The new state was taken as z⊙n + (1 − z)⊙hₜ₋₁, as some texts have it; here z keeps the old state.',
    forward: gruForward({ mix: (z, n, h) => z * n + (1 - z) * h }),
  },
  {
    name: 'gru with the update gate before the reset gate',
    operator: 'gru',
    dialect: 'gru.gates=zrn',
    explanation: 'The gates were read in the order update, reset, new; the reset gate comes first.',
    forward: (inputs, attributes) => right.forward(withGates(inputs, [1, 0, 2]), attributes),
  },
  {
    name: 'gru with the reset gate before the matrix',
    operator: 'gru',
    dialect: 'gru.reset=before',
    explanation:
      'The candidate was taken as tanh(W·x + b + U·(r⊙h) + c), as the GRU was first published; here r multiplies U·h + c.',
    forward: resetBefore.forward,
    backward: resetBefore.backward,
  },
  {
    name: 'gru with the hidden bias outside of the reset gate',
    operator: 'gru',
    explanation: 'The candidate was taken as tanh(W·x + b + r⊙(U·h) + c); the reset gate multiplies U·h + c.',
    forward: gruForward({ candidate: (a, reset, product, bias) => Math.tanh(a + reset * product + bias) }),
  },
  {
    name: 'gru without the reset gate',
    operator: 'gru',
    explanation: 'The candidate was computed from U·h + c whole; it is to be multiplied with r.',
    forward: gruForward({ candidate: (a, _, product, bias) => Math.tanh(a + product + bias) }),
  },
  {
    name: 'gru with a sigmoid for the candidate',
    operator: 'gru',
    explanation: 'The candidate went through the sigmoid like the gates instead of through tanh.',
    forward: gruForward({ candidate: (a, reset, product, bias) => logistic(a + reset * (product + bias)) }),
  },
  {
    name: 'gru that starts from 0 whatever h0 is',
    operator: 'gru',
    explanation: 'The initial state h0 was ignored.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'h0'), attributes),
  },
  {
    name: 'gru over a batch-first input',
    operator: 'gru',
    explanation: 'x was read as [N, T, I], the batch first; time comes first.',
    forward: (inputs, attributes) => {
      const { hidden } = right.forward(batchFirst(inputs), attributes)
      return { hidden: reshape(hidden.transpose(1, 0, 2), hidden.shape) }
    },
  },
  {
    name: 'gru gradient without the kept state',
    operator: 'gru',
    explanation: 'The part z⊙hₜ₋₁ sent no gradient to the state before.',
    backward: gruBackward({ keep: () => 0 }),
  },
  {
    name: 'gru update gradient with the wrong sign',
    operator: 'gru',
    explanation: 'The gradient of the update gate was taken as n − hₜ₋₁ instead of hₜ₋₁ − n.',
    backward: gruBackward({ ofUpdate: (before, candidate) => candidate - before }),
  },
  {
    name: 'gru gradient past the reset gate',
    operator: 'gru',
    explanation: "The candidate's δ reached U and the hidden bias whole; it is to be multiplied with r.",
    backward: gruBackward({ throughReset: (delta) => delta }),
  },
  {
    name: 'gru gradient without the reset gate',
    operator: 'gru',
    explanation: 'The reset gate got no gradient, as if r were a constant.',
    backward: gruBackward({ ofReset: () => 0 }),
  },
  {
    name: 'gru with the gradient of one bias for both',
    operator: 'gru',
    explanation: 'The hidden bias got the gradient of the input bias; in the third block it passes through r.',
    backward: (inputs, attributes, gradients) => {
      if (inputs.biasHidden === undefined) return right.backward(inputs, attributes, gradients)
      const given = { ...inputs, biasInput: inputs.biasInput ?? map(inputs.biasHidden, () => 0) }
      const { biasInput, ...others } = right.backward(given, attributes, gradients)
      return { ...others, biasHidden: copy(biasInput), ...(inputs.biasInput === undefined ? {} : { biasInput }) }
    },
  },
  {
    name: 'gru that takes a NaN for 0',
    operator: 'gru',
    explanation: 'Numbers that are not finite were replaced by 0; such a call is refused.',
    insteadOfRefusing: forgiving((inputs) => right.forward(inputs, {})),
  },
]
