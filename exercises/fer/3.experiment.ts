import type { Experiment, Values } from '../exercise.js'
import { type Run, runModel, type SequenceCheckOptions, weightNumbers, weightsGiven } from './3.check.js'

const activations = ['identity', 'relu', 'tanh'] as const

interface Model {
  readonly weights: Values
  readonly activation: (typeof activations)[number]
  /** What should come of it. */
  readonly expected: 'right' | 'wrong'
  readonly statement: string
}

function model(
  numbers: readonly number[],
  activation: Model['activation'],
  expected: Model['expected'],
  statement: string,
): Model {
  return { weights: weightsGiven(numbers), activation, expected, statement }
}

/** The source's weights, others that are right, and some that look right. */
function modelsOf(own: Values): readonly Model[] {
  return [
    {
      weights: own,
      activation: 'identity',
      expected: 'right',
      statement: 'The weights of the source are right for every sequence tried.',
    },
    model(
      [0, 0.2, 1, -0.1, 5, -0.25],
      'identity',
      'right',
      'So are others of the form W_xh = (0, 2a), W_hh = 1, b_h = −a, with b_o between −W_hy·a and 0.',
    ),
    model([0, -2, 1, 1, -1, 0], 'identity', 'right', 'a and W_hy may both be negative.'),
    model([0, 2, 1, -1, 1, 0.5], 'identity', 'wrong', 'A positive b_o puts ties into class 1.'),
    model([0, 2, 1, -1, 1, -1], 'identity', 'wrong', 'With b_o = −W_hy·a a lead of one odd member is not enough.'),
    model([0, 2, 0.9, -1, 1, 0], 'identity', 'wrong', 'A state that decays (W_hh = 0.9) forgets the first members.'),
    model([0, 1, 1, 0, 1, -1], 'identity', 'wrong', 'Counting the odd members alone is not enough.'),
    model([2, 0, 1, -1, 1, 0], 'identity', 'wrong', 'The first bit does not tell odd from even.'),
    model([0, 2, 1, -1, 1, 0], 'relu', 'wrong', 'A ReLU cell forgets a lead of even members.'),
    model([0, 2, 1, -1, 1, 0], 'tanh', 'wrong', 'A tanh cell saturates: it forgets how large the lead was.'),
    model(
      [0, 0.02, 1, -0.01, 100, -0.5],
      'tanh',
      'wrong',
      'With small weights a tanh cell is right on all short sequences, and wrong on long ones with a large lead on the way.',
    ),
  ]
}

/** Every model on all sequences up to eight members (four, reduced) and on beginnings of random ones of two hundred. */
export function sequenceExperiment(own: Values): Experiment {
  return {
    question: 'For which weights is the model right for every sequence?',
    async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
      const models = modelsOf(own)
      const options: SequenceCheckOptions =
        extent === 'full' ? { exhaustiveTo: 8, random: 300 } : { exhaustiveTo: 4, random: 30 }
      const runs: Run[] = []
      for (const [i, { weights, activation }] of models.entries()) {
        runs.push(await runModel(weights, operators, { ...options, activation, slack: 2 ** -22 }))
        progress?.(i + 1, models.length)
      }
      await read(runs.flatMap(({ logits }) => logits))
      const examined = runs.map((run) => run.examine())
      return {
        columns: [
          'W_xh first bit',
          'W_xh last bit',
          'W_hh',
          'b_h',
          'W_hy',
          'b_o',
          'cell (0 identity, 1 ReLU, 2 tanh)',
          'sequences',
          'wrong',
          'members of the shortest wrong one',
        ],
        rows: models.map(({ weights, activation }, i) => {
          const { sequences, wrong, shortest } = examined[i]
          const cell = activations.indexOf(activation)
          return [...weightNumbers(weights), cell, sequences, wrong, shortest?.sequence.length ?? 0]
        }),
        findings: models.map(({ statement, expected }, i) => ({
          statement,
          holds: (examined[i].shortest === undefined) === (expected === 'right'),
        })),
      }
    },
  }
}
