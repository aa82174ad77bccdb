import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Precision } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { laws } from './index.js'
import type { Call } from './law.js'
import { roundTo } from './precision.js'
import { ieee } from './profile.js'

/** Calls that feed the comparison with the oracle, for a subject of this precision. */
function callsOf(operator: string, precision: Precision = 'float64', cases = 1000): Call[] {
  const law = laws.find((each) => each.operator === operator && each.name === 'agrees with the oracle')
  if (law === undefined) throw new Error(`${operator} is not compared with the oracle`)
  return fc.sample(law.calls(ieee(precision)), { seed: 11, numRuns: cases })
}

function share(calls: readonly Call[], interesting: (call: Call) => boolean): number {
  return calls.filter(interesting).length / calls.length
}

function largest(x: Tensor): number {
  return rowMajor(x).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

describe('the cases of the laws', () => {
  // Class of cases, operator, and the least share of its cases that belong to it.
  it.each<[string, string, number, (call: Call) => boolean]>([
    [
      'sums of more than a thousand terms',
      'matmul',
      0.01,
      ({ inputs }) => inputs.a.shape[inputs.a.shape.length - 1] > 1000,
    ],
    [
      'leading dimensions on one side only',
      'matmul',
      0.2,
      ({ inputs }) => inputs.a.shape.length !== inputs.b.shape.length,
    ],
    ['no bias', 'linear', 0.2, ({ inputs }) => inputs.bias === undefined],
    ['scalars', 'sigmoid', 0.05, ({ inputs }) => inputs.x.shape.length === 0],
    ['numbers of 1e7 and more', 'relu', 0.05, ({ inputs }) => largest(inputs.x) >= 1e6],
    ['numbers of 1e20', 'softmax', 0.03, ({ inputs }) => largest(inputs.x) >= 1e18],
    ['logits of ±400', 'softmax', 0.05, ({ inputs }) => largest(inputs.x) >= 100 && largest(inputs.x) < 1e4],
    [
      'large logits with a small spread',
      'logSoftmax',
      0.005,
      ({ inputs }) => {
        const data = rowMajor(inputs.x)
        const [low, high] = [Math.min(...data.slice(0, 50)), Math.max(...data.slice(0, 50))]
        return low > 1e4 && high > low && high - low < 100
      },
    ],
    [
      'an axis that is not the last',
      'softmax',
      0.15,
      ({ inputs, attributes }) => {
        const rank = inputs.x.shape.length
        return (Number(attributes.axis) + rank) % rank !== rank - 1
      },
    ],
    ['exact zeros', 'relu', 0.15, ({ inputs }) => rowMajor(inputs.x).includes(0)],
    ['label smoothing', 'crossEntropy', 0.3, ({ attributes }) => Number(attributes.labelSmoothing) > 0],
    ['a single class', 'crossEntropy', 0.1, ({ inputs }) => inputs.logits.shape[1] === 1],
    ['kernels that are not square', 'conv2d', 0.3, ({ inputs }) => inputs.weight.shape[2] !== inputs.weight.shape[3]],
    [
      'strides larger than the kernel',
      'conv2d',
      0.2,
      ({ inputs, attributes }) => {
        const stride = attributes.stride
        return Array.isArray(stride) && stride.some((step, d) => step > inputs.weight.shape[2 + d])
      },
    ],
    [
      'groups = channels',
      'conv2d',
      0.1,
      ({ inputs, attributes }) => Number(attributes.groups) > 1 && attributes.groups === inputs.x.shape[1],
    ],
    [
      'several channels and images together',
      'conv2d',
      0.3,
      ({ inputs }) => inputs.x.shape[0] > 1 && inputs.x.shape[1] > 1,
    ],
    ['windows of one entry', 'conv2d', 0.05, ({ inputs }) => inputs.weight.shape[2] * inputs.weight.shape[3] === 1],
    [
      'a kernel as large as the padded input',
      'conv2d',
      0.05,
      ({ inputs, attributes }) => {
        const [padding, dilation] = [attributes.padding, attributes.dilation]
        if (!Array.isArray(padding) || !Array.isArray(dilation)) return false
        return [0, 1].every(
          (d) => inputs.x.shape[2 + d] + 2 * padding[d] === dilation[d] * (inputs.weight.shape[2 + d] - 1) + 1,
        )
      },
    ],
    [
      'ties inside of a window',
      'maxPool2d',
      0.2,
      ({ inputs }) => {
        const data = rowMajor(inputs.x)
        return new Set(data).size < data.length
      },
    ],
    ['repeated ids', 'embedding', 0.3, ({ inputs }) => new Set(rowMajor(inputs.ids)).size < inputs.ids.size],
    ['no lengths', 'meanOverTime', 0.2, ({ inputs }) => inputs.lengths === undefined],
    ['an initial state', 'rnn', 0.5, ({ inputs }) => inputs.h0 !== undefined],
    ['a velocity', 'sgd', 0.5, ({ inputs }) => inputs.velocity !== undefined],
  ])('%s are drawn often enough for %s', (_, operator, least, interesting) => {
    expect(share(callsOf(operator), interesting)).toBeGreaterThanOrEqual(least)
  })

  it.each(['float32', 'float16'] as const)('hold only numbers that %s holds', (precision) => {
    for (const operator of Object.keys(contract))
      for (const { inputs, gradients } of callsOf(operator, precision, 100))
        for (const x of [...Object.values(inputs), ...Object.values(gradients)])
          expect(rowMajor(x).every((value) => Number.isFinite(value) && roundTo(precision, value) === value)).toBe(true)
  })

  it('are spread over the scales that matter', () => {
    const sizes = callsOf('tanh').flatMap(({ inputs }) => [...rowMajor(inputs.x)].map(Math.abs).filter((x) => x > 0))
    const between = (low: number, high: number) => sizes.filter((x) => x >= low && x < high).length / sizes.length
    expect(between(1e-3, 1e3)).toBeGreaterThan(0.6)
    expect(between(1e3, 1e30)).toBeGreaterThan(0.1)
    expect(between(0, 1e-3)).toBeGreaterThan(0.03)
  })
})
