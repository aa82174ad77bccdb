import { type Attributes, type Bound, type Declaration, type InputDeclaration, Refusal } from '../../oracle/contract.js'
import { evaluateDimension } from '../../oracle/dimensions.js'
import { rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { validateCall } from '../../oracle/validation.js'
import { type Binding, lettersOf, type Slot } from './binding.js'

/** What a model's inputs have to be like. */
interface Fit {
  readonly declaration: Declaration
  readonly binding: Binding
  readonly attributes: Attributes
}

/** Factors of the sizes that the model leaves open, until the call is valid: a kernel that the model holds may want a larger image. */
const enlargements = [1, 2, 3, 4, 6, 8, 12, 16]

/**
 * The inputs of a drawn call with what the model holds in the place of what was drawn for it, and the rest in shapes that the model takes:
 * their numbers are those that were drawn, again and again where they are too few. `undefined` where there is no such call.
 */
export function fitted(drawn: Tensors, drawnAttributes: Attributes, fit: Fit): Tensors | undefined {
  const { declaration, binding, attributes } = fit
  const { sizes, leading } = validateCall(declaration, drawn, drawnAttributes)
  const fixed = lettersOf(declaration, binding, attributes)
  const multiples = [...enlargements, ...Object.values(attributes).filter((value) => typeof value === 'number')]
  for (const factor of multiples.filter((each) => Number.isInteger(each) && each > 0)) {
    const enlarged = Object.fromEntries(Object.entries(sizes).map(([letter, size]) => [letter, size * factor]))
    const letters = { ...enlarged, ...fixed }
    const inputs: Record<string, Tensor> = { ...binding.held }
    for (const [name, slot] of Object.entries(binding.slots)) {
      const input = declaration.inputs[name]
      const shape = shapeOf(input, slot, { letters, attributes, leading, like: drawn[name]?.shape ?? [] })
      const numbers = drawn[name] ?? tensor([1], [input.kind === 'mask' || input.least === 1 ? 1 : 0])
      inputs[name] = filled(shape, numbers, input, { letters, attributes })
    }
    if (isValid(declaration, inputs, attributes)) return inputs
  }
  return undefined
}

interface Sizes {
  readonly letters: Readonly<Record<string, number>>
  readonly attributes: Attributes
}

function shapeOf(
  { dimensions }: InputDeclaration,
  { shape }: Slot,
  {
    letters,
    attributes,
    leading,
    like,
  }: Sizes & { readonly leading: readonly number[]; readonly like: readonly number[] },
): readonly number[] {
  if (dimensions === undefined) return shape.map((size, d) => size ?? like.at(d - shape.length) ?? 1)
  const named = dimensions.filter((dimension) => dimension !== '…')
  const extra = shape.length - named.length
  const sizes = named.map((dimension) => evaluateDimension(dimension, letters, attributes).value)
  const around = Array.from({ length: extra }, (_, d) => leading.at(d - extra) ?? 1)
  const wanted = dimensions[0] === '…' ? [...around, ...sizes] : [...sizes, ...around]
  return shape.map((size, d) => size ?? wanted[d])
}

/** A tensor of the drawn numbers, repeated, and kept inside the input's range where the sizes have changed it. */
function filled(shape: readonly number[], drawn: Tensor, input: InputDeclaration, sizes: Sizes): Tensor {
  const numbers = rowMajor(drawn)
  const bound = (limit: Bound | undefined): number | undefined => {
    if (typeof limit !== 'string') return limit
    const value = sizes.letters[limit] ?? sizes.attributes[limit]
    return typeof value === 'number' ? value : undefined
  }
  const [below, most] = [bound(input.below), bound(input.most)]
  const inside = (value: number) => {
    if (below !== undefined) return value % below
    return most === undefined ? value : Math.min(value, most)
  }
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => inside(numbers[i % numbers.length])),
  )
}

function isValid(declaration: Declaration, inputs: Tensors, attributes: Attributes): boolean {
  try {
    validateCall(declaration, inputs, attributes)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}
