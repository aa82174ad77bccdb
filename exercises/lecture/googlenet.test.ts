import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, scalar, toNested } from '../../oracle/tensor.js'
import { googLeNet, moduleNames } from '../architecture/models/googlenet.js'
import { Network, seededInputs } from '../architecture/network.js'
import { reduced } from '../architecture/reduced.js'
import { rowNamed, walk } from '../architecture/walker.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exerciseGoogLeNet } from './googlenet.js'

const solved = await solve(exerciseGoogLeNet, defaultGiven(exerciseGoogLeNet), oracle)
const numbers = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))
const [small] = [reduced(googLeNet(), { width: 1 / 32, image: 96 })]

describe('lecture/googlenet', () => {
  it('has the output sizes of the paper’s table 1', () => {
    expect(['conv1Side', 'pool1Side', 'pool2Side', 'pool3Side', 'pool4Side'].map((name) => numbers[name])).toEqual([
      112, 56, 28, 14, 7,
    ])
    expect(moduleNames.map((name) => numbers[`channels${name}`])).toEqual([
      256, 480, 512, 512, 512, 528, 832, 832, 1024,
    ])
  })

  it('has the multiply-adds of table 1 in millions: all of its modules but 5a, where it says 54', () => {
    const millions = moduleNames.map((name) => Number(numbers[`multiplyAdds${name}`]) / 1e6)
    const table = [128, 304, 73, 88, 100, 119, 170, 54, 71]
    const different = moduleNames.filter((_, i) => Math.abs(millions[i] - table[i]) >= 1)
    expect(different).toEqual(['5a'])
    // 7·7·(832·(256 + 160 + 32 + 128) + 9·160·320 + 25·32·128).
    expect(numbers.multiplyAdds5a).toBe(49 * (832 * 576 + 9 * 160 * 320 + 25 * 32 * 128))
  })

  it('has 6,998,552 parameters for inference and 13,378,280 in training, as its published models with 5 × 5 filters', () => {
    expect([numbers.parameters, numbers.trainingParameters]).toEqual([6_998_552, 13_378_280])
    const { totals, withoutAuxiliary } = walk(googLeNet())
    expect([withoutAuxiliary?.parameters, totals.parameters]).toEqual([6_998_552, 13_378_280])
  })

  it('has the parameters of table 1 in thousands (of 1024) for modules 3a and 3b', () => {
    // 159K counts weights alone or with biases, 380K biases too.
    expect(Math.floor(Number(numbers.parameters3a) / 1024)).toBe(159)
    expect(Math.round(Number(numbers.parameters3b) / 1024)).toBe(380)
  })

  it('saves nine tenths of the multiply-adds by the reduction before the 5 × 5 filters of 3a', () => {
    // 28²·25·192·32 against 28²·(192·16 + 25·16·32).
    expect([numbers.directMultiplyAdds, numbers.reducedMultiplyAdds]).toEqual([120_422_400, 12_443_648])
  })

  it('runs forward and backward at reduced width with the shapes of the table, its auxiliary classifiers too', async () => {
    const network = new Network(small, 14)
    const run = await network.forward(seededInputs(small, 1, 5), oracle.operators)
    const walked = walk(small)
    expect(Object.keys(run.outputs).length).toBe(3)
    for (const row of walked.rows)
      if (run.answers.has(row.name))
        expect([row.name, run.answers.get(row.name)?.shape.slice(1)]).toEqual([row.name, row.shape])
    const { parameters } = await run.backward(
      Object.fromEntries(Object.entries(run.outputs).map(([name, y]) => [name, map(y, () => 1)])),
    )
    expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(walked.totals.parameters)
    expect(rowNamed(walked, 'inception_5b').shape.length).toBe(3)
  })

  it.each([
    ['the module run as a network', { inputGradient2: map(solved.inputGradient2, (value) => value + 1) }],
    ['the sum of the outputs', { inputGradient1: map(solved.inputGradient1, (value) => 2 * value + 1) }],
    ['a depthwise separable', { separableOutput: map(solved.separableOutput, (value) => -value) }],
    ['the architecture', { multiplyAdds4c: scalar(1) }],
    ['the separable share', { separableRatio: scalar(0.5) }],
  ] as const)('law breaks where something is wrong: %s', async (name, replaced) => {
    const law = exerciseGoogLeNet.laws.find((one) => one.name.startsWith(name))
    const wrong = (values: Values) => solve(exerciseGoogLeNet, values, oracle, { replaced })
    await expect(law?.check(defaultGiven(exerciseGoogLeNet), wrong, 2 ** -52, oracle.operators)).rejects.toThrow(
      /should (be|have)/,
    )
  })
})
