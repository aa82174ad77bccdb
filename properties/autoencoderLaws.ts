import type { Tensor } from '../oracle/tensor.js'
import { type Approximation, constant, repeated, reshaped, transposed } from './approximation.js'
import { linearAutoencoderBase } from './autoencoders.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { zero } from './feedForward.js'
import type { Call } from './law.js'
import type { Profile } from './profile.js'
import { isHomogeneous, known, law, ledger, reorders, taken, tensorOf, times, toTheBit, within } from './relations.js'

const gradient = { kind: 'gradient', backward: true } as const

const wide = { operator: 'linearAutoencoder', calls: linearAutoencoderBase.calls('wide') }
const simple = { operator: 'linearAutoencoder', calls: linearAutoencoderBase.calls('simple') }

/** Without a penalty. */
function free(kind: 'wide' | 'simple') {
  return (profile: Profile) =>
    linearAutoencoderBase
      .calls(kind)(profile)
      .map((call): Call => ({ ...call, attributes: { lambda: 0 } }))
}

/** Σ a² over all entries of an answer. */
export function squares(a: Approximation): Approximation {
  const row = reshaped(a, [1, a.value.length])
  return reshaped(ledger.matmul(row, transposed(row), 'common'), [])
}

function identity(size: number): Tensor {
  return tensorOf([size, size], (i) => (i % (size + 1) === 0 ? 1 : 0))
}

export const linearAutoencoder: OperatorProperties = {
  ...linearAutoencoderBase,
  laws: [
    law({
      ...wide,
      name: 'is never negative',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('loss', toTheBit((await subject.forward(inputs, attributes)).loss), 0, Number.POSITIVE_INFINITY),
    }),
    reorders({ ...wide, name: 'does not depend on the order of the examples', inputs: { x: 1 }, outputs: {} }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the features',
      inputs: { x: 0, encoder: 1, decoder: 0 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the code units',
      inputs: { encoder: 0, decoder: 1 },
      outputs: {},
    }),
    isHomogeneous({
      ...simple,
      calls: free('simple'),
      name: 'scales with the square of x where there is no penalty',
      inputs: ['x'],
      degree: 2,
    }),
    law({
      ...simple,
      calls: free('simple'),
      name: 'does not see a factor that encoder and decoder share out between them, where there is no penalty',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const moved = { ...inputs, encoder: times(inputs.encoder, 4), decoder: times(inputs.decoder, 0.25) }
        return compare('loss with a factor moved', (await subject.forward(moved, attributes)).loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'is the penalty alone for an x of zeros',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ ...inputs, x: zero(inputs.x) }, attributes)
        const both = ledger.add(squares(known(inputs.encoder)), squares(known(inputs.decoder)))
        return compare('loss', loss, ledger.scale(both, Number(attributes.lambda)))
      },
    }),
    law({
      ...simple,
      name: 'rises in proportion to lambda',
      check: async ({ call: { inputs }, subject }) => {
        const at = async (lambda: number) => (await subject.forward(inputs, { lambda })).loss
        const [none, one, four] = [await at(0), await at(1), await at(4)]
        const rise = (loss: Approximation) => ledger.subtract(loss, none)
        return compare('the rise for lambda 4, against four times that for 1,', rise(four), ledger.scale(rise(one), 4))
      },
    }),
    law({
      ...wide,
      calls: free('wide'),
      name: 'is the mean over the examples where there is no penalty',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const N = Math.min(inputs.x.shape[1], 5)
        const x = taken(
          inputs.x,
          1,
          Array.from({ length: N }, (_, n) => n),
        )
        let sum = constant([], 0)
        for (let n = 0; n < N; n++)
          sum = ledger.add(sum, (await subject.forward({ ...inputs, x: taken(x, 1, [n]) }, attributes)).loss)
        const { loss } = await subject.forward({ ...inputs, x }, attributes)
        return compare('loss, against the mean over the examples,', loss, ledger.divideBy(sum, N))
      },
    }),
    law({
      ...wide,
      calls: free('wide'),
      name: 'is zero for a code that keeps x as it is',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const same = identity(inputs.x.shape[0])
        const { loss } = await subject.forward({ x: inputs.x, encoder: same, decoder: same }, attributes)
        return compare('loss', loss, constant([], 0))
      },
    }),
    law({
      ...wide,
      calls: free('wide'),
      name: 'is the mean squared length of the examples for a decoder of zeros',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ ...inputs, decoder: zero(inputs.decoder) }, attributes)
        return compare('loss', loss, ledger.divideBy(squares(known(inputs.x)), inputs.x.shape[1]))
      },
    }),
    law({
      ...simple,
      ...gradient,
      calls: free('simple'),
      name: 'has gradients of encoder and decoder in balance where there is no penalty',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        // (∂L/∂W₁)·W₁ᵀ = W₂ᵀ·∂L/∂W₂, since the loss depends on W₂W₁ alone.
        const answer = await subject.backward(inputs, attributes, gradients)
        const ofEncoder = ledger.matmul(answer.encoder, transposed(known(inputs.encoder)))
        const ofDecoder = ledger.matmul(transposed(known(inputs.decoder)), answer.decoder)
        return compare('∂L/∂encoder·encoderᵀ', ofEncoder, ofDecoder)
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has gradients of the penalty alone for an x of zeros',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const answer = await subject.backward({ ...inputs, x: zero(inputs.x) }, attributes, gradients)
        return ['encoder', 'decoder'].map((name) => {
          const factor = repeated(
            ledger.scale(known(gradients.loss), 2 * Number(attributes.lambda)),
            answer[name].shape,
          )
          return compare(`∂L/∂${name}`, answer[name], ledger.multiply(factor, known(inputs[name])))
        })
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has a gradient of twice x over N for weights of zeros',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const none = { x: inputs.x, encoder: zero(inputs.encoder), decoder: zero(inputs.decoder) }
        const { x } = await subject.backward(none, attributes, gradients)
        const factor = repeated(ledger.scale(known(gradients.loss), 2), x.shape)
        const expected = ledger.divideBy(ledger.multiply(factor, known(inputs.x)), inputs.x.shape[1])
        return compare('∂L/∂x', x, expected)
      },
    }),
  ],
}
