import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, rowMajor, scalar, type Tensor, tensor, toNested, zip } from '../../oracle/tensor.js'
import { defaultGiven, solve } from '../exercise.js'
import { normalTensor, type Parameters, randomNumbers, summed } from '../training.js'
import { transformer } from './transformer.js'
import { decoded, encoded, initialTransformer, translationPass } from './transformer.model.js'
import { batchesOf, idsOf, shiftedRight, special, vocabulary } from './transformer.pairs.js'
import { sentences, smallSizes, Translator } from './transformer.training.js'

const { operators } = oracle
const parameters = initialTransformer(smallSizes, randomNumbers(3))
const read = async () => {}

function solved(changed = {}) {
  return solve(transformer, { ...defaultGiven(transformer), ...changed }, oracle)
}

describe('lecture/transformer', () => {
  it('has the words of the lecture’s three pairs, «student» and «étudiant» among them, behind the special tokens', () => {
    expect(vocabulary.slice(0, 3)).toEqual(['<pad>', '<sos>', '<eos>'])
    expect(new Set(vocabulary).size).toBe(vocabulary.length)
    expect(vocabulary.length).toBe(3 + 3 + 2 + 4 + 4 + 3 + 4)
    const text = (ids: readonly number[]) => ids.map((id) => vocabulary[id]).join(' ')
    expect(sentences.map((pair) => pair.map(text))).toEqual([
      ['You are welcome', 'De nada <eos>'],
      ['The ball is blue', 'La bola es azul <eos>'],
      ['je suis étudiant', 'I am a student <eos>'],
    ])
  })

  it('shifts the targets right behind the start token, as the lecture does', async () => {
    const { decoderInput, target, decoderRuns } = await solved()
    const words = (ids: Tensor, row: number) => Array.from({ length: 5 }, (_, t) => vocabulary[ids.get(row, t)])
    expect(words(target, 1)).toEqual(['La', 'bola', 'es', 'azul', '<eos>'])
    expect(words(decoderInput, 1)).toEqual(['<sos>', 'La', 'bola', 'es', 'azul'])
    expect(words(decoderInput, 0)).toEqual(['<sos>', 'De', 'nada', '<eos>', '<pad>'])
    expect([...rowMajor(decoderRuns)]).toEqual([3, 5, 5])
  })

  it('has the masks and shapes of the lecture: sentences × positions × embedding', async () => {
    const values = await solved()
    expect(toNested(values.paddingMask)).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 1],
      [1, 1, 1, 0],
    ])
    expect(toNested(values.lookAheadMask)).toEqual([
      [1, 0, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 0],
      [1, 1, 1, 1, 1],
    ])
    expect(toNested(values.embeddedShape)).toEqual([3, 4, 512])
    expect(toNested(values.queryShape)).toEqual([3, 8, 4, 64])
    expect(toNested(values.crossAttentionShape)).toEqual([3, 8, 5, 4])
    expect(toNested(values.logitsShape)).toEqual([3, 5, 37000])
  })

  it('counts 44,101,632 parameters in the layers of the base model, and with 37,000 tokens 3 % less than the paper’s 65 million', async () => {
    // By hand: 6·(4·512² + 2·512·2048 + 2560 + 2·1024) + 6·(8·512² + 2·512·2048 + 2560 + 3·1024), then 37,000·512 more.
    const count = item((await solved()).parameters)
    expect(count).toBe(44_101_632 + 18_944_000)
    expect(Math.abs(count / 65e6 - 1)).toBeLessThan(0.031)
  })

  it('counts the big model within 1 % of the paper’s 213 million', async () => {
    const big = { width: scalar(1024), hiddenWidth: scalar(4096), heads: scalar(16) }
    expect(Math.abs(item((await solved(big)).parameters) / 213e6 - 1)).toBeLessThan(0.01)
  })

  it('accepts the paper’s figure for the base model, and not for another', async () => {
    const [alternative] = transformer.quantities.find(({ name }) => name === 'parameters')?.alternatives ?? []
    expect(item(alternative.value(await solved()))).toBe(65e6)
    const other = await solved({ layers: scalar(5) })
    expect(item(alternative.value(other))).toBe(item(other.parameters))
  })

  it('refuses a width that the heads do not share out, and sentences without translations', async () => {
    await expect(solved({ heads: scalar(7) })).rejects.toThrow('multiple of the 7 heads')
    await expect(solved({ source: tensor([1, 4], [3, 4, 5, 6]) })).rejects.toThrow('1 sentences and 3 translations')
  })
})

/** Σ over all parameters of gradient · direction. */
function along(gradients: Parameters, directions: Parameters): number {
  return Object.entries(gradients).reduce((sum, [name, gradient]) => {
    const direction = rowMajor(directions[name])
    return sum + rowMajor(gradient).reduce((part, g, i) => part + g * direction[i], 0)
  }, 0)
}

describe('the Transformer of lecture/transformer', () => {
  it('has the gradients of finite differences of its loss', async () => {
    for (const batch of batchesOf(sentences)) {
      const { gradients } = await translationPass(parameters, batch, smallSizes, operators)
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(parameters).sort())
      const random = randomNumbers(5)
      const directions = Object.fromEntries(
        Object.entries(parameters).map(([name, x]) => [name, normalTensor(x.shape, 1, random)]),
      )
      const lossAt = async (step: number) => {
        const moved = Object.fromEntries(
          Object.entries(parameters).map(([name, x]) => [name, zip(x, directions[name], (p, d) => p + step * d)]),
        )
        return item((await translationPass(moved, batch, smallSizes, operators)).loss)
      }
      const step = 1e-6
      const difference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
      const slope = along(gradients, directions)
      // The third derivative leaves an error of the size of step², rounding one of 2⁻⁵²/step.
      expect(Math.abs(difference - slope)).toBeLessThan(1e-6 * (1 + Math.abs(slope)))
    }
  })

  it('gives a batch of padded targets the losses and gradients of its sentences one by one', async () => {
    const words = sentences.reduce((sum, [, target]) => sum + target.length, 0)
    const together = []
    for (const batch of batchesOf(sentences))
      together.push(await translationPass(parameters, batch, smallSizes, operators))
    const single = []
    for (const sentence of sentences) {
      const [batch] = batchesOf([sentence])
      const counted = tensor(
        batch.counted.shape,
        rowMajor(batch.counted).map(() => 1 / words),
      )
      single.push(await translationPass(parameters, { ...batch, counted }, smallSizes, operators))
    }
    const [all, each] = [together, single].map((passes) => ({
      loss: passes.reduce((sum, { loss }) => sum + item(loss), 0),
      gradients: summed(passes.map(({ gradients }) => gradients)),
    }))
    expect(all.loss).toBeCloseTo(each.loss, 12)
    for (const [name, gradient] of Object.entries(all.gradients))
      for (const [i, value] of rowMajor(gradient).entries())
        expect(value).toBeCloseTo(rowMajor(each.gradients[name])[i], 12)
  })

  it('predicts from the words so far what it predicts at their position in the whole sentence', async () => {
    for (const [source, target] of sentences) {
      const memory = await encoded(parameters, tensor([1, source.length], source), smallSizes, operators)
      const input = shiftedRight([target])
      const whole = await decoded(parameters, { memory, input }, smallSizes, operators)
      for (let t = 1; t <= target.length; t++) {
        const soFar = tensor([1, t], rowMajor(input).slice(0, t))
        const { logits } = await decoded(parameters, { memory, input: soFar }, smallSizes, operators)
        for (let v = 0; v < smallSizes.vocabulary; v++)
          expect(logits.get(t - 1, v)).toBeCloseTo(whole.logits.get(t - 1, v), 12)
      }
    }
  })

  it('stops at <eos>, or at the most words that are asked for', async () => {
    const translator = new Translator()
    const untrained = await translator.translate(idsOf(['The', 'ball']), operators, { read, most: 4 })
    expect(untrained.length).toBeLessThanOrEqual(4)
    for (let i = 0; i < 60; i++) await translator.step(operators)
    for (const [source, target] of sentences) {
      const written = await translator.translate(source, operators, { read })
      expect(written).toEqual([...target])
      expect(written.at(-1)).toBe(special.end)
    }
  })

  it('attends to the source with weights that sum to 1', async () => {
    const weights = await new Translator().crossAttention(sentences[1], operators)
    expect(weights.shape).toEqual([1, smallSizes.heads, 5, 4])
    const data = rowMajor(weights)
    for (let start = 0; start < data.length; start += 4)
      expect(data.subarray(start, start + 4).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
  })
})
