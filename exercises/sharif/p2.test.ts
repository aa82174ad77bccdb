import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, rowMajor, tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, type Solve, solve } from '../exercise.js'
import { labelTensor, randomNumbers } from '../training.js'
import { maskedBatches } from './bertTexts.js'
import { sharifP2 } from './p2.js'
import { type BertSizes, classLoss, initialBert, type MaskedBatch, maskedWordsLoss } from './smallBert.js'

describe('sharif/p2', () => {
  it('chooses, masks and classifies as by hand', async () => {
    const solved = await solve(sharifP2, defaultGiven(sharifP2), oracle)
    // Draws 0.1 («free»), 0.02 (unknown), 0.12 («meeting») and 0.14 («now») are below 0.15; [CLS] and [PAD] are no words.
    expect(toNested(solved.chosen)).toEqual([0, 1, 0, 1, 1, 1, 0, 0])
    // 0.4 and 0.7: [MASK]; 0.85: replaced by «money»; 0.95: kept.
    expect(toNested(solved.masked)).toEqual([2, 4, 6, 4, 6, 7, 3, 0])
    expect(toNested(solved.attentionMask)).toEqual([1, 1, 1, 1, 1, 1, 1, 0])
    // z = (1 − 0.5 − 2 + 1, 1 + 1 − 0.5).
    expect(toNested(solved.classLogits)).toEqual([-0.5, 1.5])
    expect(item(solved.class)).toBe(1)
    expect(item(solved.classLoss)).toBeCloseTo(Math.log(1 + Math.exp(-2)), 12)
    const row = (logits: readonly number[], at: number) =>
      Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0)) - logits[at]
    const losses = [
      row([-1, 0, -1, -1, -1, 2, 1, 0, 0], 5),
      row([-1, 1, 0, -1, 0, 1, 0, 0, 2], 1),
      row([0, 0, -1, -1, 0, 0, 1, 2, 1], 8),
      row([-1, 0, 0, 0, -1, 1, 0, 2, 0], 7),
    ]
    expect(item(solved.maskedLoss)).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 4, 12)
    rowMajor(solved.shares).forEach((share, i) => {
      expect(share).toBeCloseTo([0.12, 0.015, 0.015][i], 12)
    })
  })
})

describe('the laws of sharif/p2', () => {
  it.each([
    ['only words are chosen', 'special tokens chosen', 'chosen'],
    ['with a rate of 1', 'no word kept', 'masked'],
    ['the loss is minus', 'sum not divided', 'maskedLoss'],
    ['the loss is the cross-entropy', 'loss of all tokens', 'maskedLoss'],
    ['where all tokens', 'mean over all tokens', 'maskedLoss'],
    ['the losses of all places', 'loss at every place', 'tokenLosses'],
    ['the gradient by the logits', 'one-hot vector not subtracted', 'classGradient'],
  ])('«%s …» breaks with the mistake «%s»', async (start, name, quantity) => {
    const given = defaultGiven(sharifP2)
    const law = sharifP2.laws.find((one) => one.name.startsWith(start))
    const mistake = sharifP2.mistakes.find((one) => one.name === name)
    const wrong: Solve = async (values) => {
      const solved = await solve(sharifP2, values, oracle)
      const replacement = await mistake?.compute(quantity, solved, oracle.operators)
      return solve(sharifP2, values, oracle, replacement && { replaced: { [quantity]: replacement } })
    }
    await law?.check(given, (values) => solve(sharifP2, values, oracle), 2 ** -52, oracle.operators)
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })
})

const sizes: BertSizes = { vocabulary: 12, length: 4, width: 4, heads: 2, hidden: 6, layers: 2 }

describe('the small BERT', () => {
  const parameters = { ...initialBert(sizes, randomNumbers(3)) }
  const ids = tensor([2, 4], [2, 5, 4, 7, 2, 8, 9, 4])
  const batch: MaskedBatch = { ids, places: [2, 7, 1], words: [6, 10, 5] }
  const classes = {
    'classes.weight': tensor([2, 4], [1, 0, -1, 0.5, 0, 1, 0.5, -1]),
    'classes.bias': labelTensor([0, 1]),
  }

  /** Largest difference of a slope from a central difference, over some entries of every parameter. */
  async function worstDifference(
    start: Readonly<Record<string, ReturnType<typeof tensor>>>,
    lossOf: (changed: typeof start) => Promise<{ loss: ReturnType<typeof tensor>; gradients: typeof start }>,
  ): Promise<number> {
    const { gradients } = await lossOf(start)
    const h = 1e-5
    let worst = 0
    for (const [name, gradient] of Object.entries(gradients)) {
      const data = rowMajor(start[name])
      for (const i of new Set([0, Math.floor(data.length / 3), data.length - 1])) {
        const moved = async (step: number) => {
          const values = data.slice()
          values[i] += step
          return item((await lossOf({ ...start, [name]: tensor(start[name].shape, values) })).loss)
        }
        const slope = ((await moved(h)) - (await moved(-h))) / (2 * h)
        worst = Math.max(worst, Math.abs(slope - rowMajor(gradient)[i]))
      }
    }
    return worst
  }

  // A central difference of step h errs by h² times a third derivative (of some hundreds here) and 2⁻⁵²/h.
  it('has the gradients of the masked words’ loss', async () => {
    expect(await worstDifference(parameters, (p) => maskedWordsLoss(p, batch, sizes, oracle.operators))).toBeLessThan(
      1e-7,
    )
  })

  it('has the gradients of the class’s loss', async () => {
    const { 'words.bias': _, ...encoder } = parameters
    const start = { ...encoder, ...classes }
    const worst = await worstDifference(start, (p) => classLoss(p, ids, [1, 0], sizes, oracle.operators))
    expect(worst).toBeLessThan(1e-7)
  })
})

describe('masked batches', () => {
  it('choose about 15 % of the words, of which about 80 % become [MASK], and never [CLS] or unknown words', async () => {
    const sequences = [
      [2, 5, 6, 7, 1, 8, 9, 10],
      [2, 11, 12, 13, 14, 15, 1, 16],
    ]
    const batches = await maskedBatches(
      sequences,
      { size: 50, steps: 40, vocabulary: 40 },
      randomNumbers(8),
      oracle.operators,
      async () => {},
    )
    let [words, masked] = [0, 0]
    for (const { ids, places, words: targets } of batches) {
      for (const [i, place] of places.entries()) {
        expect(place % 8).not.toBe(0)
        expect(targets[i]).toBeGreaterThan(4)
        if (rowMajor(ids)[place] === 4) masked++
      }
      words += places.length
      expect([...rowMajor(ids)].filter((id, place) => id === 4 && !places.includes(place))).toEqual([])
    }
    // 40·50·6 = 12,000 words: four standard deviations of a share of 0.15 are 0.013, of 0.8 of 1,800 words 0.038.
    expect(Math.abs(words / 12_000 - 0.15)).toBeLessThan(0.013)
    expect(Math.abs(masked / words - 0.8)).toBeLessThan(0.038)
  })
})
