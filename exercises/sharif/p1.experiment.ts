import { item, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import { vectorSize, words, wordVectors } from '../data/text.js'
import type { Experiment, ExperimentResult, Operators, Training } from '../exercise.js'
import { Adam, accuracyOf, lossChart, type Parameters, randomNumbers } from '../training.js'
import { logisticRegressionAccuracy, majorityAccuracy, naiveBayesAccuracy } from './bagOfWords.js'
import { knownWords, splitMails } from './spamTexts.js'
import {
  type Dropout,
  initialLstm,
  initialPerceptron,
  lstmLogits,
  lstmLoss,
  meanVectors,
  perceptronLogits,
  perceptronLoss,
  type TextBatch,
  withOwnTable,
} from './wordClassifiers.js'

interface Settings {
  readonly training: number
  readonly test: number
  /** Words of a mail that are read. */
  readonly length: number
  readonly hidden: number
  readonly perceptronSteps: number
  readonly lstmSteps: number
}

/** Few mails to learn from: what vectors of words know from elsewhere matters most there. */
const settings: Settings = { training: 20, test: 300, length: 24, hidden: 40, perceptronSteps: 20, lstmSteps: 16 }
const reducedSettings: Settings = { training: 6, test: 6, length: 8, hidden: 4, perceptronSteps: 6, lstmSteps: 2 }
const draws = 6
const seed = 2310
const rates = { perceptron: 0.01, lstm: 0.002, table: 0.001 } as const
const droppedShare = 0.5
/** What is classified with are running means of the LSTM's parameters, of which one step's are a quarter. */
const averaging = { momentum: 0.75 } as const

/** A mask of dropout for the vectors of a batch, other numbers at every step. */
function dropoutFor({ ids }: TextBatch, random: () => number): Dropout {
  const [T, N] = ids.shape
  const mask = tensor(
    [T, N, vectorSize],
    Float64Array.from({ length: T * N * vectorSize }, () => (random() < droppedShare ? 0 : 1)),
  )
  return { mask, p: droppedShare }
}

/** A classifier in training. */
interface Learner {
  /** One step on all training texts; the loss before it. */
  step(): Promise<Tensor>
  logits(batch: TextBatch): Promise<Tensor>
}

function perceptron(table: Tensor, batch: TextBatch, hidden: number, draw: number, operators: Operators): Learner {
  const adam = new Adam(initialPerceptron(vectorSize, hidden, randomNumbers(draw)), { learningRate: rates.perceptron })
  const means = meanVectors(batch, table, operators)
  return {
    async step() {
      const { loss, gradients } = await perceptronLoss(adam.parameters, await means, batch.labels, operators)
      await adam.step(gradients, operators)
      return loss
    },
    logits: async (other) => perceptronLogits(adam.parameters, await meanVectors(other, table, operators), operators),
  }
}

/** The LSTM, and its table, which moves at a smaller rate, or not at all where it is frozen. */
function lstm(table: Tensor, batch: TextBatch, hidden: number, draw: number, frozen: boolean, operators: Operators) {
  const random = randomNumbers(draw)
  const { table: vectors, ...weights } = initialLstm(table, hidden, random)
  const adam = new Adam(weights, { learningRate: rates.lstm })
  const ofTable = new Adam({ table: vectors }, { learningRate: rates.table })
  const parameters = () => ({ ...adam.parameters, ...ofTable.parameters })
  let averages: Parameters = weights
  return {
    table: () => ofTable.parameters.table,
    async step() {
      const dropout = dropoutFor(batch, random)
      const { loss, gradients } = await lstmLoss(parameters(), batch, { frozen, dropout }, operators)
      const { table: slope, ...others } = gradients
      await adam.step(others, operators)
      averages = await averaged(averages, adam.parameters, operators)
      if (!frozen) await ofTable.step({ table: slope }, operators)
      return loss
    },
    logits: (other: TextBatch) => lstmLogits({ ...averages, ...ofTable.parameters }, other, operators),
  }
}

/** The running means after one more step. */
async function averaged(averages: Parameters, parameters: Parameters, operators: Operators): Promise<Parameters> {
  const result: Record<string, Tensor> = {}
  for (const [name, online] of Object.entries(parameters))
    result[name] = await forward(operators, 'momentumUpdate', 'y', { target: averages[name], online }, averaging)
  return result
}

const names = ['mean vector and MLP', 'LSTM, embedding frozen', 'LSTM, embedding trained'] as const

/** One drawing of mails: baselines, and the three classifiers with their losses. */
function prepared(chosen: Settings, draw: number, operators: Operators) {
  const { training, test } = splitMails(chosen, randomNumbers(draw))
  const [learned, held] = [training, test].map((mails) =>
    mails.map((mail) => knownWords(mail, chosen.length)).filter((text) => text.words.length > 0),
  )
  const { table, batches } = withOwnTable(wordVectors(), vectorSize, [learned, held])
  const [batch, heldBatch] = batches
  const frozen = lstm(table, batch, chosen.hidden, draw, true, operators)
  const learners: readonly Learner[] = [
    perceptron(table, batch, chosen.hidden, draw, operators),
    frozen,
    lstm(table, batch, chosen.hidden, draw, false, operators),
  ]
  const baselines = () => [
    majorityAccuracy(learned, held),
    naiveBayesAccuracy(learned, held, words.length),
    logisticRegressionAccuracy(learned, held, words.length),
  ]
  return { table, frozen, learners, heldBatch, baselines }
}

const stepsOf = (chosen: Settings, learner: number) => (learner === 0 ? chosen.perceptronSteps : chosen.lstmSteps)

/** Classifying real mails by real word vectors, from twenty of them, drawn six times (once, with a few steps, reduced). */
export const textExperiment: Experiment = {
  question: 'How do a mean vector and an LSTM, its embedding frozen or not, classify real texts?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const full = extent === 'full'
    const chosen = full ? settings : reducedSettings
    const losses: (readonly Tensor[])[] = []
    const drawn: {
      readonly baselines: readonly number[]
      readonly logits: readonly Tensor[]
      readonly held: TextBatch
    }[] = []
    let unmoved = true
    for (let draw = 0; draw < (full ? draws : 1); draw++) {
      const { table, frozen, learners, heldBatch, baselines } = prepared(chosen, seed + draw, operators)
      const logits: Tensor[] = []
      for (const [i, learner] of learners.entries()) {
        const ofLearner: Tensor[] = []
        for (let step = 0; step < stepsOf(chosen, i); step++) ofLearner.push(await learner.step())
        if (draw === 0) losses.push(ofLearner)
        logits.push(await learner.logits(heldBatch))
        progress?.(3 * draw + i + 1, 3 * (full ? draws : 1))
      }
      unmoved &&= frozen.table() === table
      drawn.push({ baselines: baselines(), logits, held: heldBatch })
    }
    await read([...losses.flat(), ...drawn.flatMap(({ logits }) => logits)])
    const rows = drawn.map(({ baselines, logits, held }, draw) => [
      draw + 1,
      ...baselines,
      ...logits.map((x) => accuracyOf(x, held.labels)),
    ])
    return resultOf(
      rows,
      losses.map((ofLearner) => ofLearner.map(item)),
      unmoved,
      full,
    )
  },
}

function resultOf(
  rows: readonly (readonly number[])[],
  losses: readonly (readonly number[])[],
  unmoved: boolean,
  full: boolean,
): ExperimentResult {
  const mean = (column: number) => rows.reduce((sum, row) => sum + row[column], 0) / rows.length
  const [majority, bayes, regression] = [1, 2, 3].map(mean)
  const always = [
    {
      statement: 'Training the perceptron lowers its loss.',
      holds: losses[0][losses[0].length - 1] < losses[0][0],
    },
    { statement: 'A frozen embedding keeps its vectors.', holds: unmoved },
  ]
  const measured = [
    ...names.map((name, i) => ({
      statement: `On mails held out, ${name} is right more often, on average, than the majority class and than logistic regression on the words.`,
      holds: mean(4 + i) > Math.max(majority, regression),
    })),
    {
      statement:
        'Naive Bayes, which needs few texts, is beaten by the mean vector too, but the LSTM does no better or worse than it by 2 %.',
      holds: mean(4) > bayes && [5, 6].every((model) => Math.abs(mean(model) - bayes) < 0.02),
    },
    {
      statement:
        'The LSTM that trains its embedding too fits its twenty mails better; on mails held out the two differ by less than 3 %.',
      holds: last(losses[2]) < last(losses[1]) && Math.abs(mean(6) - mean(5)) < 0.03,
    },
    {
      statement:
        'With twenty mails to learn from, the order of the words does not pay: the mean vector is not worse than the LSTM.',
      holds: mean(4) >= mean(5) && mean(4) >= mean(6),
    },
  ]
  return {
    columns: ['drawing', 'majority class', 'naive Bayes', 'logistic regression', ...names],
    rows,
    findings: full ? [...measured, ...always] : always,
    pictures: [lossChart('Losses in training', Object.fromEntries(names.map((name, i) => [name, losses[i]])))],
  }
}

function last(numbers: readonly number[]): number {
  return numbers[numbers.length - 1]
}

/** The three classifiers on a few short texts. */
export const textTrainings: readonly Training[] = names.map((name, i) => ({
  name,
  async losses(operators, steps) {
    const { learners } = prepared({ ...reducedSettings, training: 8, hidden: 6 }, seed, operators)
    const losses: Tensor[] = []
    for (let step = 0; step < steps; step++) losses.push(await learners[i].step())
    return losses
  },
}))
