import { lstm } from '../oracle/recurrent.js'
import { map, reshape, rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { logistic } from './elementwise.js'
import { batchFirst, carried, forgiving, gathered, initial, type Step, termsOf, withGates, zerosOf } from './gated.js'
import { type Mistake, passes } from './mistake.js'
import { take, upTo, without } from './rearrange.js'

const right = passes(lstm)

/** Input, forget, candidate and output of a unit, from their pre-activations. */
type Gates = readonly [number, number, number, number]

/** What may be wrong in the LSTM; what is left out is right. */
interface LstmChange {
  readonly gates?: (a: Gates) => Gates
  readonly hidden?: (output: number, cell: number) => number
  /** The gradient that hₜ sends into the cell. */
  readonly intoCell?: (h: number, output: number, squashed: number) => number
  /** What of the cell's gradient goes on to the step before. */
  readonly carryCell?: (c: number, forget: number) => number
  /** The cell that the forget gate's gradient is multiplied with. */
  readonly forgotten?: (before: number, after: number) => number
  readonly candidateSlope?: (candidate: number) => number
  readonly carryHidden?: (fromNext: Step) => Step
  readonly paired?: (before: Step, after: Step) => Step
  readonly counts?: (t: number, T: number) => boolean
}

function run(inputs: Tensors, change: LstmChange) {
  const H = inputs.weightHidden.shape[1]
  const gatesOf = change.gates ?? (([i, f, g, o]) => [logistic(i), logistic(f), Math.tanh(g), logistic(o)])
  const hiddenOf = change.hidden ?? ((output, cell) => output * Math.tanh(cell))
  const [hidden, cells] = [[initial(inputs, 'h0')], [initial(inputs, 'c0')]]
  const gates = upTo(inputs.x.shape[0]).map((t) => {
    const { fromInput, products, biasHidden } = termsOf(inputs, t, hidden[t])
    const ofUnits = Array.from(hidden[t], (_, i) => {
      const a = (gate: number) => {
        const at = Math.floor(i / H) * 4 * H + gate * H + (i % H)
        return fromInput[at] + products[at] + biasHidden[at]
      }
      return gatesOf([a(0), a(1), a(2), a(3)])
    })
    cells.push(cells[t].map((c, i) => ofUnits[i][1] * c + ofUnits[i][0] * ofUnits[i][2]))
    hidden.push(cells[t + 1].map((c, i) => hiddenOf(ofUnits[i][3], c)))
    return ofUnits
  })
  return { hidden, cells, gates }
}

function lstmForward(change: LstmChange): Required<Mistake>['forward'] {
  return (inputs) => {
    const { hidden, cells } = run(inputs, change)
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    return {
      hidden: tensor(
        [T, N, H],
        hidden.slice(1).flatMap((step) => [...step]),
      ),
      cell: tensor([N, H], cells[T]),
    }
  }
}

/** Backpropagation through time in its textbook form, with one thing changed. */
function lstmBackward(change: LstmChange): Required<Mistake>['backward'] {
  const intoCell = change.intoCell ?? ((h, output, squashed) => h * output * (1 - squashed * squashed))
  const carryCell = change.carryCell ?? ((c, forget) => c * forget)
  const forgotten = change.forgotten ?? ((before) => before)
  const candidateSlope = change.candidateSlope ?? ((g) => 1 - g * g)
  const carryHidden = change.carryHidden ?? ((h) => h)
  const paired = change.paired ?? ((before) => before)
  return (inputs, _, gradients) => {
    const { hidden, cells, gates } = run(inputs, change)
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const g = rowMajor(gradients.hidden)
    let fromNext = zerosOf(N * H)
    let ofCell: Step = rowMajor(gradients.cell).slice()
    const deltas: Step[] = new Array(T)
    for (let t = T - 1; t >= 0; t--) {
      const delta = zerosOf(N * 4 * H)
      ofCell = ofCell.map((after, i) => {
        const [input, forget, candidate, output] = gates[t][i]
        const [before, now] = [cells[t][i], cells[t + 1][i]]
        const h = g[t * N * H + i] + fromNext[i]
        const c = after + intoCell(h, output, Math.tanh(now))
        const values = [
          c * candidate * input * (1 - input),
          c * forgotten(before, now) * forget * (1 - forget),
          c * input * candidateSlope(candidate),
          h * Math.tanh(now) * output * (1 - output),
        ]
        for (const [gate, value] of values.entries()) delta[Math.floor(i / H) * 4 * H + gate * H + (i % H)] = value
        return carryCell(c, forget)
      })
      deltas[t] = delta
      fromNext = Float64Array.from(carryHidden(carried(inputs, delta)))
    }
    const before = upTo(T).map((t) => paired(hidden[t], hidden[t + 1]))
    const counts = (t: number) => change.counts?.(t, T) ?? true
    return {
      ...gathered(inputs, before, deltas, deltas, counts),
      ...('h0' in inputs ? { h0: tensor([N, H], fromNext) } : {}),
      ...('c0' in inputs ? { c0: tensor([N, H], ofCell) } : {}),
    }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'lstm with the output gate before the candidate',
    operator: 'lstm',
    dialect: 'lstm.gates=ifog',
    explanation: 'The gates were read in the order input, forget, output, candidate; the candidate comes third.',
    forward: (inputs, attributes) => right.forward(withGates(inputs, [0, 1, 3, 2]), attributes),
  },
  {
    name: 'lstm with the forget gate before the input gate',
    operator: 'lstm',
    dialect: 'lstm.gates=figo',
    explanation: 'The gates were read in the order forget, input, candidate, output; the input gate comes first.',
    forward: (inputs, attributes) => right.forward(withGates(inputs, [1, 0, 2, 3]), attributes),
  },
  {
    name: 'lstm without the forget gate',
    operator: 'lstm',
    explanation: 'The old cell was kept whole, cₜ₋₁ + i⊙g, as in the first LSTM of 1997; it is f⊙cₜ₋₁ + i⊙g.',
    forward: lstmForward({ gates: ([i, , g, o]) => [logistic(i), 1, Math.tanh(g), logistic(o)] }),
  },
  {
    name: 'lstm with a sigmoid for the candidate',
    operator: 'lstm',
    explanation: 'The candidate went through the sigmoid like the gates instead of through tanh.',
    forward: lstmForward({ gates: ([i, f, g, o]) => [logistic(i), logistic(f), logistic(g), logistic(o)] }),
  },
  {
    name: 'lstm without tanh of the cell',
    operator: 'lstm',
    explanation: 'The hidden state was taken as o⊙c instead of o⊙tanh(c).',
    forward: lstmForward({ hidden: (output, cell) => output * cell }),
  },
  {
    name: 'lstm with coupled gates',
    operator: 'lstm',
    explanation: 'The input gate was taken as 1 − f instead of from its own weights.',
    forward: lstmForward({ gates: ([, f, g, o]) => [1 - logistic(f), logistic(f), Math.tanh(g), logistic(o)] }),
  },
  {
    name: 'lstm with 1 added to the forget gate',
    operator: 'lstm',
    explanation: 'A bias of 1 was added to the forget gate; such a start of training belongs into the bias itself.',
    forward: lstmForward({ gates: ([i, f, g, o]) => [logistic(i), logistic(f + 1), Math.tanh(g), logistic(o)] }),
  },
  {
    name: 'lstm with hard sigmoids',
    operator: 'lstm',
    explanation: 'The gates were computed as max(0, min(1, a/5 + ½)) instead of σ(a).',
    forward: lstmForward({
      gates: ([i, f, g, o]) => {
        const hard = (a: number) => Math.max(0, Math.min(1, 0.2 * a + 0.5))
        return [hard(i), hard(f), Math.tanh(g), hard(o)]
      },
    }),
  },
  {
    name: 'lstm without the hidden bias',
    operator: 'lstm',
    explanation: 'Only the input bias was added; the hidden bias is added besides.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'biasHidden'), attributes),
  },
  {
    name: 'lstm that starts from a cell of 0 whatever c0 is',
    operator: 'lstm',
    explanation: 'The initial cell c0 was ignored.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'c0'), attributes),
  },
  {
    name: 'lstm that starts from c0 as hidden state and h0 as cell',
    operator: 'lstm',
    explanation: 'The two initial states were exchanged, as if they came in the order cell, hidden.',
    forward: ({ h0, c0, ...inputs }, attributes) =>
      right.forward(
        { ...inputs, ...(c0 === undefined ? {} : { h0: c0 }), ...(h0 === undefined ? {} : { c0: h0 }) },
        attributes,
      ),
  },
  {
    name: 'lstm that answers the last hidden state as its cell',
    operator: 'lstm',
    explanation: 'hₜ was returned for cell, as GRUs and plain networks have it; the cell is a state of its own.',
    forward: (inputs, attributes) => {
      const { hidden } = right.forward(inputs, attributes)
      const [T, N, H] = hidden.shape
      return { hidden, cell: reshape(take(hidden, 0, [T - 1]), [N, H]) }
    },
  },
  {
    name: 'lstm over a batch-first input',
    operator: 'lstm',
    explanation: 'x was read as [N, T, I], the batch first; time comes first.',
    forward: (inputs, attributes) => {
      const { hidden, cell } = right.forward(batchFirst(inputs), attributes)
      return { hidden: reshape(hidden.transpose(1, 0, 2), hidden.shape), cell }
    },
  },
  {
    name: 'lstm gradient that stops at every cell',
    operator: 'lstm',
    explanation: 'No gradient went from a cell to the one before it through the forget gate.',
    backward: lstmBackward({ carryCell: () => 0 }),
  },
  {
    name: 'lstm gradient through the cell without the forget gate',
    operator: 'lstm',
    explanation: 'The gradient of a cell went to the one before it whole instead of times f.',
    backward: lstmBackward({ carryCell: (c) => c }),
  },
  {
    name: 'lstm gradient without the derivative of tanh at the cell',
    operator: 'lstm',
    explanation: 'The gradient of h went into the cell times o alone; 1 − tanh²(c) is missing.',
    backward: lstmBackward({ intoCell: (h, output) => h * output }),
  },
  {
    name: 'lstm forget gradient with the new cell',
    operator: 'lstm',
    explanation: 'The gradient of the forget gate was multiplied with cₜ instead of cₜ₋₁.',
    backward: lstmBackward({ forgotten: (_, after) => after }),
  },
  {
    name: "lstm candidate gradient with the sigmoid's derivative",
    operator: 'lstm',
    explanation: 'g·(1 − g) was used for the candidate, which is a tanh: 1 − g².',
    backward: lstmBackward({ candidateSlope: (g) => g * (1 - g) }),
  },
  {
    name: 'lstm gradient that stops at every hidden state',
    operator: 'lstm',
    explanation: 'No gradient was sent through the hidden weights to the step before.',
    backward: lstmBackward({ carryHidden: (h) => h.map(() => 0) }),
  },
  {
    name: 'lstm hidden weight gradient paired with the same step',
    operator: 'lstm',
    explanation: 'The gradient of U was gathered as δₜ·hₜᵀ instead of δₜ·hₜ₋₁ᵀ.',
    backward: lstmBackward({ paired: (_, after) => after }),
  },
  {
    name: 'lstm weight gradients of the last step',
    operator: 'lstm',
    explanation: 'The gradients of weights and biases were those of the last step instead of the sum over all.',
    backward: lstmBackward({ counts: (t, T) => t === T - 1 }),
  },
  {
    name: "lstm gradient without the cell's own",
    operator: 'lstm',
    explanation: 'The gradient of the output cell was ignored; it is an output like hidden and may have one.',
    backward: (inputs, attributes, gradients) =>
      right.backward(inputs, attributes, { hidden: gradients.hidden, cell: map(gradients.cell, () => 0) }),
  },
  {
    name: 'lstm that takes a NaN for 0',
    operator: 'lstm',
    explanation: 'Numbers that are not finite were replaced by 0; such a call is refused.',
    insteadOfRefusing: forgiving((inputs) => right.forward(inputs, {})),
  },
]
