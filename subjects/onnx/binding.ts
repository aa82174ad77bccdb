import type { Attributes, Declaration, InputDeclaration } from '../../oracle/contract.js'
import { evaluateDimension } from '../../oracle/dimensions.js'
import type { Tensor, Tensors } from '../../oracle/tensor.js'
import { type ElementType, elementTypes, type ModelMessage, type ValueMessage } from './messages.js'
import { type Weight, weightsOf } from './weights.js'

/** An input of a model that is fed from outside, and stands for an input of the operator. */
export interface Slot {
  /** Its name in the model. */
  readonly name: string
  readonly type: ElementType
  /** Sizes of its dimensions, `undefined` where the model leaves one open. */
  readonly shape: readonly (number | undefined)[]
}

/** How a model's values stand for an operator's. */
export interface Binding {
  /** By the operator's names. */
  readonly slots: Readonly<Record<string, Slot>>
  /** The operator's inputs that the model holds itself. */
  readonly held: Tensors
  /** The model's names of the operator's outputs. */
  readonly outputs: Readonly<Record<string, string>>
}

/**
 * Finds the operator's outputs in a model, and those of its inputs that are not fed in what it holds: those of `chosen` under the names that
 * stand there, the others by name, then by shape. Throws a RangeError that says what does not fit.
 */
export function bind(
  declaration: Declaration,
  { model, slots, attributes }: { model: ModelMessage; slots: Binding['slots']; attributes: Attributes },
  chosen: Readonly<Record<string, string>>,
): Binding {
  const weights = weightsOf(model)
  const held = bindWeights(declaration, { weights, attributes, slots }, chosen)
  for (const [name, { optional }] of Object.entries(declaration.inputs))
    if (!optional && slots[name] === undefined && held[name] === undefined)
      throw new RangeError(
        `it has nothing for the input ${name} of ${declaration.name}; to say what it is: --as ${declaration.name},${name}=NAME; ` +
          `it holds ${listed(weights.map((weight) => weight.name))}`,
      )
  return { slots, held, outputs: bindOutputs(declaration, model) }
}

/** The inputs of a model that are fed from outside. Throws a RangeError for one of a type that cannot be fed. */
export function slotsOf({ graph }: ModelMessage): readonly Slot[] {
  const own = new Set(graph.initializer.map(({ name }) => name))
  return graph.input.filter(({ name }) => !own.has(name)).map(slotOf)
}

const fedTypes = ['float32', 'float64', 'int64', 'int32', 'bool'] as const

function slotOf({ name, type }: ValueMessage): Slot {
  const known = fedTypes.find((each) => elementTypes[each] === type?.tensorType?.elemType)
  if (known === undefined)
    throw new RangeError(
      `its input ${name} is of a type that cannot be fed; it should be float, double, int64, int32 or bool`,
    )
  const dimensions = type?.tensorType?.shape?.dim ?? []
  return { name, type: known, shape: dimensions.map(({ dimValue }) => (dimValue === 0 ? undefined : dimValue)) }
}

/** The inputs of a model by the operator's names: as `chosen` says, else by name, else by order. Throws a RangeError for one that fits none. */
export function bindSlots(
  declaration: Declaration,
  model: ModelMessage,
  chosen: Readonly<Record<string, string>>,
): Binding['slots'] {
  const slots = slotsOf(model)
  const bound = new Map<string, Slot>()
  const isBound = (slot: Slot) => [...bound.values()].includes(slot)
  for (const [name, own] of Object.entries(chosen)) {
    const slot = slots.find((each) => each.name === own)
    if (slot !== undefined && name in declaration.inputs) bound.set(name, slot)
  }
  for (const slot of slots) {
    const name = Object.keys(declaration.inputs).find((input) => plain(input) === plain(slot.name))
    if (!isBound(slot) && name !== undefined && !bound.has(name)) bound.set(name, slot)
  }
  for (const slot of slots) {
    if (isBound(slot)) continue
    const next = Object.entries(declaration.inputs).find(
      ([name, input]) => !bound.has(name) && chosen[name] === undefined && takes(input, slot),
    )
    if (next === undefined)
      throw new RangeError(
        `its input ${slot.name} fits no input of ${declaration.name} that is left; these are ${Object.keys(declaration.inputs).join(', ')}, ` +
          `and it takes ${slots.map((each) => each.name).join(', ')}`,
      )
    bound.set(next[0], slot)
  }
  return Object.fromEntries(bound)
}

/** Whether a slot is of the input's kind and number of dimensions. */
function takes({ dimensions, kind }: InputDeclaration, { type, shape }: Slot): boolean {
  const isFloat = type === 'float32' || type === 'float64'
  if (kind === 'float' ? !isFloat : kind === 'int' && isFloat) return false
  if (dimensions === undefined) return true
  const named = dimensions.filter((dimension) => dimension !== '…').length
  return named === dimensions.length ? shape.length === named : shape.length >= named
}

function bindWeights(
  declaration: Declaration,
  { weights, attributes, slots }: { weights: readonly Weight[]; attributes: Attributes; slots: Binding['slots'] },
  chosen: Readonly<Record<string, string>>,
): Tensors {
  const held: Record<string, Tensor> = {}
  const used = new Set<Weight>()
  const open = () => Object.entries(declaration.inputs).filter(([name]) => !(name in slots) && !(name in held))
  const take = (name: string, weight: Weight | undefined): void => {
    if (weight === undefined) return
    held[name] = weight.tensor
    used.add(weight)
  }
  for (const [name] of open()) {
    const own = chosen[name]
    if (own === undefined) continue
    const weight = weights.find((each) => each.name === own)
    if (weight === undefined)
      throw new RangeError(
        `it has no ${own}, which should be ${name}; it holds ${listed(weights.map((each) => each.name))}`,
      )
    take(name, weight)
  }
  const fits = (input: InputDeclaration, { tensor }: Weight) =>
    hasShape(input, tensor.shape, lettersOf(declaration, { slots, held }, attributes), attributes)
  for (const [name, input] of open())
    if (input.kind === 'float')
      take(
        name,
        weights.find((weight) => isNamed(weight.name, name) && fits(input, weight)),
      )
  for (const [name, input] of open()) {
    const candidates =
      input.kind === 'float' ? weights.filter((weight) => !used.has(weight) && fits(input, weight)) : []
    if (candidates.length > 1)
      throw new RangeError(
        `which of ${listed(candidates.map((each) => each.name))} is ${name}? To say so: --as ${declaration.name},${name}=NAME`,
      )
    take(name, candidates[0])
  }
  return held
}

/** Sizes of the dimensions' letters, as far as the model fixes them. */
export function lettersOf(
  declaration: Declaration,
  { slots, held }: Pick<Binding, 'slots' | 'held'>,
  attributes: Attributes,
): Readonly<Record<string, number>> {
  const letters: Record<string, number> = {}
  for (const [name, { dimensions }] of Object.entries(declaration.inputs)) {
    const shape = held[name]?.shape ?? slots[name]?.shape
    if (dimensions === undefined || shape === undefined) continue
    const named = dimensions.filter((dimension) => dimension !== '…')
    const first = dimensions[0] === '…' ? shape.length - named.length : 0
    for (const [d, dimension] of named.entries()) {
      const size = shape[first + d]
      const unknown = evaluateDimension(dimension, letters, attributes).letters.filter((letter) => !(letter in letters))
      if (size === undefined || unknown.length !== 1) continue
      const factor = evaluateDimension(dimension, { ...letters, [unknown[0]]: 1 }, attributes).value
      letters[unknown[0]] = size / factor
    }
  }
  return letters
}

function hasShape(
  { dimensions }: InputDeclaration,
  shape: readonly number[],
  letters: Readonly<Record<string, number>>,
  attributes: Attributes,
): boolean {
  if (dimensions === undefined || dimensions.includes('…')) return false
  if (dimensions.length !== shape.length) return false
  return dimensions.every((dimension, d) => {
    const { value } = evaluateDimension(dimension, letters, attributes)
    return Number.isNaN(value) || value === shape[d]
  })
}

function bindOutputs(
  { name: operator, outputs }: Declaration,
  { graph }: ModelMessage,
): Readonly<Record<string, string>> {
  const names = Object.keys(outputs)
  if (graph.output.length < names.length)
    throw new RangeError(
      `it has ${graph.output.length} ${graph.output.length === 1 ? 'output' : 'outputs'}, ${operator} has ${names.join(' and ')}`,
    )
  const own = graph.output.map(({ name }) => name)
  const byName = names.map((name) => own.find((each) => plain(each) === plain(name)))
  return Object.fromEntries(names.map((name, i) => [name, byName.includes(undefined) ? own[i] : (byName[i] ?? own[i])]))
}

/** What libraries call the last part of a name. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  gain: ['weight', 'scale', 'gamma'],
  bias: ['beta'],
  variance: ['var'],
  table: ['weight'],
}

/** Whether a tensor's name ends as the input's: `layers.0.norm1.weight` for `norm1.gain`. */
function isNamed(own: string, name: string): boolean {
  const parts = name.split('.')
  const last = parts.pop() ?? name
  return [last, ...(synonyms[last] ?? [])].some((each) => plain(own).endsWith(plain([...parts, each].join('.'))))
}

/** A name without what spellings differ in: `norm1.gain`, `norm1_gain` and `Norm1Gain` are the same. */
export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ')
}
