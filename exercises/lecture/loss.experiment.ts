import { item, map, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, ExperimentOptions, ExperimentResult, Operators, Training } from '../exercise.js'
import { Descent, lossChart } from '../training.js'
import { words } from './loss.quantities.js'

/** How much of the target is spread over all words in the second training. */
const labelSmoothing = 0.1

/** A sentence whose output at every position begins as the untrained distribution and is trained by itself. */
export interface Lesson {
  readonly untrained: Tensor
  /** [T] */
  readonly targets: Tensor
}

function logitsFrom({ untrained, targets }: Lesson): Tensor {
  const [T, V] = [targets.size, untrained.size]
  const logits = rowMajor(map(untrained, Math.log))
  return tensor([T, V], Array.from({ length: T }, () => [...logits]).flat())
}

/** One step of `sgd` of every position's logits against the cross-entropy; the loss and the logits before it. */
async function step(
  descent: Descent,
  { targets }: Lesson,
  smoothing: number,
  operators: Operators,
): Promise<{ readonly loss: Tensor; readonly logits: Tensor }> {
  const { logits } = descent.parameters
  const [call, attributes] = [
    { logits, target: targets },
    { labelSmoothing: smoothing, reduction: 'sum' },
  ]
  const loss = await forward(operators, 'crossEntropy', 'loss', call, attributes)
  const gradient = await backward(operators, 'crossEntropy', 'logits', call, { loss: scalar(1) }, attributes)
  await descent.step({ logits: gradient }, operators)
  return { loss, logits }
}

function begin(lesson: Lesson): Descent {
  return new Descent({ logits: logitsFrom(lesson) }, { learningRate: 1, momentum: 0 })
}

export function sentenceTraining(lesson: Lesson): Training {
  return {
    name: 'logits of a sentence against its one-hot vectors',
    async losses(operators, steps) {
      const descent = begin(lesson)
      const losses: Tensor[] = []
      for (let i = 0; i < steps; i++) losses.push((await step(descent, lesson, 0, operators)).loss)
      return losses
    },
  }
}

/** The smallest cross-entropy that smoothed targets allow: their entropy, −Σ y·ln y. */
function entropyOfSmoothedTarget(classes: number): number {
  const [rest, right] = [labelSmoothing / classes, 1 - labelSmoothing + labelSmoothing / classes]
  return -right * Math.log(right) - (classes - 1) * rest * Math.log(rest)
}

/** The likeliest word of every row. */
function writtenBy(logits: Tensor): readonly number[] {
  const [T, V] = logits.shape
  return Array.from({ length: T }, (_, t) => {
    const row = Array.from({ length: V }, (_, v) => logits.get(t, v))
    return row.indexOf(Math.max(...row))
  })
}

/** The probability of each position's target. */
async function rightProbabilities(
  logits: Tensor,
  targets: Tensor,
  operators: Operators,
  { read = async () => {} }: ExperimentOptions,
): Promise<readonly number[]> {
  const p = await forward(operators, 'softmax', 'y', { x: logits })
  await read([p])
  return [...rowMajor(targets)].map((id, t) => p.get(t, id))
}

/**
 * The logits of every position, beginning at the untrained output, trained against the one-hot vectors of the sentence and, to
 * compare, against smoothed ones.
 */
export function trainingExperiment(lesson: Lesson): Experiment {
  return {
    question: 'How far does training take the output towards the one-hot vectors?',
    async run(operators, options = {}): Promise<ExperimentResult> {
      const { extent = 'full', read = async () => {}, progress } = options
      const steps = extent === 'full' ? 400 : 20
      const [sharp, smoothed] = [begin(lesson), begin(lesson)]
      const passes: { readonly loss: Tensor; readonly smoothedLoss: Tensor; readonly logits: Tensor }[] = []
      for (let i = 0; i < steps; i++) {
        const { loss, logits } = await step(sharp, lesson, 0, operators)
        const { loss: smoothedLoss } = await step(smoothed, lesson, labelSmoothing, operators)
        passes.push({ loss, smoothedLoss, logits })
        progress?.(i + 1, steps)
      }
      await read(passes.flatMap(({ loss, smoothedLoss, logits }) => [loss, smoothedLoss, logits]))
      const T = lesson.targets.size
      const losses = passes.map(({ loss }) => item(loss) / T)
      const smoothedLosses = passes.map(({ smoothedLoss }) => item(smoothedLoss) / T)
      const targets = [...rowMajor(lesson.targets)]
      const right = passes.map(({ logits }) => writtenBy(logits).filter((id, t) => id === targets[t]).length)
      const shown = passes.map((_, i) => i).filter((i) => i % Math.ceil(steps / 10) === 0 || i === steps - 1)
      const sentence = targets.map((id) => words[id]).join(' ')
      const table = {
        columns: ['step', 'loss', `words right of ${T}`, 'loss, smoothed targets'],
        rows: shown.map((i) => [i, losses[i], right[i], smoothedLosses[i]]),
      }
      const findings = [
        { statement: 'Every step lowers the loss.', holds: losses.every((loss, i) => i === 0 || loss < losses[i - 1]) },
        {
          statement: `Greedy decoding writes «${sentence}», which the untrained output does not.`,
          holds: right[0] < T && right[steps - 1] === T,
        },
        {
          statement: 'The loss stays above 0: no softmax of finite logits is a one-hot vector.',
          holds: losses[steps - 1] > 0,
        },
      ]
      if (extent === 'reduced') return { ...table, findings }
      const floor = entropyOfSmoothedTarget(lesson.untrained.size)
      const [likely, likelySmoothed] = [
        await rightProbabilities(sharp.parameters.logits, lesson.targets, operators, options),
        await rightProbabilities(smoothed.parameters.logits, lesson.targets, operators, options),
      ]
      const aim = 1 - labelSmoothing + labelSmoothing / lesson.untrained.size
      return {
        ...table,
        findings: [
          ...findings,
          {
            statement: 'With one-hot vectors every right word ends with a probability above 0.99.',
            holds: likely.every((p) => p > 0.99),
          },
          {
            statement: `With targets smoothed by ${labelSmoothing} it ends at ${aim.toFixed(4)} and no higher, and the loss at the entropy ${floor.toFixed(4)} of such a target.`,
            holds:
              likelySmoothed.every((p) => Math.abs(p - aim) < 1e-3) &&
              Math.abs(smoothedLosses[steps - 1] - floor) < 1e-3,
          },
        ],
        pictures: [
          lossChart(
            'Cross-entropy of the sentence, mean over its positions',
            { 'one-hot vectors': losses, 'smoothed vectors': smoothedLosses },
            { title: 'cross-entropy', scale: 'log' },
          ),
        ],
      }
    },
  }
}
