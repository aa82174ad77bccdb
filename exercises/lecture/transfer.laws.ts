import { reshape, rowMajor, scalar, type Tensor, zeros, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { Descent, type Parameters } from '../training.js'
import { countingBackward } from './transfer.counting.js'
import { type Examples, type Strategy, strategies, TransferTraining, transferPass } from './transfer.network.js'
import { crossEntropyOf } from './transfer.quantities.js'

const ways: readonly Strategy[] = ['frozen', 'last', 'all']

/** The given weights as a network with biases of 0, and the given example. */
function networkOf(given: Values): { readonly parameters: Parameters; readonly examples: Examples } {
  const parameters = Object.fromEntries(
    [1, 2, 3].flatMap((layer) => {
      const weight = tensorOf(given, `W${layer}`)
      return [
        [`weight${layer}`, weight],
        [`bias${layer}`, zeros([weight.shape[0]])],
      ]
    }),
  )
  const x = tensorOf(given, 'x')
  return { parameters, examples: { inputs: reshape(x, [1, x.size]), labels: [numberOf(given, 'target')] } }
}

/**
 * What rounding may do to numbers of the two passes: they are sums of three products at most of weights, activations and δ, layer
 * upon layer, so that an error grows by at most 3·(largest weight) a layer.
 */
function allowedFor(slack: number, solved: Values): number {
  const sizes = ['W1', 'W2', 'W3'].map((name) => 1 + 3 * largest(tensorOf(solved, name)))
  const growth = sizes.reduce((product, size) => product * size, 1)
  return 16 * slack * growth * (1 + largest(tensorOf(solved, 'x')))
}

/** a·bᵀ, by `matmul`. */
function outer(a: Tensor, b: Tensor, operators: Operators): Promise<Tensor> {
  return forward(operators, 'matmul', 'y', { a: reshape(a, [a.size, 1]), b: reshape(b, [1, b.size]) })
}

/** What holds for lecture/transfer whatever the weights, the example and the rates. */
export const transferLaws: readonly ExerciseLaw[] = [
  {
    name: 'a training step of each way leaves the weights that are claimed, frozen ones untouched, by as many backward passes as layers need',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const { parameters, examples } = networkOf(given)
      for (const way of ways) {
        const training = new TransferTraining(parameters, way, (own, isTop) => {
          const rate = way === 'all' && !isTop ? 'smallRate' : 'rate'
          return new Descent(own, { learningRate: numberOf(given, rate), momentum: 0 })
        })
        const counted = countingBackward(operators)
        await training.step(examples, counted.operators)
        const trained: readonly number[] = strategies[way]
        // The cross-entropy, every trained layer, and ReLU between them.
        expectClose(`the backward passes of ${way}`, counted.calls(), 2 * trained.length, 0)
        for (const layer of [1, 2, 3]) {
          const name = `weight${layer}`
          const isFrozen = training.parameters[name] === parameters[name]
          if (isFrozen === trained.includes(layer)) throw new Error(`${way}: layer ${layer} is frozen: ${isFrozen}`)
          const claimed = tensorOf(solved, layer === 3 ? 'newW3' : `${way}W${layer}`)
          expectAllClose(`${name} of ${way}`, claimed, training.parameters[name], allowedFor(slack, solved))
        }
      }
    },
  },
  {
    name: 'the gradients are outer products of δ and what the layer reads, δ being carried down by transposed weights',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, solved)
      const onehot = await forward(
        operators,
        'oneHot',
        'y',
        { ids: tensorOf(given, 'target') },
        { classes: tensorOf(given, 'W3').shape[0] },
      )
      let delta = zip(tensorOf(solved, 'probabilities'), onehot, (p, y) => p - y)
      for (const [layer, reads, below] of [
        [3, 'h2', 'a2'],
        [2, 'h1', 'a1'],
        [1, 'x', undefined],
      ] as const) {
        expectAllClose(`δ${layer}`, tensorOf(solved, `delta${layer}`), delta, allowed)
        const gradient = await outer(delta, tensorOf(solved, reads), operators)
        expectAllClose(`the gradient of W${layer}`, tensorOf(solved, `gradient${layer}`), gradient, allowed)
        if (below === undefined) break
        const column = { a: tensorOf(given, `W${layer}`).transpose(1, 0), b: reshape(delta, [delta.size, 1]) }
        const back = reshape(await forward(operators, 'matmul', 'y', column), [column.a.shape[0]])
        delta = zip(back, tensorOf(solved, below), (d, a) => (a > 0 ? d : 0))
      }
    },
  },
  {
    name: 'training the classifier on features computed once is training with the rest frozen',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const features = tensorOf(solved, 'h2')
      const W3 = tensorOf(given, 'W3')
      // A classifier alone: the layers below it pass the features, which are not negative, on as they are.
      const identity = zeros([features.size, features.size])
      for (let i = 0; i < features.size; i++) identity.set(i, i, 1)
      const pass = await transferPass(
        { ...networkOf(given).parameters, weight1: identity, weight2: identity, weight3: W3 },
        { inputs: reshape(features, [1, features.size]), labels: [numberOf(given, 'target')] },
        'frozen',
        operators,
      )
      const allowed = allowedFor(slack, solved)
      expectAllClose('the gradient of the classifier', pass.gradients.weight3, tensorOf(solved, 'gradient3'), allowed)
      expectAllClose('the loss', reshape(pass.loss, []), reshape(tensorOf(solved, 'loss'), []), allowed)
    },
  },
  {
    name: 'a step of the classifier lowers the loss at least as far as its curvature lets it',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const squared = (name: string) => rowMajor(tensorOf(solved, name)).reduce((sum, value) => sum + value * value, 0)
      const rate = numberOf(given, 'rate')
      // In W₃ the second derivative is at most ‖h₂‖²/2, so that f(W − ηG) ≤ f(W) − η·(1 − η·‖h₂‖²/4)·‖G‖².
      const fall = rate * (1 - (rate * squared('h2')) / 4) * squared('gradient3')
      const [before, after] = [numberOf(solved, 'loss'), numberOf(solved, 'frozenLoss')]
      const allowed = allowedFor(slack, solved) * (1 + rate * squared('h2'))
      if (!(after <= before - fall + allowed))
        throw new Error(`the loss goes from ${before} to ${after}; it should fall by ${fall} at least`)
    },
  },
  {
    name: 'with a smaller rate of 0 all layers are trained as with the rest frozen, and weights move in proportion to it',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, solved)
      const still = await solve({ ...given, smallRate: scalar(0) })
      for (const name of ['W1', 'W2'])
        expectAllClose(name, tensorOf(still, `all${name}`), tensorOf(solved, `frozen${name}`), 0)
      expectClose('the loss', numberOf(still, 'allLoss'), numberOf(still, 'frozenLoss'), allowed)
      const twice = await solve({ ...given, smallRate: scalar(2 * numberOf(given, 'smallRate')) })
      for (const name of ['W1', 'W2']) {
        const [old, once, more] = [tensorOf(given, name), tensorOf(solved, `all${name}`), tensorOf(twice, `all${name}`)]
        const doubled = zip(once, old, (a, b) => 2 * a - b)
        expectAllClose(name, more, doubled, allowed)
      }
    },
  },
  {
    name: 'the last layers trained at the smaller rate move as all layers do',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const other = await solve({ ...given, rate: tensorOf(given, 'smallRate') })
      expectAllClose('W₂', tensorOf(other, 'lastW2'), tensorOf(solved, 'allW2'), allowedFor(slack, solved))
    },
  },
  {
    name: 'what is trained are the numbers of the weights that may move, and the losses are of the network of the new weights',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const { parameters, examples } = networkOf(given)
      for (const way of ways) {
        const { gradients } = await transferPass(parameters, examples, way, operators)
        const counted = Object.entries(gradients)
          .filter(([name]) => name.startsWith('weight'))
          .reduce((sum, [, { size }]) => sum + size, 0)
        expectClose(`the parameters of ${way}`, numberOf(solved, `${way}Parameters`), counted, 8 * slack * counted)
        const moved = { ...given, ...newWeightsOf(solved, way) }
        const again = await solve(moved)
        const allowed = allowedFor(slack, again)
        expectClose(`the loss of ${way}`, numberOf(solved, `${way}Loss`), numberOf(again, 'loss'), allowed)
        const loss = await crossEntropyOf(tensorOf(again, 'logits'), tensorOf(given, 'target'), operators)
        expectClose(`the loss of ${way} from logits`, rowMajor(loss)[0], numberOf(again, 'loss'), allowed)
      }
    },
  },
]

/** The weights after a step in the place of the given ones. */
function newWeightsOf(solved: Values, way: Strategy): Values {
  return { W1: tensorOf(solved, `${way}W1`), W2: tensorOf(solved, `${way}W2`), W3: tensorOf(solved, 'newW3') }
}
