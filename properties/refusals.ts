import type {
  AttributeDeclaration,
  Attributes,
  AttributeValue,
  Declaration,
  InputDeclaration,
} from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import type { OperatorProperties } from './calls.js'
import { broken, held } from './comparison.js'
import type { Random } from './data.js'
import type { Call, Law } from './law.js'
import { law, taken, tensorOf } from './relations.js'

/** A call that must be refused, and what is wrong with it. */
export interface BadCall {
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly gradients?: Tensors
  readonly what: string
}

/** Spoils a valid call. Answers with nothing where this call cannot be spoilt in this way. */
export type Spoil = (call: Call, random: Random) => BadCall | undefined

/** A law that calls spoilt in one way are refused. */
export function refuses(
  { operator, calls }: Pick<OperatorProperties, 'operator' | 'calls'>,
  badness: string,
  spoil: Spoil,
  backward?: true,
): Law {
  return law({
    operator,
    kind: 'refusal',
    name: `refuses ${badness}`,
    calls: calls('simple'),
    ...(backward === undefined ? {} : { backward }),
    check: async ({ call, subject }, random) => {
      const bad = spoil(call, random)
      if (bad === undefined) return held
      const refusal = await subject.refusal(bad.inputs, bad.attributes, bad.gradients)
      return refusal === undefined ? broken(`it answered a call with ${bad.what}; it should refuse it`) : held
    },
  })
}

/** The refusals that an operator's declaration implies: one law for every kind of bad call that it can be given. */
export function refusalLaws(properties: Pick<OperatorProperties, 'operator' | 'calls'>): Law[] {
  const declaration = contract[properties.operator]
  const inputs = Object.entries(declaration.inputs)
  const attributes = Object.entries(declaration.attributes)
  const required = attributes.filter(([, attribute]) => !('default' in attribute) || attribute.default === undefined)
  const limited = attributes.filter(([, attribute]) => outOfRange(attribute) !== undefined)
  const whole = attributes.filter(([, attribute]) => fraction(attribute) !== undefined)
  const ints = inputs.filter(([, input]) => input.kind !== 'float')
  const laws: [boolean, string, Spoil][] = [
    [true, 'an unknown input', withUnknownInput],
    [inputs.length > 0, 'a missing input', withoutInput(declaration)],
    [true, 'an unknown attribute', (call) => changed(call, 'colour', 1)],
    [required.length > 0, 'a missing attribute', withoutAttribute(required.map(([name]) => name))],
    [attributes.length > 0, 'an attribute of the wrong type', withAttribute(attributes, ofWrongType)],
    [limited.length > 0, 'an attribute out of range', withAttribute(limited, outOfRange)],
    [whole.length > 0, 'a fraction for an attribute that is a whole number', withAttribute(whole, fraction)],
    [inputs.some(([, input]) => canHaveWrongRank(input)), 'an input of the wrong rank', withWrongRank(declaration)],
    [
      agreements(
        declaration,
        inputs.map(([name]) => name),
      ).length > 0,
      'dimensions that disagree',
      withDisagreement(declaration),
    ],
    [ints.length > 0, 'a whole number out of range', withNumbers(ints, outsideOf(declaration))],
    [ints.length > 0, 'a fraction where a whole number belongs', withNumbers(ints, () => 0.5)],
    [
      inputs.some(([, input]) => input.kind === 'float'),
      'an input that is not finite',
      withNumbers(
        inputs.filter(([, input]) => input.kind === 'float'),
        (_, __, random) => notFinite[random.integer(0, 2)],
      ),
    ],
  ]
  const forward = laws.filter(([applies]) => applies).map(([, badness, spoil]) => refuses(properties, badness, spoil))
  if (!declaration.differentiable) return forward
  return [
    ...forward,
    refuses(properties, 'a gradient for an unknown output', withUnknownGradient, true),
    refuses(properties, 'a gradient of the wrong shape', withMisshapenGradient, true),
    refuses(properties, 'a gradient that is not finite', withInfiniteGradient, true),
  ]
}

const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** The call with another value for one attribute. */
export function changed({ inputs, attributes }: Call, name: string, value: AttributeValue): BadCall {
  const text = Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
  return { inputs, attributes: { ...attributes, [name]: value }, what: `${name} = ${text}` }
}

/** The call with another tensor for one input. */
export function exchanged({ inputs, attributes }: Call, name: string, x: Tensor, what: string): BadCall {
  return { inputs: { ...inputs, [name]: x }, attributes, what }
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(0, list.length - 1)]
}

function withUnknownInput(call: Call): BadCall {
  return exchanged(call, 'surplus', tensor([1], [1]), 'an input named surplus')
}

function withoutInput(declaration: Declaration): Spoil {
  const required = Object.keys(declaration.inputs).filter((name) => !declaration.inputs[name].optional)
  return ({ inputs, attributes }, random) => {
    const { [pick(required, random)]: _, ...others } = inputs
    const missing = required.find((name) => !(name in others))
    return { inputs: others, attributes, what: `no ${missing}` }
  }
}

function withoutAttribute(required: readonly string[]): Spoil {
  return ({ inputs, attributes }, random) => {
    const name = pick(required, random)
    const { [name]: _, ...others } = attributes
    return { inputs, attributes: others, what: `no ${name}` }
  }
}

type Attribute = readonly [string, AttributeDeclaration]

function withAttribute(
  attributes: readonly Attribute[],
  badValue: (attribute: AttributeDeclaration) => AttributeValue | undefined,
): Spoil {
  return (call, random) => {
    const [name, attribute] = pick(attributes, random)
    const value = badValue(attribute)
    return value === undefined ? undefined : changed(call, name, value)
  }
}

function ofWrongType({ type }: AttributeDeclaration): AttributeValue {
  switch (type) {
    case 'number':
    case 'list':
    case 'choice of numbers':
      return 'one'
    case 'choice':
      return 'unheard of'
    case 'boolean':
      return 'yes'
    case 'pair':
      return [1, 2, 3]
  }
}

/** A value just outside of the range, if there is one. */
function outOfRange(attribute: AttributeDeclaration): AttributeValue | undefined {
  switch (attribute.type) {
    case 'choice of numbers':
      return Math.max(...attribute.values) + 1
    case 'choice':
    case 'boolean':
      return undefined
    case 'number':
      return numberOutside(attribute)
    case 'pair': {
      const outside = numberOutside(attribute)
      return outside === undefined ? undefined : [outside, outside]
    }
    case 'list': {
      const outside = numberOutside(attribute)
      return outside === undefined ? undefined : [outside]
    }
  }
}

function numberOutside(range: { least?: number; most?: number; above?: number; below?: number }): number | undefined {
  if (range.least !== undefined) return range.least - 1
  if (range.above !== undefined) return range.above
  if (range.most !== undefined) return range.most + 1
  return range.below
}

function fraction(attribute: AttributeDeclaration): AttributeValue | undefined {
  switch (attribute.type) {
    case 'number':
      return attribute.integer ? (attribute.least ?? 0) + 0.5 : undefined
    case 'pair':
      return [(attribute.least ?? 0) + 0.5, (attribute.least ?? 0) + 1]
    case 'list':
      return [(attribute.least ?? 0) + 0.5]
    default:
      return undefined
  }
}

/** An input of a fixed number of dimensions, or of some at least. */
function canHaveWrongRank({ dimensions }: InputDeclaration): boolean {
  return dimensions?.some((dimension) => dimension !== '…') ?? false
}

function withWrongRank(declaration: Declaration): Spoil {
  return (call, random) => {
    const names = Object.keys(call.inputs).filter((name) => canHaveWrongRank(declaration.inputs[name]))
    const name = pick(names, random)
    const dimensions = declaration.inputs[name].dimensions ?? []
    const x = call.inputs[name]
    const least = dimensions.filter((dimension) => dimension !== '…').length
    // One dimension too many, or, where any number may lead or trail, one too few.
    const bad = dimensions.includes('…')
      ? tensorOf(new Array(least - 1).fill(1), () => 1)
      : tensor([1, ...x.shape], rowMajor(x))
    return exchanged(call, name, bad, `${name} of rank ${bad.shape.length}`)
  }
}

/** Where a declared dimension stands in an input of this rank: those after a `…` are counted from the end. */
function placeOf(dimensions: readonly string[], d: number, rank: number): number {
  const rest = dimensions.indexOf('…')
  return rest < 0 || d < rest ? d : d - dimensions.length + rank
}

/** Declared dimensions of inputs that another input has as well: [input, dimension]; −1 for elementwise inputs. */
function agreements(declaration: Declaration, given: readonly string[]): readonly (readonly [string, number])[] {
  const letters = (dimension: string) => dimension.match(/\p{Lu}+′?/gu) ?? []
  return given.flatMap((name) => {
    const { dimensions } = declaration.inputs[name]
    const others = given.filter((other) => other !== name)
    if (dimensions === undefined)
      return others.some((other) => declaration.inputs[other].dimensions === undefined) ? [[name, -1] as const] : []
    return dimensions.flatMap((dimension, d) => {
      const known = others.flatMap((other) => declaration.inputs[other].dimensions ?? []).flatMap(letters)
      return letters(dimension).some((letter) => known.includes(letter)) ? [[name, d] as const] : []
    })
  })
}

function withDisagreement(declaration: Declaration): Spoil {
  return (call, random) => {
    const candidates = agreements(declaration, Object.keys(call.inputs))
    if (candidates.length === 0) return undefined
    const [name, dimension] = pick(candidates, random)
    const x = call.inputs[name]
    if (dimension < 0)
      return exchanged(
        call,
        name,
        tensorOf([...x.shape, 2], () => 1),
        `${name} of another shape`,
      )
    const d = placeOf(declaration.inputs[name].dimensions ?? [], dimension, x.shape.length)
    const order = [...Array.from({ length: x.shape[d] }, (_, i) => i), 0]
    return exchanged(
      call,
      name,
      taken(x, d, order),
      `${name} with ${order.length} instead of ${x.shape[d]} at dimension ${d}`,
    )
  }
}

type Input = readonly [string, InputDeclaration]

/** The call with a bad number somewhere in an input. */
function withNumbers(
  inputs: readonly Input[],
  badNumber: (input: InputDeclaration, call: Call, random: Random) => number,
): Spoil {
  return (call, random) => {
    const given = inputs.filter(([name]) => name in call.inputs)
    if (given.length === 0) return undefined
    const [name, input] = pick(given, random)
    const x = call.inputs[name]
    const at = random.integer(0, x.size - 1)
    const bad = badNumber(input, call, random)
    return exchanged(
      call,
      name,
      tensorOf(x.shape, (i) => (i === at ? bad : rowMajor(x)[i])),
      `${bad} in ${name}`,
    )
  }
}

/** The nearest whole number outside of an int input's range, on either side. */
function outsideOf(declaration: Declaration) {
  return (input: InputDeclaration, call: Call, random: Random): number => {
    const { least, most, below } = input
    const low = typeof least === 'number' ? least - 1 : -1
    if (random.next() < 0.5) return low
    if (below !== undefined) return boundOf(declaration, below, call)
    if (most !== undefined) return boundOf(declaration, most, call) + 1
    return input.kind === 'mask' ? 2 : low
  }
}

/** A bound: a number, or the value of an attribute or the size of a dimension of that name. */
function boundOf(declaration: Declaration, bound: number | string, { inputs, attributes }: Call): number {
  if (typeof bound === 'number') return bound
  const value = attributes[bound]
  if (typeof value === 'number') return value
  for (const [name, x] of Object.entries(inputs)) {
    const dimensions = declaration.inputs[name].dimensions ?? []
    const d = dimensions.indexOf(bound)
    if (d >= 0) return x.shape[placeOf(dimensions, d, x.shape.length)]
  }
  throw new RangeError(`${declaration.name} has no size or attribute named ${bound}`)
}

function spoiltGradient(call: Call, gradients: Tensors, what: string): BadCall {
  return { inputs: call.inputs, attributes: call.attributes, gradients, what }
}

function withUnknownGradient(call: Call): BadCall {
  return spoiltGradient(
    call,
    { ...call.gradients, surplus: tensor([1], [1]) },
    'a gradient for an output named surplus',
  )
}

function withMisshapenGradient(call: Call, random: Random): BadCall {
  const name = pick(Object.keys(call.gradients), random)
  const shape = [...call.gradients[name].shape, 2]
  const gradients = { ...call.gradients, [name]: tensorOf(shape, () => 1) }
  return spoiltGradient(call, gradients, `a gradient of shape [${shape.join(', ')}] for ${name}`)
}

function withInfiniteGradient(call: Call, random: Random): BadCall {
  const name = pick(Object.keys(call.gradients), random)
  const g = call.gradients[name]
  const at = random.integer(0, g.size - 1)
  const bad = pick(notFinite, random)
  const gradients = { ...call.gradients, [name]: tensorOf(g.shape, (i) => (i === at ? bad : rowMajor(g)[i])) }
  return spoiltGradient(call, gradients, `${bad} in the gradient for ${name}`)
}
