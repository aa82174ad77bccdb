import { item, type Tensor } from '../../oracle/tensor.js'
import type { Experiment, ExperimentResult, Operators, Read } from '../exercise.js'
import type { HeatMap } from '../picture.js'
import { lossChart } from '../training.js'
import { pairs, vocabulary } from './transformer.pairs.js'
import { rightWords, sentences, Translator, translationBatches } from './transformer.training.js'

const words = sentences.reduce((sum, [, target]) => sum + target.length, 0)

interface Curve {
  readonly translator: Translator
  readonly losses: readonly number[]
  /** Words predicted right from the right words before them, before each step. */
  readonly right: readonly number[]
}

/** `steps` steps of training; the numbers are read at the end. */
async function trained(
  shifted: boolean,
  steps: number,
  operators: Operators,
  { read, progress }: { readonly read: Read; readonly progress: (done: number) => void },
): Promise<Curve> {
  const batches = translationBatches(shifted)
  const translator = new Translator(batches)
  const passes: { readonly loss: Tensor; readonly logits: readonly Tensor[] }[] = []
  for (let i = 0; i < steps; i++) {
    passes.push(await translator.step(operators))
    progress(i + 1)
  }
  await read(passes.flatMap(({ loss, logits }) => [loss, ...logits]))
  return {
    translator,
    losses: passes.map(({ loss }) => item(loss)),
    right: passes.map(({ logits }) => rightWords(batches, logits)),
  }
}

/** Which of the pairs are written exactly as they stand, `<eos>` included. */
async function reproduced(translator: Translator, operators: Operators, read: Read): Promise<readonly boolean[]> {
  const exact: boolean[] = []
  for (const [source, target] of sentences) {
    const written = await translator.translate(source, operators, { read })
    exact.push(written.join(' ') === target.join(' '))
  }
  return exact
}

/** Cross-attention of the last layer, the mean of its heads, for every pair. */
async function attentionPictures(
  translator: Translator,
  operators: Operators,
  read: Read,
): Promise<readonly HeatMap[]> {
  const weights = []
  for (const sentence of sentences) weights.push(await translator.crossAttention(sentence, operators))
  await read(weights)
  return weights.map((weight, i) => {
    const [, heads, T, S] = weight.shape
    const mean = (t: number, s: number) =>
      Array.from({ length: heads }, (_, h) => weight.get(0, h, t, s)).reduce((sum, value) => sum + value, 0) / heads
    return {
      kind: 'heatMap',
      title: `What each word of «${pairs[i][1].join(' ')}» attends to`,
      rowTitle: 'word to be written',
      columnTitle: 'word of the source',
      rows: sentences[i][1].map((id) => vocabulary[id]),
      columns: pairs[i][0],
      values: Array.from({ length: T }, (_, t) => Array.from({ length: S }, (_, s) => mean(t, s))),
      labelled: true,
    }
  })
}

/** Rows of a table for some of the steps, the first and the last among them. */
function sampled(steps: number, row: (step: number) => readonly number[]): readonly (readonly number[])[] {
  const every = Math.ceil(steps / 10)
  return Array.from({ length: steps }, (_, i) => i)
    .filter((i) => i % every === 0 || i === steps - 1)
    .map(row)
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

/**
 * The lecture's three pairs, learned by teacher forcing by a Transformer of two layers of 16 features, until greedy decoding
 * writes all of them; and, to compare, trained on targets that are not shifted.
 */
export const translationExperiment: Experiment = {
  question: 'Does a Transformer learn the lecture’s translations, and why are its targets shifted right?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}): Promise<ExperimentResult> {
    if (extent === 'reduced') {
      const { losses, right } = await trained(true, 2, operators, { read, progress: (done) => progress?.(done, 2) })
      return {
        columns: ['step', 'loss', 'words right'],
        rows: losses.map((loss, i) => [i, loss, right[i]]),
        findings: [{ statement: 'A step of training lowers the loss.', holds: losses[1] < losses[0] }],
      }
    }
    const steps = 100
    const shifted = await trained(true, steps, operators, { read, progress: (done) => progress?.(done, 2 * steps) })
    const copying = await trained(false, steps, operators, {
      read,
      progress: (done) => progress?.(steps + done, 2 * steps),
    })
    const exact = await reproduced(shifted.translator, operators, read)
    const copied = await reproduced(copying.translator, operators, read)
    return {
      columns: ['step', 'loss', `words right of ${words}`, 'loss, not shifted', 'words right, not shifted'],
      rows: sampled(steps, (i) => [i, shifted.losses[i], shifted.right[i], copying.losses[i], copying.right[i]]),
      findings: [
        {
          statement: 'The loss falls to less than a hundredth of what it was.',
          holds: shifted.losses[steps - 1] < 0.01 * shifted.losses[0],
        },
        {
          statement: 'From the right words before, every word is predicted right, the end token included.',
          holds: shifted.right[steps - 1] === words,
        },
        {
          statement: 'Greedy decoding, from the source sentence alone, writes all three translations exactly.',
          holds: exact.every((is) => is),
        },
        {
          statement:
            'With targets that are not shifted the loss falls faster, because each position reads the word that it should predict.',
          holds: mean(copying.losses) < mean(shifted.losses),
        },
        {
          statement: 'Trained like that it has only learned to copy: it writes none of the translations.',
          holds: copied.every((is) => !is),
        },
      ],
      pictures: [
        lossChart(
          'Cross-entropy while the pairs are learned',
          { 'targets shifted right': shifted.losses, 'targets not shifted': copying.losses },
          { title: 'cross-entropy', scale: 'log' },
        ),
        ...(await attentionPictures(shifted.translator, operators, read)),
      ],
    }
  },
}
