import { fillDefaults, numberAttribute, plainAttributes, type Refuse } from './attributes.js'
import {
  type Attributes,
  type Bound,
  type CallShape,
  type Declaration,
  type InputDeclaration,
  Refusal,
} from './contract.js'
import { bindSizes, checkComputedDimensions, dimensionsText, evaluateDimension } from './dimensions.js'
import { ValidForms } from './forms.js'
import { rowMajor, sameShape, shapeText, type Tensor, type Tensors } from './tensor.js'

/** A valid call: its attributes with every default filled in, and its sizes. */
export interface ValidCall extends CallShape {
  readonly outputShapes: Readonly<Record<string, readonly number[]>>
}

/**
 * Checks a call against an operator's declaration and fills in the attributes' defaults.
 * Throws a Refusal that names the operator, the input or attribute, what it held and what it should hold.
 */
export function validateCall(declaration: Declaration, inputs: Tensors, attributes: Attributes = {}): ValidCall {
  const refuse = (what: string): never => {
    throw new Refusal(declaration.name, what)
  }
  const call = validForms.of(declaration, inputs, attributes, () =>
    validateForm(declaration, inputs, attributes, refuse),
  )
  for (const [name, declared] of Object.entries(declaration.inputs)) {
    const x = inputs[name]
    if (x !== undefined) checkValues(name, x, declared, call, refuse)
  }
  const valueComplaint = declaration.valueConstraint?.(givenOf(declaration, inputs), call)
  if (valueComplaint !== undefined) refuse(valueComplaint)
  return call
}

/** Forms of calls that were found valid: most calls of an operator have the form of one before. */
const validForms = new ValidForms<ValidCall>()

/** Checks all of a call but the values of its inputs. */
function validateForm(declaration: Declaration, inputs: Tensors, attributes: Attributes, refuse: Refuse): ValidCall {
  refuseUnknown('input', Object.keys(inputs), Object.keys(declaration.inputs), refuse)
  refuseUnknown('attribute', Object.keys(attributes), Object.keys(declaration.attributes), refuse)
  const given = givenOf(declaration, inputs)
  for (const [name, { optional, dimensions }] of Object.entries(declaration.inputs))
    if (given[name] === undefined && !optional)
      refuse(`input ${name} is missing; it should have shape ${dimensionsText(dimensions)}`)
  const plain = plainAttributes(declaration, attributes, refuse)
  const bound = bindSizes(declaration, given, plain, refuse)
  const filled = fillDefaults(declaration, plain, bound.sizes, refuse)
  checkComputedDimensions(declaration, given, bound, filled, refuse)
  const shapes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, [...shape]]))
  const attributesKept = Object.fromEntries(
    Object.entries(filled).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
  )
  const call: CallShape = { sizes: bound.sizes, leading: bound.leading, shapes, attributes: attributesKept }
  const complaint = declaration.constraint?.(call)
  if (complaint !== undefined) refuse(complaint)
  return { ...call, outputShapes: outputShapes(declaration, call) }
}

/** The inputs that were given, in the order of the declaration. */
function givenOf(declaration: Declaration, inputs: Tensors): Record<string, Tensor> {
  const given: Record<string, Tensor> = {}
  for (const name of Object.keys(declaration.inputs)) if (inputs[name] !== undefined) given[name] = inputs[name]
  return given
}

/** Checks the gradients given to a backward pass; see validateCall. */
export function validateGradients(declaration: Declaration, call: ValidCall, gradients: Tensors): void {
  const refuse = (what: string): never => {
    throw new Refusal(declaration.name, what)
  }
  refuseUnknown('gradient for output', Object.keys(gradients), Object.keys(call.outputShapes), refuse)
  for (const [name, gradient] of Object.entries(gradients)) {
    const shape = call.outputShapes[name]
    if (!sameShape(gradient.shape, shape))
      refuse(
        `the gradient for output ${name} has shape ${shapeText(gradient.shape)}, the output has ${shapeText(shape)}`,
      )
    const at = rowMajor(gradient).findIndex((value) => !Number.isFinite(value))
    if (at >= 0)
      refuse(
        `the gradient for output ${name} holds ${rowMajor(gradient)[at]} at ${position(at, shape)}; it should be finite`,
      )
  }
}

function refuseUnknown(what: string, held: readonly string[], known: readonly string[], refuse: Refuse): void {
  for (const name of held)
    if (!known.includes(name))
      refuse(`unknown ${what} ${name}; ${known.length === 0 ? 'it takes none' : `known: ${known.join(', ')}`}`)
}

function outputShapes(declaration: Declaration, call: CallShape): Readonly<Record<string, readonly number[]>> {
  const special = declaration.outputShapes?.(call) ?? {}
  return Object.fromEntries(
    Object.entries(declaration.outputs).map(([name, { dimensions }]) => {
      if (name in special) return [name, special[name]]
      if (dimensions === undefined) {
        const like = Object.entries(declaration.inputs).find(
          ([input, declared]) => declared.dimensions === undefined && input in call.shapes,
        )
        return [name, like === undefined ? [] : call.shapes[like[0]]]
      }
      return [
        name,
        dimensions.flatMap((dimension) =>
          dimension === '…' ? call.leading : [evaluateDimension(dimension, call.sizes, call.attributes).value],
        ),
      ]
    }),
  )
}

function checkValues(name: string, x: Tensor, declared: InputDeclaration, call: CallShape, refuse: Refuse): void {
  const least = boundValue(declared.least, call)
  const most = boundValue(declared.most, call)
  const below = boundValue(declared.below, call)
  const data = rowMajor(x)
  const wrong = (i: number, should: string) =>
    refuse(`${name} holds ${data[i]} at ${position(i, x.shape)}; it should hold ${should}`)
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (!Number.isFinite(value)) wrong(i, 'finite numbers')
    if (declared.kind === 'mask' && value !== 0 && value !== 1) wrong(i, '0 and 1 only')
    if (declared.kind === 'int' && !Number.isInteger(value)) wrong(i, 'whole numbers')
    if (value < least || value > most || value >= below) wrong(i, rangeText(declared, call))
  }
}

function boundValue(bound: Bound | undefined, call: CallShape): number {
  if (typeof bound === 'number') return bound
  if (bound === undefined) return Number.NaN
  return call.sizes[bound] ?? numberAttribute(call.attributes, bound) ?? Number.NaN
}

function rangeText(declared: InputDeclaration, call: CallShape): string {
  const word = declared.kind === 'int' ? 'whole numbers' : 'numbers'
  const parts: string[] = []
  if (declared.least !== undefined) parts.push(`from ${boundValue(declared.least, call)}`)
  if (declared.most !== undefined) parts.push(`to ${boundValue(declared.most, call)}`)
  if (declared.below !== undefined) parts.push(`to ${boundValue(declared.below, call) - 1}`)
  return `${word} ${parts.join(' ')}`
}

/** The index of the i-th element in row-major order, one number a dimension. */
export function indexOf(i: number, shape: readonly number[]): readonly number[] {
  const index: number[] = []
  let rest = i
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(rest % shape[d])
    rest = Math.floor(rest / shape[d])
  }
  return index
}

/** The same in words: `[1, 0]`. */
export function position(i: number, shape: readonly number[]): string {
  return shapeText(indexOf(i, shape))
}
