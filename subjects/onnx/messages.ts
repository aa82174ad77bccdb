import protobuf from 'protobufjs/light.js'
import { z } from 'zod'

/**
 * The messages of ONNX that a model of plain operators is made of, with the field numbers of onnx.proto. Fields left out here (functions,
 * sparse initializers, training) are skipped in reading.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        s: { type: 'bytes', id: 4 },
        t: { type: 'TensorProto', id: 5 },
        floats: { rule: 'repeated', type: 'float', id: 7 },
        ints: { rule: 'repeated', type: 'int64', id: 8 },
        strings: { rule: 'repeated', type: 'bytes', id: 9 },
        type: { type: 'int32', id: 20 },
      },
    },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1 },
        dataType: { type: 'int32', id: 2 },
        floatData: { rule: 'repeated', type: 'float', id: 4 },
        int32Data: { rule: 'repeated', type: 'int32', id: 5 },
        int64Data: { rule: 'repeated', type: 'int64', id: 7 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
        doubleData: { rule: 'repeated', type: 'double', id: 10 },
        dataLocation: { type: 'int32', id: 14 },
      },
    },
    Dimension: {
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
      fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } },
    },
    TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
    TensorType: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } } },
    TypeProto: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
      },
    },
    OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
      },
    },
  },
})
const modelType = root.lookupType('ModelProto')

/** AttributeProto.AttributeType. */
export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const

/** TensorProto.DataType, of those that are fed and read. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const
export type ElementType = keyof typeof elementTypes

const bytes = z.instanceof(Uint8Array)
const text = z.string().default('')
const whole = z.number().default(0)

const tensorSchema = z.object({
  name: text,
  dims: z.array(z.number()).default([]),
  dataType: whole,
  floatData: z.array(z.number()).default([]),
  int32Data: z.array(z.number()).default([]),
  int64Data: z.array(z.number()).default([]),
  doubleData: z.array(z.number()).default([]),
  rawData: bytes.optional(),
  dataLocation: whole,
})
export type TensorMessage = z.infer<typeof tensorSchema>

const attributeSchema = z.object({
  name: text,
  type: whole,
  f: z.number().optional(),
  i: z.number().optional(),
  s: bytes.optional(),
  t: tensorSchema.optional(),
  floats: z.array(z.number()).optional(),
  ints: z.array(z.number()).optional(),
  strings: z.array(bytes).optional(),
})
export type AttributeMessage = z.infer<typeof attributeSchema>

const nodeSchema = z.object({
  name: text,
  opType: text,
  domain: text,
  input: z.array(z.string()).default([]),
  output: z.array(z.string()).default([]),
  attribute: z.array(attributeSchema).default([]),
})
export type NodeMessage = z.infer<typeof nodeSchema>

const dimensionSchema = z.object({ dimValue: z.number().optional(), dimParam: z.string().optional() })
const valueSchema = z.object({
  name: text,
  type: z
    .object({
      tensorType: z
        .object({ elemType: whole, shape: z.object({ dim: z.array(dimensionSchema).default([]) }).optional() })
        .optional(),
    })
    .optional(),
})
export type ValueMessage = z.infer<typeof valueSchema>

const modelSchema = z.object({
  irVersion: whole,
  producerName: text,
  opsetImport: z.array(z.object({ domain: text, version: whole })).default([]),
  graph: z.object({
    name: text,
    node: z.array(nodeSchema).default([]),
    initializer: z.array(tensorSchema).default([]),
    input: z.array(valueSchema).default([]),
    output: z.array(valueSchema).default([]),
  }),
})
export type ModelMessage = z.infer<typeof modelSchema>

/** A model as the bytes of an ONNX file. */
export function encodeModel(model: z.input<typeof modelSchema>): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish()
}

/** The model that the bytes of an ONNX file hold. Throws an Error that says why where they hold none. */
export function decodeModel(file: Uint8Array): ModelMessage {
  let message: unknown
  try {
    message = modelType.toObject(modelType.decode(file), { longs: Number })
  } catch (error) {
    throw new Error(`it is no ONNX model: ${error instanceof Error ? error.message : error}`)
  }
  const read = modelSchema.safeParse(message)
  if (!read.success || read.data.graph.output.length === 0)
    throw new Error('it is no ONNX model: it has no graph with outputs')
  return read.data
}
