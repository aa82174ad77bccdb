import fc from 'fast-check'
import { type Approximation, blank, constant, gather } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { type DataKind, sizes } from './data.js'
import { isShading } from './functions.js'
import type { Model } from './model.js'
import { known, law, ledger, takenFrom, tensorOf } from './relations.js'

/** log 10000, the size of the exponent from which a platform may compute 10000^−x. */
const logBase = Math.log(10_000)

const model: Model = {
  shapes: (_, { length, dim }) => ({ y: [Number(length), Number(dim)] }),
  /**
   * sin and cos of t/10000^(2i/dim). The angle is off by a few roundings, by those of the power's exponent (at most log 10000)
   * and by what the platform's exponential adds; a shading language's sine is good to 2⁻¹¹.
   */
  forward: ({ profile }, _, attributes) => {
    const [length, dim] = [Number(attributes.length), Number(attributes.dim)]
    const u = profile.unitRoundoff
    const y = blank([length, dim])
    for (let t = 0; t < length; t++)
      for (let column = 0; column < dim; column++) {
        const exponent = (logBase * (column - (column % 2))) / dim
        const angle = t * Math.exp(-exponent)
        const power = exponent === 0 ? 0 : 2 * exponent * u + profile.exp(-exponent, 1)
        const error = angle * (6 * u + power) + (isShading(profile) ? 2 ** -11 : 0)
        const i = t * dim + column
        y.value[i] = column % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
        y.bound[i] = Math.min(error + 4 * u, 2 + 2 ** -8)
        y.variance[i] = (2 / 3) * y.bound[i] ** 2
      }
    return { y }
  },
}

/** Lengths: small, and in one case of eight longer than 1,000, where angles are large. */
function lengths(kind: DataKind): fc.Arbitrary<number> {
  if (kind !== 'wide') return sizes(9)
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 7, arbitrary: sizes(9) },
    { weight: 1, arbitrary: fc.integer({ min: 1001, max: 1100 }) },
  )
}

const calls = completeCalls('positionalEncoding', model, (kind) =>
  fc
    .record({ length: lengths(kind), half: sizes(6) })
    .map(({ length, half }) => ({ inputs: {}, attributes: { length, dim: 2 * half } })),
)

const short = { operator: 'positionalEncoding', calls: calls('simple') }
const wide = { operator: 'positionalEncoding', calls: calls('wide') }

/** The sines, or the cosines, of an encoding: every other column. */
function columns(y: Approximation, first: 0 | 1): Approximation {
  const [, dim] = y.shape
  return takenFrom(
    y,
    1,
    Array.from({ length: dim / 2 }, (_, i) => 2 * i + first),
  )
}

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i)
}

/** The sines and cosines of the positions. (Attention Is All You Need, 2017, section 3.5) */
export const positionalEncoding: OperatorProperties = {
  operator: 'positionalEncoding',
  model,
  calls,
  laws: [
    law({
      ...wide,
      name: 'is 0, 1, 0, 1, … at position 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const first = takenFrom(y, 0, [0])
        return compare('y', first, known(tensorOf(first.shape, (i) => i % 2)))
      },
    }),
    law({
      ...wide,
      name: 'has pairs of columns whose squares add up to one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const [sines, cosines] = [columns(y, 0), columns(y, 1)]
        const sum = ledger.add(ledger.square(sines), ledger.square(cosines))
        return compare('sin² + cos²', sum, constant(sum.shape, 1))
      },
    }),
    law({
      ...wide,
      name: 'turns every pair by the same angle from one position to the next',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const more = Number(attributes.length) + 1
        const { y } = await subject.forward(inputs, { ...attributes, length: more })
        const by = random.integer(1, more - 1)
        const from = upTo(more - by)
        const rows = (a: Approximation, order: number[]) => takenFrom(a, 0, order)
        const [sin, cos] = [columns(y, 0), columns(y, 1)]
        const turn = from.map(() => by)
        const product = (a: Approximation, b: Approximation) => ledger.multiply(rows(a, from), rows(b, turn))
        const moved = from.map((t) => t + by)
        return [
          compare(`sin at ${by} positions on`, rows(sin, moved), ledger.add(product(sin, cos), product(cos, sin))),
          compare(`cos at ${by} positions on`, rows(cos, moved), ledger.subtract(product(cos, cos), product(sin, sin))),
        ]
      },
    }),
    law({
      ...wide,
      name: 'keeps its first positions in a longer sequence',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const length = Number(attributes.length)
        const { y } = await subject.forward(inputs, attributes)
        const longer = await subject.forward(inputs, { ...attributes, length: length + random.integer(1, 3) })
        return compare('y of a longer sequence', takenFrom(longer.y, 0, upTo(length)), y)
      },
    }),
    law({
      ...wide,
      name: 'turns its first pair by one radian a position',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const first = takenFrom(y, 1, [0, 1])
        const wave = (i: number) => (i % 2 === 0 ? Math.sin(i / 2) : Math.cos((i - 1) / 2))
        return compare('the first pair', first, known(tensorOf(first.shape, wave)))
      },
    }),
    law({
      ...wide,
      name: 'has every pair again, among others, for twice the dimension',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const dim = Number(attributes.dim)
        const { y } = await subject.forward(inputs, attributes)
        const { y: double } = await subject.forward(inputs, { ...attributes, dim: 2 * dim })
        const same = upTo(dim).map((column) => 2 * (column - (column % 2)) + (column % 2))
        return compare('every other pair for twice the dimension', takenFrom(double, 1, same), y)
      },
    }),
    law({
      ...short,
      name: 'turns the pair in the middle by a hundredth of a radian a position',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const dim = 2 * Number(attributes.dim)
        const { y } = await subject.forward(inputs, { ...attributes, dim })
        const rows = upTo(Number(attributes.length))
        const middle = gather(
          y,
          [rows.length, 2],
          rows.flatMap((t) => [t * dim + dim / 2, t * dim + dim / 2 + 1]),
        )
        const wave = (i: number) => (i % 2 === 0 ? Math.sin(i / 200) : Math.cos((i - 1) / 200))
        return compare('the pair in the middle', middle, known(tensorOf(middle.shape, wave)))
      },
    }),
  ],
}
