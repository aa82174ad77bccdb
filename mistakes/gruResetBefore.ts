import { gru, gruResetBefore } from '../oracle/gru.js'
import { rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { logistic } from './elementwise.js'
import { batchFirst, carried, forgiving, gathered, type Step, withGates, zerosOf } from './gated.js'
import { type GruChange, gruForward, gruRun } from './gru.js'
import { type Mistake, passes } from './mistake.js'
import { without } from './rearrange.js'

const right = passes(gruResetBefore)
const resetBehind = passes(gru)

/** The right cell, as a change of the other GRU's. */
const cell: GruChange = {
  kept: (reset, before) => reset * before,
  candidate: (a, _, product, bias) => Math.tanh(a + product + bias),
}

const forward = (change: GruChange) => gruForward({ ...cell, ...change })

/** What may be wrong in the gradient; what is left out is right. */
interface GradientChange {
  /** What the candidate's rows of U are multiplied with for their gradient. */
  readonly met?: (kept: number, before: number) => number
  /** What of the gradient of r⊙h reaches h. */
  readonly throughReset?: (gradient: number, reset: number) => number
  /** What of it reaches r; `product` is U·h + c of the candidate, `delta` its δ. */
  readonly ofReset?: (gradient: number, before: number, delta: number, product: number) => number
  readonly ofUpdate?: (before: number, candidate: number) => number
  /** What of h goes past the gates to the state before. */
  readonly past?: (h: number, update: number) => number
}

/** Backpropagation through time in its textbook form, with one thing changed. */
function backward(change: GradientChange): Required<Mistake>['backward'] {
  const met = change.met ?? ((kept) => kept)
  const throughReset = change.throughReset ?? ((gradient, reset) => gradient * reset)
  const resetGradient = change.ofReset ?? ((gradient, before) => gradient * before)
  const difference = change.ofUpdate ?? ((before, candidate) => before - candidate)
  const past = change.past ?? ((h, update) => h * update)
  return (inputs, _, gradients) => {
    const { hidden, units } = gruRun(inputs, cell)
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const at = (i: number, gate: number) => Math.floor(i / H) * 3 * H + gate * H + (i % H)
    const g = rowMajor(gradients.hidden)
    let fromNext = zerosOf(N * H)
    const [ofGates, ofNew]: [Step[], Step[]] = [new Array(T), new Array(T)]
    for (let t = T - 1; t >= 0; t--) {
      const [gates, candidates] = [zerosOf(N * 3 * H), zerosOf(N * 3 * H)]
      const ofStates = fromNext.map((next, i) => g[t * N * H + i] + next)
      for (const [i, { update, candidate }] of units[t].entries()) {
        candidates[at(i, 2)] = ofStates[i] * (1 - update) * (1 - candidate * candidate)
        gates[at(i, 1)] = ofStates[i] * difference(hidden[t][i], candidate) * update * (1 - update)
      }
      const ofKept = carried(inputs, candidates)
      for (const [i, { reset, fromHidden }] of units[t].entries())
        gates[at(i, 0)] = resetGradient(ofKept[i], hidden[t][i], candidates[at(i, 2)], fromHidden) * reset * (1 - reset)
      ;[ofGates[t], ofNew[t]] = [gates, candidates]
      const back = carried(inputs, gates)
      fromNext = ofStates.map(
        (h, i) => past(h, units[t][i].update) + throughReset(ofKept[i], units[t][i].reset) + back[i],
      )
    }
    const delta = ofGates.map((gates, t) => gates.map((value, i) => value + ofNew[t][i]))
    const states = units.map((step, t) => Float64Array.from(step, ({ met: kept }, i) => met(kept, hidden[t][i])))
    const { weightHidden: ofCandidate } = gathered(inputs, states, delta, ofNew)
    const { weightHidden, ...others } = gathered(inputs, hidden, delta, ofGates)
    return {
      ...others,
      ...('biasHidden' in inputs ? { biasHidden: gathered(inputs, hidden, delta, delta).biasHidden } : {}),
      weightHidden: tensor(
        weightHidden.shape,
        rowMajor(weightHidden).map((value, i) => value + rowMajor(ofCandidate)[i]),
      ),
      ...('h0' in inputs ? { h0: tensor([N, H], fromNext) } : {}),
    }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'gruResetBefore with the reset gate behind the matrix',
    operator: 'gruResetBefore',
    explanation:
      'The candidate was taken as tanh(W·x + b + r⊙(U·h + c)), which is the operator gru; here r multiplies h before U does.',
    forward: resetBehind.forward,
    backward: resetBehind.backward,
  },
  {
    name: 'gruResetBefore with the reset gate on the product',
    operator: 'gruResetBefore',
    explanation:
      'The candidate was taken as tanh(W·x + b + r⊙(U·h) + c); the reset gate multiplies h, and U what is left.',
    forward: forward({
      kept: (_, before) => before,
      candidate: (a, reset, product, bias) => Math.tanh(a + reset * product + bias),
    }),
  },
  {
    name: 'gruResetBefore with the hidden bias inside of the reset gate',
    operator: 'gruResetBefore',
    explanation: 'The candidate was taken as tanh(W·x + b + U·(r⊙h) + r⊙c); the reset gate leaves the biases alone.',
    forward: forward({ candidate: (a, reset, product, bias) => Math.tanh(a + product + reset * bias) }),
  },
  {
    name: 'gruResetBefore with the reset gate before and behind the matrix',
    operator: 'gruResetBefore',
    explanation: 'The candidate was taken as tanh(W·x + b + r⊙(U·(r⊙h)) + c); the reset gate acts once.',
    forward: forward({ candidate: (a, reset, product, bias) => Math.tanh(a + reset * product + bias) }),
  },
  {
    name: 'gruResetBefore without the reset gate',
    operator: 'gruResetBefore',
    explanation: 'The candidate was computed from U·h; U meets r⊙h.',
    forward: forward({ kept: (_, before) => before }),
  },
  {
    name: 'gruResetBefore with the opposite of the reset gate',
    operator: 'gruResetBefore',
    explanation: 'The state was multiplied with 1 − r, as if r were the share that is forgotten; r is what is kept.',
    forward: forward({ kept: (reset, before) => (1 - reset) * before }),
  },
  {
    name: 'gruResetBefore without the hidden bias of its candidate',
    operator: 'gruResetBefore',
    explanation: 'The hidden bias was added to the gates only; the candidate has one too.',
    forward: forward({ candidate: (a, _, product) => Math.tanh(a + product) }),
  },
  {
    name: 'gruResetBefore with the update gate the other way round',
    operator: 'gruResetBefore',
    dialect: 'gruResetBefore.update=new',
    explanation: 'The new state was taken as z⊙n + (1 − z)⊙hₜ₋₁, as some texts have it; here z keeps the old state.',
    forward: forward({ mix: (z, n, h) => z * n + (1 - z) * h }),
  },
  {
    name: 'gruResetBefore with the update gate before the reset gate',
    operator: 'gruResetBefore',
    dialect: 'gruResetBefore.gates=zrn',
    explanation: 'The gates were read in the order update, reset, new; the reset gate comes first.',
    forward: (inputs, attributes) => right.forward(withGates(inputs, [1, 0, 2]), attributes),
  },
  {
    name: 'gruResetBefore with a sigmoid for the candidate',
    operator: 'gruResetBefore',
    explanation: 'The candidate went through the sigmoid like the gates instead of through tanh.',
    forward: forward({ candidate: (a, _, product, bias) => logistic(a + product + bias) }),
  },
  {
    name: 'gruResetBefore that starts from 0 whatever h0 is',
    operator: 'gruResetBefore',
    explanation: 'The initial state h0 was ignored.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'h0'), attributes),
  },
  {
    name: 'gruResetBefore over a batch-first input',
    operator: 'gruResetBefore',
    explanation: 'x was read as [N, T, I], the batch first; time comes first.',
    forward: overBatchFirst,
  },
  {
    name: 'gruResetBefore candidate weight gradient from the whole state',
    operator: 'gruResetBefore',
    explanation: "The gradient of the candidate's U was taken with hₜ₋₁; what U met there is r⊙hₜ₋₁.",
    backward: backward({ met: (_, before) => before }),
  },
  {
    name: 'gruResetBefore gradient past the reset gate',
    operator: 'gruResetBefore',
    explanation: 'What r⊙hₜ₋₁ receives went to hₜ₋₁ whole; it is to be multiplied with r.',
    backward: backward({ throughReset: (gradient) => gradient }),
  },
  {
    name: 'gruResetBefore reset gradient from the product',
    operator: 'gruResetBefore',
    explanation:
      "The reset gate's gradient was taken as δ⊙(U·hₜ₋₁ + c), that of the other GRU; here it is (Uᵀ·δ)⊙hₜ₋₁.",
    backward: backward({ ofReset: (_, __, delta, product) => delta * product }),
  },
  {
    name: 'gruResetBefore gradient without the reset gate',
    operator: 'gruResetBefore',
    explanation: 'The reset gate got no gradient, as if r were a constant.',
    backward: backward({ ofReset: () => 0 }),
  },
  {
    name: 'gruResetBefore gradient without the kept state',
    operator: 'gruResetBefore',
    explanation: 'The part z⊙hₜ₋₁ sent no gradient to the state before.',
    backward: backward({ past: () => 0 }),
  },
  {
    name: 'gruResetBefore update gradient with the wrong sign',
    operator: 'gruResetBefore',
    explanation: 'The gradient of the update gate was taken as n − hₜ₋₁ instead of hₜ₋₁ − n.',
    backward: backward({ ofUpdate: (before, candidate) => candidate - before }),
  },
  {
    name: 'gruResetBefore hidden bias gradient through the reset gate',
    operator: 'gruResetBefore',
    explanation:
      "The hidden bias got the other GRU's gradient, r⊙δ for the candidate; here both biases receive the same.",
    backward: (inputs, attributes, gradients) => {
      const { biasHidden, ...others } = right.backward(inputs, attributes, gradients)
      if (biasHidden === undefined) return others
      return { ...others, biasHidden: resetBehind.backward(inputs, attributes, gradients).biasHidden }
    },
  },
  {
    name: 'gruResetBefore that takes a NaN for 0',
    operator: 'gruResetBefore',
    explanation: 'Numbers that are not finite were replaced by 0; such a call is refused.',
    insteadOfRefusing: forgiving((inputs) => right.forward(inputs, {})),
  },
]

function overBatchFirst(inputs: Tensors): Tensors {
  const { hidden } = right.forward(batchFirst(inputs), {})
  return { hidden: tensor(hidden.shape, rowMajor(hidden.transpose(1, 0, 2))) }
}
