import { describe, expect, test } from 'vitest'
import { tabularRows } from '../document/tableCells.js'
import { markText, verdictsOf } from '../fixtures/marked.js'

/** The solution of ntua/1.1b up to the deltas: σ(1), σ(0), σ(−0.769), (1 − y₅)·y₅·(1 − y₅) and what follows from it. */
const backward = `y_3 = 0.731, y_4 = 0.5, y_5 = 0.317, δ_5 = 0.148, δ_3 = 0.029, δ_4 = 0.037`

describe('a table of weights', () => {
  const table = `${backward}

| weight | old | Δ | new |
|---|---|---|---|
| w_03 | -1 | 0.029 | -0.971 |
| $w_{45}$ | 1 | 0.074 | 1.047 |
| w_04 | | 0.037 | 2 + 0.037 = 2.037 |`

  test('claims old value, change and new value of the weight that its row names', async () => {
    const report = await markText(table, 'ntua/1.1b')
    expect(verdictsOf(report).slice(6)).toEqual([
      '5 w03 correct',
      '5 step03 correct',
      '5 newW03 correct',
      '6 w45 correct',
      '6 step45 correct',
      '6 newW45 wrong',
      '7 step04 correct',
      '7 newW04 correct',
      '7 newW04 correct',
    ])
  })

  test('shows the claim with its symbol, at the cell', async () => {
    const report = await markText(table, 'ntua/1.1b')
    const wrong = report.claims.find(({ verdict }) => verdict === 'wrong')
    expect(wrong).toMatchObject({ line: 6, column: 26, text: 'w₄₅ = 1.047', claimed: 1.047, root: true })
  })

  test.each([
    ['Βάρος | Παλιά τιμή | Δw | Νέα τιμή', 'ntua/1.1b'],
    ['težina | stara vrijednost | promjena | nova vrijednost', 'ntua/1.1b'],
    ['Gewicht | alter Wert | Änderung | neuer Wert', 'ntua/1.1b'],
    ['poids | ancienne valeur | changement | nouvelle valeur', 'ntua/1.1b'],
    ['peso | valor inicial | cambio | nuevo valor', 'ntua/1.1b'],
    ['$w$ | $w_{old}$ | $\\Delta w$ | $w_{new}$', 'ntua/1.1b'],
  ])('is read under the heads «%s»', async (heads, exercise) => {
    const report = await markText(`| ${heads} |\n|---|---|---|---|\n| w_05 | -2 | 0,148 | -1,852 |`, exercise)
    expect(verdictsOf(report)).toEqual(['3 w05 correct', '3 step05 correct', '3 newW05 correct'])
  })

  test('a miscopied old weight is a false given value, not a false new one', async () => {
    const report = await markText(`| w | old | new |\n|---|---|---|\n| w_05 | -3 | -1.852 |`, 'ntua/1.1b')
    expect(verdictsOf(report)).toContain('3 w05 transcription')
  })

  test('in plain text is read by its columns', async () => {
    const text = `weight   old    delta   new\nw05      -2     0.148   -1.852\nw35       1     0.108    1.118`
    const report = await markText(text, 'ntua/1.1b', 'solution.txt')
    expect(verdictsOf(report)).toEqual([
      '2 w05 correct',
      '2 step05 correct',
      '2 newW05 correct',
      '3 w35 correct',
      '3 step35 correct',
      '3 newW35 wrong',
    ])
  })

  test('a column that names nothing known is unread, once', async () => {
    const report = await markText(
      `| w | new | page |\n|---|---|---|\n| w_05 | -1.852 | 3 |\n| w_35 | 1.108 | 4 |`,
      'ntua/1.1b',
    )
    expect(report.unread).toMatchObject([{ line: 3, why: 'the column «page» names nothing that the exercise knows' }])
    expect(verdictsOf(report)).toEqual(['3 newW05 correct', '4 newW35 correct'])
  })
})

describe('a table with quantities in its head', () => {
  test('is read before and after the update', async () => {
    const report = await markText(
      `| | y_3 | y_4 | y_5 | E |\n|---|---|---|---|---|\n| πριν | 0,731 | 0,5 | 0,317 | 0,683 |\n| μετά | 0,748 | 0,528 | 0,388 | 0,612 |`,
      'ntua/1.1b',
    )
    expect(verdictsOf(report)).toEqual([
      '3 y3 correct',
      '3 y4 correct',
      '3 y5 correct',
      '3 error correct',
      '4 newY3 correct',
      '4 newY4 correct',
      '4 newY5 correct',
      '4 newError correct',
    ])
  })

  test('is read step by step, the row giving the index', async () => {
    const report = await markText(`| neuron | a | y |\n|---|---|---|\n| 3 | 1 | 0.731 |\n| 4 | 0 | 0.6 |`, 'ntua/1.1b')
    expect(verdictsOf(report)).toEqual(['3 a3 correct', '3 y3 correct', '4 a4 correct', '4 y4 wrong'])
  })

  test('claims nothing where its rows cannot be told apart: a table of truth values', async () => {
    const report = await markText(
      `| x_1 | x_2 | y |\n|---|---|---|\n| 0 | 0 | 0 |\n| 0 | 1 | 1 |\n| 1 | 0 | 1 |`,
      'ntua/1.1b',
    )
    expect(verdictsOf(report)).toEqual([])
    expect(report.unread.length).toBeGreaterThan(0)
  })
})

describe('a table of layers', () => {
  // 16·(3·7·7 + 1) = 2368; 32·(16·3·3 + 1) = 4640; (32·6·6)·10 + 10 = 11530. Sides: (62 − 7)/2 + 1 = 28, 14, 12, 6.
  const rows = `| Slika | - | 3 x 62 x 62 | | |
| Conv 7x7 | 2368 | 16 x 28 x 28 | 7x7 | 1 |
| ReLU | - | 16 x 28 x 28 | 7x7 | 2 |
| Pool 2 | - | 16 x 14 x 14 | 9x9 | 2 |
| Conv 3x3 | 4640 | 32 x 12 x 12 | 17x17 | 4 |
| ReLU | - | 32 x 12 x 12 | 17x17 | 4 |
| Pool 2 | - | 32 x 6 x 6 | 21x21 | 4 |
| Flatten | - | 1152 | 21x21 | |
| FC1 | 11530 | 10 | 62x62 | |`

  test('is read by the kinds and the order of its layers', async () => {
    const report = await markText(
      `| sloj | param | tenzor | rf | J_in |\n|---|---|---|---|---|\n${rows}\n| Ukupno | 18538 | | | |`,
      'fer/2',
    )
    const verdicts = verdictsOf(report)
    expect(verdicts.filter((verdict) => !verdict.endsWith(' correct'))).toEqual([])
    for (const claim of ['conv1Parameters', 'conv2Parameters', 'fcParameters', 'pool1Shape', 'parameters'])
      expect(verdicts.some((verdict) => verdict.includes(` ${claim} `))).toBe(true)
    expect(report.unread).toEqual([])
  })

  test('accuses the one false cell', async () => {
    const report = await markText(
      `| layer | parameters | output shape | receptive field | J_in |\n|---|---|---|---|---|\n${rows.replace('16 x 14 x 14', '16 x 13 x 13')}`,
      'fer/2',
    )
    const wrong = verdictsOf(report).filter((verdict) => verdict.endsWith(' wrong'))
    expect(new Set(wrong)).toEqual(new Set(['6 pool1Shape wrong']))
  })

  test('counts with separators and shapes with the channels last are read', async () => {
    // (11·11·3 + 1)·96 = 34 944; (227 − 11)/4 + 1 = 55; (55 − 3)/2 + 1 = 27.
    const report = await markText(
      `| Layer | Output size | Parameters |\n|---|---|---|\n| conv1 | 55×55×96 | 34,944 |\n| pool1 | 27×27×96 | 0 |`,
      'lecture/alexnet',
    )
    expect(verdictsOf(report)).toEqual([
      '3 conv1Shape correct',
      '3 conv1Parameters correct',
      '4 pool1Shape correct',
      '4 - correct',
    ])
    expect(report.unread).toEqual([])
  })
})

describe('a LaTeX tabular', () => {
  test('has rows and columns as a Markdown table has, merged cells and rules aside', () => {
    const text = String.raw`\hline layer & \multicolumn{2}{c|}{size} & n \\ \hline conv & 3 & 4 & 5 \& 6 \\ \hline`
    const rows = tabularRows(text, { start: 0, end: text.length })
    expect(rows.map((row) => row.map(({ start, end }) => text.slice(start, end).trim()))).toEqual([
      ['layer', 'size', '', 'n'],
      ['conv', '3', '4', '5 \\& 6'],
    ])
  })
})

test('the dimensions of a datum are no value of it', async () => {
  const report = await markText('| parameter | shape |\n|---|---|\n| W_wh | 2 × 3 |', 'ntua/1.3')
  expect(verdictsOf(report)).toEqual([])
  expect(report.unread).toHaveLength(1)
})

test('a table of no known exercise claims only its equations', async () => {
  const report = await markText(`| item | price |\n|---|---|\n| a | 3 |\n| sum | 3 + 4 = 8 |`)
  expect(verdictsOf(report)).toEqual(['4 - arithmetic'])
})

test('shapes with their channels last are the lengths that counts rest on', async () => {
  // With 6, 6 and 32 for channels, height and width, 17962 would follow.
  const shapes = [
    '28 \\times 28 \\times 16',
    '14 \\times 14 \\times 16',
    '12 \\times 12 \\times 32',
    '6 \\times 6 \\times 32',
  ]
  const names = ['conv1', 'pool1', 'conv2', 'pool2']
  const text = shapes.map((shape, i) => `${names[i]}: $${shape}$\n`).join('\n')
  const { claims } = await markText(`${text}\ntotal parameters = 17962\n`, 'fer/2')
  expect(claims.filter(({ root }) => root)).toMatchObject([{ line: 9, quantity: 'parameters', verdict: 'wrong' }])
})
