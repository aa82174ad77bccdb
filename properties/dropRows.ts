import { contract } from '../oracle/index.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { validateCall } from '../oracle/validation.js'
import type { Call } from './law.js'

/** A dimension of a call's tensors that may be made smaller, and how large it is. */
export interface Axis {
  /** The declared dimension (`N`), or where there is none, or only `…`, its place: `…0`. */
  readonly name: string
  readonly size: number
}

/** The names of a tensor's axes; computed ones (`4H`, `C/groups`) as they are declared. */
function axisNames(dimensions: readonly string[] | undefined, rank: number): readonly string[] {
  const declared = dimensions ?? ['…']
  const named = declared.filter((dimension) => dimension !== '…')
  const leading = Array.from({ length: rank - named.length }, (_, i) => `…${i}`)
  return declared[0] === '…' ? [...leading, ...named] : [...named, ...leading]
}

/** The axes of a call that are longer than 1, the longest first. */
export function axesOf(operator: string, { inputs }: Call): readonly Axis[] {
  const sizes = new Map<string, number>()
  for (const [name, x] of Object.entries(inputs)) {
    const names = axisNames(contract[operator].inputs[name].dimensions, x.shape.length)
    x.shape.forEach((size, axis) => {
      if (/^(…\d+|\p{L}[\p{L}′]*)$/u.test(names[axis])) sizes.set(names[axis], size)
    })
  }
  return [...sizes]
    .map(([name, size]) => ({ name, size }))
    .filter(({ size }) => size > 1)
    .toSorted((a, b) => b.size - a.size)
}

/**
 * The same call with nothing but some places of an axis, in all tensors that have it; axes computed from it (`4H`) lose the same
 * places of each of their parts. Throws a Refusal where the operator does not take that.
 */
export function withPlaces(operator: string, call: Call, { name, size }: Axis, places: readonly number[]): Call {
  const declaration = contract[operator]
  const taken = (x: Tensor, dimensions: readonly string[] | undefined): Tensor => {
    const names = axisNames(dimensions, x.shape.length)
    return names.reduce((rest, axis, d) => {
      if (axis !== name && !(/\P{L}/u.test(axis) && !axis.startsWith('…') && axis.includes(name))) return rest
      const length = rest.shape[d]
      if (length % size !== 0) return rest
      const parts = Array.from({ length: length / size }, (_, part) => places.map((place) => part * size + place))
      return takenFrom(rest, d, parts.flat())
    }, x)
  }
  const inputs = Object.fromEntries(
    Object.entries(call.inputs).map(([input, x]) => [input, taken(x, declaration.inputs[input].dimensions)]),
  )
  const { outputShapes } = validateCall(declaration, inputs, call.attributes)
  const gradients = Object.fromEntries(
    Object.entries(call.gradients).map(([output, g]) => {
      const smaller = taken(g, declaration.outputs[output].dimensions)
      return [output, startOf(smaller, outputShapes[output])]
    }),
  )
  return { ...call, inputs, gradients }
}

/** The first entries along every axis: where a gradient's size is computed in a way of the operator's own. */
function startOf(x: Tensor, shape: readonly number[]): Tensor {
  return shape.reduce(
    (rest, length, d) =>
      rest.shape[d] > length
        ? takenFrom(
            rest,
            d,
            Array.from({ length }, (_, i) => i),
          )
        : rest,
    x,
  )
}

function takenFrom(x: Tensor, axis: number, places: readonly number[]): Tensor {
  const shape = x.shape.map((length, d) => (d === axis ? places.length : length))
  const inner = x.shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const data = rowMajor(x)
  const length = x.shape[axis]
  const size = shape.reduce((product, each) => product * each, 1)
  return tensor(
    shape,
    Float64Array.from({ length: size }, (_, i) => {
      const line = Math.floor(i / inner)
      const outer = Math.floor(line / places.length)
      return data[(outer * length + places[line % places.length]) * inner + (i % inner)]
    }),
  )
}
