import { type Approximation, constant, transposed } from './approximation.js'
import { compare } from './comparison.js'
import type { Law } from './law.js'
import { inner, known, law, ledger, takenFrom, tensorOf } from './relations.js'

/** What holds of the gradients of an attention's query, key and value. */
export function attentionGradientLaws(wide: Pick<Law, 'operator' | 'calls'>): Law[] {
  const gradient = { ...wide, kind: 'gradient', backward: true } as const
  return [
    law({
      ...gradient,
      name: 'has gradients of query and key that agree about their product',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { query, key } = await subject.backward(inputs, attributes, gradients)
        return compare(
          '⟨∂L/∂key, key⟩ against ⟨∂L/∂query, query⟩:',
          inner(key, known(inputs.key)),
          inner(query, known(inputs.query)),
        )
      },
    }),
    law({
      ...gradient,
      name: 'has gradients of the keys that sum to zero',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const sums = ledger.sum(transposed((await subject.backward(inputs, attributes, gradients)).key), 'common')
        return compare('Σₛ ∂L/∂key', sums, constant(sums.shape, 0))
      },
    }),
    law({
      ...gradient,
      name: 'shares out the whole gradient of its output over the values',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { value } = await subject.backward(inputs, attributes, gradients)
        const total = (a: Approximation) => ledger.sum(transposed(a), 'common')
        return compare('Σₛ ∂L/∂value', total(value), total(known(gradients.output)))
      },
    }),
    law({
      ...gradient,
      name: 'gives no gradient to weights that all gain alike',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const weights = tensorOf(gradients.weights.shape, () => 1)
        const answer = await subject.backward(inputs, attributes, {
          output: tensorOf(gradients.output.shape, () => 0),
          weights,
        })
        return Object.entries(answer).map(([name, g]) => compare(`∂L/∂${name}`, g, constant(g.shape, 0)))
      },
    }),
    law({
      ...gradient,
      name: 'gives no gradient to a key that nobody may attend to',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const [T, S] = [inputs.query.shape.at(-2) ?? 1, inputs.key.shape.at(-2) ?? 1]
        if (S === 1) return []
        const mask = tensorOf([T, S], (i) => (i % S === S - 1 ? 0 : 1))
        const answer = await subject.backward({ ...inputs, mask }, { ...attributes, causal: false }, gradients)
        return ['key', 'value'].map((name) => {
          const last = takenFrom(answer[name], answer[name].shape.length - 2, [S - 1])
          return compare(`∂L/∂${name} of the last`, last, constant(last.shape, 0))
        })
      },
    }),
  ]
}
