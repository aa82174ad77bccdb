import { type Tensor, tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Operators, Read, Training } from '../exercise.js'
import { Adam, plus, randomNumbers, summed } from '../training.js'
import {
  type Batch,
  decoded,
  encoded,
  initialTransformer,
  layerOf,
  type TransformerSizes,
  translationPass,
} from './transformer.model.js'
import { batchesOf, idsOf, pairs, special, vocabulary } from './transformer.pairs.js'

/** A thirty-second of the base model's width, with two layers in place of six. */
export const smallSizes: TransformerSizes = {
  width: 16,
  hiddenWidth: 32,
  layers: 2,
  heads: 2,
  vocabulary: vocabulary.length,
}

const seed = 2017

/** The lecture's sentences and their translations as ids, each translation closed by `<eos>`. */
export const sentences = pairs.map(([source, target]) => [idsOf(source), [...idsOf(target), special.end]] as const)

/** The lecture's pairs, with targets shifted right or, to see what the shift is for, as they are. */
export function translationBatches(shifted = true): readonly Batch[] {
  const batches = batchesOf(sentences)
  return shifted ? batches : batches.map((batch) => ({ ...batch, input: tensor(batch.input.shape, batch.target.data) }))
}

/** A small Transformer, and its training by `adam` on all pairs at every step. */
export class Translator {
  readonly model = new Adam(initialTransformer(smallSizes, randomNumbers(seed)), {
    learningRate: 0.005,
    beta2: 0.98,
    epsilon: 1e-6,
  })
  private readonly batches: readonly Batch[]

  constructor(batches: readonly Batch[] = translationBatches()) {
    this.batches = batches
  }

  /** The mean cross-entropy of all words before the step, and the logits of each batch. */
  async step(operators: Operators): Promise<{ readonly loss: Tensor; readonly logits: readonly Tensor[] }> {
    const passes = []
    for (const batch of this.batches)
      passes.push(await translationPass(this.model.parameters, batch, smallSizes, operators))
    await this.model.step(summed(passes.map(({ gradients }) => gradients)), operators)
    return { loss: passes.map(({ loss }) => loss).reduce(plus), logits: passes.map(({ logits }) => logits) }
  }

  /**
   * The translation that is written word by word: the decoder reads what it has written so far, and the likeliest next word is
   * appended, until that is `<eos>` or there are `most` words. The encoder runs once.
   */
  async translate(
    source: readonly number[],
    operators: Operators,
    { read, most = 8 }: { readonly read: Read; readonly most?: number },
  ): Promise<readonly number[]> {
    const memory = await this.memory(source, operators)
    const written: number[] = []
    while (written.length < most && written.at(-1) !== special.end) {
      const input = tensor([1, written.length + 1], [special.start, ...written])
      const { logits } = await decoded(this.model.parameters, { memory, input }, smallSizes, operators)
      await read([logits])
      written.push(likeliest(logits, written.length))
    }
    return written
  }

  /** How much each word of the target attends to each word of the source, [heads, T, S], in the decoder's last layer. */
  async crossAttention(
    [source, target]: readonly [readonly number[], readonly number[]],
    operators: Operators,
  ): Promise<Tensor> {
    const memory = await this.memory(source, operators)
    const input = tensor([1, target.length], [special.start, ...target.slice(0, -1)])
    const { parameters } = this.model
    const { calls } = await decoded(parameters, { memory, input }, smallSizes, operators)
    const { x } = calls[calls.length - 1]
    const layer = layerOf(parameters, `decoder${smallSizes.layers}`)
    const { heads } = smallSizes
    const own = layerOf(layer, 'selfAttention')
    const attended = await forward(
      operators,
      'multiHeadAttention',
      'output',
      { query: x, key: x, value: x, ...own },
      { heads, causal: true },
    )
    const query = await forward(operators, 'layerNorm', 'y', { x: plus(attended, x), ...layerOf(layer, 'norm1') })
    const across = { query, key: memory, value: memory, ...layerOf(layer, 'crossAttention') }
    return forward(operators, 'multiHeadAttention', 'weights', across, { heads })
  }

  private memory(source: readonly number[], operators: Operators): Promise<Tensor> {
    return encoded(this.model.parameters, tensor([1, source.length], source), smallSizes, operators)
  }
}

/** The column of a row's largest entry. */
export function likeliest(logits: Tensor, row: number): number {
  const scores = Array.from({ length: logits.shape[1] }, (_, word) => logits.get(row, word))
  return scores.indexOf(Math.max(...scores))
}

/** How many of the words that count a pass predicts right. */
export function rightWords(batches: readonly Batch[], logits: readonly Tensor[]): number {
  return batches.reduce((sum, { target, counted }, b) => {
    const rows = Array.from({ length: target.size }, (_, row) => row)
    return sum + rows.filter((row) => counted.get(row) > 0 && likeliest(logits[b], row) === target.get(row)).length
  }, 0)
}

export const translationTraining: Training = {
  name: 'a small Transformer on the three pairs',
  async losses(operators, steps) {
    const translator = new Translator()
    const losses: Tensor[] = []
    for (let i = 0; i < steps; i++) losses.push((await translator.step(operators)).loss)
    return losses
  },
}
