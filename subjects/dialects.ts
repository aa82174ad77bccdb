import type { Attributes, Operator } from '../oracle/contract.js'
import { contract } from '../oracle/index.js'
import { reshape, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import {
  attributesFromWire,
  attributesToWire,
  toTensor,
  toWire,
  type WireAttributes,
  type WireTensors,
} from '../oracle/wire.js'
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
  /** The operator that the subject's is, where the choice makes it another one of the contract's. */
  readonly as?: string
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
const gateLetters: Readonly<Record<string, string>> = { lstm: 'ifgo', gru: 'rzn', gruResetBefore: 'rzn' }
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
      if (['rnn', 'lstm', 'gru', 'gruResetBefore'].includes(operator) && choice === 'IO')
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
      ['gru', 'gruResetBefore'].includes(operator) && choice === 'new'
        ? { inputs: all(gateInputs, turned(1, 3)) }
        : undefined,
    reset: (operator, choice) => (operator === 'gru' && choice === 'before' ? { as: 'gruResetBefore' } : undefined),
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
  ['gru.reset=before', 'r multiplies h before U does: `gru` is tested as `gruResetBefore`'],
  ['gruResetBefore.weight=IO', 'as of `gru`'],
  ['gruResetBefore.gates=zrn', 'as of `gru`'],
  ['gruResetBefore.update=new', 'as of `gru`'],
  ['localResponseNorm.alpha=undivided', 'α multiplies the sum itself: D = k + α·Σ x²'],
]

/**
 * The subject with its own choices translated: to the laws it speaks as the contract does. Throws an UnknownDialect where a name is
 * none, or where the subject has both the operator of a dialect and, under its own name, the one that it is tested as.
 */
export function inDialects(subject: OpenSubject, names: readonly string[]): OpenSubject {
  if (names.length === 0) return subject
  const dialects = inOrder(names.map(dialectNamed))
  const renamed = withOperatorsOf(subject, dialects)
  const operators: Record<string, Operator> = { ...renamed.operators }
  for (const dialect of dialects) {
    const name = contractName(dialects, dialect.operator)
    const operator = operators[name]
    if (operator !== undefined) operators[name] = translated(operator, dialect)
  }
  return { ...renamed, operators, dialects: names }
}

/** In the order in which they wrap the subject: the axes of a weight are exchanged last, after its blocks of rows. */
function inOrder<Ranked extends { readonly rank: number }>(dialects: readonly Ranked[]): readonly Ranked[] {
  return dialects.toSorted((a, b) => b.rank - a.rank)
}

/** The contract's name of an operator that the subject has under this one. */
export function operatorInDialects(names: readonly string[], operator: string): string {
  return contractName(names.map(dialectNamed), operator)
}

function contractName(dialects: readonly Dialect[], operator: string): string {
  return dialects.find(({ as, operator: own }) => as !== undefined && own === operator)?.as ?? operator
}

/** The subject with its operators, and what it supports of them, under the contract's names. */
function withOperatorsOf(subject: OpenSubject, dialects: readonly Dialect[]): OpenSubject {
  for (const { operator, as } of dialects)
    if (as !== undefined && operator in subject.operators && as in subject.operators)
      throw new UnknownDialect(
        `${subject.name} has both ${operator} and ${as}, so its ${operator} cannot be tested as ${as}`,
      )
  const renamed = <Value>(byOperator: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
    Object.fromEntries(Object.entries(byOperator).map(([name, value]) => [contractName(dialects, name), value]))
  const { supports } = subject
  return {
    ...subject,
    operators: renamed(subject.operators),
    ...(supports !== undefined && { supports: renamed(supports) }),
  }
}

/** A call of an operator of the contract, in wire form, with the answers to it. */
interface WireCall {
  readonly inputs: WireTensors
  readonly attributes: WireAttributes
  readonly gradients?: WireTensors
  /** Outputs, or gradients of the inputs where there are gradients of the outputs. */
  readonly expected?: WireTensors
  readonly actual?: WireTensors
}

/**
 * The call as the subject is given it, and answers as it gives them, with the subject's own name of the operator. Names that are no
 * dialects change nothing.
 */
export function inOwnTerms(
  names: readonly string[],
  operator: string,
  call: WireCall,
): { readonly operator: string; readonly call: WireCall } {
  const known = names.flatMap((name) => findDialect(name) ?? [])
  const own = known.find(({ as }) => as === operator)?.operator ?? operator
  const ofOperator = inOrder(known.filter((dialect) => [own, operator].includes(dialect.operator)))
  // The outermost was wrapped last, and changes a call first.
  return { operator: own, call: ofOperator.reduceRight(ownCall, call) }
}

function ownCall(call: WireCall, { inputs, outputs, attributes }: Dialect): WireCall {
  const answers = call.gradients === undefined ? outputs : inputs
  return {
    inputs: ownTensors(call.inputs, inputs),
    attributes:
      attributes === undefined ? call.attributes : attributesToWire(attributes(attributesFromWire(call.attributes))),
    ...(call.gradients !== undefined && { gradients: ownTensors(call.gradients, outputs) }),
    ...(call.expected !== undefined && { expected: ownTensors(call.expected, answers) }),
    ...(call.actual !== undefined && { actual: ownTensors(call.actual, answers) }),
  }
}

function ownTensors(tensors: WireTensors, by: Dialect['inputs'] = {}): WireTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => [
      name,
      by[name] === undefined ? x : toWire(by[name].there(toTensor(x))),
    ]),
  )
}

function dialectNamed(name: string): RankedDialect {
  const found = findDialect(name)
  if (found === undefined)
    throw new UnknownDialect(`no dialect is called ${name}; known: ${dialectForms.map(([form]) => form).join(', ')}`)
  return found
}

interface RankedDialect extends Dialect {
  readonly rank: number
}

function findDialect(name: string): RankedDialect | undefined {
  const [, operator, aspect, choice] = /^(\w+)\.(\w+)=([\w-]+)$/.exec(name) ?? []
  const found = operator === undefined ? undefined : aspects.get(aspect)?.(operator, choice)
  return found && { ...found, operator, rank: aspect === 'weight' ? 1 : 0 }
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
