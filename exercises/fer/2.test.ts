import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { scalar, toNested } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise2 } from './2.js'

const solved = await solve(exercise2, defaultGiven(exercise2), oracle)

function column(suffix: string, ...layers: readonly string[]) {
  return layers.map((layer) => toNested(tensorOf(solved, `${layer}${suffix}`)))
}

describe('fer/2', () => {
  it('has the tensors of the source’s table at every layer', () => {
    const layers = ['input', 'conv1', 'relu1', 'pool1', 'conv2', 'relu2', 'pool2', 'flatten', 'fc', 'softmax']
    expect(column('Shape', ...layers)).toEqual([
      [3, 62, 62],
      [16, 28, 28],
      [16, 28, 28],
      [16, 14, 14],
      [32, 12, 12],
      [32, 12, 12],
      [32, 6, 6],
      [1152],
      [10],
      [10],
    ])
  })

  it('has 16·3·7·7 + 16, 16·32·3·3 + 32 and 1152·10 + 10 parameters, 18,538 in all', () => {
    expect(column('Parameters', 'conv1', 'conv2', 'fc')).toEqual([2368, 4640, 11_530])
    expect(toNested(solved.parameters)).toBe(18_538)
  })

  it('sees 7, 9, 17 and 21 pixels along a side, in jumps of 2, 4, 4 and 8', () => {
    const layers = ['conv1', 'pool1', 'conv2', 'pool2']
    expect(column('ReceptiveField', ...layers)).toEqual([7, 9, 17, 21])
    expect(column('Jump', ...layers)).toEqual([2, 4, 4, 8])
  })

  it('has the source’s J_in 1, 2, 4, 4 under its convention, and the same receptive fields', async () => {
    const [, before] = exercise2.conventions[0].conventions
    const under = await solve(exercise2, defaultGiven(exercise2), oracle, { conventions: [before] })
    const layers = ['conv1', 'pool1', 'conv2', 'pool2']
    expect(layers.map((layer) => toNested(under[`${layer}Jump`]))).toEqual([1, 2, 4, 4])
    expect(layers.map((layer) => toNested(under[`${layer}ReceptiveField`]))).toEqual([7, 9, 17, 21])
    for (const name of ['leastSide', 'mostSide', 'fcReceptiveField']) expect(under[name].get()).toBe(solved[name].get())
  })

  it('accepts the source’s 62 for the fully connected layer, which sees 61', () => {
    // Six units eight apart that see 21 each: 5·8 + 21.
    expect(toNested(solved.fcReceptiveField)).toBe(61)
    const [alternative] = exercise2.quantities.find(({ name }) => name === 'fcReceptiveField')?.alternatives ?? []
    expect(toNested(alternative.value(solved))).toBe(62)
  })

  it('takes sides from 61 to 68, and from 21 on with global average pooling', () => {
    expect([solved.leastSide, solved.mostSide, solved.leastSideWithGlobalPooling].map(toNested)).toEqual([61, 68, 21])
  })

  it.each(exercise2.laws.map((law) => [law.name, law] as const))(
    'law breaks where fields, jumps and parameters are wrong: %s',
    async (_, law) => {
      const sizes = { side: 26, kernel1: 3, filters1: 2, filters2: 2, classes: 3, channels: 1 }
      const changed = Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)]))
      const given = { ...defaultGiven(exercise2), ...changed }
      // A field and a jump as with stride 1, and no biases in the sum.
      const wrong = (values: Values) => {
        const replaced = { pool2ReceptiveField: scalar(10), pool2Jump: scalar(4), parameters: scalar(40) }
        return solve(exercise2, values, oracle, { replaced })
      }
      await law.check(given, (values) => solve(exercise2, values, oracle), 2 ** -52, oracle.operators)
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should (be|fit)/)
    },
  )

  it('loses a little at every step of its training', async () => {
    const losses = (await exercise2.trainings?.[0].losses(oracle.operators, 4)) ?? []
    const values = losses.map((loss) => loss.get())
    expect(values.length).toBe(4)
    for (const [i, value] of values.entries()) if (i > 0) expect(value).toBeLessThan(values[i - 1])
  })
})
