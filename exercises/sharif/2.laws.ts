import fc from 'fast-check'
import { map, reshape, rowMajor, scalar, type Tensor, tensor, zeros, zip } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import { multiplesWithin } from '../draws.js'
import type { ExerciseLaw, Solve, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { ones } from '../matrices.js'
import { classificationCall, concatenated, labelOf } from './2.quantities.js'

/** Word vectors and weights of halves; the sizes are free symbols of the general model, apart from the small instance. */
export function phraseArbitrary(bound = 1.5): fc.Arbitrary<Values> {
  const halves = (...shape: readonly number[]) => multiplesWithin(shape, bound, 0.5)
  return fc
    .record({
      sizes: fc.record({
        wordSize: fc.integer({ min: 1, max: 5 }),
        parentSize: fc.integer({ min: 1, max: 5 }),
        classes: fc.integer({ min: 2, max: 5 }),
      }),
      label: fc.constantFrom([1, 0, 0], [0, 1, 0], [0, 0, 1]),
      numbers: fc.record({
        x1: halves(2),
        x2: halves(2),
        x3: halves(2),
        weight1: halves(2, 4),
        bias1: halves(2),
        weight2: halves(4, 2),
        bias2: halves(4),
        weight3: halves(3, 2),
        bias3: halves(3),
      }),
    })
    .map(({ sizes, label, numbers }) => ({
      ...Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)])),
      label: tensor([3], label),
      ...numbers,
    }))
}

/** What recursiveAutoencoder reads, of one pair. */
function call(values: Values, left: Tensor, right: Tensor) {
  const row = (x: Tensor) => reshape(x, [1, x.size])
  const parameters = ['weight1', 'bias1', 'weight2', 'bias2', 'weight3', 'bias3'].map((name) => [
    name,
    tensorOf(values, name),
  ])
  return {
    left: row(left),
    right: row(right),
    target: tensor([1], [labelOf(values)]),
    ...Object.fromEntries(parameters),
  }
}

/** Rounding of all that is summed on the way to the losses and back: their size times the number of operations. */
function rounding(solved: Values, slack: number): number {
  const size = (...names: readonly string[]) => Math.max(...names.map((name) => largest(tensorOf(solved, name))))
  const words = size('x1', 'x2', 'x3')
  const weights = 1 + size('weight1', 'weight2', 'weight3', 'bias1', 'bias2', 'bias3')
  const parent = 1 + weights * (4 * words + 1)
  const reconstruction = 1 + words + weights * (2 * parent + 1)
  return 64 * slack * weights * parent * reconstruction * reconstruction
}

/** The loss with one datum moved along a direction. */
async function lossAt(given: Values, name: string, direction: Tensor, step: number, solve: Solve): Promise<number> {
  const moved = zip(tensorOf(given, name), direction, (value, d) => value + step * d)
  return numberOf(await solve({ ...given, [name]: moved }), 'loss')
}

function inner(a: Tensor, b: Tensor): number {
  return rowMajor(zip(a, b, (x, y) => x * y)).reduce((sum, value) => sum + value, 0)
}

/** +1 and −1 in turn. */
function alternating(x: Tensor): Tensor {
  let i = 0
  return map(x, () => (i++ % 2 === 0 ? 1 : -1))
}

/** What holds for sharif/2 whatever the words, the label, the weights and the sizes. */
export const phraseLaws: readonly ExerciseLaw[] = [
  {
    name: 'the module computed step by step is the operator recursiveAutoencoder, forward and backward',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const inputs = call(given, tensorOf(given, 'x1'), tensorOf(given, 'x2'))
      const allowed = rounding(solved, slack)
      for (const [output, name] of [
        ['parent', 'parent'],
        ['reconstruction', 'reconstruction'],
        ['logits', 'logits'],
        ['loss', 'loss'],
      ]) {
        const answer = await forward(operators, 'recursiveAutoencoder', output, inputs)
        const held = tensorOf(solved, name)
        expectAllClose(name, held, reshape(answer, held.shape), allowed)
      }
      // At a pre-activation of almost 0 two computations may differ in whether ReLU is active.
      if (rowMajor(tensorOf(solved, 'preActivation')).some((a) => a !== 0 && Math.abs(a) <= allowed)) return
      for (const [input, name] of [
        ['weight1', 'weight1Gradient'],
        ['bias1', 'preActivationGradient'],
        ['weight2', 'weight2Gradient'],
        ['bias2', 'residual'],
        ['weight3', 'weight3Gradient'],
        ['bias3', 'logitsGradient'],
      ]) {
        const answer = await backward(operators, 'recursiveAutoencoder', input, inputs, { loss: scalar(1) })
        expectAllClose(name, tensorOf(solved, name), answer, allowed)
      }
      const [left, right] = [
        await backward(operators, 'recursiveAutoencoder', 'left', inputs, { loss: scalar(1) }),
        await backward(operators, 'recursiveAutoencoder', 'right', inputs, { loss: scalar(1) }),
      ]
      const flat = (x: Tensor) => reshape(x, [x.size])
      expectAllClose('∂J/∂x', tensorOf(solved, 'inputGradient'), concatenated(flat(left), flat(right)), allowed)
    },
  },
  {
    name: 'J is convex in W₂, b₂, W₃ and b₃: each gradient lies between the slopes of the chords on both sides',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const here = numberOf(solved, 'loss')
      for (const [name, gradient] of [
        ['weight2', 'weight2Gradient'],
        ['bias2', 'residual'],
        ['weight3', 'weight3Gradient'],
        ['bias3', 'logitsGradient'],
      ]) {
        const direction = alternating(tensorOf(given, name))
        const slope = inner(tensorOf(solved, gradient), direction)
        for (const step of [0.25, 0.0625]) {
          const after = (await lossAt(given, name, direction, step, solve)) - here
          const before = here - (await lossAt(given, name, direction, -step, solve))
          const allowed = 4 * rounding(solved, slack)
          if (!(before - allowed <= slope * step && slope * step <= after + allowed))
            throw new Error(
              `the slope by ${name} is ${slope}; it should be between ${before / step} and ${after / step}`,
            )
        }
      }
    },
  },
  {
    name: 'J is convex in b₁ as long as ReLU’s units stay as active as they are: its gradient lies between the chords',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const preActivation = tensorOf(solved, 'preActivation')
      const nearest = Math.min(...[...rowMajor(preActivation)].map(Math.abs))
      // Halves: a pre-activation that is not 0 is at least ¼ away from it.
      if (nearest < 0.125) return
      const direction = alternating(preActivation)
      const [here, step] = [numberOf(solved, 'loss'), 0.0625]
      const slope = inner(tensorOf(solved, 'preActivationGradient'), direction)
      const after = (await lossAt(given, 'bias1', direction, step, solve)) - here
      const before = here - (await lossAt(given, 'bias1', direction, -step, solve))
      const allowed = 4 * rounding(solved, slack)
      if (!(before - allowed <= slope * step && slope * step <= after + allowed))
        throw new Error(`the slope by b₁ is ${slope}; it should be between ${before / step} and ${after / step}`)
    },
  },
  {
    name: 'exchanging the words together with their columns of W₁ and rows of W₂ and b₂ changes no loss and no parent',
    async check(given, solve, slack) {
      const [solved, W1, W2, b2] = [
        await solve(given),
        ...['weight1', 'weight2', 'bias2'].map((name) => tensorOf(given, name)),
      ]
      const exchanged = {
        x1: tensorOf(given, 'x2'),
        x2: tensorOf(given, 'x1'),
        weight1: tensor(
          [2, 4],
          [0, 1].flatMap((r) => [2, 3, 0, 1].map((c) => W1.get(r, c))),
        ),
        weight2: tensor(
          [4, 2],
          [2, 3, 0, 1].flatMap((r) => [W2.get(r, 0), W2.get(r, 1)]),
        ),
        bias2: tensor(
          [4],
          [2, 3, 0, 1].map((r) => b2.get(r)),
        ),
      }
      const other = await solve({ ...given, ...exchanged })
      const allowed = rounding(solved, slack)
      for (const name of ['parent', 'reconstructionLoss', 'classificationLoss', 'parentGradient'])
        expectAllClose(`${name}, words exchanged,`, tensorOf(other, name), tensorOf(solved, name), allowed)
    },
  },
  {
    name: 'the sentence’s vector is the parent of the operator run on its two parts, with the same weights',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const inputs = call(given, tensorOf(solved, 'phrase'), tensorOf(given, 'x3'))
      const parent = await forward(operators, 'recursiveAutoencoder', 'parent', inputs)
      const logits = await forward(operators, 'recursiveAutoencoder', 'logits', inputs)
      const allowed = (1 + largest(tensorOf(given, 'weight1'))) ** 2 * 8 * rounding(solved, slack)
      expectAllClose('the sentence’s vector', tensorOf(solved, 'sentenceVector'), reshape(parent, [2]), allowed)
      expectAllClose('the sentence’s logits', tensorOf(solved, 'sentenceLogits'), reshape(logits, [3]), allowed)
    },
  },
  {
    name: 'probabilities sum to 1, the gradient by the logits to 0; J₂ is −ln of the label’s probability',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const sum = (name: string) => rowMajor(tensorOf(solved, name)).reduce((total, value) => total + value, 0)
      for (const name of ['probabilities', 'sentenceProbabilities'])
        expectClose(`the sum of ${name}`, sum(name), 1, 16 * slack)
      expectClose('the sum of the gradient by the logits', sum('logitsGradient'), 0, 16 * slack)
      const { logits } = classificationCall(given, tensorOf(solved, 'logits'))
      const logs = await forward(operators, 'logSoftmax', 'y', { x: logits })
      const expected = -logs.get(0, labelOf(given))
      const allowed = 16 * slack * (1 + largest(logits))
      expectClose('J₂', numberOf(solved, 'classificationLoss'), expected, allowed)
    },
  },
  {
    name: 'a model of these sizes has as many weights and biases as the formulas say',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const lengths = (name: string) => [...rowMajor(tensorOf(solved, name))].map(Math.round)
      const vector = (name: string) => [lengths(name)[0]]
      const parameters = {
        weight1: zeros(lengths('shapeWeight1')),
        bias1: zeros(vector('shapeBias1')),
        weight2: zeros(lengths('shapeWeight2')),
        bias2: zeros(vector('shapeBias2')),
        weight3: zeros(lengths('shapeWeight3')),
        bias3: zeros(vector('shapeBias3')),
      }
      const word = ones([1, numberOf(given, 'wordSize')])
      const inputs = { left: word, right: word, target: tensor([1], [0]), ...parameters }
      let counted = 0
      for (const name of Object.keys(parameters)) {
        const gradient = await backward(operators, 'recursiveAutoencoder', name, inputs, { loss: scalar(1) })
        counted += gradient.size
      }
      expectClose('the number of parameters', numberOf(solved, 'parameters'), counted, 16 * slack * counted)
    },
  },
]
