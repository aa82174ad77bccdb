import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import type { Approximations } from '../approximation.js'
import type { Caller } from '../caller.js'
import { compare } from '../comparison.js'
import { Random, seeds } from '../data.js'
import { type Profile, representable } from '../profile.js'
import { takenFrom, tensorOf } from '../relations.js'
import { demand } from './demand.js'

/** Query, key and value of one token. */
interface Token {
  readonly query: Tensor
  readonly key: Tensor
  readonly value: Tensor
}

interface Sentence {
  tokens: readonly Token[]
}

/** Keys and values of the tokens so far, [t,D] and [t,M], flat. */
interface Cache {
  keys: readonly number[]
  values: readonly number[]
  /** What was answered to every token when it came. */
  answers: readonly Approximations[]
}

/** Attention over D features that answers with M. */
export interface Decoder {
  readonly subject: Caller
  readonly profile: Profile
  readonly features: number
  readonly outputs: number
}

function rows(x: readonly Tensor[], width: number): Tensor {
  return tensor([x.length, width], Float64Array.from(x.flatMap((row) => [...rowMajor(row)])))
}

/** One more token, its query over the cache: what was answered to it, and to all before, are the rows of causal attention. */
function append({ subject, profile, features, outputs }: Decoder, seed: number): fc.AsyncCommand<Sentence, Cache> {
  return {
    check: () => true,
    async run(model, real) {
      const random = new Random(seed)
      const drawn = (width: number) => tensorOf([width], () => representable(profile, random.normal()))
      const token = { query: drawn(features), key: drawn(features), value: drawn(outputs) }
      model.tokens = [...model.tokens, token]
      real.keys = [...real.keys, ...rowMajor(token.key)]
      real.values = [...real.values, ...rowMajor(token.value)]
      const length = model.tokens.length
      const attributes = { scale: 1 / Math.sqrt(features) }
      const cached = {
        query: rows([token.query], features),
        key: tensor([length, features], Float64Array.from(real.keys)),
        value: tensor([length, outputs], Float64Array.from(real.values)),
      }
      const whole = {
        query: rows(
          model.tokens.map(({ query }) => query),
          features,
        ),
        key: rows(
          model.tokens.map(({ key }) => key),
          features,
        ),
        value: rows(
          model.tokens.map(({ value }) => value),
          outputs,
        ),
      }
      const decoded = await subject.forward(cached, { ...attributes, causal: false })
      const full = await subject.forward(whole, { ...attributes, causal: true })
      demand(compare('the decoded weights', decoded.weights, takenFrom(full.weights, 0, [length - 1])))
      real.answers = [...real.answers, decoded]
      for (const [t, { output }] of real.answers.entries())
        demand(compare(`token ${t}'s output`, output, takenFrom(full.output, 0, [t])))
    },
    toString: () => `append(${seed})`,
  }
}

/** Takes back the last tokens, as a search over sentences does. */
function takeBack({ features, outputs }: Decoder, count: number): fc.AsyncCommand<Sentence, Cache> {
  return {
    check: ({ tokens }) => tokens.length >= count,
    async run(model, real) {
      const left = model.tokens.length - count
      model.tokens = model.tokens.slice(0, left)
      real.keys = real.keys.slice(0, left * features)
      real.values = real.values.slice(0, left * outputs)
      real.answers = real.answers.slice(0, left)
    },
    toString: () => `takeBack(${count})`,
  }
}

/** Decoding token by token with cached keys and values answers as causal attention over the whole sentence does. */
export function decodesLikeCausal(
  decoder: Decoder,
  most = 12,
): fc.IAsyncProperty<[Iterable<fc.AsyncCommand<Sentence, Cache>>]> {
  const appending = seeds.map((seed) => append(decoder, seed))
  const takingBack = fc.integer({ min: 1, max: 3 }).map((count) => takeBack(decoder, count))
  return fc.asyncProperty(fc.commands([appending, appending, takingBack], { maxCommands: most }), (drawn) =>
    fc.asyncModelRun(() => ({ model: { tokens: [] }, real: { keys: [], values: [], answers: [] } }), drawn),
  )
}
