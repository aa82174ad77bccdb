import fc from 'fast-check'
import { rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import { multiples, nonzeroMultiples } from '../draws.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { contrastiveConventions } from './4.conventions.js'
import { contrastiveLaws } from './4.laws.js'
import { contrastiveMistakes } from './4.mistakes.js'
import { contrastiveQuantities } from './4.quantities.js'

function signal(name: string, symbols: readonly string[], meaning: string, numbers: readonly number[]): Given {
  return { name, symbols, meaning, kind: 'real', value: tensor([numbers.length], numbers) }
}

/** The source's positive pair and parameters; the negative signal and the margin are ours, as the source has none. */
const given: readonly Given[] = [
  signal('kernel', ['w', 'W', 'kernel'], 'the kernel of the convolution', [1 / 3, 1 / 3, 1 / 3]),
  { name: 'bias', symbols: ['b', 'bias'], meaning: 'the bias of the convolution', kind: 'real', value: scalar(-0.1) },
  signal(
    'firstInput',
    ['x_p1', 'x_q', 'x_1'],
    'the first signal of the positive pair, the anchor',
    [1, 1, 1.3, 1, 1, 1.3],
  ),
  signal(
    'secondInput',
    ['x_p2', 'x_p', 'x_2'],
    'the second signal of the positive pair',
    [3.3, 3.3, 2.7, 3.3, 3.3, 2.7],
  ),
  signal(
    'negativeInput',
    ['x_n'],
    'a signal that makes a negative pair with the anchor',
    [2.1, 1.8, 2.4, 2.1, 1.8, 2.4],
  ),
  {
    name: 'margin',
    symbols: ['m', 'margin'],
    meaning: 'the margin that negative pairs are pushed to',
    kind: 'real',
    value: scalar(5),
  },
]

/** The signal moved so that its embedding differs in the last position: by the last weight times `step`. */
function apart(x: Tensor, kernelSize: number, earlier: readonly number[], step: number): Tensor {
  const numbers = rowMajor(x).slice()
  for (let i = 0; i < numbers.length - kernelSize; i++) numbers[i] += earlier[i]
  numbers[numbers.length - 1] += step
  return tensor([numbers.length], numbers)
}

/**
 * Signals and a kernel of whole numbers and halves. The negative pair's embeddings differ, so that its distance has a gradient; the
 * margin is an odd number of eighths, which no distance of such embeddings is, so that no pair is at the corner of the hinge.
 */
function arbitrary(): fc.Arbitrary<Values> {
  return fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 4 })).chain(([K, more]) => {
    const L = K + more
    return fc
      .record({
        kernel: multiples([K], -4, 4, 0.5),
        last: nonzeroMultiples([1], 4, 0.5),
        bias: fc.integer({ min: -4, max: 4 }),
        firstInput: multiples([L], -6, 6, 0.5),
        secondInput: multiples([L], -6, 6, 0.5),
        earlier: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: L, maxLength: L }),
        step: nonzeroMultiples([1], 4),
        eighths: fc.integer({ min: 0, max: 40 }),
      })
      .map(({ kernel, last, bias, firstInput, secondInput, earlier, step, eighths }) => {
        const w = rowMajor(kernel).slice()
        w[K - 1] = rowMajor(last)[0]
        return {
          kernel: tensor([K], w),
          bias: scalar(bias / 2),
          firstInput,
          secondInput,
          negativeInput: apart(firstInput, K, earlier, rowMajor(step)[0]),
          margin: scalar((2 * eighths + 1) / 8),
        }
      })
  })
}

/** Shapes like the source's; the embeddings of the negative pair differ in every position by the same amount, or in one only. */
function worksheetArbitrary(): fc.Arbitrary<Values> {
  return fc
    .record({
      kernel: nonzeroMultiples([3], 2, 0.5),
      bias: nonzeroMultiples([], 3, 0.5),
      firstInput: multiples([6], -3, 3),
      secondInput: multiples([6], -3, 3),
      step: nonzeroMultiples([1], 2),
      margin: fc.integer({ min: 2, max: 12 }),
    })
    .map(({ step, margin, ...drawn }) => ({
      ...drawn,
      negativeInput: apart(drawn.firstInput, 3, [0, 0, 0], rowMajor(step)[0]),
      margin: scalar(margin / 2),
    }))
}

/** Whether no mistake hides: the kernel is not symmetric, the pairs are apart, the negative one inside the margin. */
function isWorkable(values: Values): boolean {
  const w = rowMajor(tensorOf(values, 'kernel'))
  const gradient = rowMajor(tensorOf(values, 'kernelGradient'))
  const distance = numberOf(values, 'negativeDistance')
  const short = numberOf(values, 'margin') - distance
  return (
    w[0] !== w[2] &&
    gradient[0] !== gradient[2] &&
    numberOf(values, 'positiveLoss') > 1 &&
    numberOf(values, 'positiveLoss') <= 100 &&
    distance !== 1 &&
    short > 0 &&
    short !== 1 &&
    short !== distance
  )
}

function pictures(values: Values): readonly Picture[] {
  const row = (name: string) => [...rowMajor(tensorOf(values, name))]
  const positions = Array.from({ length: tensorOf(values, 'firstEmbedding').size }, (_, i) => String(i + 1))
  return [
    {
      kind: 'heatMap',
      title: 'The embeddings, and how each moves against its gradient',
      rowTitle: 'vector',
      columnTitle: 'position',
      rows: ['f_p1', 'f_p2', 'f_n', '−∂L_pos/∂f_p1', '−∂L_pos/∂f_p2', '−∂L_neg/∂f_n'],
      columns: positions,
      values: [
        ...['firstEmbedding', 'secondEmbedding', 'negativeEmbedding'].map(row),
        ...['firstEmbeddingGradient', 'secondEmbeddingGradient', 'negativeEmbeddingGradient'].map((name) =>
          row(name).map((value) => -value),
        ),
      ],
      labelled: true,
    },
  ]
}

export const exercise4: Exercise = {
  id: 'fer/4',
  title: 'A siamese embedding under the contrastive loss',
  source: 'FER, Deep Learning 1, exam questions 2023, question 4',
  statement: `Signals are embedded in a metric space by a single one-dimensional convolution with stride one and without padding, the same
for both signals of a pair: $f(x) = x \\star w + b$. The embedding is learned with the quadratic contrastive loss.

(a) Write down the model, and the loss of positive and of negative pairs. (b) Embed the positive pair $x_{p1}$, $x_{p2}$ and
compute its loss. (c) Find the gradients of the loss with respect to the embeddings and to the parameters $w$ and $b$.

Besides: what are loss and gradients for the negative pair $x_{p1}$, $x_n$ with margin $m$? ($\\mathrm{d}w$ stands for
$\\partial L_{pos} / \\partial w$, and so on; the anchor $x_q$ of a pair is $x_{p1}$.)`,
  heading: { number: '4' },
  given,
  arbitrary,
  stages: [],
  quantities: contrastiveQuantities,
  conventions: contrastiveConventions,
  mistakes: contrastiveMistakes,
  laws: contrastiveLaws,
  experiments: [],
  worksheet: { arbitrary: worksheetArbitrary, isWorkable },
  pictures,
}
