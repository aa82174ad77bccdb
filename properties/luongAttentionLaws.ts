import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped, transposed } from './approximation.js'
import { areShares } from './attentionLaws.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { DataKind } from './data.js'
import type { Call } from './law.js'
import { luongBase } from './luongAttention.js'
import type { Profile } from './profile.js'
import { exchanged, refuses } from './refusals.js'
import {
  inner,
  known,
  law,
  ledger,
  plus,
  reorders,
  repeatedTensor,
  taken,
  tensorOf,
  times,
  treatsSlicesAlone,
  wholeNumbers,
} from './relations.js'

const operator = 'luongAttention'
const { calls } = luongBase
const simple = { operator, calls: calls('simple') }
const wide = { operator, calls: calls('wide') }
const gradient = { kind: 'gradient', backward: true } as const

type Score = 'dot' | 'general' | 'concat'

/** Calls of one score: parameters made to fit, of whole numbers where the call has none that do. */
function scoredBy(kind: DataKind, score: Score) {
  return (profile: Profile) => calls(kind)(profile).map((call) => withScore(call, score))
}

function withScore(call: Call, score: Score): Call {
  if (call.attributes.score === score) return call
  const { encoder } = call.inputs
  const [N, , E] = encoder.shape
  const decoder = score === 'dot' ? tensorOf([N, E], (i) => ((i % 7) - 3) / 2) : call.inputs.decoder
  const D = decoder.shape[1]
  const parameters: Record<Score, Tensors> = {
    dot: {},
    general: { weight: tensorOf([D, E], (i) => ((i % 5) - 2) / 2) },
    concat: { weight: tensorOf([2, D + E], (i) => ((i % 5) - 2) / 2), vector: tensorOf([2], (i) => 1 - 2 * i) },
  }
  const inputs = { decoder, encoder, ...parameters[score] }
  return { ...call, inputs, attributes: { score }, given: { score } }
}

function identity(size: number): Tensor {
  return tensorOf([size, size], (i) => (i % (size + 1) === 0 ? 1 : 0))
}

/** The encoder's positions with the same row added to each. */
function shifted({ encoder }: Tensors, row: Tensor): Tensor {
  return plus(encoder, repeatedTensor(row, encoder.shape.slice(0, 2)))
}

function alongPositions(a: Approximation): Approximation {
  return ledger.sum(transposed(a), 'common')
}

export const luongAttention: OperatorProperties = {
  ...luongBase,
  laws: [
    refuses({ operator, calls }, 'a weight that its score has no use for', (call) => {
      const dot = withScore(call, 'dot')
      return exchanged(dot, 'weight', identity(dot.inputs.decoder.shape[1]), "a weight where score = 'dot'")
    }),
    refuses({ operator, calls }, 'a vector that its score has no use for', (call) => {
      const general = withScore(call, 'general')
      return exchanged(
        general,
        'vector',
        tensorOf([general.inputs.weight.shape[0]], () => 1),
        'a superfluous vector',
      )
    }),
    refuses({ operator, calls }, 'a missing weight', (call) => {
      const { weight: _, ...inputs } = withScore(call, call.seed % 2 === 0 ? 'general' : 'concat').inputs
      const score = 'vector' in inputs ? 'concat' : 'general'
      return { inputs, attributes: { score }, what: `no weight (score = '${score}')` }
    }),
    refuses({ operator, calls }, 'a missing vector', (call) => {
      const { vector: _, ...inputs } = withScore(call, 'concat').inputs
      return { inputs, attributes: { score: 'concat' }, what: 'no vector' }
    }),
    refuses({ operator, calls }, 'a weight of another shape', (call) => {
      const general = withScore(call, 'general')
      const { weight } = general.inputs
      const order = Array.from({ length: weight.shape[1] + 1 }, (_, i) => Math.max(i - 1, 0))
      return exchanged(general, 'weight', taken(weight, 1, order), 'a weight with a column too many')
    }),
    refuses({ operator, calls }, 'features of decoder and encoder that disagree for dot', (call) => {
      const dot = withScore(call, 'dot')
      const order = Array.from({ length: dot.inputs.decoder.shape[1] + 1 }, (_, i) => Math.max(i - 1, 0))
      return exchanged(dot, 'decoder', taken(dot.inputs.decoder, 1, order), 'a decoder with a feature too many')
    }),
    treatsSlicesAlone({
      ...wide,
      name: 'treats each sequence alone',
      inputs: { decoder: 0, encoder: 0 },
      outputs: { context: 0, weights: 0 },
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the positions',
      inputs: { encoder: 1 },
      outputs: { weights: 1 },
    }),
    law({
      ...wide,
      name: 'has weights that are shares',
      check: async ({ call: { inputs, attributes }, subject }) =>
        areShares((await subject.forward(inputs, attributes)).weights),
    }),
    law({
      ...wide,
      name: 'answers with the positions in the proportion of its weights',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { context, weights } = await subject.forward(inputs, attributes)
        const [N, S, E] = inputs.encoder.shape
        const mixed = ledger.matmul(reshaped(weights, [N, 1, S]), known(inputs.encoder))
        return compare('context against Σ weights·encoder:', context, reshaped(mixed, [N, E]))
      },
    }),
    law({
      ...wide,
      name: 'attends alike to positions that are alike',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [N, S, E] = inputs.encoder.shape
        const encoder = tensorOf([N, S, E], (i) => inputs.encoder.get(Math.floor(i / (S * E)), 0, i % E))
        const { weights } = await subject.forward({ ...inputs, encoder }, attributes)
        return compare('weights of equal positions', weights, constant([N, S], 1 / S))
      },
    }),
    law({
      operator,
      calls: scoredBy('wide', 'dot'),
      name: 'takes general with the identity for dot',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const plain = await subject.forward(inputs, attributes)
        const weight = identity(inputs.decoder.shape[1])
        const general = await subject.forward({ ...inputs, weight }, { score: 'general' })
        return Object.entries(plain).map(([name, y]) => compare(`for the identity, ${name}`, general[name], y))
      },
    }),
    law({
      ...simple,
      name: 'takes general for dot with the decoder times the weight',
      check: async ({ call: { inputs }, subject }, random) => {
        const [N, , E] = inputs.encoder.shape
        const D = random.integer(1, 3)
        const [decoder, weight] = [wholeNumbers([N, D], random, 2), wholeNumbers([D, E], random, 2)]
        const product = ledger.matmul(known(decoder), known(weight))
        const query = tensorOf([N, E], (i) => product.value[i])
        const { encoder } = inputs
        const general = await subject.forward({ decoder, encoder, weight }, { score: 'general' })
        const dot = await subject.forward({ decoder: query, encoder }, { score: 'dot' })
        return Object.entries(dot).map(([name, y]) => compare(`for general, ${name}`, general[name], y))
      },
    }),
    law({
      operator,
      calls: scoredBy('simple', 'general'),
      name: 'moves with positions that all move alike, without other weights',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const row = wholeNumbers([inputs.encoder.shape[2]], random)
        const plain = await subject.forward(inputs, attributes)
        const moved = await subject.forward({ ...inputs, encoder: shifted(inputs, row) }, attributes)
        const by = known(repeatedTensor(row, [plain.context.shape[0]]))
        return [
          compare('weights of moved positions', moved.weights, plain.weights),
          compare('context of moved positions', moved.context, ledger.add(plain.context, by)),
        ]
      },
    }),
    law({
      operator,
      calls: scoredBy('wide', 'concat'),
      name: 'is unchanged when weight and vector change their signs, for concat',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const plain = await subject.forward(inputs, attributes)
        const negative = { ...inputs, weight: times(inputs.weight, -1), vector: times(inputs.vector, -1) }
        const turned = await subject.forward(negative, attributes)
        return Object.entries(plain).map(([name, y]) => compare(`with both signs changed, ${name}`, turned[name], y))
      },
    }),
    reorders({
      operator,
      calls: scoredBy('wide', 'concat'),
      name: 'does not depend on the order of the rows of weight and vector, for concat',
      inputs: { weight: 0, vector: 0 },
      outputs: {},
    }),
    law({
      operator,
      calls: scoredBy('wide', 'concat'),
      name: 'multiplies the first columns of its weight with the decoder, for concat',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const D = inputs.decoder.shape[1]
        const columns = inputs.weight.shape[1]
        const weight = tensorOf(inputs.weight.shape, (i) => (i % columns < D ? 0 : rowMajor(inputs.weight)[i]))
        const plain = await subject.forward({ ...inputs, weight }, attributes)
        const decoder = wholeNumbers(inputs.decoder.shape, random)
        const other = await subject.forward({ ...inputs, weight, decoder }, attributes)
        return Object.entries(plain).map(([name, y]) => compare(`with another decoder, ${name}`, other[name], y))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives no gradient to weights that all gain alike',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const context = tensorOf(gradients.context.shape, () => 0)
        const weights = tensorOf(gradients.weights.shape, () => 1)
        const answer = await subject.backward(inputs, attributes, { context, weights })
        return Object.entries(answer).map(([name, g]) => compare(`∂L/∂${name}`, g, constant(g.shape, 0)))
      },
    }),
    law({
      operator,
      calls: scoredBy('wide', 'general'),
      ...gradient,
      name: 'has gradients of decoder and weight that agree about their product, for general',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { decoder, weight } = await subject.backward(inputs, attributes, gradients)
        return compare(
          '⟨∂L/∂weight, weight⟩ against ⟨∂L/∂decoder, decoder⟩:',
          inner(weight, known(inputs.weight)),
          inner(decoder, known(inputs.decoder)),
        )
      },
    }),
    law({
      operator,
      calls: scoredBy('wide', 'dot'),
      ...gradient,
      name: 'shares out the whole gradient of the context over the positions, for dot',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { encoder } = await subject.backward(inputs, attributes, gradients)
        return compare('Σₛ ∂L/∂encoder', alongPositions(encoder), known(gradients.context))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'hands a single position the whole gradient, and the decoder none',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const [N] = inputs.encoder.shape
        const encoder = taken(inputs.encoder, 1, [0])
        const weights = tensorOf([N, 1], (n) => gradients.weights.get(n, 0))
        const answer = await subject.backward({ ...inputs, encoder }, attributes, { ...gradients, weights })
        return [
          compare('∂L/∂encoder', answer.encoder, reshaped(known(gradients.context), encoder.shape)),
          compare('∂L/∂decoder', answer.decoder, constant(inputs.decoder.shape, 0)),
        ]
      },
    }),
  ],
}
