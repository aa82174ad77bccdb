import { Refusal } from '../../oracle/contract.js'
import { reshape, scalar, type Tensor } from '../../oracle/tensor.js'
import { architectureOf } from '../architecture/chain.js'
import { Network, seededInputs } from '../architecture/network.js'
import type { Architecture, Layer } from '../architecture/notation.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators, Training, Values } from '../exercise.js'
import { Descent, labelTensor } from '../training.js'
import { classifier, classifierGiven } from './2.chain.js'

const source: Values = Object.fromEntries(classifierGiven.map(({ name, value }) => [name, value]))

/** The source's classifier with fewer filters, which take images of the same sizes; with these layers in place of its last ones. */
function narrow(last: readonly Layer[]): Architecture {
  const values = { ...source, filters1: scalar(2), filters2: scalar(2) }
  const { layers, ...rest } = architectureOf(classifier, values)
  return {
    ...rest,
    layers: [
      ...layers.slice(
        0,
        layers.findIndex(({ kind }) => kind === 'flatten'),
      ),
      ...last,
    ],
  }
}

const flattened: readonly Layer[] = [{ kind: 'flatten' }, { kind: 'linear', units: 10 }]

/** Whether the network, with the parameters that it has for 62 × 62, takes an image of this side. */
async function takes(network: Network, side: number, operators: Operators): Promise<boolean> {
  const { architecture } = network.plan
  const larger = { ...architecture, input: { kind: 'image', channels: 3, height: side, width: side } } as const
  try {
    await network.forward(seededInputs(larger, 1, side), operators)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

export const sizesExperiment: Experiment = {
  question: 'Which images does the network take, as it is and with global average pooling?',
  async run(operators, options) {
    const asItIs = new Network(narrow(flattened), 1)
    const pooled = new Network(narrow([{ kind: 'globalAvgPool' }, ...flattened]), 1)
    const all = options?.extent !== 'reduced'
    const sides = all ? [20, 21, 22, 40, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 90] : [20, 21, 60, 61, 68, 69]
    const rows: number[][] = []
    for (const side of sides) {
      rows.push([side, Number(await takes(asItIs, side, operators)), Number(await takes(pooled, side, operators))])
      options?.progress?.(rows.length, sides.length)
    }
    return {
      columns: ['side of the image', 'taken as it is', 'taken with global average pooling'],
      rows,
      findings: [
        {
          statement: 'As it is the network takes images of 61 × 61 to 68 × 68, and no others.',
          holds: rows.every(([side, flat]) => (flat === 1) === (side >= 61 && side <= 68)),
        },
        {
          statement: 'With global average pooling it takes every image from 21 × 21 on.',
          holds: rows.every(([side, , mean]) => (mean === 1) === side >= 21),
        },
      ],
    }
  },
}

/** Losses of the source's classifier, as it is, on one random image, step by step of gradient descent; not read. */
async function losses(
  operators: Operators,
  steps: number,
  progress?: (done: number) => void,
): Promise<readonly Tensor[]> {
  const { layers, ...rest } = architectureOf(classifier, source)
  const architecture: Architecture = { ...rest, layers: layers.filter(({ kind }) => kind !== 'softmax') }
  const start = new Network(architecture, 11)
  const inputs = seededInputs(architecture, 1, 12)
  const target = labelTensor([7])
  const descent = new Descent(start.parameters, { learningRate: 0.0002, momentum: 0 })
  const all: Tensor[] = []
  for (let step = 1; step <= steps; step++) {
    const run = await start.with(descent.parameters).forward(inputs, operators)
    const logits = run.outputs.fc
    const loss = await forward(operators, 'crossEntropy', 'loss', { logits, target })
    const gradient = await backward(operators, 'crossEntropy', 'logits', { logits, target }, { loss: scalar(1) })
    await descent.step((await run.backward({ fc: gradient })).parameters, operators)
    all.push(reshape(loss, []))
    progress?.(step)
  }
  return all
}

export const classifierTraining: Training = {
  name: 'the classifier learns the class of one image',
  losses: (operators, steps) => losses(operators, steps),
}

export const descentExperiment: Experiment = {
  question: 'Does it learn? The classifier of 18,538 parameters, run forward and backward on an image of 62 × 62.',
  async run(operators, options) {
    const steps = options?.extent === 'reduced' ? 3 : 8
    const measured = await losses(operators, steps, (done) => options?.progress?.(done, steps))
    await options?.read?.(measured)
    const values = measured.map((loss) => loss.get())
    return {
      columns: ['step', 'loss'],
      rows: values.map((loss, step) => [step, loss]),
      findings: [
        {
          statement: 'Every step against the gradient lowers the cross-entropy.',
          holds: values.every((loss, i) => i === 0 || loss < values[i - 1]),
        },
      ],
      pictures: [
        {
          kind: 'lineChart',
          title: 'Loss of the classifier on one image',
          x: { title: 'step' },
          y: { title: 'cross-entropy' },
          lines: [{ name: 'loss', points: values.map((loss, step) => [step, loss] as const) }],
        },
      ],
    }
  },
}
