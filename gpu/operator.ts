import { type Attributes, type Declaration, type Implementation, type Operator, Refusal } from '../oracle/contract.js'
import { pairOf } from '../oracle/convolution.js'
import { contract } from '../oracle/index.js'
import { rowMajor, sizeOf, type Tensor, type Tensors, tensor, zeros } from '../oracle/tensor.js'
import { position, type ValidCall, validateCall, validateGradients } from '../oracle/validation.js'
import type { Device } from './device.js'
import { DeviceArray } from './deviceArray.js'
import { exactIntegers } from './kernel.js'
import type { BackendName } from './names.js'
import { Workspace } from './workspace.js'

/**
 * Flat row-major results, by the name of the output, or of the input whose gradient it is: on the device, or on the host where
 * no kernel made them.
 */
export type Results = Readonly<Record<string, DeviceArray | Float32Array>>

type DeviceArrays = Readonly<Record<string, DeviceArray>>

/** An operator on a device: how its passes are put together from kernels. Calls that reach it are valid. */
export interface GpuOperator {
  /** Set where it moves no numbers that a device would be needed for: the host computes it, and reports say so. */
  readonly host?: true
  forward(call: GpuCall): Results | Promise<Results>
  backward?(call: GpuCall): Promise<Results>
}

/** A valid call as the device gets it: float32 numbers. */
export class GpuCall {
  readonly workspace: Workspace
  readonly sizes: Readonly<Record<string, number>>
  readonly attributes: Attributes
  /** Shapes of the given inputs. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly outputShapes: Readonly<Record<string, readonly number[]>>
  private readonly inputs: DeviceArrays
  private readonly gradients: DeviceArrays

  constructor(workspace: Workspace, call: ValidCall, inputs: DeviceArrays, gradients: DeviceArrays) {
    this.workspace = workspace
    this.sizes = call.sizes
    this.attributes = call.attributes
    this.shapes = call.shapes
    this.outputShapes = call.outputShapes
    this.inputs = inputs
    this.gradients = gradients
  }

  /** The numbers of an input that is always given. */
  input(name: string): DeviceArray {
    const values = this.inputs[name]
    if (values === undefined) throw new TypeError(`the call has no input ${name}`)
    return values
  }

  /** The numbers of an optional input. */
  optional(name: string): DeviceArray | undefined {
    return this.inputs[name]
  }

  /** The gradient with respect to an output: zeros where it is not given. */
  gradient(name: string): DeviceArray {
    return this.gradients[name] ?? this.workspace.array(new Float32Array(sizeOf(this.outputShapes[name])))
  }

  /** The numbers of an input that is always given, for what the host computes. */
  hostInput(name: string): Float32Array {
    const { values } = this.input(name)
    if (values === undefined) throw new TypeError(`input ${name} is not on the host`)
    return values
  }

  number(attribute: string): number {
    return Number(this.attributes[attribute])
  }

  list(attribute: string): readonly number[] {
    const value = this.attributes[attribute]
    return Array.isArray(value) ? value : []
  }

  pair(attribute: string): readonly [number, number] {
    return pairOf(this.attributes, attribute)
  }
}

/** Rounds to float32, the precision of every backend; refuses what it cannot hold. */
function single(x: Tensor, limit: number, refuse: (what: string) => never): Float32Array {
  const exact = rowMajor(x)
  const rounded = new Float32Array(exact)
  let at = 0
  while (at < rounded.length && !(Math.abs(rounded[at]) > limit)) at++
  if (at < rounded.length)
    refuse(
      `holds ${exact[at]} at ${position(at, x.shape)}; it should hold ${limit === exactIntegers ? `whole numbers up to ${exactIntegers}` : 'numbers in the range of float32'}`,
    )
  return rounded
}

/** How the tensors of calls get onto the device, and their results back into tensors. */
export interface Carrier {
  device(): Promise<Device>
  /** Whether the host has the tensor's numbers. */
  onHost(x: Tensor): boolean
  /** Sees to it that the host has them. */
  read(tensors: readonly Tensor[]): Promise<void>
  /** The numbers of a tensor whose numbers the host does not have. */
  array(x: Tensor, workspace: Workspace): Promise<DeviceArray>
  tensor(shape: readonly number[], result: DeviceArray, workspace: Workspace): Tensor | Promise<Tensor>
  /** Verifies what a pass left to be verified, together with the next numbers that are read. */
  verify(workspace: Workspace): Promise<void>
}

/** Reads the results of every call, the only numbers that come back from the device. */
function readingEach(device: () => Promise<Device>): Carrier {
  const nothing = (): never => {
    throw new TypeError('the host has all numbers')
  }
  return {
    device,
    onHost: () => true,
    read: async () => {},
    array: nothing,
    tensor: async (shape, result, workspace) => tensor(shape, await workspace.read(result)),
    verify: async (workspace) => {
      for (const { array, verify } of workspace.checks) verify(await workspace.read(array))
    },
  }
}

/**
 * The operators on a backend, as an implementation of the contract: each call is validated as the oracle's are, and runs on
 * the device that is at work by then.
 */
export function implementationOn(
  backend: BackendName,
  working: () => Promise<Device>,
  operators: Readonly<Record<string, GpuOperator>>,
  carrier: Carrier = readingEach(working),
): Implementation {
  return {
    name: `gpu:${backend}`,
    precision: 'float32',
    operators: Object.fromEntries(
      Object.entries(operators).map(([name, operator]) => [name, operatorOn(carrier, contract[name], operator)]),
    ),
  }
}

function operatorOn(carrier: Carrier, declaration: Declaration, { forward, backward }: GpuOperator): Operator {
  const operator: Operator = {
    async forward(inputs, attributes) {
      const call = await validated(carrier, declaration, inputs, attributes)
      return answer(forward, carrier, { declaration, call, inputs, gradients: {} }, call.outputShapes)
    },
  }
  if (backward === undefined) return operator
  operator.backward = async (inputs, attributes, gradients) => {
    const call = await validated(carrier, declaration, inputs, attributes)
    validateGradients(declaration, call, visible(carrier, gradients))
    return answer(backward, carrier, { declaration, call, inputs, gradients }, call.shapes)
  }
  return operator
}

/**
 * Checks a call. Of numbers that the host does not have, whole numbers and masks are read first; the others are known to be of
 * the right shape only.
 */
async function validated(
  carrier: Carrier,
  declaration: Declaration,
  inputs: Tensors,
  attributes: Attributes,
): Promise<ValidCall> {
  const unread = Object.keys(inputs).filter((name) => !carrier.onHost(inputs[name]))
  if (unread.length === 0) return validateCall(declaration, inputs, attributes)
  const isFloat = (name: string) => declaration.inputs[name]?.kind === 'float'
  await carrier.read(unread.filter((name) => !isFloat(name)).map((name) => inputs[name]))
  const declared = Object.entries(declaration.inputs).map(([name, input]) => {
    const { dimensions, kind, optional } = input
    return [name, unread.includes(name) && kind === 'float' ? { dimensions, kind, optional } : input] as const
  })
  return validateCall({ ...declaration, inputs: Object.fromEntries(declared) }, visible(carrier, inputs), attributes)
}

/** Zeros in the place of numbers that the host does not have. */
function visible(carrier: Carrier, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, carrier.onHost(x) ? x : zeros(x.shape)]))
}

/** A call that was found valid, with its tensors. */
interface Checked {
  readonly declaration: Declaration
  readonly call: ValidCall
  readonly inputs: Tensors
  readonly gradients: Tensors
}

/** Puts a call's numbers onto the device and runs a pass on them. */
async function answer(
  pass: (call: GpuCall) => Results | Promise<Results>,
  carrier: Carrier,
  { declaration, call, inputs, gradients }: Checked,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<Tensors> {
  const workspace = new Workspace(await carrier.device())
  const { device } = workspace
  const refuse = (what: string): never => {
    throw new Refusal(declaration.name, `${what} on gpu:${device.backend}`)
  }
  const arrays = async (tensors: Tensors, what: string, limitOf: (name: string) => number): Promise<DeviceArrays> => {
    const array = async ([name, x]: [string, Tensor]) => {
      if (!carrier.onHost(x)) return [name, await carrier.array(x, workspace)] as const
      const rounded = single(x, limitOf(name), (complaint) => refuse(`${what}${name} ${complaint}`))
      return [name, workspace.array(rounded)] as const
    }
    return Object.fromEntries(await Promise.all(Object.entries(tensors).map(array)))
  }
  try {
    for (const [name, shape] of [...Object.entries(call.shapes), ...Object.entries(call.outputShapes)])
      if (sizeOf(shape) > device.elements)
        refuse(`${name} has ${sizeOf(shape)} elements; it should have at most ${device.elements}`)
    const limitOf = (name: string) => (declaration.inputs[name].kind === 'int' ? exactIntegers : Number.MAX_VALUE)
    const given = await arrays(inputs, '', limitOf)
    const above = await arrays(gradients, 'the gradient for output ', () => Number.MAX_VALUE)
    const results = Object.entries(await pass(new GpuCall(workspace, call, given, above)))
    await carrier.verify(workspace)
    const named = async ([name, result]: [string, DeviceArray | Float32Array]) => {
      const held = result instanceof DeviceArray
      return [
        name,
        await (held ? carrier.tensor(shapes[name], result, workspace) : tensor(shapes[name], result)),
      ] as const
    }
    return Object.fromEntries(await Promise.all(results.map(named)))
  } finally {
    await workspace.release()
  }
}
