import fc from 'fast-check'
import { scalar } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { ExerciseLaw, Solve, Values } from '../exercise.js'
import { expectClose } from '../expectation.js'
import { type Activation, connections, connectionsInto, perceptronGiven, sourceOf } from './perceptron.js'

/** Inputs, weights, target and learning rate that one can work with by hand: halves and quarters. */
export function perceptronArbitrary(activation: Activation): fc.Arbitrary<Values> {
  const halves = (bound: number) => fc.integer({ min: -2 * bound, max: 2 * bound }).map((n) => n / 2)
  const targets = activation.operator === 'sigmoid' ? [0, 0.25, 0.5, 0.75, 1] : [-1, -0.5, 0, 0.5, 1]
  const special: Readonly<Record<string, fc.Arbitrary<number>>> = {
    x0: fc.constant(1),
    target: fc.constantFrom(...targets),
    eta: fc.constantFrom(1, 0.5, 0.25, 2),
  }
  const numbers = Object.fromEntries(
    perceptronGiven.map(({ name }) => [name, special[name] ?? halves(name.startsWith('x') ? 2 : 3)]),
  )
  return fc.record(numbers).map((drawn) => Object.fromEntries(Object.entries(drawn).map(([k, v]) => [k, scalar(v)])))
}

/**
 * Whether a perceptron is fit for work by hand: no activation so large that its slope is lost in three decimals, none of 0,
 * where g and its slope hide mistakes, an error to learn from, and weights that differ.
 */
export function isUnsaturated(values: Values): boolean {
  const activations = ['a3', 'a4', 'a5', 'newA3', 'newA4', 'newA5'].map((name) => Math.abs(numberOf(values, name)))
  const weights = ['w35', 'w45'].map((name) => numberOf(values, name))
  return (
    activations.every((a) => a <= 2) &&
    activations.slice(0, 3).every((a) => a >= 0.5) &&
    Math.abs(numberOf(values, 'error')) >= 0.2 &&
    weights.every((w) => w !== 0 && w !== 1) &&
    weights[0] !== weights[1] &&
    activations[0] !== activations[1] &&
    ['x1', 'x2', 'w13', 'w23', 'w14', 'w24'].every((name) => numberOf(values, name) !== 0)
  )
}

/** What holds for ntua/1.1b and c whatever the numbers. E stands for ½(t − y₅)². */
export function perceptronLaws(activation: Activation): readonly ExerciseLaw[] {
  return [
    {
      name: 'the changes are those of gradient descent: η times minus the finite differences of ½(t − y)²',
      async check(given, solve, slack) {
        const eta = numberOf(given, 'eta')
        const solved = await solve(given)
        const changes = connections.map((connection) => numberOf(solved, `step${connection}`))
        for (const pattern of [0, 1, 2, 4]) {
          const signs = connections.map((_, i) => (parity((i + 1) & pattern) ? -1 : 1))
          const slope = await directionalSlope(given, signs, solve, slack)
          const expected = -changes.reduce((sum, change, i) => sum + signs[i] * change, 0) / eta
          const rounding = (slack * scaleOf(given) * changes.reduce((sum, change) => sum + Math.abs(change), 0)) / eta
          expectClose(
            `−Σ±Δw/η over the weights with signs ${signs.map((sign) => (sign > 0 ? '+' : '−')).join('')}`,
            expected,
            slope.value,
            slope.allowed + rounding,
          )
        }
      },
    },
    {
      name: 'a small step lowers ½(t − y)² by η times the squared length of the gradient',
      async check(given, solve, slack) {
        const solved = await solve(given)
        const eta = numberOf(given, 'eta')
        const squared = connections.reduce((sum, name) => sum + (numberOf(solved, `step${name}`) / eta) ** 2, 0)
        const h = Math.sqrt(slack)
        const start = loss(solved, 'error')
        const rateAt = async (rate: number) =>
          (loss(await solve({ ...given, eta: scalar(rate) }), 'newError') - start) / rate
        const [near, far] = await Promise.all([rateAt(h), rateAt(2 * h)])
        const noise = (4 * lossNoise(given, slack)) / h + slack * scaleOf(given) * squared
        expectClose('the loss gained, over η,', near, -squared, 2 * Math.abs(far - near) + noise)
      },
    },
    {
      name: "the derivative from the output is the activation's own",
      async check(given, solve, slack) {
        const solved = await solve(given)
        for (const neuron of ['3', '4', '5']) {
          const y = numberOf(solved, `y${neuron}`)
          const fromOutput = activation.operator === 'sigmoid' ? y * (1 - y) : 1 - y * y
          const own = numberOf(solved, `slope${neuron}`)
          expectClose(`g′ of neuron ${neuron}`, own, fromOutput, 4 * slack * scaleOf(given))
        }
      },
    },
    {
      name: 'exchanging the hidden neurons exchanges what is computed for them and leaves the output',
      async check(given, solve, slack) {
        const [solved, exchanged] = [await solve(given), await solve(exchangeHidden(given))]
        const allowed = 8 * slack * scaleOf(given)
        for (const name of Object.keys(solved)) {
          if (name in given) continue
          const expected = numberOf(solved, name)
          expectClose(
            `${mirrored(name)} of the mirrored network`,
            numberOf(exchanged, mirrored(name)),
            expected,
            allowed,
          )
        }
      },
    },
  ]
}

function parity(bits: number): boolean {
  return [...bits.toString(2)].filter((bit) => bit === '1').length % 2 === 1
}

function loss(solved: Values, error: 'error' | 'newError'): number {
  return numberOf(solved, error) ** 2 / 2
}

/** 1 + the largest Σ|w·x| of a neuron: what rounding errors of a pre-activation grow with. */
function scaleOf(given: Values): number {
  const sums = (['3', '4', '5'] as const).map((neuron) =>
    connectionsInto(neuron).reduce((sum, connection) => {
      const source = sourceOf(connection)
      const input = source.startsWith('x') ? Math.abs(numberOf(given, source)) : 1
      return sum + Math.abs(numberOf(given, `w${connection}`)) * input
    }, 0),
  )
  return 1 + Math.max(...sums)
}

/** What rounding may do to ½(t − y)²: |t − y| ≤ 2, and |g′| ≤ 1 passes on the error of each of two layers. */
function lossNoise(given: Values, slack: number): number {
  return 2 * slack * scaleOf(given) ** 2
}

/**
 * The slope of E in the direction of `signs` by central differences, with what it may be off by: the difference to twice
 * the step bounds what the step leaves out (a third of it, to the leading order), the rest is rounding.
 */
async function directionalSlope(given: Values, signs: readonly number[], solve: Solve, slack: number) {
  const lossAt = async (h: number) => {
    const moved = connections.map((connection, i) => {
      const name = `w${connection}`
      return [name, scalar(numberOf(given, name) + signs[i] * h)] as const
    })
    return loss(await solve({ ...given, ...Object.fromEntries(moved) }), 'error')
  }
  const slopeAt = async (h: number) => {
    const [above, below] = await Promise.all([lossAt(h), lossAt(-h)])
    return (above - below) / (2 * h)
  }
  const h = Math.cbrt(slack) / 8
  const [near, far] = await Promise.all([slopeAt(h), slopeAt(2 * h)])
  return { value: near, allowed: Math.abs(far - near) + (2 * lossNoise(given, slack)) / h }
}

function exchangeHidden(given: Values): Values {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [mirrored(name), value]))
}

/** The name with neurons 3 and 4 exchanged: `w04` for `w03`, `newY4` for `newY3`. */
function mirrored(name: string): string {
  return name.replace(/[34]/, (digit) => (digit === '3' ? '4' : '3'))
}
