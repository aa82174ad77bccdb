import { type Precision, Refusal } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { validateCall } from '../oracle/validation.js'
import {
  attributesFromWire,
  isNotFinite,
  stringify,
  toTensor,
  toWire,
  type WireAttributes,
  type WireNumber,
  type WireTensor,
  type WireTensors,
} from '../oracle/wire.js'
import type { Counterexample } from '../properties/index.js'

/** In what a call is written: as Python's keyword arguments, as a module's TypeScript, or as the protocol's request. */
export type Language = 'python' | 'typescript' | 'json'

const moduleEnding = /\.[cm]?[jt]s$/
const pythonCommand = /^(.*[\\/])?(python|pypy)[\d.]*(\.exe)?$|^py(\.exe)?$/

/**
 * The language of whoever reads about the subject that `answerkey test` was given: Python for a command that runs Python and
 * for `torch` and `numpy`, TypeScript for a module and for what runs in this process, JSON for any other command.
 */
export function languageOf(spec: string): Language {
  const words = spec.trim().split(/\s+/)
  const unquoted = words.map((word) => word.replaceAll(/['"]/g, ''))
  if (unquoted.some((word) => pythonCommand.test(word) || word.endsWith('.py'))) return 'python'
  if (words.length > 1) return 'json'
  const [name] = words[0].split(':')
  if (name === 'torch' || name === 'numpy') return 'python'
  if (['oracle', 'gpu', 'tfjs', 'onnxruntime'].includes(name)) return 'typescript'
  return moduleEnding.test(spec) ? 'typescript' : 'json'
}

/** Tensors of more elements are not written out. */
const mostElements = 64

/** Whether a call is written without its numbers, because it has too many. */
export function isCut({ inputs, gradients = {} }: Counterexample): boolean {
  return [...Object.values(inputs), ...Object.values(gradients)].some(({ data }) => data.length > mostElements)
}

/**
 * A counterexample as the call that shows it, which can be run as it stands: for Python with NumPy as `np`, the names of
 * python/answerkey.py and arrays of the subject's precision; for TypeScript on a module's exported `operators`; in JSON as the
 * request of docs/protocol.md. A tensor of more than 64 elements stands as `...`.
 */
export function callText(
  operator: string,
  counterexample: Counterexample,
  language: Language,
  precision: Precision = 'float64',
): string {
  if (language === 'python') return pythonCall(operator, counterexample, precision)
  return language === 'typescript'
    ? typescriptCall(operator, counterexample)
    : requestLine(operator, counterexample, precision)
}

/** Columns that a call may take in one line. */
const columns = 100

function call(name: string, parts: readonly string[], indent: string): string {
  const line = `${name}(${parts.join(', ')})`
  return line.length <= columns ? line : `${name}(\n${parts.map((part) => `${indent}${part},\n`).join('')})`
}

/** NumPy's type for a float tensor of each precision: of bfloat16, which it lacks, float32. */
const dtypes: Readonly<Record<Precision, string>> = {
  float64: '',
  float32: ', np.float32',
  float16: ', np.float16',
  bfloat16: ', np.float32',
}

function pythonCall(operator: string, counterexample: Counterexample, precision: Precision): string {
  const { inputs, attributes, gradients } = counterexample
  const array = (x: WireTensor): string => {
    if (x.data.length > mostElements) return '...'
    if (x.type === 'int') return `np.array(${nested(x, String)})`
    return `np.array(${nested(x, pythonFloat)}${dtypes[precision]})`
  }
  const missing = gradients === undefined ? [] : outputsWithoutGradient(operator, counterexample)
  const zeros = (shape: readonly number[]) => `np.zeros([${shape.join(', ')}]${dtypes[precision]})`
  const name = `${pythonName(operator)}${gradients === undefined ? '' : '_backward'}`
  const parts = [
    ...Object.entries(inputs).map(([name, x]) => `${pythonName(name)}=${array(x)}`),
    ...Object.entries(gradients ?? {}).map(([name, g]) => `grad_${name}=${array(g)}`),
    ...missing.map(([name, shape]) => `grad_${name}=${zeros(shape)}`),
    ...Object.entries(attributes).map(([name, value]) => `${pythonName(name)}=${pythonValue(value)}`),
  ]
  return call(name, parts, '    ')
}

/** Outputs whose gradient the call leaves out, so that it is 0, with their shapes. */
function outputsWithoutGradient(operator: string, { inputs, attributes, gradients = {} }: Counterexample) {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, toTensor(x)]))
  try {
    const { outputShapes } = validateCall(contract[operator], tensors, attributesFromWire(attributes))
    return Object.entries(outputShapes).filter(([name]) => !(name in gradients))
  } catch (error) {
    // A bad call has no outputs.
    if (error instanceof Refusal) return []
    throw error
  }
}

/** A name of the contract as Python has it: `crossEntropy` → `cross_entropy`, `attention.weightQuery` → `attention_weight_query`. */
function pythonName(name: string): string {
  const snake = name.replaceAll('.', '_').replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return snake === 'lambda' ? 'lambda_' : snake
}

function pythonFloat(value: WireNumber): string {
  if (value === 'NaN') return 'np.nan'
  if (typeof value === 'string') return value === 'Infinity' ? 'np.inf' : '-np.inf'
  const text = numeral(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

function pythonValue(value: WireAttributes[string]): string {
  if (typeof value === 'object') return `[${value.map(pythonValue).join(', ')}]`
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return isNotFinite(value) ? pythonFloat(value) : JSON.stringify(value)
  return Number.isInteger(value) && !Object.is(value, -0) ? numeral(value) : pythonFloat(value)
}

function typescriptCall(operator: string, { inputs, attributes, gradients }: Counterexample): string {
  const tensors = (named: WireTensors) =>
    record(Object.entries(named).map(([name, x]) => [name, x.data.length > mostElements ? '...' : nested(x, numeral)]))
  const settings = record(Object.entries(attributes).map(([name, value]) => [name, typescriptValue(value)]))
  const parts = [tensors(inputs), settings, ...(gradients === undefined ? [] : [tensors(gradients)])]
  return call(`operators.${operator}.${gradients === undefined ? 'forward' : 'backward'}`, parts, '  ')
}

function record(entries: readonly (readonly [string, string])[]): string {
  if (entries.length === 0) return '{}'
  const key = (name: string) => (/^\w+$/.test(name) ? name : `'${name}'`)
  return `{ ${entries.map(([name, value]) => `${key(name)}: ${value}`).join(', ')} }`
}

function typescriptValue(value: WireAttributes[string]): string {
  if (typeof value === 'object') return `[${value.map(typescriptValue).join(', ')}]`
  if (typeof value === 'string') return isNotFinite(value) ? value : `'${value.replaceAll(/['\\]/g, '\\$&')}'`
  return typeof value === 'number' ? numeral(value) : String(value)
}

/** The protocol's request, its numbers in the digits of the precision. */
function requestLine(
  operator: string,
  { inputs, attributes, gradients }: Counterexample,
  precision: Precision,
): string {
  const tensorOf = (x: WireTensor) => {
    if (x.data.length > mostElements) return { ...x, data: ['...'] }
    return x.type === 'int' ? x : toWire(toTensor(x), precision)
  }
  const tensors = (named: WireTensors) =>
    Object.fromEntries(Object.entries(named).map(([name, x]) => [name, tensorOf(x)]))
  return stringify({
    id: 1,
    operator,
    pass: gradients === undefined ? 'forward' : 'backward',
    inputs: tensors(inputs),
    attributes,
    ...(gradients !== undefined && { gradients: tensors(gradients) }),
  })
}

/** A tensor as nested lists of numerals. */
function nested({ shape, data }: WireTensor, numeralOf: (value: WireNumber) => string): string {
  let next = 0
  const build = (depth: number): string =>
    depth === shape.length
      ? numeralOf(data[next++])
      : `[${Array.from({ length: shape[depth] }, () => build(depth + 1)).join(', ')}]`
  return build(0)
}

/** The shortest numeral that is read as this number, with the sign of a zero. */
function numeral(value: WireNumber): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
