import fc from 'fast-check'
import { item, map, reshape, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import { multiples } from '../draws.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { isWord, special, specialTokens, tokenLosses } from './p2.quantities.js'

/** Tokens of the sequence, tokens of the vocabulary, numbers in the output at [CLS]. */
export const sizes = { tokens: 8, vocabulary: 9, width: 3 } as const

/** Draws at which nothing hangs on the last digit; the first of them are below every rate that is drawn. */
const draw = fc.constantFrom(0.02, 0.05, 0.08, 0.25, 0.4, 0.5, 0.7, 0.9)
const action = fc.constantFrom(0.1, 0.3, 0.5, 0.7, 0.82, 0.85, 0.88, 0.92, 0.95)
const word = fc.integer({ min: specialTokens, max: sizes.vocabulary - 1 })

/** [CLS], words (some of them unknown), [SEP] and padding; at least one word is chosen. */
export function messageArbitrary(): fc.Arbitrary<Values> {
  const { tokens, vocabulary, width } = sizes
  const vector = (one: fc.Arbitrary<number>) => fc.array(one, { minLength: tokens, maxLength: tokens })
  return fc
    .record({
      count: fc.integer({ min: 3, max: tokens - 2 }),
      words: vector(
        fc.oneof({ weight: 6, arbitrary: word }, { weight: 1, arbitrary: fc.constant<number>(special.unknown) }),
      ),
      draws: vector(draw),
      actions: vector(action),
      replacements: vector(word),
      chosen: fc.nat({ max: 2 }),
      rate: fc.constantFrom(0.1, 0.15, 0.2),
      wordLogits: multiples([tokens, vocabulary], -2, 2),
      begin: multiples([width], -4, 4, 0.5),
      classWeights: multiples([2, width], -2, 2),
      classBias: multiples([2], -2, 2, 0.5),
      label: fc.nat({ max: 1 }),
    })
    .map(({ count, words, draws, actions, replacements, chosen, rate, label, ...tensors }) => {
      const ids = words.map((id, t) => {
        if (t === 0) return special.begin
        if (t <= count) return id
        return t === count + 1 ? special.end : special.pad
      })
      return {
        ...tensors,
        ids: tensor([tokens], ids),
        draws: tensor(
          [tokens],
          draws.map((value, t) => (t === chosen + 1 ? 0.03 : value)),
        ),
        actions: tensor([tokens], actions),
        replacements: tensor([tokens], replacements),
        rate: scalar(rate),
        label: scalar(label),
      }
    })
}

function numbers(values: Values, name: string): readonly number[] {
  return [...rowMajor(tensorOf(values, name))]
}

/** What holds for sharif/p2 whatever the message, the draws and the weights. */
export const bertLaws: readonly ExerciseLaw[] = [
  {
    name: 'only words are chosen, those that were drawn below the rate, and only chosen ones change',
    async check(given, solve) {
      const solved = await solve(given)
      const [ids, draws, chosen, masked] = ['ids', 'draws', 'chosen', 'masked'].map((name) => numbers(solved, name))
      for (const [t, id] of ids.entries()) {
        const expected = isWord(id) && draws[t] < numberOf(given, 'rate') ? 1 : 0
        expectClose(`chosen at ${t}`, chosen[t], expected, 0)
        if (expected === 0) expectClose(`the token at ${t}`, masked[t], id, 0)
      }
    },
  },
  {
    name: 'with a rate of 1 every word is chosen, and with second draws of 0 and 1 all become [MASK] or stay',
    async check(given, solve) {
      const all = { ...given, rate: scalar(1) }
      const ids = numbers(given, 'ids')
      const filled = (value: number) => map(tensorOf(given, 'actions'), () => value)
      const [masked, kept] = [
        await solve({ ...all, actions: filled(0) }),
        await solve({ ...all, actions: filled(0.99) }),
      ]
      for (const [t, id] of ids.entries()) {
        expectClose(`chosen at ${t}`, numbers(masked, 'chosen')[t], isWord(id) ? 1 : 0, 0)
        expectClose(`the masked token at ${t}`, numbers(masked, 'masked')[t], isWord(id) ? special.mask : id, 0)
        expectClose(`the kept token at ${t}`, numbers(kept, 'masked')[t], id, 0)
      }
    },
  },
  {
    name: 'what the tokens become does not change what is to be predicted',
    async check(given, solve) {
      const other = { ...given, actions: map(tensorOf(given, 'actions'), (value) => 1 - value) }
      const [once, again] = [await solve(given), await solve(other)]
      expectAllClose('the losses', tensorOf(again, 'tokenLosses'), tensorOf(once, 'tokenLosses'), 0)
    },
  },
  {
    name: 'the loss is minus the mean logarithm of the probabilities of the chosen words',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [ids, chosen, p] = ['ids', 'chosen', 'wordProbabilities'].map((name) => numbers(solved, name))
      const places = ids.map((_, t) => t).filter((t) => chosen[t] === 1)
      const sum = places.reduce((total, t) => total - Math.log(p[t * sizes.vocabulary + ids[t]]), 0)
      const allowed = 64 * slack * (1 + largest(tensorOf(given, 'wordLogits')))
      expectClose('the loss', numberOf(solved, 'maskedLoss'), sum / places.length, allowed)
    },
  },
  {
    name: 'the loss is the cross-entropy of the chosen rows alone; logits elsewhere do not count',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [ids, chosen] = ['ids', 'chosen'].map((name) => numbers(solved, name))
      const places = ids.map((_, t) => t).filter((t) => chosen[t] === 1)
      const logits = await forward(operators, 'embedding', 'y', {
        ids: tensor([places.length], places),
        table: tensorOf(given, 'wordLogits'),
      })
      const target = tensor(
        [places.length],
        places.map((t) => ids[t]),
      )
      const expected = item(await forward(operators, 'crossEntropy', 'loss', { logits, target }))
      const allowed = 64 * slack * (1 + largest(tensorOf(given, 'wordLogits')))
      expectClose('the loss', numberOf(solved, 'maskedLoss'), expected, allowed)
      const elsewhere = rowMajor(tensorOf(given, 'wordLogits')).map((value, i) =>
        chosen[Math.floor(i / sizes.vocabulary)] === 1 ? value : value + 1 + (i % 3),
      )
      const changed = await solve({ ...given, wordLogits: tensor([sizes.tokens, sizes.vocabulary], elsewhere) })
      expectClose('the loss with other logits elsewhere', numberOf(changed, 'maskedLoss'), expected, allowed)
    },
  },
  {
    name: 'where all tokens are equally likely, the loss is the logarithm of their number',
    async check(given, solve, slack) {
      const equal = { ...given, wordLogits: map(tensorOf(given, 'wordLogits'), () => 0.5) }
      expectClose('the loss', numberOf(await solve(equal), 'maskedLoss'), Math.log(sizes.vocabulary), 64 * slack)
    },
  },
  {
    name: 'the losses of all places are those of the operator without reduction, wherever a word was chosen',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [all, held, chosen] = [
        rowMajor(await tokenLosses(solved, operators)),
        numbers(solved, 'tokenLosses'),
        numbers(solved, 'chosen'),
      ]
      const allowed = 64 * slack * (1 + largest(tensorOf(given, 'wordLogits')))
      for (const [t, loss] of held.entries())
        expectClose(`the loss at ${t}`, loss, chosen[t] === 1 ? all[t] : 0, allowed)
    },
  },
  {
    name: 'the gradient by the logits sums to 0, and that by the output at [CLS] is of the weights’ difference',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [p, delta, g] = ['classProbabilities', 'classGradient', 'beginGradient'].map((name) =>
        numbers(solved, name),
      )
      const label = numberOf(given, 'label')
      const weights = tensorOf(given, 'classWeights')
      const allowed = 64 * slack * (1 + largest(weights))
      expectClose('the sum of the gradient', delta[0] + delta[1], 0, allowed)
      for (let i = 0; i < sizes.width; i++) {
        const expected = p[1 - label] * (weights.get(1 - label, i) - weights.get(label, i))
        expectClose(`the gradient at ${i}`, g[i], expected, allowed)
      }
    },
  },
  {
    name: 'the same added to both logits changes no probability and no loss',
    async check(given, solve, slack) {
      const shifted = { ...given, classBias: map(tensorOf(given, 'classBias'), (b) => b + 2) }
      const [once, moved] = [await solve(given), await solve(shifted)]
      const allowed = 64 * slack * (4 + largest(tensorOf(once, 'classLogits')))
      for (const name of ['classProbabilities', 'classLoss', 'classGradient'])
        expectAllClose(name, reshape(tensorOf(moved, name), tensorOf(once, name).shape), tensorOf(once, name), allowed)
    },
  },
]
