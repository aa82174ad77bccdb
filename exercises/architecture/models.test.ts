import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve } from '../exercise.js'
import { transformer } from '../lecture/transformer.js'
import { exercise14 } from '../ntua/1.4.js'
import { autoencoder } from './models/autoencoder.js'
import { bert, bertSizes } from './models/bert.js'
import { transformerModel, transformerSizes } from './models/transformer.js'
import { visionTransformer, visionTransformerSizes } from './models/vit.js'
import { Network, seededInputs } from './network.js'
import { reduced } from './reduced.js'
import { leaves, walk } from './walker.js'

describe('the Vision Transformers', () => {
  it.each([
    ['B/16', 86_567_656],
    ['L/16', 304_326_632],
  ] as const)('%s has the parameters that are published for it', (name, parameters) => {
    const { totals, outputs } = walk(visionTransformer(visionTransformerSizes(name)))
    expect(totals.parameters).toBe(parameters)
    expect(outputs).toEqual([{ name: 'head', shape: [1000] }])
  })
})

describe('BERT', () => {
  it.each([
    ['base', 109_482_240, 110e6],
    ['large', 335_141_888, 340e6],
  ] as const)('%s has the published parameters, heads of pre-training left out', (name, parameters, paper) => {
    const { withoutAuxiliary } = walk(bert(bertSizes(name)))
    expect(withoutAuxiliary?.parameters).toBe(parameters)
    expect(Math.abs(parameters - paper)).toBeLessThan(5e6)
  })

  it('has in its heads a layer, a norm and a bias a word, and a layer of two units', () => {
    const { totals, withoutAuxiliary } = walk(bert(bertSizes('base')))
    const heads = 768 * 769 + 2 * 768 + 30522 + 2 * 769
    expect(totals.parameters - Number(withoutAuxiliary?.parameters)).toBe(heads)
  })
})

describe('the Transformers', () => {
  it('base has what lecture/transformer counts', async () => {
    const solved = await solve(transformer, defaultGiven(transformer), oracle)
    const { totals } = walk(transformerModel(transformerSizes('base')))
    expect(totals.parameters).toBe(toNested(solved.parameters))
    expect(totals.parameters).toBe(63_045_632)
  })

  it('big has about the 213 million of the paper', () => {
    const { totals } = walk(transformerModel(transformerSizes('big')))
    expect(Math.abs(totals.parameters / 213e6 - 1)).toBeLessThan(0.02)
  })
})

describe('the autoencoder of ntua/1.4', () => {
  it('has the parameters of the exercise', async () => {
    const solved = await solve(exercise14, defaultGiven(exercise14), oracle)
    expect(walk(autoencoder()).totals.parameters).toBe(toNested(solved.autoencoderParameters))
  })
})

describe('reduced', () => {
  const models = {
    'ViT-B/16': reduced(visionTransformer(visionTransformerSizes('B/16')), { width: 1 / 32, image: 32, repeats: 2 }),
    'ViT-L/16': reduced(visionTransformer(visionTransformerSizes('L/16')), { width: 1 / 32, image: 32, repeats: 2 }),
    'BERT base': reduced(bert(bertSizes('base')), { width: 1 / 64, length: 5, repeats: 2 }),
    'BERT large': reduced(bert(bertSizes('large')), { width: 1 / 64, length: 5, repeats: 2 }),
    'Transformer base': reduced(transformerModel(transformerSizes('base')), { width: 1 / 64, length: 5, repeats: 2 }),
    'Transformer big': reduced(transformerModel(transformerSizes('big')), { width: 1 / 64, length: 5, repeats: 2 }),
    autoencoder: reduced(autoencoder(), { width: 1 / 10 }),
  }
  it.each(Object.entries(models))('%s runs forward and backward with the shapes of the table', async (_, small) => {
    const network = new Network(small, 3)
    const run = await network.forward(seededInputs(small, 2, 5), oracle.operators)
    const walked = walk(small)
    for (const row of leaves(walked.rows))
      expect([row.name, run.answers.get(row.name)?.shape.slice(1)]).toEqual([row.name, row.shape])
    const { parameters } = await run.backward(
      Object.fromEntries(Object.entries(run.outputs).map(([name, y]) => [name, map(y, () => 1)])),
    )
    expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(walked.totals.parameters)
  })
})
