import { item, rowMajor, type Tensor } from '../../oracle/tensor.js'
import type { Experiment, ExperimentResult, Operators, Training } from '../exercise.js'
import { change, cpc, type Learner, Moco, simclr, simcse } from './2.3.training.js'

const techniques: readonly (readonly [name: string, learner: (operators: Operators) => Learner])[] = [
  ['SimCLR', simclr],
  ['MoCo', (operators) => new Moco(operators)],
  ['SimCSE', simcse],
  ['CPC', cpc],
]

const mean = (numbers: ArrayLike<number>) => Array.from(numbers).reduce((sum, x) => sum + x, 0) / numbers.length
const length = (x: Tensor) => Math.hypot(...rowMajor(x))

interface Course {
  readonly losses: readonly Tensor[]
  readonly before: Tensor
  readonly after: Tensor
}

/** Each technique trained for a while: do losses fall, do the positives of unseen data come closer? */
export const contrastiveExperiment: Experiment = {
  question: 'Do the four techniques bring positives closer to each other, without any labels?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 200 : 3
    const courses: Course[] = []
    for (const [i, [, learnerOf]] of techniques.entries()) {
      const learner = learnerOf(operators)
      const before = await learner.similarities()
      const losses: Tensor[] = []
      for (let step = 0; step < steps; step++) {
        losses.push(await learner.step())
        progress?.(i * steps + step + 1, techniques.length * steps)
      }
      courses.push({ losses, before, after: await learner.similarities() })
    }
    const { query, key } = await encodersMoved(operators)
    await read([...courses.flatMap(({ losses, before, after }) => [...losses, before, after]), query, key])

    const curves = courses.map(({ losses }) => losses.map(item))
    // Losses of single steps are noisy: every step has noise, masks or sequences of its own.
    const span = Math.min(20, steps)
    const rows = courses.map(({ before, after }, i) => [
      i + 1,
      mean(curves[i].slice(0, span)),
      mean(curves[i].slice(-span)),
      mean(rowMajor(before)),
      mean(rowMajor(after)),
    ])
    return {
      columns: ['technique', 'loss, first steps', 'loss, last steps', 'similarity before', 'similarity after'],
      rows,
      findings: [
        {
          statement: 'One step moves MoCo’s key encoder a tenth as far as its query encoder, the momentum being 0.9.',
          holds: Math.abs(length(key) / length(query) - 0.1) < 1e-3,
        },
        ...rows.flatMap((row, i) => findingsOf(techniques[i][0], row, extent === 'full')),
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Losses of the four techniques',
          x: { title: 'step' },
          y: { title: 'loss' },
          lines: techniques.map(([name], i) => ({
            name,
            points: curves[i].map((loss, step) => [step, loss] as const),
          })),
        },
      ],
    }
  },
}

/** How far one step moves the query encoder of MoCo, and the key encoder that follows it. */
async function encodersMoved(operators: Operators): Promise<{ readonly query: Tensor; readonly key: Tensor }> {
  const moco = new Moco(operators)
  const [query, key] = [moco.descent.parameters.encoder, moco.keyEncoder]
  await moco.step()
  return { query: change(moco.descent.parameters.encoder, query), key: change(moco.keyEncoder, key) }
}

/** What a row shows; losses are too noisy to have fallen after a few steps. */
function findingsOf(
  name: string,
  [, first, last, before, after]: readonly number[],
  trainedLong: boolean,
): ExperimentResult['findings'] {
  const closer = {
    statement: `${name} brings the positives of data that it has not seen closer.`,
    holds: after > before,
  }
  return trainedLong ? [{ statement: `The loss of ${name} falls.`, holds: last < first }, closer] : [closer]
}

/** The four techniques, for the comparison of their losses with the oracle’s. */
export const contrastiveTrainings: readonly Training[] = techniques.map(([name, learnerOf]) => ({
  name,
  async losses(operators, steps) {
    const learner = learnerOf(operators)
    const losses: Tensor[] = []
    for (let step = 0; step < steps; step++) losses.push(await learner.step())
    return losses
  },
}))
