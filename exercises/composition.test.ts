import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { composed } from './composition.js'
import { normalTensor, randomNumbers } from './training.js'

const E = 6
const F = 5

function attention(part: string, random: () => number): Tensors {
  const weights = ['weightQuery', 'weightKey', 'weightValue', 'weightOutput']
  const biases = ['biasQuery', 'biasOutput']
  return Object.fromEntries([
    ...weights.map((name) => [`${part}.${name}`, normalTensor([E, E], 0.5, random)]),
    ...biases.map((name) => [`${part}.${name}`, normalTensor([E], 0.5, random)]),
  ])
}

function inputsOf(kind: 'encoderLayer' | 'decoderLayer', random: () => number): Tensors {
  const norms = kind === 'encoderLayer' ? ['norm1', 'norm2'] : ['norm1', 'norm2', 'norm3']
  const shared = {
    x: normalTensor([2, 3, E], 1, random),
    'feedForward.weight1': normalTensor([F, E], 0.5, random),
    'feedForward.bias1': normalTensor([F], 0.5, random),
    'feedForward.weight2': normalTensor([E, F], 0.5, random),
    'feedForward.bias2': normalTensor([E], 0.5, random),
    ...Object.fromEntries(
      norms.flatMap((norm) => ['gain', 'bias'].map((name) => [`${norm}.${name}`, normalTensor([E], 1, random)])),
    ),
  }
  if (kind === 'encoderLayer')
    return { ...shared, ...attention('attention', random), mask: tensor([3, 3], [1, 0, 1, 1, 1, 0, 0, 1, 1]) }
  const memory = normalTensor([2, 4, E], 1, random)
  return { ...shared, memory, ...attention('selfAttention', random), ...attention('crossAttention', random) }
}

function expectEqual(actual: Tensors, expected: Tensors): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, x] of Object.entries(expected)) {
    expect([name, actual[name].shape]).toEqual([name, x.shape])
    const values = rowMajor(actual[name])
    // A dozen sums of at most six products of numbers of size 1 to 10, in the same precision.
    for (const [i, value] of rowMajor(x).entries()) expect(Math.abs(values[i] - value)).toBeLessThan(1e-11)
  }
}

describe.each(['encoderLayer', 'decoderLayer'] as const)('%s put together from its parts', (kind) => {
  const random = randomNumbers(6)
  const [operator, parts] = [oracle.operators[kind], composed(oracle.operators)[kind]]
  const attributes = { heads: 2, epsilon: 1e-3 }

  it('has the oracle’s output', async () => {
    const inputs = inputsOf(kind, random)
    expectEqual(await parts.forward(inputs, attributes), await operator.forward(inputs, attributes))
  })

  it('has the oracle’s gradients', async () => {
    const inputs = inputsOf(kind, random)
    const gradients = { y: normalTensor([2, 3, E], 1, random) }
    const [actual, expected] = [
      await parts.backward?.(inputs, attributes, gradients),
      await operator.backward?.(inputs, attributes, gradients),
    ]
    expectEqual(actual ?? {}, expected ?? {})
  })
})
