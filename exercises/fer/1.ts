import fc from 'fast-check'
import { fromNested, rowMajor, shapeText, sizeOf, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { multiples, nonzeroMultiples } from '../draws.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import { affineLaws } from './1.laws.js'
import { affineMistakes } from './1.mistakes.js'
import { affineQuantities } from './1.quantities.js'

/** The source gives no numbers; these can be worked by hand, and tell its mistakes apart. */
const given: readonly Given[] = [
  {
    name: 'weight',
    symbols: ['W', 'weight', 'weights'],
    meaning: 'the weights, a row an output',
    kind: 'real',
    value: fromNested([
      [2, -1, 0],
      [1, 3, -2],
    ]),
  },
  { name: 'bias', symbols: ['b', 'bias'], meaning: 'the biases', kind: 'real', value: tensor([2], [1, -1]) },
  {
    name: 'input',
    symbols: ['p', 'x', 'P', 'input'],
    meaning: 'the batch of inputs, a row an item',
    kind: 'real',
    value: fromNested([
      [1, 2, -1],
      [0, 1, 3],
    ]),
  },
  {
    name: 'outputGradient',
    symbols: ['G', 'grads', 'dq', 'nabla q', 'nabla_q', 'grad_q', 'dL_dq', '∂L/∂q'],
    meaning: 'the gradient of the loss with respect to the output, ∂L/∂q, a row an item',
    kind: 'real',
    value: fromNested([
      [1, -1],
      [2, 3],
    ]),
  },
]

/** A layer of these sizes, and a batch of this leading shape. */
function drawn(leading: readonly number[], O: number, I: number): fc.Arbitrary<Values> {
  return fc.record({
    weight: multiples([O, I], -6, 6, 0.5),
    bias: multiples([O], -6, 6, 0.5),
    input: multiples([...leading, I], -6, 6, 0.5),
    outputGradient: multiples([...leading, O], -6, 6, 0.5),
  })
}

/** Batches of any leading shape: a single vector, a list, a list of lists. */
function arbitrary(): fc.Arbitrary<Values> {
  const size = fc.integer({ min: 1, max: 4 })
  return fc
    .tuple(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), size, size)
    .chain(([leading, O, I]) => drawn(leading, O, I))
}

function worksheetArbitrary(): fc.Arbitrary<Values> {
  return fc.record({
    weight: multiples([2, 3], -3, 3),
    bias: nonzeroMultiples([2], 3),
    input: multiples([2, 3], -3, 3),
    outputGradient: nonzeroMultiples([2, 2], 6, 0.5),
  })
}

/** Whether every gradient has work in it: no row or column of W or p is zero, and no sum over the batch cancels. */
function isWorkable(values: Values): boolean {
  const [W, p, G] = ['weight', 'input', 'outputGradient'].map((name) => tensorOf(values, name))
  const zeros = (x: Float64Array) => x.filter((value) => value === 0).length
  const [first, second] = [rowMajor(G).slice(0, 2), rowMajor(G).slice(2)]
  return (
    zeros(rowMajor(W)) <= 2 &&
    zeros(rowMajor(p)) <= 2 &&
    first.every((value, i) => value !== -second[i] && value !== second[i])
  )
}

/** The layer with the first vector of its batch. */
function oneItem(values: Values): Values {
  const first = (name: string, width: number) => tensor([width], rowMajor(tensorOf(values, name)).slice(0, width))
  const [O, I] = tensorOf(values, 'weight').shape
  return { ...values, input: first('input', I), outputGradient: first('outputGradient', O) }
}

function shapes(values: Values): readonly Table[] {
  const row = (symbol: string, name: string, meaning: string) => [
    symbol,
    shapeText(tensorOf(values, name).shape),
    sizeOf(tensorOf(values, name).shape),
    meaning,
  ]
  return [
    {
      title: 'The tensors of the layer; a gradient has the shape of what it is a gradient of',
      columns: ['tensor', 'shape', 'numbers', 'computed as'],
      rows: [
        row('p', 'input', 'given'),
        row('W', 'weight', 'given'),
        row('b', 'bias', 'given'),
        row('q', 'affineOutput', 'p·Wᵀ + b'),
        row('∂L/∂q', 'outputGradient', 'given'),
        row('∂L/∂W', 'weightGradient', '(∂L/∂q)ᵀ·p, summed over the batch'),
        row('∂L/∂b', 'biasGradient', 'the sum of ∂L/∂q over the batch'),
        row('∂L/∂p', 'inputGradient', '∂L/∂q·W'),
      ],
    },
  ]
}

export const exercise1: Exercise = {
  id: 'fer/1',
  title: 'An affine layer, forward and backward',
  source: 'FER, Deep Learning 1, exam questions 2023, question 1',
  statement: `A layer computes the affine transformation $q = W \\cdot p + b$.

(a) Give the partial derivatives of its output by its input, and by each of its parameters.

(b) Implement it as a layer with a forward pass, a backward pass to its parameters and a backward pass to its inputs, for batches of any
leading shape. The items of a batch are rows, so that the batch goes through the layer as $q = p \\cdot W^T + b$.

With the weights, the batch and the gradient $G = \\partial L / \\partial q$ that are given here: what are $q$, $\\partial L / \\partial W$, $\\partial L / \\partial b$ and
$\\partial L / \\partial p$? ($\\mathrm{d}W$ and $\\nabla_W$ stand for $\\partial L / \\partial W$, and so on.)`,
  heading: { number: '1' },
  given,
  arbitrary,
  stages: [],
  quantities: affineQuantities,
  conventions: [],
  mistakes: affineMistakes,
  laws: affineLaws,
  experiments: [],
  worksheet: { arbitrary: worksheetArbitrary, isWorkable },
  oneItem,
  tables: shapes,
}
