import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { constant } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { lstmBase } from './gated.js'
import { hiddenUnits, open, ruledByBias, sharedLaws } from './gatedLaws.js'
import { known, law, ledger, tensorOf, within, zerosSayNothing } from './relations.js'

const wideLstm = { operator: 'lstm', calls: lstmBase.calls('wide') }

/** c0, or numbers in its place. */
function cellOf(inputs: Tensors): Tensor {
  const [N, H] = [inputs.x.shape[1], hiddenUnits(inputs)]
  return inputs.c0 ?? tensorOf([N, H], (i) => (i % 4) - 1.5)
}

export const lstm: OperatorProperties = {
  ...lstmBase,
  laws: [
    ...sharedLaws(lstmBase, 4),
    zerosSayNothing({
      ...wideLstm,
      name: 'starts from a cell of zeros where none is given',
      input: 'c0',
      shape: ({ x, weightHidden }) => [x.shape[1], weightHidden.shape[1]],
    }),
    law({
      ...wideLstm,
      name: 'does not care which of its biases is which',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { biasInput, biasHidden, ...others } = inputs
        const exchanged = {
          ...others,
          ...(biasInput === undefined ? {} : { biasHidden: biasInput }),
          ...(biasHidden === undefined ? {} : { biasInput: biasHidden }),
        }
        const [plain, other] = [await subject.forward(inputs, attributes), await subject.forward(exchanged, attributes)]
        return Object.entries(plain).map(([name, y]) => compare(`with the biases exchanged, ${name}`, other[name], y))
      },
    }),
    law({
      ...wideLstm,
      name: 'lies between −1 and 1',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('hidden', (await subject.forward(inputs, attributes)).hidden, -1, 1),
    }),
    law({
      ...wideLstm,
      name: 'keeps its cell where the forget gate is open and the input gate shut',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const c0 = cellOf(inputs)
        const { cell } = await subject.forward({ ...ruledByBias(inputs, [-open, open, open, 0]), c0 }, attributes)
        return compare('cell', cell, known(c0))
      },
    }),
    law({
      ...wideLstm,
      name: 'counts its steps where every gate is open',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [T, N] = inputs.x.shape
        const c0 = tensorOf([N, hiddenUnits(inputs)], (i) => i % 3)
        const given = { ...ruledByBias(inputs, [open, open, open, open]), c0 }
        const { cell, hidden } = await subject.forward(given, attributes)
        const counted = tensorOf(hidden.shape, (i) => rowMajor(c0)[i % c0.size] + Math.floor(i / c0.size) + 1)
        return [
          compare('cell', cell, known(tensorOf(c0.shape, (i) => rowMajor(c0)[i] + T))),
          compare('hidden', hidden, ledger.tanh(known(counted))),
        ]
      },
    }),
    law({
      ...wideLstm,
      name: 'says nothing where the output gate is shut',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { hidden } = await subject.forward(ruledByBias(inputs, [1, 1, 1, -open]), attributes)
        return compare('hidden', hidden, constant(hidden.shape, 0))
      },
    }),
    law({
      ...wideLstm,
      kind: 'gradient',
      backward: true,
      name: 'has the same gradient for both biases',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const zero = tensorOf([inputs.weightHidden.shape[0]], () => 0)
        const both = { ...inputs, biasInput: inputs.biasInput ?? zero, biasHidden: inputs.biasHidden ?? zero }
        const { biasInput, biasHidden } = await subject.backward(both, attributes, gradients)
        return compare('∂L/∂biasHidden', biasHidden, biasInput)
      },
    }),
    law({
      ...wideLstm,
      kind: 'gradient',
      backward: true,
      name: "hands on its cell's gradient unchanged through open forget gates",
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const given = { ...ruledByBias(inputs, [-open, open, 0, 0]), c0: cellOf(inputs) }
        const hidden = tensorOf(gradients.hidden.shape, () => 0)
        const { c0 } = await subject.backward(given, attributes, { hidden, cell: gradients.cell })
        return compare('∂L/∂c0', c0, known(gradients.cell))
      },
    }),
  ],
}
