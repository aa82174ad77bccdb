import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, product, scalarOf, tensorOf, weightedSum } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { latexSymbol } from '../plainText.js'
import {
  type Aspect,
  type Chain,
  type ChainConvolution,
  type ChainLayer,
  type ChainLinear,
  type ChainPooling,
  namesIn,
  numberOfSize,
  type Size,
} from './chain.js'
import { channelsLast, namesOf } from './chainSymbols.js'

/** Where the chain stands: what the next layer reads, by the names of the quantities, with the symbols that formulas use. */
interface State {
  /** Quantity with the shape: [channels, side, side], or [units]. */
  readonly shape: string
  /** LaTeX of the side and of the channels; of the units where there is no image any more. */
  readonly sideText: string
  readonly depthText: string
  /** Receptive field and jump: names of quantities, 1 at the image. */
  readonly field: { readonly name: Size; readonly text: string }
  readonly jump: { readonly name: Size; readonly text: string }
}

/** A layer of the chain among its quantities. */
export interface Place {
  readonly layer: ChainLayer
  /** What the layer before it answers: the quantity with its shape, receptive field and jump; numbers at the image. */
  readonly before: { readonly shape: string; readonly receptiveField: Size; readonly jump: Size }
  /** Its own quantities. */
  readonly names: Partial<Readonly<Record<Aspect, string>>>
}

export interface ChainQuantities {
  readonly quantities: readonly Quantity[]
  readonly places: readonly Place[]
  /** Names of the layers' quantities of one aspect, in order: for tables, pictures and sums. */
  named(aspect: Aspect): readonly string[]
}

/**
 * The layer table of a chain as quantities, each computed from those of the layer before it: `conv1Side`, `conv1Shape`,
 * `conv1Parameters`, `conv1ReceptiveField`, `conv1Jump`, `conv1MultiplyAdds` of a convolution, side, shape, field and jump of a
 * pooling, shape (and parameters, multiply-adds) of what else there is; first `inputShape`, last the totals `parameters` and
 * `multiplyAdds`. Only these `aspects` where some are named.
 */
export function chainQuantities(
  chain: Chain,
  options: { readonly aspects?: readonly Aspect[]; readonly asked?: readonly Aspect[] } = {},
): ChainQuantities {
  const writer = new Writer(chain)
  const wanted = new Set<Aspect>(['side', 'shape', ...(options.aspects ?? allAspects)])
  let state = writer.input()
  const places: Place[] = []
  for (const layer of chain.layers) {
    const { shape, field, jump } = state
    const done = writer.written.length
    state = writer.layer(layer, state)
    const own = writer.written.slice(done).filter(({ aspect }) => wanted.has(aspect))
    const names = Object.fromEntries(own.map(({ aspect, quantity }) => [aspect, quantity.name]))
    places.push({ layer, before: { shape, receptiveField: field.name, jump: jump.name }, names })
  }
  writer.total('parameters', 'weights and biases of all layers', options.asked?.includes('parameters'))
  writer.total('multiplyAdds', 'multiply-adds of all layers', options.asked?.includes('multiplyAdds'))
  const kept = writer.written.filter(({ aspect }) => wanted.has(aspect))
  return {
    quantities: kept.map(({ quantity }) => quantity),
    places,
    named: (aspect) => kept.filter((one) => one.aspect === aspect && !one.total).map(({ quantity }) => quantity.name),
  }
}

const allAspects: readonly Aspect[] = ['side', 'shape', 'parameters', 'receptiveField', 'jump', 'multiplyAdds']

/** A quantity without what follows from its layer and aspect. */
type Body = Pick<Quantity, 'from' | 'formula' | 'compute' | 'meaning'>

class Writer {
  readonly written: { readonly aspect: Aspect; readonly quantity: Quantity; readonly total: boolean }[] = []
  private readonly chain: Chain

  constructor(chain: Chain) {
    this.chain = chain
  }

  input(): State {
    const { channels, side } = this.chain
    const [depthText, sideText] = [this.text(channels), this.text(side)]
    this.push('shape', {
      name: 'inputShape',
      symbols: ['input shape', 'image shape', 'x_in'],
      meaning: 'the image: channels × height × width',
      kind: 'shape',
      from: namesIn(channels, side),
      formula: `${depthText} \\times ${sideText} \\times ${sideText}`,
      compute: async (values) => {
        const length = numberOfSize(side, values)
        return tensor([3], [numberOfSize(channels, values), length, length])
      },
    })
    const one = { name: 1, text: '1' }
    return { shape: 'inputShape', sideText, depthText, field: one, jump: one }
  }

  layer(layer: ChainLayer, before: State): State {
    switch (layer.kind) {
      case 'conv': {
        const after = this.window(layer, before, layer.filters)
        this.convolutionCounts(layer, before, after)
        return after
      }
      case 'maxPool':
      case 'avgPool':
        return this.window(layer, before, undefined)
      case 'linear':
        return this.linear(layer, before)
      case 'flatten': {
        const shape = this.add(layer, 'shape', {
          meaning: `all numbers of the image in one vector: ${layer.meaning}`,
          from: [before.shape],
          formula: `${before.depthText} \\cdot ${before.sideText} \\cdot ${before.sideText}`,
          compute: async (values) => tensor([1], [lengths(values, before.shape).reduce((n, length) => n * length, 1)]),
        })
        return { ...before, shape, depthText: this.symbolOf(shape), sideText: '1' }
      }
      default: {
        const shape = this.add(layer, 'shape', {
          meaning: `what ${layer.meaning} answers`,
          from: [before.shape],
          formula: this.symbolOf(before.shape),
          compute: async (values) => tensorOf(values, before.shape),
        })
        return { ...before, shape }
      }
    }
  }

  /** Side, shape, receptive field and jump behind a window; `filters` where it changes the channels. */
  private window(layer: ChainConvolution | ChainPooling, before: State, filters: Size | undefined): State {
    const stride = layer.stride ?? (layer.kind === 'conv' ? 1 : layer.kernel)
    const padding = layer.padding ?? 0
    const [K, S] = [this.text(layer.kernel), this.text(stride)]
    const doubled = padding === 0 ? '' : ` + 2 \\cdot ${this.text(padding)}`
    const quotient = `\\frac{${before.sideText}${doubled} - ${K}}{${S}}`
    const side = this.add(layer, 'side', {
      meaning: `height and width of what ${layer.meaning} answers`,
      from: [before.shape, ...namesIn(layer.kernel, stride, padding)],
      formula: `\\left\\lfloor ${quotient} \\right\\rfloor + 1`,
      compute: (values, operators) => {
        const [kernel, step, zeros] = [layer.kernel, stride, padding].map((size) => numberOfSize(size, values))
        return positions(lengths(values, before.shape)[1], kernel, step, zeros, operators)
      },
    })
    const sideText = this.symbolOf(side)
    const depthText = filters === undefined ? before.depthText : this.text(filters)
    const shape = this.add(layer, 'shape', {
      meaning: `what ${layer.meaning} answers: channels × height × width`,
      from: [...(filters === undefined ? [before.shape] : namesIn(filters)), side],
      formula: `${depthText} \\times ${sideText} \\times ${sideText}`,
      compute: async (values) => {
        const depth = filters === undefined ? lengths(values, before.shape)[0] : numberOfSize(filters, values)
        const [length] = rowMajor(tensorOf(values, side))
        return tensor([3], [depth, length, length])
      },
    })
    const jump = this.add(layer, 'jump', {
      meaning: `how many pixels apart neighbouring units of ${layer.meaning} look`,
      from: namesIn(before.jump.name, stride),
      formula: `${before.jump.text} \\cdot ${S}`,
      compute: (values, operators) =>
        product(operators, operand(before.jump.name, values), numberOfSize(stride, values)),
    })
    const field = this.add(layer, 'receptiveField', {
      meaning: `how many pixels of the image, along one side, a unit of ${layer.meaning} sees`,
      from: namesIn(before.field.name, before.jump.name, layer.kernel),
      formula: `${before.field.text} + (${K} - 1) \\cdot ${before.jump.text}`,
      compute: (values, operators) => {
        const kernel = numberOfSize(layer.kernel, values)
        const [r, j] = [before.field.name, before.jump.name].map((name) => operand(name, values))
        return weightedSum(operators, [1, kernel - 1], [r, j])
      },
    })
    return {
      shape,
      sideText,
      depthText,
      field: { name: field, text: this.symbolOf(field) },
      jump: { name: jump, text: this.symbolOf(jump) },
    }
  }

  private convolutionCounts(layer: ChainConvolution, before: State, after: State): void {
    const [K, F] = [this.text(layer.kernel), this.text(layer.filters)]
    const groups = layer.groups ?? 1
    const depth = groups === 1 ? before.depthText : `\\frac{${before.depthText}}{${this.text(groups)}}`
    const bias = layer.bias === false ? 0 : 1
    /** Weights of one filter. */
    const filterSize = (values: Values) => {
      const kernel = numberOfSize(layer.kernel, values)
      return (kernel * kernel * lengths(values, before.shape)[0]) / numberOfSize(groups, values)
    }
    this.add(layer, 'parameters', {
      meaning: `weights${bias === 1 ? ' and biases' : ''} of ${layer.meaning}`,
      from: [before.shape, ...namesIn(layer.kernel, layer.filters, groups)],
      formula:
        bias === 1
          ? `(${K} \\cdot ${K} \\cdot ${depth} + 1) \\cdot ${F}`
          : `${K} \\cdot ${K} \\cdot ${depth} \\cdot ${F}`,
      compute: (values, operators) =>
        product(operators, filterSize(values) + bias, numberOfSize(layer.filters, values)),
    })
    this.add(layer, 'multiplyAdds', {
      meaning: `multiply-adds of ${layer.meaning}: a filter's weights at every position`,
      from: [before.shape, after.shape, ...namesIn(layer.kernel, groups)],
      formula: `${after.sideText} \\cdot ${after.sideText} \\cdot ${F} \\cdot ${K} \\cdot ${K} \\cdot ${depth}`,
      compute: (values, operators) => product(operators, filterSize(values), ...lengths(values, after.shape)),
    })
  }

  private linear(layer: ChainLinear, before: State): State {
    const U = this.text(layer.units)
    const bias = layer.bias === false ? 0 : 1
    const shape = this.add(layer, 'shape', {
      meaning: `what ${layer.meaning} answers: a number a unit`,
      from: namesIn(layer.units),
      formula: U,
      compute: async (values) => tensor([1], [numberOfSize(layer.units, values)]),
    })
    this.add(layer, 'parameters', {
      meaning: `weights${bias === 1 ? ' and biases' : ''} of ${layer.meaning}`,
      from: [before.shape, ...namesIn(layer.units)],
      formula: bias === 1 ? `(${before.depthText} + 1) \\cdot ${U}` : `${before.depthText} \\cdot ${U}`,
      compute: (values, operators) =>
        product(operators, lengths(values, before.shape)[0] + bias, numberOfSize(layer.units, values)),
    })
    this.add(layer, 'multiplyAdds', {
      meaning: `multiply-adds of ${layer.meaning}`,
      from: [before.shape, ...namesIn(layer.units)],
      formula: `${before.depthText} \\cdot ${U}`,
      compute: (values, operators) =>
        product(operators, lengths(values, before.shape)[0], numberOfSize(layer.units, values)),
    })
    return { ...before, shape, depthText: U, sideText: '1' }
  }

  total(aspect: 'parameters' | 'multiplyAdds', meaning: string, asked: boolean | undefined): void {
    const parts = this.written.filter((one) => one.aspect === aspect).map(({ quantity }) => quantity.name)
    const symbols = {
      parameters: ['total parameters', 'parameters', 'params', 'number of parameters', 'total', 'P_total', 'N_total'],
      multiplyAdds: ['total multiply adds', 'multiply adds', 'macs', 'M_total', 'total macs'],
    }[aspect]
    this.written.push({
      aspect,
      total: true,
      quantity: {
        name: aspect,
        symbols,
        meaning,
        kind: 'whole',
        from: parts,
        formula: parts.map((part) => this.symbolOf(part)).join(' + '),
        ...(asked === true && { asked }),
        compute: (values, operators) =>
          weightedSum(
            operators,
            parts.map(() => 1),
            parts.map((part) => tensorOf(values, part)),
          ),
      },
    })
  }

  private push(aspect: Aspect, quantity: Quantity): void {
    this.written.push({ aspect, quantity, total: false })
  }

  /** Adds the quantity of a layer, and answers with its name. */
  private add(layer: ChainLayer, aspect: Aspect, body: Body): string {
    const { name, symbols } = namesOf(layer, aspect)
    const asked = layer.asked?.includes(aspect) === true
    const kind = aspect === 'shape' ? 'shape' : 'whole'
    const alternatives = aspect === 'shape' ? [channelsLast(name)] : []
    const rest = { ...(asked && { asked }), ...(alternatives.length > 0 && { alternatives }) }
    this.push(aspect, { name, symbols, kind, ...body, ...rest })
    return name
  }

  /** LaTeX of a number, or of the given datum that holds it. */
  private text(size: Size): string {
    if (typeof size === 'number') return String(size)
    const datum = this.chain.given.find(({ name }) => name === size)
    if (datum === undefined) throw new Error(`${this.chain.name}: there is no given datum ${size}`)
    return latexSymbol(datum.symbols[0])
  }

  private symbolOf(name: string): string {
    const found = this.written.find(({ quantity }) => quantity.name === name)
    return found === undefined ? name : latexSymbol(found.quantity.symbols[0])
  }
}

/** The lengths of a shape. */
function lengths(values: Values, name: string): readonly number[] {
  return [...rowMajor(tensorOf(values, name))]
}

/** A number, or the value of that name, which need not have been read. */
function operand(size: Size, values: Values): number | Tensor {
  return typeof size === 'number' ? size : tensorOf(values, size)
}

/** Positions of a window, by `convOutputSize`. */
async function positions(
  length: number,
  kernel: number,
  stride: number,
  padding: number,
  operators: Operators,
): Promise<Tensor> {
  const attributes = { input: [length], kernel: [kernel], stride: [stride], padding: [padding], dilation: [1] }
  return scalarOf(await forward(operators, 'convOutputSize', 'size', {}, attributes))
}
