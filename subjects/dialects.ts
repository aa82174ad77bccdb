import type { Attributes, Operator } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { reshape, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import type { OpenSubject } from './subject.js'

/** What is no dialect, and why. */
export class UnknownDialect extends Error {
  override readonly name = 'UnknownDialect'
}

/** A tensor as the contract has it, and the same numbers as the subject has them: `back` undoes `there`, and both keep lengths. */
interface Translation {
  there(x: Tensor): Tensor
  back(x: Tensor): Tensor
}

/** A choice of the subject's own between equals, of one operator: see docs/dialects.md. */
interface Dialect {
  readonly operator: string
  readonly inputs?: Readonly<Record<string, Translation>>
  readonly outputs?: Readonly<Record<string, Translation>>
  attributes?(attributes: Attributes): Attributes
}

/** Another order of the axes of a tensor of as many; others are left for the subject to refuse. */
function axes(order: readonly number[]): Translation {
  const inverse = order.map((_, axis) => order.indexOf(axis))
  const permuted = (x: Tensor, to: readonly number[]): Tensor => {
    if (x.shape.length !== to.length) return x
    const y = x.transpose(...to)
    return tensor(y.shape, rowMajor(y))
  }
  return { there: (x) => permuted(x, order), back: (x) => permuted(x, inverse) }
}

/** Blocks of rows in another order, one for each letter: those of gates. */
function blocks(own: string, theirs: string): Translation {
  const there = [...theirs].map((letter) => own.indexOf(letter))
  const back = [...own].map((letter) => theirs.indexOf(letter))
  const reordered = (x: Tensor, order: readonly number[]): Tensor => {
    if (x.shape.length === 0 || x.shape[0] % own.length !== 0) return x
    const data = rowMajor(x)
    const size = data.length / own.length
    return tensor(
      x.shape,
      order.flatMap((block) => [...data.subarray(block * size, (block + 1) * size)]),
    )
  }
  return { there: (x) => reordered(x, there), back: (x) => reordered(x, back) }
}

/** One block of rows with its sign turned: σ(−a) is 1 − σ(a). */
function turned(block: number, of: number): Translation {
  const change = (x: Tensor): Tensor => {
    if (x.shape.length === 0 || x.shape[0] % of !== 0) return x
    const size = x.size / of
    return reshape(
      tensor(
        [x.size],
        rowMajor(x).map((value, i) => (Math.floor(i / size) === block ? -value : value)),
      ),
      x.shape,
    )
  }
  return { there: change, back: change }
}

const gateInputs = ['weightInput', 'weightHidden', 'biasInput', 'biasHidden']
const gateLetters: Readonly<Record<string, string>> = { lstm: 'ifgo', gru: 'rzn' }
const imageOperators = ['conv2d', 'maxPool2d', 'avgPool2d', 'adaptiveAvgPool2d', 'localResponseNorm']

/** Defaults that a call may leave out. */
const localResponseNormDefaults: Attributes = Object.fromEntries(
  Object.entries(contract.localResponseNorm.attributes).flatMap(([name, declared]) =>
    'default' in declared && typeof declared.default === 'number' ? [[name, declared.default]] : [],
  ),
)

function all(names: readonly string[], translation: Translation): Readonly<Record<string, Translation>> {
  return Object.fromEntries(names.map((name) => [name, translation]))
}

/** The dialect of an operator by its choice of one aspect; `undefined` where there is no such choice. */
type Aspect = (operator: string, choice: string) => Omit<Dialect, 'operator'> | undefined

const aspects: ReadonlyMap<string, Aspect> = new Map<string, Aspect>(
  Object.entries({
    layout: (operator, choice) => {
      if (choice !== 'channels-last') return undefined
      const moved =
        operator === 'conv1d' ? axes([0, 2, 1]) : imageOperators.includes(operator) ? axes([0, 2, 3, 1]) : undefined
      return moved && { inputs: { x: moved }, outputs: { y: moved } }
    },
    weight: (operator, choice) => {
      if (operator === 'linear' && choice === 'IO') return { inputs: { weight: axes([1, 0]) } }
      if (['rnn', 'lstm', 'gru'].includes(operator) && choice === 'IO')
        return { inputs: all(['weightInput', 'weightHidden'], axes([1, 0])) }
      if (operator === 'conv2d' && choice === 'HWIO') return { inputs: { weight: axes([2, 3, 1, 0]) } }
      if (operator === 'conv2d' && choice === 'OHWI') return { inputs: { weight: axes([0, 2, 3, 1]) } }
      if (operator === 'conv1d' && choice === 'WIO') return { inputs: { weight: axes([2, 1, 0]) } }
      return undefined
    },
    gates: (operator, choice) => {
      const own = gateLetters[operator]
      if (own === undefined || [...choice].toSorted().join('') !== [...own].toSorted().join('')) return undefined
      return { inputs: all(gateInputs, blocks(own, choice)) }
    },
    update: (operator, choice) =>
      operator === 'gru' && choice === 'new' ? { inputs: all(gateInputs, turned(1, 3)) } : undefined,
    alpha: (operator, choice) =>
      operator === 'localResponseNorm' && choice === 'undivided'
        ? {
            attributes: (attributes) => {
              const { alpha, size } = { ...localResponseNormDefaults, ...attributes }
              return typeof alpha === 'number' && typeof size === 'number'
                ? { ...attributes, alpha: alpha / size }
                : attributes
            },
          }
        : undefined,
  }),
)

/** The dialects as documentation lists them. */
export const dialectForms: readonly (readonly [form: string, meaning: string])[] = [
  ['conv1d.layout=channels-last', 'x and y are [N, W, C]'],
  ...imageOperators.map((operator) => [`${operator}.layout=channels-last`, 'x and y are [N, H, W, C]'] as const),
  ['linear.weight=IO', 'the weight is [I, O]: y = x·W + b'],
  ['conv1d.weight=WIO', 'the weight is [K, C/groups, O]'],
  ['conv2d.weight=HWIO', 'the weight is [KH, KW, C/groups, O]'],
  ['conv2d.weight=OHWI', 'the weight is [O, KH, KW, C/groups]'],
  ['rnn.weight=IO', 'weights are [I, H] and [H, H]'],
  ['lstm.weight=IO', 'weights are [I, 4H] and [H, 4H]'],
  ['gru.weight=IO', 'weights are [I, 3H] and [H, 3H]'],
  ['lstm.gates=iofg', 'the order of the blocks: any of the letters i, f, g, o'],
  ['gru.gates=zrn', 'the order of the blocks: any of the letters r, z, n'],
  ['gru.update=new', 'z is the share of the new state: hₜ = z⊙n + (1 − z)⊙hₜ₋₁'],
  ['localResponseNorm.alpha=undivided', 'α multiplies the sum itself: D = k + α·Σ x²'],
]

/** The subject with its own choices translated: to the laws it speaks as the contract does. Throws an UnknownDialect. */
export function inDialects(subject: OpenSubject, names: readonly string[]): OpenSubject {
  if (names.length === 0) return subject
  const operators: Record<string, Operator> = { ...subject.operators }
  // The axes of a weight are exchanged last, after its blocks of rows.
  for (const dialect of names.map(dialectNamed).toSorted((a, b) => b.rank - a.rank)) {
    const operator = operators[dialect.operator]
    if (operator !== undefined) operators[dialect.operator] = translated(operator, dialect)
  }
  return { ...subject, operators, dialects: names }
}

function dialectNamed(name: string): Dialect & { readonly rank: number } {
  const [, operator, aspect, choice] = /^(\w+)\.(\w+)=([\w-]+)$/.exec(name) ?? []
  const found = operator === undefined ? undefined : aspects.get(aspect)?.(operator, choice)
  if (found === undefined)
    throw new UnknownDialect(`no dialect is called ${name}; known: ${dialectForms.map(([form]) => form).join(', ')}`)
  return { ...found, operator, rank: aspect === 'weight' ? 1 : 0 }
}

function translated({ forward, backward }: Operator, dialect: Dialect): Operator {
  const there = (tensors: Tensors, by: Dialect['inputs']) => changed(tensors, by, 'there')
  const attributesOf = (attributes: Attributes) => dialect.attributes?.(attributes) ?? attributes
  return {
    forward: async (inputs, attributes) =>
      changed(await forward(there(inputs, dialect.inputs), attributesOf(attributes)), dialect.outputs, 'back'),
    ...(backward !== undefined && {
      // All translations are orthogonal: gradients are translated like what they are gradients of.
      backward: async (inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
        changed(
          await backward(there(inputs, dialect.inputs), attributesOf(attributes), there(gradients, dialect.outputs)),
          dialect.inputs,
          'back',
        ),
    }),
  }
}

function changed(tensors: Tensors, by: Dialect['inputs'], way: keyof Translation): Tensors {
  if (by === undefined) return tensors
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, by[name]?.[way](x) ?? x]))
}
