import fc from 'fast-check'
import { map, rowMajor, type Tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, sizes } from './data.js'
import { parameter, squareRoot } from './functions.js'
import { numbers } from './losses.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
import { actsEntryByEntry, known, law, ledger, plus, tensorOf, times, toTheBit } from './relations.js'

/** 1 − β, from β as the platform holds it. */
function complement(arithmetic: Arithmetic, beta: Approximation): Approximation {
  return arithmetic.shift(arithmetic.negate(beta), 1)
}

/** 1 − β^step; the power, by multiplication or by its logarithm, is off by some roundings a step. */
function correction(arithmetic: Arithmetic, shape: readonly number[], beta: number, step: number): Approximation {
  const u = arithmetic.profile.unitRoundoff
  const held = parameter(arithmetic, [], beta).bound[0]
  const power = beta ** step
  const exponent = beta === 0 ? 0 : -step * Math.log(beta)
  const error = step * held * beta ** (step - 1) + power * u * Math.min(4 + step + 4 * exponent, 8 + 8 * exponent)
  const library = beta === 0 ? 0 : arithmetic.profile.exp(-exponent, power)
  return complement(
    arithmetic,
    arithmetic.widen(constant(shape, power), () => error + library),
  )
}

const model: Model = {
  shapes: ({ parameter }) => ({ parameter: parameter.shape, mean: parameter.shape, variance: parameter.shape }),
  /** m = β₁m + (1 − β₁)g, also as m + (1 − β₁)(g − m); v alike with g²; p − rate·m̂/(√v̂ + ε) */
  forward: (arithmetic, inputs, { step, learningRate, beta1, beta2, epsilon }) => {
    const { shape } = inputs.parameter
    const [p, g, m, v] = [inputs.parameter, inputs.gradient, inputs.mean, inputs.variance].map(exact)
    const u = arithmetic.profile.unitRoundoff
    const average = (beta: number, old: Approximation, next: Approximation) => {
      const weight = parameter(arithmetic, shape, beta)
      const sum = arithmetic.add(
        arithmetic.multiply(weight, old),
        arithmetic.multiply(complement(arithmetic, weight), next),
      )
      return arithmetic.widen(sum, (i) => 2 * u * (Math.abs(old.value[i]) + Math.abs(next.value[i])))
    }
    const mean = average(Number(beta1), m, g)
    const variance = average(Number(beta2), v, arithmetic.square(g))
    const unbiased = (x: Approximation, beta: number) =>
      arithmetic.divide(x, correction(arithmetic, shape, beta, Number(step)))
    const root = squareRoot(arithmetic, unbiased(variance, Number(beta2)))
    const denominator = arithmetic.add(root, parameter(arithmetic, shape, Number(epsilon)))
    const rate = parameter(arithmetic, shape, Number(learningRate))
    const change = arithmetic.divide(arithmetic.multiply(rate, unbiased(mean, Number(beta1))), denominator)
    // The two corrections may be drawn into the rate, and epsilon into the root: some roundings of the step more.
    const roundings = 6 + 2 * arithmetic.profile.division
    const stepped = arithmetic.widen(change, (i) => roundings * u * Math.abs(change.value[i]))
    return { parameter: arithmetic.subtract(p, stepped), mean, variance }
  },
}

const factors: Limits = { multiplied: true, most: 1e7 }

/** Settings that the platform holds well enough: 1 − 0.999 and 10⁻⁸ lose all their digits in the short formats. */
function settings(profile: Profile) {
  const fine = profile.unitRoundoff < 1e-5
  const defaulted = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<number | undefined> =>
    fine ? perhaps(arbitrary) : arbitrary
  const tiny = representable(profile, 2 ** -10)
  return {
    step: fc.constantFrom(1, 1, 2, 3, 10, ...(fine ? [100, 1000] : [])),
    learningRate: perhaps(numbers(profile, 1, 0.1, 0.5, 0, 2)),
    beta1: defaulted(numbers(profile, 0.5, 0.9, 0, 0.75)),
    beta2: defaulted(numbers(profile, 0.5, 0.75, 0, 0.875, ...(fine ? [0.99] : []))),
    epsilon: defaulted(fc.constantFrom(tiny, 1, 0.5)),
  }
}

const calls = completeCalls('adam', model, (kind, profile) =>
  fc
    .record({
      shape: fc.array(sizes(4), { maxLength: 3 }),
      parameter: fillings(kind, profile, factors),
      gradient: fillings(kind, profile, factors),
      mean: fillings(kind, profile, factors),
      variance: fillings(kind, profile, factors),
      ...settings(profile),
    })
    .map(({ shape, parameter, gradient, mean, variance, ...attributes }) => ({
      inputs: {
        parameter: fill(shape, parameter, profile),
        gradient: fill(shape, gradient, profile),
        mean: fill(shape, mean, profile),
        variance: map(fill(shape, variance, profile), Math.abs),
      },
      attributes: chosen(attributes),
    })),
)

const simple = { operator: 'adam', calls: calls('simple') }
const wide = { operator: 'adam', calls: calls('wide') }

function zeros(x: Tensor): Tensor {
  return tensorOf(x.shape, () => 0)
}

/** Settings that every platform holds exactly. */
const exactly = { learningRate: 0.5, beta1: 0.75, beta2: 0.75, epsilon: 2 ** -10 }

/** Steps by the first two moments of the gradient. (Adam: A Method for Stochastic Optimization, 2015, algorithm 1) */
export const adam: OperatorProperties = {
  operator: 'adam',
  model,
  calls,
  laws: [
    actsEntryByEntry({ ...wide, name: 'acts on every entry alone' }),
    refuses({ operator: 'adam', calls }, 'a beta of 1', (call, random) =>
      changed(call, random.next() < 0.5 ? 'beta1' : 'beta2', 1),
    ),
    refuses({ operator: 'adam', calls }, 'a variance below 0', (call, random) => {
      const { variance } = call.inputs
      const at = random.integer(0, variance.size - 1)
      const spoilt = tensorOf(variance.shape, (i) => (i === at ? -0.5 : rowMajor(variance)[i]))
      return exchanged(call, 'variance', spoilt, '-0.5 in variance')
    }),
    law({
      ...wide,
      name: 'takes a first step of the size of the learning rate, against the gradient',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const none = zeros(inputs.parameter)
        const start = { parameter: none, gradient: inputs.gradient, mean: none, variance: none }
        const { parameter: p } = await subject.forward(start, { ...attributes, ...exactly, step: 1 })
        const g = known(inputs.gradient)
        const size = ledger.shift({ ...g, value: g.value.map(Math.abs) }, exactly.epsilon)
        return compare('parameter', p, ledger.scale(ledger.divide(g, size), -exactly.learningRate))
      },
    }),
    law({
      ...wide,
      name: 'leaves the parameter where it is for a learning rate of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { parameter: p } = await subject.forward(inputs, { ...attributes, learningRate: 0 })
        return compare('parameter', toTheBit(p), known(inputs.parameter))
      },
    }),
    law({
      ...wide,
      name: 'leaves the parameter where it is for a gradient and a mean of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const none = zeros(inputs.parameter)
        const still = { ...inputs, gradient: none, mean: none }
        const { parameter: p, mean } = await subject.forward(still, attributes)
        return [
          compare('parameter', toTheBit(p), known(inputs.parameter)),
          compare('mean', toTheBit(mean), constant(mean.shape, 0)),
        ]
      },
    }),
    law({
      ...simple,
      name: 'keeps a mean of three quarters and a quarter of the gradient for a beta1 of ¾',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { mean } = await subject.forward(inputs, { ...attributes, ...exactly })
        const sum = plus(times(inputs.mean, 3), inputs.gradient)
        return compare('mean', mean, ledger.scale(known(sum), 0.25))
      },
    }),
    law({
      ...simple,
      name: 'keeps a variance of seven eighths and an eighth of the squared gradient for a beta2 of ⅞',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { variance } = await subject.forward(inputs, { ...attributes, ...exactly, beta2: 0.875 })
        const squares = map(inputs.gradient, (g) => g * g)
        return compare('variance', variance, ledger.scale(known(plus(times(inputs.variance, 7), squares)), 0.125))
      },
    }),
    law({
      ...wide,
      name: 'forgets the moments for betas of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const settings = { ...attributes, beta1: 0, beta2: 0 }
        const none = zeros(inputs.parameter)
        const [one, other] = [
          await subject.forward(inputs, settings),
          await subject.forward({ ...inputs, mean: none, variance: none }, settings),
        ]
        return Object.keys(one).map((name) => compare(`${name} without moments`, other[name], one[name]))
      },
    }),
    law({
      ...wide,
      name: 'turns its step round with gradient and mean',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const turned = { ...inputs, gradient: times(inputs.gradient, -1), mean: times(inputs.mean, -1) }
        const [one, other] = [await subject.forward(inputs, attributes), await subject.forward(turned, attributes)]
        const still = ledger.scale(known(inputs.parameter), 2)
        return [
          compare('the parameters of both steps together', ledger.add(one.parameter, other.parameter), still),
          compare('mean', other.mean, ledger.negate(one.mean)),
          compare('variance', other.variance, one.variance),
        ]
      },
    }),
    law({
      ...simple,
      name: 'takes the same step wherever the parameter is',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [here, there] = [
          await subject.forward(inputs, attributes),
          await subject.forward({ ...inputs, parameter: map(inputs.parameter, (p) => p + 8) }, attributes),
        ]
        return compare('parameter 8 further on', there.parameter, ledger.shift(here.parameter, 8))
      },
    }),
    law({
      ...simple,
      name: 'takes a step in proportion to the learning rate',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const resting = { ...inputs, parameter: zeros(inputs.parameter) }
        const at = async (learningRate: number) =>
          (await subject.forward(resting, { ...attributes, learningRate })).parameter
        return compare(
          'parameter for rate 2, against four times that for ½,',
          await at(2),
          ledger.scale(await at(0.5), 4),
        )
      },
    }),
    law({
      ...simple,
      name: 'moves by rate·m̂/(√v̂ + epsilon), both moments corrected by 1 − beta^step',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const step = random.integer(1, 3)
        const gradient = tensorOf(inputs.gradient.shape, (i) => rowMajor(inputs.gradient)[i] || 1)
        const resting = { ...inputs, gradient, parameter: zeros(inputs.parameter) }
        const { parameter: p, mean, variance } = await subject.forward(resting, { ...attributes, ...exactly, step })
        const unbiased = (x: Approximation) => ledger.divideBy(x, 1 - 0.75 ** step)
        const size = ledger.shift(squareRoot(ledger, unbiased(variance)), exactly.epsilon)
        const moved = ledger.divide(unbiased(mean), size)
        return compare(`parameter at step ${step}`, p, ledger.scale(moved, -exactly.learningRate))
      },
    }),
  ],
}
