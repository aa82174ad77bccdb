import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor, zeros } from '../oracle/tensor.js'
import { type Approximation, gather } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { backwards } from './images.js'
import type { Call, Law } from './law.js'
import { changed, refuses } from './refusals.js'
import {
  denominators,
  dropoutCalls,
  dropoutModel,
  localResponseNormCalls,
  localResponseNormModel,
} from './regularization.js'
import {
  actsEntryByEntry,
  inner,
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  obeysEuler,
  plus,
  taken,
  takenFrom,
  tensorOf,
  times,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
} from './relations.js'

const response = { operator: 'localResponseNorm', calls: localResponseNormCalls }
const [simpleResponse, wideResponse] = [
  { operator: 'localResponseNorm', calls: localResponseNormCalls('simple') },
  { operator: 'localResponseNorm', calls: localResponseNormCalls('wide') },
]

function numberOf(attributes: Attributes, name: string): number {
  return Number(attributes[name])
}

const responseLaws: Law[] = [
  refuses(response, 'an even number of neighbours', (call) =>
    changed(call, 'size', numberOf(call.attributes, 'size') + 1),
  ),
  refuses(response, 'a k of zero', (call) => changed(call, 'k', 0)),
  treatsSlicesAlone({ ...wideResponse, name: 'treats each image alone', inputs: { x: 0 }, outputs: { y: 0 } }),
  treatsSlicesAlone({ ...wideResponse, name: 'treats each row of pixels alone', inputs: { x: 2 }, outputs: { y: 2 } }),
  treatsSlicesAlone({
    ...wideResponse,
    name: 'treats each column of pixels alone',
    inputs: { x: 3 },
    outputs: { y: 3 },
  }),
  isHomogeneous({
    ...wideResponse,
    name: 'changes its sign with x',
    inputs: ['x'],
    degree: 1,
    factors: [-1],
  }),
  law({
    ...wideResponse,
    name: 'is mirrored when the channels are mirrored',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const order = backwards(inputs.x.shape[1])
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ x: taken(inputs.x, 1, order) }, attributes)
      return compare('y, channels mirrored,', takenFrom(y, 1, order), plain.y)
    },
  }),
  law({
    ...wideResponse,
    name: 'leaves x unchanged for beta = 0',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, { ...attributes, beta: 0 })
      return compare('y', y, known(inputs.x))
    },
  }),
  law({
    ...wideResponse,
    name: 'divides by k to the power of beta for alpha = 0',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, { ...attributes, alpha: 0 })
      const power = numberOf(attributes, 'k') ** numberOf(attributes, 'beta')
      return compare('y', y, ledger.divideBy(known(inputs.x), power))
    },
  }),
  law({
    ...wideResponse,
    name: 'is never larger than x divided by k to the power of beta',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      const largest = ledger.divideBy(known(inputs.x), numberOf(attributes, 'k') ** numberOf(attributes, 'beta'))
      const limited = y.value.map((value, i) => {
        const most = Math.abs(largest.value[i])
        return Math.min(Math.max(value, -most), most)
      })
      return compare('y', y, { ...largest, value: limited })
    },
  }),
  law({
    ...simpleResponse,
    name: 'is enlarged with x where alpha falls with the square',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const factor = [2, 4][random.integer(0, 1)]
      const plain = await subject.forward(inputs, attributes)
      const settings = { ...attributes, alpha: numberOf(attributes, 'alpha') / factor ** 2 }
      const { y } = await subject.forward({ x: times(inputs.x, factor) }, settings)
      return compare(`y of x times ${factor}`, y, ledger.scale(plain.y, factor))
    },
  }),
  law({
    ...simpleResponse,
    name: 'falls by a power of what k and alpha are enlarged by',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [k, alpha] = [4 * numberOf(attributes, 'k'), 4 * numberOf(attributes, 'alpha')]
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward(inputs, { ...attributes, k, alpha })
      const power = 4 ** numberOf(attributes, 'beta')
      return compare('y for four times k and alpha', ledger.scale(y, power), plain.y)
    },
  }),
  law({
    ...simpleResponse,
    name: 'is x/(1 + x²) for a size, alpha, beta and k of 1',
    check: async ({ call: { inputs }, subject }) => {
      const { y } = await subject.forward(inputs, { size: 1, alpha: 1, beta: 1, k: 1 })
      const x = known(inputs.x)
      return compare('y', y, ledger.divide(x, ledger.shift(ledger.square(x), 1)))
    },
  }),
  law({
    ...simpleResponse,
    name: 'takes the share alpha/size of each neighbour’s square, at the ends too',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const settings = { ...attributes, alpha: 1, beta: 1, k: 1 }
      const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => 1) }, settings)
      const size = numberOf(attributes, 'size')
      const [, C, H, W] = inputs.x.shape
      const expected = tensorOf(inputs.x.shape, (i) => {
        const channel = Math.floor(i / (H * W)) % C
        const neighbours = Array.from({ length: C }, (_, c) => c).filter((c) => 2 * Math.abs(c - channel) < size)
        return 1 / (1 + neighbours.length / size)
      })
      return compare('y of an image of ones', y, known(expected))
    },
  }),
  law({
    ...wideResponse,
    name: 'does not look beyond its neighbours',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const [, C, H, W] = inputs.x.shape
      const channel = random.integer(0, C - 1)
      const x = tensorOf(inputs.x.shape, (i) => (Math.floor(i / (H * W)) % C === channel ? 3 : rowMajor(inputs.x)[i]))
      const far = Array.from({ length: C }, (_, c) => c).filter(
        (c) => 2 * Math.abs(c - channel) >= numberOf(attributes, 'size'),
      )
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ x }, attributes)
      return compare(`y with channel ${channel} changed`, takenFrom(y, 1, far), takenFrom(plain.y, 1, far))
    },
  }),
  law({
    ...wideResponse,
    kind: 'gradient',
    backward: true,
    name: 'hands the gradient on unchanged for beta = 0',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x } = await subject.backward(inputs, { ...attributes, beta: 0 }, gradients)
      return compare('∂L/∂x', x, known(gradients.y))
    },
  }),
  law({
    ...simpleResponse,
    kind: 'gradient',
    backward: true,
    name: 'obeys Euler’s identity, less what the neighbours’ squares take',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      const { x: gradient } = await subject.backward(inputs, attributes, gradients)
      // The loss grows with x by g·y·(1 − 2·beta·(D − k)/D) at each entry.
      const D = denominators(ledger, known(inputs.x), attributes)
      const share = ledger.divide(ledger.shift(D, -numberOf(attributes, 'k')), D)
      const growth = ledger.shift(ledger.scale(share, -2 * numberOf(attributes, 'beta')), 1)
      return compare(
        '⟨∂L/∂x, x⟩',
        inner(gradient, known(inputs.x)),
        inner(ledger.multiply(y, growth), known(gradients.y)),
      )
    },
  }),
]

export const localResponseNorm: OperatorProperties = {
  operator: 'localResponseNorm',
  model: localResponseNormModel,
  calls: localResponseNormCalls,
  smooth: localResponseNormCalls('smooth'),
  laws: responseLaws,
}

const [simple, wide] = [
  { operator: 'dropout', calls: dropoutCalls('simple') },
  { operator: 'dropout', calls: dropoutCalls('wide') },
]

/** The call with another mask. */
function masked({ inputs }: Call, mask: (i: number) => number): { x: Tensor; mask: Tensor } {
  return { x: inputs.x, mask: tensorOf(inputs.x.shape, mask) }
}

/** The entries of an answer where the mask has this bit. */
function where(a: Approximation, mask: Tensor, bit: number): Approximation {
  const places = Array.from(rowMajor(mask), (value, i) => (value === bit ? i : -1)).filter((i) => i >= 0)
  return gather(a, [places.length], places)
}

const dropoutLaws: Law[] = [
  refuses({ operator: 'dropout', calls: dropoutCalls }, 'a probability of one', (call) => changed(call, 'p', 1)),
  actsEntryByEntry({ ...wide, name: 'acts entry by entry' }),
  isAdditive({ ...simple, name: 'is additive in x', input: 'x' }),
  isHomogeneous({ ...simple, name: 'scales with x', inputs: ['x'], degree: 1 }),
  law({
    ...wide,
    name: 'is exactly zero where the mask is 0',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const dropped = where((await subject.forward(inputs, attributes)).y, inputs.mask, 0)
      return compare('y where it is dropped', toTheBit(dropped), known(tensorOf(dropped.shape, () => 0)))
    },
  }),
  law({
    ...wide,
    name: 'leaves x unchanged for p = 0 where the mask is 1',
    check: async ({ call: { inputs }, subject }) => {
      const { y } = await subject.forward(inputs, { p: 0 })
      return compare('y where it is kept', where(y, inputs.mask, 1), where(known(inputs.x), inputs.mask, 1))
    },
  }),
  law({
    ...wide,
    name: 'is x again, times 1 − p, where the mask is 1',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      const smaller = ledger.scale(y, 1 - Number(attributes.p))
      return compare('(1 − p)·y', where(smaller, inputs.mask, 1), where(known(inputs.x), inputs.mask, 1))
    },
  }),
  law({
    ...wide,
    name: 'has x as its mean over masks that keep an entry with probability 1 − p',
    check: async ({ call, subject }) => {
      const p = Number(call.attributes.p)
      const all = await subject.forward(
        masked(call, () => 1),
        call.attributes,
      )
      const none = await subject.forward(
        masked(call, () => 0),
        call.attributes,
      )
      const mean = ledger.add(ledger.scale(all.y, 1 - p), ledger.scale(none.y, p))
      return compare('(1 − p)·y of a mask of ones + p·y of one of zeros', mean, known(call.inputs.x))
    },
  }),
  law({
    ...wide,
    name: 'adds up with the opposite mask to what it gives with none dropped',
    check: async ({ call, subject }) => {
      const bits = rowMajor(call.inputs.mask)
      const all = await subject.forward(
        masked(call, () => 1),
        call.attributes,
      )
      const some = await subject.forward(call.inputs, call.attributes)
      const others = await subject.forward(
        masked(call, (i) => 1 - bits[i]),
        call.attributes,
      )
      return compare('y and y of the opposite mask', ledger.add(some.y, others.y), all.y)
    },
  }),
  law({
    ...simple,
    name: 'does not look at what it drops',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const bits = rowMajor(inputs.mask)
      const other = rowMajor(plus(inputs.x, wholeNumbers(inputs.x.shape, random)))
      const x = tensorOf(inputs.x.shape, (i) => (bits[i] === 1 ? rowMajor(inputs.x)[i] : other[i]))
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ ...inputs, x }, attributes)
      return compare('y with dropped entries changed', toTheBit(y), toTheBit(plain.y))
    },
  }),
  obeysEuler({ ...wide, name: "obeys Euler's identity", input: 'x', output: 'y', degree: 1 }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'does to the gradient what it does to x',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x } = await subject.backward(inputs, attributes, gradients)
      const { y } = await subject.forward({ x: gradients.y ?? zeros(inputs.x.shape), mask: inputs.mask }, attributes)
      return compare('∂L/∂x', x, y)
    },
  }),
]

export const dropout: OperatorProperties = {
  operator: 'dropout',
  model: dropoutModel,
  calls: dropoutCalls,
  smooth: dropoutCalls('smooth'),
  laws: dropoutLaws,
}
