import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { rowMajor, type Tensor, zeros } from '../../oracle/tensor.js'
import { Network, seededInputs } from './network.js'
import type { Architecture, Layer } from './notation.js'
import { leaves, rowNamed, tableOf, walk } from './walker.js'

function onImage(channels: number, side: number, ...layers: readonly Layer[]): Architecture {
  return { name: 'test', input: { kind: 'image', channels, height: side, width: side }, layers }
}

/** fer/2, as its source lists it. */
const classifier = onImage(
  3,
  62,
  { kind: 'conv', filters: 16, kernel: 7, stride: 2 },
  { kind: 'relu' },
  { kind: 'maxPool', kernel: 2 },
  { kind: 'conv', filters: 32, kernel: 3 },
  { kind: 'relu' },
  { kind: 'maxPool', kernel: 2 },
  { kind: 'flatten' },
  { kind: 'linear', units: 10 },
  { kind: 'softmax' },
)

describe('the table of an architecture', () => {
  it('has the rows of fer/2’s source', () => {
    const { rows, totals } = walk(classifier)
    expect(rows.map(({ shape }) => shape.join('×'))).toEqual([
      '3×62×62',
      '16×28×28',
      '16×28×28',
      '16×14×14',
      '32×12×12',
      '32×12×12',
      '32×6×6',
      '1152',
      '10',
      '10',
    ])
    // The source says 62 of the last two; the units see 5·8 + 21 = 61.
    expect(rows.map(({ receptiveField }) => receptiveField[0])).toEqual([1, 7, 7, 9, 17, 17, 21, 21, 61, 61])
    expect(rows.map(({ jump }) => jump[0])).toEqual([1, 2, 2, 4, 4, 4, 8, undefined, undefined, undefined])
    expect(rows.map(({ parameters }) => parameters)).toEqual([0, 2368, 0, 0, 4640, 0, 0, 0, 11_530, 0])
    expect(totals.parameters).toBe(18_538)
    expect(totals.biases).toBe(16 + 32 + 10)
    // 28·28·16·(7·7·3) + 12·12·32·(3·3·16) + 1152·10.
    expect(totals.multiplyAdds).toBe(1_843_968 + 663_552 + 11_520)
    // Flattening keeps nothing new.
    expect(totals.activations).toBe(11_532 + 2 * 12_544 + 3136 + 2 * 4608 + 1152 + 2 * 10)
    expect(totals.activationBytes).toBe(4 * totals.activations)
  })

  it('counts the 86,567,656 parameters of ViT-B/16 and the 109,482,240 of BERT base with its pooler', () => {
    const vision: Architecture = onImage(
      3,
      224,
      { kind: 'patchEmbedding', patch: 16, width: 768 },
      { kind: 'classToken' },
      { kind: 'learnedPositions' },
      {
        kind: 'repeat',
        times: 12,
        layers: [{ kind: 'encoderLayer', heads: 12, feedForward: 3072, norm: 'pre', activation: 'gelu' }],
      },
      { kind: 'layerNorm' },
      { kind: 'selectToken' },
      { kind: 'linear', units: 1000 },
    )
    expect(walk(vision).totals.parameters).toBe(86_567_656)
    const language: Architecture = {
      name: 'BERT base',
      input: { kind: 'tokens', length: 128, vocabulary: 30_522 },
      inputs: { segments: { kind: 'tokens', length: 128, vocabulary: 2 } },
      layers: [
        {
          kind: 'add',
          name: 'embeddings',
          branches: [
            [
              { kind: 'embedding', width: 768 },
              { kind: 'learnedPositions', positions: 512 },
            ],
            [{ kind: 'embedding', from: 'segments', width: 768 }],
          ],
        },
        { kind: 'layerNorm' },
        {
          kind: 'repeat',
          name: 'encoder',
          times: 12,
          layers: [{ kind: 'encoderLayer', heads: 12, feedForward: 3072, activation: 'gelu' }],
        },
        {
          kind: 'head',
          name: 'pooler',
          layers: [{ kind: 'selectToken' }, { kind: 'linear', units: 768 }, { kind: 'tanh' }],
        },
      ],
    }
    expect(walk(language).totals.parameters).toBe(109_482_240)
    expect(walk(language).outputs).toEqual([{ name: 'pooler', shape: [768] }])
  })

  it('counts what attention multiplies and keeps', () => {
    const [T, E, heads] = [7, 6, 2]
    const architecture: Architecture = {
      name: 'attention',
      input: { kind: 'sequence', length: T, width: E },
      layers: [{ kind: 'multiHeadAttention', name: 'attention', heads, bias: false }],
    }
    const row = rowNamed(walk(architecture), 'attention')
    expect(row.parameters).toBe(4 * E * E)
    // Four projections, scores and weighted sums.
    expect(row.multiplyAdds).toBe(4 * T * E * E + 2 * T * T * E)
    // Queries, keys, values, the heads' answers, what comes out, and the weights.
    expect(row.activations).toBe(5 * T * E + heads * T * T)
  })

  it('counts a shared table once, and auxiliary heads apart', () => {
    const tied: Architecture = {
      name: 'tied',
      input: { kind: 'tokens', length: 3, vocabulary: 10 },
      layers: [
        { kind: 'embedding', name: 'words', width: 4 },
        { kind: 'linear', name: 'scores', units: 10, tied: 'words' },
      ],
    }
    expect(walk(tied).totals.parameters).toBe(10 * 4 + 10)
    const headed = onImage(
      1,
      2,
      { kind: 'flatten' },
      { kind: 'head', name: 'help', auxiliary: true, layers: [{ kind: 'linear', units: 5 }] },
      { kind: 'linear', units: 3 },
    )
    const table = walk(headed)
    expect(table.totals.parameters).toBe(4 * 5 + 5 + 4 * 3 + 3)
    expect(table.withoutAuxiliary?.parameters).toBe(4 * 3 + 3)
    expect(table.outputs.map(({ name }) => name)).toEqual(['help', 'linear1'])
    expect(walk(classifier).withoutAuxiliary).toBeUndefined()
  })

  it('sums groups from their parts, named by their place', () => {
    const nested = onImage(2, 8, {
      kind: 'repeat',
      name: 'stage',
      times: 2,
      layers: [{ kind: 'residual', name: 'unit', layers: [{ kind: 'conv', filters: 2, kernel: 3, padding: 1 }] }],
    })
    const table = walk(nested)
    expect(leaves(table.rows).map(({ name }) => name)).toEqual([
      'input',
      'stage_1/unit/conv1',
      'stage_1/unit/sum',
      'stage_2/unit/conv1',
      'stage_2/unit/sum',
    ])
    expect(rowNamed(table, 'stage').parameters).toBe(2 * (3 * 3 * 2 * 2 + 2))
    expect(rowNamed(table, 'stage_2').receptiveField).toEqual([5, 5])
    expect(() => rowNamed(table, 'stage_3')).toThrow('no layer is called stage_3')
  })

  it('is a table of an exercise', () => {
    const { columns, rows } = tableOf(walk(classifier))
    for (const row of rows) expect(row.length).toBe(columns.length)
    expect(rows[1]).toEqual(['conv1', 'conv', '16×28×28', 2368, '7', '2', 1_843_968, 12_544])
    expect(rows.at(-1)?.[3]).toBe(18_538)
  })
})

/** Rows of the image that the unit in this row of the answer has a gradient by; nothing where it has none. */
function seen(image: Tensor): readonly [number, number] | undefined {
  const [, , rows, columns] = image.shape
  const hit = [...rowMajor(image)].flatMap((value, i) => (value === 0 ? [] : [Math.floor(i / columns) % rows]))
  return hit.length === 0 ? undefined : [Math.min(...hit), Math.max(...hit) + 1]
}

describe('receptive fields', () => {
  const networks: Readonly<Record<string, readonly Layer[]>> = {
    'dilation and padding': [
      { kind: 'conv', filters: 2, kernel: 3, dilation: 2, padding: 2 },
      { kind: 'conv', filters: 2, kernel: 3, stride: 2, padding: 1 },
      { kind: 'avgPool', kernel: 3, stride: 2 },
    ],
    'branches of different windows': [
      { kind: 'conv', filters: 2, kernel: 3, stride: 2 },
      {
        kind: 'concatenate',
        branches: [
          [{ kind: 'conv', filters: 1, kernel: 1 }],
          [{ kind: 'conv', filters: 1, kernel: 5, padding: 2 }],
          [{ kind: 'avgPool', kernel: 3, stride: 1, padding: 1 }],
        ],
      },
    ],
    'shortcuts that halve the image': [
      { kind: 'conv', filters: 2, kernel: 3, padding: 1 },
      {
        kind: 'residual',
        shortcut: { kind: 'projection', stride: 2 },
        layers: [
          { kind: 'conv', filters: 4, kernel: 3, stride: 2, padding: 1 },
          { kind: 'conv', filters: 4, kernel: 3, padding: 1 },
        ],
      },
      {
        kind: 'residual',
        shortcut: { kind: 'zeroPadding', stride: 2 },
        layers: [{ kind: 'conv', filters: 4, kernel: 3, stride: 2, padding: 1 }],
      },
    ],
    'cells of an adaptive pooling': [
      { kind: 'conv', filters: 2, kernel: 3 },
      { kind: 'adaptiveAvgPool', output: [7, 7] },
    ],
  }

  it.each(Object.entries(networks))('reach as far as the gradient does: %s', async (_, layers) => {
    const side = 23
    const architecture = onImage(2, side, ...layers)
    const network = new Network(architecture, 3)
    const run = await network.forward(seededInputs(architecture, 1, 4), oracle.operators)
    const [[output, answer]] = Object.entries(run.outputs)
    const [size, jump] = [walk(architecture).rows.at(-1)].flatMap((row) => [row?.receptiveField[0], row?.jump[0]])
    const [, channels, rows, columns] = answer.shape
    const found: [number, number][] = []
    for (let row = 0; row < rows; row++) {
      const gradient = zeros(answer.shape)
      for (let c = 0; c < channels; c++) gradient.data[(c * rows + row) * columns + 2] = 1
      const range = seen((await run.backward({ [output]: gradient })).inputs.input)
      if (range !== undefined) found.push([...range])
    }
    const sizes = found.map(([from, to]) => to - from)
    expect(Math.max(...sizes)).toBe(size)
    const inside = found.filter(([from, to]) => from > 0 && to < side)
    for (const [i, [from]] of inside.entries())
      if (i > 0 && jump !== undefined) expect(from - inside[i - 1][0]).toBe(jump)
    expect(inside.length).toBeGreaterThan(1)
  })

  it('of a layer that depends on everything are what all positions see, padding left out', () => {
    const padded = onImage(
      1,
      10,
      { kind: 'conv', filters: 1, kernel: 5, padding: 2 },
      { kind: 'conv', filters: 1, kernel: 3, stride: 3 },
      { kind: 'flatten' },
      { kind: 'linear', units: 2 },
    )
    // Windows end at row 8 of the padded map, and see two rows more: 0 to 10, and two rows of padding in front.
    expect(walk(padded).rows.map(({ receptiveField }) => receptiveField[0])).toEqual([1, 5, 7, 7, 10])
  })

  it('of a layer that depends on everything leave out rows behind the last window, wherever padding puts it', () => {
    const strided = onImage(
      1,
      12,
      { kind: 'conv', filters: 1, kernel: 3, padding: 1, stride: 3 },
      { kind: 'flatten' },
      { kind: 'linear', units: 2 },
    )
    // Windows begin at rows −1, 2, 5 and 8: the last row is in none.
    expect(walk(strided).rows.map(({ receptiveField }) => receptiveField[0])).toEqual([1, 3, 3, 11])
  })
})

describe('layers that do not fit', () => {
  const cases: readonly (readonly [string, Architecture, RegExp])[] = [
    [
      'a window larger than the image',
      onImage(1, 4, { kind: 'conv', filters: 1, kernel: 5 }),
      /^conv1: the window reaches over 5 .*has only 4/,
    ],
    [
      'a linear layer on an image',
      onImage(1, 4, { kind: 'linear', units: 2 }),
      /^linear1: linear reads an image of 1×4×4; it should read a vector: flatten it first/,
    ],
    [
      'groups that do not divide',
      onImage(3, 4, { kind: 'conv', name: 'c', filters: 4, kernel: 1, groups: 2 }),
      /^c: groups is 2; it should divide the 3 channels/,
    ],
    [
      'padding of more than half a pooling',
      onImage(1, 9, { kind: 'maxPool', kernel: 2, padding: 2 }),
      /padding is 2×2; it should be at most half the kernel of 2×2/,
    ],
    ['an average that is rounded up', onImage(1, 9, { kind: 'avgPool', kernel: 2, ceil: true }), /ceil is for maxPool/],
    [
      'a shortcut of another shape',
      onImage(2, 4, { kind: 'residual', layers: [{ kind: 'conv', filters: 3, kernel: 1 }] }),
      /an image of 3×4×4 cannot be added to an image of 2×4×4/,
    ],
    [
      'branches of different sizes',
      onImage(2, 4, { kind: 'concatenate', branches: [[], [{ kind: 'maxPool', kernel: 2 }]] }),
      /height and width should be equal/,
    ],
    [
      'a name that is used twice',
      onImage(1, 4, { kind: 'relu', name: 'a' }, { kind: 'relu', name: 'a' }),
      /name is a, which another layer or input of this list has already/,
    ],
    [
      'a name that there is not',
      onImage(1, 4, { kind: 'relu', from: 'conv' }),
      /from is conv; it should name an input or an earlier layer \(input\)/,
    ],
    [
      'heads that do not divide',
      {
        name: 't',
        input: { kind: 'sequence', length: 2, width: 5 },
        layers: [{ kind: 'encoderLayer', heads: 2, feedForward: 3 }],
      },
      /heads is 2; it should divide the width 5/,
    ],
    [
      'a table of another size',
      {
        name: 't',
        input: { kind: 'tokens', length: 2, vocabulary: 5 },
        layers: [
          { kind: 'embedding', name: 'e', width: 3 },
          { kind: 'linear', units: 4, tied: 'e' },
        ],
      },
      /the weight has shape \[4, 3\]; the table that it is tied to has \[5, 3\]/,
    ],
    [
      'a repetition out of hand',
      onImage(1, 4, { kind: 'repeat', times: 200_000, layers: [{ kind: 'relu' }] }),
      /more than 100000 layers/,
    ],
  ]
  it.each(cases)('%s', (_, architecture, message) => {
    expect(() => walk(architecture)).toThrow(message)
  })
})
