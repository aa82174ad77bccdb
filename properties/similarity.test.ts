import { describe, expect, it } from 'vitest'
import type { Precision } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { map, type Tensors } from '../oracle/tensor.js'
import { runLaws, type Subject } from './index.js'
import { roundTo } from './precision.js'

/** The reference in some precision, its gradients too large by this share. */
function withGradientsOff(operator: string, precision: Precision, share: number): Subject {
  const { forward, backward } = oracle.operators[operator]
  const times = (tensors: Tensors, factor: number) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, x]) => [name, map(x, (value) => roundTo(precision, factor * value))]),
    )
  return {
    name: `${operator} with gradients ${share} too large`,
    precision,
    operators: {
      [operator]: {
        forward: (inputs, attributes) => times(forward(inputs, attributes), 1),
        backward: (inputs, attributes, gradients) => times(backward?.(inputs, attributes, gradients) ?? {}, 1 + share),
      },
    },
  }
}

const name = "has the oracle's gradient"

async function verdict(operator: string, precision: Precision, share: number, seed: number) {
  const subject = withGradientsOff(operator, precision, share)
  const { operators } = await runLaws(subject, {
    operators: [operator],
    laws: [name],
    runs: 40,
    seed,
    shrinkSeconds: 0,
  })
  return operators[operator].laws[0].status
}

describe('the tolerance of a gradient through normalized rows and a softmax', () => {
  // About 60 roundings of the gradient, 4e-6 of it in float32, is what the formula's own rounding needs; ten times that shows.
  it.each(['ntXent', 'infoNce'])('of %s sees one that is off by 1e-4 in float32', async (operator) => {
    for (const seed of [1, 2, 3, 4, 5]) expect(await verdict(operator, 'float32', 1e-4, seed)).toBe('broken')
  })

  it.each(['ntXent', 'infoNce'])('of %s sees one that is off by a hundred roundings of bfloat16', async (operator) => {
    for (const seed of [1, 2, 3]) expect(await verdict(operator, 'bfloat16', 100 / 256, seed)).not.toBe('held')
  })

  it.each(['ntXent', 'infoNce'])('of %s allows the rounding of a right one', async (operator) => {
    for (const precision of ['float32', 'bfloat16'] as const)
      expect(await verdict(operator, precision, 0, 1)).toBe('held')
  })
})
