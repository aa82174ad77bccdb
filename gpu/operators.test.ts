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
  oneHot: fc.tuple(leading, size(6)).map(([ids, classes]) => ({
    inputs: { ids },
    attributes: { classes },
    ids: { ids: [0, classes] as const },
  })),
  embedding: fc.tuple(size(100), size(6), size(4)).map(([n, V, D]) => ({
    inputs: { ids: [n], table: [V, D] },
    ids: { ids: [0, V] as const },
  })),
  rnn: recurrences(fc.constantFrom('relu', 'identity')),
  sgd: fc.tuple(leading, fc.boolean()).map(([shape, started]) => ({
    inputs: { parameter: shape, gradient: shape, ...(started ? { velocity: shape } : {}) },
    attributes: { learningRate: 0.125, momentum: 0.5, weightDecay: 0.25 },
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
  rnn: recurrences(fc.constant('tanh')),
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

  it('sums of a million numbers are taken without losing small ones', async () => {
    const count = 1_000_000
    const weight = tensor([count], new Float64Array(count).fill(1 + 2 ** -10))
    const { loss } = await operators.weightPenalty.forward({ weight }, { norm: 1, lambda: 1 })
    const exactly = count * (1 + 2 ** -10)
    expect(Math.abs(rowMajor(loss)[0] - exactly) / exactly).toBeLessThan(8 * 2 ** -24)
  })
})
