import type { AttributeDeclaration, Attributes, AttributeValue, Declaration } from './contract.js'
import { shapeText } from './tensor.js'

/** Refuses a call, saying what is wrong with it. */
export type Refuse = (what: string) => never

/** The attributes as given, checked one by one, before defaults. */
export function plainAttributes(declaration: Declaration, attributes: Attributes, refuse: Refuse) {
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

export function fillDefaults(
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

export function numberAttribute(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name]
  return typeof value === 'number' ? value : undefined
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
