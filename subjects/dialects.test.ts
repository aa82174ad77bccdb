import { describe, expect, it } from 'vitest'
import type { Attributes, Operator } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { fromNested, type Nested, type Tensors, toNested } from '../oracle/tensor.js'
import { runLaws } from '../properties/index.js'
import { dialectForms, inDialects, UnknownDialect } from './dialects.js'
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
