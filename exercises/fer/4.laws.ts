import { item, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { numbersOf, sum } from './4.numbers.js'

/**
 * What rounding may do to anything computed here: an embedding sums K products and the bias, a loss the squares of L differences, a
 * gradient L products more; each with a few roundings, relative to the largest that may stand in the sums.
 */
function allowedFor(slack: number, values: Values): number {
  const inputs = ['firstInput', 'secondInput', 'negativeInput'].map((name) => tensorOf(values, name))
  const [length, signal] = [inputs[0].size, Math.max(...inputs.map(largest))]
  const kernel = tensorOf(values, 'kernel')
  const embedded = 1 + kernel.size * largest(kernel) * signal + largest(tensorOf(values, 'bias'))
  return 64 * slack * length * (embedded + numberOf(values, 'margin')) ** 2 * (1 + signal)
}

/** The kernel as a banded matrix: row i holds it from column i on. */
function banded(kernel: Tensor, length: number): Tensor {
  const [w, K] = [rowMajor(kernel), kernel.size]
  const rows = length - K + 1
  const matrix = new Float64Array(rows * length)
  for (let i = 0; i < rows; i++) matrix.set(w, i * length + i)
  return tensor([rows, length], matrix)
}

function inner(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return sum(rowMajor(a).map((value, i) => value * right[i]))
}

/** What holds for fer/4 whatever the signals, the kernel and the margin. */
export const contrastiveLaws: readonly ExerciseLaw[] = [
  {
    name: 'an embedding is a product with the banded matrix of the kernel, plus the bias',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const a = banded(tensorOf(given, 'kernel'), tensorOf(given, 'firstInput').size)
      const b = numberOf(given, 'bias')
      for (const [input, embedding] of [
        ['firstInput', 'firstEmbedding'],
        ['secondInput', 'secondEmbedding'],
        ['negativeInput', 'negativeEmbedding'],
      ]) {
        const x = tensorOf(given, input)
        const y = await forward(operators, 'matmul', 'y', { a, b: tensor([x.size, 1], rowMajor(x)) })
        const expected = tensor(
          [y.size],
          rowMajor(y).map((value) => value + b),
        )
        expectAllClose(embedding, tensorOf(solved, embedding), expected, allowedFor(slack, given))
      }
    },
  },
  {
    // L_pos is a quadratic function of w and of b: the central difference is exact with any step.
    name: 'the gradients of the positive loss are its finite differences',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const [name, gradient] of [
        ['kernel', 'kernelGradient'],
        ['bias', 'biasGradient'],
      ]) {
        const x = tensorOf(given, name)
        for (let k = 0; k < x.size; k++) {
          const loss = async (step: number) => {
            const moved = rowMajor(x).slice()
            moved[k] += step
            return numberOf(await solve({ ...given, [name]: tensor(x.shape, moved) }), 'positiveLoss')
          }
          const slope = ((await loss(1)) - (await loss(-1))) / 2
          const actual = rowMajor(tensorOf(solved, gradient))[k]
          expectClose(`entry ${k} of ${gradient}`, actual, slope, 8 * allowedFor(slack, given))
        }
      }
    },
  },
  {
    name: 'the bias cancels: it moves both embeddings alike, so that the loss does not depend on it',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const other = await solve({ ...given, bias: scalar(numberOf(given, 'bias') + 1) })
      const allowed = 4 * allowedFor(slack, given)
      expectClose('∂L_pos/∂b', numberOf(solved, 'biasGradient'), 0, allowed)
      for (const loss of ['positiveLoss', 'negativeLoss'])
        expectClose(`${loss} with another bias`, numberOf(other, loss), numberOf(solved, loss), allowed)
    },
  },
  {
    name: 'the positive loss is homogeneous of degree two in the kernel: ⟨∂L/∂w, w⟩ = 2·L',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const product = inner(tensorOf(solved, 'kernelGradient'), tensorOf(given, 'kernel'))
      const allowed = 4 * allowedFor(slack, given) * (1 + largest(tensorOf(given, 'kernel')))
      expectClose('⟨∂L/∂w, w⟩', product, 2 * numberOf(solved, 'positiveLoss'), allowed)
    },
  },
  {
    name: 'both branches as one batch have the gradient that the branches add up to',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const stacked = (first: string, second: string) => {
        const rows = [first, second].map((name) => numbersOf(solved, name))
        return tensor([2, 1, rows[0].length], Float64Array.from(rows.flatMap((row) => [...row])))
      }
      const kernel = tensorOf(given, 'kernel')
      const gradient = await backward(
        operators,
        'conv1d',
        'weight',
        {
          x: stacked('firstInput', 'secondInput'),
          weight: tensor([1, 1, kernel.size], rowMajor(kernel)),
          bias: tensor([1], [item(tensorOf(given, 'bias'))]),
        },
        { y: stacked('firstEmbeddingGradient', 'secondEmbeddingGradient') },
      )
      const expected = tensor([kernel.size], rowMajor(gradient))
      expectAllClose('∂L_pos/∂w', tensorOf(solved, 'kernelGradient'), expected, allowedFor(slack, given))
    },
  },
  {
    name: 'the data of the positive pair exchanged: the same loss and parameter gradients, the embeddings’ gradients exchanged',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [firstInput, secondInput] = [tensorOf(given, 'secondInput'), tensorOf(given, 'firstInput')]
      const other = await solve({ ...given, firstInput, secondInput })
      const allowed = allowedFor(slack, given)
      for (const [name, counterpart] of [
        ['positiveLoss', 'positiveLoss'],
        ['kernelGradient', 'kernelGradient'],
        ['firstEmbeddingGradient', 'secondEmbeddingGradient'],
        ['secondEmbeddingGradient', 'firstEmbeddingGradient'],
      ])
        expectAllClose(name, tensorOf(solved, name), tensorOf(other, counterpart), allowed)
    },
  },
  {
    name: 'the negative gradient is 2·max(0, m − d) long, and a step against it moves the pair apart by its length',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const gradient = tensorOf(solved, 'negativeEmbeddingGradient')
      const length = Math.sqrt(inner(gradient, gradient))
      const distance = numberOf(solved, 'negativeDistance')
      const allowed = 4 * allowedFor(slack, given)
      const loss = numberOf(solved, 'negativeLoss')
      expectClose('the length of ∂L_neg/∂f_n', length, 2 * Math.max(0, numberOf(given, 'margin') - distance), allowed)
      expectClose('the squared length', length * length, 4 * loss, 4 * allowed * (1 + length))
      const moved = zip(tensorOf(solved, 'negativeEmbedding'), gradient, (f, g) => f - g)
      const apart = zip(moved, tensorOf(solved, 'firstEmbedding'), (a, b) => a - b)
      expectClose('the distance after a step', Math.sqrt(inner(apart, apart)), distance + length, allowed)
      const anchor = tensorOf(solved, 'anchorEmbeddingGradient')
      const opposite = tensor(
        [gradient.size],
        rowMajor(gradient).map((value) => -value),
      )
      expectAllClose('∂L_neg/∂f_q', anchor, opposite, allowed)
    },
  },
]
