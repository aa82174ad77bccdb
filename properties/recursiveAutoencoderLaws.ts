import { rowMajor, type Tensors } from '../oracle/tensor.js'
import { constant, gather, joined, repeated, transposed } from './approximation.js'
import { squares } from './autoencoderLaws.js'
import { recursiveAutoencoderBase } from './autoencoders.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { zero } from './feedForward.js'
import {
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  times,
  toTheBit,
  treatsSlicesAlone,
  within,
} from './relations.js'
import { softmaxParts } from './softmaxModel.js'

const gradient = { kind: 'gradient', backward: true } as const

const all = { operator: 'recursiveAutoencoder', calls: recursiveAutoencoderBase.calls('wide') }
const plain = { operator: 'recursiveAutoencoder', calls: recursiveAutoencoderBase.calls('simple') }

/** Only the loss has a gradient. */
function onlyLoss(gradients: Tensors): Tensors {
  return { ...zerosLike(gradients), loss: gradients.loss }
}

/** left and right exchanged, and with them what the weights say of each. */
function mirrored(inputs: Tensors): Tensors {
  const D = inputs.left.shape[1]
  const order = Array.from({ length: 2 * D }, (_, i) => (i + D) % (2 * D))
  return {
    ...inputs,
    left: inputs.right,
    right: inputs.left,
    weight1: taken(inputs.weight1, 1, order),
    weight2: taken(inputs.weight2, 0, order),
    bias2: taken(inputs.bias2, 0, order),
  }
}

function withoutParent(inputs: Tensors): Tensors {
  return { ...inputs, weight1: zero(inputs.weight1), bias1: zero(inputs.bias1) }
}

export const recursiveAutoencoder: OperatorProperties = {
  ...recursiveAutoencoderBase,
  laws: [
    treatsSlicesAlone({
      ...all,
      name: 'treats each pair alone, the loss aside',
      inputs: { left: 0, right: 0, target: 0 },
      outputs: { parent: 0, reconstruction: 0, logits: 0 },
    }),
    law({
      ...all,
      name: 'has the mean of the losses of its pairs',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const N = inputs.left.shape[0]
        let sum = constant([], 0)
        for (let n = 0; n < N; n++) {
          const [left, right, target] = ['left', 'right', 'target'].map((name) => taken(inputs[name], 0, [n]))
          sum = ledger.add(sum, (await subject.forward({ ...inputs, left, right, target }, attributes)).loss)
        }
        const { loss } = await subject.forward(inputs, attributes)
        return compare('loss, against the mean over the pairs,', loss, ledger.divideBy(sum, N))
      },
    }),
    reorders({
      ...all,
      name: 'reorders its parent units with their weights and biases',
      inputs: { weight1: 0, bias1: 0, weight2: 1, weight3: 1 },
      outputs: { parent: 1 },
    }),
    law({
      ...all,
      name: 'has the same parent when left and right are exchanged with their weights',
      check: async ({ call: { inputs }, subject }) => {
        const D = inputs.left.shape[1]
        const order = Array.from({ length: 2 * D }, (_, i) => (i + D) % (2 * D))
        const here = await subject.forward(inputs, {})
        const there = await subject.forward(mirrored(inputs), {})
        return [
          compare('parent after the exchange', there.parent, here.parent),
          compare('reconstruction after the exchange', there.reconstruction, takenFrom(here.reconstruction, 1, order)),
          compare('loss after the exchange', there.loss, here.loss),
        ]
      },
    }),
    law({
      ...all,
      name: 'does not depend on the order of the classes',
      check: async ({ call: { inputs }, subject }, random) => {
        const order = random.permutation(inputs.bias3.size)
        const target = tensorOf(inputs.target.shape, (n) => order.indexOf(rowMajor(inputs.target)[n]))
        const [weight3, bias3] = [taken(inputs.weight3, 0, order), taken(inputs.bias3, 0, order)]
        const here = await subject.forward(inputs, {})
        const there = await subject.forward({ ...inputs, target, weight3, bias3 }, {})
        return [
          compare('logits with the classes reordered', there.logits, takenFrom(here.logits, 1, order)),
          compare('loss with the classes reordered', there.loss, here.loss),
        ]
      },
    }),
    law({
      ...all,
      name: 'sees the target in its loss alone',
      check: async ({ call: { inputs }, subject }, random) => {
        const target = tensorOf(inputs.target.shape, () => random.integer(0, inputs.bias3.size - 1))
        const here = await subject.forward(inputs, {})
        const there = await subject.forward({ ...inputs, target }, {})
        return ['parent', 'reconstruction', 'logits'].map((name) =>
          compare(`${name} with another target`, there[name], here[name]),
        )
      },
    }),
    law({
      ...all,
      name: 'has a parent that is never negative',
      check: async ({ call: { inputs }, subject }) =>
        within('parent', toTheBit((await subject.forward(inputs, {})).parent), 0, Number.POSITIVE_INFINITY),
    }),
    law({
      ...all,
      name: 'reconstructs and classifies by its biases alone where no parent unit is active',
      check: async ({ call: { inputs }, subject }) => {
        const { parent, reconstruction, logits } = await subject.forward(withoutParent(inputs), {})
        return [
          compare('parent', parent, constant(parent.shape, 0)),
          compare('reconstruction', reconstruction, repeated(known(inputs.bias2), reconstruction.shape)),
          compare('logits', logits, repeated(known(inputs.bias3), logits.shape)),
        ]
      },
    }),
    law({
      ...plain,
      name: 'has the loss that its reconstruction and its logits say',
      check: async ({ call: { inputs }, subject }) => {
        const { reconstruction, logits, loss } = await subject.forward(inputs, {})
        const [N, C] = logits.shape
        const x = joined([known(inputs.left), known(inputs.right)])
        const error = ledger.scale(squares(ledger.subtract(reconstruction, x)), 0.5)
        const chosen = Int32Array.from({ length: N }, (_, n) => n * C + rowMajor(inputs.target)[n])
        const likelihood = ledger.sum(gather(softmaxParts(ledger, logits).logSoftmax, [N], chosen), 'common')
        return compare('loss', loss, ledger.divideBy(ledger.subtract(error, likelihood), N))
      },
    }),
    law({
      ...all,
      ...gradient,
      name: 'has gradients of the last bias that sum to zero over the classes',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { bias3 } = await subject.backward(inputs, {}, onlyLoss(gradients))
        const sum = ledger.sum(bias3, 'common')
        return compare('Σ ∂L/∂bias3', sum, constant(sum.shape, 0))
      },
    }),
    law({
      ...plain,
      ...gradient,
      name: 'pulls left and right towards what is reconstructed, also where the parent does not see them',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const [N, D] = inputs.left.shape
        const answer = await subject.backward(withoutParent(inputs), {}, onlyLoss(gradients))
        return ['left', 'right'].map((name, half) => {
          const bias = taken(
            inputs.bias2,
            0,
            Array.from({ length: D }, (_, d) => half * D + d),
          )
          const difference = ledger.subtract(known(inputs[name]), repeated(known(bias), [N, D]))
          const share = ledger.divideBy(repeated(known(gradients.loss), [N, D]), N)
          return compare(`∂L/∂${name}`, answer[name], ledger.multiply(difference, share))
        })
      },
    }),
    law({
      ...plain,
      ...gradient,
      name: 'has for its second bias what left and right lose as targets, where the parent does not see them',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const answer = await subject.backward(withoutParent(inputs), {}, onlyLoss(gradients))
        const lost = ledger.sum(transposed(joined([answer.left, answer.right])), 'common')
        return compare('∂L/∂bias2', answer.bias2, ledger.negate(lost))
      },
    }),
    law({
      ...plain,
      ...gradient,
      name: 'has gradients that add up over its outputs',
      check: async ({ call: { inputs, gradients }, subject }, random) => {
        const names = Object.keys(gradients)
        const first = names[random.integer(0, names.length - 1)]
        const { [first]: own, ...others } = gradients
        const whole = await subject.backward(inputs, {}, gradients)
        const alone = await subject.backward(inputs, {}, { ...zerosLike(others), [first]: own })
        const rest = await subject.backward(inputs, {}, { ...others, [first]: zero(own) })
        return Object.keys(whole).map((name) =>
          compare(`∂L/∂${name}, that of ${first} apart,`, ledger.add(alone[name], rest[name]), whole[name]),
        )
      },
    }),
    law({
      ...plain,
      name: 'has a parent that scales with left, right and the first bias by a positive factor',
      check: async ({ call: { inputs }, subject }, random) => {
        const factor = 2 ** random.integer(-1, 2)
        const scaled = { left: times(inputs.left, factor), right: times(inputs.right, factor) }
        const here = await subject.forward(inputs, {})
        const there = await subject.forward({ ...inputs, ...scaled, bias1: times(inputs.bias1, factor) }, {})
        return compare(`parent of ${factor} times as much`, there.parent, ledger.scale(here.parent, factor))
      },
    }),
  ],
}

function zerosLike(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, zero(x)]))
}
