import fc from 'fast-check'
import { reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import { multiplesWithin } from '../draws.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { identityMatrix, ones, rowSums, scaledGiven, times, transposed } from '../matrices.js'
import { countingOperators } from '../operationCounts.js'
import { causalByRunningSums, linearAttention, softmaxAttention } from './4.attention.js'

/** The product of two matrices by the host, of given data. */
function hostProduct(a: Tensor, b: Tensor): Tensor {
  const [[rows, inner], columns] = [a.shape, b.shape[1]]
  const entry = (r: number, c: number) =>
    Array.from({ length: inner }, (_, k) => a.get(r, k) * b.get(k, c)).reduce((sum, value) => sum + value, 0)
  return tensor(
    [rows, columns],
    Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns)),
  )
}

/**
 * Whether every query has some weight on the keys up to its own, by both kernels: with words and weights of halves its
 * products are multiples of a sixteenth, so that 1/16² is the least that a denominator may be.
 */
export function hasWeights(values: Values, least = 1 / 256): boolean {
  const [q, k] = ['weightQ', 'weightK'].map((name) => hostProduct(tensorOf(values, 'x'), tensorOf(values, name)))
  const s = hostProduct(q, transposed(k))
  return [0, 1].every((shift) =>
    [0, 1, 2].every((t) => Array.from({ length: t + 1 }, (_, j) => (s.get(t, j) + shift) ** 2).some((x) => x >= least)),
  )
}

/** Words and weights of halves; the sizes are free symbols of the general model, apart from the small instance. */
export function kernelArbitrary(bound = 1.5, unit = 0.5): fc.Arbitrary<Values> {
  return fc
    .record({
      x: multiplesWithin([3, 2], bound, unit),
      weightQ: multiplesWithin([2, 2], bound, unit),
      weightK: multiplesWithin([2, 2], bound, unit),
      weightV: multiplesWithin([2, 2], bound, unit),
      length: fc.integer({ min: 1, max: 6 }).map(scalar),
      querySize: fc.integer({ min: 1, max: 4 }).map(scalar),
      valueSize: fc.integer({ min: 1, max: 4 }).map(scalar),
    })
    .filter((values) => hasWeights(values))
}

/** Rounding of similarities and of sums of theirs times values: their largest terms times the number of operations. */
function rounding(solved: Values, slack: number): number {
  const [q, k, v] = ['queries', 'keys', 'values'].map((name) => largest(tensorOf(solved, name)))
  return 128 * slack * (1 + q * k) ** 2 * (1 + v)
}

/** The same over a denominator: it is rounded off relative to the products it is made of, |q|²|k|². */
function relativeRounding(solved: Values, denominators: readonly number[], slack: number): number {
  const least = Math.min(...denominators)
  return rounding(solved, slack) * (1 + 1 / least) * (1 + 1 / least)
}

function vectorOf(values: Values, name: string): readonly number[] {
  return [...rowMajor(tensorOf(values, name))]
}

/** What holds for sharif/4 whatever the words, the weights and the sizes. */
export const kernelLaws: readonly ExerciseLaw[] = [
  {
    name: 'φ(q)·φ(k) = (q·k)² for every query and key',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const products = await times(
        operators,
        tensorOf(solved, 'queryFeatures'),
        transposed(tensorOf(solved, 'keyFeatures')),
      )
      expectAllClose('φ(q)·φ(k)', products, tensorOf(solved, 'similarities'), rounding(solved, slack))
      const squares = zip(tensorOf(solved, 'scores'), tensorOf(solved, 'scores'), (a, b) => a * b)
      expectAllClose('the similarities', tensorOf(solved, 'similarities'), squares, rounding(solved, slack))
    },
  },
  {
    name: 'the linear form has the numerators and denominators of the quadratic one',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const similarities = tensorOf(solved, 'similarities')
      const allowed = 4 * rounding(solved, slack)
      const weighted = await times(operators, similarities, tensorOf(solved, 'values'))
      expectAllClose('the numerators', tensorOf(solved, 'numerators'), weighted, allowed)
      const sums = await rowSums(operators, similarities)
      for (const name of ['denominators', 'linearDenominators'])
        expectAllClose(name, tensorOf(solved, name), sums, allowed)
    },
  },
  {
    name: 'the output is that of the operator quadraticAttention, and of the weights times the values',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [query, key, value] = ['queries', 'keys', 'values'].map((name) => tensorOf(solved, name))
      const allowed = relativeRounding(solved, vectorOf(solved, 'denominators'), slack)
      const output = await forward(operators, 'quadraticAttention', 'output', { query, key, value })
      expectAllClose('the output', tensorOf(solved, 'quadraticOutput'), output, allowed)
      const weights = await forward(operators, 'quadraticAttention', 'output', { query, key, value: identityMatrix(3) })
      expectAllClose('the weights', tensorOf(solved, 'quadraticWeights'), weights, allowed)
      const sums = await rowSums(operators, tensorOf(solved, 'quadraticWeights'))
      expectAllClose('the sums of the weights', sums, ones([3]), 16 * slack)
    },
  },
  {
    name: 'a causal output is the running sums’ quotient: a state of fixed size, whatever came before',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [query, key, value] = ['queries', 'keys', 'values'].map((name) => tensorOf(solved, name))
      const running = await causalByRunningSums(operators, query, key, value)
      const quotients = zip(
        running.numerators,
        reshape(await times(operators, reshape(running.denominators, [3, 1]), ones([1, 2])), [3, 2]),
        (a, b) => a / b,
      )
      const allowed = relativeRounding(solved, [...rowMajor(running.denominators)], slack)
      expectAllClose('the causal output', tensorOf(solved, 'causalOutput'), quotients, allowed)
      const last = (name: string) => tensorOf(solved, name).pick(2, null)
      expectAllClose('the last causal row', last('causalOutput'), last('quadraticOutput'), allowed)
    },
  },
  {
    name: 'softmax attention is the operator scaledDotProductAttention',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [query, key, value] = ['queries', 'keys', 'values'].map((name) => tensorOf(solved, name))
      const allowed = rounding(solved, slack)
      for (const [output, name] of [
        ['weights', 'softmaxWeights'],
        ['output', 'softmaxOutput'],
      ]) {
        const answer = await forward(operators, 'scaledDotProductAttention', output, { query, key, value })
        expectAllClose(name, tensorOf(solved, name), answer, allowed)
      }
    },
  },
  {
    name: 'opposite or longer queries have the same weights by the quadratic kernel',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const allowed = 64 * relativeRounding(solved, vectorOf(solved, 'denominators'), slack)
      for (const factor of [-1, 4]) {
        const weightQ = scaledGiven(tensorOf(given, 'weightQ'), factor)
        const other = await solve({ ...given, weightQ })
        for (const name of ['quadraticWeights', 'quadraticOutput', 'causalOutput'])
          expectAllClose(`${name} of ${factor}·Q`, tensorOf(other, name), tensorOf(solved, name), allowed)
      }
    },
  },
  {
    name: 'both forms run at these sizes take the multiply-adds of the formulas',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [N, D, M] = ['length', 'querySize', 'valueSize'].map((name) => numberOf(given, name))
      const [q, k, v] = [ones([N, D]), ones([N, D]), ones([N, M])]
      const [soft, linear] = [countingOperators(operators), countingOperators(operators)]
      await softmaxAttention(soft.operators, q, k, v)
      await linearAttention(linear.operators, q, k, v)
      const [softTime, linearTime] = [soft, linear].map(({ counts }) => counts.multiplyAdds)
      expectClose(
        'the multiply-adds of softmax attention',
        numberOf(solved, 'softmaxTime'),
        softTime,
        8 * slack * softTime,
      )
      expectClose(
        'the multiply-adds of the linear form',
        numberOf(solved, 'linearTime'),
        linearTime,
        8 * slack * linearTime,
      )
      expectClose('the weights kept', numberOf(solved, 'softmaxMemory'), N * N, 8 * slack * N * N)
    },
  },
  {
    name: 'at the crossover both forms take as many multiply-adds',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const length = tensorOf(solved, 'crossover')
      const there = await solve({ ...given, length: scalar(numberOf({ length }, 'length')) })
      const [softTime, linearTime] = ['softmaxTime', 'linearTime'].map((name) => numberOf(there, name))
      expectClose('the multiply-adds of the linear form', linearTime, softTime, 32 * slack * softTime)
    },
  },
]
