import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { gruBase } from './gated.js'
import { hiddenUnits, open, ruledByBias, sharedLaws } from './gatedLaws.js'
import { steps } from './recurrent.js'
import { known, law, ledger, takenFrom, tensorOf } from './relations.js'

const wideGru = { operator: 'gru', calls: gruBase.calls('wide') }

/** h0, or numbers in its place. */
function stateOf(inputs: Tensors): Tensor {
  const [N, H] = [inputs.x.shape[1], hiddenUnits(inputs)]
  return inputs.h0 ?? tensorOf([N, H], (i) => (i % 4) - 1.5)
}

export const gru: OperatorProperties = {
  ...gruBase,
  laws: [
    ...sharedLaws(gruBase, 3),
    law({
      ...wideGru,
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
    }),
    law({
      ...wideGru,
      name: 'keeps its state where the update gate is open',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const h0 = stateOf(inputs)
        const { hidden } = await subject.forward({ ...ruledByBias(inputs, [1, open, 1]), h0 }, attributes)
        const T = inputs.x.shape[0]
        const all = tensorOf(hidden.shape, (i) => rowMajor(h0)[i % (hidden.value.length / T)])
        return compare('hidden', hidden, known(all))
      },
    }),
    law({
      ...wideGru,
      name: 'is its candidate alone where the update gate is shut',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const given = { ...ruledByBias(inputs, [1, -open, 0.5]), h0: stateOf(inputs) }
        const { hidden } = await subject.forward(given, attributes)
        return compare('hidden', hidden, ledger.tanh(constant(hidden.shape, 0.5)))
      },
    }),
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
    law({
      ...wideGru,
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
    }),
  ],
}
