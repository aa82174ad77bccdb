import { reshape, rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, joined, negated, numberOf, scalarOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'

/** 10000^(−2i/d) for the d/2 pairs of columns. */
export function frequenciesOf(width: number): Tensor {
  const pairs = width / 2
  return tensor(
    [pairs],
    Array.from({ length: pairs }, (_, i) => 10000 ** ((-2 * i) / width)),
  )
}

/** The encodings of positions 0 to length − 1, [length, width], by `positionalEncoding`. */
export function encodings(length: number, width: number, operators: Operators): Promise<Tensor> {
  return forward(operators, 'positionalEncoding', 'y', {}, { length, dim: width })
}

/** The encoding of one position: the last row of all up to it. */
export async function encodingAt(position: number, width: number, operators: Operators): Promise<Tensor> {
  const all = await encodings(position + 1, width, operators)
  return reshape(all.pick(position, null), [width])
}

/**
 * The matrix that turns the encoding of any position into that of k positions later, made of the encoding of k, (sin kω, cos kω) a pair:
 * a pair (sin pω, cos pω) is turned by [[cos kω, sin kω], [−sin kω, cos kω]].
 */
export function rotationOf(encoding: Tensor): Tensor {
  const d = encoding.size
  const zero = scalar(0)
  const rows = Array.from({ length: d }, (_, row) => {
    const pair = row - (row % 2)
    const [sine, cosine] = [scalarOf(encoding.pick(pair)), scalarOf(encoding.pick(pair + 1))]
    const two = row % 2 === 0 ? [cosine, sine] : [negated(sine), cosine]
    return Array.from({ length: d }, (_, column) => two[column - pair] ?? zero)
  })
  return joined(rows.flat(), [d, d])
}

function encodingQuantity(
  name: string,
  symbols: readonly string[],
  meaning: string,
  formula: string,
  from: readonly ('position' | 'shift')[],
  asked: boolean,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from: [...from, 'width'],
    formula,
    ...(asked ? { asked: true as const } : {}),
    compute: (values, operators) => {
      const position = from.reduce((sum, input) => sum + numberOf(values, input), 0)
      return encodingAt(position, numberOf(values, 'width'), operators)
    },
  }
}

async function innerProduct(values: Values, names: readonly [string, string], operators: Operators): Promise<Tensor> {
  const [x, other] = names.map((name) => tensorOf(values, name))
  return scalarOf(await forward(operators, 'linear', 'y', { x, weight: reshape(other, [1, other.size]) }))
}

/** Everything that is worked out of the lecture's formula. */
export const positionQuantities: readonly Quantity[] = [
  {
    name: 'frequencies',
    symbols: ['omega', 'omega_i', 'frequencies', 'angular frequencies'],
    meaning: 'the angle that each pair of columns turns by from one position to the next',
    kind: 'real',
    from: ['width'],
    formula: '\\frac{1}{10000^{2 i / d_{model}}}',
    asked: true,
    compute: async (values) => frequenciesOf(numberOf(values, 'width')),
  },
  {
    name: 'wavelengths',
    symbols: ['lambda', 'lambda_i', 'wavelengths', 'wavelength'],
    meaning: 'the wavelength of each pair of columns, in positions',
    kind: 'real',
    from: ['frequencies'],
    formula: '2 \\cdot \\pi \\cdot \\frac{1}{\\omega_i}',
    asked: true,
    compute: async (values) => {
      const waves = rowMajor(tensorOf(values, 'frequencies')).map((omega) => (2 * Math.PI) / omega)
      return tensor([waves.length], waves)
    },
  },
  {
    name: 'encodings',
    symbols: ['PE', 'positional encoding', 'P'],
    meaning: 'the encodings of all positions, a row each',
    kind: 'real',
    from: ['length', 'width'],
    formula: '\\sin(pos \\cdot \\omega_i), \\cos(pos \\cdot \\omega_i)',
    asked: true,
    compute: (values, operators) => encodings(numberOf(values, 'length'), numberOf(values, 'width'), operators),
  },
  encodingQuantity(
    'encodingAtPosition',
    ['PE_pos', 'PE_p'],
    'the encoding of the position',
    '\\sin(pos \\cdot \\omega_i), \\cos(pos \\cdot \\omega_i)',
    ['position'],
    true,
  ),
  encodingQuantity(
    'encodingOfShift',
    ['PE_k'],
    'the encoding of the shift, which its rotation is made of',
    '\\sin(k \\cdot \\omega_i), \\cos(k \\cdot \\omega_i)',
    ['shift'],
    false,
  ),
  encodingQuantity(
    'encodingAfterShift',
    ['PE_(pos+k)', 'PE_(p+k)'],
    'the encoding of the position k later',
    '\\sin((pos + k) \\cdot \\omega_i), \\cos((pos + k) \\cdot \\omega_i)',
    ['position', 'shift'],
    true,
  ),
  {
    name: 'rotation',
    symbols: ['R_k', 'R', 'M_k', 'M'],
    meaning:
      'the matrix that turns the encoding of any position into that of k positions later: a rotation of every pair',
    kind: 'real',
    from: ['encodingOfShift'],
    formula:
      '\\begin{bmatrix} \\cos(k \\omega_i) & \\sin(k \\omega_i) \\\\ -\\sin(k \\omega_i) & \\cos(k \\omega_i) \\end{bmatrix}',
    asked: true,
    compute: async (values) => rotationOf(tensorOf(values, 'encodingOfShift')),
  },
  {
    name: 'rotatedEncoding',
    symbols: ["PE'", 'rotated encoding'],
    meaning: 'the rotated encoding of the position: that of k positions later',
    kind: 'real',
    from: ['rotation', 'encodingAtPosition'],
    formula: 'R_k \\cdot PE_{pos}',
    compute: (values, operators) =>
      forward(operators, 'linear', 'y', {
        x: tensorOf(values, 'encodingAtPosition'),
        weight: tensorOf(values, 'rotation'),
      }),
  },
  {
    name: 'similarity',
    symbols: ['similarity', 'dot product'],
    meaning: 'the dot product of the encodings of both positions, which depends on their distance alone',
    kind: 'real',
    from: ['encodingAtPosition', 'encodingAfterShift'],
    formula: 'PE_{pos} \\cdot PE_{(pos+k)}',
    compute: (values, operators) => innerProduct(values, ['encodingAtPosition', 'encodingAfterShift'], operators),
  },
  {
    name: 'shortestWavelength',
    symbols: ['lambda_min', 'shortest wavelength'],
    meaning: 'the shortest wavelength of the wide encoding: of its first pair',
    kind: 'real',
    from: ['wideWidth'],
    formula: '2 \\cdot \\pi',
    asked: true,
    compute: async (values) =>
      scalar((2 * Math.PI) / Math.max(...rowMajor(frequenciesOf(numberOf(values, 'wideWidth'))))),
  },
  {
    name: 'longestWavelength',
    symbols: ['lambda_max', 'longest wavelength'],
    meaning: 'the longest wavelength of the wide encoding: of its last pair, whose exponent is (d − 2)/d',
    kind: 'real',
    from: ['wideWidth'],
    formula: '2 \\cdot \\pi \\cdot 10000^{(d_{wide} - 2) / d_{wide}}',
    asked: true,
    alternatives: [
      {
        value: () => scalar(2 * Math.PI * 10000),
        note: 'the lecture’s round 10000·2π, which the last pair comes close to and no pair has',
      },
    ],
    compute: async (values) =>
      scalar((2 * Math.PI) / Math.min(...rowMajor(frequenciesOf(numberOf(values, 'wideWidth'))))),
  },
]

/** The identity matrix, for those who check the rotation. */
export function identity(size: number): Tensor {
  const matrix = zeros([size, size])
  for (let i = 0; i < size; i++) matrix.set(i, i, 1)
  return matrix
}
