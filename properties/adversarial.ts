import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, repeated } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { type DataKind, fill, fillings, seeds, sumLengths } from './data.js'
import { softplus } from './functions.js'
import type { Law } from './law.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { known, law, ledger, taken, tensorOf, times, toTheBit, within } from './relations.js'
import { sigmoidOf } from './sigmoid.js'

/** The mean of the entries as the platform holds them: terms that are equal there are seen to be equal. */
function mean(arithmetic: Arithmetic, items: Approximation): Approximation {
  const value = items.value.map((entry) => representable(arithmetic.profile, entry))
  return arithmetic.divideBy(arithmetic.sum({ ...items, value }, 'common'), value.length)
}

/** g/N for every item. */
function shares(arithmetic: Arithmetic, g: Tensor, N: number): Approximation {
  return arithmetic.divideBy(repeated(exact(g), [N]), N)
}

const discriminatorModel: Model = {
  shapes: () => ({ loss: [] }),
  /** mean softplus(−real) + mean softplus(fake) */
  forward: (arithmetic, { real, fake }) => ({
    loss: arithmetic.add(
      mean(arithmetic, softplus(arithmetic, arithmetic.negate(exact(real)))),
      mean(arithmetic, softplus(arithmetic, exact(fake))),
    ),
  }),
  /** −σ(−real)·g/N and σ(fake)·g/N */
  backward: (arithmetic, { real, fake }, _, { loss }) => {
    const share = shares(arithmetic, loss, real.size)
    const toReal = sigmoidOf(arithmetic, arithmetic.negate(exact(real)))
    return {
      real: arithmetic.negate(arithmetic.multiply(share, toReal)),
      fake: arithmetic.multiply(share, sigmoidOf(arithmetic, exact(fake))),
    }
  },
}

function drawLogits(kind: DataKind, profile: Profile) {
  return fc.record({ N: sumLengths(kind, 5), real: fillings(kind, profile), fake: fillings(kind, profile) })
}

const discriminatorCalls = completeCalls('discriminatorLoss', discriminatorModel, (kind, profile) =>
  drawLogits(kind, profile).map(({ N, real, fake }) => ({
    inputs: { real: fill([N], real, profile), fake: fill([N], fake, profile) },
    attributes: {},
  })),
)

/** A loss of logits stays finite for the largest that the contract asks for. */
function staysFinite(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, string>>[]): Law {
  return law({
    operator,
    name: 'stays finite for large logits',
    calls: (profile) =>
      fc
        .record({ N: fc.integer({ min: 1, max: 4 }), attributes: fc.constantFrom(...attributes), seed: seeds })
        .map(({ N, attributes: given, seed }) => {
          const size = profile.precision === 'float64' ? 2 ** 996 : 8192
          const logits = (shift: number) => tensorOf([N], (i) => ((seed >> (i + shift)) & 1 ? size : -size))
          const drawn = Object.fromEntries(inputs.map((name, i) => [name, logits(4 * i)]))
          return { inputs: drawn, attributes: given, given, gradients: {}, seed }
        }),
    check: async ({ call, subject, model }) => {
      const { loss } = await subject.answer(call.inputs, call.attributes)
      const expected = model.forward(ledger, call.inputs, call.attributes).loss
      const value = rowMajor(loss).slice(0, 1)
      const finite = value.map((entry) => (Number.isFinite(entry) ? entry : expected.value[0]))
      return compare('loss', toTheBit({ ...expected, value }), toTheBit({ ...expected, value: finite }))
    },
  })
}

/** The same tensor twice, one after the other. */
function twice(x: Tensor): Tensor {
  return tensor([2 * x.size], [...rowMajor(x), ...rowMajor(x)])
}

const wide = { operator: 'discriminatorLoss', calls: discriminatorCalls('wide') }
const gradient = { kind: 'gradient', backward: true } as const

export const discriminatorLoss: OperatorProperties = {
  operator: 'discriminatorLoss',
  model: discriminatorModel,
  calls: discriminatorCalls,
  smooth: discriminatorCalls('smooth'),
  laws: [
    staysFinite('discriminatorLoss', ['real', 'fake'], [{}]),
    law({
      ...wide,
      name: 'is never negative',
      check: async ({ call: { inputs }, subject }) =>
        within('loss', (await subject.forward(inputs, {})).loss, 0, Number.POSITIVE_INFINITY),
    }),
    law({
      ...wide,
      name: 'is log 4 for logits of zero',
      check: async ({ call: { inputs }, subject }) => {
        const zero = tensorOf(inputs.real.shape, () => 0)
        const { loss } = await subject.forward({ real: zero, fake: zero }, {})
        return compare('loss', loss, constant([], Math.log(4)))
      },
    }),
    law({
      ...wide,
      name: 'is the same when real and fake are exchanged and turned over',
      check: async ({ call: { inputs }, subject }) => {
        const { loss } = await subject.forward(inputs, {})
        const other = await subject.forward({ real: times(inputs.fake, -1), fake: times(inputs.real, -1) }, {})
        return compare('loss of −fake as real and −real as fake', other.loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'does not depend on the order of its logits, nor on which real meets which fake',
      check: async ({ call: { inputs }, subject }, random) => {
        const N = inputs.real.size
        const mixed = {
          real: taken(inputs.real, 0, random.permutation(N)),
          fake: taken(inputs.fake, 0, random.permutation(N)),
        }
        const { loss } = await subject.forward(inputs, {})
        return compare('loss of reordered logits', (await subject.forward(mixed, {})).loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'is unchanged when every logit occurs twice',
      check: async ({ call: { inputs }, subject }) => {
        const { loss } = await subject.forward(inputs, {})
        const more = await subject.forward({ real: twice(inputs.real), fake: twice(inputs.fake) }, {})
        return compare('loss of every logit twice', more.loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'is the mean of the losses of single pairs',
      check: async ({ call: { inputs }, subject }, random) => {
        const N = Math.min(inputs.real.size, 6)
        const first = Array.from({ length: N }, (_, i) => i)
        const order = random.permutation(N)
        const some = { real: taken(inputs.real, 0, first), fake: taken(inputs.fake, 0, order) }
        const { loss } = await subject.forward(some, {})
        let sum = constant([], 0)
        for (const i of first) {
          const pair = { real: taken(some.real, 0, [i]), fake: taken(some.fake, 0, [i]) }
          sum = ledger.add(sum, (await subject.forward(pair, {})).loss)
        }
        return compare('loss, against the mean over the pairs,', loss, ledger.divideBy(sum, N))
      },
    }),
    law({
      ...wide,
      name: 'differs by the logits where all of them are turned over',
      check: async ({ call: { inputs }, subject }) => {
        const { real, fake } = inputs
        const { loss } = await subject.forward(inputs, {})
        const other = await subject.forward({ real: times(real, -1), fake: times(fake, -1) }, {})
        // softplus(x) − softplus(−x) = x
        const moved = ledger.subtract(mean(ledger, known(fake)), mean(ledger, known(real)))
        return compare('loss', loss, ledger.add(other.loss, moved))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'pushes real logits up and fake ones down, by no more than their share',
      check: async ({ call: { inputs }, subject }) => {
        const N = inputs.real.size
        const { real, fake } = await subject.backward(inputs, {}, { loss: tensor([], [1]) })
        return [within('∂L/∂real', real, -1 / N, 0), within('∂L/∂fake', fake, 0, 1 / N)]
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has gradients that make up a whole share for the same logit as real and fake',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { real } = inputs
        const answer = await subject.backward({ real, fake: real }, {}, gradients)
        const share = ledger.divideBy(repeated(known(gradients.loss), [real.size]), real.size)
        return compare('∂L/∂fake − ∂L/∂real', ledger.subtract(answer.fake, answer.real), share)
      },
    }),
  ],
}

const generatorModel: Model = {
  shapes: () => ({ loss: [] }),
  /** mean softplus(−fake), or −mean softplus(fake) */
  forward: (arithmetic, { fake }, { kind }) => ({
    loss:
      kind === 'minimax'
        ? arithmetic.negate(mean(arithmetic, softplus(arithmetic, exact(fake))))
        : mean(arithmetic, softplus(arithmetic, arithmetic.negate(exact(fake)))),
  }),
  /** −σ(−fake)·g/N, or −σ(fake)·g/N */
  backward: (arithmetic, { fake }, { kind }, { loss }) => {
    const x = kind === 'minimax' ? exact(fake) : arithmetic.negate(exact(fake))
    const share = shares(arithmetic, loss, fake.size)
    return { fake: arithmetic.negate(arithmetic.multiply(share, sigmoidOf(arithmetic, x))) }
  },
}

const kinds = ['nonSaturating', 'minimax'] as const

const generatorCalls = completeCalls('generatorLoss', generatorModel, (kind, profile) =>
  fc
    .record({
      N: sumLengths(kind, 5),
      fake: fillings(kind, profile),
      kind: perhaps(fc.constantFrom(...kinds)),
    })
    .map(({ N, fake, kind: form }) => ({
      inputs: { fake: fill([N], fake, profile) },
      attributes: chosen({ kind: form }),
    })),
)

const wideGenerator = { operator: 'generatorLoss', calls: generatorCalls('wide') }

export const generatorLoss: OperatorProperties = {
  operator: 'generatorLoss',
  model: generatorModel,
  calls: generatorCalls,
  smooth: generatorCalls('smooth'),
  laws: [
    staysFinite(
      'generatorLoss',
      ['fake'],
      kinds.map((kind) => ({ kind })),
    ),
    law({
      ...wideGenerator,
      name: 'is never negative without saturation, and never positive in the minimax game',
      check: async ({ call: { inputs }, subject }) => {
        const at = async (kind: string) => (await subject.forward(inputs, { kind })).loss
        return [
          within("loss for kind 'nonSaturating'", await at('nonSaturating'), 0, Number.POSITIVE_INFINITY),
          within("loss for kind 'minimax'", await at('minimax'), Number.NEGATIVE_INFINITY, 0),
        ]
      },
    }),
    law({
      ...wideGenerator,
      name: 'is log 2 or −log 2 for logits of zero',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ fake: times(inputs.fake, 0) }, attributes)
        return compare('loss', loss, constant([], attributes.kind === 'minimax' ? -Math.LN2 : Math.LN2))
      },
    }),
    law({
      ...wideGenerator,
      name: 'has for one kind the opposite of the other, for the logits turned over',
      check: async ({ call: { inputs }, subject }) => {
        const { loss } = await subject.forward(inputs, { kind: 'nonSaturating' })
        const other = await subject.forward({ fake: times(inputs.fake, -1) }, { kind: 'minimax' })
        return compare("loss for kind 'nonSaturating'", loss, ledger.negate(other.loss))
      },
    }),
    law({
      ...wideGenerator,
      name: 'adds up over both kinds to the opposite of the mean logit',
      check: async ({ call: { inputs }, subject }) => {
        const plain = await subject.forward(inputs, { kind: 'nonSaturating' })
        const game = await subject.forward(inputs, { kind: 'minimax' })
        // softplus(−x) − softplus(x) = −x
        return compare(
          'loss of both kinds',
          ledger.add(plain.loss, game.loss),
          ledger.negate(mean(ledger, known(inputs.fake))),
        )
      },
    }),
    law({
      ...wideGenerator,
      name: 'falls, or stays as it is, when a logit rises',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const at = random.integer(0, inputs.fake.size - 1)
        const raised = tensorOf(inputs.fake.shape, (i) =>
          i === at ? Math.abs(rowMajor(inputs.fake)[i]) : rowMajor(inputs.fake)[i],
        )
        const { loss } = await subject.forward(inputs, attributes)
        const { loss: after } = await subject.forward({ fake: raised }, attributes)
        const most = { ...loss, value: loss.value.map((value, i) => Math.min(value, after.value[i])) }
        return compare('loss with a logit raised', after, most)
      },
    }),
    law({
      ...wideGenerator,
      name: 'does not depend on the order of its logits, nor on how often all of them occur',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { loss } = await subject.forward(inputs, attributes)
        const mixed = taken(inputs.fake, 0, random.permutation(inputs.fake.size))
        return compare(
          'loss of reordered logits, each twice',
          (await subject.forward({ fake: twice(mixed) }, attributes)).loss,
          loss,
        )
      },
    }),
    law({
      ...wideGenerator,
      ...gradient,
      name: 'pushes every logit up, by no more than its share',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { fake } = await subject.backward(inputs, attributes, { loss: tensor([], [1]) })
        return within('∂L/∂fake', fake, -1 / inputs.fake.size, 0)
      },
    }),
    law({
      ...wideGenerator,
      ...gradient,
      name: 'has gradients that make up a whole share over both kinds',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const N = inputs.fake.size
        const plain = await subject.backward(inputs, { kind: 'nonSaturating' }, gradients)
        const game = await subject.backward(inputs, { kind: 'minimax' }, gradients)
        const share = ledger.divideBy(repeated(known(gradients.loss), [N]), N)
        return compare('∂L/∂fake of both kinds', ledger.add(plain.fake, game.fake), ledger.negate(share))
      },
    }),
  ],
}
