import { type Attributes, Failure } from '../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor, zeros, zip } from '../oracle/tensor.js'
import { keeperOf } from '../oracle/unread.js'
import type { Operators } from './exercise.js'
import type { LineChart } from './picture.js'

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

/** What holds parameters and moves them against gradients. */
export interface Optimizer {
  readonly parameters: Parameters
  /** A step against the gradients; parameters without one stay as they are. */
  step(gradients: Parameters, operators: Operators): Promise<void>
}

/** Parameters and velocities, one step of `sgd` with momentum each. */
export class Descent implements Optimizer {
  parameters: Parameters
  private velocities: Parameters
  private readonly settings: { readonly learningRate: number; readonly momentum: number }

  constructor(parameters: Parameters, settings: { readonly learningRate: number; readonly momentum: number }) {
    this.parameters = parameters
    this.velocities = Object.fromEntries(Object.entries(parameters).map(([name, x]) => [name, zeros(x.shape)]))
    this.settings = settings
  }

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

export interface AdamSettings {
  readonly learningRate: number
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/** Parameters with their running means of gradients and of squared gradients, one step of `adam` each. */
export class Adam implements Optimizer {
  parameters: Parameters
  private means: Parameters
  private variances: Parameters
  private steps = 0
  private readonly settings: AdamSettings

  constructor(parameters: Parameters, settings: AdamSettings) {
    this.parameters = parameters
    this.means = Object.fromEntries(Object.entries(parameters).map(([name, x]) => [name, zeros(x.shape)]))
    this.variances = this.means
    this.settings = settings
  }

  async step(gradients: Parameters, operators: Operators): Promise<void> {
    this.steps++
    const [parameters, means, variances] = [{ ...this.parameters }, { ...this.means }, { ...this.variances }]
    for (const [name, gradient] of Object.entries(gradients)) {
      const inputs = { parameter: this.parameters[name], gradient, mean: means[name], variance: variances[name] }
      const moved = await operators.adam.forward(inputs, { step: this.steps, ...this.settings })
      parameters[name] = moved.parameter
      means[name] = moved.mean
      variances[name] = moved.variance
    }
    this.parameters = parameters
    this.means = means
    this.variances = variances
  }
}

/** The gradients of all inputs of a call, from one backward pass. Throws a Failure where there is no such pass. */
export async function gradientsOf(
  operators: Operators,
  operator: string,
  inputs: Tensors,
  gradients: Tensors,
  attributes: Attributes = {},
): Promise<Tensors> {
  const implemented = operators[operator]
  if (implemented?.backward === undefined)
    throw new Failure('unimplemented', `${operator} has no backward pass in this implementation`)
  return implemented.backward(inputs, attributes, gradients)
}

/** 0 … count − 1 in random order. */
export function shuffled(count: number, random: () => number): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const moved = order[i]
    order[i] = order[j]
    order[j] = moved
  }
  return order
}

/** Minibatches of indices below `count` without end: each epoch takes every index once, in an order of its own. */
export function* minibatches(count: number, size: number, random: () => number): Generator<readonly number[], never> {
  for (;;) {
    const order = shuffled(count, random)
    for (let start = 0; start < count; start += size) yield order.slice(start, start + size)
  }
}

/** Rows of a matrix, or elements of a vector, that the host has: [rows, …]. */
export function rowsOf(x: Tensor, rows: readonly number[]): Tensor {
  const width = x.size / x.shape[0]
  const [data, result] = [rowMajor(x), zeros([rows.length, ...x.shape.slice(1)])]
  for (const [i, row] of rows.entries()) result.data.set(data.subarray(row * width, (row + 1) * width), i * width)
  return result
}

/** Gradients of the same parameters from several parts of a batch, added up. */
export function summed(parts: readonly Parameters[]): Parameters {
  const sums: Record<string, Tensor> = {}
  for (const part of parts)
    for (const [name, gradient] of Object.entries(part))
      sums[name] = sums[name] === undefined ? gradient : plus(sums[name], gradient)
  return sums
}

/** Losses over the steps of training, a line for each training. */
export function lossChart(
  title: string,
  losses: Readonly<Record<string, readonly number[]>>,
  y: LineChart['y'] = { title: 'loss' },
): LineChart {
  return {
    kind: 'lineChart',
    title,
    x: { title: 'step' },
    y,
    lines: Object.entries(losses).map(([name, values]) => ({ name, points: values.map((value, i) => [i, value]) })),
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
