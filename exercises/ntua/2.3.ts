import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import { contrastiveExperiment, contrastiveTrainings } from './2.3.experiment.js'
import { contrastiveArbitrary, contrastiveGiven } from './2.3.given.js'
import { languageQuantities } from './2.3.language.js'
import { languageLaws } from './2.3.languageLaws.js'
import { languageMistakes } from './2.3.languageMistakes.js'
import { mocoMistakes } from './2.3.mocoMistakes.js'
import { simclrMistakes } from './2.3.simclrMistakes.js'
import { visionQuantities } from './2.3.vision.js'
import { visionLaws } from './2.3.visionLaws.js'

/** Losses that are neither nothing nor everything, and directions of projections that rounding does not make. */
function isWorkable(values: Values): boolean {
  const losses = ['viewRowLosses', 'sentenceRowLosses', 'futureRowLosses', 'keyLoss'].flatMap((name) => [
    ...rowMajor(tensorOf(values, name)),
  ])
  const context = rowMajor(tensorOf(values, 'context2'))
  return (
    Math.min(...losses) > 0.02 &&
    Math.max(...losses) < 6 &&
    context.some((c) => c > 0) &&
    rowsOf(tensorOf(values, 'projections')).every((row) => row.some((z) => z !== 0))
  )
}

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [rows, columns] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: rows }, (_, n) => [...data.subarray(n * columns, (n + 1) * columns)])
}

/** How the techniques differ, and the name of the loss of each. */
const techniques = [
  ['SimCLR', 'two augmented views of an image', 'the other views of the batch', 3, 'viewLoss'],
  ['MoCo', 'views by the query and the key encoder', 'a queue of keys of earlier batches', 4, 'keyLoss'],
  ['SimCSE', 'a sentence under two dropout masks', 'the other sentences of the batch', 2, 'sentenceLoss'],
  ['CPC', 'the prediction from the past and the step itself', 'other steps and sequences', 3, 'futureLoss'],
] as const

const viewNames = ['image 1, view 1', 'image 2, view 1', 'image 1, view 2', 'image 2, view 2']

export const exercise23: Exercise = {
  id: 'ntua/2.3',
  title: 'Contrastive learning without labels: SimCLR, MoCo, SimCSE, CPC',
  source: 'NTUA, Neural Networks and Deep Learning, second series of exercises 2023, exercise 2.3',
  statement: `Explain what self-supervised contrastive learning rests on. From the recent literature, describe and compare two techniques for images
and two other ones for language.

(The sheet has no numbers. To compute with, one step of each of the techniques of the known solution:

SimCLR: the representations $H$ of two views of two images pass through the head $\\text{ReLU}(H \\cdot W_1^T) \\cdot W_2^T$; each view is to
find the other view of its image among the other three, by cosine similarity over the temperature $\\tau$.

MoCo: the query $q$ is to find its key $k_+$ among the keys of the queue $K$; then $k_+$ joins the queue and the key encoder $\\theta_k$ follows the
query encoder $\\theta_q$ with momentum $m$.

SimCSE: each sentence of $E$ under the dropout mask $M_1$ is to find itself under the mask $M_2$, dropout taking away the share $r$.

CPC: a recurrent context of the steps $X$, with $c_t = \\text{ReLU}(W_x \\cdot x_t + W_c \\cdot c_{t-1})$ and $c_0 = 0$, predicts one step ahead by
$P_1 \\cdot c_2$ and two by $P_2 \\cdot c_2$; each prediction is to find its step among the candidates $Y$.

What is the loss of each?)`,
  heading: { number: '2.3' },
  given: contrastiveGiven,
  arbitrary: () => contrastiveArbitrary(),
  stages: [
    { name: 'SimCLR', title: 'SimCLR' },
    { name: 'MoCo', title: 'MoCo (momentum contrast)' },
    { name: 'SimCSE', title: 'SimCSE' },
    { name: 'CPC', title: 'CPC (contrastive predictive coding)' },
  ],
  quantities: [...visionQuantities, ...languageQuantities],
  conventions: [],
  mistakes: [...simclrMistakes, ...mocoMistakes, ...languageMistakes],
  laws: [...visionLaws, ...languageLaws],
  experiments: [contrastiveExperiment],
  trainings: contrastiveTrainings,
  worksheet: { arbitrary: () => contrastiveArbitrary({ reach: 1, least: 0.5 }), isWorkable },
  tables: (values) => [
    {
      title: 'The four techniques',
      columns: ['technique', 'a positive pair is', 'negatives are', 'candidates of an anchor', 'loss here'],
      rows: techniques.map(([name, positive, negatives, candidates, loss]) => [
        name,
        positive,
        negatives,
        candidates,
        numberOf(values, loss),
      ]),
    },
  ],
  pictures: (values) => [
    {
      kind: 'heatMap',
      title: 'SimCLR: cosine similarities of the views',
      rowTitle: 'view',
      columnTitle: 'view',
      rows: viewNames,
      columns: viewNames,
      values: rowsOf(tensorOf(values, 'viewSimilarities')),
      labelled: true,
    },
    {
      kind: 'heatMap',
      title: 'SimCSE: cosine similarities of the sentences',
      rowTitle: 'mask 1',
      columnTitle: 'mask 2',
      rows: ['sentence 1', 'sentence 2'],
      columns: ['sentence 1', 'sentence 2'],
      values: rowsOf(tensorOf(values, 'sentenceSimilarities')),
      labelled: true,
    },
  ],
}
