import type { Attributes, AttributeValue } from '../../oracle/contract.js'
import { Settings } from './call.js'
import { type Given, lackOf, type Tensor, type TensorFlow } from './tensorflow.js'

/** An operator of the contract in TensorFlow.js's own terms. Throws for what that lacks. */
type Definition = (
  tf: TensorFlow,
  inputs: Given,
  settings: Settings,
  pass: 'forward' | 'backward',
) => Given | Promise<Given>

export type Definitions = Readonly<Record<string, Definition>>

/** A tensor as it comes from the worker and goes back to it, row-major. */
interface Parcel {
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array
}
type Parcels = Readonly<Record<string, Parcel>>

/** A module's operator: what the worker calls. */
export interface Exported {
  forward(inputs: Parcels, attributes: Attributes): Promise<Parcels>
  backward(inputs: Parcels, attributes: Attributes, gradients: Parcels): Promise<Parcels>
}

/** The operator as a module exports it: its backward pass is the gradient that TensorFlow.js itself finds of its forward pass. */
export function exported(tf: TensorFlow, definition: Definition): Exported {
  return {
    forward: (inputs, attributes) =>
      inScope(tf, async () => read(await definition(tf, tensorsOf(tf, inputs), settingsOf(attributes), 'forward'))),
    backward: (inputs, attributes, gradients) =>
      inScope(tf, () => {
        const given = tensorsOf(tf, inputs)
        const names = Object.keys(given).filter((name) => given[name].dtype === 'float32')
        const own = names.map((name) => given[name])
        const weighted = (): Tensor => {
          const outputs = definition(tf, given, settingsOf(attributes), 'backward')
          if (outputs instanceof Promise) throw new TypeError('an operator with a backward pass answers at once')
          return total(tf, outputs, tensorsOf(tf, gradients))
        }
        // tf.grads throws where one of the inputs does not matter.
        const { grads } = tf.engine().gradients(weighted, own, undefined, true)
        return read(Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zerosLike(own[i])])))
      }),
  }
}

/** The worker hands over float inputs as Float32Array, and masks and whole numbers as Float64Array. */
function tensorsOf(tf: TensorFlow, parcels: Parcels): Given {
  return Object.fromEntries(
    Object.entries(parcels).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array
        ? tf.tensor(data, [...shape], 'float32')
        : tf.tensor(Int32Array.from(data), [...shape], 'int32'),
    ]),
  )
}

function settingsOf(attributes: Readonly<Record<string, AttributeValue>>): Settings {
  return new Settings(attributes)
}

/** Σ gradient·output over all outputs: its gradient is the one that is asked for. */
function total(tf: TensorFlow, outputs: Given, gradients: Given): Tensor {
  const parts = Object.entries(outputs).flatMap(([name, y]) =>
    gradients[name] === undefined ? [] : [tf.sum(tf.mul(y, gradients[name]))],
  )
  return parts.reduce((sum, part) => tf.add(sum, part), tf.scalar(0))
}

async function read(tensors: Given): Promise<Parcels> {
  const parcels: Record<string, Parcel> = {}
  for (const [name, y] of Object.entries(tensors)) {
    const data = await y.data()
    parcels[name] = { shape: y.shape, data }
  }
  return parcels
}

/** Runs something and frees every tensor that it made. */
async function inScope<Result>(tf: TensorFlow, run: () => Promise<Result>): Promise<Result> {
  const engine = tf.engine()
  engine.startScope('call')
  try {
    return await run()
  } catch (error) {
    throw lackOf(error)
  } finally {
    engine.endScope()
  }
}
