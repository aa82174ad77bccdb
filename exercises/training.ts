import { type Tensor, tensor, zeros, zip } from '../oracle/tensor.js'
import { keeperOf } from '../oracle/unread.js'
import type { Operators } from './exercise.js'

/** Numbers between 0 and 1 from a seed, the same on every machine: Park and Miller's minimal standard generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

/** A tensor of standard normal numbers times `scale`, by the Box–Muller transform. */
export function normalTensor(shape: readonly number[], scale: number, random: () => number): Tensor {
  const x = zeros(shape)
  for (let i = 0; i < x.size; i++)
    x.data[i] = scale * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
  return x
}

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Tensor>>

/** Parameters and velocities, one step of `sgd` with momentum each. */
export class Descent {
  parameters: Parameters
  private velocities: Parameters
  private readonly settings: { readonly learningRate: number; readonly momentum: number }

  constructor(parameters: Parameters, settings: { readonly learningRate: number; readonly momentum: number }) {
    this.parameters = parameters
    this.velocities = Object.fromEntries(Object.entries(parameters).map(([name, x]) => [name, zeros(x.shape)]))
    this.settings = settings
  }

  /** A step against the gradients; parameters without one stay as they are. */
  async step(gradients: Parameters, operators: Operators): Promise<void> {
    const [parameters, velocities] = [{ ...this.parameters }, { ...this.velocities }]
    for (const [name, gradient] of Object.entries(gradients)) {
      const inputs = { parameter: this.parameters[name], gradient, velocity: this.velocities[name] }
      const { parameter, velocity } = await operators.sgd.forward(inputs, this.settings)
      parameters[name] = parameter
      velocities[name] = velocity
    }
    this.parameters = parameters
    this.velocities = velocities
  }
}

/** The elementwise sum of two tensors. */
export function plus(a: Tensor, b: Tensor): Tensor {
  return (keeperOf(a) ?? keeperOf(b))?.plus(a, b) ?? zip(a, b, (x, y) => x + y)
}

/** The share of rows whose largest entry is at their label. */
export function accuracyOf(logits: Tensor, labels: readonly number[]): number {
  const [rows, classes] = [labels.length, logits.size / labels.length]
  let right = 0
  for (let n = 0; n < rows; n++) {
    const row = Array.from({ length: classes }, (_, c) => logits.get(n, c))
    if (row.indexOf(Math.max(...row)) === labels[n]) right++
  }
  return right / rows
}

/** Labels as a tensor of whole numbers. */
export function labelTensor(labels: readonly number[]): Tensor {
  return tensor([labels.length], labels)
}
