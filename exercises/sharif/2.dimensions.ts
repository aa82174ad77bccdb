import { tensor } from '../../oracle/tensor.js'
import { numberOf, product, tensorOf, weightedSum } from '../computation.js'
import type { Quantity, Values } from '../exercise.js'

function shape(
  name: string,
  letters: string,
  meaning: string,
  from: readonly string[],
  formula: string,
  lengths: (values: Values) => readonly number[],
): Quantity {
  return {
    name,
    symbols: [`dim_${letters}`, `shape_${letters}`, `size_${letters}`],
    meaning,
    kind: 'shape',
    from,
    formula,
    asked: true,
    compute: async (values) => tensor([2], [...lengths(values)]),
  }
}

const Dx = (values: Values) => numberOf(values, 'wordSize')
const Dp = (values: Values) => numberOf(values, 'parentSize')
const Dc = (values: Values) => numberOf(values, 'classes')

/** A count of weights and biases: (inputs + 1)·outputs, of given numbers of both. */
function count(
  name: string,
  symbols: readonly string[],
  meaning: string,
  from: readonly string[],
  formula: string,
  sizes: (values: Values) => readonly [number, number],
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'symbolic',
    from,
    formula,
    compute: (values, operators) => {
      const [inputs, outputs] = sizes(values)
      return product(operators, inputs + 1, outputs)
    },
  }
}

/** Dimensions of weights and biases of the general model, and how many parameters they make. */
export const dimensions: readonly Quantity[] = [
  shape('shapeWeight1', 'W1', 'the dimensions of W₁', ['wordSize', 'parentSize'], 'D_p \\times 2 D_x', (v) => [
    Dp(v),
    2 * Dx(v),
  ]),
  shape('shapeBias1', 'b1', 'the dimensions of b₁', ['parentSize'], 'D_p \\times 1', (v) => [Dp(v), 1]),
  shape('shapeWeight2', 'W2', 'the dimensions of W₂', ['wordSize', 'parentSize'], '2 D_x \\times D_p', (v) => [
    2 * Dx(v),
    Dp(v),
  ]),
  shape('shapeBias2', 'b2', 'the dimensions of b₂', ['wordSize'], '2 D_x \\times 1', (v) => [2 * Dx(v), 1]),
  shape('shapeWeight3', 'W3', 'the dimensions of W₃', ['classes', 'parentSize'], 'D_c \\times D_p', (v) => [
    Dc(v),
    Dp(v),
  ]),
  shape('shapeBias3', 'b3', 'the dimensions of b₃', ['classes'], 'D_c \\times 1', (v) => [Dc(v), 1]),
  count(
    'encoderParameters',
    ['n_1', 'N_1', 'encoder parameters'],
    'the weights and biases that make the parent',
    ['wordSize', 'parentSize'],
    '(2 \\cdot D_x + 1) \\cdot D_p',
    (v) => [2 * Dx(v), Dp(v)],
  ),
  count(
    'decoderParameters',
    ['n_2', 'N_2', 'decoder parameters'],
    'the weights and biases of the reconstruction',
    ['wordSize', 'parentSize'],
    '(D_p + 1) \\cdot 2 \\cdot D_x',
    (v) => [Dp(v), 2 * Dx(v)],
  ),
  count(
    'classifierParameters',
    ['n_3', 'N_3', 'classifier parameters'],
    'the weights and biases of the classifier',
    ['classes', 'parentSize'],
    '(D_p + 1) \\cdot D_c',
    (v) => [Dp(v), Dc(v)],
  ),
  {
    name: 'parameters',
    symbols: ['parameters', 'number of parameters', 'total parameters', 'params', 'N_params'],
    meaning: 'all parameters of the model: 4·D_x·D_p + D_p + 2·D_x + D_c·D_p + D_c',
    kind: 'symbolic',
    from: ['encoderParameters', 'decoderParameters', 'classifierParameters'],
    formula: 'n_1 + n_2 + n_3',
    asked: true,
    compute: (values, operators) =>
      weightedSum(
        operators,
        [1, 1, 1],
        ['encoderParameters', 'decoderParameters', 'classifierParameters'].map((name) => tensorOf(values, name)),
      ),
  },
]
