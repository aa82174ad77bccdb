import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { copy, rowMajor, sameShape, type Tensor } from '../oracle/tensor.js'
import { type Convention, defaultGiven, type Exercise, quantitiesUnder, solve, type Values } from './exercise.js'
import { exercises, findExercise } from './index.js'
import { symbolKey } from './symbols.js'

/** Every choice of one convention from each axis. */
function choices(exercise: Exercise): readonly (readonly Convention[])[] {
  return exercise.conventions.reduce<readonly (readonly Convention[])[]>(
    (chosen, { conventions }) => chosen.flatMap((some) => conventions.map((one) => [...some, one])),
    [[]],
  )
}

function samples(exercise: Exercise, count: number): readonly Values[] {
  return [defaultGiven(exercise), ...fc.sample(exercise.arbitrary(), { numRuns: count, seed: 7 })]
}

function equal(a: Tensor, b: Tensor): boolean {
  const right = rowMajor(b)
  return sameShape(a.shape, b.shape) && rowMajor(a).every((value, i) => Math.abs(value - right[i]) <= 1e-9)
}

/** Values that note which names are read. */
function watched(values: Values): { readonly values: Values; readonly read: Set<string> } {
  const read = new Set<string>()
  const proxy = new Proxy(values, {
    get(target, name) {
      if (typeof name === 'string') read.add(name)
      return Reflect.get(target, name)
    },
  })
  return { values: proxy, read }
}

/** The key of a symbol, or of a partial derivative: `∂L/∂W`, both of whose parts are symbols. */
function keyOf(symbol: string): string | undefined {
  const [, above, below] = /^∂([^/]+)\/∂([^/]+)$/.exec(symbol) ?? []
  return above === undefined ? symbolKey(symbol) : `∂${symbolKey(above)}/∂${symbolKey(below)}`
}

describe('the list of exercises', () => {
  it('holds those of every source in order, found by id', () => {
    expect(exercises.map(({ id }) => id)).toEqual([
      ...['1.1a', '1.1b', '1.1c', '1.1d', '1.2', '1.3', '1.4', '2.1a', '2.1b', '2.2', '2.3'].map((id) => `ntua/${id}`),
      ...[1, 2, 3, 4, 5].map((id) => `fer/${id}`),
      ...['1', '2', '3', '4', 'p1', 'p2'].map((id) => `sharif/${id}`),
      ...[
        'seq2seq',
        'positional-encoding',
        'masks',
        'multi-head',
        'complexity',
        'layer-norm',
        'transformer',
        'loss',
      ].map((id) => `lecture/${id}`),
      ...['transfer', 'alexnet', 'vgg', 'googlenet', 'resnet', 'vit', 'bert'].map((id) => `lecture/${id}`),
    ])
    for (const exercise of exercises) expect(findExercise(exercise.id)).toBe(exercise)
    expect(findExercise('ntua/9.9')).toBeUndefined()
  })
})

describe.each(exercises)('$id', (exercise) => {
  let solvedOnce: Promise<readonly Values[]> | undefined
  /** The exercise solved for its own given data and for twenty others. */
  const solvedSamples = (): Promise<readonly Values[]> => {
    solvedOnce ??= Promise.all(samples(exercise, 20).map((given) => solve(exercise, given, oracle)))
    return solvedOnce
  }

  const givenNames = exercise.given.map(({ name }) => name)

  it('names every datum once, and only stages that it has', () => {
    const names = [...givenNames, ...exercise.quantities.map(({ name }) => name)]
    expect(new Set(names).size).toBe(names.length)
    const stages = exercise.stages.map(({ name }) => name)
    for (const { stage } of exercise.quantities) if (stage !== undefined) expect(stages).toContain(stage)
    expect(exercise.quantities.some(({ asked }) => asked)).toBe(true)
  })

  it('lists symbols as their keys, each for one datum a stage', () => {
    const owners = new Map<string, string>()
    for (const { name, symbols } of exercise.given)
      for (const symbol of symbols) {
        expect([name, symbol, keyOf(symbol)]).toEqual([name, symbol, symbol])
        expect([symbol, owners.get(symbol)]).toEqual([symbol, undefined])
        owners.set(symbol, name)
      }
    for (const { name, symbols, stage } of exercise.quantities)
      for (const symbol of symbols) {
        expect([name, symbol, keyOf(symbol)]).toEqual([name, symbol, symbol])
        const place = `${symbol} ${stage ?? ''}`
        expect([place, owners.get(place)]).toEqual([place, undefined])
        owners.set(place, name)
      }
  })

  it.each(
    choices(exercise).map((conventions) => [conventions.map(({ name }) => name).join(', '), conventions] as const),
  )('is solved on the oracle; each quantity reads what it declares and all of that: %s', async (_, conventions) => {
    const quantities = quantitiesUnder(exercise, conventions)
    const known = new Set(givenNames)
    const unread = new Map(quantities.map(({ name, from }) => [name, new Set(from)]))
    for (const { name, from } of quantities) {
      for (const input of from) expect([name, known.has(input)]).toEqual([name, true])
      known.add(name)
    }
    for (const given of samples(exercise, 5)) {
      const solved = await solve(exercise, given, oracle, { conventions })
      for (const value of Object.values(solved)) expect(rowMajor(value).every(Number.isFinite)).toBe(true)
      for (const { name, compute, from } of quantities) {
        const declared = Object.fromEntries(from.map((input) => [input, solved[input]]))
        const { values, read } = watched(declared)
        expect(equal(await compute(values, oracle.operators), solved[name])).toBe(true)
        for (const input of read) unread.get(name)?.delete(input)
      }
    }
    for (const [name, inputs] of unread) expect([name, [...inputs]]).toEqual([name, []])
  })

  it('follows a replaced value and leaves what does not depend on it', async () => {
    const given = defaultGiven(exercise)
    const solved = await solve(exercise, given, oracle)
    for (const { name } of exercise.quantities) {
      const other = copy(solved[name])
      other.data[0] += 1
      const replaced = await solve(exercise, given, oracle, { replaced: { [name]: other } })
      expect(replaced[name]).toBe(other)
      const dependent = new Set([name])
      for (const quantity of exercise.quantities) {
        if (quantity.from.some((input) => dependent.has(input))) dependent.add(quantity.name)
        if (!dependent.has(quantity.name)) expect(equal(replaced[quantity.name], solved[quantity.name])).toBe(true)
      }
    }
  })

  it.each(exercise.laws.map((law) => [law.name, law] as const))('law on 200 given data: %s', async (_, law) => {
    await fc.assert(
      fc.asyncProperty(exercise.arbitrary(), (given) =>
        law.check(given, (values) => solve(exercise, values, oracle), 2 ** -52, oracle.operators),
      ),
      { numRuns: 200 },
    )
  })

  it.each(exercise.mistakes.map((mistake) => [mistake.name, mistake] as const))(
    'mistake yields something else than the truth: %s',
    async (_, mistake) => {
      for (const quantity of mistake.quantities) {
        let differs = false
        for (const solved of await solvedSamples()) {
          const inputs = Object.fromEntries(mistake.from(quantity).map((name) => [name, solved[name]]))
          expect(Object.values(inputs)).not.toContain(undefined)
          const wrong = await mistake.compute(quantity, inputs, oracle.operators)
          differs ||= !equal(wrong, solved[quantity])
        }
        expect([quantity, differs]).toEqual([quantity, true])
      }
    },
  )

  it('names every mistake once, of quantities that it has', () => {
    const names = exercise.mistakes.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const quantities = exercise.quantities.map(({ name }) => name)
    for (const mistake of exercise.mistakes) {
      for (const quantity of mistake.quantities) expect(quantities).toContain(quantity)
      expect(mistake.explanation).toMatch(/^(is|has|are|counts|connects|multiplies) .*\.$/s)
    }
  })

  it('cannot tell these mistakes from the truth on its own numbers', async () => {
    const solved = await solve(exercise, defaultGiven(exercise), oracle)
    const unseen: string[] = []
    for (const mistake of exercise.mistakes)
      for (const quantity of mistake.quantities) {
        const inputs = Object.fromEntries(mistake.from(quantity).map((name) => [name, solved[name]]))
        const wrong = await mistake.compute(quantity, inputs, oracle.operators)
        if (equal(wrong, solved[quantity])) unseen.push(`${quantity}: ${mistake.name}`)
      }
    expect(unseen).toEqual(unseenOnTheSheet[exercise.id] ?? [])
  })

  it.each(
    exercise.experiments.flatMap(({ question, run }) =>
      (['full', 'reduced'] as const).map((extent) => [question, extent, run] as const),
    ),
  )('experiment: %s (%s)', async (_, extent, run) => {
    const { columns, rows, findings } = await run(oracle.operators, { extent })
    expect(findings.filter(({ holds }) => !holds)).toEqual([])
    expect(findings.length).toBeGreaterThan(0)
    for (const row of rows) expect(row.length).toBe(columns.length)
  })
})

function of(mistake: string, ...quantities: readonly string[]): readonly string[] {
  return quantities.map((quantity) => `${quantity}: ${mistake}`)
}

const steps = ['03', '13', '23', '04', '14', '24', '05', '35', '45'].map((connection) => `step${connection}`)

/** Mistakes that the sources' own numbers hide, with what hides them. */
const unseenOnTheSheet: Readonly<Record<string, readonly string[]>> = {
  'ntua/1.1a': [
    // x₁ = 1 is positive; w₁₃ and dⱼ go with j = 3 both ways.
    ...of('sign of the input lost', 'step13', 'step14'),
    ...of('neurons and inputs mixed up', 'step13'),
  ],
  'ntua/1.1b': [
    // a₄ = 0; w₃₅ = w₄₅ = 1; η = 1.
    ...of('activation of the opposite pre-activation', 'y4'),
    ...of('output weight left out', 'delta3', 'delta4'),
    ...of('learning rate left out', ...steps),
  ],
  'ntua/1.1c': [
    // a₄ = y₄ = 0, so that g′ = 1 and Δw₄₅ = 0; w₃₅ = w₄₅ = 1; η = 1.
    ...of('activation of the opposite pre-activation', 'y4'),
    ...of('activation left out', 'y4'),
    ...of('derivative of the activation forgotten', 'delta4'),
    ...of('1 − y in place of the derivative', 'delta4'),
    ...of('derivative written in the pre-activation', 'delta4'),
    ...of('factor 2 of the squared error', 'step45'),
    ...of('new weights in the backward pass', 'delta4'),
    ...of('output weight left out', 'delta3', 'delta4'),
    ...of('pre-activation instead of the output', 'step45'),
    ...of('error instead of the delta', 'step45'),
    ...of('learning rate left out', ...steps),
    ...of('change subtracted', 'newW45'),
  ],
  'ntua/1.2': [
    // (227 − 11)/4 = 54 without a remainder; no padding.
    ...of('rounded up', 'outputWidth', 'outputHeight'),
    ...of('padding on one side only', 'outputWidth', 'outputHeight'),
  ],
  'ntua/1.3': [
    // No pre-activation and no logit is negative.
    ...of('ReLU left out', 'h1', 'h2', 'h3'),
    ...of('ReLU before the previous state is added', 'h2', 'h3'),
    ...of('ReLU applied to the logits', 'logits'),
    ...of('ReLU applied to the logits (mean)', 'meanLogits'),
  ],
  'fer/2': [
    // (28 − 2)/2, (14 − 3)/1 and (12 − 2)/2 leave no remainder; the second convolution has stride 1; 2 + 2 = 2·2.
    ...of('rounded up', 'pool1Side', 'conv2Side', 'pool2Side'),
    ...of('stride forgotten', 'conv2Side'),
    ...of('own stride counted already', 'conv2ReceptiveField'),
    ...of('strides added', 'pool1Jump'),
    ...of('stride forgotten in the jump', 'conv2Jump'),
  ],
  'fer/3': [
    // The first member is 00, the last 11; b_o = 0.
    'h1: bits exchanged',
    'h3: bits exchanged',
    'h1: both bits added up',
    'logit: bias of the output forgotten',
  ],
  'fer/4': [
    // The kernel is symmetric; the negative pair lies inside the margin.
    ...of('kernel flipped', 'firstEmbedding', 'secondEmbedding', 'negativeEmbedding'),
    ...of('margin forgotten beyond it', 'negativeLoss'),
    ...of('gradient beyond the margin', 'negativeEmbeddingGradient'),
  ],
  'fer/5': [
    // λ₂ holds no weight at 0; H is diagonal; no weight is negative, and with λ₃ only one is left.
    ...of('pulled past zero (L1)', 'lasso2'),
    ...of('coupling of the weights left out (L1)', 'lasso2', 'lasso3'),
    ...of('coupling of the weights left out (L2)', 'ridge2', 'ridge3'),
    ...of('signs kept in the L1 norm', 'lassoPenalty2', 'lassoPenalty3'),
    ...of('largest weight as the L1 norm', 'lassoPenalty3'),
  ],
  'lecture/seq2seq': [
    // The scores differ by 25.
    ...of('all attention on the largest score', 'attentionDistribution'),
  ],
  'lecture/positional-encoding': [
    // There are two pairs of columns.
    ...of('wavelengths in even steps', 'wavelengths'),
  ],
  'lecture/alexnet': [
    // Four channels are no further apart than n = 5 reaches; nothing is left over by a stride; equal widths of layers 3 and 4.
    ...of('as many neighbours on each side as there are in all (2)', 'squares2'),
    ...of('as many neighbours on each side as there are in all (3)', 'squares3'),
    ...of('rounded up', 'conv1Side', 'pool1Side', 'pool2Side', 'pool5Side'),
    ...of('channels of the input kept', 'conv4Shape'),
  ],
  'lecture/vgg': [
    // One channel in the comparison; 224 is 7·2⁵; stages 4 and 5 are equally wide.
    ...of('channels of the filters forgotten (1)', 'largeWeights1'),
    ...of('channels of the small filters forgotten (1)', 'stackWeights1'),
    ...of('channels of the filters forgotten (2)', 'largeWeights2'),
    ...of('channels of the small filters forgotten (2)', 'stackWeights2'),
    ...of('channels of the filters forgotten (3)', 'largeWeights3'),
    ...of('channels of the small filters forgotten (3)', 'stackWeights3'),
    ...of('rounded up', 'pool1Side', 'pool2Side', 'pool3Side', 'pool4Side', 'pool5Side'),
    ...of('channels of the input kept', 'conv5_1Shape'),
  ],
}
