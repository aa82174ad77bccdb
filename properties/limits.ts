import type { AttributeDeclaration, Attributes, AttributeValue } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import type { Tensors } from '../oracle/tensor.js'

/** A valid call of an operator that the subject answered or refused. */
export interface Probed {
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly refused: boolean
}

/** Something that a subject was found to refuse always. */
export interface FoundLimit {
  /** In words: `groups other than 1`. */
  readonly what: string
  has(inputs: Tensors, attributes: Attributes): boolean
}

/** A property shared by fewer calls than this may be refused by chance. */
const leastCalls = 5

/**
 * The fewest properties of calls that all refused ones of an operator have and no answered one: values of attributes, optional inputs,
 * numbers of dimensions. None where there is no answered call to tell them from; refusals that no property explains stay unexplained.
 */
export function limitsOf(operator: string, probed: readonly Probed[]): readonly FoundLimit[] {
  if (probed.every(({ refused }) => refused)) return []
  const candidates = propertiesOf(operator, probed)
    .map((limit) => ({ limit, calls: probed.filter(({ inputs, attributes }) => limit.has(inputs, attributes)) }))
    .filter(({ calls }) => calls.length >= leastCalls && calls.every(({ refused }) => refused))
  const found: FoundLimit[] = []
  let unexplained = probed.filter(({ refused }) => refused)
  while (unexplained.length > 0) {
    const explained = candidates.map(({ calls }) => unexplained.filter((call) => calls.includes(call)).length)
    const most = Math.max(0, ...explained)
    if (most === 0) break
    const { limit, calls } = candidates[explained.indexOf(most)]
    found.push(limit)
    unexplained = unexplained.filter((call) => !calls.includes(call))
  }
  return found
}

/** What tells calls of an operator apart, the more general first. */
function propertiesOf(operator: string, probed: readonly Probed[]): readonly FoundLimit[] {
  const { inputs, attributes } = contract[operator]
  const found: FoundLimit[] = []
  for (const [name, declared] of Object.entries(attributes)) found.push(...attributeProperties(name, declared, probed))
  for (const [name, { optional }] of Object.entries(inputs)) {
    if (optional) {
      found.push({ what: `the input ${name}`, has: (given) => given[name] !== undefined })
      found.push({ what: `no input ${name}`, has: (given) => given[name] === undefined })
    }
    const ranks = new Set(probed.flatMap(({ inputs: given }) => given[name]?.shape.length ?? []))
    if (ranks.size > 1)
      for (const rank of ranks)
        found.push({ what: `${name} of rank ${rank}`, has: (given) => given[name]?.shape.length === rank })
  }
  return found
}

/** More values of one attribute than this are not told apart. */
const mostValues = 12

function attributeProperties(
  name: string,
  declared: AttributeDeclaration,
  probed: readonly Probed[],
): readonly FoundLimit[] {
  const found: FoundLimit[] = []
  const usual = 'default' in declared && typeof declared.default !== 'object' ? declared.default : undefined
  if (usual !== undefined)
    found.push({
      what: `${name} other than ${usual}`,
      has: (_, { [name]: value }) => value !== undefined && !isAll(value, usual),
    })
  if (declared.type === 'pair')
    found.push({
      what: `${name} with two different numbers`,
      has: (_, { [name]: value }) => typeof value === 'object' && value[0] !== value[1],
    })
  const values = new Map(
    probed.flatMap(({ attributes: { [name]: value } }) =>
      value === undefined ? [] : [[String(value), value] as const],
    ),
  )
  if (values.size <= mostValues)
    for (const [text, value] of values)
      found.push({
        what: `${name} ${text}`,
        has: (_, { [name]: other }) => other !== undefined && String(other) === String(value),
      })
  return found
}

/** Whether an attribute has the value `usual`; a pair, whether both its numbers have. */
function isAll(value: AttributeValue, usual: AttributeValue): boolean {
  return typeof value === 'object' ? value.every((entry) => entry === usual) : value === usual
}
