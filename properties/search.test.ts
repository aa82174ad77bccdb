import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { map } from '../oracle/tensor.js'
import { emulated } from '../subjects/emulated/emulated.js'
import { laws, runLaws, type Subject } from './index.js'
import { ieee } from './profile.js'
import { Search } from './search.js'

const agrees = 'agrees with the oracle'
const operators = ['softmax', 'layerNorm', 'crossEntropy', 'infoNce', 'lstm']

/** The worst error, in units of what is allowed, that a law sees. */
async function worst(subject: Subject, operator: string, seed: number, search: boolean): Promise<number> {
  const report = await runLaws(subject, { operators: [operator], laws: [agrees], seed, runs: 600, search })
  return report.operators[operator].laws[0].ratio ?? 0
}

describe('the targeted search', () => {
  const softmaxAgrees = laws.find(({ operator, name }) => operator === 'softmax' && name === agrees)

  it('draws as many cases as it is allowed, all of them valid, and the same for the same seed', async () => {
    if (softmaxAgrees === undefined) throw new Error('softmax has no oracle law')
    const cases = (seed: number) => {
      const search = new Search(softmaxAgrees, ieee('float32'), seed, 100)
      const drawn: string[] = []
      for (const call of search) {
        expect(() => oracle.operators.softmax.forward(call.inputs, call.attributes)).not.toThrow()
        search.tell(call, 1 / (1 + call.inputs.x.size))
        drawn.push(JSON.stringify([call.inputs.x.shape, call.attributes, call.seed]))
      }
      return drawn
    }
    expect(cases(1)).toHaveLength(100)
    expect(cases(1)).toEqual(cases(1))
    expect(cases(1)).not.toEqual(cases(2))
  })

  it('finds worse cases than as many random ones in most of ten comparisons at 600 cases', {
    timeout: 180_000,
  }, async () => {
    const subject = emulated({ precision: 'float32' })
    let [worse, better, gain, count] = [0, 0, 0, 0]
    for (const operator of operators)
      for (const seed of [1, 2]) {
        const [found, drawn] = [await worst(subject, operator, seed, true), await worst(subject, operator, seed, false)]
        if (found > drawn) worse++
        if (found < drawn) better++
        gain += Math.log(found / drawn)
        count++
      }
    console.log(
      `search: worse in ${worse}, milder in ${better} of ${count}; ${Math.exp(gain / count).toFixed(3)} times the error`,
    )
    expect(worse).toBeGreaterThan(better)
    expect(gain).toBeGreaterThan(0)
  })

  it('reports what it finds like any other counterexample, without a path', async () => {
    const { softmax } = oracle.operators
    const wrong: Subject = {
      ...oracle,
      operators: {
        softmax: {
          ...softmax,
          forward: (inputs, attributes) => ({
            y: map(softmax.forward(inputs, attributes).y, (p) => (p > 0.999999 ? p * (1 - 1e-9) : p)),
          }),
        },
      },
    }
    const report = await runLaws(wrong, {
      operators: ['softmax'],
      laws: [agrees],
      seed: 1,
      search: true,
      replayCommand: (_, path) => (path === undefined ? 'search again' : path),
    })
    const [law] = report.operators.softmax.laws
    expect(law).toMatchObject({ status: 'broken', shrunk: true, replay: 'search again' })
    expect(law.counterexample?.inputs.x.shape.length).toBeGreaterThan(0)
    expect(law.path).toBeUndefined()
  })
})
