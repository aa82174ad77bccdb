import { Failure, type Precision } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { attributeTypes, type ElementType, elementTypes, encodeModel } from './messages.js'

/** The name of a value in a graph. */
export type Value = string

/** An attribute of a node: a whole number or a list of such, a string or a list of such, a float or a list of such. */
export type NodeAttribute = number | string | readonly number[] | readonly string[] | Float | Float32Array

/** A number that is a float in the graph, whole or not. */
interface Float {
  readonly float: number
}

/** What a graph is fed: the elements of one of its inputs. */
export interface Feed {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly tensor: Tensor
}

/** What an output of a graph is turned into. */
export interface Output {
  readonly name: string
  readonly value: Value
  readonly arrange: (answer: Tensor) => Tensor
}

interface Node {
  readonly type: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, NodeAttribute>>
}

interface Constant {
  readonly name: Value
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** A float attribute. */
export function float(value: number): Float {
  return { float: value }
}

/** The version of the file format: the oldest in which these graphs can be written, so that older runtimes read them too. */
const irVersion = 8

/**
 * An ONNX graph in the making, and what its inputs are fed in the call that it is made for. Its shapes are left open but for their
 * number of dimensions, so that calls which differ only in sizes and numbers have the same graph.
 */
export class Graph {
  readonly opset: number
  /** In which float values are fed and answered. */
  readonly float: ElementType
  readonly feeds: Record<Value, Feed> = {}
  readonly outputs: Output[] = []
  private readonly nodes: Node[] = []
  private readonly constants: Constant[] = []
  private values = 0

  constructor(opset: number, precision: Precision) {
    this.opset = opset
    this.float = precision === 'float64' ? 'float64' : 'float32'
  }

  /** An input of the graph that is fed `x`, of floats where no type is given. */
  input(name: Value, x: Tensor, type: ElementType = this.float): Value {
    this.feeds[name] = { type, shape: x.shape, tensor: x }
    return name
  }

  /** An initializer of the graph. */
  constant(type: ElementType, shape: readonly number[], data: readonly number[]): Value {
    const name = `constant${this.constants.length}`
    this.constants.push({ name, type, shape, data })
    return name
  }

  /** The first output of a node; an input that is not given is left out. */
  node(type: string, inputs: readonly (Value | undefined)[], attributes: Node['attributes'] = {}): Value {
    return this.nodeOf(type, inputs, attributes, [true])[0]
  }

  /** The outputs of a node: as many as `wanted` has entries, those that are false left out (and named ''). */
  nodeOf(
    type: string,
    inputs: readonly (Value | undefined)[],
    attributes: Node['attributes'],
    wanted: readonly boolean[],
  ): readonly Value[] {
    if (this.float === 'float64') refuseRounded(type, attributes)
    const given = inputs.map((input) => input ?? '')
    while (given.at(-1) === '') given.pop()
    const outputs = wanted.map((isWanted) => (isWanted ? `value${this.values++}` : ''))
    this.nodes.push({ type, inputs: given, outputs, attributes })
    return outputs
  }

  /** Makes a value an output, which answers with the name of the operator's output, arranged as the contract has it. */
  output(name: string, value: Value, arrange: (answer: Tensor) => Tensor = (answer) => answer): void {
    this.outputs.push({ name, value, arrange })
  }

  /** The model file. */
  bytes(): Uint8Array {
    return encodeModel({
      irVersion,
      producerName: 'answerkey',
      opsetImport: [{ domain: '', version: this.opset }],
      graph: {
        name: 'operator',
        node: this.nodes.map(({ type, inputs, outputs, attributes }, i) => ({
          name: `node${i}`,
          opType: type,
          input: [...inputs],
          output: [...outputs],
          attribute: Object.entries(attributes).map(([name, value]) => attributeMessage(name, value)),
        })),
        initializer: this.constants.map(({ name, type, shape, data }) => ({
          name,
          dims: [...shape],
          dataType: elementTypes[type],
          ...elements(type, data),
        })),
        input: Object.entries(this.feeds).map(([name, { type, shape }]) => ({
          name,
          type: { tensorType: { elemType: elementTypes[type], shape: { dim: shape.map(() => ({})) } } },
        })),
        output: this.outputs.map(({ value }) => ({
          name: value,
          type: { tensorType: { elemType: elementTypes[this.float] } },
        })),
      },
    })
  }
}

/** Attributes of ONNX are float32. Throws a Failure of the kind `unimplemented` for one that would be rounded. */
function refuseRounded(type: string, attributes: Node['attributes']): void {
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === 'object' && 'float' in value && Math.fround(value.float) !== value.float)
      throw new Failure('unimplemented', `${name} ${value.float} in float64: ${type} has it in float32`)
}

function attributeMessage(name: string, value: NodeAttribute) {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value }
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) }
  if (value instanceof Float32Array) return { name, type: attributeTypes.floats, floats: [...value] }
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float }
  if (isStrings(value)) return { name, type: attributeTypes.strings, strings: value.map((entry) => Buffer.from(entry)) }
  return { name, type: attributeTypes.ints, ints: [...value] }
}

function isStrings(list: readonly number[] | readonly string[]): list is readonly string[] {
  return typeof list[0] === 'string'
}

function elements(type: ElementType, data: readonly number[]) {
  switch (type) {
    case 'float32':
      return { floatData: [...data] }
    case 'float64':
      return { doubleData: [...data] }
    case 'int64':
      return { int64Data: [...data] }
    case 'int32':
    case 'bool':
      return { int32Data: [...data] }
  }
}

/** The tensor without a dimension of 1 at the axis. Throws a RangeError where it has another size there. */
export function squeezed(axis: number): (answer: Tensor) => Tensor {
  return (answer) => {
    if (answer.shape[axis] !== 1)
      throw new RangeError(`it answered shape [${answer.shape.join(', ')}]; dimension ${axis} should be 1`)
    return tensor(answer.shape.toSpliced(axis, 1), rowMajor(answer))
  }
}
