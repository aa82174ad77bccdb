import { describe, expect, it } from 'vitest'
import { mistaken, mistakes } from '../mistakes/index.js'
import type { Attributes, Operator } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { fromNested, type Nested, type Tensors, toNested } from '../oracle/tensor.js'
import { inputsToWire } from '../oracle/wire.js'
import { runLaws } from '../properties/index.js'
import { dialectForms, inDialects, inOwnTerms, operatorInDialects, UnknownDialect } from './dialects.js'
import type { OpenSubject } from './subject.js'

type Rows = readonly (readonly Nested[])[]
type Turn = (x: Nested) => Nested

const columns: Turn = (x) => {
  const rows = x as Rows
  return rows[0].map((_, j) => rows.map((row) => row[j]))
}
const rowBlocks =
  (order: readonly number[]): Turn =>
  (x) => {
    const rows = x as readonly Nested[]
    const height = rows.length / order.length
    return order.flatMap((block) => rows.slice(block * height, (block + 1) * height))
  }

/** The oracle as an implementation would be that writes these inputs otherwise. */
function foreign(
  operator: string,
  inputs: Readonly<Record<string, Turn>>,
  attributes = (a: Attributes) => a,
): OpenSubject {
  const turned = (tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, x]) => [name, inputs[name] ? fromNested(inputs[name](toNested(x))) : x]),
    )
  const right = oracle.operators[operator]
  const own: Operator = { forward: (given, chosen) => right.forward(turned(given), attributes(chosen)) }
  return { name: 'foreign', precision: 'float64', operators: { [operator]: own }, close: async () => {} }
}

/** Weights and biases with their blocks of rows in another order. */
const order = (inputs: Tensors, blocks: readonly number[]): Tensors =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [
      name,
      /^(weight|bias)/.test(name) ? fromNested(rowBlocks(blocks)(toNested(x))) : x,
    ]),
  )

async function summary(subject: OpenSubject) {
  const report = await runLaws(subject, { seed: 5, runs: 15, shrinkSeconds: 0 })
  return report.summary
}

const cases: readonly (readonly [string, OpenSubject, readonly string[]])[] = [
  ['weights of a linear layer as [I, O]', foreign('linear', { weight: columns }), ['linear.weight=IO']],
  [
    'gates of an LSTM in the order i, o, f, g',
    // Their blocks i, o, f, g back into i, f, g, o: the second of theirs is the fourth of ours.
    foreign(
      'lstm',
      Object.fromEntries(
        ['weightInput', 'weightHidden', 'biasInput', 'biasHidden'].map((name) => [name, rowBlocks([0, 2, 3, 1])]),
      ),
    ),
    ['lstm.gates=iofg'],
  ],
  [
    'gates of a GRU as z, r, n, in weights as [I, 3H]',
    foreign('gru', {
      weightInput: (x) => rowBlocks([1, 0, 2])(columns(x)),
      weightHidden: (x) => rowBlocks([1, 0, 2])(columns(x)),
      biasInput: rowBlocks([1, 0, 2]),
      biasHidden: rowBlocks([1, 0, 2]),
    }),
    ['gru.weight=IO', 'gru.gates=zrn'],
  ],
  [
    'an α that multiplies the sum itself',
    foreign('localResponseNorm', {}, ({ alpha, size, ...rest }) => ({
      ...rest,
      ...(size !== undefined && { size }),
      alpha: Number(alpha ?? 1e-4) * Number(size ?? 5),
    })),
    ['localResponseNorm.alpha=undivided'],
  ],
]

describe('a dialect', () => {
  it.each(cases)('translates %s: the laws hold with it and not without it', async (_, subject, dialects) => {
    const without = await summary(subject)
    expect(without.broken + without.errored + without.unsupported).toBeGreaterThan(0)
    const translated = await summary(inDialects(subject, dialects))
    expect(translated.held).toBeGreaterThan(5)
    expect(translated).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
  })

  it('translates images with channels last, and weights as [KH, KW, C, O]', async () => {
    const seen: Record<string, readonly number[]> = {}
    const own: Operator = {
      forward: ({ x, weight }) => {
        seen.x = x.shape
        seen.weight = weight.shape
        return { y: fromNested([[[[x.get(0, 1, 2, 0), x.get(0, 0, 0, 1)]]]]) }
      },
    }
    const subject: OpenSubject = {
      name: 'own',
      precision: 'float64',
      operators: { conv2d: own },
      close: async () => {},
    }
    const { operators } = inDialects(subject, ['conv2d.layout=channels-last', 'conv2d.weight=HWIO'])
    const x = fromNested([
      [
        [
          [0, 1, 2],
          [3, 4, 5],
        ],
        [
          [6, 7, 8],
          [9, 10, 11],
        ],
      ],
    ])
    const weight = fromNested([[[[1, 2, 3, 4]], [[5, 6, 7, 8]]]])
    const { y } = await operators.conv2d.forward({ x, weight }, {})
    expect(seen).toEqual({ x: [1, 2, 3, 2], weight: [1, 4, 2, 1] })
    // Their [N, 1, 1, 2] is two channels of one entry: channel 0 at row 1, column 2, and channel 1 at row 0, column 0.
    expect(toNested(y)).toEqual([[[[5]], [[6]]]])
  })

  it('of an update gate that is the share of the new state turns its signs, in gradients too', async () => {
    const { gru } = oracle.operators
    const turned = (tensors: Tensors): Tensors =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, x]) => {
          if (!/^(weight|bias)/.test(name)) return [name, x]
          const rows = toNested(x) as readonly Nested[]
          const [from, to] = [rows.length / 3, (2 * rows.length) / 3]
          const negative = (value: Nested): Nested => (typeof value === 'number' ? -value : value.map(negative))
          return [name, fromNested(rows.map((row, i) => (i >= from && i < to ? negative(row) : row)))]
        }),
      )
    const own: Operator = {
      forward: (inputs, attributes) => gru.forward(turned(inputs), attributes),
      backward: (inputs, attributes, gradients) => turned(gru.backward?.(turned(inputs), attributes, gradients) ?? {}),
    }
    const subject: OpenSubject = { name: 'own', precision: 'float64', operators: { gru: own }, close: async () => {} }
    expect((await summary(subject)).broken).toBeGreaterThan(0)
    expect(await summary(inDialects(subject, ['gru.update=new']))).toMatchObject({
      broken: 0,
      errored: 0,
      suspicious: 0,
    })
  })

  it('can make the operator another one of the contract, under the names of both', async () => {
    const { forward } = oracle.operators.gruResetBefore
    const own: Operator = { forward: (inputs, attributes) => forward(order(inputs, [1, 0, 2]), attributes) }
    const subject: OpenSubject = {
      name: 'own',
      precision: 'float64',
      operators: { gru: own },
      supports: { gru: { without: ['h0'] } },
      close: async () => {},
    }
    for (const names of [
      ['gru.reset=before', 'gru.gates=zrn'],
      ['gruResetBefore.gates=zrn', 'gru.reset=before'],
    ]) {
      const translated = inDialects(subject, names)
      expect(Object.keys(translated.operators)).toEqual(['gruResetBefore'])
      expect(translated.supports).toEqual({ gruResetBefore: { without: ['h0'] } })
      expect(operatorInDialects(names, 'gru')).toBe('gruResetBefore')
      expect(await summary(translated)).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
    }
    expect(operatorInDialects([], 'gru')).toBe('gru')
  })

  it('that makes the operator another one is refused where the subject has that one too', () => {
    const both = { ...foreign('gru', {}).operators, ...foreign('gruResetBefore', {}).operators }
    const subject: OpenSubject = { name: 'own', precision: 'float64', operators: both, close: async () => {} }
    expect(() => inDialects(subject, ['gru.reset=before'])).toThrow('own has both gru and gruResetBefore')
  })

  it('gives a call back as the subject has it, with its own name', async () => {
    let seen: Tensors = {}
    const own: Operator = {
      forward: (inputs) => {
        seen = inputs
        return oracle.operators.gruResetBefore.forward(oracleCall)
      },
    }
    const names = ['gru.weight=IO', 'gru.reset=before', 'gru.gates=znr']
    const subject: OpenSubject = { name: 'own', precision: 'float64', operators: { gru: own }, close: async () => {} }
    const oracleCall: Tensors = {
      x: fromNested([[[1, 2]]]),
      weightInput: fromNested([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      weightHidden: fromNested([[7], [8], [9]]),
    }
    await inDialects(subject, names).operators.gruResetBefore.forward(oracleCall, {})
    const wire = (tensors: Tensors) => inputsToWire(undefined, tensors, 'float64')
    const { operator, call } = inOwnTerms(names, 'gruResetBefore', { inputs: wire(oracleCall), attributes: {} })
    expect(operator).toBe('gru')
    expect(call.inputs).toEqual(wire(seen))
    expect(call.inputs.weightInput).toEqual({ shape: [2, 3], data: [3, 5, 1, 4, 6, 2] })
    expect(inOwnTerms(['nonsense'], 'relu', call)).toEqual({ operator: 'relu', call })
  })

  it('gives answers back as the subject gives them: outputs, or gradients of its inputs', () => {
    const image = { shape: [1, 2, 1, 1], data: [1, 2] }
    const names = ['conv2d.layout=channels-last', 'conv2d.weight=OHWI']
    const weight = { shape: [1, 2, 1, 1], data: [3, 4] }
    const moved = { shape: [1, 1, 1, 2], data: [1, 2] }
    const call = { inputs: { x: image, weight }, attributes: {} }
    const forward = inOwnTerms(names, 'conv2d', { ...call, expected: { y: image } }).call
    expect(forward.expected).toEqual({ y: moved })
    const backward = inOwnTerms(names, 'conv2d', {
      ...call,
      gradients: { y: image },
      actual: { weight, x: image },
    }).call
    expect(backward).toMatchObject({
      gradients: { y: moved },
      actual: { x: moved, weight: { shape: [1, 1, 1, 2], data: [3, 4] } },
    })
  })

  it.each(mistakes.flatMap(({ name, dialect }) => (dialect === undefined ? [] : [[name, dialect] as const])))(
    'that a mistake names makes it none: «%s»',
    async (name, dialect) => {
      const mistake = mistakes.find((one) => one.name === name)
      if (mistake === undefined) throw new Error(`${name} is not in the catalogue`)
      const { forward } = mistaken(mistake).operators[mistake.operator]
      const subject: OpenSubject = {
        ...{ name, precision: 'float64', close: async () => {} },
        operators: { [mistake.operator]: { forward } },
      }
      const compared = async (one: OpenSubject) =>
        (await runLaws(one, { seed: 5, runs: 30, shrinkSeconds: 0, laws: ['agrees with the oracle'] })).summary
      expect(await compared(subject)).toMatchObject({ broken: 1 })
      expect(await compared(inDialects(subject, [dialect]))).toMatchObject({ held: 1, broken: 0 })
    },
  )

  it('that is unknown is refused with those that are known', () => {
    const subject = foreign('linear', {})
    for (const name of [
      'linear.weight=OI',
      'lstm.gates=ifg',
      'softmax.layout=channels-last',
      'nonsense',
      'toString.valueOf=x',
    ])
      expect(() => inDialects(subject, [name]), name).toThrow(UnknownDialect)
  })

  it('is listed only in forms that exist', () => {
    const subject = foreign('linear', {})
    for (const [form] of dialectForms) expect(() => inDialects(subject, [form]), form).not.toThrow()
  })
})
