import { item, type Tensor, zeros } from '../../oracle/tensor.js'
import { words } from '../data/text.js'
import type { Experiment, ExperimentResult, Operators, Read, Training } from '../exercise.js'
import { Adam, accuracyOf, lossChart, minibatches, normalTensor, type Parameters, randomNumbers } from '../training.js'
import { logisticRegressionAccuracy, majorityAccuracy, naiveBayesAccuracy } from './bagOfWords.js'
import { beginningOf, idsOf, maskedBatches, piecesOf, vocabularySize, withWordVectors } from './bertTexts.js'
import { type BertSizes, classLogits, classLoss, initialBert, maskedWordsLoss } from './smallBert.js'
import { knownWords, splitMails } from './spamTexts.js'

interface Settings {
  readonly sizes: BertSizes
  /** Mails with a class to learn from in each drawing, and mails held out. */
  readonly labelled: number
  readonly drawings: number
  readonly test: number
  readonly pretraining: { readonly size: number; readonly steps: number }
  readonly tuning: { readonly size: number; readonly steps: number }
}

const settings: Settings = {
  sizes: { vocabulary: vocabularySize, length: 24, width: 32, heads: 2, hidden: 64, layers: 1 },
  labelled: 20,
  drawings: 4,
  test: 300,
  pretraining: { size: 32, steps: 240 },
  tuning: { size: 20, steps: 24 },
}
const reducedSettings: Settings = {
  sizes: { vocabulary: vocabularySize, length: 8, width: 8, heads: 2, hidden: 8, layers: 1 },
  labelled: 4,
  drawings: 1,
  test: 4,
  pretraining: { size: 4, steps: 2 },
  tuning: { size: 4, steps: 2 },
}
const seed = 2
const rates = { pretraining: 0.003, tuning: 0.002 } as const

/** A BERT whose words begin with their vectors from elsewhere, in as many dimensions as it has. */
function newBert(sizes: BertSizes, random: () => number): Parameters {
  const parameters = initialBert(sizes, random)
  return { ...parameters, tokens: withWordVectors(parameters.tokens, 0.3) }
}

/** The losses of pre-training, and the parameters after it. */
async function pretrained(
  start: Parameters,
  sequences: readonly (readonly number[])[],
  { sizes, pretraining }: Settings,
  run: {
    readonly random: () => number
    readonly operators: Operators
    readonly read: Read
    readonly steps: number
    stepDone(): void
  },
): Promise<{ readonly losses: readonly Tensor[]; readonly parameters: Parameters }> {
  const batches = await maskedBatches(
    sequences,
    { ...pretraining, vocabulary: sizes.vocabulary },
    run.random,
    run.operators,
    run.read,
  )
  const adam = new Adam(start, { learningRate: rates.pretraining })
  const losses: Tensor[] = []
  for (const batch of batches.slice(0, run.steps)) {
    const { loss, gradients } = await maskedWordsLoss(adam.parameters, batch, sizes, run.operators)
    await adam.step(gradients, run.operators)
    losses.push(loss)
    run.stepDone()
  }
  return { losses, parameters: adam.parameters }
}

interface Messages {
  readonly sequences: readonly (readonly number[])[]
  readonly labels: readonly number[]
}

/** The losses of fine-tuning all parameters but the bias of the masked words, and the parameters after it. */
async function tuned(
  { 'words.bias': _, ...encoder }: Parameters,
  { sequences, labels }: Messages,
  { sizes, tuning }: Pick<Settings, 'sizes' | 'tuning'>,
  random: () => number,
  operators: Operators,
): Promise<{ readonly losses: readonly Tensor[]; readonly parameters: Parameters }> {
  const classes = { 'classes.weight': normalTensor([2, sizes.width], 0.1, random), 'classes.bias': zeros([2]) }
  const adam = new Adam({ ...encoder, ...classes }, { learningRate: rates.tuning })
  const batches = minibatches(sequences.length, tuning.size, random)
  const losses: Tensor[] = []
  for (let step = 0; step < tuning.steps; step++) {
    const chosen = batches.next().value
    const [ids, targets] = [idsOf(chosen.map((i) => sequences[i])), chosen.map((i) => labels[i])]
    const { loss, gradients } = await classLoss(adam.parameters, ids, targets, sizes, operators)
    await adam.step(gradients, operators)
    losses.push(loss)
  }
  return { losses, parameters: adam.parameters }
}

/**
 * Pre-training on the words of mails without their classes; then fine-tuning to tell spam from twenty mails, drawn four times, and
 * the same without pre-training (two steps of each, reduced).
 */
export const spamExperiment: Experiment = {
  question: 'What does pre-training change where few messages have a known class?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const full = extent === 'full'
    const chosen = full ? settings : reducedSettings
    const { sizes, drawings, tuning } = chosen
    const random = randomNumbers(seed)
    const total = chosen.pretraining.steps + 2 * drawings * tuning.steps
    let done = 0
    const stepDone = (steps = 1) => {
      done += steps
      progress?.(done, total)
    }
    const { training, test, unlabelled } = splitMails(
      { training: chosen.labelled * drawings, test: chosen.test },
      random,
    )
    const text = [...unlabelled, ...training].flatMap((mail) => piecesOf(mail, sizes.length))
    const start = newBert(sizes, random)
    const run = { random, operators, read, steps: chosen.pretraining.steps, stepDone }
    const pretraining = await pretrained(start, text, chosen, run)

    const heldIds = idsOf(test.map((mail) => beginningOf(mail, sizes.length)))
    const labels = test.map(({ spam }) => (spam ? 1 : 0))
    const known = (mails: typeof test) => mails.map((mail) => knownWords(mail, sizes.length - 1))
    const classes = [training.filter(({ spam }) => !spam), training.filter(({ spam }) => spam)]
    const half = chosen.labelled / 2
    const drawn: { readonly baselines: readonly number[]; readonly logits: readonly Tensor[] }[] = []
    const tuningLosses: (readonly Tensor[])[] = []
    for (let drawing = 0; drawing < drawings; drawing++) {
      const mails = classes.flatMap((ofClass) => ofClass.slice(drawing * half, (drawing + 1) * half))
      const messages = {
        sequences: mails.map((mail) => beginningOf(mail, sizes.length)),
        labels: mails.map(({ spam }) => (spam ? 1 : 0)),
      }
      const logits: Tensor[] = []
      for (const from of [start, pretraining.parameters]) {
        const { losses, parameters } = await tuned(from, messages, chosen, randomNumbers(seed + drawing), operators)
        logits.push(await classLogits(parameters, heldIds, sizes, operators))
        if (drawing === 0) tuningLosses.push(losses)
        stepDone(tuning.steps)
      }
      const [learned, held] = [known(mails), known(test)]
      const baselines = [
        majorityAccuracy(learned, held),
        naiveBayesAccuracy(learned, held, words.length),
        logisticRegressionAccuracy(learned, held, words.length),
      ]
      drawn.push({ baselines, logits })
    }
    await read([...pretraining.losses, ...tuningLosses.flat(), ...drawn.flatMap(({ logits }) => logits)])
    const rows = drawn.map(({ baselines, logits }, drawing) => [
      drawing + 1,
      ...baselines,
      ...logits.map((x) => accuracyOf(x, labels)),
    ])
    return resultOf(
      rows,
      pretraining.losses.map(item),
      tuningLosses.map((losses) => losses.map(item)),
      full,
    )
  },
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length
}

function resultOf(
  rows: readonly (readonly number[])[],
  pretraining: readonly number[],
  tuning: readonly (readonly number[])[],
  full: boolean,
): ExperimentResult {
  const mean = (column: number) => meanOf(rows.map((row) => row[column]))
  const window = Math.min(20, Math.floor(pretraining.length / 2))
  const falls = {
    statement: 'Pre-training lowers the loss of the masked words.',
    holds: meanOf(pretraining.slice(-window)) < meanOf(pretraining.slice(0, window)),
  }
  const finite = {
    statement:
      'The losses before training are those of a guess: near log V for a masked word, near log 2 for the class.',
    holds:
      Math.abs(pretraining[0] - Math.log(vocabularySize)) < 1.5 &&
      tuning.every((losses) => Math.abs(losses[0] - Math.log(2)) < 0.7),
  }
  const measured = [
    {
      statement:
        'On mails held out, the pre-trained BERT is right more often, on average, than the majority class, naive Bayes and logistic regression on the words.',
      holds: [1, 2, 3].every((baseline) => mean(5) > mean(baseline)),
    },
    {
      statement: 'It is right more often than the same BERT without pre-training.',
      holds: mean(5) > mean(4),
    },
    falls,
  ]
  return {
    columns: [
      'drawing',
      'majority class',
      'naive Bayes',
      'logistic regression',
      'BERT without pre-training',
      'BERT, pre-trained',
    ],
    rows,
    findings: full ? [...measured, finite] : [finite],
    pictures: [
      lossChart('Losses of pre-training', { 'masked words': pretraining }),
      lossChart('Losses of fine-tuning', { 'without pre-training': tuning[0], 'pre-trained': tuning[1] }),
    ],
  }
}

/** Mails for the trainings: as few and as short as the reduced extent has them. */
function trainingMails() {
  const random = randomNumbers(seed)
  return { random, ...splitMails({ training: 8, test: 2 }, random) }
}

/** A few hundred of the words, so that a step is short; others are unknown. */
const trainingWords = 300
const trainingSizes: BertSizes = { ...reducedSettings.sizes, vocabulary: trainingWords }

function withFewWords(sequence: readonly number[]): readonly number[] {
  return sequence.map((id) => (id < trainingWords ? id : 1))
}

/** Pre-training and fine-tuning on a few short pieces, with the first words of the vocabulary. */
export const bertTrainings: readonly Training[] = [
  {
    name: 'pre-training',
    async losses(operators, steps, read = async () => {}) {
      const { random, training } = trainingMails()
      const text = training.flatMap((mail) => piecesOf(mail, trainingSizes.length)).map(withFewWords)
      const start = initialBert(trainingSizes, random)
      // The same words are masked however many steps are taken.
      const pretraining = { size: 6, steps: Math.max(steps, 50) }
      const chosen = { ...reducedSettings, sizes: trainingSizes, pretraining }
      const run = { random, operators, read, steps, stepDone: () => {} }
      return (await pretrained(start, text, chosen, run)).losses
    },
  },
  {
    name: 'fine-tuning',
    async losses(operators, steps) {
      const { random, training } = trainingMails()
      const messages = {
        sequences: training.map((mail) => withFewWords(beginningOf(mail, trainingSizes.length))),
        labels: training.map(({ spam }) => (spam ? 1 : 0)),
      }
      const start = initialBert(trainingSizes, random)
      const tuning = { size: 8, steps }
      return (await tuned(start, messages, { sizes: trainingSizes, tuning }, random, operators)).losses
    },
  },
]
