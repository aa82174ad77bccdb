import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, joined, reshaped } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, sizes } from './data.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { actsEntryByEntry, isHomogeneous, known, law, ledger, plus, tensorOf, times, toTheBit } from './relations.js'

function column(x: Approximation): Approximation {
  return reshaped(x, [x.value.length, 1])
}

const sgdModel: Model = {
  shapes: ({ parameter }) => ({ parameter: parameter.shape, velocity: parameter.shape }),
  /** v = g + decay·p + momentum·v₀ as one sum, and p − rate·v; each product may be formed first. */
  forward: (arithmetic, { parameter, gradient, velocity }, { learningRate, momentum, weightDecay }) => {
    const terms: [Tensor, number][] = [
      [gradient, 1],
      [parameter, Number(weightDecay)],
    ]
    if (velocity !== undefined) terms.push([velocity, Number(momentum)])
    const sum = arithmetic.matmul(
      joined(terms.map(([x]) => column(exact(x)))),
      exact(
        tensor(
          [terms.length, 1],
          terms.map(([, factor]) => factor),
        ),
      ),
    )
    const next = reshaped(sum, parameter.shape)
    const rate = Number(learningRate)
    const size = (i: number) =>
      terms.reduce((total, [x, factor]) => total + rate * Math.abs(factor * rowMajor(x)[i]), 0) +
      Math.abs(rowMajor(parameter)[i])
    const moved = arithmetic.subtract(exact(parameter), arithmetic.scale(next, rate))
    return { parameter: arithmetic.widen(moved, (i) => 2 * arithmetic.profile.unitRoundoff * size(i)), velocity: next }
  },
}

const factors: Limits = { multiplied: true }

/** A number that the platform holds. */
function numbers(profile: Profile, ...values: number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...values.map((value) => representable(profile, value)))
}

const sgdCalls = completeCalls(
  'sgd',
  sgdModel,
  (kind, profile) =>
    fc
      .record({
        shape: fc.array(sizes(4), { maxLength: 3 }),
        parameter: fillings(kind, profile, factors),
        gradient: fillings(kind, profile, factors),
        velocity: perhaps(fillings(kind, profile, factors)),
        learningRate: numbers(profile, 1, 0.1, 0.01, 2, 0),
        momentum: perhaps(numbers(profile, 0, 0.9, 0.5, 1)),
        weightDecay: perhaps(numbers(profile, 0, 0.01, 1)),
      })
      .map(({ shape, parameter, gradient, velocity, ...attributes }) => ({
        inputs: present({
          parameter: fill(shape, parameter, profile),
          gradient: fill(shape, gradient, profile),
          velocity: velocity && fill(shape, velocity, profile),
        }),
        attributes: chosen(attributes),
      })),
  factors,
)

const simple = { operator: 'sgd', calls: sgdCalls('simple') }
const wide = { operator: 'sgd', calls: sgdCalls('wide') }

function zeros(x: Tensor): Tensor {
  return tensorOf(x.shape, () => 0)
}

export const sgd: OperatorProperties = {
  operator: 'sgd',
  model: sgdModel,
  calls: sgdCalls,
  laws: [
    actsEntryByEntry({ ...wide, name: 'acts on every entry alone' }),
    isHomogeneous({
      ...simple,
      name: 'scales with parameter, gradient and velocity',
      inputs: ['parameter', 'gradient', 'velocity'],
      degree: 1,
    }),
    law({
      ...wide,
      name: 'leaves the parameter where it is for a learning rate of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { parameter } = await subject.forward(inputs, { ...attributes, learningRate: 0 })
        return compare('parameter', toTheBit(parameter), known(inputs.parameter))
      },
    }),
    law({
      ...wide,
      name: 'leaves the parameter where it is for a gradient of 0, without decay and velocity',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const resting = { parameter: inputs.parameter, gradient: zeros(inputs.parameter) }
        const { parameter, velocity } = await subject.forward(resting, { ...attributes, weightDecay: 0 })
        return [
          compare('parameter', toTheBit(parameter), known(inputs.parameter)),
          compare('velocity', toTheBit(velocity), constant(velocity.shape, 0)),
        ]
      },
    }),
    law({
      ...wide,
      name: 'moves the parameter by learningRate times the new velocity, downhill',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { parameter, velocity } = await subject.forward(inputs, attributes)
        const step = ledger.scale(velocity, -Number(attributes.learningRate))
        return compare('parameter', parameter, ledger.add(known(inputs.parameter), step))
      },
    }),
    law({
      ...wide,
      name: 'forgets the velocity for a momentum of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { velocity: _, ...without } = inputs
        const settings = { ...attributes, momentum: 0 }
        const moving = { ...without, velocity: inputs.velocity ?? inputs.gradient }
        const [one, other] = [await subject.forward(without, settings), await subject.forward(moving, settings)]
        return [
          compare('parameter with a velocity', other.parameter, one.parameter),
          compare('velocity with a velocity', other.velocity, one.velocity),
        ]
      },
    }),
    law({
      ...wide,
      name: 'starts from rest where no velocity is given',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { velocity: _, ...without } = inputs
        const resting = { ...without, velocity: zeros(inputs.parameter) }
        const [one, other] = [await subject.forward(without, attributes), await subject.forward(resting, attributes)]
        return [
          compare('parameter with a velocity of zeros', other.parameter, one.parameter),
          compare('velocity with a velocity of zeros', other.velocity, one.velocity),
        ]
      },
    }),
    law({
      ...simple,
      name: 'keeps a velocity of momentum times the old one, apart from the gradient',
      check: async ({ call: { inputs }, subject }) => {
        const velocity = inputs.velocity ?? inputs.gradient
        const still = { parameter: inputs.parameter, gradient: zeros(inputs.parameter), velocity }
        const after = await subject.forward(still, { learningRate: 1, momentum: 0.5, weightDecay: 0 })
        return compare('velocity', after.velocity, ledger.scale(known(velocity), 0.5))
      },
    }),
    law({
      ...simple,
      name: 'takes weight decay for a gradient of weightDecay times the parameter',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const decayed = await subject.forward(inputs, { ...attributes, weightDecay: 0.5 })
        const gradient = plus(inputs.gradient, times(inputs.parameter, 0.5))
        const added = await subject.forward({ ...inputs, gradient }, { ...attributes, weightDecay: 0 })
        return [
          compare('parameter with the decay in the gradient', added.parameter, decayed.parameter),
          compare('velocity with the decay in the gradient', added.velocity, decayed.velocity),
        ]
      },
    }),
  ],
}
