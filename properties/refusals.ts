import type {
  AttributeDeclaration,
  Attributes,
  AttributeValue,
  Declaration,
  InputDeclaration,
} from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { fractionsFor, notFinite, notFiniteFor, numbersOutside, valuesOutside } from './badValues.js'
import type { OperatorProperties } from './calls.js'
import { broken, held } from './comparison.js'
import type { Random } from './data.js'
import type { Call, Law } from './law.js'
import type { Profile } from './profile.js'
import { law, taken, tensorOf } from './relations.js'

/** A call that must be refused, and what is wrong with it. */
export interface BadCall {
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly gradients?: Tensors
  readonly what: string
}

/** Spoils a valid call, in one way or several. Answers with nothing where this call cannot be spoilt. */
export type Spoil = (call: Call, random: Random, profile: Profile) => BadCall | readonly BadCall[] | undefined

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
    check: async ({ call, subject, profile }, random) => {
      for (const bad of [spoil(call, random, profile) ?? []].flat()) {
        const { what, ...made } = bad
        const refusal = await subject.refusal(made.inputs, made.attributes, made.gradients)
        if (refusal === undefined) return broken(`it answered a call with ${what}; it should refuse it`, made)
      }
      return held
    },
  })
}

/** The refusals that an operator's declaration implies: one law for every kind of bad call that it can be given. */
export function refusalLaws(properties: Pick<OperatorProperties, 'operator' | 'calls'>): Law[] {
  const declaration = contract[properties.operator]
  const inputs = Object.entries(declaration.inputs)
  const attributes = Object.entries(declaration.attributes)
  const required = attributes.filter(([, attribute]) => !('default' in attribute) || attribute.default === undefined)
  const limited = attributes.filter(([, attribute]) => valuesOutside(attribute, 1).length > 0)
  const whole = attributes.filter(([, attribute]) => fractionsFor(attribute, 1).length > 0)
  const numeric = attributes.filter(([, attribute]) => notFiniteFor(attribute, 1).length > 0)
  const ints = inputs.filter(([, input]) => input.kind !== 'float')
  const floats = inputs.filter(([, input]) => input.kind === 'float')
  const limitedFloats = floats.filter(([, { least, most, below }]) => (least ?? most ?? below) !== undefined)
  const laws: [boolean, string, Spoil][] = [
    [true, 'an unknown input', withUnknownInput],
    [inputs.length > 0, 'a missing input', withoutInput(declaration)],
    [true, 'an unknown attribute', (call) => changed(call, 'colour', 1)],
    [required.length > 0, 'a missing attribute', withoutAttribute(required.map(([name]) => name))],
    [attributes.length > 0, 'an attribute of the wrong type', withAttributes(attributes, ofWrongType)],
    [limited.length > 0, 'an attribute out of range', withAttributes(limited, valuesOutside)],
    [whole.length > 0, 'a fraction for an attribute that is a whole number', withAttributes(whole, fractionsFor)],
    [numeric.length > 0, 'an attribute that is not finite', withAttributes(numeric, notFiniteFor)],
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
    [ints.length > 0, 'a fraction where a whole number belongs', withNumbers(ints, () => [0.5, 1 - 2 ** -6])],
    [limitedFloats.length > 0, 'a number out of range', withNumbers(limitedFloats, outsideOf(declaration))],
    [floats.length > 0, 'an input that is not finite', withNumbers(floats, () => notFinite)],
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

/** One bad value for each of the attributes, in a call of its own. */
function withAttributes(
  attributes: readonly Attribute[],
  badValues: (attribute: AttributeDeclaration, current: AttributeValue) => readonly AttributeValue[],
): Spoil {
  return (call, random) =>
    attributes.flatMap(([name, attribute]) => {
      const values = badValues(attribute, call.attributes[name])
      return values.length === 0 ? [] : [changed(call, name, pick(values, random))]
    })
}

function ofWrongType({ type }: AttributeDeclaration): readonly AttributeValue[] {
  switch (type) {
    case 'number':
    case 'list':
    case 'choice of numbers':
      return ['one']
    case 'choice':
      return ['unheard of']
    case 'boolean':
      return ['yes']
    case 'pair':
      return [[1, 2, 3]]
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

/** The call with a bad number somewhere in an input, once for each of the inputs that are given. */
function withNumbers(
  inputs: readonly Input[],
  badNumbers: (input: InputDeclaration, call: Call, profile: Profile) => readonly number[],
): Spoil {
  return (call, random, profile) =>
    inputs.flatMap(([name, input]) => {
      const x = call.inputs[name]
      const values = x === undefined ? [] : badNumbers(input, call, profile)
      if (values.length === 0) return []
      const [at, bad] = [random.integer(0, x.size - 1), pick(values, random)]
      return [
        exchanged(
          call,
          name,
          tensorOf(x.shape, (i) => (i === at ? bad : rowMajor(x)[i])),
          `${bad} in ${name}`,
        ),
      ]
    })
}

/** Numbers outside of an input's range, next to it and farther away, on either side. */
function outsideOf(declaration: Declaration) {
  return (input: InputDeclaration, call: Call, profile: Profile): readonly number[] =>
    numbersOutside(input, (bound) => boundOf(declaration, bound, call), profile)
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
