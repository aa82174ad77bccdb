import { rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose } from '../expectation.js'
import { identity } from './positional-encoding.quantities.js'

/** What rounding may do: an angle is as far off as it is large, a sum over the columns as its number of terms. */
function allowedFor(slack: number, values: Values): number {
  const farthest = numberOf(values, 'position') + 2 * numberOf(values, 'shift') + numberOf(values, 'length')
  return 32 * slack * numberOf(values, 'width') * (1 + farthest)
}

/** The first rows of a matrix. */
function firstRows(x: Tensor, count: number): Tensor {
  const width = x.shape[1]
  return tensor([count, width], rowMajor(x).slice(0, count * width))
}

async function product(operators: Parameters<ExerciseLaw['check']>[3], a: Tensor, b: Tensor): Promise<Tensor> {
  return forward(operators, 'matmul', 'y', { a, b })
}

/** What holds for lecture/positional-encoding at every width, position and shift. */
export const positionLaws: readonly ExerciseLaw[] = [
  {
    name: 'a shift is a rotation: the rotation of the shift turns every position’s encoding into that of k later',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, given)
      const after = tensorOf(solved, 'encodingAfterShift')
      expectAllClose('the rotated encoding', tensorOf(solved, 'rotatedEncoding'), after, allowed)
      const [n, k] = [numberOf(given, 'length'), numberOf(given, 'shift')]
      const longer = await solve({ ...given, length: scalar(n + k) })
      const turned = await product(
        operators,
        tensorOf(solved, 'encodings'),
        tensorOf(solved, 'rotation').transpose(1, 0),
      )
      const width = numberOf(given, 'width')
      const expected = tensor([n, width], rowMajor(tensorOf(longer, 'encodings')).slice(k * width))
      expectAllClose('all encodings, rotated,', turned, expected, allowed)
    },
  },
  {
    name: 'the rotation keeps lengths, and two of them are the rotation of twice the shift',
    async check(given, solve, slack, operators) {
      const R = tensorOf(await solve(given), 'rotation')
      const allowed = allowedFor(slack, given)
      const width = numberOf(given, 'width')
      expectAllClose('R·Rᵀ', await product(operators, R, R.transpose(1, 0)), identity(width), allowed)
      const twice = await solve({ ...given, shift: scalar(2 * numberOf(given, 'shift')) })
      expectAllClose('R·R', await product(operators, R, R), tensorOf(twice, 'rotation'), allowed)
    },
  },
  {
    name: 'every entry is the sine or cosine of the formula, pairs lie on the unit circle, and position 0 is (0, 1, 0, 1, …)',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, given)
      const [n, d] = tensorOf(solved, 'encodings').shape
      const data = rowMajor(tensorOf(solved, 'encodings'))
      for (let position = 0; position < n; position++)
        for (let i = 0; i < d / 2; i++) {
          const [sine, cosine] = data.slice(position * d + 2 * i, position * d + 2 * i + 2)
          const angle = position * Math.exp(-((2 * i) / d) * Math.log(10000))
          expectClose(`sine ${i} of position ${position}`, sine, Math.sin(angle), allowed)
          expectClose(`cosine ${i} of position ${position}`, cosine, Math.cos(angle), allowed)
          expectClose(`the radius of pair ${i}`, sine * sine + cosine * cosine, 1, 4 * allowed)
          if (position === 0) expectClose(`pair ${i} of position 0`, Math.abs(sine) + Math.abs(cosine - 1), 0, allowed)
        }
    },
  },
  {
    name: 'it serves any length: the encodings of a longer sequence begin with those of a shorter one',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const n = numberOf(given, 'length')
      const longer = await solve({ ...given, length: scalar(3 * n + 5) })
      const all = firstRows(tensorOf(longer, 'encodings'), n)
      expectAllClose('the first rows', all, tensorOf(solved, 'encodings'), allowedFor(slack, given))
      const position = numberOf(given, 'position')
      const reached = await solve({ ...given, length: scalar(position + 1) })
      const last = rowMajor(tensorOf(reached, 'encodings')).slice(position * numberOf(given, 'width'))
      const expected = tensor([last.length], last)
      expectAllClose('the last row', tensorOf(solved, 'encodingAtPosition'), expected, allowedFor(slack, given))
    },
  },
  {
    name: 'the dot product of two positions depends on their distance alone: the sum of the cosines of its angles',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const k = numberOf(given, 'shift')
      const elsewhere = await solve({ ...given, position: scalar(numberOf(given, 'position') + 3) })
      const sum = rowMajor(tensorOf(solved, 'frequencies')).reduce((total, omega) => total + Math.cos(k * omega), 0)
      const allowed = 8 * allowedFor(slack, given)
      expectClose('the dot product', numberOf(solved, 'similarity'), sum, allowed)
      expectClose('the dot product elsewhere', numberOf(elsewhere, 'similarity'), sum, allowed)
    },
  },
  {
    name: 'the wavelengths are a geometric progression from 2π, and stay below 10000·2π',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const waves = rowMajor(tensorOf(solved, 'wavelengths'))
      const allowed = (value: number) => 64 * slack * value
      const ratio = 10000 ** (2 / numberOf(given, 'width'))
      expectClose('the shortest wavelength', waves[0], 2 * Math.PI, allowed(2 * Math.PI))
      for (const [i, wave] of waves.slice(1).entries())
        expectClose(`wavelength ${i + 1}`, wave, waves[i] * ratio, allowed(wave))
      const [shortest, longest] = [numberOf(solved, 'shortestWavelength'), numberOf(solved, 'longestWavelength')]
      expectClose('the shortest of the wide encoding', shortest, 2 * Math.PI, allowed(2 * Math.PI))
      const alike = await solve({ ...given, wideWidth: tensorOf(given, 'width') })
      const [last, ofWidth] = [waves[waves.length - 1], numberOf(alike, 'longestWavelength')]
      expectClose('the longest of the same width', ofWidth, last, allowed(last))
      const step = 10000 ** (2 / numberOf(given, 'wideWidth'))
      expectClose('the longest, a step on,', longest * step, 2 * Math.PI * 10000, allowed(2 * Math.PI * 10000))
      if (!(longest < 2 * Math.PI * 10000)) throw new Error(`the longest is ${longest}; it should be below 10000·2π`)
    },
  },
]
