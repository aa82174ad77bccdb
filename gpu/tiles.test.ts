import { afterAll, describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { sizeOf, tensor } from '../oracle/tensor.js'
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

const calls = {
  matmul: [
    { a: whole([37, 65], 1), b: whole([65, 50], 2) },
    { a: whole([3, 33, 66], 3), b: whole([66, 34], 4) },
    { a: whole([33, 66], 5), b: whole([3, 66, 34], 6) },
    { a: whole([2, 40, 20], 7), b: whole([2, 20, 41], 8) },
    // Enough of them for the workers of gpu.js.
    { a: whole([150, 30], 9), b: whole([30, 130], 10) },
  ],
  linear: [
    { x: whole([2, 35, 40], 11), weight: whole([30, 40], 12), bias: whole([30], 13) },
    { x: whole([70, 40], 14), weight: whole([31, 40], 15) },
  ],
} as const

const cases = Object.entries(calls).flatMap(([name, inputs]) => inputs.map((tensors) => [name, tensors] as const))

describe.each(backends)('on $name', (backend) => {
  it('large products are exact where whole numbers make them so, forward and backward', async () => {
    for (const [name, inputs] of cases) {
      const [mine, exact] = [backend.implementation.operators[name], oracle.operators[name]]
      const expected = await exact.forward(inputs, {})
      const { y } = await mine.forward(inputs, {})
      expect(y.shape).toEqual(expected.y.shape)
      expect(y.data).toEqual(expected.y.data)
      const gradient = { y: whole(y.shape, 16) }
      const gradients = await exact.backward?.(inputs, {}, gradient)
      const got = await mine.backward?.(inputs, {}, gradient)
      for (const [input, { data }] of Object.entries(gradients ?? {})) expect(got?.[input].data).toEqual(data)
    }
  })

  it('webasm makes them by tiles, the others do not', () => {
    const ran = backend.ran().some(({ kernel }) => kernel === 'product by tiles')
    expect(ran).toBe(backend.name === 'webasm')
  })
})
