import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Implementation } from '../../oracle/contract.js'
import { oracle } from '../../oracle/index.js'
import { type Tensors, zeros } from '../../oracle/tensor.js'
import { emulated } from '../../subjects/emulated/emulated.js'
import { Arithmetic } from '../arithmetic.js'
import { Caller } from '../caller.js'
import { Random } from '../data.js'
import { models } from '../laws.js'
import { ieee, representable } from '../profile.js'
import { tensorOf } from '../relations.js'
import { decodesLikeCausal } from './decoding.js'
import { optimizesLikeItsHistory } from './optimizers.js'
import { stepsLikeUnrolled } from './recurrent.js'

const subjects: readonly [string, Implementation][] = [
  ['the oracle', oracle],
  ['honest float32', emulated({ precision: 'float32' })],
]
const runs = { numRuns: 60, seed: 5 }

function caller(operator: string, { operators, precision }: Implementation): Caller {
  return new Caller(operators[operator], models[operator], new Arithmetic(ieee(precision)))
}

/** A network of three inputs and two hidden units. */
function network(operator: string, implementation: Implementation) {
  const profile = ieee(implementation.precision)
  const random = new Random(17)
  const rows = { rnn: 2, gru: 6, gruResetBefore: 6, lstm: 8 }[operator] ?? 2
  const drawn = (shape: readonly number[]) => tensorOf(shape, () => representable(profile, random.normal() / 2))
  const weights = { weightInput: drawn([rows, 3]), weightHidden: drawn([rows, 2]), biasInput: drawn([rows]) }
  const attributes: Readonly<Record<string, string>> = operator === 'rnn' ? { activation: 'tanh' } : {}
  const subject = caller(operator, implementation)
  return { subject, profile, weights, attributes, inputSize: 3, hasCell: operator === 'lstm' }
}

/** The oracle with one operator's inputs replaced before it sees them. */
function forgetful(operator: string, change: (inputs: Tensors) => Tensors): Implementation {
  const right = oracle.operators[operator]
  return {
    ...oracle,
    operators: { [operator]: { forward: (inputs, attributes) => right.forward(change(inputs), attributes) } },
  }
}

const decoder = (implementation: Implementation) => ({
  subject: caller('scaledDotProductAttention', implementation),
  profile: ieee(implementation.precision),
  features: 4,
  outputs: 3,
})

const optimizer = (operator: 'sgd' | 'adam', implementation: Implementation) => ({
  operator,
  subject: caller(operator, implementation),
  profile: ieee(implementation.precision),
  size: 3,
})

describe.each(subjects)('%s, over many calls', (_, subject) => {
  it.each(['rnn', 'lstm', 'gru', 'gruResetBefore'])(
    '%s: stepped, saved and restored, is where the unrolled one is',
    async (operator) => {
      await fc.assert(stepsLikeUnrolled(network(operator, subject)), runs)
    },
  )

  it('attention: decodes with cached keys and values as over the whole sentence', async () => {
    await fc.assert(decodesLikeCausal(decoder(subject)), runs)
  })

  it.each(['sgd', 'adam'] as const)('%s: is where its history of gradients leads', async (operator) => {
    await fc.assert(optimizesLikeItsHistory(optimizer(operator, subject)), runs)
  })
})

describe('over many calls, a mistake', () => {
  const fails = async <T>(property: fc.IAsyncProperty<T>) => {
    const { failed, counterexample } = await fc.check(property, runs)
    expect(failed, String(counterexample)).toBe(true)
  }

  it('is found in an rnn that forgets its state', async () => {
    await fails(
      stepsLikeUnrolled(
        network(
          'rnn',
          forgetful('rnn', ({ h0: _, ...inputs }) => inputs),
        ),
      ),
    )
  })

  it('is found in an lstm that forgets its cell', async () => {
    await fails(
      stepsLikeUnrolled(
        network(
          'lstm',
          forgetful('lstm', ({ c0: _, ...inputs }) => inputs),
        ),
      ),
    )
  })

  it('is found in attention that sees the future', async () => {
    const { scaledDotProductAttention: right } = oracle.operators
    const seeing: Implementation = {
      ...oracle,
      operators: {
        scaledDotProductAttention: {
          forward: (inputs, attributes) => right.forward(inputs, { ...attributes, causal: false }),
        },
      },
    }
    await fails(decodesLikeCausal(decoder(seeing)))
  })

  it('is found in sgd without its velocity and in adam without its variance', async () => {
    await fails(
      optimizesLikeItsHistory(
        optimizer(
          'sgd',
          forgetful('sgd', ({ velocity: _, ...inputs }) => inputs),
        ),
      ),
    )
    const reset = (inputs: Tensors) => ({ ...inputs, variance: zeros(inputs.variance.shape) })
    await fails(optimizesLikeItsHistory(optimizer('adam', forgetful('adam', reset))))
  })
})
