import {
  type AttributeDeclaration,
  type Attributes,
  type AttributeValue,
  type Bound,
  type CallShape,
  type Declaration,
  type InputDeclaration,
  Refusal,
} from './contract.js'
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
  refuseUnknown('input', Object.keys(inputs), Object.keys(declaration.inputs), refuse)
  refuseUnknown('attribute', Object.keys(attributes), Object.keys(declaration.attributes), refuse)

  const given: Record<string, Tensor> = {}
  for (const [name, input] of Object.entries(declaration.inputs)) {
    const x = inputs[name]
    if (x === undefined) {
      if (!input.optional) refuse(`input ${name} is missing; it should have shape ${dimensionsText(input.dimensions)}`)
      continue
    }
    given[name] = x
  }

  const plain = plainAttributes(declaration, attributes, refuse)
  const bound = bindSizes(declaration, given, plain, refuse)
  const filled = fillDefaults(declaration, plain, bound.sizes, refuse)
  checkComputedDimensions(declaration, given, bound, filled, refuse)
  const shapes = Object.fromEntries(Object.entries(given).map(([name, x]) => [name, x.shape]))
  const call: CallShape = { sizes: bound.sizes, leading: bound.leading, shapes, attributes: filled }
  const complaint = declaration.constraint?.(call)
  if (complaint !== undefined) refuse(complaint)
  for (const [name, x] of Object.entries(given)) checkValues(name, x, declaration.inputs[name], call, refuse)
  const valueComplaint = declaration.valueConstraint?.(given, call)
  if (valueComplaint !== undefined) refuse(valueComplaint)
  return { ...call, outputShapes: outputShapes(declaration, call) }
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

type Refuse = (what: string) => never

function refuseUnknown(what: string, held: readonly string[], known: readonly string[], refuse: Refuse): void {
  for (const name of held)
    if (!known.includes(name))
      refuse(`unknown ${what} ${name}; ${known.length === 0 ? 'it takes none' : `known: ${known.join(', ')}`}`)
}

/** The attributes as given, checked one by one, before defaults. */
function plainAttributes(declaration: Declaration, attributes: Attributes, refuse: Refuse) {
  const plain: Record<string, AttributeValue> = {}
  for (const [name, attribute] of Object.entries(declaration.attributes)) {
    const value = attributes[name]
    if (value === undefined) {
      if (!('default' in attribute) || attribute.default === undefined)
        refuse(`attribute ${name} is missing; it should be ${attributeText(attribute)}`)
      continue
    }
    plain[name] = checkAttribute(name, attribute, value, refuse)
  }
  return plain
}

function fillDefaults(
  declaration: Declaration,
  plain: Readonly<Record<string, AttributeValue>>,
  sizes: Readonly<Record<string, number>>,
  refuse: Refuse,
): Attributes {
  const filled: Record<string, AttributeValue> = { ...plain }
  for (const [name, attribute] of Object.entries(declaration.attributes)) {
    if (name in filled || !('default' in attribute) || attribute.default === undefined) continue
    const value =
      typeof attribute.default === 'object' && 'compute' in attribute.default
        ? attribute.default.compute({ sizes, attributes: filled })
        : attribute.default
    filled[name] = checkAttribute(name, attribute, value, refuse)
  }
  return filled
}

function checkAttribute(
  name: string,
  declared: AttributeDeclaration,
  value: AttributeValue,
  refuse: Refuse,
): AttributeValue {
  const wrong = (): never =>
    refuse(
      `attribute ${name} is ${Array.isArray(value) ? shapeText(value) : String(value)}; it should be ${attributeText(declared)}`,
    )
  switch (declared.type) {
    case 'number':
      if (typeof value !== 'number' || !inRange(value, declared)) return wrong()
      return declared.integer && !Number.isSafeInteger(value) ? wrong() : value
    case 'choice':
      return typeof value === 'string' && declared.values.includes(value) ? value : wrong()
    case 'choice of numbers':
      return typeof value === 'number' && declared.values.includes(value) ? value : wrong()
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong()
    case 'pair': {
      const pair = typeof value === 'number' ? [value, value] : value
      if (!Array.isArray(pair) || pair.length !== 2) return wrong()
      return pair.every((entry) => Number.isSafeInteger(entry) && inRange(entry, declared)) ? pair : wrong()
    }
    case 'list':
      if (!Array.isArray(value) || value.length === 0) return wrong()
      return value.every((entry) => Number.isSafeInteger(entry) && inRange(entry, declared)) ? value : wrong()
  }
}

function inRange(value: number, range: { least?: number; most?: number; above?: number; below?: number }): boolean {
  if (!Number.isFinite(value)) return false
  if (range.least !== undefined && value < range.least) return false
  if (range.most !== undefined && value > range.most) return false
  if (range.above !== undefined && value <= range.above) return false
  return range.below === undefined || value < range.below
}

interface BoundSizes {
  readonly sizes: Record<string, number>
  readonly leading: readonly number[]
}

/** Sizes of the plainly named dimensions, from the first input that has them; refuses where another input disagrees. */
function bindSizes(
  declaration: Declaration,
  given: Readonly<Record<string, Tensor>>,
  attributes: Attributes,
  refuse: Refuse,
): BoundSizes {
  const sizes: Record<string, number> = {}
  const owners: Record<string, string> = {}
  let leading: readonly number[] | undefined
  let leadingOwner = ''
  let elementwise: { name: string; shape: readonly number[] } | undefined
  for (const [name, x] of Object.entries(given)) {
    const empty = x.shape.findIndex((length) => length < 1)
    if (empty >= 0) refuse(`${name} has shape ${shapeText(x.shape)}; every dimension should be at least 1`)
    const { dimensions } = declaration.inputs[name]
    if (dimensions === undefined) {
      elementwise ??= { name, shape: x.shape }
      if (!sameShape(x.shape, elementwise.shape))
        refuse(
          `${name} has shape ${shapeText(x.shape)}, ${elementwise.name} has ${shapeText(elementwise.shape)}; they should be equal`,
        )
      continue
    }
    const { named, hasLeading, first } = namedDimensions(dimensions, x.shape.length)
    const rank = x.shape.length
    if (hasLeading ? rank < named.length : rank !== named.length)
      refuse(
        `${name} has rank ${rank} (shape ${shapeText(x.shape)}); it should have shape ${dimensionsText(dimensions)}`,
      )
    const extra = first > 0 ? x.shape.slice(0, first) : x.shape.slice(named.length)
    if (hasLeading) {
      if (leading === undefined || leading.length === 0) {
        leading = extra
        leadingOwner = name
      } else if (extra.length > 0 && !sameShape(extra, leading)) {
        refuse(
          `${name} has leading dimensions ${shapeText(extra)}, ${leadingOwner} has ${shapeText(leading)}; they should be equal, or absent on one side`,
        )
      }
    }
    for (const [d, dimension] of named.entries()) {
      if (!isSimple(dimension)) continue
      const size = x.shape[first + d]
      const fixed = /^\d+$/.test(dimension) ? Number(dimension) : numberAttribute(attributes, dimension)
      if (fixed !== undefined) {
        if (size !== fixed)
          refuse(`${name} has ${size} at dimension ${first + d}; it should have ${fixed} (${dimension})`)
        continue
      }
      const known = sizes[dimension]
      if (known === undefined) {
        sizes[dimension] = size
        owners[dimension] = name
      } else if (known !== size) {
        const word = declaration.dimensionNames?.[dimension] ?? `as its ${dimension}`
        refuse(`${name} has ${size} ${word}, ${owners[dimension]} has ${known}`)
      }
    }
  }
  return { sizes, leading: leading ?? [] }
}

/** The dimensions besides `…`, which stands first or last, and where the first of them lies in a shape of this rank. */
function namedDimensions(dimensions: readonly string[], rank: number) {
  const hasLeading = dimensions.includes('…')
  const named = dimensions.filter((dimension) => dimension !== '…')
  return { named, hasLeading, first: dimensions[0] === '…' ? rank - named.length : 0 }
}

/** Where only `2N` says what N is (ntXent), N is half the size; refuses a size that is no such multiple. */
function inferFromMultiple(
  name: string,
  dimension: string,
  size: number,
  sizes: Record<string, number>,
  refuse: Refuse,
): void {
  const [, factor, letter] = /^(\d+)(\p{Lu}′?)$/u.exec(dimension) ?? []
  if (letter === undefined || letter in sizes) return
  if (size % Number(factor) !== 0)
    refuse(`${name} has ${size} as its ${dimension}; it should have a multiple of ${factor}`)
  sizes[letter] = size / Number(factor)
}

/** Checks dimensions such as `C/groups` and `4H` once sizes and attributes are known. */
function checkComputedDimensions(
  declaration: Declaration,
  given: Readonly<Record<string, Tensor>>,
  bound: BoundSizes,
  attributes: Attributes,
  refuse: Refuse,
): void {
  for (const [name, x] of Object.entries(given)) {
    const { named, first } = namedDimensions(declaration.inputs[name].dimensions ?? [], x.shape.length)
    for (const [d, dimension] of named.entries()) {
      if (isSimple(dimension)) continue
      inferFromMultiple(name, dimension, x.shape[first + d], bound.sizes, refuse)
      const { value, letters, names } = evaluateDimension(dimension, bound.sizes, attributes)
      const held = x.shape[first + d]
      if (held === value) continue
      const letter = letters[0]
      const word = declaration.dimensionNames?.[letter] ?? `as its ${dimension}`
      const owner = Object.keys(given).find((other) => declaration.inputs[other].dimensions?.includes(letter)) ?? letter
      const settings = [...new Set(names)].map((attribute) => `${attribute} = ${attributes[attribute]}`).join(', ')
      if (dimension.includes('·'))
        refuse(`${name} has ${held} at dimension ${first + d}; it should have ${value} (${dimension}, ${settings})`)
      refuse(
        `${name} has ${held} ${word}, ${owner} has ${bound.sizes[letter]}${settings === '' ? `; it should have ${value} (${dimension})` : ` (${settings})`}`,
      )
    }
  }
}

function isSimple(dimension: string): boolean {
  return /^(\p{L}[\p{L}′]*|\d+)$/u.test(dimension) && !/^\d+\p{L}/u.test(dimension)
}

/** The value of a computed dimension: a product of whole numbers, size letters and attributes, with at most one `/`. */
function evaluateDimension(dimension: string, sizes: Readonly<Record<string, number>>, attributes: Attributes) {
  const letters: string[] = []
  const names: string[] = []
  const productOf = (product: string): number =>
    (product.match(/\d+|[a-z]\w*|\p{Lu}′?/gu) ?? []).reduce((value, factor) => {
      if (/^\d+$/.test(factor)) return value * Number(factor)
      const attribute = numberAttribute(attributes, factor)
      if (attribute !== undefined) {
        names.push(factor)
        return value * attribute
      }
      letters.push(factor)
      return value * sizes[factor]
    }, 1)
  const [numerator, denominator] = dimension.split('/')
  const value = productOf(numerator) / (denominator === undefined ? 1 : productOf(denominator))
  return { value, letters, names }
}

function numberAttribute(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name]
  return typeof value === 'number' ? value : undefined
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
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    const wrong = (should: string) =>
      refuse(`${name} holds ${value} at ${position(i, x.shape)}; it should hold ${should}`)
    if (!Number.isFinite(value)) wrong('finite numbers')
    if (declared.kind === 'mask' && value !== 0 && value !== 1) wrong('0 and 1 only')
    if (declared.kind === 'int' && !Number.isInteger(value)) wrong('whole numbers')
    if (value < least || value > most || value >= below) wrong(rangeText(declared, call))
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

/** The index of the i-th element in row-major order: `[1, 0]`. */
export function position(i: number, shape: readonly number[]): string {
  const index: number[] = []
  let rest = i
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(rest % shape[d])
    rest = Math.floor(rest / shape[d])
  }
  return shapeText(index)
}

/** Dimensions as the messages and the documentation print them: `[N, C/groups, …]`. */
export function dimensionsText(dimensions: InputDeclaration['dimensions']): string {
  return dimensions === undefined ? 'any shape' : `[${dimensions.join(', ')}]`
}

/** What an attribute should be, in words: `a number ≥ 0`, `'mean', 'sum' or 'none'`. */
export function attributeText(attribute: AttributeDeclaration): string {
  switch (attribute.type) {
    case 'choice':
    case 'choice of numbers': {
      const values = attribute.values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
      return values.length === 1 ? values[0] : `${values.slice(0, -1).join(', ')} or ${values[values.length - 1]}`
    }
    case 'boolean':
      return 'true or false'
    case 'number':
      return `${attribute.integer ? 'a whole number' : 'a number'}${limitsText(attribute)}`
    case 'pair':
      return `a whole number${limitsText(attribute)}, or a pair [height, width] of such`
    case 'list':
      return `a list of whole numbers${limitsText(attribute)}`
  }
}

function limitsText(range: { least?: number; most?: number; above?: number; below?: number }): string {
  const parts: string[] = []
  if (range.least !== undefined) parts.push(`≥ ${range.least}`)
  if (range.above !== undefined) parts.push(`> ${range.above}`)
  if (range.most !== undefined) parts.push(`≤ ${range.most}`)
  if (range.below !== undefined) parts.push(`< ${range.below}`)
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}
