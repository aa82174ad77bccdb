import fc from 'fast-check'
import { reshape, rowMajor, scalar, type Tensor, tensor, zeros, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import { multiplesWithin } from '../draws.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { identityMatrix, ones, scaledGiven, times, transposed } from '../matrices.js'
import { countingOperators } from '../operationCounts.js'
import { applied, dots, pairs, type ScoreKind, scoreKinds, staged } from './3.quantities.js'

/** States and weights of halves; the sizes are free symbols of the general model, apart from the small instance. */
export function scoreArbitrary(bound = 1.5): fc.Arbitrary<Values> {
  const halves = (...shape: readonly number[]) => multiplesWithin(shape, bound, 0.5)
  const sizes = fc.record({
    positions: fc.integer({ min: 1, max: 4 }),
    stateSize: fc.integer({ min: 1, max: 4 }),
    layerUnits: fc.integer({ min: 1, max: 4 }),
  })
  const numbers = fc.record({
    decoder: halves(2),
    encoder: halves(3, 2),
    generalWeight: halves(2, 2),
    tanhWeight: halves(2, 4),
    tanhVector: halves(2),
    contextWeight: halves(2, 4),
    outputWeight: halves(3, 2),
    laterDecoder: halves(2),
  })
  return fc.tuple(sizes, numbers).map(([drawn, tensors]) => ({
    ...Object.fromEntries(Object.entries(drawn).map(([name, value]) => [name, scalar(value)])),
    ...tensors,
  }))
}

/** Rounding of scores, and of what is made of them: the size of their terms times the number of operations. */
function rounding(given: Values, slack: number): number {
  const size = (...names: readonly string[]) => 1 + Math.max(...names.map((name) => largest(tensorOf(given, name))))
  const states = size('decoder', 'laterDecoder', 'encoder')
  const weights = size('generalWeight', 'tanhWeight', 'tanhVector', 'contextWeight', 'outputWeight')
  return 128 * slack * states * states * weights * weights
}

/** What luongAttention reads, of one sequence. */
function call(given: Values, kind: ScoreKind) {
  const [decoder, encoder] = [tensorOf(given, 'decoder'), tensorOf(given, 'encoder')]
  const inputs = { decoder: reshape(decoder, [1, 2]), encoder: reshape(encoder, [1, 3, 2]) }
  if (kind === 'dot') return { inputs, attributes: { score: 'dot' } }
  if (kind === 'general')
    return { inputs: { ...inputs, weight: tensorOf(given, 'generalWeight') }, attributes: { score: 'general' } }
  const concat = { weight: tensorOf(given, 'tanhWeight'), vector: tensorOf(given, 'tanhVector') }
  return { inputs: { ...inputs, ...concat }, attributes: { score: 'concat' } }
}

/** The scores of S encoder states by one decoder state of the general model, each by itself, on operators that count. */
async function runOfCost(kind: ScoreKind, given: Values, operators: Operators): Promise<number> {
  const [S, D, A] = ['positions', 'stateSize', 'layerUnits'].map((name) => numberOf(given, name))
  const counting = countingOperators(operators)
  const [decoder, position] = [ones([D]), ones([1, D])]
  for (let s = 0; s < S; s++) {
    let query = decoder
    let rows = position
    if (kind === 'general') query = reshape(await times(counting.operators, position, ones([D, D])), [D])
    if (kind === 'tanh') {
      const u = await applied(counting.operators, ones([A, 2 * D]), pairs(decoder, position))
      rows = await forward(counting.operators, 'tanh', 'y', { x: u })
      query = ones([A])
    }
    await dots(counting.operators, query, rows)
  }
  return counting.counts.multiplyAdds
}

/** What holds for sharif/3 whatever the states and the weights. */
export const scoreLaws: readonly ExerciseLaw[] = [
  {
    name: 'weights and context computed step by step are those of the operator luongAttention',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      for (const kind of scoreKinds) {
        const { inputs, attributes } = call(given, kind)
        for (const [output, name] of [
          ['weights', 'Weights'],
          ['context', 'Context'],
        ]) {
          const answer = await forward(operators, 'luongAttention', output, inputs, attributes)
          const held = tensorOf(solved, staged(kind, name))
          expectAllClose(staged(kind, name), held, reshape(answer, held.shape), rounding(given, slack))
        }
      }
    },
  },
  {
    name: 'weights and outputs are distributions, and weights are to one another as the exponentials of their scores',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const allowed = rounding(given, slack)
      for (const kind of scoreKinds) {
        for (const name of ['Weights', 'Output']) {
          const p = rowMajor(tensorOf(solved, staged(kind, name)))
          const sum = p.reduce((total, value) => total + value, 0)
          expectClose(`the sum of ${staged(kind, name)}`, sum, 1, allowed)
        }
        const [e, a] = ['Scores', 'Weights'].map((name) => rowMajor(tensorOf(solved, staged(kind, name))))
        for (const s of [1, 2]) {
          // e^x changes by its own size times the rounding of x.
          const ratio = Math.exp(e[s] - e[0])
          expectClose(`a[${s}] of ${kind}`, a[s], a[0] * ratio, allowed * (1 + a[0] * ratio))
        }
      }
    },
  },
  {
    name: 'the context lies between the encoder states: no entry is outside those of its column',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const encoder = tensorOf(given, 'encoder')
      for (const kind of scoreKinds)
        rowMajor(tensorOf(solved, staged(kind, 'Context'))).forEach((value, d) => {
          const column = rowMajor(encoder.pick(null, d))
          const [least, most] = [Math.min(...column), Math.max(...column)]
          const allowed = rounding(given, slack)
          if (!(value >= least - allowed && value <= most + allowed))
            throw new Error(`the context’s entry ${d} is ${value}; it should be between ${least} and ${most}`)
        })
    },
  },
  {
    name: 'general is dot where W_a = I',
    async check(given, solve, slack) {
      const solved = await solve({ ...given, generalWeight: identityMatrix(2) })
      for (const name of ['Scores', 'Weights', 'Context', 'Output'])
        expectAllClose(
          staged('general', name),
          tensorOf(solved, staged('general', name)),
          tensorOf(solved, staged('dot', name)),
          rounding(given, slack),
        )
    },
  },
  {
    name: 'dot and general scores are linear in the decoder state; the tanh layer’s are at most Σ|v|, however large the states',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const opposite = scaledGiven(tensorOf(given, 'decoder'), -3)
      const other = await solve({ ...given, decoder: opposite })
      for (const kind of ['dot', 'general'] as const)
        expectAllClose(
          `the ${kind} scores of −3h`,
          tensorOf(other, staged(kind, 'Scores')),
          scaledGiven(tensorOf(solved, staged(kind, 'Scores')), -3),
          8 * rounding(given, slack),
        )
      const bound = rowMajor(tensorOf(given, 'tanhVector')).reduce((sum, value) => sum + Math.abs(value), 0)
      for (const run of [solved, other])
        if (!(largest(tensorOf(run, 'tanhScores')) <= bound * (1 + 8 * slack)))
          throw new Error(
            `a score of the tanh layer is ${largest(tensorOf(run, 'tanhScores'))}; at most ${bound} is possible`,
          )
    },
  },
  {
    name: 'a tanh layer that reads only encoder states gives every decoder state the same weights',
    async check(given, solve, slack) {
      const W = tensorOf(given, 'tanhWeight')
      const tanhWeight = tensor(
        [2, 4],
        [0, 1].flatMap((row) => [0, 0, W.get(row, 2), W.get(row, 3)]),
      )
      const solved = await solve({ ...given, tanhWeight })
      const other = await solve({ ...given, tanhWeight, decoder: tensorOf(given, 'laterDecoder') })
      const [weights, again] = [solved, other].map((run) => tensorOf(run, 'tanhWeights'))
      expectAllClose('the weights for another decoder state', again, weights, rounding(given, slack))
    },
  },
  {
    name: 'encoder states in another order have their weights in that order, and the same context and output',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const encoder = tensorOf(given, 'encoder')
      const order = [2, 0, 1]
      const turned = tensor(
        [3, 2],
        order.flatMap((s) => [encoder.get(s, 0), encoder.get(s, 1)]),
      )
      const other = await solve({ ...given, encoder: turned })
      for (const kind of scoreKinds) {
        const weights = rowMajor(tensorOf(solved, staged(kind, 'Weights')))
        const expected = tensor(
          [3],
          order.map((s) => weights[s]),
        )
        const allowed = rounding(given, slack)
        expectAllClose(`${kind} weights`, tensorOf(other, staged(kind, 'Weights')), expected, allowed)
        for (const name of ['Context', 'Output'])
          expectAllClose(
            staged(kind, name),
            tensorOf(other, staged(kind, name)),
            tensorOf(solved, staged(kind, name)),
            4 * allowed,
          )
      }
    },
  },
  {
    name: 'the coverage penalty of two steps is 1 − ½·Σ|a − a′|: 1 where both attend alike, 0 where they share no word',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [first, second] = ['dotWeights', 'laterWeights'].map((name) => tensorOf(solved, name))
      const apart = rowMajor(zip(first, second, (a, b) => Math.abs(a - b))).reduce((sum, value) => sum + value, 0)
      const allowed = rounding(given, slack)
      expectClose('the coverage penalty', numberOf(solved, 'coverageLoss'), 1 - apart / 2, allowed)
      const same = await solve({ ...given, laterDecoder: tensorOf(given, 'decoder') })
      expectClose('the penalty of attending alike', numberOf(same, 'coverageLoss'), 1, allowed)
    },
  },
  {
    name: 'the scores of a model of these sizes, run, take the multiply-adds and parameters of the formulas',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      for (const kind of scoreKinds) {
        const counted = await runOfCost(kind, given, operators)
        expectClose(`${kind} operations`, numberOf(solved, `${kind}Operations`), counted, 8 * slack * counted)
      }
      const [D, A] = ['stateSize', 'layerUnits'].map((name) => numberOf(given, name))
      const [general, layer] = [zeros([D, D]).size, zeros([A, 2 * D]).size + zeros([A]).size]
      expectClose('parameters of general', numberOf(solved, 'generalParameters'), general, 8 * slack * general)
      expectClose('parameters of the tanh layer', numberOf(solved, 'tanhParameters'), layer, 8 * slack * layer)
    },
  },
  {
    name: 'the output depends on context and state through W_c’s two halves: their products add up before the tanh',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const W = tensorOf(given, 'contextWeight')
      const half = (first: number) =>
        tensor(
          [2, 2],
          [0, 1].flatMap((r) => [W.get(r, first), W.get(r, first + 1)]),
        )
      const column = (x: Tensor) => reshape(x, [x.size, 1])
      for (const kind of scoreKinds) {
        const ofContext = await times(operators, half(0), column(tensorOf(solved, staged(kind, 'Context'))))
        const ofState = await times(operators, half(2), column(tensorOf(given, 'decoder')))
        const x = zip(ofContext, ofState, (a, b) => a + b)
        const hidden = await forward(operators, 'tanh', 'y', { x })
        const logits = await times(operators, tensorOf(given, 'outputWeight'), hidden)
        const held = tensorOf(solved, staged(kind, 'Logits'))
        expectAllClose(staged(kind, 'Logits'), reshape(held, [1, 3]), transposed(logits), rounding(given, slack))
      }
    },
  },
]
