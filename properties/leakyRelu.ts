import fc from 'fast-check'
import { rowMajor } from '../oracle/tensor.js'
import { exact } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import { parameter } from './functions.js'
import type { Model } from './model.js'
import { representable } from './profile.js'
import { actsEntryByEntry, isHomogeneous, known, law, ledger, tensorOf, times, toTheBit } from './relations.js'

const model: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  /** x where x > 0, else negativeSlope·x; also as max(0, x) + negativeSlope·min(0, x). */
  forward: (arithmetic, { x }, { negativeSlope }) => {
    const slope = parameter(arithmetic, x.shape, Number(negativeSlope))
    const negative = arithmetic.multiply(exact(x), slope)
    return { y: chooseBySign(x, exact(x), negative) }
  },
  backward: (arithmetic, { x }, { negativeSlope }, { y }) => {
    const slope = parameter(arithmetic, x.shape, Number(negativeSlope))
    return { x: chooseBySign(x, exact(y), arithmetic.multiply(exact(y), slope)) }
  },
}

type Numbers = ReturnType<typeof exact>

/** The entries of one approximation where x > 0, those of the other elsewhere. */
function chooseBySign(x: Parameters<typeof exact>[0], positive: Numbers, other: Numbers): Numbers {
  const data = rowMajor(x)
  const pick = (part: 'value' | 'bound' | 'variance') =>
    positive[part].map((entry, i) => (data[i] > 0 ? entry : other[part][i]))
  return { shape: x.shape, value: pick('value'), bound: pick('bound'), variance: pick('variance') }
}

const calls = completeCalls('leakyRelu', model, (kind, profile) =>
  fc
    .record({
      shape: fc.array(sizes(4), { maxLength: 4 }),
      x: fillings(kind, profile),
      negativeSlope: perhaps(
        fc.constantFrom(...[0.01, 0.5, 0, 1, 0.25, 2, 0.3].map((slope) => representable(profile, slope))),
      ),
    })
    .map(({ shape, x, negativeSlope }) => ({
      inputs: { x: fill(shape, x, profile) },
      attributes: chosen({ negativeSlope }),
    })),
)

const simple = { operator: 'leakyRelu', calls: calls('simple') }
const wide = { operator: 'leakyRelu', calls: calls('wide') }

/** max(0, x) + negativeSlope·min(0, x). (Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013) */
export const leakyRelu: OperatorProperties = {
  operator: 'leakyRelu',
  model,
  calls,
  hasKinks: true,
  laws: [
    actsEntryByEntry({ ...wide, name: 'acts on every entry alone' }),
    isHomogeneous({
      ...simple,
      name: 'scales with x by a positive factor',
      inputs: ['x'],
      degree: 1,
      factors: [0.5, 2, 4],
    }),
    law({
      ...wide,
      name: 'leaves what is positive, and 0, as it is',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const x = tensorOf(inputs.x.shape, (i) => Math.abs(rowMajor(inputs.x)[i]))
        const { y } = await subject.forward({ x }, attributes)
        return compare('y of |x|', toTheBit(y), known(x))
      },
    }),
    law({
      ...wide,
      name: 'is the identity for a negativeSlope of 1',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { negativeSlope: 1 })
        return compare('y', y, known(inputs.x))
      },
    }),
    law({
      ...wide,
      name: 'is 0 for what is negative and a negativeSlope of 0',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { negativeSlope: 0 })
        return compare('y', y, known(tensorOf(inputs.x.shape, (i) => Math.max(0, rowMajor(inputs.x)[i]))))
      },
    }),
    law({
      ...simple,
      name: 'is proportional to the negativeSlope where x is negative',
      check: async ({ call: { inputs }, subject }) => {
        const x = tensorOf(inputs.x.shape, (i) => -Math.abs(rowMajor(inputs.x)[i]))
        const one = await subject.forward({ x }, { negativeSlope: 0.125 })
        const four = await subject.forward({ x }, { negativeSlope: 0.5 })
        return compare('y for a slope of 0.5, against four times that for 0.125,', four.y, ledger.scale(one.y, 4))
      },
    }),
    law({
      ...simple,
      name: 'parts into (1 + negativeSlope)·x over x and −x',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const { y: mirrored } = await subject.forward({ x: times(inputs.x, -1) }, attributes)
        const total = parameter(ledger, inputs.x.shape, 1 + Number(attributes.negativeSlope))
        return compare('f(x) − f(−x)', ledger.subtract(y, mirrored), ledger.multiply(known(inputs.x), total))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has the slope negativeSlope at 0',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { x } = await subject.backward({ x: times(inputs.x, 0) }, { negativeSlope: 0.25 }, gradients)
        return compare('∂L/∂x at 0', x, ledger.scale(known(gradients.y), 0.25))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'hands the gradient on as it is where x is positive',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const x = tensorOf(inputs.x.shape, (i) => Math.abs(rowMajor(inputs.x)[i]) || 1)
        const gradient = await subject.backward({ x }, attributes, gradients)
        return compare('∂L/∂x at |x|', toTheBit(gradient.x), known(gradients.y))
      },
    }),
  ],
}
