import { describe, expect, it } from 'vitest'
import { handwritten } from '../../marking/fixtures/handwritten.js'
import { markDocument } from '../../marking/mark.js'
import { oracle } from '../../oracle/index.js'
import { item, map, rowMajor, type Tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise23 } from './2.3.js'

const solved = await solve(exercise23, defaultGiven(exercise23), oracle)

function expectNear(actual: Tensor, expected: readonly number[]): void {
  expect(actual.size).toBe(expected.length)
  rowMajor(actual).forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-12)
  })
}

/** ln Σ e^x less the entry at `positive`. */
function lossOf(logits: readonly number[], positive: number): number {
  return Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[positive]
}

describe('ntua/2.3', () => {
  it('has the projections and the loss of SimCLR that one gets by hand', () => {
    expect(toNested(solved.headHidden)).toEqual([
      [3, 0],
      [1, 3],
      [1.5, 0.5],
      [2.5, 1.5],
    ])
    const z = [
      [3, 1.5],
      [-2, 3.5],
      [1, 1.25],
      [1, 2.75],
    ]
    expect(toNested(solved.projections)).toEqual(z)
    const cosine = ([a, b]: number[], [c, d]: number[]) => (a * c + b * d) / Math.hypot(a, b) / Math.hypot(c, d)
    // Rows 1 and 3 are views of one image, 2 and 4 of the other; τ = ½.
    const losses = z.map((own, i) => {
      const others = [0, 1, 2, 3].filter((j) => j !== i)
      const logits = others.map((j) => 2 * cosine(own, z[j]))
      return lossOf(logits, others.indexOf((i + 2) % 4))
    })
    expectNear(solved.viewRowLosses, losses)
    expectNear(solved.viewLoss, [losses.reduce((sum, loss) => sum + loss) / 4])
  })

  it('has the loss, the queue and the encoder of MoCo that one gets by hand', () => {
    // 0.6·0.8 + 0.8·0.6, 0.6, −0.36 + 0.64, −0.8.
    expectNear(solved.keySimilarities, [0.96, 0.6, 0.28, -0.8])
    expectNear(solved.keyLoss, [lossOf([1.92, 1.2, 0.56, -1.6], 0)])
    expectNear(solved.newQueue, [-0.6, 0.8, 0, -1, 0.8, 0.6])
    // ¾·3 + ¼·1 and ¾·½ − ¼·2.
    expectNear(solved.newKeyParameters, [2.5, -0.125])
  })

  it('has the loss of SimCSE that one gets by hand', () => {
    expect(toNested(solved.dropped1)).toEqual([
      [2, 0, -2, 2],
      [4, -2, 0, 1],
    ])
    expect(toNested(solved.dropped2)).toEqual([
      [2, 4, 0, 2],
      [0, -2, 2, 1],
    ])
    // Lengths √12 and √21, √24 and 3.
    const similarities = [8 / Math.sqrt(288), -2 / Math.sqrt(108), 2 / Math.sqrt(504), 5 / Math.sqrt(189)]
    expectNear(solved.sentenceSimilarities, similarities)
    const [a, b, c, d] = similarities.map((similarity) => 2 * similarity)
    expectNear(solved.sentenceLoss, [(lossOf([a, b], 0) + lossOf([c, d], 1)) / 2])
  })

  it('has the context, the predictions and the loss of CPC that one gets by hand', () => {
    expect([solved.context1, solved.context2].map(toNested)).toEqual([
      [0.5, 1],
      [0, 1.75],
    ])
    expect([solved.prediction1, solved.prediction2].map(toNested)).toEqual([
      [0.875, 1.75],
      [1.75, -0.875],
    ])
    expect(toNested(solved.futureLogits)).toEqual([
      [2.625, -0.4375, 0],
      [0.875, 3.5, -2.1875],
    ])
    const losses = [lossOf([2.625, -0.4375, 0], 0), lossOf([0.875, 3.5, -2.1875], 1)]
    expectNear(solved.futureLoss, [(losses[0] + losses[1]) / 2])
  })

  it('tells the losses of the four techniques apart by their headings', async () => {
    const names = ['viewLoss', 'keyLoss', 'sentenceLoss', 'futureLoss']
    const text = ['SimCLR', 'MoCo', 'SimCSE', 'CPC']
      .map((technique, i) => `# ${technique}\nL = ${item(solved[names[i]]).toFixed(3)}`)
      .join('\n')
    const { claims } = await markDocument(handwritten(exercise23, text), { exercises: [exercise23] })
    expect(claims.map(({ quantity, verdict }) => [quantity, verdict])).toEqual(names.map((name) => [name, 'correct']))
  })

  it('names what a wrong line of MoCo is', async () => {
    const text = "# MoCo\n\\theta_k' = [1.5, -1.375]"
    const { claims } = await markDocument(handwritten(exercise23, text), { exercises: [exercise23] })
    const wrong = claims.filter(({ verdict }) => verdict === 'wrong')
    expect(wrong.map(({ quantity }) => quantity)).toContain('newKeyParameters')
    expect(wrong.flatMap(({ explanations }) => explanations.map(({ mistake }) => mistake))).toContain(
      'encoders exchanged',
    )
  })

  /** What is replaced by something wrong while a law is checked. */
  const broken: readonly (readonly [string, readonly string[]])[] = [
    ['SimCLR: only directions', ['viewSimilarities']],
    ['at a low temperature', ['viewRowLosses', 'keyLoss']],
    ['projection head', ['projections']],
    ['SimCLR', ['viewRowLosses']],
    ['every loss', ['sentenceRowLosses']],
    ['at a high temperature', ['keyLoss']],
    ['gradient is that', ['queryGradient']],
    ['against the gradient', ['queryGradient']],
    ['queue is one', ['newQueue']],
    ['exponential average', ['newKeyParameters']],
    ['MoCo', ['keyLoss']],
    ['over all masks', ['dropped2']],
    ['SimCSE: the loss', ['sentenceLoss']],
    ['SimCSE: the rate', ['sentenceSimilarities']],
    ['SimCSE', ['sentenceSimilarities']],
    ['CPC: the context', ['context2']],
    ['CPC', ['futureRowLosses']],
  ]

  it.each(exercise23.laws.map((law) => [law.name, law] as const))(
    'law breaks where something is wrong: %s',
    async (name, law) => {
      const [, targets] = broken.find(([part]) => name.includes(part)) ?? broken[0]
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise23, values, oracle)
        const replaced = Object.fromEntries(targets.map((target) => [target, disturbed(right, values, target)]))
        return solve(exercise23, values, oracle, { replaced })
      }
      await expect(law.check(defaultGiven(exercise23), wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

/** A value with an error that differs from place to place, and from given data to given data; losses below zero. */
function disturbed(right: Values, given: Values, name: string): Tensor {
  let next = 1
  const seen = rowMajor(given.representations)[0] + rowMajor(given.future)[0] + 3 * item(given.rate)
  return map(right[name], (value) => -value - 0.01 * next++ * seen)
}
