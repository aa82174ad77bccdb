import type { Attributes } from '../oracle/contract.js'
import { positionalEncoding } from '../oracle/embeddings.js'
import { tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf } from './mistake.js'
import { take, upTo } from './rearrange.js'

/** An encoding from a value for every position and column. */
function encoding(
  value: (position: number, column: number, dim: number, length: number) => number,
): Required<Mistake>['forward'] {
  return (_, attributes: Attributes) => {
    const [length, dim] = [numberOf(attributes, 'length'), numberOf(attributes, 'dim')]
    return {
      y: tensor(
        [length, dim],
        upTo(length * dim).map((i) => value(Math.floor(i / dim), i % dim, dim, length)),
      ),
    }
  }
}

const wave = (angle: number, column: number) => (column % 2 === 0 ? Math.sin(angle) : Math.cos(angle))
const even = (column: number) => column - (column % 2)

export const mistakes: readonly Mistake[] = [
  {
    name: 'positionalEncoding with positions from one',
    operator: 'positionalEncoding',
    explanation: 'The first position was counted as 1 instead of 0.',
    forward: encoding((t, column, dim) => wave((t + 1) / 10_000 ** (even(column) / dim), column)),
  },
  {
    name: 'positionalEncoding with sines in the first half',
    operator: 'positionalEncoding',
    explanation: 'All sines stand in the first half of the columns and all cosines in the second, instead of in turn.',
    forward: (inputs, attributes) => {
      const dim = numberOf(attributes, 'dim')
      const { y } = positionalEncoding.forward(inputs, attributes)
      return { y: take(y, 1, [...upTo(dim / 2).map((i) => 2 * i), ...upTo(dim / 2).map((i) => 2 * i + 1)]) }
    },
  },
  {
    name: 'positionalEncoding with cosines at even columns',
    operator: 'positionalEncoding',
    explanation: 'Sine and cosine are exchanged.',
    forward: encoding((t, column, dim) => wave(t / 10_000 ** (even(column) / dim), column + 1)),
  },
  {
    name: 'positionalEncoding with a wavelength of its own for every column',
    operator: 'positionalEncoding',
    explanation:
      'The exponent of a cosine was taken from its own column, (2i + 1)/dim, instead of from its pair, 2i/dim.',
    forward: encoding((t, column, dim) => wave(t / 10_000 ** (column / dim), column)),
  },
  {
    name: 'positionalEncoding with the exponent i/dim',
    operator: 'positionalEncoding',
    explanation: 'The pairs were numbered without the factor 2: 10000^(i/dim) instead of 10000^(2i/dim).',
    forward: encoding((t, column, dim) => wave(t / 10_000 ** (even(column) / 2 / dim), column)),
  },
  {
    name: 'positionalEncoding with base 1000',
    operator: 'positionalEncoding',
    explanation: 'The wavelengths grow to 1000·2π instead of to 10000·2π.',
    forward: encoding((t, column, dim) => wave(t / 1000 ** (even(column) / dim), column)),
  },
  {
    name: 'positionalEncoding with angles in degrees',
    operator: 'positionalEncoding',
    explanation: 'The angles were taken to be degrees.',
    forward: encoding((t, column, dim) => wave(((t / 10_000 ** (even(column) / dim)) * Math.PI) / 180, column)),
  },
  {
    name: 'positionalEncoding wrong from position 1000 on',
    operator: 'positionalEncoding',
    explanation: 'Positions from 1000 on repeat the last one of a table of 1000.',
    forward: encoding((t, column, dim) => wave(Math.min(t, 999) / 10_000 ** (even(column) / dim), column)),
  },
  {
    name: 'positionalEncoding of an odd dimension',
    operator: 'positionalEncoding',
    explanation: 'An odd dim was answered, the last sine without its cosine, instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { length, dim, ...others } = attributes
      if (typeof dim !== 'number' || dim % 2 !== 1 || dim < 1 || Object.keys(others).length > 0) return undefined
      if (Object.keys(inputs).length > 0) return undefined
      return { y: take(positionalEncoding.forward(inputs, { length, dim: dim + 1 }).y, 1, upTo(dim)) }
    },
  },
]
