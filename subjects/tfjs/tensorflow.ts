import { createRequire } from 'node:module'
import type * as Library from '@tensorflow/tfjs'

/** The library, as the user has it installed. */
export type TensorFlow = typeof Library
export type Tensor = Library.Tensor
export type Tensor3D = Library.Tensor3D
export type Tensor4D = Library.Tensor4D

/** Tensors of TensorFlow.js by name; optional inputs may be missing. */
export type Given = Readonly<Record<string, Tensor>>

/** The packages that a backend needs beside TensorFlow.js itself: none for those that come with it. */
export function packagesOf(backend: string): readonly string[] {
  if (backend === 'cpu' || backend === 'webgl') return []
  return [backend === 'tensorflow' ? '@tensorflow/tfjs-node' : `@tensorflow/tfjs-backend-${backend}`]
}

/** Finds packages from the working directory, so that what is tested is what the user has installed. */
export function fromWorkingDirectory(): NodeJS.Require {
  return createRequire(`${process.cwd()}/`)
}

/** Loads TensorFlow.js and makes the backend current. Throws an Error where it does not start. */
export async function loadTensorFlow(backend: string): Promise<TensorFlow> {
  const required = fromWorkingDirectory()
  const tf: TensorFlow = required('@tensorflow/tfjs')
  for (const name of packagesOf(backend)) required(name)
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`)
  await tf.ready()
  await quietly(tf, () => tf.tensor([0]).data())
  return tf
}

/** Runs the first operation without the banner that advertises another backend, whose place is not a report. */
async function quietly(tf: TensorFlow, run: () => Promise<unknown>): Promise<void> {
  const environment = tf.env()
  environment.set('PROD', true)
  try {
    await run()
  } finally {
    environment.set('PROD', false)
  }
}

/** A call for which TensorFlow.js has nothing, as the worker tells it apart from one that fails. */
class Lack extends Error {
  readonly kind = 'unimplemented'
}

/** How TensorFlow.js says that the backend has no implementation of an operation. */
const withoutKernel = /Kernel '(\w+)' not registered for backend '(\w+)'/

/** What was thrown, as a lack where the backend has no kernel for the call. */
export function lackOf(thrown: unknown): unknown {
  const [, kernel, backend] = (thrown instanceof Error && withoutKernel.exec(thrown.message)) || []
  return kernel === undefined ? thrown : new Lack(`the backend ${backend} has no ${kernel}`)
}

/** TensorFlow.js has no such thing: the call is no case for it. */
export function lacks(what: string): never {
  throw new Lack(`TensorFlow.js has no ${what}`)
}

/** The tensor as one of four dimensions. Throws a TypeError where it has others. */
export function rank4(x: Tensor): Tensor4D {
  if (!hasRank4(x)) throw new TypeError(`expected a tensor of rank 4, got rank ${x.rank}`)
  return x
}

function hasRank4(x: Tensor): x is Tensor4D {
  return x.rank === 4
}

/** The tensor as one of three dimensions. Throws a TypeError where it has others. */
export function rank3(x: Tensor): Tensor3D {
  if (!hasRank3(x)) throw new TypeError(`expected a tensor of rank 3, got rank ${x.rank}`)
  return x
}

function hasRank3(x: Tensor): x is Tensor3D {
  return x.rank === 3
}

/** x[N,C,H,W] with its channels last, as TensorFlow.js takes images. */
export function channelsLast(tf: TensorFlow, x: Tensor): Tensor4D {
  return rank4(tf.transpose(x, [0, 2, 3, 1]))
}

/** The way back. */
export function channelsFirst(tf: TensorFlow, x: Tensor): Tensor {
  return tf.transpose(x, [0, 3, 1, 2])
}

/** Its lengths, one a dimension, whatever its rank is known to be. */
export function shapeOf(x: Tensor): number[] {
  return x.shape
}

/** The one tensor of what a layer answers. */
export function single(answer: Tensor | Tensor[]): Tensor {
  return Array.isArray(answer) ? answer[0] : answer
}

/**
 * What a layer answers with these tensors as its weights, in the layer's own order. They take the place of its variables where the
 * layer reads them, so that gradients flow to them as to any other input.
 */
export function withWeights<Result>(
  layer: Library.layers.Layer,
  inputShape: number[],
  weights: readonly Tensor[],
  call: () => Result,
): Result {
  layer.build(inputShape)
  const own = layer.weights
  if (own.length < weights.length)
    throw new Error(`${layer.getClassName()} has ${own.length} weights, ${weights.length} are given`)
  for (const [i, weight] of weights.entries()) own[i].read = () => weight
  try {
    return call()
  } finally {
    for (const variable of own) variable.dispose()
  }
}
