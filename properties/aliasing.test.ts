import { describe, expect, it } from 'vitest'
import type { Attributes } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'
import { runLaws, type Subject } from './index.js'

const keepsAnswer = 'keeps its answer through later calls and writes to its inputs'
const keepsGradients = 'keeps its gradients through later calls and writes to its inputs'

/** The messages with which the laws of an operator fail. */
async function failures(operator: string, passes: Partial<Subject['operators'][string]>): Promise<[string, string][]> {
  const subject: Subject = { ...oracle, operators: { [operator]: { ...oracle.operators[operator], ...passes } } }
  const report = await runLaws(subject, { seed: 1, runs: 40, shrinkSeconds: 0 })
  return report.operators[operator].laws
    .filter(({ status }) => status !== 'held')
    .map(({ law, message }) => [law, message ?? ''])
}

describe('an answer that is not the caller’s own', () => {
  const { positionalEncoding, relu, adjustColor } = oracle.operators

  it('is found where it is an input, handed back', async () => {
    const forward = (inputs: Tensors, attributes: Attributes) => {
      const { y } = relu.forward(inputs, attributes)
      return { y: inputs.x.data.every((value) => value >= 0) ? inputs.x : y }
    }
    expect(await failures('relu', { forward })).toEqual([
      [keepsAnswer, expect.stringMatching(/^after its inputs were written over y.* is 77, expected/)],
    ])
  })

  it('is found where it is the gradient of the output, handed on', async () => {
    const backward: Subject['operators'][string]['backward'] = (inputs, attributes, gradients) => {
      const answer = adjustColor.backward?.(inputs, attributes, gradients) ?? {}
      const scale = inputs.scale.data
      return { ...answer, ...(scale.every((value) => value === 1) && 'y' in gradients ? { image: gradients.y } : {}) }
    }
    const [found, ...others] = await failures('adjustColor', { backward })
    expect(others).toEqual([])
    expect(found).toEqual([keepsGradients, expect.stringMatching(/^after its inputs were written over image.* is 77/)])
  })

  it('is found where the operator itself goes on to read it', async () => {
    const tables = new Map<string, Tensors>()
    const forward: Subject['operators'][string]['forward'] = (inputs, attributes) => {
      const key = `${attributes.length} ${attributes.dim}`
      const table = tables.get(key) ?? positionalEncoding.forward(inputs, attributes)
      tables.set(key, table)
      return table
    }
    const found = await failures('positionalEncoding', { forward })
    expect(found).toContainEqual([
      keepsAnswer,
      expect.stringMatching(/^after its answer was written over, called again, y.* is 77, expected/),
    ])
  })
})
