import type { Attributes } from '../../oracle/contract.js'
import { map, reshape, sizeOf, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { joined } from '../computation.js'
import type { Operators } from '../exercise.js'
import { plus } from '../training.js'

/** What a layer answers, and how the gradient of its answer becomes those of what it read and of its parameters. */
export interface Pass {
  readonly answer: Tensor
  /** A gradient for each read; undefined where it has none (tokens). Parameters by the layer's own names of them. */
  back(gradient: Tensor): Promise<{ readonly reads: readonly (Tensor | undefined)[]; readonly parameters: Tensors }>
}

/** The gradient of one read only. */
export interface Step {
  readonly answer: Tensor
  back(gradient: Tensor): Promise<Tensor>
}

/**
 * One operator: `reads` under the names that it has for them (one tensor may stand under several), parameters under its own.
 */
export async function call(
  operators: Operators,
  operator: string,
  reads: readonly { readonly names: readonly string[]; readonly x: Tensor }[],
  parameters: Tensors,
  attributes: Attributes,
  output = 'y',
): Promise<Pass> {
  const { forward, backward } = operators[operator]
  const named = reads.flatMap(({ names, x }) => names.map((name) => [name, x] as const))
  const inputs = { ...Object.fromEntries(named), ...parameters }
  const answers = await forward(inputs, attributes)
  return {
    answer: answers[output],
    async back(gradient) {
      if (backward === undefined) throw new Error(`${operator} has no backward pass in this implementation`)
      const gradients = await backward(inputs, attributes, { [output]: gradient })
      return {
        reads: reads.map(({ names }) =>
          names
            .map((name) => gradients[name])
            .reduce<Tensor | undefined>((sum, one) => (sum && one ? plus(sum, one) : (sum ?? one)), undefined),
        ),
        parameters: Object.fromEntries(Object.keys(parameters).map((name) => [name, gradients[name]])),
      }
    },
  }
}

/** One operator of one input and no parameters. */
export async function step(
  operators: Operators,
  operator: string,
  name: string,
  x: Tensor,
  attributes: Attributes,
  constants: Tensors = {},
): Promise<Step> {
  const { forward, backward } = operators[operator]
  const inputs = { ...constants, [name]: x }
  const { y } = await forward(inputs, attributes)
  return {
    answer: y,
    async back(gradient) {
      if (backward === undefined) throw new Error(`${operator} has no backward pass in this implementation`)
      return (await backward(inputs, attributes, { y: gradient }))[name]
    },
  }
}

/** Steps one after the other, as a pass without parameters. */
export async function through(x: Tensor, ...steps: readonly ((x: Tensor) => Promise<Step>)[]): Promise<Pass> {
  const taken: Step[] = []
  let answer = x
  for (const next of steps) {
    const one = await next(answer)
    taken.push(one)
    answer = one.answer
  }
  return {
    answer,
    async back(gradient) {
      let result = gradient
      for (const one of taken.toReversed()) result = await one.back(result)
      return { reads: [result], parameters: {} }
    },
  }
}

/** The same numbers under another shape. */
export async function reshaped(x: Tensor, shape: readonly number[]): Promise<Step> {
  return { answer: reshape(x, shape), back: async (gradient) => reshape(gradient, x.shape) }
}

/**
 * An image with its last row and column repeated `rows` and `columns` times, by products with matrices of zeros and ones: a
 * maximum over a window that reaches over the edge is the same with the repetitions, and the first of equal entries, which
 * gets the gradient, is one of the image.
 */
export async function edgesRepeated(
  operators: Operators,
  x: Tensor,
  rows: number,
  columns: number,
): Promise<readonly ((x: Tensor) => Promise<Step>)[]> {
  const [, , height, width] = x.shape
  const steps: ((x: Tensor) => Promise<Step>)[] = []
  if (columns > 0)
    steps.push((image) => step(operators, 'matmul', 'a', image, {}, { b: repetition(width, columns, false) }))
  if (rows > 0) steps.push((image) => step(operators, 'matmul', 'b', image, {}, { a: repetition(height, rows, true) }))
  return steps
}

/** [length, length + more]: the identity, its last column `more` times over; or this transposed. */
function repetition(length: number, more: number, transposed: boolean): Tensor {
  const all = length + more
  const result = zeros(transposed ? [all, length] : [length, all])
  for (let to = 0; to < all; to++) {
    const from = Math.min(to, length - 1)
    result.data[transposed ? to * length + from : from * all + to] = 1
  }
  return result
}

/** [filters, channels, 1, 1]: filter i passes channel i on; filters behind the channels answer zeros. */
export function passingFilters(filters: number, channels: number): Tensor {
  const result = zeros([filters, channels, 1, 1])
  for (let i = 0; i < channels; i++) result.data[i * channels + i] = 1
  return result
}

/** Rows `from` to `from + count` of each example: x [N, rows, …] as images of one channel, cut by `crop`. */
export async function rowsOf(operators: Operators, x: Tensor, from: number, count: number): Promise<Step> {
  const [N, rows, ...rest] = x.shape
  const width = sizeOf(rest)
  const cut = await step(operators, 'crop', 'image', reshape(x, [N, 1, rows, width]), {
    top: from,
    left: 0,
    height: count,
    width,
  })
  return {
    answer: reshape(cut.answer, [N, count, ...rest]),
    back: async (gradient) => reshape(await cut.back(reshape(gradient, [N, 1, count, width])), x.shape),
  }
}

/** Tensors [N, rows, …] side by side along their rows. */
export async function stacked(operators: Operators, parts: readonly Tensor[]): Promise<Tensor> {
  const [[N, , ...rest]] = parts.map(({ shape }) => shape)
  const shape = [N, parts.reduce((sum, part) => sum + part.shape[1], 0), ...rest]
  const examples: Tensor[] = []
  for (let n = 0; n < N; n++) for (const part of parts) examples.push(await exampleOf(operators, part, n))
  return joined(examples, shape)
}

async function exampleOf(operators: Operators, x: Tensor, n: number): Promise<Tensor> {
  if (x.shape[0] === 1) return x
  return (await rowsOf(operators, reshape(x, [1, x.shape[0], x.size / x.shape[0]]), n, 1)).answer
}

/** The sum of the examples of x [N, …]. */
export async function summedExamples(operators: Operators, x: Tensor): Promise<Tensor> {
  let sum = await exampleOf(operators, x, 0)
  for (let n = 1; n < x.shape[0]; n++) sum = plus(sum, await exampleOf(operators, x, n))
  return reshape(sum, x.shape.slice(1))
}

/** The same example N times. */
export function copies(x: Tensor, N: number): Tensor {
  return joined(Array(N).fill(x), [N, ...x.shape])
}

/** Where dropout keeps a number: 1 with probability 1 − p. */
export function keptAt(shape: readonly number[], p: number, random: () => number): Tensor {
  return map(zeros(shape), () => (random() < p ? 0 : 1))
}

/** √width as the factor of every number. */
export function factor(value: number): Tensors {
  return { scale: tensor([1], [value]), shift: tensor([1], [0]) }
}
