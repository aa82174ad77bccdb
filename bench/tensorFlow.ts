import type { Tensors } from '../oracle/tensor.js'
import type { Prepared, Runner } from './gpuRunners.js'
import type { Workload } from './gpuWorkloads.js'
import { blocks, permuted } from './permuted.js'

interface TfTensor {
  data(): Promise<Float32Array>
  dispose(): void
}

/** What is used of @tensorflow/tfjs-core. */
interface TensorFlow {
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  removeBackend(name: string): void
  tidy(body: () => TfTensor): TfTensor
  tensor(values: Float32Array, shape: readonly number[]): TfTensor
  zeros(shape: readonly number[]): TfTensor
  scalar(value: number): TfTensor
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor
  conv2d(x: TfTensor, weight: TfTensor, stride: number, padding: number): TfTensor
  softmax(x: TfTensor): TfTensor
  moments(x: TfTensor, axis: number, keepDims: boolean): { readonly mean: TfTensor; readonly variance: TfTensor }
  add(a: TfTensor, b: TfTensor): TfTensor
  sub(a: TfTensor, b: TfTensor): TfTensor
  mul(a: TfTensor, b: TfTensor): TfTensor
  rsqrt(x: TfTensor): TfTensor
  unstack(x: TfTensor): TfTensor[]
  stack(xs: readonly TfTensor[]): TfTensor
  basicLSTMCell(
    forgetBias: TfTensor,
    kernel: TfTensor,
    bias: TfTensor,
    data: TfTensor,
    cell: TfTensor,
    hidden: TfTensor,
  ): [TfTensor, TfTensor]
}

interface Arguments {
  readonly arrays: Readonly<Record<string, readonly [Float32Array, readonly number[]]>>
  compute(tf: TensorFlow, inputs: Readonly<Record<string, TfTensor>>): TfTensor
  ordered?(answer: ArrayLike<number>): ArrayLike<number>
}

/** The backends of TensorFlow.js; the last two need a browser. */
export type TensorFlowBackend = 'cpu' | 'wasm' | 'webgl' | 'webgpu'

/** TensorFlow.js on a backend; `load` answers with a package of it. */
export async function tensorFlowRunner(backend: TensorFlowBackend, load: (name: string) => unknown): Promise<Runner> {
  const tf = load('@tensorflow/tfjs-core')
  if (!isTensorFlow(tf)) throw new TypeError('this is not TensorFlow.js')
  load(`@tensorflow/tfjs-backend-${backend}`)
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot open its backend ${backend}`)
  await tf.ready()
  return {
    name: `TensorFlow.js ${backend}`,
    prepare: async (workload, inputs) => {
      await tf.setBackend(backend)
      return prepare(tf, backend, argumentsOf(workload, inputs))
    },
    close: async () => tf.removeBackend(backend),
  }
}

function isTensorFlow(value: unknown): value is TensorFlow {
  return typeof value === 'object' && value !== null && 'tidy' in value && 'basicLSTMCell' in value
}

/** All backends share one engine, which has to be told every time. */
function prepare(tf: TensorFlow, backend: string, { arrays, compute, ordered }: Arguments): Prepared {
  const upload = () =>
    Object.fromEntries(Object.entries(arrays).map(([name, [values, shape]]) => [name, tf.tensor(values, shape)]))
  const held = upload()
  const read = async (y: TfTensor) => {
    const values = await y.data()
    y.dispose()
    return values
  }
  return {
    call: async () => {
      await tf.setBackend(backend)
      return read(tf.tidy(() => compute(tf, upload())))
    },
    ordered,
    onDevice: async (times) => {
      await tf.setBackend(backend)
      for (let i = 1; i < times; i++) tf.tidy(() => compute(tf, held)).dispose()
      await read(tf.tidy(() => compute(tf, held)))
    },
    release: async () => {
      for (const x of Object.values(held)) x.dispose()
    },
  }
}

/** The inputs in TensorFlow's layouts: channels last, the weights of an lstm in one matrix [I + H, 4H] of gates i, g, f, o. */
function argumentsOf({ operator, attributes }: Workload, inputs: Tensors): Arguments {
  const flat = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, [new Float32Array(data), shape] as const]),
  )
  switch (operator) {
    case 'matmul':
      return { arrays: flat, compute: (tf, { a, b }) => tf.matMul(a, b) }
    case 'conv2d': {
      const [outputs] = inputs.weight.shape
      return {
        arrays: {
          x: permuted(flat.x, [0, 2, 3, 1]),
          weight: permuted(flat.weight, [2, 3, 1, 0]),
        },
        compute: (tf, { x, weight }) =>
          tf.conv2d(x, weight, Number(attributes.stride ?? 1), Number(attributes.padding ?? 0)),
        ordered: (y) => permuted([Float32Array.from(y), [y.length / outputs, outputs]], [1, 0])[0],
      }
    }
    case 'scaledDotProductAttention': {
      const scale = (inputs.query.shape.at(-1) ?? 1) ** -0.5
      return {
        arrays: flat,
        compute: (tf, { query, key, value }) =>
          tf.matMul(tf.softmax(tf.mul(tf.matMul(query, key, false, true), tf.scalar(scale))), value),
      }
    }
    case 'layerNorm':
      return {
        arrays: flat,
        compute: (tf, { x, gain, bias }) => {
          const { mean, variance } = tf.moments(x, -1, true)
          const deviation = tf.rsqrt(tf.add(variance, tf.scalar(1e-5)))
          return tf.add(tf.mul(tf.mul(tf.sub(x, mean), deviation), gain), bias)
        },
      }
    case 'lstm': {
      const [, items, width] = inputs.x.shape
      const units = inputs.weightHidden.shape[1]
      // From i, f, g, o one above the other to i, g, f, o side by side.
      const columns = (weight: readonly [Float32Array, readonly number[]]) =>
        permuted([blocks(weight[0], [0, 2, 1, 3]), weight[1]], [1, 0])[0]
      const kernel = new Float32Array((width + units) * 4 * units)
      kernel.set(columns(flat.weightInput))
      kernel.set(columns(flat.weightHidden), width * 4 * units)
      return {
        arrays: { x: flat.x, kernel: [kernel, [width + units, 4 * units]] },
        compute: (tf, { x, kernel: weight }) => {
          const [forgetBias, bias] = [tf.scalar(0), tf.zeros([4 * units])]
          let [cell, hidden] = [tf.zeros([items, units]), tf.zeros([items, units])]
          const states = tf.unstack(x).map((step) => {
            ;[cell, hidden] = tf.basicLSTMCell(forgetBias, weight, bias, step, cell, hidden)
            return hidden
          })
          return tf.stack(states)
        },
      }
    }
  }
}
