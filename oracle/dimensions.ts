import { numberAttribute, type Refuse } from './attributes.js'
import type { Attributes, Declaration, InputDeclaration } from './contract.js'
import { sameShape, shapeText, type Tensor } from './tensor.js'

interface BoundSizes {
  readonly sizes: Record<string, number>
  readonly leading: readonly number[]
}

/** Sizes of the plainly named dimensions, from the first input that has them; refuses where another input disagrees. */
export function bindSizes(
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
export function checkComputedDimensions(
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
export function evaluateDimension(dimension: string, sizes: Readonly<Record<string, number>>, attributes: Attributes) {
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

/** Dimensions as the messages and the documentation print them: `[N, C/groups, …]`. */
export function dimensionsText(dimensions: InputDeclaration['dimensions']): string {
  return dimensions === undefined ? 'any shape' : `[${dimensions.join(', ')}]`
}
