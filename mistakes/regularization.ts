import type { Attributes } from '../oracle/contract.js'
import { dropout, localResponseNorm } from '../oracle/regularization.js'
import { map, rowMajor, type Tensor, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, sum, upTo } from './rearrange.js'

const rightResponse = passes(localResponseNorm)
const rightDropout = passes(dropout)

/** The squares of the channels of one pixel, made into what the right operator has as Σ x² for channel c. */
type Squares = (squares: readonly number[], c: number, size: number) => number

/** D^beta for every entry of x, with D = k + (alpha/size)·f. */
function powers(x: Tensor, attributes: Attributes, f: Squares): Tensor {
  const [size, alpha, beta, k] = ['size', 'alpha', 'beta', 'k'].map((name) => numberOf(attributes, name))
  const [, C, H, W] = x.shape
  const area = H * W
  const data = rowMajor(x)
  return mapPlaces(x, (_, place) => {
    const [channel, pixel] = [Math.floor(place / area) % C, place % area]
    const start = Math.floor(place / (C * area)) * C * area + pixel
    const squares = upTo(C).map((c) => data[start + c * area] ** 2)
    return (k + (alpha / size) * f(squares, channel, size)) ** beta
  })
}

/** x/D^beta with another sum in D. */
function respondingTo(f: Squares): Required<Mistake>['forward'] {
  return ({ x }, attributes) => ({ y: zip(x, powers(x, attributes, f), (value, power) => value / power) })
}

/** The sum of the squares from one channel to another, those beyond the ends left out. */
function between(squares: readonly number[], from: number, to: number): number {
  return sum(squares.slice(Math.max(from, 0), Math.max(to + 1, 0)))
}

const neighbours: Squares = (squares, c, size) => between(squares, c - (size - 1) / 2, c + (size - 1) / 2)

/** g/D^beta: the gradient with the denominators held. */
function directGradient(x: Tensor, attributes: Attributes, g: Tensor): Tensor {
  return zip(g, powers(x, attributes, neighbours), (value, power) => value / power)
}

/** The right pass with other settings. */
function withSettings(change: (attributes: Attributes) => Attributes): Required<Mistake>['forward'] {
  return (inputs, attributes) => rightResponse.forward(inputs, { ...attributes, ...change(attributes) })
}

const responseMistakes: readonly Mistake[] = [
  {
    name: 'localResponseNorm with alpha not divided by size',
    operator: 'localResponseNorm',
    dialect: 'localResponseNorm.alpha=undivided',
    explanation: 'The sum of squares was multiplied by alpha, as in the paper, instead of by alpha/size.',
    forward: withSettings((attributes) => ({ alpha: numberOf(attributes, 'alpha') * numberOf(attributes, 'size') })),
  },
  {
    name: 'localResponseNorm that looks back only',
    operator: 'localResponseNorm',
    explanation: 'The sum went over the channel and those before it instead of over as many on either side.',
    forward: respondingTo((squares, c, size) => between(squares, c - size + 1, c)),
  },
  {
    name: 'localResponseNorm with size neighbours on either side',
    operator: 'localResponseNorm',
    explanation: 'The sum went over `size` channels on either side instead of `size` in all.',
    forward: respondingTo((squares, c, size) => between(squares, c - size, c + size)),
  },
  {
    name: 'localResponseNorm without the channel itself',
    operator: 'localResponseNorm',
    explanation: 'The channel’s own square was left out of the sum over its neighbours.',
    forward: respondingTo((squares, c, size) => neighbours(squares, c, size) - squares[c]),
  },
  {
    name: 'localResponseNorm with neighbours that wrap around',
    operator: 'localResponseNorm',
    explanation: 'Beyond the last channel the sum went on with the first; it should be cut at the ends.',
    forward: respondingTo((squares, c, size) => {
      const C = squares.length
      return sum(upTo(size).map((offset) => squares[(((c + offset - (size - 1) / 2) % C) + C) % C]))
    }),
  },
  {
    name: 'localResponseNorm that divides by the neighbours there are',
    operator: 'localResponseNorm',
    explanation: 'At the ends the sum was divided by the number of neighbours there instead of by size.',
    forward: respondingTo((squares, c, size) => {
      const [from, to] = [Math.max(c - (size - 1) / 2, 0), Math.min(c + (size - 1) / 2, squares.length - 1)]
      return (between(squares, from, to) * size) / (to - from + 1)
    }),
  },
  {
    name: 'localResponseNorm of absolute values',
    operator: 'localResponseNorm',
    explanation: 'The neighbours’ absolute values were summed instead of their squares.',
    forward: respondingTo((squares, c, size) => neighbours(squares.map(Math.sqrt), c, size)),
  },
  {
    name: 'localResponseNorm with k and alpha exchanged',
    operator: 'localResponseNorm',
    explanation: 'The sum was multiplied by k and alpha was added, instead of the other way round.',
    forward: withSettings(({ alpha, k }) => ({ alpha: k, k: Math.max(Number(alpha), 1e-12) })),
  },
  {
    name: 'localResponseNorm with a root for the power',
    operator: 'localResponseNorm',
    explanation: 'The root of the denominator was taken whatever beta is.',
    forward: withSettings(() => ({ beta: 0.5 })),
  },
  {
    name: 'localResponseNorm gradient as if the denominator were constant',
    operator: 'localResponseNorm',
    explanation: 'Only g/D^beta was taken: the denominator depends on x as well.',
    backward: ({ x }, attributes, { y }) => ({ x: directGradient(x, attributes, y) }),
  },
  {
    name: 'localResponseNorm gradient through the channel itself only',
    operator: 'localResponseNorm',
    explanation: 'The gradient through the denominators of the neighbours is missing.',
    backward: ({ x }, attributes, { y }) => {
      const [, C, H, W] = x.shape
      const ofChannel = (c: number) => {
        const only = mapPlaces(y, (g, place) => (Math.floor(place / (H * W)) % C === c ? g : 0))
        return rowMajor(rightResponse.backward({ x }, attributes, { y: only }).x)
      }
      const gradients = upTo(C).map(ofChannel)
      return { x: mapPlaces(x, (_, place) => gradients[Math.floor(place / (H * W)) % C][place]) }
    },
  },
  {
    name: 'localResponseNorm gradient without the factor 2',
    operator: 'localResponseNorm',
    explanation: 'The derivative of x² was taken for x instead of 2x.',
    backward: ({ x }, attributes, { y }) => {
      const whole = rightResponse.backward({ x }, attributes, { y }).x
      const direct = directGradient(x, attributes, y)
      return { x: zip(whole, direct, (all, first) => first + (all - first) / 2) }
    },
  },
  {
    name: 'localResponseNorm with an even size made odd',
    operator: 'localResponseNorm',
    explanation: 'An even number of neighbours was enlarged by one instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { size } = attributes
      if (typeof size !== 'number' || size % 2 !== 0) return undefined
      return localResponseNorm.forward(inputs, { ...attributes, size: size + 1 })
    },
  },
]

/** What is kept enlarged by another factor than 1/(1 − p). */
function keptTimes(factor: (p: number) => number): Required<Mistake>['forward'] {
  return ({ x, mask }, attributes) => ({
    y: zip(x, mask, (value, kept) => (kept === 1 ? value * factor(numberOf(attributes, 'p')) : 0)),
  })
}

const dropoutMistakes: readonly Mistake[] = [
  {
    name: 'dropout that is not scaled',
    operator: 'dropout',
    explanation: 'What is kept was not divided by 1 − p, so that the mean over masks is (1 − p)·x.',
    forward: keptTimes(() => 1),
  },
  {
    name: 'dropout divided by p',
    operator: 'dropout',
    explanation: 'What is kept was divided by p, the probability of being dropped, instead of by 1 − p.',
    forward: keptTimes((p) => (p === 0 ? 1 : 1 / p)),
  },
  {
    name: 'dropout multiplied by 1 − p',
    operator: 'dropout',
    explanation: 'What is kept was multiplied by 1 − p instead of divided by it.',
    forward: keptTimes((p) => 1 - p),
  },
  {
    name: 'dropout with the mask the other way round',
    operator: 'dropout',
    explanation: 'A 1 in the mask was taken to mean that the entry is dropped.',
    forward: ({ x, mask }, attributes) => rightDropout.forward({ x, mask: map(mask, (kept) => 1 - kept) }, attributes),
  },
  {
    name: 'dropout divided by the share that the mask keeps',
    operator: 'dropout',
    explanation: 'What is kept was divided by the share of ones in this mask instead of by 1 − p.',
    forward: ({ x, mask }) => {
      const share = sum(rowMajor(mask)) / mask.size
      return { y: zip(x, mask, (value, kept) => (kept === 1 ? value / share : 0)) }
    },
  },
  {
    name: 'dropout that is the identity for large p',
    operator: 'dropout',
    explanation: 'For p above 0.9 nothing was dropped.',
    forward: ({ x, mask }, attributes) =>
      numberOf(attributes, 'p') > 0.9 ? { y: map(x, (value) => value) } : rightDropout.forward({ x, mask }, attributes),
  },
  {
    name: 'dropout gradient without the mask',
    operator: 'dropout',
    explanation: 'Entries that were dropped got gradient too.',
    backward: ({ mask }, attributes, { y }) => ({
      x: rightDropout.forward({ x: y, mask: map(mask, () => 1) }, attributes).y,
    }),
  },
  {
    name: 'dropout gradient that is not scaled',
    operator: 'dropout',
    explanation: 'The gradient of what is kept was not divided by 1 − p.',
    backward: ({ mask }, _, { y }) => ({ x: zip(y, mask, (g, kept) => (kept === 1 ? g : 0)) }),
  },
  {
    name: 'dropout that answers zeros for p = 1',
    operator: 'dropout',
    explanation: 'A p of 1 gave zeros instead of being refused: nothing would be kept, and 1/(1 − p) is infinite.',
    insteadOfRefusing: ({ x }, { p }) => (p === 1 && x !== undefined ? { y: map(x, () => 0) } : undefined),
  },
]

export const mistakes: readonly Mistake[] = [...responseMistakes, ...dropoutMistakes]
