import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { zeros } from '../oracle/tensor.js'
import { laws } from '../properties/index.js'
import { ieee } from '../properties/profile.js'
import { availableBackends } from './index.js'

const { backends } = await availableBackends()
afterAll(() => Promise.all(backends.map((backend) => backend.close())))

/** 200 shapes [M, K] and [K, N], all different, with up to 40·25 elements. */
const shapes = Array.from({ length: 200 }, (_, i) => [1 + (i % 40), 1 + ((i * 7) % 25), 1 + ((i * 11) % 40)] as const)

describe.each(backends)('on $name', (backend) => {
  it('one program serves 200 shapes; on webasm, one a size class', async () => {
    expect(new Set(shapes.map(String)).size).toBe(200)
    const { matmul } = backend.implementation.operators
    const before = backend.compilations
    for (const [M, K, N] of shapes) {
      const { y } = await matmul.forward({ a: zeros([M, K]), b: zeros([K, N]) }, {})
      expect(y.shape).toEqual([M, N])
    }
    // The size classes: outputs of up to 4, 16, 64, 256, 1024 and 4096 numbers, operands of up to 256 and 1024.
    const most = backend.name === 'webasm' ? 12 : 1
    expect(backend.compilations - before).toBeLessThanOrEqual(most)
    const product = backend.ran().find(({ kernel }) => kernel === 'product')
    expect(product?.calls).toBe(200)
  })
})

describe.each(backends.filter(({ name }) => name !== 'webasm'))('whatever the operator, on $name', (backend) => {
  it('every kernel is compiled once for the shapes and attributes of 200 calls', { timeout: 240_000 }, async () => {
    for (const [operator, { forward }] of Object.entries(backend.implementation.operators)) {
      const law = laws.find((each) => each.operator === operator && each.name === 'agrees with the oracle')
      const calls = fc.sample(law?.calls(ieee('float32')) ?? fc.constant(undefined), { seed: 3, numRuns: 200 })
      for (const call of calls) if (call !== undefined) await forward(call.inputs, call.attributes)
    }
    expect(backend.compilations).toBe(backend.ran().length)
    expect(backend.ran().length).toBeGreaterThan(50)
  })
})
