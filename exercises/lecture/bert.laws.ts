import { map, rowMajor, tensor } from '../../oracle/tensor.js'
import { bert } from '../architecture/models/bert.js'
import { leaves, rowNamed, walk } from '../architecture/walker.js'
import { forward, joined, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { identityMatrix, sideBySide, times } from '../matrices.js'
import { rowsOf } from '../training.js'
import { sizes } from './bert.given.js'
import { sizesOf } from './bert.network.js'
import { isWord } from './bert.quantities.js'
import { models } from './encoderLayers.js'

/** What rounding may do to sums of exponentials of scores, and to their logarithms. */
function scoreRounding(given: Values, slack: number): number {
  const size = (name: string) => 1 + largest(tensorOf(given, name))
  const pair = size('pairBias') + sizes.width * size('pooled') * size('pairWeights')
  return 64 * slack * (size('wordLogits') + pair) * sizes.vocabulary
}

const textLaws: readonly ExerciseLaw[] = [
  {
    name: 'the sum of three embeddings is one product of one-hot rows with all tables below each other',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const hot = (name: string, classes: number) =>
        forward(operators, 'oneHot', 'y', { ids: tensorOf(solved, name) }, { classes })
      const rows = sideBySide([
        await hot('masked', sizes.vocabulary),
        await hot('segments', 2),
        identityMatrix(sizes.length),
      ])
      const tables = ['tokenTable', 'segmentTable', 'positionTable'].map((name) => tensorOf(given, name))
      const all = joined(tables, [sizes.vocabulary + 2 + sizes.length, sizes.width])
      const size = tables.reduce((sum, table) => sum + largest(table), 1)
      expectAllClose('the sums', tensorOf(solved, 'sums'), await times(operators, rows, all), 32 * slack * size)
    },
  },
  {
    name: 'only words are chosen, and what is not chosen is read as it is',
    async check(given, solve) {
      const solved = await solve(given)
      const [ids, masked, chosen] = ['ids', 'masked', 'chosen'].map((name) => rowMajor(tensorOf(solved, name)))
      for (const [t, id] of ids.entries()) {
        if (!isWord(id)) expectClose(`the mark of place ${t}`, chosen[t], 0, 0)
        if (chosen[t] === 0) expectClose(`the id at place ${t}`, masked[t], id, 0)
      }
    },
  },
  {
    name: 'every encoder input has the mean of the bias where all gains are 1',
    async check(given, solve, slack) {
      const solved = await solve({ ...given, gain: map(tensorOf(given, 'gain'), () => 1) })
      const [x, bias] = [tensorOf(solved, 'input'), tensorOf(given, 'bias')]
      const mean = rowMajor(bias).reduce((sum, value) => sum + value / sizes.width, 0)
      for (let t = 0; t < sizes.length; t++) {
        const row = rowMajor(rowsOf(x, [t]))
        const found = row.reduce((sum, value) => sum + value / sizes.width, 0)
        expectClose(`the mean at place ${t}`, found, mean, 64 * slack * (1 + largest(x) + largest(bias)))
      }
    },
  },
  {
    name: 'scores where no word was chosen do not matter, and have no gradient',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const chosen = rowMajor(tensorOf(solved, 'chosen'))
      const isChosen = (i: number) => chosen[Math.floor(i / sizes.vocabulary)] === 1
      const scores = tensorOf(given, 'wordLogits')
      const wordLogits = tensor(
        scores.shape,
        rowMajor(scores).map((score, i) => (isChosen(i) ? score : -score + (i % 3))),
      )
      const other = await solve({ ...given, wordLogits })
      const allowed = scoreRounding(given, slack)
      expectClose('the loss', numberOf(other, 'wordLoss'), numberOf(solved, 'wordLoss'), allowed)
      rowMajor(tensorOf(solved, 'wordGradient')).forEach((value, i) => {
        if (!isChosen(i)) expectClose(`the gradient at entry ${i}`, value, 0, 0)
      })
    },
  },
  {
    name: 'the gradients of each place’s scores sum to 0, and that of its word is (p − 1)/n',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const p = await forward(operators, 'softmax', 'y', { x: tensorOf(given, 'wordLogits') })
      const [gradient, count] = [tensorOf(solved, 'wordGradient'), numberOf(solved, 'chosenCount')]
      const [ids, chosen] = [rowMajor(tensorOf(given, 'ids')), rowMajor(tensorOf(solved, 'chosen'))]
      const allowed = scoreRounding(given, slack)
      for (let t = 0; t < sizes.length; t++) {
        const sum = rowMajor(rowsOf(gradient, [t])).reduce((total, value) => total + value, 0)
        expectClose(`the sum at place ${t}`, sum, 0, allowed)
        if (chosen[t] === 1)
          expectClose(`the word at place ${t}`, gradient.get(t, ids[t]), (p.get(t, ids[t]) - 1) / count, allowed)
      }
    },
  },
  {
    name: 'both scores exchanged, with the label, leave the loss of the next sentence',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const other = await solve({
        ...given,
        pairWeights: rowsOf(tensorOf(given, 'pairWeights'), [1, 0]),
        pairBias: rowsOf(tensorOf(given, 'pairBias'), [1, 0]),
        label: map(tensorOf(given, 'label'), (label) => 1 - label),
      })
      const allowed = scoreRounding(given, slack)
      for (const name of ['pairLoss', 'loss']) expectClose(name, numberOf(other, name), numberOf(solved, name), allowed)
      const exchanged = rowsOf(tensorOf(solved, 'pairProbabilities'), [1, 0])
      expectAllClose('the probabilities', tensorOf(other, 'pairProbabilities'), exchanged, allowed)
    },
  },
  {
    name: 'half of the pairs are next sentences, and the shares of the words sum to the share that is chosen',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const pairs = numberOf(given, 'pairs')
      expectClose('both halves', 2 * numberOf(solved, 'nextPairs'), pairs, 4 * slack * pairs)
      const sum = rowMajor(tensorOf(solved, 'shares')).reduce((total, share) => total + share, 0)
      expectClose('all shares', sum, numberOf(given, 'rate'), 8 * slack)
    },
  },
]

const networkLaw: ExerciseLaw = {
  name: 'the architectures, layer by layer, have the parameters of the quantities',
  async check(given, solve, slack) {
    const solved = await solve(given)
    for (const model of models) {
      const walked = walk(bert(sizesOf(given, model)))
      const same = (name: string, expected: number) =>
        expectClose(`${name}${model}`, numberOf(solved, `${name}${model}`), expected, 16 * slack * expected)
      const of = (name: string) => rowNamed(walked, name).parameters
      if (walked.withoutAuxiliary === undefined) throw new Error('the network has no heads of pre-training')
      same('parameters', walked.withoutAuxiliary.parameters)
      same('embeddingParameters', of('embeddings') + of('positions') + of('norm'))
      same('positionTable', of('positions'))
      same('layerParameters', of('encoder_1'))
      same('poolerParameters', of('pooler'))
      same('wordHeadParameters', of('words'))
      same('pairHeadParameters', of('nextSentence'))
      const attention = leaves(walked.rows).find(({ kind }) => kind === 'multiHeadAttention')
      if (attention === undefined) throw new Error('the network has no attention')
      same('attentionParameters', attention.parameters)
    }
  },
}

/** What holds for lecture/bert whatever the sequence, the numbers and the sizes. */
export const bertLaws: readonly ExerciseLaw[] = [...textLaws, networkLaw]
