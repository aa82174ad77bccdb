import type { Tensors } from '../oracle/tensor.js'
import type { Prepared, Runner } from './gpuRunners.js'
import type { Workload } from './gpuWorkloads.js'
import { type OnnxGraph, onnxModel } from './onnxModel.js'
import { blocks } from './permuted.js'

interface OnnxTensor {
  readonly data: unknown
}

interface Session {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>
  release(): Promise<void>
}

/** What is used of onnxruntime-common. */
interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> }
}

export async function onnxRunner(
  name: 'onnxruntime-node' | 'onnxruntime-web',
  load: (name: string) => unknown,
): Promise<Runner> {
  const runtime = load(name)
  if (!isOnnxRuntime(runtime)) throw new TypeError('this is not ONNX Runtime')
  const provider = name === 'onnxruntime-node' ? 'cpu' : 'wasm'
  return {
    name: name === 'onnxruntime-node' ? 'ONNX Runtime node, cpu' : 'ONNX Runtime web, wasm',
    prepare: async (workload, inputs) => prepare(runtime, provider, workload, inputs),
    close: async () => undefined,
  }
}

function isOnnxRuntime(value: unknown): value is OnnxRuntime {
  return typeof value === 'object' && value !== null && 'InferenceSession' in value && 'Tensor' in value
}

async function prepare(
  { Tensor, InferenceSession }: OnnxRuntime,
  provider: string,
  workload: Workload,
  inputs: Tensors,
): Promise<Prepared> {
  const { arrays, nodes } = argumentsOf(workload, inputs)
  const shapes = Object.fromEntries(Object.entries(arrays).map(([name, [, shape]]) => [name, shape]))
  const model = onnxModel({ inputs: shapes, output: 'y', nodes })
  const session = await InferenceSession.create(model, { executionProviders: [provider], logSeverityLevel: 3 })
  return {
    call: async () => {
      const feeds = Object.fromEntries(
        Object.entries(arrays).map(([name, [values, shape]]) => [name, new Tensor('float32', values, shape)]),
      )
      const { y } = await session.run(feeds)
      if (!(y.data instanceof Float32Array)) throw new TypeError('ONNX Runtime did not answer with numbers')
      return y.data
    },
    release: () => session.release(),
  }
}

interface Arguments {
  readonly arrays: Readonly<Record<string, readonly [Float32Array, readonly number[]]>>
  readonly nodes: OnnxGraph['nodes']
}

/** The call as a graph whose output is `y`; what lists of attributes say has two entries a dimension. */
function argumentsOf({ operator, attributes }: Workload, inputs: Tensors): Arguments {
  const arrays = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, [new Float32Array(data), shape] as const]),
  )
  switch (operator) {
    case 'matmul':
      return { arrays, nodes: [{ type: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }] }
    case 'conv2d': {
      const [stride, padding] = [Number(attributes.stride ?? 1), Number(attributes.padding ?? 0)]
      const both = { strides: [stride, stride], pads: [padding, padding, padding, padding] }
      return { arrays, nodes: [{ type: 'Conv', inputs: ['x', 'weight'], outputs: ['y'], attributes: both }] }
    }
    case 'scaledDotProductAttention': {
      const scale = Float32Array.of((inputs.query.shape.at(-1) ?? 1) ** -0.5)
      return {
        arrays: { ...arrays, scale: [scale, [1]] },
        nodes: [
          { type: 'Transpose', inputs: ['key'], outputs: ['keys'], attributes: { perm: [0, 2, 1] } },
          { type: 'MatMul', inputs: ['query', 'keys'], outputs: ['products'] },
          { type: 'Mul', inputs: ['products', 'scale'], outputs: ['scores'] },
          { type: 'Softmax', inputs: ['scores'], outputs: ['weights'] },
          { type: 'MatMul', inputs: ['weights', 'value'], outputs: ['y'] },
        ],
      }
    }
    case 'layerNorm':
      return {
        arrays,
        nodes: [
          {
            type: 'LayerNormalization',
            inputs: ['x', 'gain', 'bias'],
            outputs: ['y'],
            attributes: { epsilon: 1e-5 },
          },
        ],
      }
    case 'lstm': {
      const units = inputs.weightHidden.shape[1]
      // ONNX has the gates in the order i, o, f, g.
      const weights = ([values, shape]: readonly [Float32Array, readonly number[]]) =>
        [blocks(values, [0, 3, 1, 2]), [1, ...shape]] as const
      return {
        arrays: {
          x: arrays.x,
          weightInput: weights(arrays.weightInput),
          weightHidden: weights(arrays.weightHidden),
        },
        nodes: [
          {
            type: 'LSTM',
            inputs: ['x', 'weightInput', 'weightHidden'],
            outputs: ['y'],
            attributes: { hidden_size: units },
          },
        ],
      }
    }
  }
}
