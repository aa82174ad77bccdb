import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultGiven, type Exercise, findExercise, instanceOf } from '../../exercises/index.js'
import { scalar } from '../../oracle/tensor.js'
import type { LawReport } from '../../properties/index.js'
import { fittingRun } from '../exercises/conventions.js'
import { openExerciseFile } from './exerciseFile.js'
import { type ElementType, elementTypes, encodeModel } from './messages.js'

type Model = Parameters<typeof encodeModel>[0]
type Node = NonNullable<Model['graph']['node']>[number]
type Sizes = readonly (number | undefined)[]

/** A small network: the sizes of its inputs, what it holds, its nodes, and its outputs. */
interface Network {
  readonly type?: ElementType
  readonly inputs: Readonly<Record<string, Sizes>>
  readonly held?: Readonly<Record<string, readonly [sizes: readonly number[], numbers: readonly number[]]>>
  readonly nodes: readonly Node[]
  readonly outputs: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'answerkey-exercise-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function written({ type = 'float32', inputs, held = {}, nodes, outputs }: Network): string {
  const value = (name: string, sizes?: Sizes) => ({
    name,
    type: {
      tensorType: {
        elemType: elementTypes[type],
        ...(sizes && { shape: { dim: sizes.map((size) => (size === undefined ? {} : { dimValue: size })) } }),
      },
    },
  })
  const path = join(folder, `${files++}.onnx`)
  const graph = {
    node: [...nodes],
    initializer: Object.entries(held).map(([name, [dims, numbers]]) => ({
      ...{ name, dims: [...dims], dataType: elementTypes[type] },
      ...(type === 'float64' ? { doubleData: [...numbers] } : { floatData: [...numbers] }),
    })),
    input: Object.entries(inputs).map(([name, sizes]) => value(name, sizes)),
    output: outputs.map((name) => value(name)),
  }
  writeFileSync(path, encodeModel({ irVersion: 8, opsetImport: [{ version: 17 }], graph }))
  return path
}

const node = (opType: string, input: string[], output: string, attribute: Node['attribute'] = []): Node => ({
  ...{ opType, input, output: [output], attribute },
})

function exercise(id: string): Exercise {
  const found = findExercise(id)
  if (found === undefined) throw new Error(`there is no exercise ${id}`)
  return found
}

/** The laws by name. */
async function tested(
  path: string,
  of: Exercise | string,
  settings: readonly string[] = [],
): Promise<{ readonly name: string; readonly laws: Readonly<Record<string, LawReport>> }> {
  const subject = await openExerciseFile(path, typeof of === 'string' ? exercise(of) : of, settings, 10)
  try {
    const run = await fittingRun(subject, 5)
    const { operators, subject: name } = await run.report({ runs: 10, seed: 5 })
    const laws = Object.values(operators).flatMap((operator) => operator.laws)
    return { name, laws: Object.fromEntries(laws.map((law) => [law.law, law])) }
  } finally {
    await subject.close()
  }
}

function statuses({ laws }: Awaited<ReturnType<typeof tested>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.values(laws).map(({ law, status }) => [law, status]))
}

const root3: Network['held'] = { root: [[], [Math.sqrt(3)]] }
const attention: Network = {
  inputs: { X: [4, 3], q: [3] },
  held: root3,
  nodes: [
    node('MatMul', ['X', 'q'], 'scores'),
    node('Div', ['scores', 'root'], 'scaled scores'),
    node('Softmax', ['scaled scores'], 'p'),
    node('MatMul', ['p', 'X'], 'output'),
  ],
  outputs: ['scores', 'scaled scores', 'p', 'output'],
}
const right = {
  'scores matches the reference': 'held',
  'scaledScores matches the reference': 'held',
  'probabilities matches the reference': 'held',
  'output matches the reference': 'held',
}

describe('a model file of an exercise', () => {
  it.each([
    ['float32', attention],
    ['float64', { ...attention, type: 'float64' as const }],
  ])('holds for its data and others, quantity by quantity: %s', async (_, network) => {
    const result = await tested(written(network), 'ntua/2.1a')
    expect(statuses(result)).toEqual(right)
    for (const name of Object.keys(right)) expect(result.laws[name].runs).toBe(11)
  })

  it('is held to the accuracy of its own precision', async () => {
    // A root of three in four digits is good enough for nobody; one in nine is good enough for float32.
    const nearly = (root: number, type: ElementType) => written({ ...attention, type, held: { root: [[], [root]] } })
    expect(statuses(await tested(nearly(1.732, 'float32'), 'ntua/2.1a'))).toEqual({
      ...right,
      'scaledScores matches the reference': 'broken',
      'probabilities matches the reference': 'broken',
      'output matches the reference': 'broken',
    })
    expect(statuses(await tested(nearly(1.732050808, 'float32'), 'ntua/2.1a'))).toEqual(right)
    const precise = await tested(nearly(1.732050808, 'float64'), 'ntua/2.1a')
    expect(statuses(precise)['scaledScores matches the reference']).toBe('broken')
  })

  it('that forgets the root of the dimension is told so, with a small case', async () => {
    const forgotten = { ...attention, nodes: attention.nodes.with(1, node('Identity', ['scores'], 'scaled scores')) }
    const result = await tested(written(forgotten), 'ntua/2.1a')
    expect(result.laws['scores matches the reference'].status).toBe('held')
    const { status, mistake, counterexample, shrunk, path } = result.laws['output matches the reference']
    expect({ status, mistake, shrunk, path }).toEqual({
      ...{ status: 'broken', mistake: 'scaling left out', shrunk: true, path: 'source' },
    })
    // Most of the numbers do not matter, and are 0.
    const numbers = Object.values(counterexample?.inputs ?? {}).flatMap(({ data }) => data)
    expect(numbers.length).toBe(15)
    expect(numbers.filter((number) => number === 0).length).toBeGreaterThan(8)
  })

  it('that weights by scores in place of probabilities breaks the law of what follows alone', async () => {
    const wrong = { ...attention, nodes: attention.nodes.with(3, node('MatMul', ['scaled scores', 'X'], 'output')) }
    const result = await tested(written(wrong), 'ntua/2.1a')
    expect(statuses(result)).toEqual({ ...right, 'output matches the reference': 'broken' })
    expect(result.laws['output matches the reference'].mistake).toBe('weighted by the scaled scores')
  })

  it('is tested under the convention that it follows, and says which', async () => {
    const sheet = await tested(written(attention), 'ntua/2.1a')
    expect(sheet.name).toMatch(/, under «query of the sheet»$/)
    const signed: Network = {
      ...attention,
      held: { ...root3, signs: [[3], [1, -1, 1]] },
      nodes: [
        node('Mul', ['q', 'signs'], 'used'),
        node('MatMul', ['X', 'used'], 'scores'),
        ...attention.nodes.slice(1),
      ],
    }
    const known = await tested(written(signed), 'ntua/2.1a')
    expect(known.name).toMatch(/, under «query of the known solution»$/)
    expect(statuses(known)).toEqual(right)
  })

  it('may take and give batches of one', async () => {
    const batch: Network = {
      inputs: { X: [undefined, 4, 3], q: [1, 3] },
      held: { ...root3, column: [[3], [1, 3, 1]] },
      nodes: [
        node('Transpose', ['q'], 'upright'),
        node('MatMul', ['X', 'upright'], 's'),
        node('Div', ['s', 'root'], 'z'),
        node('Softmax', ['z'], 'P', [{ name: 'axis', type: 2, i: 1 }]),
      ],
      outputs: ['s', 'P'],
    }
    expect(statuses(await tested(written(batch), 'ntua/2.1a'))).toEqual({
      'scores matches the reference': 'held',
      'probabilities matches the reference': 'held',
    })
  })
})

const weights = { w03: 0, w13: 0, w23: 0, w04: 0, w14: 0, w24: 0, w05: 0, w35: 0, w45: 0 }
const sheet = defaultGiven(exercise('ntua/1.1b'))
/** The sheet's numbers of these given data. */
const numbersOf = (names: readonly string[]) => names.map((name) => sheet[name].data[0])

/** The perceptron out of scalars, which are held or fed. */
function perceptron(held: readonly string[], fed: readonly string[]): Network {
  const neuron = (j: number, inputs: readonly (readonly [string, string])[]) => [
    ...inputs.map(([weight, x], i) => node('Mul', [weight, x], `product${j}${i}`)),
    node(
      'Sum',
      inputs.map((_, i) => `product${j}${i}`),
      `a${j}`,
    ),
    node('Sigmoid', [`a${j}`], `y_${j}`),
  ]
  const connections = (j: number): readonly (readonly [string, string])[] => [
    [`w0${j}`, 'x0'],
    [`w1${j}`, 'x1'],
    [`w2${j}`, 'x2'],
  ]
  return {
    inputs: Object.fromEntries(fed.map((name) => [name, []])),
    held: Object.fromEntries(held.map((name) => [name, [[], numbersOf([name])]])),
    nodes: [
      ...neuron(3, connections(3)),
      ...neuron(4, connections(4)),
      ...neuron(5, [
        ['w05', 'x0'],
        ['w35', 'y_3'],
        ['w45', 'y_4'],
      ]),
    ],
    outputs: ['a3', 'y_3', 'y_5'],
  }
}

describe('given data that the file holds', () => {
  const names = Object.keys(weights)

  it('are the sheet’s, and the others are drawn', async () => {
    const result = await tested(written(perceptron(names, ['x0', 'x1', 'x2'])), 'ntua/1.1b')
    const matching = ['a3', 'y3', 'y5'].map((name) => [`${name} matches the reference`, 'held'])
    const given = names.map((name) => [`${name} is as the sheet gives it`, 'held'])
    expect(statuses(result)).toEqual(Object.fromEntries([...matching, ...given]))
    expect(result.laws['y5 matches the reference'].runs).toBe(11)
  })

  it('are found out where one is another, and what is computed with it is right', async () => {
    const network = perceptron(names, ['x1', 'x2', 'x0'])
    const held = { ...network.held, w35: [[], [0.75]] as const }
    const result = await tested(written({ ...network, held }), 'ntua/1.1b')
    const wrong = Object.entries(statuses(result)).filter(([, status]) => status !== 'held')
    expect(wrong).toEqual([['w35 is as the sheet gives it', 'broken']])
    expect(result.laws['w35 is as the sheet gives it'].message).toContain('w35 is 0.75, expected')
  })

  it('are those of an instance where there is one', async () => {
    const network = perceptron(names, ['x0', 'x1', 'x2'])
    const held = { ...network.held, w35: [[], [0.75]] as const }
    const instance = instanceOf(exercise('ntua/1.1b'), { w35: scalar(0.75) })
    const result = await tested(written({ ...network, held }), instance)
    expect(new Set(Object.values(statuses(result)))).toEqual(new Set(['held']))
  })

  it('may be told in the calls instead', async () => {
    const result = await tested(written(perceptron([], ['x0', 'x1', 'x2', ...names])), 'ntua/1.1b')
    expect(statuses(result)).toEqual({
      'a3 matches the reference': 'held',
      'y3 matches the reference': 'held',
      'y5 matches the reference': 'held',
    })
  })

  it('are the sheet’s where the file has them under no name that is known', async () => {
    const layers: Network = {
      inputs: { input: [1, 2] },
      held: {
        'fc1.weight': [[2, 2], numbersOf(['w13', 'w23', 'w14', 'w24'])],
        'fc1.bias': [[2], numbersOf(['w03', 'w04'])],
        'fc2.weight': [[1, 2], numbersOf(['w35', 'w45'])],
        'fc2.bias': [[1], numbersOf(['w05'])],
      },
      nodes: [
        node('Gemm', ['input', 'fc1.weight', 'fc1.bias'], 'before', [{ name: 'transB', type: 2, i: 1 }]),
        node('Sigmoid', ['before'], 'hidden'),
        node('Gemm', ['hidden', 'fc2.weight', 'fc2.bias'], 'last', [{ name: 'transB', type: 2, i: 1 }]),
        node('Sigmoid', ['last'], 'prediction'),
      ],
      outputs: ['hidden', 'prediction'],
    }
    const path = written(layers)
    const settings = ['x1+x2=input', 'y3+y4=hidden', 'y5=prediction']
    const matching = {
      'y3 matches the reference': 'held',
      'y4 matches the reference': 'held',
      'y5 matches the reference': 'held',
    }
    expect(statuses(await tested(path, 'ntua/1.1b', settings))).toEqual(matching)
    const exchanged = { ...layers.held, 'fc1.weight': [[2, 2], numbersOf(['w14', 'w23', 'w13', 'w24'])] as const }
    const wrong = written({ ...layers, held: exchanged })
    expect(statuses(await tested(wrong, 'ntua/1.1b', settings))).toMatchObject({ 'y3 matches the reference': 'broken' })
    const named = [...settings, 'w13+w23+w14+w24=fc1.weight', 'w35+w45=fc2.weight']
    expect(statuses(await tested(wrong, 'ntua/1.1b', named))).toMatchObject({
      ...matching,
      'w13 is as the sheet gives it': 'broken',
      'w23 is as the sheet gives it': 'held',
      'w14 is as the sheet gives it': 'broken',
      'w45 is as the sheet gives it': 'held',
    })
  })

  it('may be transposed in the file', async () => {
    const { weightQ } = defaultGiven(exercise('lecture/multi-head'))
    const columns = Array.from({ length: 16 }, (_, i) => weightQ.get(i % 4, Math.floor(i / 4)))
    const projection: Network = {
      inputs: { X: [3, 4] },
      held: { 'q.weight': [[4, 4], columns] },
      nodes: [node('Transpose', ['q.weight'], 'upright'), node('MatMul', ['X', 'upright'], 'Q')],
      outputs: ['Q'],
    }
    expect(statuses(await tested(written(projection), 'lecture/multi-head', ['weightQ=q.weight^T']))).toEqual({
      'weightQ is as the sheet gives it': 'held',
      'queries matches the reference': 'held',
    })
    const raw = { ...projection, nodes: [node('MatMul', ['X', 'q.weight'], 'Q')] }
    const result = await tested(written(raw), 'lecture/multi-head')
    expect(result.laws['queries matches the reference'].mistake).toBe('transposed projection')
  })
})

describe('a model file that cannot be tested as an exercise says why:', () => {
  it.each([
    [
      'an input is nothing given',
      { ...attention, inputs: { X: [4, 3], q: [3], bias: [3] } },
      [],
      'its input bias stands for none of the given data of ntua/2.1a, which are sequence (X), query (q)',
    ],
    [
      'an input is computed',
      { ...attention, inputs: { X: [4, 3], q: [3], scaledScores: [4] } },
      [],
      'its input scaledScores is scaledScores, which ntua/2.1a does not give but computes',
    ],
    [
      'an input has another shape',
      { ...attention, inputs: { X: [5, 3], q: [3] } },
      [],
      'its input X takes [5, 3]; sequence of ntua/2.1a has [4, 3]',
    ],
    ['two inputs are one datum', { ...attention, inputs: { X: [4, 3], q: [3], query: [3] } }, [], 'it has query twice'],
    [
      'no output is a quantity',
      { ...attention, outputs: ['unknown'] },
      [],
      'none of its outputs unknown is a quantity of ntua/2.1a, which has x1 (x^(1))',
    ],
    [
      'two outputs are one quantity',
      { ...attention, outputs: ['p', 'probabilities'] },
      [],
      'two of its outputs are probabilities',
    ],
    [
      'what it holds has another shape',
      { ...attention, inputs: { X: [4, 3] }, held: { q: [[2], [1, 2]] } } as Network,
      [],
      'it holds q of shape [2], which should be query of ntua/2.1a, [3]',
    ],
    ['a name is none of the exercise’s', attention, ['keys=X'], 'keys=X should be NAME=OWN'],
    ['a name is none of the file’s', attention, ['sequence=matrix'], 'it has no matrix; it has X, q'],
    ['an output is given', attention, ['query=output'], 'an output cannot be query, which ntua/2.1a gives'],
  ] as const)('%s', async (_, network, settings, message) => {
    await expect(openExerciseFile(written(network), exercise('ntua/2.1a'), settings, 10)).rejects.toThrow(message)
  })
})
