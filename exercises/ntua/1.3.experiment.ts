import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { Experiment, ExperimentResult, Given, Operators, Values } from '../exercise.js'

/** Which way each word of the vocabulary leans: +1 praise, −1 blame, 0 neither. */
const leaning = [0, 0, 1, -1, 1, -1, 0]

/** The logits of every sentence, sentences of one length in one batch. */
async function logitsOf(
  values: Values,
  sentences: readonly (readonly number[])[],
  operators: Operators,
): Promise<Tensor> {
  const [T, N] = [sentences[0].length, sentences.length]
  const ids = tensor([T, N], Array.from({ length: T }, (_, t) => sentences.map((sentence) => sentence[t])).flat())
  const x = await forward(operators, 'embedding', 'y', { ids, table: tensorOf(values, 'vocabulary') })
  const hidden = await forward(
    operators,
    'rnn',
    'hidden',
    {
      x,
      weightInput: tensorOf(values, 'inputWeights'),
      weightHidden: tensorOf(values, 'hiddenWeights'),
      biasInput: tensorOf(values, 'hiddenBias'),
    },
    { activation: 'relu' },
  )
  return forward(operators, 'linear', 'y', {
    x: hidden.pick(T - 1, null, null),
    weight: tensorOf(values, 'outputWeights'),
    bias: tensorOf(values, 'outputBias'),
  })
}

/** The class of every row of logits. */
function classesOf(logits: Tensor): readonly number[] {
  const data = rowMajor(logits)
  return Array.from({ length: logits.size / 3 }, (_, n) => {
    const row = data.subarray(3 * n, 3 * n + 3)
    return row.indexOf(Math.max(...row))
  })
}

/** The class of every sentence, sentences of one length in one batch. */
export async function classify(
  values: Values,
  sentences: readonly (readonly number[])[],
  operators: Operators,
): Promise<readonly number[]> {
  return classesOf(await logitsOf(values, sentences, operators))
}

/** All sentences of `length` words out of `vocabulary`. */
function sentencesOf(length: number, vocabulary: number): readonly (readonly number[])[] {
  if (length === 0) return [[]]
  return sentencesOf(length - 1, vocabulary).flatMap((start) =>
    Array.from({ length: vocabulary }, (_, word) => [...start, word]),
  )
}

/**
 * Whether the network is well trained: every sentence of its vocabulary up to four words (three, reduced), with the class
 * that it gives by whether the sentence only praises, only blames, does both or neither.
 */
export function sentenceExperiment(given: readonly Given[], words: readonly string[]): Experiment {
  return {
    question: 'Is the network well trained?',
    async run(operators, { extent = 'full', read = async () => {} } = {}) {
      const values = Object.fromEntries(given.map(({ name, value }) => [name, value]))
      const batches: { readonly sentences: readonly (readonly number[])[]; readonly logits: Tensor }[] = []
      for (let length = 1; length <= (extent === 'full' ? 4 : 3); length++) {
        const sentences = sentencesOf(length, words.length)
        batches.push({ sentences, logits: await logitsOf(values, sentences, operators) })
      }
      await read(batches.map(({ logits }) => logits))
      const counts = new Map<string, number[]>()
      for (const { sentences, logits } of batches) {
        const classes = classesOf(logits)
        sentences.forEach((sentence, i) => {
          const praise = sentence.some((word) => leaning[word] > 0)
          const blame = sentence.some((word) => leaning[word] < 0)
          const key = `${sentence.length} ${praise ? 1 : 0} ${blame ? 1 : 0}`
          const row = counts.get(key) ?? [0, 0, 0]
          row[classes[i]]++
          counts.set(key, row)
        })
      }
      const rows = [...counts].map(([key, row]) => [...key.split(' ').map(Number), ...row])
      return {
        columns: ['words', 'praise', 'blame', 'class 0', 'class 1', 'class 2'],
        rows,
        findings: findingsOf(rows),
      }
    },
  }
}

/** What the counts show; rows are [words, praise, blame, class 0, class 1, class 2]. */
function findingsOf(rows: readonly (readonly number[])[]): ExperimentResult['findings'] {
  const total = (praise: number, blame: number, label: number) =>
    rows.filter((row) => row[1] === praise && row[2] === blame).reduce((sum, row) => sum + row[3 + label], 0)
  return [
    {
      statement: 'Sentences that only praise mostly get class 0, sentences that only blame mostly class 2.',
      holds: total(1, 0, 0) > total(1, 0, 2) && total(0, 1, 2) > total(0, 1, 0),
    },
    {
      statement: 'Class 1 is never predicted: its logit is the mean of the other two, whatever the hidden state.',
      holds: rows.every((row) => row[4] === 0),
    },
    {
      statement:
        'Some sentences that only praise get class 2, and some that only blame class 0: it is not well trained.',
      holds: total(1, 0, 2) > 0 && total(0, 1, 0) > 0,
    },
  ]
}
