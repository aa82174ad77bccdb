import { item, map, reshape, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { logarithms } from './loss.quantities.js'

/** Losses are sums of one logarithm and zeros: their error is that of the logarithm, of a few roundings of its size. */
function allowedFor(slack: number, ...sizes: readonly number[]): number {
  return 16 * slack * (1 + sizes.reduce((sum, size) => sum + Math.abs(size), 0))
}

/** The logits of the untrained output after a step of 1 against the gradient. */
function stepped(given: Values, gradient: Tensor): Tensor {
  return zip(logarithms(tensorOf(given, 'untrained')), gradient, (z, g) => z - g)
}

/** What holds for lecture/loss whatever the distributions and the words. */
export const lossLaws: readonly ExerciseLaw[] = [
  {
    name: 'the losses are those of the operator crossEntropy for the logarithms of the probabilities, whatever is added to them',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const logits = logarithms(tensorOf(given, 'trained'))
      for (const shift of [0, 3]) {
        const call = { logits: map(logits, (z) => z + shift), target: tensorOf(given, 'targets') }
        const losses = await forward(operators, 'crossEntropy', 'loss', call, { reduction: 'none' })
        const allowed = allowedFor(slack, largest(call.logits), shift, largest(losses))
        expectAllClose('the losses', tensorOf(solved, 'tokenLosses'), losses, allowed)
        const mean = await forward(operators, 'crossEntropy', 'loss', call)
        expectClose('the mean loss', numberOf(solved, 'sentenceLoss'), item(mean), allowed)
      }
    },
  },
  {
    name: 'the losses of a sentence add up to minus the logarithm of its probability, and their mean to that of the perplexity',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const losses = rowMajor(tensorOf(solved, 'tokenLosses'))
      const total = losses.reduce((sum, loss) => sum + loss, 0)
      const probability = numberOf(solved, 'sentenceProbability')
      // A relative error of the product of T factors is an absolute one of its logarithm.
      const allowed = losses.length * allowedFor(slack, total)
      expectClose('−ln of the probability', -Math.log(probability), total, allowed)
      expectClose('ln of the perplexity', Math.log(numberOf(solved, 'perplexity')), total / losses.length, allowed)
    },
  },
  {
    name: 'the gradient sums to zero and is negative at the target only',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const gradient = rowMajor(tensorOf(solved, 'untrainedGradient'))
      const target = numberOf(given, 'untrainedTarget')
      expectClose(
        'the sum of the gradient',
        gradient.reduce((sum, value) => sum + value, 0),
        0,
        allowedFor(slack, 1),
      )
      for (const [v, slope] of gradient.entries())
        if (slope < 0 !== (v === target))
          throw new Error(`the gradient is ${slope} at ${v}, the target being ${target}`)
    },
  },
  {
    name: 'a step of 1 against the gradient lowers the loss by at least three quarters of the gradient’s squared length',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const gradient = tensorOf(solved, 'untrainedGradient')
      const logits = stepped(given, gradient)
      const call = {
        logits: reshape(logits, [1, logits.size]),
        target: reshape(tensorOf(given, 'untrainedTarget'), [1]),
      }
      const after = item(await forward(operators, 'crossEntropy', 'loss', call))
      const before = numberOf(solved, 'untrainedLoss')
      // The second derivative by the logits, diag(p) − ppᵀ, is at most 1/2, so that f(z − g) ≤ f(z) − (1 − 1/4)·‖g‖².
      const squared = rowMajor(gradient).reduce((sum, g) => sum + g * g, 0)
      if (!(after <= before - 0.75 * squared + allowedFor(slack, before, after, largest(logits))))
        throw new Error(`the loss goes from ${before} to ${after} with a gradient of squared length ${squared}`)
    },
  },
  {
    name: 'half way to the one-hot vectors every loss is smaller',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const half = zip(tensorOf(given, 'trained'), tensorOf(solved, 'oneHots'), (p, y) => (p + y) / 2)
      const nearer = rowMajor(tensorOf(await solve({ ...given, trained: half }), 'tokenLosses'))
      for (const [t, loss] of rowMajor(tensorOf(solved, 'tokenLosses')).entries()) {
        const closer = nearer[t]
        if (!(closer <= loss + allowedFor(slack, loss)))
          throw new Error(`the loss at ${t} goes from ${loss} to ${closer}`)
        // (p + 1)/2 of a probability p, from its loss.
        const expected = -Math.log((Math.exp(-loss) + 1) / 2)
        expectClose(`the loss at ${t} half way`, closer, expected, allowedFor(slack, loss))
      }
    },
  },
  {
    name: 'with the vocabulary in another order the losses stay and the written ids go along',
    async check(given, solve, slack) {
      const [solved, trained] = [await solve(given), tensorOf(given, 'trained')]
      const [T, V] = trained.shape
      const moved = (id: number) => (id + 2) % V
      const renamed = tensor(
        [T, V],
        Array.from({ length: T * V }, (_, i) => trained.get(Math.floor(i / V), ((i % V) + V - 2) % V)),
      )
      const other = await solve({ ...given, trained: renamed, targets: map(tensorOf(given, 'targets'), moved) })
      const losses = tensorOf(solved, 'tokenLosses')
      expectAllClose('the losses', tensorOf(other, 'tokenLosses'), losses, allowedFor(slack, largest(losses)))
      expectAllClose('the written ids', tensorOf(other, 'decoded'), map(tensorOf(solved, 'decoded'), moved), 0)
    },
  },
  {
    name: 'an output that is the one-hot vector, but for a rest, has a loss of about the rest',
    async check(given, solve, slack) {
      const target = numberOf(given, 'untrainedTarget')
      const words = tensorOf(given, 'untrained').size
      const rest = 2 ** -8
      const nearly = Array.from({ length: words }, (_, v) => (v === target ? 1 - rest : rest / (words - 1)))
      const loss = numberOf(await solve({ ...given, untrained: tensor([words], nearly) }), 'untrainedLoss')
      // −ln(1 − r) lies between r and r/(1 − r).
      const allowed = allowedFor(slack, loss)
      expectClose('the loss', loss, (rest + rest / (1 - rest)) / 2, (rest / (1 - rest) - rest) / 2 + allowed)
    },
  },
]
