import { item, rowMajor, scalar, type Tensor, type Tensors, tensor, zeros, zip } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, ExperimentResult, Operators } from '../exercise.js'
import type { Picture } from '../picture.js'
import { accuracyOf, Descent, labelTensor, normalTensor, type Parameters, plus, randomNumbers } from '../training.js'

/** Inputs with what belongs to them: numbers for regression, labels for classification. */
interface Data {
  readonly x: Tensor
  readonly target: Tensor
}

/** A linear model with its loss: `squaredError` on its output, or `crossEntropy` on it as logits. */
interface Problem {
  readonly loss: 'squaredError' | 'crossEntropy'
  readonly training: Data
  readonly test: Data
  readonly initial: Parameters
  /** Below 1 over the largest curvature of the loss, the penalty apart. */
  readonly learningRate: number
}

/** λ·Σw² is added to the loss; the bias is not penalised. */
const norm = 2

function outputOf(operators: Operators, parameters: Parameters, x: Tensor): Promise<Tensor> {
  return forward(operators, 'linear', 'y', { x, ...parameters })
}

function lossInputs(problem: Problem, output: Tensor, { target }: Data): Tensors {
  return problem.loss === 'squaredError' ? { prediction: output, target } : { logits: output, target }
}

async function lossOn(problem: Problem, parameters: Parameters, data: Data, operators: Operators): Promise<Tensor> {
  const output = await outputOf(operators, parameters, data.x)
  return forward(operators, problem.loss, 'loss', lossInputs(problem, output, data))
}

/** The gradients of loss and penalty. */
async function gradientsOf(problem: Problem, parameters: Parameters, lambda: number, operators: Operators) {
  const { training, loss } = problem
  const output = await outputOf(operators, parameters, training.x)
  const name = loss === 'squaredError' ? 'prediction' : 'logits'
  const one = { loss: scalar(1) }
  const y = await backward(operators, loss, name, lossInputs(problem, output, training), one)
  const call = { x: training.x, ...parameters }
  const gradients: Record<string, Tensor> = {}
  for (const parameter of Object.keys(parameters))
    gradients[parameter] = await backward(operators, 'linear', parameter, call, { y })
  const penalty = await backward(operators, 'weightPenalty', 'weight', { weight: parameters.weight }, one, {
    norm,
    lambda,
  })
  return { ...gradients, weight: plus(gradients.weight, penalty) }
}

/** The minimum for one λ by gradient descent with momentum, from `start` on. */
async function minimum(
  problem: Problem,
  start: Parameters,
  lambda: number,
  steps: number,
  operators: Operators,
): Promise<Parameters> {
  const learningRate = problem.learningRate / (1 + 2 * lambda * problem.learningRate)
  const descent = new Descent(start, { learningRate, momentum: 0.9 })
  for (let i = 0; i < steps; i++) {
    const gradients = await gradientsOf(problem, descent.parameters, lambda, operators)
    await descent.step(gradients, operators)
  }
  return descent.parameters
}

/** The minima for a path of λ, from the largest down, each starting from the one before; in the order of growing λ. */
async function path(problem: Problem, lambdas: readonly number[], steps: number, operators: Operators) {
  const minima: Parameters[] = []
  let parameters = problem.initial
  for (const lambda of [...lambdas].reverse()) {
    parameters = await minimum(problem, parameters, lambda, steps, operators)
    minima.unshift(parameters)
  }
  return minima
}

function lengthOf(x: Tensor): number {
  return Math.hypot(...rowMajor(x))
}

/** Whether numbers never rise, or never fall. */
function never(direction: 'rises' | 'falls', values: readonly number[]): boolean {
  return values.slice(1).every((value, i) => (direction === 'rises' ? value <= values[i] : value >= values[i]))
}

/** Whether the smallest (or largest) number stands strictly inside, and both ends differ from it. */
function turnsInside(values: readonly number[], extreme: (...values: number[]) => number): boolean {
  const best = extreme(...values)
  return values[0] !== best && values[values.length - 1] !== best
}

/** y = Σ wᵢxᵢ + noise; with 12 weights for 16 points, the noise is fitted too. */
function ridgeProblem(): Problem {
  const random = randomNumbers(7)
  const [features, count] = [12, 16]
  const truth: readonly number[] = Array.from({ length: features }, (_, i) => (i < 4 ? 1 : 0))
  const draw = (rows: number): Data => {
    const x = normalTensor([rows, features], 1, random)
    const noise = normalTensor([rows, 1], 1.5, random)
    const exact = Array.from({ length: rows }, (_, n) => truth.reduce((sum, w, i) => sum + w * x.get(n, i), 0))
    return { x, target: zip(tensor([rows, 1], exact), noise, (value, error) => value + error) }
  }
  return {
    loss: 'squaredError',
    training: draw(count),
    test: draw(200),
    initial: { weight: zeros([1, features]) },
    learningRate: 0.1,
  }
}

/** Ridge regression over a path of λ: what regularisation does to the losses and the weights. */
export const ridgeExperiment: Experiment = {
  question: 'What does raising the regularisation parameter do to the training and the test loss? (ridge regression)',
  async run(operators, { extent = 'full', read = async () => {} } = {}) {
    const lambdas = extent === 'full' ? [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10] : [0.03, 0.3, 3]
    const problem = ridgeProblem()
    const minima = await path(problem, lambdas, extent === 'full' ? 400 : 30, operators)
    const measured: Tensor[][] = []
    for (const parameters of minima) {
      const training = await lossOn(problem, parameters, problem.training, operators)
      const test = await lossOn(problem, parameters, problem.test, operators)
      measured.push([training, test, parameters.weight])
    }
    await read(measured.flat())
    const rows = measured.map(([training, test, weight], i) => [
      lambdas[i],
      item(training),
      item(test),
      lengthOf(weight),
    ])
    const column = (k: number) => rows.map((row) => row[k])
    return {
      columns: ['λ', 'training loss', 'test loss', '‖w‖'],
      rows,
      findings: [
        { statement: 'The training loss never falls as λ grows.', holds: never('falls', column(1)) },
        { statement: 'The weights never grow as λ grows.', holds: never('rises', column(3)) },
        { statement: 'The test loss falls at first and then rises again.', holds: turnsInside(column(2), Math.min) },
      ],
      pictures: [lossPicture(rows, [1, 2])],
    }
  },
}

/** Two classes, two thirds against one; one input of twenty tells them apart, with noise, and the others only tempt. */
function classifierProblem(): Problem & {
  readonly labels: { readonly training: readonly number[]; readonly test: readonly number[] }
} {
  const random = randomNumbers(5)
  const features = 20
  const draw = (rows: number) => {
    const labels = Array.from({ length: rows }, () => (random() < 1 / 3 ? 1 : 0))
    const x = normalTensor([rows, features], 1, random)
    labels.forEach((label, n) => {
      x.set(n, 0, x.get(n, 0) + (label === 1 ? 1 : -1))
    })
    return { labels, data: { x, target: labelTensor(labels) } }
  }
  const [training, test] = [draw(24), draw(1000)]
  return {
    loss: 'crossEntropy',
    training: training.data,
    test: test.data,
    labels: { training: training.labels, test: test.labels },
    initial: { weight: zeros([2, features]), bias: zeros([2]) },
    learningRate: 0.3,
  }
}

/** A softmax classifier with penalised weights over a path of λ: what regularisation does to the accuracies. */
export const classifierExperiment: Experiment = {
  question:
    'What does raising the regularisation parameter do to the training and the test accuracy? (softmax classifier)',
  async run(operators, { extent = 'full', read = async () => {} } = {}) {
    const lambdas = extent === 'full' ? [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3] : [0.001, 0.1, 3]
    const problem = classifierProblem()
    const minima = await path(problem, lambdas, extent === 'full' ? 300 : 40, operators)
    const measured: Tensor[][] = []
    for (const parameters of minima) {
      const trainingLogits = await outputOf(operators, parameters, problem.training.x)
      const testLogits = await outputOf(operators, parameters, problem.test.x)
      const training = await lossOn(problem, parameters, problem.training, operators)
      const test = await lossOn(problem, parameters, problem.test, operators)
      measured.push([training, trainingLogits, test, testLogits, parameters.weight])
    }
    await read(measured.flat())
    const rows = measured.map(([training, trainingLogits, test, testLogits, weight], i) => [
      lambdas[i],
      item(training),
      accuracyOf(trainingLogits, problem.labels.training),
      item(test),
      accuracyOf(testLogits, problem.labels.test),
      lengthOf(weight),
    ])
    return {
      columns: ['λ', 'training loss', 'training accuracy', 'test loss', 'test accuracy', '‖w‖'],
      rows,
      findings: classifierFindings(rows),
      pictures: [lossPicture(rows, [1, 3])],
    }
  },
}

/** Training and test loss, in these columns, over λ; λ = 0 has no place on a logarithmic axis. */
function lossPicture(rows: readonly (readonly number[])[], [training, test]: readonly [number, number]): Picture {
  const line = (name: string, column: number) => ({
    name,
    points: rows.filter(([lambda]) => lambda > 0).map((row) => [row[0], row[column]] as const),
  })
  return {
    kind: 'lineChart',
    title: 'Loss on training and test data, over λ',
    x: { title: 'λ', scale: 'log' },
    y: { title: 'loss' },
    lines: [line('training', training), line('test', test)],
  }
}

function classifierFindings(rows: readonly (readonly number[])[]): ExperimentResult['findings'] {
  const column = (k: number) => rows.map((row) => row[k])
  const training = column(2)
  return [
    { statement: 'The training loss never falls as λ grows.', holds: never('falls', column(1)) },
    { statement: 'The weights never grow as λ grows.', holds: never('rises', column(5)) },
    {
      statement: 'The training accuracy falls from the smallest λ to the largest.',
      holds: training[training.length - 1] < training[0],
    },
    { statement: 'The test loss falls at first and then rises again.', holds: turnsInside(column(3), Math.min) },
    {
      statement:
        'The test accuracy rises at first, while the classifier overfits, and then falls: «it increases» is half the truth.',
      holds: turnsInside(column(4), Math.max),
    },
  ]
}
