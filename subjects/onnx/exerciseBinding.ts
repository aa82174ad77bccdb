import fc from 'fast-check'
import type { Exercise, Given, Values } from '../../exercises/index.js'
import { reshape, rowMajor, sizeOf, type Tensor, tensor } from '../../oracle/tensor.js'
import { type Slot, slotsOf } from './binding.js'
import { type Chosen, listedNames, matched, type Part } from './exerciseNames.js'
import type { ModelMessage } from './messages.js'
import { heldTensors } from './weights.js'

/** How a model's values stand for an exercise's. */
export interface ExerciseBinding {
  /** What is fed, with the given data that it stands for. */
  readonly slots: readonly (Slot & Part)[]
  /** Given data that the model holds. */
  readonly held: Values
  /** Its outputs that stand for quantities. */
  readonly outputs: readonly (Part & { readonly own: string })[]
  /** Its other outputs. */
  readonly leftOver: readonly string[]
}

/**
 * Finds the given data and quantities of an exercise in a model file. Throws a RangeError that says what does not fit: every input has
 * to stand for given data, and one output at least for a quantity; what else the file holds may be anything.
 */
export function bindExercise(exercise: Exercise, model: ModelMessage, chosen: Chosen): ExerciseBinding {
  const { id, given } = exercise
  // Free symbols stand for any number: no file has their value.
  const data = given.filter(({ free }) => free !== true)
  const slots = slotsOf(model).map((slot) => {
    const part = chosen.get(slot.name) ?? only(matched(slot.name, data)?.found.name)
    if (part === undefined) throw new RangeError(strangeInput(slot.name, exercise, data))
    const bad = part.names.find((name) => !data.some((datum) => datum.name === name))
    if (bad !== undefined) throw new RangeError(`its input ${slot.name} cannot be ${bad}, which ${id} does not give`)
    return { ...slot, ...part }
  })
  const held = heldData(exercise, model, data, chosen)
  const fed = slots.flatMap(({ names }) => names)
  const twice = fed.find((name, i) => fed.indexOf(name) !== i || name in held)
  if (twice !== undefined) throw new RangeError(`it has ${twice} twice`)
  for (const slot of slots) refuseShape(slot, exercise)
  const outputs = model.graph.output.map(({ name: own }) => ({
    own,
    part: chosen.get(own) ?? only(matched(own, exercise.quantities)?.found.name),
  }))
  const found = outputs.flatMap(({ own, part }) => (part === undefined ? [] : [{ own, ...part }]))
  const answered = found.flatMap(({ names }) => names)
  if (answered.length === 0)
    throw new RangeError(
      `none of its outputs ${outputs.map(({ own }) => own).join(', ')} is a quantity of ${id}, which has ${listedNames(exercise.quantities)}; ` +
        `to say which one is: --as ${id},NAME=${outputs[0].own}`,
    )
  const same = answered.find((name, i) => answered.indexOf(name) !== i)
  if (same !== undefined) throw new RangeError(`two of its outputs are ${same}`)
  const noQuantity = answered.find((name) => !exercise.quantities.some((quantity) => quantity.name === name))
  if (noQuantity !== undefined) throw new RangeError(`an output cannot be ${noQuantity}, which ${id} gives`)
  const names = [
    ...slots.map(({ name }) => name),
    ...outputs.map(({ own }) => own),
    ...heldTensors(model).map(({ name }) => name),
  ]
  const nowhere = [...chosen.keys()].find((own) => !names.includes(own))
  if (nowhere !== undefined) throw new RangeError(`it has no ${nowhere}; it has ${names.join(', ')}`)
  return {
    slots,
    held,
    outputs: found,
    leftOver: outputs.filter(({ part }) => part === undefined).map(({ own }) => own),
  }
}

function only(name: string | undefined): Part | undefined {
  return name === undefined ? undefined : { names: [name], transposed: false }
}

function strangeInput(own: string, { id, quantities }: Exercise, data: readonly Given[]): string {
  const computed = matched(own, quantities)?.found
  const what =
    computed === undefined
      ? `stands for none of the given data of ${id}, which are ${listedNames(data)}`
      : `is ${computed.name}, which ${id} does not give but computes; given are ${listedNames(data)}`
  return `its input ${own} ${what}; to say what it is: --as ${id},NAME=${own}`
}

/** Initializers that are called as given data are. One that is called so but for its spelling, and has another shape, is something else. */
function heldData({ id }: Exercise, model: ModelMessage, data: readonly Given[], chosen: Chosen): Values {
  const held: Record<string, Tensor> = {}
  for (const { name: own, tensor: x } of heldTensors(model)) {
    const part = chosen.get(own)
    const match = part === undefined ? matched(own, data) : undefined
    const names = part?.names ?? (match === undefined ? [] : [match.found.name])
    const targets = names.map((name) => data.find((datum) => datum.name === name))
    const shapes = targets.map((datum) => datum?.value.shape ?? [])
    const wanted = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)
    const lies = part?.transposed === true ? transposed(x) : x
    const fits = wanted === lies.size && (names.length > 1 || sameBut1(lies.shape, shapes[0] ?? []))
    if (names.length === 0 || (!fits && match?.exactly === false)) continue
    if (!fits || targets.includes(undefined))
      throw new RangeError(
        `it holds ${own} of shape [${x.shape.join(', ')}], which should be ${names.join(' and ')} of ${id}, ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')}`,
      )
    for (const [i, piece] of split(lies, shapes).entries()) {
      if (names[i] in held) throw new RangeError(`it holds ${names[i]} twice`)
      held[names[i]] = piece
    }
  }
  return held
}

/** Given data whose shapes are tried for an input that takes none of the source's own. */
const tried = 100

function refuseShape(slot: Slot & Part, exercise: Exercise): void {
  const { id, given } = exercise
  const own = Object.fromEntries(given.map(({ name, value }) => [name, value]))
  const all = [
    own,
    ...fc.sample(exercise.arbitrary(), { numRuns: tried, seed: 1 }).map((drawn) => ({ ...own, ...drawn })),
  ]
  if (!all.some((values) => fedTensor(slot, values) !== undefined)) {
    const shapes = slot.names.map((name) => `${name} of ${id} has [${own[name].shape.join(', ')}]`).join(', ')
    throw new RangeError(
      `its input ${slot.name} takes [${slot.shape.map((size) => size ?? 'any').join(', ')}]; ${shapes}`,
    )
  }
  const isWhole = (name: string) => given.find((datum) => datum.name === name)?.kind === 'whole'
  if (!slot.type.startsWith('float') && !slot.names.every(isWhole))
    throw new RangeError(
      `its input ${slot.name} takes whole numbers only; ${slot.names.join(', ')} of ${id} may be others`,
    )
}

/** What an input is fed for these given data; `undefined` where it does not take their shapes. */
export function fedTensor(slot: Slot & Part, given: Values): Tensor | undefined {
  const parts = slot.names.map((name) => given[name])
  if (parts.length > 1) {
    const numbers = parts.flatMap((x) => [...rowMajor(x)])
    const known = slot.shape.reduce<number>((product, size) => product * (size ?? 1), 1)
    const open = slot.shape.lastIndexOf(undefined)
    const shape = slot.shape.map((size, d) => size ?? (d === open ? numbers.length / known : 1))
    return sizeOf(shape) === numbers.length && shape.every(Number.isInteger) ? tensor(shape, numbers) : undefined
  }
  const x = slot.transposed ? transposed(parts[0]) : parts[0]
  const shape = aligned(slot.shape, x.shape)
  return shape && reshape(x, shape)
}

/** The shape with dimensions of 1 added or left out so that it is one that is wanted, those in front first. */
function aligned(wanted: Slot['shape'], shape: readonly number[]): readonly number[] | undefined {
  if (wanted.length === 0) return shape.every((size) => size === 1) ? [] : undefined
  const [first, ...others] = wanted
  const [size, ...rest] = shape
  const ones = (): readonly number[] | undefined => {
    if (first !== undefined && first !== 1) return undefined
    const after = aligned(others, shape)
    return after && [1, ...after]
  }
  const takes = (): readonly number[] | undefined => {
    if (size === undefined || (first !== undefined && first !== size)) return undefined
    const after = aligned(others, rest)
    return after && [size, ...after]
  }
  const drops = () => (size === 1 ? aligned(wanted, rest) : undefined)
  return wanted.length > shape.length ? (ones() ?? takes() ?? drops()) : (takes() ?? ones() ?? drops())
}

/** What an output stands for, by quantity; one that joins several holds a number of each. Throws a RangeError where it does not. */
export function quantitiesOf({ names, transposed: isTransposed }: Part, answer: Tensor, exercise: Exercise): Values {
  const x = isTransposed ? transposed(answer) : answer
  if (names.length === 1) return { [names[0]]: x }
  if (x.size !== names.length)
    throw new RangeError(`it answered ${x.size} numbers for ${names.join(', ')} of ${exercise.id}`)
  return Object.fromEntries(names.map((name, i) => [name, tensor([], [rowMajor(x)[i]])]))
}

function split(x: Tensor, shapes: readonly (readonly number[])[]): readonly Tensor[] {
  const numbers = rowMajor(x)
  let from = 0
  return shapes.map((shape) => {
    const piece = numbers.slice(from, from + sizeOf(shape))
    from += piece.length
    return tensor(shape, piece)
  })
}

function transposed(x: Tensor): Tensor {
  if (x.shape.length !== 2)
    throw new RangeError(`only a matrix can be transposed (^T), and it has shape [${x.shape.join(', ')}]`)
  return tensor([x.shape[1], x.shape[0]], rowMajor(x.transpose(1, 0)))
}

function sameBut1(a: readonly number[], b: readonly number[]): boolean {
  return a.filter((size) => size !== 1).join() === b.filter((size) => size !== 1).join()
}
