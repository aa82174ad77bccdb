import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, scalar, toNested } from '../../oracle/tensor.js'
import { vgg, vgg16Sizes, vgg19Sizes } from '../architecture/models/vgg.js'
import { Network, seededInputs } from '../architecture/network.js'
import { reduced } from '../architecture/reduced.js'
import { rowNamed, walk } from '../architecture/walker.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exerciseVgg } from './vgg.js'
import { gradientSupport, supportSide } from './vgg.laws.js'

const solved = await solve(exerciseVgg, defaultGiven(exerciseVgg), oracle)
const numbers = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))

describe('lecture/vgg', () => {
  it('compares one 5 × 5 with two 3 × 3, 7 × 7 with three and 11 × 11 with five as the lecture does', () => {
    // 5·5·1 = 25 against 3·3·2 = 18, less 28 %; less 44.9 % and 62.8 %.
    expect([1, 2, 3].map((i) => numbers[`stackDepth${i}`])).toEqual([2, 3, 5])
    expect([numbers.largeWeights1, numbers.stackWeights1]).toEqual([25, 18])
    expect([1, 2, 3].map((i) => Number((100 * Number(numbers[`saving${i}`])).toFixed(1)))).toEqual([28, 44.9, 62.8])
    expect([1, 2, 3].map((i) => numbers[`stackField${i}`])).toEqual([5, 7, 11])
  })

  it('counts biases where the lecture’s formula (m·n + 1)·k does', async () => {
    const conventions = [exerciseVgg.conventions[0].conventions[1]]
    const withBiases = await solve(exerciseVgg, defaultGiven(exerciseVgg), oracle, { conventions })
    expect([withBiases.largeWeights1, withBiases.stackWeights1].map(toNested)).toEqual([26, 20])
  })

  it('has the parameters that are published for VGG-16 and VGG-19', () => {
    expect([numbers.parameters, numbers.parameters19]).toEqual([138_357_544, 143_667_240])
    expect(walk(vgg(vgg19Sizes)).totals.parameters).toBe(143_667_240)
    // Table 2 of the paper: 138 and 144 million.
    expect([numbers.parameters, numbers.parameters19].map((count) => Math.round(Number(count) / 1e6))).toEqual([
      138, 144,
    ])
  })

  it('halves the image from 224 to 7 and sees 212 pixels behind the last pooling', () => {
    const shapes = [1, 2, 3, 4, 5].map((stage) => numbers[`pool${stage}Shape`])
    expect(shapes).toEqual([
      [64, 112, 112],
      [128, 56, 56],
      [256, 28, 28],
      [512, 14, 14],
      [512, 7, 7],
    ])
    // 1 + 2·2·1, + 1 (pool) … by hand: 6, 16, 44, 100, 212.
    expect([1, 2, 3, 4, 5].map((stage) => numbers[`pool${stage}ReceptiveField`])).toEqual([6, 16, 44, 100, 212])
  })

  it('runs forward and backward at reduced width with the shapes of the table', async () => {
    const small = reduced(vgg(vgg16Sizes), { width: 1 / 64, image: 32 })
    const network = new Network(small, 16)
    const run = await network.forward(seededInputs(small, 1, 5), oracle.operators)
    const walked = walk(small)
    for (const [name, answer] of run.answers)
      if (name !== 'input') expect([name, answer.shape.slice(1)]).toEqual([name, rowNamed(walked, name).shape])
    const { parameters } = await run.backward(
      Object.fromEntries(Object.entries(run.outputs).map(([name, y]) => [name, map(y, () => 1)])),
    )
    expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(walked.totals.parameters)
  })

  it.each([
    // A stack of n filters of side k sees 1 + n(k − 1).
    [1, 3, 3],
    [2, 3, 5],
    [3, 3, 7],
    [5, 3, 11],
    [3, 2, 4],
    [2, 5, 9],
  ])('%i filters of side %i see a square of side %i, and no more', async (depth, kernel, side) => {
    const { gradient, weights } = await gradientSupport(depth, kernel, 1, oracle.operators)
    expect([supportSide(gradient), weights]).toEqual([side, depth * kernel * kernel])
  })

  it.each([
    ['the gradient of one output', { stackDepth2: scalar(4) }],
    ['the saving', { saving1: scalar(0.3) }],
    ['without ReLU', { equivalentKernel: map(solved.equivalentKernel, (value) => value + 1) }],
    ['the output is the sum', { stackGradientPatch: map(solved.stackGradientPatch, (value) => 2 * value) }],
    ['a step against', { stackGradientPatch: map(solved.stackGradientPatch, (value) => 2 * value + 1) }],
    ['the network that is run', { conv1_2Shape: map(solved.conv1_2Shape, (value) => value + 1) }],
    ['the architectures', { parameters19: scalar(143_667_241) }],
  ] as const)('law breaks where something is wrong: %s', async (name, replaced) => {
    const law = exerciseVgg.laws.find((one) => one.name.startsWith(name))
    const side = scalar(32)
    const narrow = Object.fromEntries([1, 2, 3, 4, 5].map((stage) => [`width${stage}`, scalar(stage)]))
    const units = { hidden6: scalar(2), hidden7: scalar(3), classes: scalar(2), stackChannels: scalar(2) }
    const given = { ...defaultGiven(exerciseVgg), side, ...narrow, ...units }
    const wrong = (values: Values) => {
      // The saving is compared with that of one channel, which stays right.
      const isComparison = name === 'the saving' && values !== given
      return solve(exerciseVgg, values, oracle, isComparison ? {} : { replaced })
    }
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should (be|have)/)
  })
})
