import { type Attributes, type Declaration, type Implementation, type Operator, Refusal } from '../oracle/contract.js'
import { pairOf } from '../oracle/convolution.js'
import { contract } from '../oracle/index.js'
import { rowMajor, sizeOf, type Tensors, tensor } from '../oracle/tensor.js'
import { position, type ValidCall, validateCall, validateGradients } from '../oracle/validation.js'
import type { Device } from './device.js'
import { DeviceArray } from './deviceArray.js'
import { exactIntegers } from './kernel.js'
import { Workspace } from './workspace.js'

/**
 * Flat row-major results, by the name of the output, or of the input whose gradient it is: on the device, or on the host where
 * no kernel made them.
 */
export type Results = Readonly<Record<string, DeviceArray | Float32Array>>

/** An operator on a device: how its passes are put together from kernels. Calls that reach it are valid. */
export interface GpuOperator {
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
  private readonly inputs: Readonly<Record<string, DeviceArray>>
  private readonly gradients: Readonly<Record<string, DeviceArray>>

  constructor(device: Device, declaration: Declaration, call: ValidCall, inputs: Tensors, gradients: Tensors) {
    this.workspace = new Workspace(device)
    this.sizes = call.sizes
    this.attributes = call.attributes
    this.shapes = call.shapes
    this.outputShapes = call.outputShapes
    const refuse = (what: string): never => {
      throw new Refusal(declaration.name, `${what} on gpu:${device.backend}`)
    }
    for (const [name, shape] of [...Object.entries(call.shapes), ...Object.entries(call.outputShapes)])
      if (sizeOf(shape) > device.elements)
        refuse(`${name} has ${sizeOf(shape)} elements; it should have at most ${device.elements}`)
    const isInteger = (name: string) => declaration.inputs[name].kind === 'int'
    this.inputs = this.arrays(single(inputs, isInteger, '', refuse))
    this.gradients = this.arrays(single(gradients, () => false, 'the gradient for output ', refuse))
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

  private arrays(values: Readonly<Record<string, Float32Array>>): Record<string, DeviceArray> {
    return Object.fromEntries(Object.entries(values).map(([name, numbers]) => [name, this.workspace.array(numbers)]))
  }
}

/** Rounds to float32, the precision of every backend; refuses what it cannot hold. */
function single(
  tensors: Tensors,
  isInteger: (name: string) => boolean,
  what: string,
  refuse: (what: string) => never,
): Record<string, Float32Array> {
  const result: Record<string, Float32Array> = {}
  for (const [name, x] of Object.entries(tensors)) {
    const exact = rowMajor(x)
    const rounded = Float32Array.from(exact)
    const limit = isInteger(name) ? exactIntegers : Number.MAX_VALUE
    const at = rounded.findIndex((value) => Math.abs(value) > limit)
    if (at >= 0)
      refuse(
        `${what}${name} holds ${exact[at]} at ${position(at, x.shape)}; it should hold ${isInteger(name) ? `whole numbers up to ${exactIntegers}` : 'numbers in the range of float32'}`,
      )
    result[name] = rounded
  }
  return result
}

/** The operators on a device, as an implementation of the contract: each call is validated as the oracle's are. */
export function implementationOn(device: Device, operators: Readonly<Record<string, GpuOperator>>): Implementation {
  return {
    name: `gpu:${device.backend}`,
    precision: 'float32',
    operators: Object.fromEntries(
      Object.entries(operators).map(([name, operator]) => [name, operatorOn(device, contract[name], operator)]),
    ),
  }
}

function operatorOn(device: Device, declaration: Declaration, { forward, backward }: GpuOperator): Operator {
  const operator: Operator = {
    async forward(inputs, attributes) {
      const call = validateCall(declaration, inputs, attributes)
      return answer(forward, new GpuCall(device, declaration, call, inputs, {}), call.outputShapes)
    },
  }
  if (backward === undefined) return operator
  operator.backward = async (inputs, attributes, gradients) => {
    const call = validateCall(declaration, inputs, attributes)
    validateGradients(declaration, call, gradients)
    return answer(backward, new GpuCall(device, declaration, call, inputs, gradients), call.shapes)
  }
  return operator
}

/** Runs a pass and reads its results, the only numbers that come back from the device. */
async function answer(
  pass: (call: GpuCall) => Results | Promise<Results>,
  call: GpuCall,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<Tensors> {
  const { workspace } = call
  try {
    const results = await pass(call)
    const read = async ([name, result]: [string, DeviceArray | Float32Array]) => {
      const values = result instanceof DeviceArray ? await workspace.read(result) : result
      return [name, tensor(shapes[name], values)] as const
    }
    return Object.fromEntries(await Promise.all(Object.entries(results).map(read)))
  } finally {
    await workspace.release()
  }
}
