import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { hiddenUnits, open, ruledByBias, sharedLaws } from './gatedLaws.js'
import { gruBase, gruResetBeforeBase } from './gruModel.js'
import type { Law } from './law.js'
import { steps } from './recurrent.js'
import { known, law, ledger, takenFrom, tensorOf } from './relations.js'

type Wide = Pick<Law, 'operator' | 'calls'>

const wideGru: Wide = { operator: 'gru', calls: gruBase.calls('wide') }
const wideResetBefore: Wide = { operator: 'gruResetBefore', calls: gruResetBeforeBase.calls('wide') }

/** h0, or numbers in its place. */
function stateOf(inputs: Tensors): Tensor {
  const [N, H] = [inputs.x.shape[1], hiddenUnits(inputs)]
  return inputs.h0 ?? tensorOf([N, H], (i) => (i % 4) - 1.5)
}

const staysBetween = (wide: Wide): Law =>
  law({
    ...wide,
    name: 'stays between −1 and 1, or where it started',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { hidden } = await subject.forward(inputs, attributes)
      const [, N, H] = hidden.shape
      const start = inputs.h0 ?? tensorOf([N, H], () => 0)
      const nearest = hidden.value.map((value, i) => {
        const reach = Math.max(1, Math.abs(rowMajor(start)[i % (N * H)]))
        return Math.min(Math.max(value, -reach), reach)
      })
      return compare('hidden', hidden, { ...hidden, value: nearest, bound: new Float64Array(nearest.length) })
    },
  })

const keepsItsState = (wide: Wide): Law =>
  law({
    ...wide,
    name: 'keeps its state where the update gate is open',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const h0 = stateOf(inputs)
      const { hidden } = await subject.forward({ ...ruledByBias(inputs, [1, open, 1]), h0 }, attributes)
      const T = inputs.x.shape[0]
      const all = tensorOf(hidden.shape, (i) => rowMajor(h0)[i % (hidden.value.length / T)])
      return compare('hidden', hidden, known(all))
    },
  })

const isItsCandidate = (wide: Wide): Law =>
  law({
    ...wide,
    name: 'is its candidate alone where the update gate is shut',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const given = { ...ruledByBias(inputs, [1, -open, 0.5]), h0: stateOf(inputs) }
      const { hidden } = await subject.forward(given, attributes)
      return compare('hidden', hidden, ledger.tanh(constant(hidden.shape, 0.5)))
    },
  })

const sendsAllToItsState = (wide: Wide): Law =>
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'sends all gradients to h0 where the update gate is open',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const [T, N] = inputs.x.shape
      const H = hiddenUnits(inputs)
      const given = { ...ruledByBias(inputs, [0, open, 0]), h0: stateOf(inputs) }
      const { h0 } = await subject.backward(given, attributes, gradients)
      const byUnit = tensorOf([N * H, T], (i) => rowMajor(gradients.hidden)[(i % T) * N * H + Math.floor(i / T)])
      return compare('∂L/∂h0', h0, reshaped(ledger.sum(known(byUnit)), [N, H]))
    },
  })

export const gru: OperatorProperties = {
  ...gruBase,
  laws: [
    ...sharedLaws(gruBase, 3),
    staysBetween(wideGru),
    keepsItsState(wideGru),
    isItsCandidate(wideGru),
    law({
      ...wideGru,
      name: 'forgets its state where the reset gate and the update gate are shut',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const H = hiddenUnits(inputs)
        const given = {
          ...ruledByBias(inputs, [-open, -open, 0.5]),
          // The candidate's weights count, and the reset gate shuts out its hidden bias as well.
          weightHidden: tensorOf(inputs.weightHidden.shape, (i) => (i < 2 * H * H ? 0 : ((i % 5) - 2) / 2)),
          biasHidden: tensorOf([3 * H], (i) => (i < 2 * H ? 0 : 2)),
          h0: stateOf(inputs),
        }
        const { hidden } = await subject.forward(given, attributes)
        return compare('hidden', hidden, ledger.tanh(constant(hidden.shape, 0.5)))
      },
    }),
    law({
      ...wideGru,
      name: 'applies its reset gate to U·h and the hidden bias together',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [T, N, H] = [inputs.x.shape[0], inputs.x.shape[1], hiddenUnits(inputs)]
        const biasHidden = tensorOf([3 * H], (i) => (i < 2 * H ? 0 : 1))
        const h0 = tensorOf([N, H], () => 1)
        // r = ½ and z = 0: n = tanh(½·(U·h + 1)) with U = 1 on the diagonal, from h = 1: the argument is 1 at first.
        const U = tensorOf([3 * H, H], (i) => (i >= 2 * H * H && Math.floor(i / H) - 2 * H === i % H ? 1 : 0))
        const given = { ...ruledByBias(inputs, [0, -open, 0]), weightHidden: U, biasHidden, h0 }
        const first = takenFrom((await subject.forward(given, attributes)).hidden, 0, steps(0, Math.min(T, 1)))
        return compare('the first hidden', first, ledger.tanh(constant(first.shape, 1)))
      },
    }),
    law({
      ...wideGru,
      kind: 'gradient',
      backward: true,
      name: 'has the same gradient for both biases of reset and update',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const zero = tensorOf([inputs.weightHidden.shape[0]], () => 0)
        const both = { ...inputs, biasInput: inputs.biasInput ?? zero, biasHidden: inputs.biasHidden ?? zero }
        const { biasInput, biasHidden } = await subject.backward(both, attributes, gradients)
        const gates = (a: Approximation) => takenFrom(a, 0, steps(0, 2 * hiddenUnits(inputs)))
        return compare('∂L/∂biasHidden of the gates', gates(biasHidden), gates(biasInput))
      },
    }),
    sendsAllToItsState(wideGru),
  ],
}

/** Both biases, each as it is given or zeros. */
function withBothBiases(inputs: Tensors) {
  const zero = tensorOf([inputs.weightHidden.shape[0]], () => 0)
  return { ...inputs, biasInput: inputs.biasInput ?? zero, biasHidden: inputs.biasHidden ?? zero }
}

export const gruResetBefore: OperatorProperties = {
  ...gruResetBeforeBase,
  laws: [
    ...sharedLaws(gruResetBeforeBase, 3),
    staysBetween(wideResetBefore),
    keepsItsState(wideResetBefore),
    isItsCandidate(wideResetBefore),
    law({
      ...wideResetBefore,
      name: 'forgets its state, and not its hidden bias, where the reset gate and the update gate are shut',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const H = hiddenUnits(inputs)
        const given = {
          ...ruledByBias(inputs, [-open, -open, 0.5]),
          weightHidden: tensorOf(inputs.weightHidden.shape, (i) => (i < 2 * H * H ? 0 : ((i % 5) - 2) / 2)),
          biasHidden: tensorOf([3 * H], (i) => (i < 2 * H ? 0 : 0.25)),
          h0: stateOf(inputs),
        }
        const { hidden } = await subject.forward(given, attributes)
        return compare('hidden', hidden, ledger.tanh(constant(hidden.shape, 0.75)))
      },
    }),
    law({
      ...wideResetBefore,
      name: 'applies its reset gate to the state, before U',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [N, H] = [inputs.x.shape[1], hiddenUnits(inputs)]
        // z = 0, r = 1 and 0 by turns, and U hands every unit the state of the next: nⱼ = tanh(rⱼ₊₁·hⱼ₊₁).
        const next = (j: number) => (j + 1) % H
        const isKept = (j: number) => j % 2 === 0
        const state = (n: number, j: number) => (n + 2 * j + 1) / 8
        const given = {
          ...ruledByBias(inputs, [0, -open, 0]),
          biasInput: tensorOf([3 * H], (i) => (i < H ? (isKept(i) ? open : -open) : i < 2 * H ? -open : 0)),
          weightHidden: tensorOf([3 * H, H], (i) => {
            const [row, column] = [Math.floor(i / H) - 2 * H, i % H]
            return row >= 0 && column === next(row) ? 1 : 0
          }),
          h0: tensorOf([N, H], (i) => state(Math.floor(i / H), i % H)),
        }
        const first = takenFrom((await subject.forward(given, attributes)).hidden, 0, [0])
        const argument = tensorOf(first.shape, (i) => {
          const [n, j] = [Math.floor(i / H), next(i % H)]
          return isKept(j) ? state(n, j) : 0
        })
        return compare('the first hidden', first, ledger.tanh(known(argument)))
      },
    }),
    law({
      ...wideResetBefore,
      name: 'does not tell its biases apart',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const both = withBothBiases(inputs)
        const exchanged = { ...both, biasInput: both.biasHidden, biasHidden: both.biasInput }
        const plain = await subject.forward(both, attributes)
        const other = await subject.forward(exchanged, attributes)
        return compare('hidden, with the biases exchanged,', other.hidden, plain.hidden)
      },
    }),
    law({
      ...wideResetBefore,
      kind: 'gradient',
      backward: true,
      name: 'has the same gradient for both biases',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { biasInput, biasHidden } = await subject.backward(withBothBiases(inputs), attributes, gradients)
        return compare('∂L/∂biasHidden', biasHidden, biasInput)
      },
    }),
    sendsAllToItsState(wideResetBefore),
    law({
      ...wideResetBefore,
      kind: 'gradient',
      backward: true,
      name: 'has no gradient of the candidate’s U, nor through it, where the reset gate is shut',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const H = hiddenUnits(inputs)
        const given = {
          ...ruledByBias(inputs, [-open, -open, 0.5]),
          weightHidden: tensorOf(inputs.weightHidden.shape, (i) => (i < 2 * H * H ? 0 : ((i % 5) - 2) / 2)),
          h0: stateOf(inputs),
        }
        const { weightHidden, h0 } = await subject.backward(given, attributes, gradients)
        const ofCandidate = takenFrom(weightHidden, 0, steps(2 * H, 3 * H))
        return [
          compare('∂L/∂weightHidden of the candidate', ofCandidate, constant(ofCandidate.shape, 0)),
          compare('∂L/∂h0', h0, constant(h0.shape, 0)),
        ]
      },
    }),
  ],
}
