import { afterAll, describe, expect, it } from 'vitest'
import type { Attributes } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { sizeOf, type Tensors, tensor } from '../oracle/tensor.js'
import { availableBackends } from './index.js'

const { backends } = await availableBackends()
afterAll(() => Promise.all(backends.map((backend) => backend.close())))

/** Whole numbers from −3 to 3: their products and sums are exact in float32. */
function whole(shape: readonly number[], seed: number) {
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919 + seed * 104_729) % 7) - 3),
  )
}

const cases: readonly { name: string; inputs: Tensors; attributes?: Attributes }[] = [
  { name: 'matmul', inputs: { a: whole([37, 65], 1), b: whole([65, 50], 2) } },
  { name: 'matmul', inputs: { a: whole([3, 33, 66], 3), b: whole([66, 34], 4) } },
  { name: 'matmul', inputs: { a: whole([33, 66], 5), b: whole([3, 66, 34], 6) } },
  { name: 'matmul', inputs: { a: whole([2, 40, 20], 7), b: whole([2, 20, 41], 8) } },
  // Enough of them for the workers of gpu.js.
  { name: 'matmul', inputs: { a: whole([150, 30], 9), b: whole([30, 130], 10) } },
  { name: 'linear', inputs: { x: whole([2, 35, 40], 11), weight: whole([30, 40], 12), bias: whole([30], 13) } },
  { name: 'linear', inputs: { x: whole([70, 40], 14), weight: whole([31, 40], 15) } },
  {
    name: 'conv2d',
    inputs: { x: whole([2, 3, 40, 35], 17), weight: whole([10, 3, 5, 4], 18), bias: whole([10], 19) },
  },
  {
    name: 'conv2d',
    inputs: { x: whole([2, 8, 30, 29], 20), weight: whole([12, 4, 3, 3], 21) },
    attributes: { groups: 2, stride: [2, 1], padding: [1, 2], dilation: [1, 2] },
  },
]

describe.each(backends)('on $name', (backend) => {
  it('large products are exact where whole numbers make them so, forward and backward', async () => {
    for (const { name, inputs, attributes = {} } of cases) {
      const [mine, exact] = [backend.implementation.operators[name], oracle.operators[name]]
      const expected = await exact.forward(inputs, attributes)
      const { y } = await mine.forward(inputs, attributes)
      expect(y.shape).toEqual(expected.y.shape)
      expect(y.data).toEqual(expected.y.data)
      const gradient = { y: whole(y.shape, 16) }
      const gradients = await exact.backward?.(inputs, attributes, gradient)
      const got = await mine.backward?.(inputs, attributes, gradient)
      for (const [input, { data }] of Object.entries(gradients ?? {})) expect(got?.[input].data).toEqual(data)
    }
  })

  it('webasm makes them by tiles, the others do not', () => {
    const ran = backend.ran().some(({ kernel }) => kernel === 'product by tiles')
    expect(ran).toBe(backend.name === 'webasm')
  })
})

/** Numbers that are no whole ones, so that another order of additions shows. */
function noise(shape: readonly number[], seed: number) {
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(i * 12.9898 + seed))),
  )
}

/** Some rows of a dimension of a tensor. */
function rowsOf(x: ReturnType<typeof tensor>, axis: number, first: number, count: number) {
  const inner = sizeOf(x.shape.slice(axis + 1))
  const shape = x.shape.map((size, i) => (i === axis ? count : size))
  const starts = Array.from(
    { length: sizeOf(x.shape.slice(0, axis)) },
    (_, outer) => (outer * x.shape[axis] + first) * inner,
  )
  return tensor(
    shape,
    starts.flatMap((start) => [...x.data.subarray(start, start + count * inner)]),
  )
}

/** Calls that take tiles, and the inputs and results whose rows have nothing to do with one another. */
const rowwise = [
  {
    name: 'scaledDotProductAttention',
    inputs: { query: noise([2, 45, 30], 1), key: noise([2, 38, 30], 2), value: noise([2, 38, 31], 3) },
    attributes: { scale: 0.3, causal: false },
    rows: { inputs: ['query'], output: 'output', axis: 1 },
  },
  {
    name: 'multiHeadAttention',
    inputs: {
      ...{ query: noise([2, 45, 40], 1), key: noise([2, 42, 40], 2), value: noise([2, 42, 40], 3) },
      ...{ weightQuery: noise([40, 40], 4), weightKey: noise([40, 40], 5) },
      ...{ weightValue: noise([40, 40], 6), weightOutput: noise([40, 40], 7) },
    },
    attributes: { heads: 2 },
    rows: { inputs: ['query'], output: 'output', axis: 1 },
  },
  {
    name: 'lstm',
    inputs: { x: noise([3, 13, 20], 1), weightInput: noise([128, 20], 2), weightHidden: noise([128, 32], 3) },
    attributes: {},
    rows: { inputs: ['x'], output: 'hidden', axis: 1 },
  },
] as const

describe.each(backends.filter(({ name }) => name === 'webasm'))('on $name', ({ implementation }) => {
  it('a convolution of more windows than are laid out at a time is made some lines at a time', async () => {
    const inputs = { x: whole([1, 16, 120, 250], 22), weight: whole([4, 16, 3, 3], 23) }
    const { y } = await implementation.operators.conv2d.forward(inputs, { padding: 1 })
    expect(y.data).toEqual((await oracle.operators.conv2d.forward(inputs, { padding: 1 })).y.data)
  })

  // Three rows are too few for tiles.
  it.each(rowwise)(
    '$name by tiles has the bits that it has without them',
    async ({ name, inputs, attributes, rows }) => {
      const { forward, backward } = implementation.operators[name]
      const whole = await forward(inputs, attributes)
      const part = (x: ReturnType<typeof tensor>) => rowsOf(x, rows.axis, 5, 3)
      const few = Object.fromEntries(
        Object.entries(inputs).map(([input, x]) => [input, rows.inputs.some((row) => row === input) ? part(x) : x]),
      )
      expect(part(whole[rows.output]).data).toEqual((await forward(few, attributes))[rows.output].data)
      const gradient = noise(whole[rows.output].shape, 8)
      const gradients = await backward?.(inputs, attributes, { [rows.output]: gradient })
      const ofFew = await backward?.(few, attributes, { [rows.output]: part(gradient) })
      for (const input of rows.inputs) {
        const [all, some] = [gradients?.[input], ofFew?.[input]]
        expect(all && part(all).data).toEqual(some?.data)
      }
    },
  )
})
