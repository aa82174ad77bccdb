import fc from 'fast-check'
import { fromNested, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { multiples, nonzeroMultiples } from '../draws.js'
import type { Exercise, Given, Values } from '../exercise.js'
import { depthExperiment } from './layer-norm.experiment.js'
import { normLaws } from './layer-norm.laws.js'
import { normMistakes } from './layer-norm.mistakes.js'
import { normQuantities, spreadOf } from './layer-norm.quantities.js'

function datum(name: string, symbols: readonly string[], meaning: string, value: Tensor): Given {
  return { name, symbols, meaning, kind: 'real', value }
}

const given: readonly Given[] = [
  datum('x', ['x'], 'the input of the attention layer at one position', tensor([4], [1, 0, 2, -1])),
  datum('attention', ['a', 'sublayer'], 'the output of the attention layer there', tensor([4], [2, -1, 2, 1])),
  datum('gain', ['g', 'gamma'], 'the gain of the normalisation, a number for every unit', tensor([4], [1, 2, 1, 1])),
  datum(
    'weight1',
    ['W_1'],
    'the first weights of the feed-forward network, a row an input',
    fromNested([
      [1, 0, -1],
      [0, 1, 1],
      [-1, 2, 0],
      [1, 1, 0],
    ]),
  ),
  datum('bias1', ['b_1'], 'its first biases', tensor([3], [0.5, -1, 1])),
  datum(
    'weight2',
    ['W_2'],
    'its second weights, a row a hidden unit',
    fromNested([
      [1, 2, 0, -1],
      [0, 1, 1, 0],
      [-1, 0, 2, 1],
    ]),
  ),
  datum('bias2', ['b_2'], 'its second biases', tensor([4], [0, 0.5, -0.5, 1])),
]

function drawn(H: number, F: number): fc.Arbitrary<Values> {
  return fc.record({
    // Entries that differ: what is normalised is no constant.
    x: multiples([H], -3, 3, 0.5).map((x) =>
      tensor(
        [H],
        rowMajor(x).map((value, i) => value + 20 * i),
      ),
    ),
    attention: multiples([H], -3, 3, 0.5),
    gain: nonzeroMultiples([H], 4, 0.5),
    weight1: multiples([H, F], -2, 2),
    bias1: multiples([F], -2, 2, 0.5),
    weight2: multiples([F, H], -2, 2),
    bias2: multiples([H], -2, 2, 0.5),
  })
}

/** Whether both vectors can be normalised, and ReLU has something to do and something to leave. */
function isWorkable(values: Values): boolean {
  const sums = rowMajor(tensorOf(values, 'hiddenSums'))
  const spreads = ['residual1', 'residual2'].map((name) => spreadOf(values, name))
  return spreads.every((spread) => spread >= 1) && sums.some((u) => u > 0.1) && sums.some((u) => u < -0.1)
}

export const layerNormalization: Exercise = {
  id: 'lecture/layer-norm',
  title: 'Residual connection, layer normalisation and feed-forward network',
  source: 'NTUA, Neural Networks and Deep Learning, lecture on attention and transformers, residual connection',
  statement: `Behind the attention of a transformer layer come a residual connection with layer normalisation, $LayerNorm(x + Sublayer(x))$, and, for
every position by itself, a feed-forward network with its own residual connection and normalisation. At one position the input of the attention layer
is $x$ and its output $a$.

Normalising a vector $h$ of $H$ units means $h \\leftarrow \\frac{g}{\\sigma}(h - \\mu)$ with its mean $\\mu$ and its standard deviation $\\sigma$. The network is
$FFN(y) = \\max(0, yW_1 + b_1)W_2 + b_2$, and the layer ends with $z = LayerNorm(y + FFN(y))$.

Compute $y$, the output of the feed-forward network, and $z$.`,
  heading: { number: 'layer-norm' },
  given,
  arbitrary: () =>
    fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 4 })).chain(([H, F]) => drawn(H, F)),
  stages: [
    { name: 'attention', title: 'Behind the attention layer' },
    { name: 'feedForward', title: 'The feed-forward network' },
  ],
  quantities: normQuantities,
  conventions: [],
  mistakes: normMistakes,
  laws: normLaws,
  experiments: [depthExperiment],
  worksheet: {
    arbitrary: () =>
      fc
        .tuple(drawn(4, 3), multiples([4], -3, 3))
        .map(([values, x]) => ({ ...values, x, attention: tensor([4], rowMajor(values.attention).map(Math.round)) })),
    isWorkable,
  },
}
