import { rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { type ChainConvolution, type ChainPooling, namesIn, numberOfSize, type Size } from './chain.js'
import type { ChainQuantities, Place } from './quantities.js'

/** A wrong value of one quantity. */
interface Wrong {
  readonly quantity: string | undefined
  readonly from: readonly string[]
  compute(values: Values): number | readonly number[]
}

type Windowed = Place & { readonly layer: ChainConvolution | ChainPooling }

/**
 * What people get wrong in a layer table, for the quantities of a chain: output sides, shapes, parameters, receptive fields, jumps
 * and multiply-adds of its convolutions, poolings and linear layers, and the totals. A mistake that cannot show in a layer (a
 * forgotten stride of 1) is not made there; one that shows nowhere is left out.
 */
export function chainMistakes({ places, quantities }: ChainQuantities): readonly ExerciseMistake[] {
  const windows = places.filter(isWindowed)
  const convolutions = places.flatMap((place) =>
    place.layer.kind === 'conv' ? [{ ...place, layer: place.layer }] : [],
  )
  const linears = places.flatMap((place) => (place.layer.kind === 'linear' ? [{ ...place, layer: place.layer }] : []))
  const strided = windows.filter(({ layer }) => strideOf(layer) !== 1)
  const unpadded = windows.filter(({ layer }) => layer.padding === undefined)
  const padded = windows.filter(({ layer }) => layer.padding !== undefined && layer.padding !== 0)
  const later = windows.filter(({ before }) => typeof before.jump === 'string')
  const known = new Set(quantities.map(({ name }) => name))

  const side = (place: Windowed, wrong: (n: number, w: WindowNumbers) => number): Wrong => ({
    quantity: place.names.side,
    from: [place.before.shape, ...windowNames(place.layer)],
    compute: (values) => wrong(lengths(values, place.before.shape)[1], windowNumbers(place.layer, values)),
  })
  const field = (place: Windowed, wrong: (r: number, j: number, w: WindowNumbers) => number): Wrong => ({
    quantity: place.names.receptiveField,
    from: namesIn(place.before.receptiveField, place.before.jump, ...windowNames(place.layer)),
    compute: (values) =>
      wrong(
        numberOfSize(place.before.receptiveField, values),
        numberOfSize(place.before.jump, values),
        windowNumbers(place.layer, values),
      ),
  })
  const jump = (place: Windowed, wrong: (j: number, s: number) => number): Wrong => ({
    quantity: place.names.jump,
    from: namesIn(place.before.jump, strideOf(place.layer)),
    compute: (values) => wrong(numberOfSize(place.before.jump, values), numberOfSize(strideOf(place.layer), values)),
  })
  const weights = (
    place: (typeof convolutions)[number],
    wrong: (n: { depth: number; kernel: number; filters: number; bias: number }) => number,
  ): Wrong => ({
    quantity: place.names.parameters,
    from: [place.before.shape, ...namesIn(place.layer.kernel, place.layer.filters, place.layer.groups)],
    compute: (values) =>
      wrong({
        depth: lengths(values, place.before.shape)[0] / numberOfSize(place.layer.groups ?? 1, values),
        kernel: numberOfSize(place.layer.kernel, values),
        filters: numberOfSize(place.layer.filters, values),
        bias: place.layer.bias === false ? 0 : 1,
      }),
  })
  const dense = (place: (typeof linears)[number], wrong: (inputs: number, units: number) => number): Wrong => ({
    quantity: place.names.parameters,
    from: [place.before.shape, ...namesIn(place.layer.units)],
    compute: (values) => wrong(lengths(values, place.before.shape)[0], numberOfSize(place.layer.units, values)),
  })
  const biased = convolutions.filter(({ layer }) => layer.bias !== false)
  const biasedLinears = linears.filter(({ layer }) => layer.bias !== false)

  const all: readonly [string, string, readonly Wrong[]][] = [
    [
      '+ 1 forgotten',
      'is what you get without the + 1: the number of steps, not of positions.',
      windows.map((place) => side(place, (n, w) => Math.floor((n + 2 * w.padding - w.kernel) / w.stride))),
    ],
    [
      'rounded up',
      'is what you get when the quotient is rounded up; the last window must fit.',
      strided.map((place) => side(place, (n, w) => Math.ceil((n + 2 * w.padding - w.kernel) / w.stride) + 1)),
    ],
    [
      'stride forgotten',
      'is what you get with stride 1.',
      strided.map((place) => side(place, (n, w) => n + 2 * w.padding - w.kernel + 1)),
    ],
    [
      'window not subtracted',
      'is what you get when the window is not subtracted from the side.',
      windows.map((place) => side(place, (n, w) => Math.floor((n + 2 * w.padding) / w.stride) + 1)),
    ],
    [
      'padding assumed',
      'is what you get with padding that keeps the side up to the stride; this layer has none.',
      unpadded
        .filter(({ layer }) => layer.kind === 'conv')
        .map((place) => side(place, (n, w) => Math.ceil(n / w.stride))),
    ],
    [
      'padding forgotten',
      'is what you get without the padding.',
      padded.map((place) => side(place, (n, w) => Math.floor((n - w.kernel) / w.stride) + 1)),
    ],
    [
      'padding on one side only',
      'is what you get when the padding is added once instead of on both sides.',
      padded.map((place) => side(place, (n, w) => Math.floor((n + w.padding - w.kernel) / w.stride) + 1)),
    ],
    [
      'channels of the input kept',
      'has the channels of the input; a convolution answers one channel a filter.',
      convolutions.map(({ before, names }) => ({
        quantity: names.shape,
        from: [before.shape, ...(names.side === undefined ? [] : [names.side])],
        compute: (values) => {
          const n = numberOf(values, names.side ?? '')
          return [lengths(values, before.shape)[0], n, n]
        },
      })),
    ],
    [
      'height and width of the input kept',
      'has the height and width of the input; the window does not fit at the last positions.',
      windows.map(({ layer, before, names }) => ({
        quantity: names.shape,
        from: [before.shape, ...(layer.kind === 'conv' ? namesIn(layer.filters) : [])],
        compute: (values) => {
          const [depth, ...rest] = lengths(values, before.shape)
          return [layer.kind === 'conv' ? numberOfSize(layer.filters, values) : depth, ...rest]
        },
      })),
    ],
    [
      'biases forgotten',
      'is what you get without biases.',
      [
        ...biased.map((place) => weights(place, (n) => n.kernel ** 2 * n.depth * n.filters)),
        ...biasedLinears.map((place) => dense(place, (inputs, units) => inputs * units)),
      ],
    ],
    [
      'one bias for the whole layer',
      'counts one bias in all; every filter or unit has its own.',
      [
        ...biased.map((place) => weights(place, (n) => n.kernel ** 2 * n.depth * n.filters + 1)),
        ...biasedLinears.map((place) => dense(place, (inputs, units) => inputs * units + 1)),
      ],
    ],
    [
      'channels left out of the filters',
      'is what you get when a filter has no depth; it reaches over all channels of its input.',
      convolutions.map((place) => weights(place, (n) => (n.kernel ** 2 + n.bias) * n.filters)),
    ],
    [
      'filters not counted',
      'counts the parameters of one filter only.',
      convolutions.map((place) => weights(place, (n) => n.kernel ** 2 * n.depth + n.bias)),
    ],
    [
      'kernel not squared',
      'is what you get when a filter is as wide as the kernel, and one high.',
      convolutions.map((place) => weights(place, (n) => (n.kernel * n.depth + n.bias) * n.filters)),
    ],
    [
      'weights not shared',
      'counts new weights at every position; a convolution uses the same ones everywhere.',
      convolutions.map((place) => {
        const counted = weights(place, (n) => (n.kernel ** 2 * n.depth + n.bias) * n.filters)
        const { side: name = '' } = place.names
        return {
          ...counted,
          from: [...counted.from, name],
          compute: (values) => Number(counted.compute(values)) * numberOf(values, name) ** 2,
        }
      }),
    ],
    [
      'jump left out',
      'is what you get when the kernel is added in pixels of the image; its steps are as long as the jump before it.',
      later.map((place) => field(place, (r, _, w) => r + w.kernel - 1)),
    ],
    [
      'own stride counted already',
      'is what you get with the jump behind the layer; its own stride widens the fields of later layers only.',
      strided.map((place) => field(place, (r, j, w) => r + (w.kernel - 1) * j * w.stride)),
    ],
    [
      'kernel instead of kernel − 1',
      'is what you get when the whole kernel is added; its first position was counted before.',
      windows.map((place) => field(place, (r, j, w) => r + w.kernel * j)),
    ],
    [
      'receptive fields multiplied',
      'is what you get when the field is multiplied by the kernel; neighbouring fields overlap.',
      later.map((place) => field(place, (r, _, w) => r * w.kernel)),
    ],
    [
      'kernel as the receptive field',
      'is the kernel, which the layer sees of its own input and not of the image.',
      later.map((place) => field(place, (_r, _j, w) => w.kernel)),
    ],
    [
      'strides added',
      'is what you get when strides are added; jumps multiply.',
      strided.map((place) => jump(place, (j, s) => j + s)),
    ],
    [
      'stride of the layer only',
      'is the stride of this layer alone; those before it count too.',
      later.map((place) => jump(place, (_, s) => s)),
    ],
    [
      'stride forgotten in the jump',
      'is the jump in front of the layer; its own stride comes to it.',
      strided.map((place) => jump(place, (j) => j)),
    ],
    [
      'multiplied at one position only',
      'counts the multiplications at one position.',
      convolutions.map(({ layer, before, names }) => ({
        quantity: names.multiplyAdds,
        from: [before.shape, ...namesIn(layer.kernel, layer.filters, layer.groups)],
        compute: (values) => {
          const depth = lengths(values, before.shape)[0] / numberOfSize(layer.groups ?? 1, values)
          return numberOfSize(layer.kernel, values) ** 2 * depth * numberOfSize(layer.filters, values)
        },
      })),
    ],
    [
      'multiplied at the positions of the input',
      'multiplies by the positions of the input; there is a product at every position of the output.',
      convolutions.map(({ layer, before, names }) => ({
        quantity: names.multiplyAdds,
        from: [before.shape, ...namesIn(layer.kernel, layer.filters, layer.groups)],
        compute: (values) => {
          const [depth, n] = lengths(values, before.shape)
          const each = (numberOfSize(layer.kernel, values) ** 2 * depth) / numberOfSize(layer.groups ?? 1, values)
          return n * n * each * numberOfSize(layer.filters, values)
        },
      })),
    ],
    ['poolings counted with parameters', 'counts weights and biases of the poolings, which have none.', totals()],
    [
      'biases left out of the sum',
      'is the sum of all weights without biases.',
      biased.length + biasedLinears.length === 0 ? [] : [withoutBiases()],
    ],
    [
      'last layer left out of the sum',
      'is the sum without the last layer that has parameters.',
      [summed((names) => names.slice(0, -1))],
    ],
  ]
  return all.flatMap(([name, explanation, wrongs]) => {
    const shown = wrongs.filter(({ quantity }) => quantity !== undefined && known.has(quantity))
    return shown.length === 0 ? [] : [mistakeOf(name, explanation, shown)]
  })

  /** Parameter quantities of the layers. */
  function counted(): readonly string[] {
    return places.flatMap(({ names }) => (names.parameters === undefined ? [] : [names.parameters]))
  }

  function summed(chosen: (names: readonly string[]) => readonly string[]): Wrong {
    const from = chosen(counted())
    return {
      quantity: 'parameters',
      from,
      compute: (values) => from.reduce((sum, name) => sum + numberOf(values, name), 0),
    }
  }

  function totals(): readonly Wrong[] {
    const pools = windows.filter(({ layer }) => layer.kind !== 'conv')
    if (pools.length === 0) return []
    const right = summed((names) => names)
    return [
      {
        quantity: 'parameters',
        from: [
          ...new Set([
            ...right.from,
            ...pools.flatMap(({ before, layer }) => [before.shape, ...namesIn(layer.kernel)]),
          ]),
        ],
        compute: (values) =>
          pools.reduce(
            (sum, { before, layer }) => {
              const [depth] = lengths(values, before.shape)
              return sum + (numberOfSize(layer.kernel, values) ** 2 + 1) * depth
            },
            Number(right.compute(values)),
          ),
      },
    ]
  }

  function withoutBiases(): Wrong {
    const right = summed((names) => names)
    const sizes = [...biased.map(({ layer }) => layer.filters), ...biasedLinears.map(({ layer }) => layer.units)]
    return {
      quantity: 'parameters',
      from: [...new Set([...right.from, ...namesIn(...sizes)])],
      compute: (values) =>
        sizes.reduce<number>((sum, size) => sum - numberOfSize(size, values), Number(right.compute(values))),
    }
  }
}

function mistakeOf(name: string, explanation: string, wrongs: readonly Wrong[]): ExerciseMistake {
  const find = (quantity: string): Wrong => {
    const found = wrongs.find((wrong) => wrong.quantity === quantity)
    if (found === undefined) throw new Error(`${name} is no mistake of ${quantity}`)
    return found
  }
  return {
    name,
    quantities: wrongs.flatMap(({ quantity }) => (quantity === undefined ? [] : [quantity])),
    explanation,
    from: (quantity) => find(quantity).from,
    compute: async (quantity, values) => {
      const result = find(quantity).compute(values)
      return typeof result === 'number' ? scalar(result) : tensor([result.length], result)
    },
  }
}

function isWindowed(place: Place): place is Windowed {
  return place.layer.kind === 'conv' || place.layer.kind === 'maxPool' || place.layer.kind === 'avgPool'
}

interface WindowNumbers {
  readonly kernel: number
  readonly stride: number
  readonly padding: number
}

function strideOf(layer: ChainConvolution | ChainPooling): Size {
  return layer.stride ?? (layer.kind === 'conv' ? 1 : layer.kernel)
}

function windowNames(layer: ChainConvolution | ChainPooling): readonly string[] {
  return namesIn(layer.kernel, strideOf(layer), layer.padding)
}

function windowNumbers(layer: ChainConvolution | ChainPooling, values: Values): WindowNumbers {
  const [kernel, stride, padding] = [layer.kernel, strideOf(layer), layer.padding ?? 0].map((size) =>
    numberOfSize(size, values),
  )
  return { kernel, stride, padding }
}

/** The lengths of a shape. */
function lengths(values: Values, name: string): readonly number[] {
  return [...rowMajor(tensorOf(values, name))]
}
