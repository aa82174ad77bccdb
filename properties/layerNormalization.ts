import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { constant, repeated, reshaped, transposed } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Law } from './law.js'
import { layerNormCalls, layerNormModel } from './normalization.js'
import {
  areStandard,
  epsilonOf,
  eulerByRow,
  ignoresTheScale,
  onesSayNothing,
  rowsOf,
  withGain,
  withoutAffine,
} from './normalizationLaws.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  times,
  zerosSayNothing,
} from './relations.js'

const simple = { operator: 'layerNorm', calls: layerNormCalls('simple') }
const wide = { operator: 'layerNorm', calls: layerNormCalls('wide') }

function featuresOf(x: Tensor): number {
  return x.shape[x.shape.length - 1]
}

const features = ({ x }: Tensors) => featuresOf(x)

/** Entries of x by f of their value, row and column. */
function byRow(x: Tensor, f: (value: number, row: number, column: number) => number): Tensor {
  const D = featuresOf(x)
  return tensorOf(x.shape, (i) => f(rowMajor(x)[i], Math.floor(i / D), i % D))
}

const laws: Law[] = [
  law({
    ...wide,
    name: 'normalizes each row alone',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const D = featuresOf(inputs.x)
      const row = random.integer(0, inputs.x.size / D - 1)
      const together = await subject.forward(inputs, attributes)
      const x = taken(tensor([inputs.x.size / D, D], rowMajor(inputs.x)), 0, [row])
      const alone = await subject.forward({ ...inputs, x: tensor([D], rowMajor(x)) }, attributes)
      return compare(`row ${row} by itself: y`, alone.y, reshaped(takenFrom(rowsOf(together.y), 0, [row]), [D]))
    },
  }),
  reorders({
    ...wide,
    name: 'reorders its features with those of x, gain and bias',
    inputs: { x: -1, gain: 0, bias: 0 },
    outputs: { y: -1 },
  }),
  law({
    ...simple,
    name: 'is unchanged when a constant is added to a row',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const shifts = tensorOf([inputs.x.size], () => random.integer(-8, 8))
      const plain = await subject.forward(inputs, attributes)
      const x = byRow(inputs.x, (value, row) => value + rowMajor(shifts)[row])
      const { y } = await subject.forward({ ...inputs, x }, attributes)
      return compare('y of shifted rows', y, plain.y)
    },
  }),
  ignoresTheScale({ ...simple, name: 'is unchanged when x is enlarged, and ε with its square' }),
  law({
    ...wide,
    calls: (profile) => layerNormCalls('wide')(profile).map(withoutAffine),
    name: 'changes its sign with x where there is no gain and no bias',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ x: times(inputs.x, -1) }, attributes)
      return compare('y of −x', y, ledger.negate(plain.y))
    },
  }),
  law({
    ...wide,
    calls: (profile) => layerNormCalls('wide')(profile).map(withoutAffine),
    name: 'has rows of mean 0 and variance σ²/(σ² + ε) where there is no gain and no bias',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      return areStandard(rowsOf(y), rowsOf(known(inputs.x)), epsilonOf({ attributes }))
    },
  }),
  law({
    ...wide,
    calls: (profile) => layerNormCalls('wide')(profile).map(withoutAffine),
    name: 'keeps the order of the entries of a row where there is no gain and no bias',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      const [x, D] = [rowMajor(inputs.x), featuresOf(inputs.x)]
      // Each entry of y raised to the largest among those whose x is not larger.
      const raised = y.value.map((value, i) => {
        const from = Math.floor(i / D) * D
        let least = value
        for (let k = from; k < from + D; k++) if (x[k] <= x[i]) least = Math.max(least, y.value[k])
        return least
      })
      return compare('y', y, { ...y, value: raised })
    },
  }),
  law({
    ...wide,
    name: 'gives the bias for rows of equal entries',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const first = byRow(inputs.x, (_, row) => rowMajor(inputs.x)[row * featuresOf(inputs.x)])
      const { y } = await subject.forward({ ...inputs, x: first }, attributes)
      const bias = inputs.bias ?? tensorOf([featuresOf(inputs.x)], () => 0)
      return compare('y of rows of equal entries', y, repeated(known(bias), y.shape))
    },
  }),
  law({
    ...simple,
    name: 'is half the difference over its root, as √(δ² + ε), for a row of two',
    check: async ({ call: { attributes }, subject }, random) => {
      const [left, right] = [random.integer(-6, 6), random.integer(-6, 6)]
      const half = (left - right) / 2
      const { y } = await subject.forward({ x: tensor([2], [left, right]) }, attributes)
      const entry = half / Math.sqrt(half * half + epsilonOf({ attributes }))
      return compare(`y of [${left}, ${right}]`, y, known(tensor([2], [entry, -entry])))
    },
  }),
  isAdditive({
    ...simple,
    name: 'is affine in gain',
    calls: (profile) => layerNormCalls('simple')(profile).map(withGain(features)),
    input: 'gain',
    affine: true,
  }),
  isHomogeneous({
    ...simple,
    name: 'scales with gain and bias',
    calls: (profile) => layerNormCalls('simple')(profile).map(withGain(features)),
    inputs: ['gain', 'bias'],
    degree: 1,
  }),
  zerosSayNothing({
    ...wide,
    name: 'takes a bias of zeros for none',
    input: 'bias',
    shape: ({ x }) => [featuresOf(x)],
  }),
  onesSayNothing({ ...wide, name: 'takes a gain of ones for none', features }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'has gradients with respect to x that sum to zero in each row',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x } = await subject.backward(inputs, attributes, gradients)
      const sums = ledger.sum(rowsOf(x), 'common')
      return compare('Σ ∂L/∂x of each row', sums, constant(sums.shape, 0))
    },
  }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'obeys Euler’s identity in each row, but for what ε keeps',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { bias: _, ...unbiased } = inputs
      const { y } = await subject.forward(unbiased, attributes)
      const { x } = await subject.backward(inputs, attributes, gradients)
      const rows = rowsOf(known(inputs.x))
      return eulerByRow(rowsOf(x), rows, rowsOf(y), rowsOf(known(gradients.y)), epsilonOf({ attributes }))
    },
  }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'sums the gradient over the rows for the bias, and with x̂ for the gain',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const D = featuresOf(inputs.x)
      const gain = inputs.gain ?? tensorOf([D], () => 1)
      const bias = inputs.bias ?? tensorOf([D], () => 0)
      const gradient = await subject.backward({ x: inputs.x, gain, bias }, attributes, gradients)
      const { y: normalized } = await subject.forward({ x: inputs.x }, attributes)
      const g = rowsOf(known(gradients.y))
      return [
        compare('∂L/∂bias', gradient.bias, ledger.sum(transposed(g))),
        compare('∂L/∂gain', gradient.gain, ledger.sum(transposed(ledger.multiply(g, rowsOf(normalized))))),
      ]
    },
  }),
]

/** gain⊙(x − μ)/√(σ² + ε) + bias along the last axis. (Layer Normalization, 2016, equation 4) */
export const layerNorm: OperatorProperties = {
  operator: 'layerNorm',
  model: layerNormModel,
  calls: layerNormCalls,
  smooth: layerNormCalls('smooth'),
  laws,
}
