import { item, rowMajor, scalar, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import { accuracyOf, Descent, labelTensor, normalTensor, type Parameters, randomNumbers } from '../training.js'

/** Words as long as the parent, as folding needs it: the parent has half the room of its two words. */
const sizes = { words: 10, word: 4, parent: 4, classes: 3 } as const
const settings = { learningRate: 0.02, momentum: 0.9 }

interface Pairs {
  readonly left: Tensor
  readonly right: Tensor
  readonly labels: readonly number[]
  /** The word of each half, a row of the vocabulary. */
  readonly words: readonly (readonly [number, number])[]
}

/** All pairs of words; a word praises by its first entry, and the pair's class is blame, neither or praise. */
function pairsOf(vocabulary: Tensor): Pairs {
  const { words, word } = sizes
  const all = Array.from({ length: words * words }, (_, i) => [Math.floor(i / words), i % words] as const)
  const half = (side: 0 | 1) =>
    tensor(
      [all.length, word],
      all.flatMap((pair) => Array.from({ length: word }, (_, d) => vocabulary.get(pair[side], d))),
    )
  const labels = all.map(([a, b]) => {
    const praise = vocabulary.get(a, 0) + vocabulary.get(b, 0)
    return praise < -0.5 ? 0 : praise > 0.5 ? 2 : 1
  })
  return { left: half(0), right: half(1), labels, words: all }
}

function initial(random: () => number): Parameters {
  const { word, parent, classes } = sizes
  return {
    weight1: normalTensor([parent, 2 * word], 0.1, random),
    bias1: tensor([parent], new Float64Array(parent).fill(1)),
    weight2: normalTensor([2 * word, parent], 0.5, random),
    bias2: zeros([2 * word]),
    weight3: normalTensor([classes, parent], 0.5, random),
    bias3: zeros([classes]),
  }
}

function inputsOf(pairs: Pairs, parameters: Parameters): Tensors {
  return { left: pairs.left, right: pairs.right, target: labelTensor(pairs.labels), ...parameters }
}

/**
 * One step down J, or, where the parent is to learn from the classification alone, down J₂ by W₁, b₁, W₃ and b₃ and down J₁ by W₂
 * and b₂, which then reconstruct as well as they can out of what the parent happens to have kept.
 */
async function step(descent: Descent, pairs: Pairs, joint: boolean, operators: Operators): Promise<void> {
  const inputs = inputsOf(pairs, descent.parameters)
  const all = (await operators.recursiveAutoencoder.backward?.(inputs, {}, { loss: scalar(1) })) ?? {}
  const { weight1, bias1, weight2, bias2, weight3, bias3 } = all
  if (joint) return descent.step({ weight1, bias1, weight2, bias2, weight3, bias3 }, operators)
  const logits = await forward(operators, 'recursiveAutoencoder', 'logits', inputs)
  const call = { logits, target: inputs.target }
  const slope = (await operators.crossEntropy.backward?.(call, {}, { loss: scalar(1) })) ?? {}
  const taught = (await operators.recursiveAutoencoder.backward?.(inputs, {}, { logits: slope.logits })) ?? {}
  return descent.step({ weight1: taught.weight1, bias1: taught.bias1, weight2, bias2, weight3, bias3 }, operators)
}

/** The share of words that are nearest to their own reconstruction among all words. */
function recovered(reconstruction: Tensor, vocabulary: Tensor, pairs: Pairs): number {
  const { word, words } = sizes
  const data = rowMajor(reconstruction)
  const nearest = (at: number) => {
    const distances = Array.from({ length: words }, (_, w) =>
      Array.from({ length: word }, (_, d) => (data[at + d] - vocabulary.get(w, d)) ** 2).reduce((sum, x) => sum + x, 0),
    )
    return distances.indexOf(Math.min(...distances))
  }
  const right = pairs.words.map(([a, b], n) => [
    nearest(2 * word * n) === a ? 1 : 0,
    nearest(2 * word * n + word) === b ? 1 : 0,
  ])
  return right.flat().reduce((sum, one) => sum + one, 0) / (2 * pairs.words.length)
}

function meanSquare(reconstruction: Tensor, pairs: Pairs): number {
  const { word } = sizes
  const data = rowMajor(reconstruction)
  const [left, right] = [rowMajor(pairs.left), rowMajor(pairs.right)]
  let sum = 0
  for (let n = 0; n < pairs.words.length; n++)
    for (let d = 0; d < word; d++)
      sum +=
        (data[2 * word * n + d] - left[word * n + d]) ** 2 + (data[2 * word * n + word + d] - right[word * n + d]) ** 2
  return sum / data.length
}

/** The same words and weights, trained with J and with J₂ alone. */
export const reconstructionExperiment: Experiment = {
  question: 'How does the reconstruction help the parent?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 600 : 8
    const random = randomNumbers(22)
    const vocabulary = normalTensor([sizes.words, sizes.word], 1, random)
    const pairs = pairsOf(vocabulary)
    const start = initial(random)
    const measurements = []
    for (const [i, joint] of [true, false].entries()) {
      const descent = new Descent(start, settings)
      for (let t = 0; t <= steps; t++) {
        if (t % Math.ceil(steps / 6) === 0 || t === steps) {
          const inputs = inputsOf(pairs, descent.parameters)
          const answer = await operators.recursiveAutoencoder.forward(inputs, {})
          measurements.push({ joint, t, loss: answer.loss, logits: answer.logits, back: answer.reconstruction })
        }
        if (t < steps) await step(descent, pairs, joint, operators)
        progress?.(i * steps + t, 2 * steps)
      }
    }
    await read(measurements.flatMap(({ loss, logits, back }) => [loss, logits, back]))
    const rows = measurements.map(({ joint, t, loss, logits, back }) => [
      joint ? 1 : 0,
      t,
      item(loss),
      accuracyOf(logits, pairs.labels),
      meanSquare(back, pairs),
      recovered(back, vocabulary, pairs),
    ])
    const [withIt, without] = [1, 0].map((joint) => rows.filter((row) => row[0] === joint))
    const [first, last, other] = [withIt[0], withIt[withIt.length - 1], without[without.length - 1]]
    const findings = [{ statement: 'Training on J = J₁ + J₂ lowers J.', holds: last[2] < first[2] }]
    if (extent === 'full')
      findings.push(
        {
          statement: 'Both parents learn to tell the classes: nine pairs in ten and more.',
          holds: last[3] > 0.9 && other[3] > 0.9,
        },
        {
          statement: 'A parent that learns from the label alone loses more than half as much again of its words.',
          holds: other[4] > 1.5 * last[4],
        },
        {
          statement: 'From a parent that has to reconstruct them, more of the words are found again.',
          holds: last[5] > other[5] + 0.1,
        },
      )
    const line = (name: string, some: typeof rows) => ({
      name,
      points: some.map((row) => [row[1], row[4]] as const),
    })
    return {
      columns: ['reconstruction taught', 'step', 'J', 'accuracy', 'reconstruction error', 'words found again'],
      rows,
      findings,
      pictures: [
        {
          kind: 'lineChart',
          title: 'What the parent loses of its words',
          x: { title: 'step' },
          y: { title: 'mean squared error of the reconstruction' },
          lines: [line('trained on J₁ + J₂', withIt), line('trained on J₂', without)],
        },
      ],
    }
  },
}

/** The experiment's training on J. */
export const phraseTraining: Training = {
  name: 'recursive autoencoder on all pairs of ten words',
  async losses(operators, steps) {
    const random = randomNumbers(22)
    const pairs = pairsOf(normalTensor([sizes.words, sizes.word], 1, random))
    const descent = new Descent(initial(random), settings)
    const losses: Tensor[] = []
    for (let t = 0; t < steps; t++) {
      losses.push(await forward(operators, 'recursiveAutoencoder', 'loss', inputsOf(pairs, descent.parameters)))
      await step(descent, pairs, true, operators)
    }
    return losses
  },
}
