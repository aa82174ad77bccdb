import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, rowMajor, scalar, toNested, zeros } from '../../oracle/tensor.js'
import { alexNet, alexNetSizes } from '../architecture/models/alexnet.js'
import { Network, seededInputs } from '../architecture/network.js'
import { reduced } from '../architecture/reduced.js'
import { rowNamed, walk } from '../architecture/walker.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exerciseAlexNet } from './alexnet.js'

const solved = await solve(exerciseAlexNet, defaultGiven(exerciseAlexNet), oracle)
const numbers = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))
const units = (name: string) => rowMajor(solved[name]).reduce((product, length) => product * length, 1)

describe('lecture/alexnet', () => {
  it('has the parameters that are published with and without groups, and 724 million multiply-adds', async () => {
    expect(numbers.parameters).toBe(60_965_224)
    expect(Math.round(Number(numbers.multiplyAdds) / 1e6)).toBe(724)
    const conventions = [exerciseAlexNet.conventions[1].conventions[1]]
    const whole = await solve(exerciseAlexNet, defaultGiven(exerciseAlexNet), oracle, { conventions })
    expect(toNested(whole.parameters)).toBe(62_378_344)
    expect(walk(alexNet({ ...alexNetSizes, groups: 1 })).totals.parameters).toBe(62_378_344)
  })

  it('has as many units in layers 2 to 5 as the paper says', () => {
    expect(['conv2Shape', 'conv3Shape', 'conv4Shape', 'conv5Shape'].map(units)).toEqual([
      186_624, 64_896, 64_896, 43_264,
    ])
  })

  it('has 55 × 55 × 96 units in layer 1, from an image of 227 as of 224 with its padding', async () => {
    expect(numbers.conv1Shape).toEqual([96, 55, 55])
    const conventions = [exerciseAlexNet.conventions[2].conventions[1]]
    const smaller = await solve(exerciseAlexNet, defaultGiven(exerciseAlexNet), oracle, { conventions })
    expect([smaller.inputShape, smaller.conv1Shape].map(toNested)).toEqual([
      [3, 224, 224],
      [96, 55, 55],
    ])
  })

  it('normalizes by the paper’s formula, and by the mean of squares where libraries do', async () => {
    const conventions = [exerciseAlexNet.conventions[0].conventions[1]]
    const given = {
      ...defaultGiven(exerciseAlexNet),
      size: scalar(3),
      alpha: scalar(0.5),
      beta: scalar(1),
      offset: scalar(1),
    }
    const paper = await solve(exerciseAlexNet, given, oracle)
    const library = await solve(exerciseAlexNet, given, oracle, { conventions })
    // At the first position the channels are 2, 0, 1, 0: channel 1 sees 2² + 0², channel 3 sees 0² + 1² + 0².
    expect([paper.squares1.get(0, 0), paper.squares3.get(0, 0)]).toEqual([4, 1])
    expect([paper.normalized1.get(0, 0), paper.normalized3.get(0, 0)]).toEqual([2 / 3, 1 / 1.5])
    expect(library.normalized1.get(0, 0)).toBeCloseTo(2 / (1 + (0.5 / 3) * 4), 14)
  })

  it('sees 195 pixels of the image behind the last pooling, and the gradient of one unit there says so', async () => {
    // 11, 19 (pool1), 51 (conv2), 67, 99, 131, 163, 195 by r + (k − 1)·j with jumps 4, 8, 8, 16, 16, 16, 16, 32.
    const windows = ['conv1', 'pool1', 'conv2', 'pool2', 'conv3', 'conv4', 'conv5', 'pool5']
    expect(windows.map((layer) => numbers[`${layer}ReceptiveField`])).toEqual([11, 19, 51, 67, 99, 131, 163, 195])
    const narrow = alexNet({
      ...alexNetSizes,
      image: 451,
      channels: 1,
      filters: [1, 1, 1, 1, 1],
      groups: 1,
      hidden: [1, 1],
      classes: 2,
    })
    const last = narrow.layers.findIndex(({ name }) => name === 'pool5')
    const layers = narrow.layers
      .slice(0, last + 1)
      .filter(({ kind }) => kind === 'conv' || kind === 'maxPool')
      .map((layer) => (layer.kind === 'maxPool' ? ({ ...layer, kind: 'avgPool' } as const) : layer))
    const network = new Network({ ...narrow, layers }, 1)
    const positive = network.with(
      Object.fromEntries(Object.entries(network.parameters).map(([name, x]) => [name, map(x, () => 1)])),
    )
    const run = await positive.forward(seededInputs(network.plan.architecture, 1, 1), oracle.operators)
    const [[name, y]] = Object.entries(run.outputs)
    const gradient = zeros(y.shape)
    const middle = Math.floor(y.shape[2] / 2)
    gradient.set(0, 0, middle, middle, 1)
    const { inputs } = await run.backward({ [name]: gradient })
    const rows = [...rowMajor(inputs.input)].flatMap((value, i) => (value === 0 ? [] : [Math.floor(i / 451)]))
    expect(Math.max(...new Set(rows)) - Math.min(...new Set(rows)) + 1).toBe(195)
  })

  it('runs forward and backward at reduced width with the shapes of the table', async () => {
    const small = reduced(alexNet(), { width: 1 / 32, image: 99 })
    const network = new Network(small, 12)
    const run = await network.forward(seededInputs(small, 2, 5), oracle.operators)
    const walked = walk(small)
    for (const [name, answer] of run.answers)
      if (name !== 'input') expect([name, answer.shape.slice(1)]).toEqual([name, rowNamed(walked, name).shape])
    const { parameters } = await run.backward(
      Object.fromEntries(Object.entries(run.outputs).map(([name, y]) => [name, map(y, () => 1)])),
    )
    expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(walked.totals.parameters)
  })

  it.each([
    ['a normalized map', { normalized2: map(solved.normalized2, (value) => 1.01 * value) }],
    ['channels in the opposite order', { squares1: map(solved.squares1, (value) => value + 1) }],
    ['without squares', { inputGradient3: map(solved.inputGradient3, (value) => value + 1) }],
    ['the gradient by the maps', { inputGradient1: map(solved.inputGradient1, (value) => value + 1) }],
    ['the outputs are maxima', { pooled1: map(solved.pooled1, (value) => value - 1) }],
    ['the architecture', { parameters: scalar(1) }],
    ['the network that is run', { conv2Parameters: scalar(1) }],
  ] as const)('law breaks where something is wrong: %s', async (name, replaced) => {
    const law = exerciseAlexNet.laws.find((one) => one.name.startsWith(name))
    const narrow = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`filters${i}`, scalar(2)]))
    const sizes = { side: scalar(67), hidden6: scalar(2), hidden7: scalar(3), classes: scalar(2) }
    const given = { ...defaultGiven(exerciseAlexNet), ...narrow, ...sizes, alpha: scalar(0.5) }
    const wrong = (values: Values) => solve(exerciseAlexNet, values, oracle, { replaced })
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should (be|have)/)
  })
})
