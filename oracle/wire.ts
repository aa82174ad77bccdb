import type { Attributes, Declaration, Precision } from './contract.js'
import { rowMajor, sizeOf, type Tensor, type Tensors, tensor } from './tensor.js'

/** A number in JSON; what JSON has no numeral for is a string. */
export type WireNumber = number | 'NaN' | 'Infinity' | '-Infinity'

/** A tensor in JSON, row-major. */
export interface WireTensor {
  readonly shape: readonly number[]
  readonly data: readonly WireNumber[]
  readonly type?: 'int'
}

export type WireTensors = Readonly<Record<string, WireTensor>>

/** Attributes in wire form: numbers that are not finite as the strings that stand for them in tensors. */
export type WireAttributes = Readonly<Record<string, string | boolean | number | readonly WireNumber[]>>

/**
 * The wire form of an operator's inputs: integer inputs carry their type, numbers the digits that the precision needs
 * (17 for float64, 9 for float32, 5 for float16, 4 for bfloat16), so that reading them gives the same bits. What a bad call holds
 * beside the declared inputs is taken as floats.
 */
export function inputsToWire(declaration: Declaration | undefined, inputs: Tensors, precision: Precision): WireTensors {
  const known = declaration?.inputs ?? {}
  return Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => {
      const isInteger = name in known && known[name].kind !== 'float'
      return [name, isInteger ? { ...toWire(x, 'float64'), type: 'int' } : toWire(x, precision)]
    }),
  )
}

/** The wire form of a call's attributes, of a bad one too, whose numbers may not be finite. */
export function attributesToWire(attributes: Attributes): WireAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? numberToWire(value, 17)
        : typeof value === 'object'
          ? value.map((x) => numberToWire(x, 17))
          : value,
    ]),
  )
}

/** The attributes that stand in wire form. */
export function attributesFromWire(attributes: WireAttributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      isNotFinite(value) ? Number(value) : typeof value === 'object' ? value.map(Number) : value,
    ]),
  )
}

/** Whether an attribute in wire form is a number that is not finite. */
export function isNotFinite(value: WireAttributes[string]): value is Exclude<WireNumber, number> {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity'
}

const significantDigits: Readonly<Record<Precision, number>> = { float64: 17, float32: 9, float16: 5, bfloat16: 4 }

/** A float tensor in wire form. */
export function toWire(x: Tensor, precision: Precision = 'float64'): WireTensor {
  const digits = significantDigits[precision]
  return { shape: [...x.shape], data: Array.from(rowMajor(x), (value) => numberToWire(value, digits)) }
}

function numberToWire(value: number, digits: number): WireNumber {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity'
  // toPrecision writes −0 without its sign.
  return digits >= 17 || value === 0 ? value : Number(value.toPrecision(digits))
}

/** Stands for −0 while a text is made; a private character, so that no name or message is this. */
const negativeZero = '\ue000-0'

/**
 * The JSON text of a value in which −0 stands as `-0.0`: JSON.stringify writes 0 for it, and of `-0` some readers make the
 * whole number 0. `indent`: spaces a level, for people.
 */
export function stringify(value: unknown, indent?: number): string {
  if (!holdsNegativeZero(value)) return JSON.stringify(value, null, indent)
  const marked = JSON.stringify(value, (_, entry: unknown) => (Object.is(entry, -0) ? negativeZero : entry), indent)
  return marked.replaceAll(`"${negativeZero}"`, '-0.0')
}

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.some(holdsNegativeZero) : Object.values(value).some(holdsNegativeZero)
}

/**
 * A tensor from any form that a subject may answer with: `{ shape, data }`, an ndarray, nested arrays, or a number.
 * Throws a TypeError that says what was held where that is none of these.
 */
export function toTensor(value: unknown): Tensor {
  if (typeof value === 'number' || typeof value === 'string') return tensor([], [toNumber(value)])
  if (isList(value)) return fromLists(value)
  if (typeof value !== 'object' || value === null) throw new TypeError(`expected a tensor, got ${describe(value)}`)
  if (!('shape' in value) || !('data' in value))
    throw new TypeError(`expected a tensor as { shape, data } or nested arrays, got an object with ${keysText(value)}`)
  const { shape, data } = value
  if (!isList(shape) || !Array.from(shape).every((length) => Number.isSafeInteger(length)))
    throw new TypeError(`a tensor's shape should be a list of whole numbers, got ${describe(shape)}`)
  if (!isList(data)) throw new TypeError(`a tensor's data should be a list of numbers, got ${describe(data)}`)
  const lengths = Array.from(shape, toNumber)
  if ('stride' in value && 'offset' in value && isList(value.stride) && typeof value.offset === 'number')
    return gather(data, lengths, Array.from(value.stride, toNumber), value.offset)
  if (data.length !== sizeOf(lengths))
    throw new TypeError(
      `a tensor of shape [${lengths.join(', ')}] should hold ${sizeOf(lengths)} numbers, got ${data.length}`,
    )
  return tensor(lengths, Float64Array.from(Array.from(data, toNumber)))
}

/** The elements of a strided view, in row-major order. */
function gather(data: ArrayLike<unknown>, shape: readonly number[], stride: readonly number[], offset: number): Tensor {
  const result = new Float64Array(sizeOf(shape))
  for (let i = 0; i < result.length; i++) {
    let rest = i
    let at = offset
    for (let d = shape.length - 1; d >= 0; d--) {
      at += (rest % shape[d]) * stride[d]
      rest = Math.floor(rest / shape[d])
    }
    result[i] = toNumber(data[at])
  }
  return tensor(shape, result)
}

function fromLists(lists: ArrayLike<unknown>): Tensor {
  const shape: number[] = []
  for (let level: unknown = lists; isList(level); level = level[0]) {
    if (level.length === 0) throw new TypeError('expected a tensor, got an empty list')
    shape.push(level.length)
  }
  const data: number[] = []
  const collect = (level: unknown, depth: number): void => {
    if (depth === shape.length) {
      data.push(toNumber(level))
      return
    }
    if (!isList(level) || level.length !== shape[depth])
      throw new TypeError(`nested arrays are ragged: expected ${shape[depth]} entries, got ${describe(level)}`)
    for (let i = 0; i < level.length; i++) collect(level[i], depth + 1)
  }
  collect(lists, 0)
  return tensor(shape, data)
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  if (value === 'NaN') return Number.NaN
  if (value === 'Infinity') return Number.POSITIVE_INFINITY
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY
  throw new TypeError(`expected a number, got ${describe(value)}`)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (isList(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return `an object with ${keysText(value)}`
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`
  return typeof value === 'undefined' ? 'nothing' : `${typeof value} ${String(value)}`
}

function keysText(value: object): string {
  const keys = Object.keys(value)
  return keys.length === 0 ? 'no keys' : `the keys ${keys.slice(0, 6).join(', ')}`
}
