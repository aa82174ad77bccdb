import { item, reshape, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, joined } from '../computation.js'
import type { Experiment, Operators, Training } from '../exercise.js'
import {
  accuracyOf,
  Descent,
  labelTensor,
  lossChart,
  normalTensor,
  type Parameters,
  randomNumbers,
} from '../training.js'

/** About a fortieth of the exercise's widths; a vocabulary as small as that of 1.3. */
const widths = { input: 8, hidden: [12, 6, 3, 6, 12], state: 4, classes: 3 } as const
const words = 12
const sentenceLength = 3
const settings = { learningRate: 0.05, momentum: 0.9 } as const
const stepsOf = { full: 150, reduced: 8 } as const

interface Layer {
  readonly weight: string
  readonly bias: string
  readonly rectified: boolean
}

/** Fully connected layers named `encoder1` …, each but the last of its network rectified. */
function layersOf(name: string, count: number): readonly Layer[] {
  return Array.from({ length: count }, (_, i) => ({
    weight: `${name}${i + 1}.weight`,
    bias: `${name}${i + 1}.bias`,
    rectified: i < count - 1,
  }))
}

const encoder = layersOf('encoder', 3)
const decoder = layersOf('decoder', 3)

function initialLayers(layers: readonly Layer[], sizes: readonly number[], random: () => number): Parameters {
  return Object.fromEntries(
    layers.flatMap(({ weight, bias }, i) => [
      [weight, normalTensor([sizes[i + 1], sizes[i]], Math.sqrt(2 / sizes[i]), random)],
      [bias, zeros([sizes[i + 1]])],
    ]),
  )
}

/** What a backward pass needs of a forward pass through layers: every layer's input and pre-activation. */
interface Trace {
  readonly output: Tensor
  readonly inputs: readonly Tensor[]
  readonly sums: readonly Tensor[]
}

async function runLayers(
  layers: readonly Layer[],
  parameters: Parameters,
  x: Tensor,
  operators: Operators,
): Promise<Trace> {
  const [inputs, sums]: [Tensor[], Tensor[]] = [[], []]
  let output = x
  for (const { weight, bias, rectified } of layers) {
    inputs.push(output)
    const sum = await forward(operators, 'linear', 'y', {
      x: output,
      weight: parameters[weight],
      bias: parameters[bias],
    })
    sums.push(sum)
    output = rectified ? await forward(operators, 'relu', 'y', { x: sum }) : sum
  }
  return { output, inputs, sums }
}

/** The gradients of the layers' parameters, and of what they read. */
async function backThroughLayers(
  layers: readonly Layer[],
  parameters: Parameters,
  { inputs, sums }: Trace,
  gradient: Tensor,
  operators: Operators,
): Promise<{ readonly gradients: Parameters; readonly x: Tensor }> {
  const gradients: Record<string, Tensor> = {}
  let y = gradient
  for (const [i, { weight, bias, rectified }] of [...layers.entries()].reverse()) {
    if (rectified) y = await backward(operators, 'relu', 'x', { x: sums[i] }, { y })
    const call = { x: inputs[i], weight: parameters[weight], bias: parameters[bias] }
    gradients[weight] = await backward(operators, 'linear', 'weight', call, { y })
    gradients[bias] = await backward(operators, 'linear', 'bias', call, { y })
    y = await backward(operators, 'linear', 'x', call, { y })
  }
  return { gradients, x: y }
}

/** One step of the autoencoder on all words; answers with the reconstruction error before it. */
async function reconstructionStep(descent: Descent, vectors: Tensor, operators: Operators): Promise<Tensor> {
  const layers = [...encoder, ...decoder]
  const trace = await runLayers(layers, descent.parameters, vectors, operators)
  const call = { prediction: trace.output, target: vectors }
  const loss = await forward(operators, 'squaredError', 'loss', call)
  const gradient = await backward(operators, 'squaredError', 'prediction', call, { loss: scalar(1) })
  const { gradients } = await backThroughLayers(layers, descent.parameters, trace, gradient, operators)
  await descent.step(gradients, operators)
  return loss
}

interface Sentences {
  /** [time, sentence]. */
  readonly ids: Tensor
  readonly labels: readonly number[]
}

/** One step of encoder, recurrent network and softmax; the encoder stays as it is where `frozen`. */
async function classificationStep(
  descent: Descent,
  vectors: Tensor,
  { ids, labels }: Sentences,
  frozen: boolean,
  operators: Operators,
): Promise<{ readonly loss: Tensor; readonly logits: Tensor }> {
  const p = descent.parameters
  const trace = await runLayers(encoder, p, vectors, operators)
  const lookup = { ids, table: trace.output }
  const sequence = {
    x: await forward(operators, 'embedding', 'y', lookup),
    weightInput: p.input,
    weightHidden: p.recurrent,
  }
  const hidden = await forward(operators, 'rnn', 'hidden', sequence)
  const [T, N, H] = hidden.shape
  const last = reshape(hidden.pick(T - 1, null, null), [N, H])
  const logits = await forward(operators, 'linear', 'y', { x: last, weight: p.output })
  const call = { logits, target: labelTensor(labels) }
  const loss = await forward(operators, 'crossEntropy', 'loss', call)

  const ofLogits = await backward(operators, 'crossEntropy', 'logits', call, { loss: scalar(1) })
  const output = { x: last, weight: p.output }
  const ofLast = await backward(operators, 'linear', 'x', output, { y: ofLogits })
  const ofHidden = joined([zeros([(T - 1) * N * H]), ofLast], hidden.shape)
  const gradients = {
    output: await backward(operators, 'linear', 'weight', output, { y: ofLogits }),
    input: await backward(operators, 'rnn', 'weightInput', sequence, { hidden: ofHidden }),
    recurrent: await backward(operators, 'rnn', 'weightHidden', sequence, { hidden: ofHidden }),
  }
  if (frozen) await descent.step(gradients, operators)
  else {
    const ofWords = await backward(operators, 'rnn', 'x', sequence, { hidden: ofHidden })
    const ofCodes = await backward(operators, 'embedding', 'table', lookup, { y: ofWords })
    const back = await backThroughLayers(encoder, p, trace, ofCodes, operators)
    await descent.step({ ...gradients, ...back.gradients }, operators)
  }
  return { loss, logits }
}

/** Sentences of three words; the first third of the words praises, the second blames. Class 0: more praise, 2: more blame. */
function sentences(count: number, random: () => number): Sentences {
  const drawn = Array.from({ length: count }, () =>
    Array.from({ length: sentenceLength }, () => Math.floor(random() * words)),
  )
  const leaning = (word: number) => (word < words / 3 ? 1 : word < (2 * words) / 3 ? -1 : 0)
  const labels = drawn.map((sentence) => {
    const sum = sentence.reduce((total, word) => total + leaning(word), 0)
    return sum > 0 ? 0 : sum < 0 ? 2 : 1
  })
  const ids = Array.from({ length: sentenceLength }, (_, t) => drawn.map((sentence) => sentence[t])).flat()
  return { ids: tensor([sentenceLength, count], ids), labels }
}

/** The word vectors, the autoencoder before its training, the weights of the classifier behind its encoder, the sentences. */
function beginning() {
  const random = randomNumbers(14)
  const vectors = normalTensor([words, widths.input], 1, random)
  const sizes = [widths.input, ...widths.hidden, widths.input]
  const code = Math.min(...widths.hidden)
  const autoencoder = new Descent(
    {
      ...initialLayers(encoder, sizes.slice(0, 4), random),
      ...initialLayers(decoder, sizes.slice(3), random),
    },
    settings,
  )
  const classifier = {
    input: normalTensor([widths.state, code], Math.sqrt(1 / code), random),
    recurrent: normalTensor([widths.state, widths.state], 0.5, random),
    output: normalTensor([widths.classes, widths.state], Math.sqrt(1 / widths.state), random),
  }
  return { vectors, autoencoder, classifier, data: sentences(60, random) }
}

/** The parameters of the autoencoder's encoder, which fine-tuning starts from. */
function encoderOf(autoencoder: Descent): Parameters {
  const names = encoder.flatMap(({ weight, bias }) => [weight, bias])
  return Object.fromEntries(names.map((name) => [name, autoencoder.parameters[name]]))
}

/** The autoencoder learns to reconstruct the word vectors, as the experiment begins. */
export const reconstructionTraining: Training = {
  name: 'the autoencoder',
  async losses(operators, steps) {
    const { vectors, autoencoder } = beginning()
    const losses: Tensor[] = []
    for (let i = 0; i < steps; i++) losses.push(await reconstructionStep(autoencoder, vectors, operators))
    return losses
  },
}

/** Encoder and classifier trained together, after as many steps of the autoencoder as the reduced experiment takes. */
export const fineTuningTraining: Training = {
  name: 'encoder and classifier, fine-tuned',
  async losses(operators, steps) {
    const { vectors, autoencoder, classifier, data } = beginning()
    for (let i = 0; i < stepsOf.reduced; i++) await reconstructionStep(autoencoder, vectors, operators)
    const tuned = new Descent({ ...encoderOf(autoencoder), ...classifier }, settings)
    const losses: Tensor[] = []
    for (let i = 0; i < steps; i++) losses.push((await classificationStep(tuned, vectors, data, false, operators)).loss)
    return losses
  },
}

/**
 * Fine-tuning as ntua/1.4d asks for it, at about a fortieth of the widths: the autoencoder learns to reconstruct word vectors; then
 * its encoder stands before the recurrent network of 1.3 and a softmax over three classes, and all are trained
 * together; and, to compare, with the encoder frozen.
 */
export const fineTuningExperiment: Experiment = {
  question: 'How is the autoencoder fine-tuned for exercise 1.3?',
  async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
    const steps = stepsOf[extent]
    const { vectors, autoencoder, classifier, data } = beginning()
    const reconstruction: Tensor[] = []
    for (let i = 0; i < steps; i++) {
      reconstruction.push(await reconstructionStep(autoencoder, vectors, operators))
      progress?.(i + 1, 2 * steps)
    }
    const pretrained = encoderOf(autoencoder)
    const tuned = new Descent({ ...pretrained, ...classifier }, settings)
    const frozen = new Descent({ ...pretrained, ...classifier }, settings)
    const curves: { readonly tuned: Tensor; readonly frozen: Tensor }[] = []
    const measured: { readonly step: number; readonly tensors: readonly Tensor[] }[] = []
    for (let i = 0; i < steps; i++) {
      const withEncoder = await classificationStep(tuned, vectors, data, false, operators)
      const without = await classificationStep(frozen, vectors, data, true, operators)
      curves.push({ tuned: withEncoder.loss, frozen: without.loss })
      progress?.(steps + i + 1, 2 * steps)
      if (i % Math.ceil(steps / 10) === 0 || i === steps - 1)
        measured.push({
          step: i,
          tensors: [reconstruction[i], withEncoder.loss, withEncoder.logits, without.loss, without.logits],
        })
    }
    await read([
      ...measured.flatMap(({ tensors }) => tensors),
      ...reconstruction,
      ...curves.flatMap((losses) => [losses.tuned, losses.frozen]),
    ])
    const rows = measured.map(({ step, tensors: [error, tunedLoss, tunedLogits, frozenLoss, frozenLogits] }) => [
      step,
      item(error),
      item(tunedLoss),
      accuracyOf(tunedLogits, data.labels),
      item(frozenLoss),
      accuracyOf(frozenLogits, data.labels),
    ])
    const [first, last] = [rows[0], rows[rows.length - 1]]
    const unmoved = Object.keys(pretrained).every((name) => frozen.parameters[name] === pretrained[name])
    return {
      columns: [
        'step',
        'reconstruction error',
        'loss, fine-tuned',
        'accuracy',
        'loss, encoder frozen',
        'accuracy, frozen',
      ],
      rows,
      findings: [
        { statement: 'The autoencoder learns to reconstruct the vectors: its error falls.', holds: last[1] < first[1] },
        { statement: 'Fine-tuning lowers the classification loss.', holds: last[2] < first[2] },
        {
          statement: 'With the encoder trained too the loss falls further than with the encoder frozen.',
          holds: last[2] < last[4],
        },
        { statement: 'The frozen encoder keeps its parameters.', holds: unmoved },
      ],
      pictures: [
        lossChart('Reconstruction error of the autoencoder', { autoencoder: reconstruction.map(item) }),
        lossChart(
          'Cross-entropy of the classifier behind the encoder',
          {
            'fine-tuned': curves.map((losses) => item(losses.tuned)),
            'encoder frozen': curves.map((losses) => item(losses.frozen)),
          },
          { title: 'cross-entropy' },
        ),
      ],
    }
  },
}
