import { rowMajor, sizeOf, type Tensor, tensor } from '../../oracle/tensor.js'
import { elementTypes, type ModelMessage, type NodeMessage, type TensorMessage } from './messages.js'

/** A tensor that a model holds, as the contract has it: weights of linear layers as [out, in], one bias and weight a part of a recurrent node. */
export interface Weight {
  readonly name: string
  readonly tensor: Tensor
}

/** The contract's blocks by ONNX's, as operators/recurrent.ts has them the other way round. */
const gateOrders: Readonly<Record<string, readonly number[]>> = { RNN: [0], LSTM: [0, 3, 1, 2], GRU: [1, 0, 2] }

/** All tensors of floats that the model holds. Throws a RangeError for one that lies in another file or is of a type that is not read. */
export function weightsOf({ graph }: ModelMessage): readonly Weight[] {
  return tensorsOf(graph)
    .filter(({ dataType }) => isFloat(dataType))
    .flatMap((message) => arranged(message.name, readTensor(message), graph.node))
}

/** All tensors of floats or whole numbers that the model holds, as they stand there. Throws a RangeError as weightsOf does. */
export function heldTensors({ graph }: ModelMessage): readonly Weight[] {
  return tensorsOf(graph)
    .filter(({ dataType }) => isFloat(dataType) || dataType === elementTypes.int64 || dataType === elementTypes.int32)
    .map((message) => ({ name: message.name, tensor: readTensor(message) }))
}

function tensorsOf({ node, initializer }: ModelMessage['graph']): readonly TensorMessage[] {
  const constants = node.flatMap(({ opType, output, attribute }) => {
    const value = opType === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined
    return value === undefined ? [] : [{ ...value, name: output[0] }]
  })
  return [...initializer, ...constants]
}

function isFloat(dataType: number): boolean {
  return dataType === elementTypes.float32 || dataType === elementTypes.float64
}

/** The elements of a tensor message, wherever they stand in it. */
function readTensor(message: TensorMessage): Tensor {
  const { name, dims, dataType, dataLocation, rawData } = message
  if (dataLocation !== 0) throw new RangeError(`it keeps ${name} in another file, which is not read`)
  if (rawData === undefined) return tensor(dims, elementsOf(message))
  const bytes = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  const size = dataType === elementTypes.float64 || dataType === elementTypes.int64 ? 8 : 4
  const read = (i: number): number => {
    if (dataType === elementTypes.float64) return bytes.getFloat64(i * 8, true)
    if (dataType === elementTypes.int64) return Number(bytes.getBigInt64(i * 8, true))
    return dataType === elementTypes.int32 ? bytes.getInt32(i * 4, true) : bytes.getFloat32(i * 4, true)
  }
  if (rawData.byteLength !== sizeOf(dims) * size)
    throw new RangeError(`${name} has shape [${dims.join(', ')}] and ${rawData.byteLength} bytes`)
  return tensor(
    dims,
    Float64Array.from({ length: sizeOf(dims) }, (_, i) => read(i)),
  )
}

/** The elements of a message that does not hold them as bytes. */
function elementsOf({ dataType, floatData, doubleData, int64Data, int32Data }: TensorMessage): readonly number[] {
  if (dataType === elementTypes.float64) return doubleData
  if (dataType === elementTypes.int64) return int64Data
  return dataType === elementTypes.int32 ? int32Data : floatData
}

/** A held tensor as the contract has it, which depends on the node that takes it. */
function arranged(name: string, x: Tensor, nodes: readonly NodeMessage[]): readonly Weight[] {
  const node = nodes.find(({ input }) => input.includes(name))
  const at = node?.input.indexOf(name)
  if (node !== undefined && x.shape.length === 2 && at === 1) {
    const isUsedAsItIs =
      node.opType === 'Gemm' && node.attribute.some((attribute) => attribute.name === 'transB' && attribute.i === 1)
    if (node.opType === 'MatMul' || (node.opType === 'Gemm' && !isUsedAsItIs))
      return [{ name, tensor: tensor([x.shape[1], x.shape[0]], rowMajor(x.transpose(1, 0))) }]
  }
  const order = node && gateOrders[node.opType]
  if (order === undefined || at === undefined || at < 1 || at > 3 || x.shape[0] !== 1) return [{ name, tensor: x }]
  const blocks = restored(rowMajor(x), at === 3 ? [...order, ...order.map((from) => from + order.length)] : order)
  if (at === 1 || at === 2)
    return [{ name: at === 1 ? 'weightInput' : 'weightHidden', tensor: tensor(x.shape.slice(1), blocks) }]
  const half = blocks.length / 2
  return [
    { name: 'biasInput', tensor: tensor([half], blocks.slice(0, half)) },
    { name: 'biasHidden', tensor: tensor([half], blocks.slice(half)) },
  ]
}

/** Blocks back in the contract's order: entry i of `order` says which of the contract's blocks is ONNX's i-th. */
function restored(data: Float64Array, order: readonly number[]): Float64Array {
  const block = data.length / order.length
  const result = new Float64Array(data.length)
  for (const [from, to] of order.entries()) result.set(data.subarray(from * block, (from + 1) * block), to * block)
  return result
}
