import { map, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'

/** The angle at a position and a column of an encoding, as somebody computes it. */
type Angle = (position: number, column: number, width: number) => number

const rightAngle: Angle = (position, column, width) => position / 10000 ** ((column - (column % 2)) / width)

/** A row: sine of the angle at even columns, cosine at odd ones. */
function row(position: number, width: number, angle: Angle): readonly number[] {
  return Array.from({ length: width }, (_, column) =>
    column % 2 === 0 ? Math.sin(angle(position, column, width)) : Math.cos(angle(position, column, width)),
  )
}

/** What the rows of each quantity are encodings of. */
const positionsOf: Readonly<Record<string, readonly string[]>> = {
  encodings: ['length'],
  encodingAtPosition: ['position'],
  encodingAfterShift: ['position', 'shift'],
}

/** A mistake in every encoding, from one wrong way to make a row. */
function inEncodings(
  name: string,
  explanation: string,
  wrong: (position: number, width: number) => readonly number[],
): ExerciseMistake {
  return {
    name,
    quantities: Object.keys(positionsOf),
    explanation,
    from: (quantity) => [...positionsOf[quantity], 'width'],
    compute: async (quantity, values) => {
      const width = numberOf(values, 'width')
      const number = positionsOf[quantity].reduce((sum, input) => sum + numberOf(values, input), 0)
      if (quantity !== 'encodings') return tensor([width], wrong(number, width))
      const rows = Array.from({ length: number }, (_, position) => wrong(position, width))
      return tensor([number, width], rows.flat())
    },
  }
}

function withAngle(name: string, explanation: string, angle: Angle): ExerciseMistake {
  return inEncodings(name, explanation, (position, width) => row(position, width, angle))
}

function mapped(values: Values, name: string, f: (value: number, i: number, all: Float64Array) => number): Tensor {
  const data = rowMajor(tensorOf(values, name))
  return tensor(tensorOf(values, name).shape, data.map(f))
}

/** What people get wrong in lecture/positional-encoding. */
export const positionMistakes: readonly ExerciseMistake[] = [
  inEncodings(
    'sine and cosine exchanged',
    'has the cosines at the even columns; the sine stands there.',
    (position, width) => {
      const right = row(position, width, rightAngle)
      return right.map((_, column) => right[column % 2 === 0 ? column + 1 : column - 1])
    },
  ),
  inEncodings(
    'all sines before all cosines',
    'has the sines of all pairs in the first half and their cosines in the second; they alternate.',
    (position, width) => {
      const right = row(position, width, rightAngle)
      return [...right.filter((_, column) => column % 2 === 0), ...right.filter((_, column) => column % 2 === 1)]
    },
  ),
  withAngle(
    'column number as i',
    'is what you get with the number of the column for i: columns 2i and 2i + 1 make one pair, with the same i.',
    (position, column, width) => position / 10000 ** ((2 * column) / width),
  ),
  withAngle(
    'odd column in the exponent of the cosine',
    'is what you get with 2i + 1 in the exponent of the cosine; both columns of a pair have 2i.',
    (position, column, width) => position / 10000 ** (column / width),
  ),
  withAngle(
    '2 left out of the exponent',
    'is what you get with the exponent i/d in place of 2i/d.',
    (position, column, width) => position / 10000 ** ((column - (column % 2)) / 2 / width),
  ),
  withAngle(
    'positions counted from one',
    'is what you get when positions are counted from one; the first is 0.',
    (position, column, width) => rightAngle(position + 1, column, width),
  ),
  withAngle(
    'base 1000',
    'is what you get with 1000 in place of 10000.',
    (position, column, width) => position / 1000 ** ((column - (column % 2)) / width),
  ),
  withAngle(
    'one wavelength for all columns',
    'is what you get without the division: every pair has the wavelength 2π.',
    (position) => position,
  ),
  withAngle(
    'multiplied instead of divided',
    'is what you get when the position is multiplied with the power of 10000.',
    (position, column, width) => position * 10000 ** ((column - (column % 2)) / width),
  ),
  withAngle(
    'angles in degrees',
    'is what you get on a calculator that is set to degrees; the angles are radians.',
    (position, column, width) => (rightAngle(position, column, width) * Math.PI) / 180,
  ),
  mistakeIn(
    'frequencies',
    'power not inverted',
    'is 10000^(2i/d), what the position is divided by; the frequency is its inverse.',
    ['width'],
    (values) => {
      const d = numberOf(values, 'width')
      return tensor(
        [d / 2],
        Array.from({ length: d / 2 }, (_, i) => 10000 ** ((2 * i) / d)),
      )
    },
  ),
  mistakeIn(
    'frequencies',
    'one frequency a column',
    'has a frequency for every column; sine and cosine of a pair have the same.',
    ['width'],
    (values) => {
      const d = numberOf(values, 'width')
      return tensor(
        [d],
        Array.from({ length: d }, (_, column) => 10000 ** (-column / d)),
      )
    },
  ),
  mistakeIn(
    'wavelengths',
    '2π left out',
    'is the inverse of the frequency; a wave is as long as its angle takes to grow by 2π.',
    ['frequencies'],
    (values) => mapped(values, 'frequencies', (omega) => 1 / omega),
  ),
  mistakeIn(
    'wavelengths',
    'multiplied by the frequency',
    'is 2π times the frequency; the wavelength is 2π divided by it.',
    ['frequencies'],
    (values) => mapped(values, 'frequencies', (omega) => 2 * Math.PI * omega),
  ),
  mistakeIn(
    'wavelengths',
    'wavelengths in even steps',
    'has wavelengths in even steps; they form a geometric progression.',
    ['frequencies'],
    (values) =>
      mapped(values, 'frequencies', (omega, i, all) => {
        const [shortest, longest] = [(2 * Math.PI) / all[0], (2 * Math.PI) / all[all.length - 1]]
        return all.length === 1 ? (2 * Math.PI) / omega : shortest + ((longest - shortest) * i) / (all.length - 1)
      }),
  ),
  mistakeIn(
    'rotation',
    'rotated backwards',
    'is the transpose: it turns the encoding into that of k positions earlier.',
    ['rotation'],
    (values) => map(tensorOf(values, 'rotation').transpose(1, 0), (value) => value),
  ),
  mistakeIn(
    'rotation',
    'one angle for all pairs',
    'is what you get when every pair is turned by the angle of the first; each turns by its own.',
    ['encodingOfShift'],
    (values) => {
      const [sine, cosine, ...rest] = rowMajor(tensorOf(values, 'encodingOfShift'))
      const d = rest.length + 2
      const data = Array.from({ length: d * d }, (_, at) => {
        const [r, c] = [Math.floor(at / d), at % d]
        if (r === c) return cosine
        return r - (r % 2) !== c - (c % 2) ? 0 : r < c ? sine : -sine
      })
      return tensor([d, d], data)
    },
  ),
  mistakeIn(
    'encodingAfterShift',
    'encodings added',
    'is the sum of the encodings of pos and of k; sines and cosines of a sum are no sums.',
    ['encodingAtPosition', 'encodingOfShift'],
    (values) => {
      const other = rowMajor(tensorOf(values, 'encodingOfShift'))
      return mapped(values, 'encodingAtPosition', (value, i) => value + other[i])
    },
  ),
  mistakeIn(
    'longestWavelength',
    'width as the exponent’s denominator only',
    'is 2π·10000^(1/d), one step of the progression; the last pair has the exponent (d − 2)/d.',
    ['wideWidth'],
    (values) => scalar(2 * Math.PI * 10000 ** (1 / numberOf(values, 'wideWidth'))),
  ),
  mistakeIn(
    'longestWavelength',
    '2π left out of the longest',
    'is the inverse of the lowest frequency; a wave is as long as its angle takes to grow by 2π.',
    ['wideWidth'],
    (values) => scalar(10000 ** (1 - 2 / numberOf(values, 'wideWidth'))),
  ),
  mistakeIn(
    'shortestWavelength',
    '2π left out of the shortest',
    'is 1, the inverse of the highest frequency; a wave is as long as its angle takes to grow by 2π.',
    [],
    () => scalar(1),
  ),
]
