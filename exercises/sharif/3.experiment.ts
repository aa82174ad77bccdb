import { item, rowMajor, scalar, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import { accuracyOf, Descent, normalTensor, type Parameters, randomNumbers } from '../training.js'

/** Luong's names of the three scores. */
const scores = ['dot', 'general', 'concat'] as const
type Score = (typeof scores)[number]
const titles: Readonly<Record<Score, string>> = { dot: 'dot', general: 'general', concat: 'tanh layer' }

const positions = 4

/** Decoder states, encoder states and, for each item, the position that is to be found. */
interface Task {
  readonly title: string
  readonly decoder: Tensor
  readonly encoder: Tensor
  readonly labels: readonly number[]
}

/** The state that the decoder asks for is its own; its own turned by 90°; the one with the nearest first entry, (x, 1). */
const taskTitles = ['the same state', 'the state turned by 90°', 'the nearest number'] as const

function taskOf(kind: number, count: number, random: () => number): Task {
  const [decoder, encoder]: [number[], number[]] = [[], []]
  const labels: number[] = []
  for (let n = 0; n < count; n++) {
    if (kind < 2) {
      const start = random()
      // At least 360°/(2·positions) apart from one another.
      const angles = Array.from(
        { length: positions },
        (_, s) => 2 * Math.PI * (start + (s + 0.5 * random()) / positions),
      )
      const label = Math.floor(random() * positions)
      const asked = angles[label] + (kind === 1 ? Math.PI / 2 : 0)
      encoder.push(...angles.flatMap((angle) => [2 * Math.cos(angle), 2 * Math.sin(angle)]))
      decoder.push(2 * Math.cos(asked), 2 * Math.sin(asked))
      labels.push(label)
    } else {
      const numbers = Array.from({ length: positions }, () => 4 * random() - 2)
      const asked = 4 * random() - 2
      const distances = numbers.map((x) => Math.abs(x - asked))
      encoder.push(...numbers.flatMap((x) => [x, 1]))
      decoder.push(asked, 1)
      labels.push(distances.indexOf(Math.min(...distances)))
    }
  }
  return {
    title: taskTitles[kind],
    decoder: tensor([count, 2], decoder),
    encoder: tensor([count, positions, 2], encoder),
    labels,
  }
}

const layerUnits = 8

function initial(score: Score, random: () => number): Parameters {
  if (score === 'dot') return {}
  if (score === 'general') return { weight: normalTensor([2, 2], 0.5, random) }
  return { weight: normalTensor([layerUnits, 4], 1, random), vector: normalTensor([layerUnits], 1, random) }
}

function oneHot(labels: readonly number[]): Tensor {
  const y = zeros([labels.length, positions])
  labels.forEach((label, n) => {
    y.set(n, label, 1)
  })
  return y
}

/** A step down the squared distance of the weights from the one-hot position; answers with it. */
async function step(descent: Descent, task: Task, score: Score, operators: Operators): Promise<Tensor> {
  const inputs: Tensors = { decoder: task.decoder, encoder: task.encoder, ...descent.parameters }
  const weights = await forward(operators, 'luongAttention', 'weights', inputs, { score })
  const call = { prediction: weights, target: oneHot(task.labels) }
  const settings = { factor: positions }
  const loss = await forward(operators, 'squaredError', 'loss', call, settings)
  const names = Object.keys(descent.parameters)
  if (names.length === 0) return loss
  const slope = await backward(operators, 'squaredError', 'prediction', call, { loss: scalar(1) }, settings)
  const gradients = (await operators.luongAttention.backward?.(inputs, { score }, { weights: slope })) ?? {}
  await descent.step(Object.fromEntries(names.map((name) => [name, gradients[name]])), operators)
  return loss
}

const settings = { learningRate: 0.2, momentum: 0.9 }

/** What each score can find: three tasks, of which only the last score can solve all. */
export const powerExperiment: Experiment = {
  question: 'Which of the three scores can find what?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = extent === 'full' ? 400 : 6
    const cases = []
    for (const kind of [0, 1, 2])
      for (const score of scores) {
        const random = randomNumbers(31 + kind)
        const [task, fresh] = [taskOf(kind, 60, random), taskOf(kind, 200, random)]
        const descent = new Descent(initial(score, random), settings)
        let [first, last]: (Tensor | undefined)[] = []
        for (let t = 0; t < (score === 'dot' ? 1 : steps); t++) {
          last = await step(descent, task, score, operators)
          first ??= last
          progress?.((3 * kind + scores.indexOf(score)) * steps + t, 9 * steps)
        }
        const inputs = { decoder: fresh.decoder, encoder: fresh.encoder, ...descent.parameters }
        const weights = await forward(operators, 'luongAttention', 'weights', inputs, { score })
        const parameters = Object.values(descent.parameters).reduce((sum, { size }) => sum + size, 0)
        cases.push({
          kind,
          score,
          parameters,
          labels: fresh.labels,
          weights,
          losses: [first, last].flatMap((x) => x ?? []),
        })
      }
    await read(cases.flatMap(({ weights, losses }) => [weights, ...losses]))
    const results = cases.map(({ weights, labels, losses, ...rest }) => ({
      ...rest,
      losses: losses.map(item),
      accuracy: accuracyOf(weights, labels),
    }))
    const accuracy = (score: Score) => results.filter((one) => one.score === score).map((one) => one.accuracy)
    const [dot, general, layer] = scores.map(accuracy)
    const findings = [
      { statement: 'The dot product always finds the same state again, without a parameter.', holds: dot[0] === 1 },
      { statement: 'The dot product does not find a state that was turned.', holds: dot[1] < 0.6 },
    ]
    if (extent === 'full')
      findings.push(
        {
          statement: 'The general score learns what the same state is, and the turned one.',
          holds: general[0] > 0.95 && general[1] > 0.95,
        },
        {
          statement: 'Neither dot nor general finds the nearest number: a product grows where it should have a peak.',
          holds: dot[2] < 0.7 && general[2] < 0.7,
        },
        {
          statement: 'The tanh layer learns to find the nearest number, better by far than the other two.',
          holds: layer[2] > 0.8 && layer[2] > general[2] + 0.15,
        },
        {
          statement:
            'In as many steps, and with ten times the parameters, the tanh layer has not learned the turned state.',
          holds: layer[1] < general[1] - 0.2,
        },
      )
    else
      findings.push({
        statement: 'Some steps of training lower the loss of general and tanh layer on the turned state.',
        holds: results
          .filter(({ kind, score }) => kind === 1 && score !== 'dot')
          .every(({ losses }) => losses[1] < losses[0]),
      })
    return {
      columns: ['task', 'score', 'parameters', 'found in new sentences'],
      rows: results.map(({ kind, score, parameters, accuracy: found }) => [
        kind + 1,
        scores.indexOf(score) + 1,
        parameters,
        found,
      ]),
      findings,
    }
  },
}

/** The tanh layer on the nearest number. */
export const scoreTraining: Training = {
  name: 'tanh layer that finds the nearest number',
  async losses(operators, steps) {
    const random = randomNumbers(33)
    const task = taskOf(2, 60, random)
    const descent = new Descent(initial('concat', random), settings)
    const losses: Tensor[] = []
    for (let t = 0; t < steps; t++) losses.push(await step(descent, task, 'concat', operators))
    return losses
  },
}

const flowing = {
  decoder: [1, 0.5],
  encoder: [
    [1, 0],
    [0, 1],
    [-0.5, 0.5],
    [0.5, -1],
  ],
  general: [
    [0.5, 1],
    [-1, 0.5],
  ],
  layer: [
    [0.5, -0.5, 1, 0.25],
    [0.5, 1, -0.5, 0.5],
  ],
  vector: [1, -0.5],
} as const

/** What comes through to the states and parameters as the states grow. */
export const flowExperiment: Experiment = {
  question: 'How well do gradients flow through the three scores?',
  async run(operators, { read = async () => {} } = {}) {
    const sizes = [1, 4, 16, 64]
    const measured = []
    for (const score of scores)
      for (const size of sizes) {
        const parameters: Parameters =
          score === 'dot'
            ? {}
            : score === 'general'
              ? { weight: tensor([2, 2], flowing.general.flat()) }
              : { weight: tensor([2, 4], flowing.layer.flat()), vector: tensor([2], flowing.vector) }
        const inputs = {
          decoder: tensor(
            [1, 2],
            flowing.decoder.map((x) => size * x),
          ),
          encoder: tensor(
            [1, 4, 2],
            flowing.encoder.flat().map((x) => size * x),
          ),
          ...parameters,
        }
        const weights = await forward(operators, 'luongAttention', 'weights', inputs, { score })
        // A gradient of the weights, which asks for the second state in place of all others.
        const asked = { weights: tensor([1, 4], [1, -1, 1, 1]) }
        const gradients = (await operators.luongAttention.backward?.(inputs, { score }, asked)) ?? {}
        const parameter = score === 'dot' ? undefined : score === 'general' ? gradients.weight : gradients.vector
        measured.push({ score, size, weights, decoder: gradients.decoder, parameter })
      }
    await read(
      measured.flatMap(({ weights, decoder, parameter }) => [weights, decoder, ...(parameter ? [parameter] : [])]),
    )
    const length = (x: Tensor | undefined) => (x === undefined ? 0 : Math.hypot(...rowMajor(x)))
    const rows = measured.map(({ score, size, weights, decoder, parameter }) => [
      scores.indexOf(score) + 1,
      size,
      Math.max(...rowMajor(weights)),
      length(decoder),
      length(parameter),
    ])
    const of = (score: Score) => rows.filter((row) => row[0] === scores.indexOf(score) + 1)
    const [dot, general, layer] = scores.map(of)
    const bound = Math.exp(2 * flowing.vector.reduce((sum, v) => sum + Math.abs(v), 0))
    return {
      columns: ['score', 'size of the states', 'largest weight', '‖gradient by h_d‖', '‖gradient by W_a or v_a‖'],
      rows,
      findings: [
        {
          statement: 'As states grow, dot and general attend to one word alone: their softmax saturates.',
          holds: [dot, general].every((some) => some[some.length - 1][2] > 0.999),
        },
        {
          statement: 'With that their gradients fall below a hundredth, those of the parameters included.',
          holds:
            [dot, general].every((some) => some[some.length - 1][3] < 0.01 * some[0][3]) &&
            general[3][4] < 0.01 * general[0][4],
        },
        {
          statement: 'The tanh layer’s scores are bounded by Σ|v|, and so are the quotients of its weights.',
          holds: layer.every((row) => row[2] <= bound / (bound + 3) + 1e-6 && row[2] < 0.9),
        },
        {
          statement: 'Through saturated tanh units nothing comes to the states either.',
          holds: layer[3][3] < 1e-3 * layer[0][3],
        },
        {
          statement: 'The gradient by v_a stays: the tanh layer can still learn where it attends to.',
          holds: layer[3][4] > 0.05,
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'The largest attention weight as states grow',
          x: { title: 'size of the states', scale: 'log' },
          y: { title: 'largest weight' },
          lines: scores.map((score) => ({
            name: titles[score],
            points: of(score).map((row) => [row[1], row[2]] as const),
          })),
        },
      ],
    }
  },
}
