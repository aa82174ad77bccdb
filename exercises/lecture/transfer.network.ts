import { scalar, type Tensor, zeros } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Operators } from '../exercise.js'
import { gradientsOf, labelTensor, normalTensor, type Optimizer, type Parameters } from '../training.js'

/** The layers of a network: ReLU behind each but the last, the classifier. */
const layers = [1, 2, 3] as const

export const classifier = 3

/** What is trained of a network that another task has trained. */
export const strategies = {
  /** The classifier only: the rest extracts features. */
  frozen: [3],
  /** The last layers. */
  last: [2, 3],
  /** All layers, those that have been trained before at a smaller rate. */
  all: [1, 2, 3],
} as const

export type Strategy = keyof typeof strategies

/** Weights and biases of these widths, from the input on, as `weight1`, `bias1` …; random weights, biases 0. */
export function initialNetwork(widths: readonly number[], random: () => number): Parameters {
  return Object.fromEntries(
    layers.flatMap((layer) => [
      [`weight${layer}`, normalTensor([widths[layer], widths[layer - 1]], Math.sqrt(2 / widths[layer - 1]), random)],
      [`bias${layer}`, zeros([widths[layer]])],
    ]),
  )
}

/** The inputs of a layer's `linear`. */
function callOf(parameters: Parameters, layer: number, x: Tensor) {
  return { x, weight: parameters[`weight${layer}`], bias: parameters[`bias${layer}`] }
}

/** The logits for inputs [items, features], and every layer's input and pre-activation. */
async function run(parameters: Parameters, inputs: Tensor, operators: Operators) {
  const [reads, sums]: [Tensor[], Tensor[]] = [[], []]
  let x = inputs
  for (const layer of layers) {
    reads.push(x)
    x = await forward(operators, 'linear', 'y', callOf(parameters, layer, x))
    sums.push(x)
    if (layer < classifier) x = await forward(operators, 'relu', 'y', { x })
  }
  return { logits: x, reads, sums }
}

/** The logits for inputs [items, features]. */
export async function logitsOf(parameters: Parameters, inputs: Tensor, operators: Operators): Promise<Tensor> {
  return (await run(parameters, inputs, operators)).logits
}

export interface Examples {
  /** [items, features] */
  readonly inputs: Tensor
  readonly labels: readonly number[]
}

/**
 * A pass forward, and backward as far down as the lowest layer that is trained: what lies below it is frozen, and no gradient
 * of it is computed.
 */
export async function transferPass(
  parameters: Parameters,
  { inputs, labels }: Examples,
  strategy: Strategy,
  operators: Operators,
): Promise<{ readonly loss: Tensor; readonly logits: Tensor; readonly gradients: Parameters }> {
  const { logits, reads, sums } = await run(parameters, inputs, operators)
  const call = { logits, target: labelTensor(labels) }
  const loss = await forward(operators, 'crossEntropy', 'loss', call)
  const gradients: Record<string, Tensor> = {}
  let y = (await gradientsOf(operators, 'crossEntropy', call, { loss: scalar(1) })).logits
  for (const layer of [...strategies[strategy]].reverse()) {
    if (layer < classifier) y = (await gradientsOf(operators, 'relu', { x: sums[layer - 1] }, { y })).x
    const ofLayer = await gradientsOf(operators, 'linear', callOf(parameters, layer, reads[layer - 1]), { y })
    gradients[`weight${layer}`] = ofLayer.weight
    gradients[`bias${layer}`] = ofLayer.bias
    y = ofLayer.x
  }
  return { loss, logits, gradients }
}

/** A network in training: its classifier and the layers below it have optimizers of their own, with rates of their own. */
export class TransferTraining {
  private readonly top: Optimizer
  private readonly below: Optimizer
  private readonly strategy: Strategy

  constructor(parameters: Parameters, strategy: Strategy, optimizers: (own: Parameters, isTop: boolean) => Optimizer) {
    const [top, below] = parted(parameters)
    this.top = optimizers(top, true)
    this.below = optimizers(below, false)
    this.strategy = strategy
  }

  get parameters(): Parameters {
    return { ...this.below.parameters, ...this.top.parameters }
  }

  /** A step on all examples; the loss before it. */
  async step(examples: Examples, operators: Operators): Promise<Tensor> {
    const { loss, gradients } = await transferPass(this.parameters, examples, this.strategy, operators)
    const [top, below] = parted(gradients)
    await this.top.step(top, operators)
    await this.below.step(below, operators)
    return loss
  }
}

/** Parameters, or gradients, of the classifier and of the layers below it. */
function parted(parameters: Parameters): readonly [Parameters, Parameters] {
  const entries = Object.entries(parameters)
  const isTop = (name: string) => name.endsWith(String(classifier))
  return [
    Object.fromEntries(entries.filter(([name]) => isTop(name))),
    Object.fromEntries(entries.filter(([name]) => !isTop(name))),
  ]
}
