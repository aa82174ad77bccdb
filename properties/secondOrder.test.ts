import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { rowMajor, tensor } from '../oracle/tensor.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { laws, runLaws, type Subject } from './index.js'

const name = 'has a gradient whose own derivatives are symmetric'
const operators = laws.filter((law) => law.name === name).map(({ operator }) => operator)

async function failing(subject: Subject, runs: number, only = operators) {
  const wanted = only.filter((operator) => operator in subject.operators)
  const report = await runLaws(subject, { operators: wanted, laws: [name], seed: 3, runs, shrinkSeconds: 0 })
  return Object.entries(report.operators).flatMap(([operator, { laws: own }]) =>
    own.filter(({ status }) => status !== 'held').map(({ message }) => `${operator}: ${message}`),
  )
}

describe('second derivatives', () => {
  it.each(operators)('of the oracle’s %s are symmetric', async (operator) => {
    expect(await failing(oracle, 50, [operator])).toEqual([])
  })

  it.each(['float32', 'float16', 'bfloat16'] as const)('are symmetric in honest %s', async (precision) => {
    expect(await failing(emulated({ precision }), 10)).toEqual([])
  })

  it('are not symmetric where a backward pass is the gradient of nothing', async () => {
    const { softmax } = oracle.operators
    const wrong: Subject = {
      ...oracle,
      operators: {
        softmax: {
          ...softmax,
          // The slope p(1 − p) of a sigmoid instead of the Jacobian diag(p) − p·pᵀ, weighed by the neighbour's gradient.
          backward: (inputs, attributes, gradients) => {
            const { y } = softmax.forward(inputs, attributes)
            const p = rowMajor(y)
            const g = rowMajor(gradients.y)
            return {
              x: tensor(
                y.shape,
                p.map((value, i) => value * (g[i] - g[(i + 1) % g.length] * p[i])),
              ),
            }
          },
        },
      },
    }
    expect(await failing(wrong, 100, ['softmax'])).not.toEqual([])
  })
})
