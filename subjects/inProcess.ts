import ndarray from 'ndarray'
import operations from 'ndarray-ops'
import type { Attributes, Operator, Precision } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { rowMajor, sameShape, type Tensor, type Tensors, toNested } from '../oracle/tensor.js'
import { toTensor } from '../oracle/wire.js'
import type { Subject, Supports } from '../properties/index.js'
import { completed, tensorsOf, thrown } from './module.js'
import { SubjectUnavailable } from './subject.js'

/** Tensors by name, each as the implementation's `tensors` says: an ndarray, or nested arrays. */
type Given = Readonly<Record<string, unknown>>

/** Tensors by name, each as an ndarray, `{ shape, data }`, nested arrays or a number. */
type Answer = Readonly<Record<string, unknown>>

/** An operator as a module writes it; its parameters may have any narrower type. */
export interface OwnOperator {
  forward(inputs: Given, attributes: Attributes): Answer | Promise<Answer>
  backward?(inputs: Given, attributes: Attributes, gradients: Given): Answer | Promise<Answer>
}

/** An implementation in this process: a module's exports (`import * as own from './softmax.js'`), or an object like them. */
export interface OwnImplementation {
  readonly operators: Readonly<Record<string, OwnOperator>>
  /** The number format in which it computes; float64 where not given. */
  readonly precision?: Precision
  /** What tensors it is handed: ndarray where not given, of Float32Array for float32, otherwise of Float64Array. */
  readonly tensors?: 'ndarray' | 'nested'
  /** For reports; `implementation` where not given. */
  readonly name?: string
  /** What it says it supports of its operators; all where not given. */
  readonly supports?: Supports
  /** The choices of its own that it makes: names of docs/dialects.md. */
  readonly dialects?: readonly string[]
}

/**
 * An implementation in this process as a subject. Nothing watches over it: a call that does not return stops everything, and one
 * that ends the process ends it. Throws SubjectUnavailable where it has no operators, or one without a forward function.
 */
export function inProcess({ operators, precision = 'float64', tensors, name, supports }: OwnImplementation): Subject {
  const subject = name ?? 'implementation'
  if (typeof operators !== 'object' || operators === null || Object.keys(operators).length === 0)
    throw new SubjectUnavailable(subject, 'it has no `operators`; it should be an object of operators by name')
  for (const [operator, own] of Object.entries(operators))
    if (typeof own?.forward !== 'function')
      throw new SubjectUnavailable(subject, `its operator ${operator} has no \`forward\` function`)
  const settings = { precision, nested: tensors === 'nested' }
  return {
    name: subject,
    precision,
    ...(supports !== undefined && { supports }),
    operators: Object.fromEntries(
      Object.entries(operators).map(([operator, own]) => [operator, operatorOf(operator, own, settings)]),
    ),
  }
}

interface Settings {
  readonly precision: Precision
  readonly nested: boolean
}

function operatorOf(operator: string, own: OwnOperator, settings: Settings): Operator {
  const call = async (
    pass: 'forward' | 'backward',
    inputs: Tensors,
    attributes: Attributes,
    gradients: Tensors,
  ): Promise<Tensors> => {
    const given = handed(operator, inputs, settings)
    const complete = completed(operator, inputs, attributes)
    try {
      const answer =
        pass === 'forward'
          ? await own.forward(given, complete)
          : await own.backward?.(given, complete, handed(undefined, gradients, settings))
      return answered(`${operator}.${pass}`, answer)
    } catch (error) {
      throw error instanceof Error ? asThrown(operator, error) : new Error(`threw ${String(error)}`)
    } finally {
      writeBack(inputs, given)
    }
  }
  return {
    forward: (inputs, attributes) => call('forward', inputs, attributes, {}),
    ...(own.backward !== undefined && {
      backward: (inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
        call('backward', inputs, attributes, gradients),
    }),
  }
}

/** What an own operator threw, by its `kind`; its class is named unless it is a plain Error. */
function asThrown(operator: string, error: Error): Error {
  const kind = 'kind' in error ? error.kind : undefined
  if (kind === undefined && error.name === 'Error') return error
  const message = error.name === 'Error' || kind !== undefined ? error.message : `${error.name}: ${error.message}`
  return thrown(operator, { message, kind })
}

/** The tensors in the form that the implementation takes: themselves where that is an ndarray of float64 numbers. */
function handed(operator: string | undefined, tensors: Tensors, { precision, nested }: Settings): Given {
  const declared = operator === undefined ? undefined : contract[operator]?.inputs
  const form = (name: string, x: Tensor): unknown => {
    if (nested) return toNested(x)
    if (precision !== 'float32' || (declared?.[name]?.kind ?? 'float') !== 'float') return x
    return ndarray(Float32Array.from(rowMajor(x)), [...x.shape])
  }
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, form(name, x)]))
}

/** Makes what the implementation did to copies of its inputs visible in the inputs. */
function writeBack(inputs: Tensors, given: Given): void {
  for (const [name, x] of Object.entries(inputs)) {
    if (given[name] === x) continue
    const now = toTensor(given[name])
    if (sameShape(now.shape, x.shape)) operations.assign(x, now)
  }
}

/** An answer's tensors; an ndarray of float64 numbers is handed on as it is, so that laws see what it shares memory with. */
function answered(call: string, answer: Answer | undefined): Tensors {
  const converted = tensorsOf(call, answer)
  const own = Object.entries(answer ?? {}).map(([name, x]) => [name, isTensor(x) ? x : converted[name]])
  return Object.fromEntries(own)
}

function isTensor(x: unknown): x is Tensor {
  return (
    typeof x === 'object' &&
    x !== null &&
    'shape' in x &&
    'stride' in x &&
    'data' in x &&
    x.data instanceof Float64Array
  )
}
