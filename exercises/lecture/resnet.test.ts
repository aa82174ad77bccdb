import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, scalar, toNested, zeros } from '../../oracle/tensor.js'
import { resNet, resNetDepths, resNetSizes } from '../architecture/models/resnet.js'
import { Network, seededInputs } from '../architecture/network.js'
import { reduced } from '../architecture/reduced.js'
import { rowNamed, walk } from '../architecture/walker.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exerciseResNet } from './resnet.js'
import { sizesOf } from './resnet.network.js'

const given = defaultGiven(exerciseResNet)
const solved = await solve(exerciseResNet, given, oracle)
const numbers = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))
const networks = [1, 2, 3, 4, 5]

describe('lecture/resnet', () => {
  it('has 18, 34, 50, 101 and 152 layers and the parameters that are published for them', () => {
    expect(networks.map((network) => numbers[`layers${network}`])).toEqual([18, 34, 50, 101, 152])
    expect(networks.map((network) => numbers[`parameters${network}`])).toEqual([
      11_689_512, 21_797_672, 25_557_032, 44_549_160, 60_192_808,
    ])
  })

  it('has the multiply-adds of the paper’s table 1: 1.8, 3.6, 3.8, 7.6 and 11.3 billion', () => {
    const table = [1.8, 3.6, 3.8, 7.6, 11.3]
    for (const [i, network] of networks.entries())
      expect(Math.abs(Number(numbers[`multiplyAdds${network}`]) / 1e9 - table[i])).toBeLessThan(0.1)
  })

  it('has the output sizes of that table', () => {
    expect(['conv1Side', 'pool1Side', 'stage2Side', 'stage3Side', 'stage4Side'].map((name) => numbers[name])).toEqual([
      112, 56, 28, 14, 7,
    ])
  })

  it('has no parameters in zero-padding shortcuts', async () => {
    const conventions = [exerciseResNet.conventions[0].conventions[1]]
    const padded = await solve(exerciseResNet, given, oracle, { conventions })
    for (const network of networks) {
      const { totals } = walk(resNet(sizesOf(given, network, 'zeroPadding')))
      expect(toNested(padded[`parameters${network}`])).toBe(totals.parameters)
      expect(toNested(padded[`multiplyAdds${network}`])).toBe(totals.multiplyAdds)
    }
    // The projections of ResNet-34: 64·128 + 128·256 + 256·512 weights, 2·(128 + 256 + 512) gains and biases.
    expect(21_797_672 - Number(toNested(padded.parameters2))).toBe(64 * 128 + 128 * 256 + 256 * 512 + 2 * 896)
  })

  it.each(resNetDepths)(
    'runs ResNet-%i forward and backward at reduced width with the shapes of the table',
    async (depth) => {
      const small = reduced(resNet(resNetSizes(depth)), { width: 1 / 32, image: 33 })
      const network = new Network(small, depth)
      const run = await network.forward(seededInputs(small, 1, 5), oracle.operators)
      const walked = walk(small)
      for (const row of walked.rows)
        if (run.answers.has(row.name))
          expect([row.name, run.answers.get(row.name)?.shape.slice(1)]).toEqual([row.name, row.shape])
      expect(rowNamed(walked, 'conv5_x').shape.slice(1)).toEqual([2, 2])
      const { parameters } = await run.backward(
        Object.fromEntries(Object.entries(run.outputs).map(([name, y]) => [name, map(y, () => 1)])),
      )
      expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(walked.totals.parameters)
    },
  )

  it('answers with ReLU of its input where the second filter is zero', async () => {
    const silent = await solve(exerciseResNet, { ...given, kernel2: zeros([3, 3]) }, oracle)
    expect(toNested(silent.output)).toEqual(toNested(map(given.x, (value) => Math.max(0, value))))
  })

  it.each([
    ['with zero weights', { inputGradient: solved.branchGradient }],
    ['the block is homogeneous', { kernel1Gradient: map(solved.kernel1Gradient, (value) => value + 1) }],
    ['an input twice as large', { filledUp1: map(solved.filledUp1, (value) => value + 1) }],
    ['a zero-padding shortcut', { filledUp2: map(solved.filledUp2, (value) => value + 1) }],
    ['the gradient by the input', { inputGradient: map(solved.inputGradient, (value) => value + 1) }],
    ['the architectures', { layers3: scalar(49) }],
    ['a block more', { parameters5: scalar(60_192_808) }],
  ] as const)('law breaks where something is wrong: %s', async (name, replaced) => {
    const law = exerciseResNet.laws.find((one) => one.name.startsWith(name))
    const wrong = (values: Values) => solve(exerciseResNet, values, oracle, { replaced })
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should (be|have)/)
  })
})
