import { describe, expect, it } from 'vitest'
import { openBackend } from '../../gpu/index.js'
import { oracle } from '../../oracle/index.js'
import { rowMajor, type Tensor, type Tensors, zip } from '../../oracle/tensor.js'
import { keeperOf } from '../../oracle/unread.js'
import { normalTensor, type Parameters, randomNumbers } from '../training.js'
import { alexNet, alexNetSizes } from './models/alexnet.js'
import { googLeNet, googLeNetSizes } from './models/googlenet.js'
import { resNet, resNetSizes } from './models/resnet.js'
import { Network, seededInputs } from './network.js'
import type { Architecture, Layer } from './notation.js'
import { type Reduction, reduced } from './reduced.js'
import { leaves, walk } from './walker.js'

function onImage(side: number, ...layers: readonly Layer[]): Architecture {
  return { name: 'test', input: { kind: 'image', channels: 2, height: side, width: side + 1 }, layers }
}

function onSequence(...layers: readonly Layer[]): Architecture {
  return { name: 'test', input: { kind: 'sequence', length: 5, width: 6 }, layers }
}

const conv: Layer = { kind: 'conv', filters: 3, kernel: 3 }

/** Every kind of layer, in networks small enough for finite differences. */
const small: Readonly<Record<string, Architecture>> = {
  'convolutions and activations': onImage(
    7,
    { kind: 'conv', filters: 4, kernel: [3, 2], stride: [2, 1], padding: [1, 0], groups: 2 },
    { kind: 'tanh' },
    { kind: 'conv', filters: 4, kernel: 2, dilation: 2, groups: 'channels', bias: false },
    { kind: 'sigmoid' },
    { kind: 'depthwiseSeparableConv', filters: 3, kernel: 2 },
    { kind: 'gelu' },
    { kind: 'softmax' },
  ),
  'poolings rounded up': onImage(
    8,
    conv,
    { kind: 'maxPool', kernel: 3, stride: 2, ceil: true },
    { kind: 'avgPool', kernel: 2, stride: 1, padding: 1 },
    { kind: 'maxPool', kernel: 2, padding: 1, ceil: true },
    { kind: 'adaptiveAvgPool', output: [2, 1] },
  ),
  normalizations: onImage(
    5,
    conv,
    { kind: 'batchNorm' },
    { kind: 'relu' },
    { kind: 'localResponseNorm', size: 3, alpha: 0.5 },
    { kind: 'dropout', p: 0.3 },
    { kind: 'globalAvgPool' },
    { kind: 'flatten' },
    { kind: 'layerNorm' },
    { kind: 'linear', units: 3 },
  ),
  'branches, shortcuts and heads': onImage(
    6,
    {
      kind: 'concatenate',
      branches: [[{ kind: 'conv', filters: 2, kernel: 1 }], [], [{ kind: 'conv', filters: 1, kernel: 3, padding: 1 }]],
    },
    {
      kind: 'residual',
      shortcut: { kind: 'projection', stride: 2, batchNorm: true, bias: false },
      layers: [{ kind: 'conv', filters: 4, kernel: 3, stride: 2, padding: 1 }],
    },
    { kind: 'head', name: 'side', auxiliary: true, layers: [{ kind: 'flatten' }, { kind: 'linear', units: 2 }] },
    {
      kind: 'repeat',
      times: 2,
      layers: [{ kind: 'residual', layers: [{ kind: 'conv', filters: 4, kernel: 3, padding: 1 }] }, { kind: 'tanh' }],
    },
    {
      kind: 'residual',
      shortcut: { kind: 'zeroPadding', stride: 2 },
      layers: [{ kind: 'conv', filters: 6, kernel: 3, stride: 2, padding: 1 }],
    },
    { kind: 'block', layers: [{ kind: 'flatten' }] },
    { kind: 'linear', units: 3 },
  ),
  patches: {
    name: 'test',
    input: { kind: 'image', channels: 2, height: 4, width: 6 },
    layers: [
      { kind: 'patchEmbedding', patch: 2, width: 4 },
      { kind: 'multiHeadAttention', heads: 2 },
      { kind: 'selectToken' },
    ],
  },
  'an encoder of either kind': onSequence(
    { kind: 'classToken' },
    { kind: 'learnedPositions', positions: 8 },
    { kind: 'encoderLayer', heads: 2, feedForward: 8, norm: 'pre', activation: 'gelu' },
    { kind: 'encoderLayer', heads: 3, feedForward: 7, attentionBias: false },
    { kind: 'layerNorm' },
    { kind: 'selectToken', index: 1 },
    { kind: 'linear', units: 3 },
  ),
  'an encoder and a decoder with one table': {
    name: 'test',
    input: { kind: 'tokens', length: 4, vocabulary: 9 },
    inputs: { target: { kind: 'tokens', length: 3, vocabulary: 9 } },
    layers: [
      { kind: 'embedding', name: 'words', width: 6, scaled: true },
      { kind: 'sinusoidalPositions' },
      { kind: 'encoderLayer', name: 'encoder', heads: 2, feedForward: 5 },
      { kind: 'embedding', from: 'target', width: 6, tied: 'words', scaled: true },
      { kind: 'sinusoidalPositions' },
      { kind: 'decoderLayer', memory: 'encoder', heads: 2, feedForward: 5 },
      { kind: 'linear', units: 9, tied: 'words' },
    ],
  },
  'sums of embeddings': {
    name: 'test',
    input: { kind: 'tokens', length: 4, vocabulary: 9 },
    inputs: { segments: { kind: 'tokens', length: 4, vocabulary: 2 } },
    layers: [
      {
        kind: 'add',
        branches: [
          [{ kind: 'embedding', width: 4 }, { kind: 'learnedPositions' }],
          [{ kind: 'embedding', from: 'segments', width: 4 }],
        ],
      },
      { kind: 'multiHeadAttention', heads: 2, causal: true },
      { kind: 'feedForward', width: 5, activation: 'gelu' },
      { kind: 'flatten' },
      { kind: 'linear', units: 2 },
    ],
  },
}

function dot(a: Tensors, b: Tensors): number {
  return Object.keys(a).reduce((sum, name) => {
    const right = rowMajor(b[name])
    return sum + rowMajor(a[name]).reduce((inner, value, i) => inner + value * right[i], 0)
  }, 0)
}

/** Tensors of random numbers, of the shapes of these. */
function alike(tensors: Tensors, seed: number): Tensors {
  const random = randomNumbers(seed)
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, normalTensor(x.shape, 1, random)]))
}

function moved(tensors: Tensors, by: Tensors, step: number): Tensors {
  const at = (x: Tensor, direction: Tensor | undefined) =>
    direction === undefined ? x : zip(x, direction, (a, d) => a + step * d)
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, at(x, by[name])]))
}

describe.each(Object.entries(small))('%s', (_, architecture) => {
  it('answers what the walker predicts, layer by layer, and has the parameters that it counts', async () => {
    const table = walk(architecture)
    const network = new Network(architecture, 5)
    const { answers } = await network.forward(seededInputs(architecture, 2, 6), oracle.operators)
    for (const row of leaves(table.rows))
      expect([row.name, answers.get(row.name)?.shape]).toEqual([row.name, [2, ...row.shape]])
    const built = Object.values(network.parameters).reduce((sum, x) => sum + x.size, 0)
    expect(table.totals.parameters).toBe(built)
  })

  it('has the gradients that finite differences give, in random directions', async () => {
    const network = new Network(architecture, 7)
    const inputs = seededInputs(architecture, 2, 8)
    const run = await network.forward(inputs, oracle.operators)
    const weights = alike(run.outputs, 9)
    const gradients = await run.backward(weights)
    expect(Object.keys(gradients.parameters).sort()).toEqual(Object.keys(network.parameters).sort())
    const loss = async (parameters: Parameters, at: Tensors) =>
      dot(weights, (await network.with(parameters).forward(at, oracle.operators)).outputs)
    const h = 1e-5
    for (const seed of [10, 11, 12]) {
      const direction = alike(gradients.parameters, seed)
      const inputDirection = alike(gradients.inputs, seed + 20)
      const at = (step: number) => loss(moved(network.parameters, direction, step), moved(inputs, inputDirection, step))
      const difference = (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h)
      const slope = dot(direction, gradients.parameters) + dot(inputDirection, gradients.inputs)
      // Differences of order 4: their error is of the order of h⁴, and of rounding over h.
      expect(Math.abs(difference - slope)).toBeLessThan(1e-7 * (1 + Math.abs(slope)))
    }
  })
})

describe('reduced networks', () => {
  const cases: readonly (readonly [string, Architecture, Reduction])[] = [
    ['AlexNet', alexNet(alexNetSizes), { width: 1 / 16 }],
    ['GoogLeNet', googLeNet(googLeNetSizes), { width: 1 / 16 }],
    ['ResNet-50', resNet(resNetSizes(50)), { width: 1 / 16, image: 64 }],
  ]

  it.each(cases)(
    '%s runs forward and backward with the shapes and parameters that are predicted',
    async (_, whole, reduction) => {
      const architecture = reduced(whole, reduction)
      const table = walk(architecture)
      const network = new Network(architecture, 1)
      const run = await network.forward(seededInputs(architecture, 1, 2), oracle.operators)
      for (const row of leaves(table.rows))
        expect([row.name, run.answers.get(row.name)?.shape]).toEqual([row.name, [1, ...row.shape]])
      const { parameters } = await run.backward(alike(run.outputs, 3))
      for (const [name, x] of Object.entries(network.parameters)) {
        expect([name, parameters[name].shape]).toEqual([name, x.shape])
        expect(rowMajor(parameters[name]).every(Number.isFinite)).toBe(true)
      }
      expect(table.totals.parameters).toBe(Object.values(network.parameters).reduce((sum, x) => sum + x.size, 0))
      // The same layers, at the same places, as in the whole network.
      expect(leaves(table.rows).map(({ name }) => name)).toEqual(leaves(walk(whole).rows).map(({ name }) => name))
    },
  )
})

describe('on a device', () => {
  it.each(['branches, shortcuts and heads', 'poolings rounded up', 'sums of embeddings'])(
    'numbers stay there until all are read at once, and gradients point where the oracle’s do: %s',
    async (name) => {
      const network = new Network(small[name], 13)
      const inputs = seededInputs(small[name], 2, 14)
      const expected = await network.forward(inputs, oracle.operators)
      const weights = alike(expected.outputs, 15)
      const should = await expected.backward(weights)
      const backend = await openBackend('cpu')
      const chain = backend.chain()
      try {
        const run = await network.forward(inputs, chain.implementation.operators)
        const { parameters } = await run.backward(weights)
        for (const answer of Object.values(run.outputs)) expect(keeperOf(answer)).toBeDefined()
        await chain.read([...Object.values(run.outputs), ...Object.values(parameters)])
        expect(chain.reads).toBe(1)
        for (const [key, right] of Object.entries(should.parameters)) {
          // A bias of the keys moves all scores alike: its gradient is zero, but for rounding.
          if (key.endsWith('biasKey')) continue
          const one = { x: parameters[key] }
          const other = { x: right }
          const cosine = dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other))
          expect([key, cosine > 0.999]).toEqual([key, true])
        }
      } finally {
        await chain.release()
        await backend.close()
      }
    },
  )
})

describe('what goes wrong', () => {
  it('names an input that is missing and an output that there is none of', async () => {
    const architecture = onImage(4, conv)
    const network = new Network(architecture, 1)
    await expect(network.forward({}, oracle.operators)).rejects.toThrow('the network reads an input input; given: ')
    const run = await network.forward(seededInputs(architecture, 1, 1), oracle.operators)
    await expect(run.backward({ fc: run.outputs.conv1 })).rejects.toThrow('the network has no output fc; it has conv1')
  })
})

describe('a maximum whose last window reaches over the edge', () => {
  it('is the maximum of what lies inside, and the gradient goes to its place', async () => {
    const architecture: Architecture = {
      name: 'test',
      input: { kind: 'image', channels: 1, height: 4, width: 4 },
      layers: [{ kind: 'maxPool', kernel: 3, stride: 2, ceil: true }],
    }
    const network = new Network(architecture, 1)
    const { input } = seededInputs(architecture, 1, 1)
    // All negative, so that zeros from beyond the edge would win.
    const numbers = [-9, -8, -7, -6, -5, -9, -9, -4, -9, -9, -9, -3, -2, -9, -9, -1]
    input.data.set(numbers)
    const run = await network.forward({ input }, oracle.operators)
    expect([...run.outputs.maxPool1.data]).toEqual([-5, -3, -2, -1])
    const gradient = alike(run.outputs, 4)
    const { inputs } = await run.backward(gradient)
    const [a, b, c, d] = gradient.maxPool1.data
    expect([...inputs.input.data]).toEqual([0, 0, 0, 0, a, 0, 0, 0, 0, 0, 0, b, c, 0, 0, d])
  })
})
