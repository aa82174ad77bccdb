import { existsSync, readFileSync } from 'node:fs'
import { plainAttributes } from '../../oracle/attributes.js'
import {
  type Attributes,
  type AttributeValue,
  type Declaration,
  Failure,
  type Operator,
  Refusal,
} from '../../oracle/contract.js'
import { contract } from '../../oracle/index.js'
import { rowMajor, sameShape, type Tensor, type Tensors } from '../../oracle/tensor.js'
import { validateCall } from '../../oracle/validation.js'
import type { Call } from '../../properties/law.js'
import { pipelined } from '../pool.js'
import type { ProcessOptions } from '../process.js'
import { type OpenSubject, SubjectUnavailable } from '../subject.js'
import { attributesOf, refuseOtherGru } from './attributesOf.js'
import { type Binding, bind, bindSlots, type Slot } from './binding.js'
import { fitted } from './fitting.js'
import { decodeModel, type ModelMessage } from './messages.js'
import { openModel, type RunningModel } from './runningProcess.js'

/** What a model file computes. */
interface Role {
  readonly declaration: Declaration
  /** `name=value` behind the operator: the operator's attributes, and the model's names of its inputs. */
  readonly chosen: Readonly<Record<string, string>>
}

/** An operator as a model file has it: with attributes and perhaps weights of its own. */
interface ModelOperator {
  readonly declaration: Declaration
  readonly attributes: Attributes
  readonly binding: Binding
}

/**
 * A model file as an implementation of one operator: `conv2d`, or `encoderLayer,heads=4,attention.weightQuery=w_q` with attributes that
 * the file does not tell and names that do not speak for themselves. Weights are the model's own, and the laws draw the other inputs, in
 * sizes that the model takes. It runs in a process of its own: see openRuntimeProcess. Throws SubjectUnavailable with the reason.
 */
export async function openModelFile(
  path: string,
  as: string | undefined,
  timeoutSeconds: number,
  options: ProcessOptions = {},
): Promise<OpenSubject> {
  const { declaration, chosen } = roleOf(path, as)
  const bytes = readModel(path)
  const operator = explained(path, () => modelOperator(declaration, chosen, decodeModel(bytes)))
  const { name } = declaration
  const model = await openModel(path, timeoutSeconds, options)
  const precision = Object.values(operator.binding.slots).some(({ type }) => type === 'float64') ? 'float64' : 'float32'
  return {
    name: `${path} as ${name} (${model.runtime})`,
    precision,
    operators: { [name]: operatorOf(operator, model) },
    fitted: (call) => fittedCall(call, operator),
    concurrency: pipelined,
    close: () => model.close(),
  }
}

function roleOf(path: string, as: string | undefined): Role {
  const [name = '', ...settings] = (as ?? '').split(',')
  const declaration = contract[name]
  if (as === undefined)
    throw new SubjectUnavailable(path, 'which operator is it? For example: --as conv2d, or --as encoderLayer,heads=4')
  if (declaration === undefined)
    throw new SubjectUnavailable(path, `there is no operator ${name}; known: ${Object.keys(contract).join(', ')}`)
  const chosen: Record<string, string> = {}
  for (const setting of settings) {
    const at = setting.indexOf('=')
    const key = setting.slice(0, at)
    if (at < 1 || !(key in declaration.inputs || key in declaration.attributes))
      throw new SubjectUnavailable(
        path,
        `${setting} should be name=value; ${name} has ${[...Object.keys(declaration.inputs), ...Object.keys(declaration.attributes)].join(', ')}`,
      )
    chosen[key] = setting.slice(at + 1)
  }
  return { declaration, chosen }
}

/** The bytes of a model file. Throws SubjectUnavailable where it cannot be read. */
export function readModel(path: string): Uint8Array {
  if (!existsSync(path)) throw new SubjectUnavailable(path, 'there is no such file')
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SubjectUnavailable(path, `it cannot be read: ${messageOf(error)}`)
  }
}

/** The result, or a SubjectUnavailable with the message of what was thrown. */
export function explained<Result>(path: string, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    throw new SubjectUnavailable(path, `it cannot be tested: ${messageOf(error)}`)
  }
}

function modelOperator(declaration: Declaration, chosen: Role['chosen'], model: ModelMessage): ModelOperator {
  refuseOtherGru(declaration.name, model)
  const slots = bindSlots(declaration, model, chosen)
  const attributes: Record<string, AttributeValue> = {}
  for (const [name, declared] of Object.entries(declaration.attributes)) {
    const text = chosen[name]
    const value = text === undefined ? attributesOf(declaration.name, model)[name] : parsed(text)
    if (value !== undefined) attributes[name] = value
    else if (!('default' in declared) || declared.default === undefined)
      throw new RangeError(`what is ${name}? It does not say; for example: --as ${declaration.name},${name}=2`)
    else if (typeof declared.default !== 'object') attributes[name] = declared.default
  }
  plainAttributes(declaration, attributes, (what) => {
    throw new RangeError(what)
  })
  return { declaration, attributes, binding: bind(declaration, { model, slots, attributes }, chosen) }
}

/** A number, a truth value, a pair as 2x3, or a word. */
function parsed(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^\d+x\d+$/.test(text)) return text.split('x').map(Number)
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}

function operatorOf({ declaration, attributes, binding }: ModelOperator, model: RunningModel): Operator {
  return {
    async forward(inputs, given) {
      const call = validated(declaration, inputs, given)
      refuseOtherAttributes(call.attributes, validated(declaration, inputs, attributes).attributes)
      for (const [name, x] of Object.entries(inputs)) refuseOther(name, x, binding)
      for (const name of Object.keys(binding.held)) if (inputs[name] === undefined) throw lacks(`no ${name}`)
      const feeds = Object.fromEntries(
        Object.entries(binding.slots).map(([name, slot]) => {
          if (inputs[name] === undefined) throw lacks(`no ${name}`)
          return [slot.name, inputs[name]]
        }),
      )
      const answers = await model.run(feeds)
      return Object.fromEntries(Object.entries(binding.outputs).map(([name, own]) => [name, answers[own]]))
    },
  }
}

/** The call, checked and complete; a bad one is nothing that a model could refuse. */
function validated(declaration: Declaration, inputs: Tensors, attributes: Attributes) {
  try {
    return validateCall(declaration, inputs, attributes)
  } catch (error) {
    if (error instanceof Refusal) throw lacks('bad calls: a model does not check them')
    throw error
  }
}

function lacks(what: string): Failure {
  return new Failure('unimplemented', what)
}

function refuseOtherAttributes(given: Attributes, own: Attributes): void {
  for (const [name, value] of Object.entries(given))
    if (String(value) !== String(own[name])) throw lacks(`${name} other than ${own[name]}`)
}

function refuseOther(name: string, x: Tensor, { held, slots }: Binding): void {
  const own = held[name]
  if (own !== undefined) {
    const data = rowMajor(own)
    if (!sameShape(x.shape, own.shape) || rowMajor(x).some((value, i) => value !== data[i]))
      throw lacks(`${name} other than its own`)
  } else if (slots[name] === undefined) throw lacks(`the input ${name}`)
  else if (!isOfShape(x, slots[name])) throw lacks(`${name} of other sizes than ${sizesText(slots[name])}`)
}

function isOfShape({ shape }: Tensor, slot: Slot): boolean {
  return shape.length === slot.shape.length && slot.shape.every((size, d) => size === undefined || size === shape[d])
}

function sizesText({ shape }: Slot): string {
  return `[${shape.map((size) => size ?? 'any').join(', ')}]`
}

function fittedCall(call: Call, operator: ModelOperator): Call {
  const inputs = fitted(call.inputs, call.attributes, operator)
  if (inputs === undefined) return call
  const { attributes } = validateCall(operator.declaration, inputs, operator.attributes)
  return { ...call, inputs, attributes, given: attributes, gradients: {} }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
