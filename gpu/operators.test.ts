import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Attributes } from '../oracle/contract.js'
import { contract, oracle } from '../oracle/index.js'
import { fromNested, rowMajor, sizeOf, type Tensor, type Tensors, tensor, toNested } from '../oracle/tensor.js'
import { availableBackends, type GpuBackend } from './index.js'

const { backends, unavailable } = await availableBackends()
for (const { message } of unavailable) console.info(`not tested: ${message}`)

afterAll(() => Promise.all(backends.map((backend) => backend.close())))

interface Call {
  readonly inputs: Tensors
  readonly attributes: Attributes
  readonly gradients: Tensors
}

type Numbers = fc.Arbitrary<number>

const size = (most: number) => fc.integer({ min: 1, max: most })
const wholeNumber = fc.integer({ min: -3, max: 3 })
const realNumber = fc.integer({ min: -2048, max: 2048 }).map((n) => n / 512)

function tensorOf(shape: readonly number[], numbers: Numbers): fc.Arbitrary<Tensor> {
  const count = sizeOf(shape)
  return fc.array(numbers, { minLength: count, maxLength: count }).map((data) => tensor(shape, data))
}

interface Drawn {
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly attributes?: Attributes
  /** Inputs of whole numbers, with the first number that is too large. */
  readonly ids?: Readonly<Record<string, readonly [least: number, below: number]>>
}

/** A call of the drawn shapes, and gradients for its outputs. */
function callOf(operator: string, { inputs, attributes = {}, ids = {} }: Drawn, numbers: Numbers): fc.Arbitrary<Call> {
  const given = fc.record(
    Object.fromEntries(
      Object.entries(inputs).map(([name, shape]) => {
        const range = ids[name]
        return [name, tensorOf(shape, range ? fc.integer({ min: range[0], max: range[1] - 1 }) : numbers)]
      }),
    ),
  )
  return given.chain((tensors) => {
    const outputs = oracle.operators[operator].forward(tensors, attributes)
    const gradients = fc.record(
      Object.fromEntries(Object.entries(outputs).map(([name, y]) => [name, tensorOf(y.shape, numbers)])),
    )
    return gradients.map((drawn) => ({ inputs: tensors, attributes, gradients: drawn }))
  })
}

const leading = fc.constantFrom<readonly number[]>([], [3], [2, 2])
const reduction = fc.constantFrom('sum', 'none')
const reductions = fc.constantFrom('mean', 'sum', 'none')

/** Shapes and attributes for which small whole numbers lead to results that float32 holds exactly. */
const exact: Readonly<Record<string, fc.Arbitrary<Drawn>>> = {
  matmul: fc
    .tuple(leading, size(5), size(80), size(5), fc.constantFrom('a', 'b', 'both'))
    .map(([items, M, K, N, which]) => ({
      inputs: { a: [...(which === 'b' ? [] : items), M, K], b: [...(which === 'a' ? [] : items), K, N] },
    })),
  linear: fc.tuple(leading, size(70), size(5), fc.boolean()).map(([rows, I, O, biased]) => ({
    inputs: { x: [...rows, I], weight: [O, I], ...(biased ? { bias: [O] } : {}) },
  })),
  relu: leading.map((x) => ({ inputs: { x } })),
  squaredError: fc.tuple(size(150), reduction).map(([n, by]) => ({
    inputs: { prediction: [n], target: [n] },
    attributes: { factor: 0.5, reduction: by },
  })),
  weightPenalty: fc.tuple(size(5), size(40), fc.constantFrom(1, 2)).map(([rows, columns, norm]) => ({
    inputs: { weight: [rows, columns] },
    attributes: { norm, lambda: 0.25 },
  })),
  conv2d: fc
    .record({
      N: size(2),
      groups: size(2),
      depth: size(2),
      perGroup: size(2),
      image: fc.tuple(fc.integer({ min: 5, max: 8 }), fc.integer({ min: 5, max: 8 })),
      kernel: fc.tuple(size(3), size(3)),
      stride: fc.tuple(size(4), size(4)),
      padding: fc.tuple(fc.nat(2), fc.nat(2)),
      dilation: fc.tuple(size(2), size(2)),
      biased: fc.boolean(),
    })
    .map(({ N, groups, depth, perGroup, image, kernel, stride, padding, dilation, biased }) => ({
      inputs: {
        x: [N, groups * depth, ...image],
        weight: [groups * perGroup, depth, ...kernel],
        ...(biased ? { bias: [groups * perGroup] } : {}),
      },
      attributes: { stride, padding, dilation, groups },
    })),
  conv1d: fc
    .record({
      N: size(2),
      groups: size(2),
      depth: size(2),
      perGroup: size(2),
      length: fc.integer({ min: 5, max: 80 }),
      kernel: size(3),
      settings: fc.record({ stride: size(4), padding: fc.nat(2), dilation: size(2) }),
      biased: fc.boolean(),
    })
    .map(({ N, groups, depth, perGroup, length, kernel, settings, biased }) => ({
      inputs: {
        x: [N, groups * depth, length],
        weight: [groups * perGroup, depth, kernel],
        ...(biased ? { bias: [groups * perGroup] } : {}),
      },
      attributes: { ...settings, groups },
    })),
  depthwiseSeparableConv2d: fc
    .record({
      N: size(2),
      C: size(3),
      O: size(3),
      image: fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
      kernel: fc.tuple(size(3), size(3)),
      settings: fc.record({ stride: fc.tuple(size(3), size(3)), padding: fc.tuple(fc.nat(2), fc.nat(2)) }),
      biased: fc.boolean(),
    })
    .map(({ N, C, O, image, kernel, settings, biased }) => ({
      inputs: {
        x: [N, C, ...image],
        depthwise: [C, 1, ...kernel],
        pointwise: [O, C, 1, 1],
        ...(biased ? { bias: [O] } : {}),
      },
      attributes: settings,
    })),
  maxPool2d: fc
    .tuple(fc.tuple(size(2), size(2), fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })), size(3), size(3))
    .chain(([x, height, width]) =>
      fc.record({
        inputs: fc.constant({ x }),
        attributes: fc.record({
          kernel: fc.constant([height, width]),
          stride: fc.tuple(size(4), size(4)),
          padding: fc.tuple(fc.nat(Math.floor(height / 2)), fc.nat(Math.floor(width / 2))),
        }),
      }),
    ),
  avgPool2d: fc
    .record({
      x: fc.tuple(size(2), size(2), fc.integer({ min: 4, max: 7 }), fc.integer({ min: 4, max: 7 })),
      kernel: fc.constantFrom([1, 2], [2, 2], [4, 2], [4, 4]),
      stride: fc.tuple(size(5), size(5)),
    })
    .map(({ x, kernel, stride }) => ({
      inputs: { x },
      attributes: { kernel, stride, padding: kernel.map((length) => Math.floor(length / 2)) },
    })),
  adaptiveAvgPool2d: fc.tuple(size(2), size(3), size(3), fc.constantFrom(1, 2, 4)).map(([N, h, w, side]) => ({
    inputs: { x: [N, 2, h * side, w * side] },
    attributes: { output: [h, w] },
  })),
  oneHot: fc.tuple(leading, size(6)).map(([ids, classes]) => ({
    inputs: { ids },
    attributes: { classes },
    ids: { ids: [0, classes] as const },
  })),
  embedding: fc.tuple(size(100), size(6), size(4)).map(([n, V, D]) => ({
    inputs: { ids: [n], table: [V, D] },
    ids: { ids: [0, V] as const },
  })),
  patchEmbedding: fc
    .tuple(fc.tuple(size(2), size(3), size(3), size(3)), size(3), size(4), fc.boolean())
    .map(([[N, C, rows, columns], patch, D, biased]) => ({
      inputs: {
        image: [N, C, rows * patch, columns * patch],
        weight: [D, C * patch * patch],
        ...(biased ? { bias: [D] } : {}),
      },
      attributes: { patch },
    })),
  horizontalFlip: fc.tuple(size(2), size(3), size(4), size(5)).map((image) => ({ inputs: { image } })),
  crop: fc
    .tuple(fc.tuple(size(2), size(2)), fc.tuple(fc.nat(2), size(3), fc.nat(2)), fc.tuple(fc.nat(2), size(3), fc.nat(2)))
    .map(([leading, [top, height, below], [left, width, right]]) => ({
      inputs: { image: [...leading, top + height + below, left + width + right] },
      attributes: { top, left, height, width },
    })),
  adjustColor: fc.tuple(size(3), size(3), size(4), size(40)).map(([N, C, H, W]) => ({
    inputs: { image: [N, C, H, W], scale: [C], shift: [C] },
  })),
  rnn: recurrences(fc.constantFrom('relu', 'identity')),
  feedForward: fc.tuple(leading, size(70), size(5)).map(([rows, E, F]) => ({ inputs: fedForward([...rows, E], F) })),
  sgd: fc.tuple(leading, fc.boolean()).map(([shape, started]) => ({
    inputs: { parameter: shape, gradient: shape, ...(started ? { velocity: shape } : {}) },
    attributes: { learningRate: 0.125, momentum: 0.5, weightDecay: 0.25 },
  })),
  leakyRelu: leading.map((x) => ({ inputs: { x }, attributes: { negativeSlope: 0.25 } })),
  dropout: leading.map((x) => ({ inputs: { x, mask: x }, attributes: { p: 0.5 }, ids: { mask: [0, 2] as const } })),
  momentumUpdate: leading.map((x) => ({ inputs: { target: x, online: x }, attributes: { momentum: 0.75 } })),
  maskTokens: fc.tuple(size(4), size(40)).map(([N, T]) => ({
    inputs: { ids: [N, T], draws: [N, T], actions: [N, T], replacements: [N, T] },
    attributes: { maskId: 103, rate: 0.5 },
    ids: { ids: [0, 100] as const, replacements: [0, 100] as const },
  })),
  cosineSimilarity: fc.tuple(leading, size(80)).map(([rows, D]) => ({
    inputs: { a: [...rows, D], b: [...rows, D] },
    attributes: { epsilon: 4096 },
  })),
  linearAutoencoder: fc.tuple(size(5), fc.constantFrom(1, 2, 8, 64), size(5)).map(([M, N, K]) => ({
    inputs: { x: [M, N], encoder: [K, M], decoder: [M, K] },
    attributes: { lambda: 0.25 },
  })),
}

/** Shapes and attributes for which results are rounded. */
const rounded: Readonly<Record<string, fc.Arbitrary<Drawn>>> = {
  sigmoid: leading.map((x) => ({ inputs: { x } })),
  tanh: leading.map((x) => ({ inputs: { x } })),
  softmax: alongAxis(),
  logSoftmax: alongAxis(),
  squaredError: size(9).map((n) => ({ inputs: { prediction: [n], target: [n] } })),
  crossEntropy: fc
    .tuple(size(80), size(9), fc.constantFrom(0, 0.25, 1), fc.constantFrom('mean', 'sum', 'none'))
    .map(([N, C, labelSmoothing, by]) => ({
      inputs: { logits: [N, C], target: [N] },
      attributes: { labelSmoothing, reduction: by },
      ids: { target: [0, C] as const },
    })),
  meanOverTime: fc.tuple(size(5), size(3), size(3), fc.boolean()).map(([T, N, H, some]) => ({
    inputs: { x: [T, N, H], ...(some ? { lengths: [N] } : {}) },
    ids: { lengths: [1, T + 1] as const },
  })),
  avgPool2d: fc.tuple(size(2), size(3), fc.boolean()).map(([N, stride, countIncludePad]) => ({
    inputs: { x: [N, 2, 5, 7] },
    attributes: { kernel: [3, 5], stride: [stride, 2], padding: [1, 2], countIncludePad },
  })),
  adaptiveAvgPool2d: fc.tuple(size(2), size(5), size(7)).map(([N, h, w]) => ({
    inputs: { x: [N, 2, 5, 7] },
    attributes: { output: [h, w] },
  })),
  localResponseNorm: fc
    .tuple(size(2), size(7), fc.constantFrom(1, 3, 5), fc.constantFrom(0, 0.5, 1), fc.constantFrom(0, 0.01, 1))
    .map(([N, C, neighbours, beta, alpha]) => ({
      inputs: { x: [N, C, 2, 3] },
      attributes: { size: neighbours, alpha, beta, k: 1 },
    })),
  positionalEncoding: fc.tuple(size(30), size(6)).map(([length, pairs]) => ({
    inputs: {},
    attributes: { length, dim: 2 * pairs },
  })),
  gaussianBlur: fc.tuple(size(3), size(3), fc.nat(2), fc.constantFrom(0.5, 2)).map(([below, right, radius, sigma]) => ({
    inputs: { image: [2, 1, radius + below, radius + right] },
    attributes: { radius, sigma },
  })),
  resize: fc.tuple(size(5), size(5), size(9), size(9)).map(([H, W, height, width]) => ({
    inputs: { image: [1, 2, H, W] },
    attributes: { height, width },
  })),
  gelu: fc.tuple(leading, fc.constantFrom('none', 'tanh')).map(([x, approximate]) => ({
    inputs: { x },
    attributes: { approximate },
  })),
  binaryCrossEntropy: fc.tuple(size(150), reductions).map(([n, by]) => ({
    inputs: { logits: [n], target: [n] },
    attributes: { reduction: by },
    ids: { target: [0, 2] as const },
  })),
  discriminatorLoss: size(150).map((n) => ({ inputs: { real: [n], fake: [n] } })),
  generatorLoss: fc.tuple(size(150), fc.constantFrom('nonSaturating', 'minimax')).map(([n, kind]) => ({
    inputs: { fake: [n] },
    attributes: { kind },
  })),
  layerNorm: fc
    .tuple(leading, fc.integer({ min: 3, max: 80 }), fc.subarray(['gain', 'bias']))
    .map(([rows, D, given]) => ({
      inputs: { x: [...rows, D], ...Object.fromEntries(given.map((name) => [name, [D]])) },
      attributes: { epsilon: 0.1 },
    })),
  batchNorm: fc
    .tuple(fc.integer({ min: 3, max: 9 }), size(3), size(9), fc.subarray(['gain', 'bias']), fc.boolean())
    .map(([N, C, area, some, training]) => ({
      inputs: {
        x: [N, C, area],
        ...Object.fromEntries([...some, ...(training ? [] : ['mean', 'variance'])].map((name) => [name, [C]])),
      },
      attributes: { epsilon: 0.1, training },
      ...(training ? {} : { ids: { variance: [0, 9] as const } }),
    })),
  cosineSimilarity: fc.tuple(leading, fc.integer({ min: 3, max: 80 })).map(([rows, D]) => ({
    inputs: { a: [...rows, D], b: [...rows, D] },
  })),
  negativeSampling: fc.tuple(size(5), size(70), size(4)).map(([N, K, D]) => ({
    inputs: { center: [N, D], positive: [N, D], negatives: [N, K, D] },
  })),
  contrastiveLoss: fc.tuple(size(70), size(5), reductions).map(([N, D, by]) => ({
    inputs: { a: [N, D], b: [N, D], same: [N] },
    attributes: { margin: 6, reduction: by },
    ids: { same: [0, 2] as const },
  })),
  infoNce: fc.tuple(size(9), fc.integer({ min: 3, max: 9 }), fc.boolean()).map(([N, D, normalize]) => ({
    inputs: { query: [N, D], key: [N, D] },
    attributes: { temperature: 0.5, normalize },
  })),
  ntXent: fc.tuple(size(5), fc.integer({ min: 3, max: 9 })).map(([N, D]) => ({ inputs: { z: [2 * N, D] } })),
  recursiveAutoencoder: fc.tuple(size(3), size(3), size(3), size(4)).map(([N, D, P, C]) => ({
    inputs: {
      ...{ left: [N, D], right: [N, D], target: [N], weight1: [P, 2 * D], bias1: [P] },
      ...{ weight2: [2 * D, P], bias2: [2 * D], weight3: [C, P], bias3: [C] },
    },
    ids: { target: [0, C] as const },
  })),
  adam: fc.tuple(leading, size(1000)).map(([x, step]) => ({
    inputs: { parameter: x, gradient: x, mean: x, variance: x },
    attributes: { step, epsilon: 0.5 },
    ids: { variance: [0, 9] as const },
  })),
  rnn: recurrences(fc.constant('tanh')),
  lstm: gatedRecurrences(4, ['h0', 'c0', 'biasInput', 'biasHidden']),
  gru: gatedRecurrences(3, ['h0', 'biasInput', 'biasHidden']),
  gruResetBefore: gatedRecurrences(3, ['h0', 'biasInput', 'biasHidden']),
  scaledDotProductAttention: fc
    .tuple(leading, size(5), size(70), size(2), fc.boolean())
    .map(([items, T, S, M, causal]) => ({
      inputs: {
        query: [...items, T, 1],
        key: [...items, causal ? T : S, 1],
        value: [...items, causal ? T : S, M],
      },
      attributes: { scale: 0.25, causal },
    })),
  luongAttention: fc
    .tuple(size(3), size(5), size(2), size(2), fc.constantFrom('dot', 'concat'))
    .map(([N, S, E, A, score]) => ({
      inputs: {
        decoder: [N, E],
        encoder: [N, S, E],
        ...(score === 'concat' ? { weight: [A, 2 * E], vector: [A] } : {}),
      },
      attributes: { score },
    })),
}

function alongAxis(): fc.Arbitrary<Drawn> {
  return fc.tuple(size(3), size(70), size(3), fc.integer({ min: -3, max: 2 })).map(([outer, length, inner, axis]) => ({
    inputs: { x: [outer, length, inner] },
    attributes: { axis },
  }))
}

function recurrences(activation: fc.Arbitrary<string>): fc.Arbitrary<Drawn> {
  return fc
    .tuple(size(3), size(3), size(3), size(3), fc.subarray(['h0', 'biasInput', 'biasHidden']), activation)
    .map(([T, N, I, H, given, f]) => ({
      inputs: {
        x: [T, N, I],
        weightInput: [H, I],
        weightHidden: [H, H],
        ...(given.includes('h0') ? { h0: [N, H] } : {}),
        ...(given.includes('biasInput') ? { biasInput: [H] } : {}),
        ...(given.includes('biasHidden') ? { biasHidden: [H] } : {}),
      },
      attributes: { activation: f },
    }))
}

function gatedRecurrences(gates: number, optional: string[]): fc.Arbitrary<Drawn> {
  return fc.tuple(size(3), size(3), size(3), size(3), fc.subarray(optional)).map(([T, N, I, H, given]) => ({
    inputs: {
      x: [T, N, I],
      weightInput: [gates * H, I],
      weightHidden: [gates * H, H],
      ...Object.fromEntries(given.map((name) => [name, name.startsWith('bias') ? [gates * H] : [N, H]])),
    },
  }))
}

function fedForward(x: readonly number[], F: number): Readonly<Record<string, readonly number[]>> {
  const E = x[x.length - 1]
  return { x, weight1: [F, E], bias1: [F], weight2: [E, F], bias2: [E] }
}

/** What the backend answers, beside what the oracle does: forward, then backward where there is one. */
async function answers(backend: GpuBackend, operator: string, { inputs, attributes, gradients }: Call) {
  const [subject, reference] = [backend.implementation.operators[operator], oracle.operators[operator]]
  const pairs = [[await subject.forward(inputs, attributes), reference.forward(inputs, attributes)]]
  if (reference.backward !== undefined)
    pairs.push([
      (await subject.backward?.(inputs, attributes, gradients)) ?? {},
      reference.backward(inputs, attributes, gradients),
    ])
  return pairs
}

const plain = (tensors: Tensors) => Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toNested(x)]))

// −0 is 0 here: the sign of zero is not part of the contract.
const unsignedZeros = (tensors: Tensors) =>
  plain(
    Object.fromEntries(
      Object.entries(tensors).map(([name, x]) => [
        name,
        tensor(
          x.shape,
          rowMajor(x).map((v) => v + 0),
        ),
      ]),
    ),
  )

describe.each(backends)('on $name', (backend) => {
  it('implements operators of the contract, each with all its passes', () => {
    const { operators } = backend.implementation
    expect(Object.keys(contract)).toEqual(expect.arrayContaining(Object.keys(operators)))
    for (const [name, { backward }] of Object.entries(operators))
      expect(backward !== undefined, name).toBe(contract[name].differentiable)
  })

  it.each(Object.entries(exact))('%s equals the oracle exactly on small whole numbers', async (operator, drawn) => {
    const calls = drawn.chain((shapes) => callOf(operator, shapes, wholeNumber))
    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        for (const [actual, expected] of await answers(backend, operator, call))
          expect(unsignedZeros(actual)).toEqual(unsignedZeros(expected))
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  // Within ±4 the least exact function, WGSL's exp, is 3 + 2·4 = 11 units in the last place off at most; a quotient of two
  // such numbers is off by less than 2⁻¹⁸ of its size. Sums and products of a handful of them keep to that of their scale.
  it.each(Object.entries(rounded))('%s agrees with the oracle to float32', async (operator, drawn) => {
    const calls = drawn.chain((shapes) => callOf(operator, shapes, realNumber))
    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        for (const [actual, expected] of await answers(backend, operator, call)) {
          expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
          for (const [name, y] of Object.entries(expected)) {
            expect(actual[name].shape).toEqual(y.shape)
            const [values, wanted] = [rowMajor(actual[name]), rowMajor(y)]
            const inputs = Object.values(call.inputs).concat(Object.values(call.gradients))
            const scale = Math.max(...[y, ...inputs].map((x) => Math.max(...rowMajor(x).map(Math.abs))))
            for (const [i, value] of wanted.entries())
              expect(Math.abs(values[i] - value), `${name}[${i}] is ${values[i]}, not ${value}`).toBeLessThanOrEqual(
                2 ** -18 * scale,
              )
          }
        }
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('computes sizes of convolutions on the host', async () => {
    const attributes = { input: [227, 7], kernel: [11, 3], stride: [4, 2], padding: [0, 1], dilation: [1, 2] }
    const { size } = await backend.implementation.operators.convOutputSize.forward({}, attributes)
    expect(toNested(size)).toEqual([55, 3])
  })
})

describe.each(backends)('extreme inputs on $name', ({ implementation: { operators } }) => {
  const forward = async (operator: string, x: Tensor) => toNested((await operators[operator].forward({ x }, {})).y)

  it('sigmoid is 0 and 1 far out, and ½ at 0', async () => {
    expect(await forward('sigmoid', fromNested([-1e30, -400, 0, 400, 1e30]))).toEqual([0, 0, 0.5, 1, 1])
  })

  it('tanh is −1 and 1 far out, and x near 0', async () => {
    expect(await forward('tanh', fromNested([-1e30, -400, 0, 400, 1e30]))).toEqual([-1, -1, 0, 1, 1])
    const [tiny] = rowMajor((await operators.tanh.forward({ x: fromNested([2 ** -20]) }, {})).y)
    expect(tiny).toBe(2 ** -20)
  })

  it('softmax and logSoftmax hold for logits of ±1e4', async () => {
    expect(await forward('softmax', fromNested([1e4, -1e4, 1e4]))).toEqual([0.5, 0, 0.5])
    expect(await forward('logSoftmax', fromNested([1e4, -1e4]))).toEqual([0, -2e4])
  })

  it('crossEntropy holds for logits of ±1e4', async () => {
    const logits = fromNested([
      [1e4, -1e4],
      [1e4, -1e4],
    ])
    const { loss } = await operators.crossEntropy.forward({ logits, target: fromNested([0, 1]) }, { reduction: 'none' })
    expect(toNested(loss)).toEqual([0, 2e4])
  })

  it('scaledDotProductAttention holds for logits of ±1e4, also where the largest are masked', async () => {
    const inputs = { query: fromNested([[100]]), key: fromNested([[100], [-100], [100]]) }
    const value = fromNested([[1], [2], [4]])
    const all = await operators.scaledDotProductAttention.forward({ ...inputs, value }, { scale: 1 })
    expect(plain(all)).toEqual({ output: [[2.5]], weights: [[0.5, 0, 0.5]] })
    const mask = fromNested([[0, 1, 0]])
    const some = await operators.scaledDotProductAttention.forward({ ...inputs, value, mask }, { scale: 1 })
    expect(plain(some)).toEqual({ output: [[2]], weights: [[0, 1, 0]] })
  })

  it('the first of several maxima gets the gradient', async () => {
    const x = fromNested([
      [
        [
          [2, 2],
          [2, 1],
        ],
      ],
    ])
    const gradients = { y: fromNested([[[[5]]]]) }
    const result = await operators.maxPool2d.backward?.({ x }, { kernel: 2 }, gradients)
    expect(plain(result ?? {})).toEqual({
      x: [
        [
          [
            [5, 0],
            [0, 0],
          ],
        ],
      ],
    })
  })

  it('loops of thousands of rounds are not cut short', async () => {
    const [a, b] = [
      tensor([1, 3000], new Float64Array(3000).fill(1)),
      tensor([3000, 1], new Float64Array(3000).fill(1)),
    ]
    expect(toNested((await operators.matmul.forward({ a, b }, {})).y)).toEqual([[3000]])
    const ids = tensor([3000], new Float64Array(3000))
    const result = await operators.embedding.backward?.({ ids, table: fromNested([[1]]) }, {}, { y: b })
    expect(plain(result ?? {})).toEqual({ table: [[3000]] })
  })

  it('a mean is finite where the sum is not', async () => {
    const x = tensor([1, 1, 2, 2], [3e38, 3e38, 3e38, 3e38])
    const [mean] = rowMajor((await operators.avgPool2d.forward({ x }, { kernel: 2 })).y)
    expect(mean / 3e38).toBeCloseTo(1, 6)
  })

  it('localResponseNorm holds for entries whose squares overflow', async () => {
    const x = tensor([1, 3, 1, 1], [1e30, -1, 1e25])
    const settings = { alpha: 1, beta: 0.5, size: 1 }
    const { y } = await operators.localResponseNorm.forward({ x }, settings)
    const expected = rowMajor(oracle.operators.localResponseNorm.forward({ x }, settings).y)
    for (const [i, value] of rowMajor(y).entries()) expect(value / expected[i]).toBeCloseTo(1, 5)
  })

  it('late positions keep the digits of their sines and cosines', async () => {
    const settings = { length: 100_001, dim: 4 }
    const actual = rowMajor((await operators.positionalEncoding.forward({}, settings)).y).slice(-4)
    const expected = rowMajor(oracle.operators.positionalEncoding.forward({}, settings).y).slice(-4)
    for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(2 ** -21)
  })

  it('layerNorm holds for entries whose squares overflow, and for rows of 100,000', async () => {
    const far = tensor([1, 4], [1e30, -1e30, 3e29, 1])
    const long = tensor(
      [1, 100_000],
      Float64Array.from({ length: 100_000 }, (_, i) => 100 + (((i * 7919) % 1024) - 512) / 256),
    )
    for (const x of [far, long]) {
      const actual = rowMajor((await operators.layerNorm.forward({ x }, {})).y)
      const expected = rowMajor(oracle.operators.layerNorm.forward({ x }, {}).y)
      for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(2 ** -20)
    }
  })

  it('softmax holds for rows of a vocabulary, shared out among threads', async () => {
    for (const length of [8_192, 8_193, 40_000]) {
      const x = tensor(
        [2, length],
        Float64Array.from({ length: 2 * length }, (_, i) => (((i * 7919) % 1024) - 512) / 64),
      )
      const actual = rowMajor((await operators.softmax.forward({ x }, {})).y)
      const expected = rowMajor(oracle.operators.softmax.forward({ x }, {}).y)
      for (const [i, value] of actual.entries()) expect(Math.abs(value / expected[i] - 1)).toBeLessThan(2 ** -17)
    }
  })

  it('small losses keep their digits', async () => {
    const [logits, ones] = [fromNested([5, 20, 40]), fromNested([1, 1, 1])]
    const { loss } = await operators.binaryCrossEntropy.forward({ logits, target: ones }, { reduction: 'none' })
    for (const [i, z] of [5, 20, 40].entries()) expect(rowMajor(loss)[i] / Math.log1p(Math.exp(-z))).toBeCloseTo(1, 4)
    const rows = fromNested([
      [1, 0],
      [0, 1],
    ])
    const same = await operators.infoNce.forward({ query: rows, key: rows }, { temperature: 0.05 })
    expect(rowMajor(same.loss)[0] / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 4)
  })

  it('cosineSimilarity holds for vectors whose squares overflow or vanish', async () => {
    const [a, b] = [fromNested([3e30, 4e30]), fromNested([4e-25, 3e-25])]
    expect(rowMajor((await operators.cosineSimilarity.forward({ a, b }, {})).y)[0]).toBeCloseTo(0.96, 6)
  })

  it('settings below the range of float32 divide nothing by zero', async () => {
    const zeros = fromNested([0, 0])
    const epsilon = 1e-60
    expect(toNested((await operators.layerNorm.forward({ x: fromNested([3, 3]) }, { epsilon })).y)).toEqual([0, 0])
    expect(toNested((await operators.cosineSimilarity.forward({ a: zeros, b: zeros }, { epsilon })).y)).toBe(0)
    const rest = { parameter: fromNested([1, 2]), gradient: zeros, mean: zeros, variance: zeros }
    const { parameter } = await operators.adam.forward(rest, { step: 1, epsilon })
    expect(toNested(parameter)).toEqual([1, 2])
  })

  it('gelu keeps the digits of the tail', async () => {
    const { y } = await operators.gelu.forward({ x: fromNested([-5, -8]) }, {})
    expect(rowMajor(y)[0] / (-5 * 2.866515718791939e-7)).toBeCloseTo(1, 4)
    expect(rowMajor(y)[1] / (-8 * 6.220960574271785e-16)).toBeCloseTo(1, 4)
  })

  it('sums of a million numbers are taken without losing small ones', async () => {
    const count = 1_000_000
    const weight = tensor([count], new Float64Array(count).fill(1 + 2 ** -10))
    const { loss } = await operators.weightPenalty.forward({ weight }, { norm: 1, lambda: 1 })
    const exactly = count * (1 + 2 ** -10)
    expect(Math.abs(rowMajor(loss)[0] - exactly) / exactly).toBeLessThan(8 * 2 ** -24)
  })
})
