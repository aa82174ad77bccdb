import { item, type Tensor } from '../../oracle/tensor.js'
import type { Experiment, ExperimentResult, Operators, Read, Training } from '../exercise.js'
import {
  accuracyOf,
  Descent,
  minibatches,
  type Optimizer,
  type Parameters,
  randomNumbers,
  rowsOf,
} from '../training.js'
import { countingBackward } from './transfer.counting.js'
import { type Examples, initialNetwork, logitsOf, type Strategy, TransferTraining } from './transfer.network.js'
import { classes, inputSize, taskPair } from './transfer.tasks.js'

const widths = [inputSize, 20, 20, classes]
const angle = (75 / 180) * Math.PI
const sizes = { source: 800, batch: 50, target: 60, test: 240 } as const
const rates = { classifier: 0.05, tuned: 0.01 } as const

/** The four ways to the target task, from scratch and by three kinds of transfer, with the names that reports print. */
const ways: Readonly<Record<string, Strategy>> = {
  'features frozen': 'frozen',
  'last layers tuned': 'last',
  'all layers, smaller rate': 'all',
}

function descent(learningRate: number) {
  return (own: Parameters): Optimizer => new Descent(own, { learningRate, momentum: 0.9 })
}

/** The pair of tasks of one seed: training on the source task, then the data of the target task and the ways to it. */
class Transfer {
  readonly target: Examples
  readonly test: Examples
  private readonly training: TransferTraining
  private readonly source: Examples
  private readonly batches: Generator<readonly number[], never>
  private readonly untrained: Parameters

  constructor(seed: number) {
    const random = randomNumbers(1001 * seed)
    const tasks = taskPair(angle, random)
    this.source = tasks.source(sizes.source)
    this.target = tasks.target(sizes.target)
    this.test = tasks.target(sizes.test)
    this.training = new TransferTraining(initialNetwork(widths, random), 'all', descent(rates.classifier))
    this.untrained = initialNetwork(widths, random)
    this.batches = minibatches(sizes.source, sizes.batch, random)
  }

  /** A step on a minibatch of the source task; the loss before it. */
  sourceStep(operators: Operators): Promise<Tensor> {
    const rows = this.batches.next().value
    const batch = { inputs: rowsOf(this.source.inputs, rows), labels: rows.map((row) => this.source.labels[row]) }
    return this.training.step(batch, operators)
  }

  /** What the source task has taught. */
  get learned(): Parameters {
    return this.training.parameters
  }

  /** Trainings on the target task: from scratch, and by every way of transfer. */
  starts(): Readonly<Record<string, TransferTraining>> {
    const begin = (strategy: Strategy) =>
      new TransferTraining(this.learned, strategy, (own, isTop) => {
        const tuned = strategy === 'all' && !isTop ? rates.tuned : rates.classifier
        return descent(tuned)(own)
      })
    return {
      'from scratch': new TransferTraining(this.untrained, 'all', descent(rates.classifier)),
      ...Object.fromEntries(Object.entries(ways).map(([name, strategy]) => [name, begin(strategy)])),
    }
  }
}

/** Training on the source task, as the experiment begins. */
export const sourceTraining: Training = {
  name: 'the source task in minibatches',
  async losses(operators, steps) {
    const transfer = new Transfer(1)
    const losses: Tensor[] = []
    for (let i = 0; i < steps; i++) losses.push(await transfer.sourceStep(operators))
    return losses
  },
}

/** Skill on held-out examples every few steps: at the start, while it rises, at the end. */
interface Curve {
  readonly skills: readonly number[]
}

const every = 5
const full = { seeds: 6, sourceSteps: 400, steps: 80, slopeSteps: 30 } as const

/** The skills of every way on the target task of one seed. */
async function curvesOf(
  seed: number,
  operators: Operators,
  read: Read,
  progress: () => void,
): Promise<Readonly<Record<string, Curve>>> {
  const transfer = new Transfer(seed)
  for (let i = 0; i < full.sourceSteps; i++) {
    await transfer.sourceStep(operators)
    progress()
  }
  const measured: Record<string, Tensor[]> = {}
  for (const [name, training] of Object.entries(transfer.starts())) {
    measured[name] = []
    for (let i = 0; i <= full.steps; i++) {
      if (i % every === 0) measured[name].push(await logitsOf(training.parameters, transfer.test.inputs, operators))
      if (i < full.steps) await training.step(transfer.target, operators)
      progress()
    }
  }
  await read(Object.values(measured).flat())
  return Object.fromEntries(
    Object.entries(measured).map(([name, logits]) => [
      name,
      { skills: logits.map((scores) => accuracyOf(scores, transfer.test.labels)) },
    ]),
  )
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

/** The slope of the straight line that fits these numbers best, a unit apart. */
function slopeOf(numbers: readonly number[]): number {
  const middle = (numbers.length - 1) / 2
  const [products, squares] = [numbers.map((y, i) => (i - middle) * y), numbers.map((_, i) => (i - middle) ** 2)]
  return mean(products) / mean(squares)
}

/** What is measured of a curve. */
const measures = {
  'a higher start: more skill before the first step on the target task': ({ skills }: Curve) => skills[0],
  [`a higher slope: a steeper line through the skills of the first ${full.slopeSteps} steps`]: ({ skills }: Curve) =>
    slopeOf(skills.slice(0, 1 + full.slopeSteps / every)),
  'a higher asymptote: more skill at the end': ({ skills }: Curve) => skills[skills.length - 1],
} as const

async function measured(operators: Operators, read: Read, progress?: (done: number, total: number) => void) {
  const total = full.seeds * (full.sourceSteps + (1 + Object.keys(ways).length) * (full.steps + 1))
  let done = 0
  const curves: Readonly<Record<string, Curve>>[] = []
  for (let seed = 1; seed <= full.seeds; seed++)
    curves.push(await curvesOf(seed, operators, read, () => progress?.(++done, total)))
  return curves
}

/** Every finding is about means over the seeds, and holds for at least two thirds of them one by one. */
function findingsOf(curves: readonly Readonly<Record<string, Curve>>[]): ExperimentResult['findings'] {
  return Object.keys(ways).flatMap((way) =>
    Object.entries(measures).map(([what, measure]) => {
      const differences = curves.map((one) => measure(one[way]) - measure(one['from scratch']))
      const most = differences.filter((difference) => difference > 0).length
      return {
        statement: `With ${way}: ${what} than from scratch.`,
        holds: mean(differences) > 0 && most >= (2 / 3) * full.seeds,
      }
    }),
  )
}

/** Two steps of every way of transfer on one seed: which parameters move, and how often a backward pass is called. */
async function frozenFindings(
  operators: Operators,
  read: Read,
  sourceSteps: number,
): Promise<{ readonly rows: readonly (readonly number[])[]; readonly findings: ExperimentResult['findings'] }> {
  const transfer = new Transfer(1)
  for (let i = 0; i < sourceSteps; i++) await transfer.sourceStep(operators)
  const trainings = Object.values(transfer.starts()).slice(1)
  const results = []
  for (const training of trainings) {
    const before = training.parameters
    const counted = countingBackward(operators)
    const first = await training.step(transfer.target, counted.operators)
    const calls = counted.calls()
    const second = await training.step(transfer.target, operators)
    const moved = Object.keys(before).filter((name) => training.parameters[name] !== before[name])
    results.push({ first, second, calls, moved })
  }
  await read(results.flatMap(({ first, second }) => [first, second]))
  const [frozen, last, all] = results
  return {
    rows: results.map(({ first, second, calls, moved }, i) => [i, item(first), item(second), moved.length, calls]),
    findings: [
      {
        statement: 'Frozen parameters do not move: 2, 4 and 6 of the 6 weights and biases do.',
        holds: frozen.moved.length === 2 && last.moved.length === 4 && all.moved.length === 6,
      },
      {
        statement: 'Gradients of frozen layers are not computed: 2, 4 and 6 backward passes a step.',
        holds: frozen.calls === 2 && last.calls === 4 && all.calls === 6,
      },
      {
        statement: 'A step of each lowers the loss on the target task.',
        holds: results.every(({ first, second }) => item(second) < item(first)),
      },
    ],
  }
}

/**
 * A network learns a task with many examples; what it has learned is transferred to another task on the same hidden features with
 * few, in the lecture's three ways, and compared with a network that begins from scratch.
 */
export const transferExperiment: Experiment = {
  question: 'Does transfer give a higher start, slope and asymptote, and what does freezing save?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}): Promise<ExperimentResult> {
    if (extent === 'reduced') {
      const { rows, findings } = await frozenFindings(operators, read, 4)
      const columns = ['way', 'loss', 'loss after a step', 'parameters moved', 'backward passes']
      return { columns, rows, findings }
    }
    const { findings } = await frozenFindings(operators, read, 100)
    const curves = await measured(operators, read, progress)
    const names = Object.keys(curves[0])
    const at = (name: string, i: number) => mean(curves.map((one) => one[name].skills[i]))
    const steps = curves[0][names[0]].skills.map((_, i) => i * every)
    return {
      columns: ['step', ...names.map((name) => `skill, ${name}`)],
      rows: steps.map((step, i) => [step, ...names.map((name) => at(name, i))]),
      findings: [...findings, ...findingsOf(curves)],
      pictures: [
        {
          kind: 'lineChart',
          title: `Skill on the target task, mean of ${full.seeds} pairs of tasks`,
          x: { title: 'step on the target task' },
          y: { title: 'share of held-out examples classified right' },
          lines: names.map((name) => ({ name, points: steps.map((step, i) => [step, at(name, i)]) })),
        },
      ],
    }
  },
}
