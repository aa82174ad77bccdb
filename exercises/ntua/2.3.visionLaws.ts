import { map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { collapsed, heat, reordered, transposed } from './2.3.lawTools.js'
import { keysOf, views, withoutDiagonal } from './2.3.vision.js'

/** Losses with the number of candidates that each softmax shares out over, and the similarities behind them. */
const losses: readonly (readonly [rows: string, candidates: number])[] = [
  ['viewRowLosses', 3],
  ['sentenceRowLosses', 2],
  ['futureRowLosses', 3],
]

const simclr: readonly ExerciseLaw[] = [
  {
    name: 'SimCLR: the projection head is a feed-forward network without biases',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [x, weight1, weight2] = ['representations', 'headWeights1', 'headWeights2'].map((name) =>
        tensorOf(given, name),
      )
      const inputs = { x, weight1, weight2, bias1: tensor([2], [0, 0]), bias2: tensor([2], [0, 0]) }
      const projections = await forward(operators, 'feedForward', 'y', inputs)
      const size = 1 + 4 * largest(x) * largest(weight1) * largest(weight2)
      expectAllClose('the projections', tensorOf(solved, 'projections'), projections, 16 * slack * size)
    },
  },
  {
    name: 'SimCLR: the loss is that of the operator ntXent',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const attributes = { temperature: numberOf(given, 'temperature') }
      // A projection that rounding alone keeps from zero has no direction.
      if (!hasDirections(tensorOf(solved, 'projections'))) return
      const loss = await forward(operators, 'ntXent', 'loss', { z: tensorOf(solved, 'projections') }, attributes)
      expectClose('the loss', numberOf(solved, 'viewLoss'), rowMajor(loss)[0], 64 * slack * heat(given))
    },
  },
  {
    name: 'SimCLR: exchanging the two views, or the two images, leaves the loss',
    async check(given, solve, slack) {
      const there = await solve(given)
      for (const order of [
        [2, 3, 0, 1],
        [1, 0, 3, 2],
      ]) {
        const other = await solve({ ...given, representations: reordered(tensorOf(given, 'representations'), order) })
        expectClose('the loss', numberOf(other, 'viewLoss'), numberOf(there, 'viewLoss'), 64 * slack * heat(given))
      }
    },
  },
  {
    name: 'SimCLR: only directions count: representations four times as long have the same similarities',
    async check(given, solve, slack) {
      const there = await solve(given)
      if (!hasDirections(tensorOf(there, 'projections'))) return
      const longer = await solve({ ...given, representations: map(tensorOf(given, 'representations'), (x) => 4 * x) })
      const allowed = 64 * slack
      expectAllClose('the similarities', longer.viewSimilarities, tensorOf(there, 'viewSimilarities'), allowed)
    },
  },
  {
    name: 'SimCLR: if all views have one representation the loss is ln 3: nothing is told apart',
    async check(given, solve, slack) {
      const solved = await solve({ ...given, representations: collapsed(tensorOf(given, 'representations')) })
      expectClose('the loss', numberOf(solved, 'viewLoss'), Math.log(views - 1), 64 * slack * heat(given))
    },
  },
]

/** Whether every row is longer than rounding. */
function hasDirections(x: Tensor): boolean {
  const [N, D] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: N }, (_, n) => Math.hypot(...data.subarray(n * D, (n + 1) * D))).every(
    (length) => length > 1e-3,
  )
}

const temperature: readonly ExerciseLaw[] = [
  {
    name: 'every loss is at least 0, and of similarities it is at most ln(1 + (N − 1)·e^(2/τ))',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const tau = numberOf(given, 'temperature')
      for (const [rows, candidates] of losses)
        for (const loss of rowMajor(tensorOf(solved, rows))) {
          expectClose(`what a loss of ${rows} is below 0`, Math.min(loss, 0), 0, 64 * slack)
          if (rows === 'futureRowLosses') continue
          const most = Math.log(1 + (candidates - 1) * Math.exp(2 / tau))
          expectClose(
            `what a loss of ${rows} is above its bound`,
            Math.max(loss - most, 0),
            0,
            64 * slack * heat(given),
          )
        }
      const key = numberOf(solved, 'keyLoss')
      expectClose('the loss of MoCo', Math.min(key, 0), 0, 64 * slack)
    },
  },
  {
    name: 'at a high temperature all candidates weigh the same: every loss nears the logarithm of their number',
    async check(given, solve, slack) {
      const tau = 4096
      const solved = await solve({ ...given, temperature: scalar(tau) })
      // Logits lie within ±1/τ.
      const allowed = 2 / tau + 64 * slack
      expectClose('the loss of SimCLR', numberOf(solved, 'viewLoss'), Math.log(3), allowed)
      expectClose('the loss of MoCo', numberOf(solved, 'keyLoss'), Math.log(4), allowed)
      expectClose('the loss of SimCSE', numberOf(solved, 'sentenceLoss'), Math.log(2), allowed)
    },
  },
  {
    name: 'at a low temperature only the most similar candidate counts: τ·loss nears its lead over the positive',
    async check(given, solve, slack, operators) {
      const tau = 1 / 256
      const solved = await solve({ ...given, temperature: scalar(tau) })
      const ofViews = rowMajor(await withoutDiagonal(operators, tensorOf(solved, 'viewSimilarities')))
      const positives = [1, 2, 0, 1]
      rowMajor(tensorOf(solved, 'viewRowLosses')).forEach((loss, n) => {
        const row = ofViews.subarray(3 * n, 3 * n + 3)
        const lead = Math.max(...row) - row[positives[n]]
        expectClose(`τ times the loss of view ${n}`, tau * loss, lead, tau * Math.log(3) + 64 * slack)
      })
      const keys = rowMajor(tensorOf(solved, 'keySimilarities'))
      const lead = Math.max(...keys) - keys[0]
      expectClose('τ times the loss of MoCo', tau * numberOf(solved, 'keyLoss'), lead, tau * Math.log(4) + 64 * slack)
    },
  },
]

/** The query moved against its gradient. */
async function stepped(given: Values, gradient: Tensor, rate: number, operators: Operators): Promise<Tensor> {
  const inputs = { parameter: tensorOf(given, 'query'), gradient }
  return forward(operators, 'sgd', 'parameter', inputs, { learningRate: rate })
}

const moco: readonly ExerciseLaw[] = [
  {
    name: 'MoCo: with the positive key in every place of the queue the loss is ln 4',
    async check(given, solve, slack) {
      const key = rowMajor(tensorOf(given, 'positiveKey'))
      const queue = tensor([3, key.length], [...key, ...key, ...key])
      const solved = await solve({ ...given, queue })
      expectClose('the loss', numberOf(solved, 'keyLoss'), Math.log(4), 64 * slack * heat(given))
    },
  },
  {
    name: 'MoCo: InfoNCE of the query beside every key is the mean over all of them as positives',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const keys = keysOf(given)
      const query = tensor(keys.shape, new Array(keys.shape[0]).fill([...rowMajor(tensorOf(given, 'query'))]).flat())
      const attributes = { temperature: numberOf(given, 'temperature'), normalize: false }
      const loss = await forward(operators, 'infoNce', 'loss', { query, key: keys }, attributes)
      const logits = rowMajor(tensorOf(solved, 'keyLogits'))
      // −ln p_j = L + l₊ − l_j.
      const mean = logits.reduce((sum, logit) => sum + logits[0] - logit, 0) / logits.length
      const expected = numberOf(solved, 'keyLoss') + mean
      expectClose('InfoNCE', rowMajor(loss)[0], expected, 64 * slack * heat(given))
    },
  },
  {
    name: 'MoCo: the gradient is that of a cross-entropy of logits q·kᵀ/τ',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const logits = tensorOf(solved, 'keyLogits')
      const call = { logits: reshape(logits, [1, logits.size]), target: tensor([1], [0]) }
      const ofLogits = await backward(operators, 'crossEntropy', 'logits', call, { loss: scalar(1) })
      const product = { a: reshape(tensorOf(given, 'query'), [1, 2]), b: transposed(keysOf(given)) }
      const tau = numberOf(given, 'temperature')
      const y = map(ofLogits, (slope) => slope / tau)
      const gradient = await backward(operators, 'matmul', 'a', product, { y })
      expectAllClose(
        'the gradient',
        tensorOf(solved, 'queryGradient'),
        reshape(gradient, [2]),
        64 * slack * heat(given) ** 2,
      )
    },
  },
  {
    name: 'MoCo: a step against the gradient brings the query no further from its positive key, and lowers the loss',
    async check(given, solve, slack, operators) {
      const there = await solve(given)
      const tau = numberOf(given, 'temperature')
      // The loss is convex in q with curvature at most 1/τ², so that a rate below 2·τ² cannot raise it.
      const query = await stepped(given, tensorOf(there, 'queryGradient'), tau ** 2, operators)
      const after = await solve({ ...given, query })
      const [before, moved] = [there, after].map((solved) => rowMajor(tensorOf(solved, 'keySimilarities'))[0])
      const allowed = 64 * slack * heat(given) ** 2
      expectClose('what the positive similarity falls by', Math.max(before - moved, 0), 0, allowed)
      const rise = numberOf(after, 'keyLoss') - numberOf(there, 'keyLoss')
      expectClose('what the loss rises by', Math.max(rise, 0), 0, allowed)
    },
  },
  {
    name: 'MoCo: the queue is one: after three steps it holds the three keys in their order',
    async check(given, solve, slack) {
      const keys = [
        [1, 0],
        [0.6, 0.8],
        [0, -1],
      ]
      let queue = tensorOf(given, 'queue')
      for (const key of keys) queue = (await solve({ ...given, queue, positiveKey: tensor([2], key) })).newQueue
      expectAllClose('the queue', queue, tensor([3, 2], keys.flat()), 2 * slack)
    },
  },
  {
    name: 'MoCo: the momentum is an exponential average: n steps leave mⁿ of the difference between the encoders',
    async check(given, solve, slack) {
      const [m, online] = [numberOf(given, 'momentum'), tensorOf(given, 'queryParameters')]
      const start = tensorOf(given, 'keyParameters')
      let parameters = start
      for (let n = 0; n < 5; n++) parameters = (await solve({ ...given, keyParameters: parameters })).newKeyParameters
      const expected = zip(start, online, (key, query) => query + m ** 5 * (key - query))
      const size = 1 + largest(start) + largest(online)
      expectAllClose('the parameters after five steps', parameters, expected, 64 * slack * size)
    },
  },
]

/** What holds for the techniques for images, and for every loss, whatever the vectors. */
export const visionLaws: readonly ExerciseLaw[] = [...simclr, ...temperature, ...moco]
