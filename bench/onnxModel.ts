/** ONNX models of one or a few nodes, in the wire format of protocol buffers (onnx.proto, version 17 of the operator set). */

type AttributeValue = number | readonly number[]

export interface OnnxNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Whole numbers and lists of them; floats are those whose name is `epsilon`. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>
}

export interface OnnxGraph {
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly output: string
  readonly nodes: readonly OnnxNode[]
}

/** Its bytes. All inputs and the output are float32. */
export function onnxModel({ inputs, output, nodes }: OnnxGraph): Uint8Array {
  const graph = [
    ...nodes.map((node) => message(1, nodeBytes(node))),
    text(2, 'graph'),
    ...Object.entries(inputs).map(([name, shape]) => message(11, valueBytes(name, shape))),
    message(12, valueBytes(output, undefined)),
  ]
  return Uint8Array.from([
    ...whole(1, 8),
    ...message(7, graph.flat()),
    ...message(8, [...text(1, ''), ...whole(2, 17)]),
  ])
}

function nodeBytes({ type, inputs, outputs, attributes = {} }: OnnxNode): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, type),
    ...Object.entries(attributes).flatMap(([name, value]) => message(5, attributeBytes(name, value))),
  ]
}

function attributeBytes(name: string, value: AttributeValue): number[] {
  if (typeof value !== 'number') return [...text(1, name), ...value.flatMap((n) => whole(8, n)), ...whole(20, 7)]
  if (name !== 'epsilon') return [...text(1, name), ...whole(3, value), ...whole(20, 2)]
  return [...text(1, name), ...tag(2, 5), ...new Uint8Array(Float32Array.of(value).buffer), ...whole(20, 1)]
}

function valueBytes(name: string, shape: readonly number[] | undefined): number[] {
  const dimensions = shape?.flatMap((length) => message(1, whole(1, length)))
  const type = [...whole(1, 1), ...(dimensions === undefined ? [] : message(2, dimensions))]
  return [...text(1, name), ...message(2, message(1, type))]
}

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]
}

function tag(field: number, type: number): number[] {
  return varint(field * 8 + type)
}

function whole(field: number, n: number): number[] {
  return [...tag(field, 0), ...varint(n)]
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...tag(field, 2), ...varint(bytes.length), ...bytes]
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)])
}
