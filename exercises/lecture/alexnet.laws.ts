import { map, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { chainLaws } from '../architecture/laws.js'
import { alexNet } from '../architecture/models/alexnet.js'
import { walk } from '../architecture/walker.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { chain, network, sizesOf } from './alexnet.network.js'
import { channels } from './alexnet.stage.js'
import { totalSize } from './featureMaps.js'

function dot(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return rowMajor(a).reduce((sum, value, i) => sum + value * right[i], 0)
}

const all = (values: Values, name: string) => channels.map((i) => tensorOf(values, `${name}${i}`))

/** The largest divisor over the smallest, to the power: how much rounding errors of the divisors can weigh. */
function spread(solved: Values): number {
  const beta = numberOf(solved, 'beta')
  const divisors = all(solved, 'divisor').flatMap((x) => [...rowMajor(x)])
  return (1 + beta) * (Math.max(...divisors) / Math.min(...divisors, 1)) ** (beta + 1)
}

/** What rounding may do to a gradient: that of the outputs, divided, and times squares over the divisor. */
function allowedFor(solved: Values, slack: number): number {
  const x = Math.max(...all(solved, 'x').map(largest))
  const gradients = all(solved, 'upstream').reduce((sum, g) => sum + totalSize(g), 1)
  return 256 * slack * (1 + x) ** 3 * gradients * spread(solved) * (1 + numberOf(solved, 'alpha'))
}

const stageLaws: readonly ExerciseLaw[] = [
  {
    name: 'a normalized map times its divisor to the power is the map',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const beta = numberOf(given, 'beta')
      for (const i of channels) {
        const x = tensorOf(given, `x${i}`)
        const back = zip(tensorOf(solved, `normalized${i}`), tensorOf(solved, `divisor${i}`), (b, d) => b * d ** beta)
        expectAllClose(`channel ${i}`, back, x, 64 * slack * (1 + largest(x)) * spread(solved))
      }
    },
  },
  {
    name: 'channels in the opposite order give everything in the opposite order',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const mirrored = await solve({
        ...given,
        ...Object.fromEntries(
          ['x', 'upstream'].flatMap((name) => channels.map((i) => [`${name}${i}`, tensorOf(given, `${name}${5 - i}`)])),
        ),
      })
      for (const name of ['squares', 'normalized', 'inputGradient'])
        for (const i of channels)
          expectAllClose(
            `${name} of channel ${i}`,
            tensorOf(mirrored, `${name}${i}`),
            tensorOf(solved, `${name}${5 - i}`),
            allowedFor(solved, slack),
          )
    },
  },
  {
    name: 'without squares (α = 0) the stage divides by a power of k, and its gradient too',
    async check(given, solve, slack) {
      const solved = await solve({ ...given, alpha: scalar(0) })
      const factor = numberOf(given, 'offset') ** -numberOf(given, 'beta')
      for (const i of channels)
        for (const [name, plain] of [
          [`normalized${i}`, tensorOf(given, `x${i}`)],
          [`inputGradient${i}`, tensorOf(solved, `normalizedGradient${i}`)],
        ] as const) {
          const expected = map(plain, (value) => factor * value)
          expectAllClose(name, tensorOf(solved, name), expected, 64 * slack * (1 + largest(expected)) * spread(solved))
        }
    },
  },
  {
    name: 'the gradient by the maps is the slope of the loss along them',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const gradients = all(solved, 'inputGradient')
      const analytic = gradients.reduce((sum, g, i) => sum + dot(g, tensorOf(given, `x${i + 1}`)), 0)
      // Along the maps themselves the divisor's part of the gradient is known: Σ G·B·(1 − 2β·αS/D).
      const beta = numberOf(given, 'beta')
      const k = numberOf(given, 'offset')
      const expected = channels.reduce((sum, i) => {
        const [g, b, d] = ['normalizedGradient', 'normalized', 'divisor'].map((name) =>
          rowMajor(tensorOf(solved, `${name}${i}`)),
        )
        return sum + g.reduce((part, value, at) => part + value * b[at] * (1 - (2 * beta * (d[at] - k)) / d[at]), 0)
      }, 0)
      expectClose('maps times their gradients', analytic, expected, allowedFor(solved, slack))
    },
  },
  {
    name: 'the outputs are maxima of normalized maps; every window’s gradient goes to one place',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const i of channels) {
        const b = tensorOf(solved, `normalized${i}`)
        const windows = [0, 2].map((start) =>
          [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => b.get(row, start + column))),
        )
        const expected = tensor(
          [1, 2],
          windows.map((window) => Math.max(...window)),
        )
        expectAllClose(`output ${i}`, tensorOf(solved, `pooled${i}`), expected, 4 * slack * (1 + largest(b)))
        const sum = rowMajor(tensorOf(solved, `normalizedGradient${i}`)).reduce((total, value) => total + value, 0)
        const given1 = rowMajor(tensorOf(given, `upstream${i}`)).reduce((total, value) => total + value, 0)
        expectClose(`the sum of the gradients of channel ${i}`, sum, given1, 8 * slack * (1 + Math.abs(given1)))
      }
    },
  },
]

const tableLaw: ExerciseLaw = {
  name: 'the architecture, layer by layer, has the parameters and multiply-adds of the table',
  async check(given, solve, slack) {
    const solved = await solve(given)
    const { totals } = walk(alexNet(sizesOf(given)))
    for (const name of ['parameters', 'multiplyAdds'] as const)
      expectClose(name, numberOf(solved, name), totals[name], 64 * slack * totals[name])
  },
}

// Small images do not show receptive fields whole: their law follows in the tests, on a large one.
const [shapesLaw] = chainLaws(chain, network)

export const alexNetLaws: readonly ExerciseLaw[] = [...stageLaws, tableLaw, shapesLaw]
