import { afterAll, describe, expect, it } from 'vitest'
import type { Attributes } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { fromNested, rowMajor, type Tensors, tensor, zeros } from '../oracle/tensor.js'
import { requiredBackends } from './availability.js'
import { Device } from './device.js'
import { DeviceArray } from './deviceArray.js'
import { availableBackends, BackendUnavailable, backendNamed, openBackend } from './index.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { openNodePlatform } from './nodePlatform.js'

const { backends } = await availableBackends()
afterAll(() => Promise.all(backends.map((backend) => backend.close())))

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'no error'
  } catch (error) {
    return `${error}`
  }
}

describe.each(backends)('$name', ({ implementation, ran, ...backend }) => {
  it('says what it is', () => {
    expect(implementation).toMatchObject({ name: `gpu:${backend.name}`, precision: 'float32' })
    const described: Readonly<Record<string, object>> = {
      webgpu: { profileName: 'wgsl', device: expect.stringMatching(/./), software: expect.any(Boolean) },
      headlessgl: { profileName: 'glsl', device: 'OpenGL through headless-gl' },
      webasm: { profileName: 'ieee', device: 'host' },
      cpu: { profileName: 'ieee', device: 'host' },
    }
    expect(backend).toMatchObject(described[backend.name])
  })

  it('refuses bad calls in the oracle’s words', async () => {
    const calls: [string, Tensors, Attributes][] = [
      ['matmul', { a: zeros([2, 3]), b: zeros([4, 2]) }, {}],
      ['linear', { x: zeros([2]) }, {}],
      ['softmax', { x: zeros([2, 2]) }, { axis: 2 }],
      ['conv2d', { x: zeros([1, 3, 4, 4]), weight: zeros([2, 4, 2, 2]) }, {}],
      ['maxPool2d', { x: zeros([1, 1, 2, 2]) }, { kernel: 3 }],
      ['embedding', { ids: fromNested([5]), table: zeros([3, 2]) }, {}],
      ['oneHot', { ids: fromNested([0.5]) }, { classes: 3 }],
      ['relu', { x: fromNested([Number.NaN]) }, {}],
      ['relu', { x: fromNested([1]) }, { slope: 1 }],
    ]
    for (const [name, inputs, attributes] of calls) {
      const expected = await messageOf(() => oracle.operators[name].forward(inputs, attributes))
      expect(expected).toMatch(/^Refusal: /)
      expect(await messageOf(() => implementation.operators[name].forward(inputs, attributes))).toBe(expected)
    }
    const gradients = { z: fromNested([1]) }
    const expected = await messageOf(() => oracle.operators.relu.backward?.({ x: fromNested([1]) }, {}, gradients))
    const actual = await messageOf(() =>
      implementation.operators.relu.backward?.({ x: fromNested([1]) }, {}, gradients),
    )
    expect(actual).toBe(expected)
  })

  it('refuses what float32 cannot hold, by name', async () => {
    const tooLarge = await messageOf(() => implementation.operators.relu.forward({ x: fromNested([0, 1e39]) }, {}))
    expect(tooLarge).toContain('x holds 1e+39 at [1]; it should hold numbers in the range of float32')
    const call = { ids: fromNested([2 ** 24 + 2]) }
    const id = await messageOf(() => implementation.operators.oneHot.forward(call, { classes: 2 ** 25 }))
    expect(id).toMatch(/^Refusal: oneHot: .*at most 16777216/)
  })

  it('answers overlapping calls of different shapes each with its own result', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, k) => {
        const x = tensor(
          [1 + ((k * 37) % 300)],
          Array.from({ length: 1 + ((k * 37) % 300) }, (_, i) => i + k),
        )
        const { y } = await implementation.operators.relu.forward({ x }, {})
        return rowMajor(y).length === x.size && rowMajor(y).every((value, i) => value === i + k)
      }),
    )
    expect(results).toEqual(results.map(() => true))
  })

  it('reports the mode in which each kernel ran', async () => {
    await implementation.operators.relu.forward({ x: fromNested([1]) }, {})
    const relu = ran().find((report) => report.kernel === 'relu')
    expect(relu).toMatchObject({ mode: backend.name, fallbackReason: null })
    expect(relu?.calls).toBeGreaterThan(0)
  })
})

describe('a kernel that runs elsewhere', () => {
  const double = kernel('double', function (this: Thread, size: number, x: Values): number {
    if (this.thread.x >= size) return 0
    return x[this.thread.x] * 2
  })

  it('fails, and says where it ran', async () => {
    const { gpu, elements } = await openNodePlatform('cpu')
    const device = new Device('webasm', gpu, elements)
    await expect(device.run(double, 1, DeviceArray.ofHost(Float32Array.of(1)))).rejects.toThrow(
      'gpu:webasm: kernel double ran in mode cpu',
    )
    expect(device.ran()).toMatchObject([{ kernel: 'double', mode: 'cpu' }])
    await device.close()
  })

  it('fails with the reason that gpu.js gives for it', async () => {
    const { gpu, elements } = await openNodePlatform('webasm')
    const device = new Device('webasm', gpu, elements)
    await device.run(double, 1, DeviceArray.ofHost(Float32Array.of(1)))
    // What gpu.js does when webasm cannot take a kernel: it runs it on the processor from then on.
    const kernels: unknown = Reflect.get(gpu, 'kernels')
    if (!Array.isArray(kernels)) throw new Error('gpu.js no longer lists its kernels')
    const { Input } = (await import('gpu.js')).default
    for (const compiled of kernels) compiled.requestFallback([1, new Input([1], [1])], 'of a test')
    await expect(device.run(double, 1, DeviceArray.ofHost(Float32Array.of(1)))).rejects.toThrow(
      'gpu:webasm: kernel double ran in mode cpu, because of a test',
    )
    await device.close()
  })
})

describe('a driver that ends loops early', () => {
  it('fails before the kernel runs', async () => {
    const platform = await openNodePlatform('cpu')
    const device = new Device('cpu', platform.gpu, platform.elements)
    device.rounds = 10
    const sum = kernel(
      'sum of all',
      function (this: Thread, size: number, x: Values, length: number): number {
        if (this.thread.x >= size) return 0
        let total = 0
        for (let k = 0; k < length; k += 1) total += x[k]
        return total
      },
      (_, length) => length,
    )
    const numbers = (length: number) => DeviceArray.ofHost(new Float32Array(length).fill(1))
    expect([...(await device.read(await device.run(sum, 1, numbers(10), 10)))]).toEqual([10])
    await expect(device.run(sum, 1, numbers(11), 11)).rejects.toThrow(
      'gpu:cpu: a thread of kernel sum of all would take 11 rounds of its loops; the driver ends loops after 10',
    )
    expect(device.ran()).toMatchObject([{ calls: 1 }])
    await device.close()
  })
})

describe.each(backends)('closing $name', ({ name }) => {
  const x = fromNested([1])

  it('fails later calls, and may be done again', async () => {
    const backend = await openBackend(name)
    const { relu } = backend.implementation.operators
    await relu.forward({ x }, {})
    await backend.close()
    await backend.close()
    expect(await messageOf(() => relu.forward({ x }, {}))).toBe(`Failure: gpu:${name}: the backend is closed`)
    expect(backend.ran()).toEqual([])
  })

  it('leaves another one of the same name open, and lets it be opened again', async () => {
    const [first, second] = [await openBackend(name), await openBackend(name)]
    await first.close()
    expect(await second.implementation.operators.relu.forward({ x }, {})).toEqual({ y: x })
    await second.close()
    const third = await openBackend(name)
    expect(await third.implementation.operators.relu.forward({ x }, {})).toEqual({ y: x })
    await third.close()
  })
})

describe.each(backends.filter(({ name }) => name === 'webgpu'))('a lost device of $name', ({ name }) => {
  it('fails the calls in flight with the reason, and the next call works again', async () => {
    const backend = await openBackend(name)
    const { softmax } = backend.implementation.operators
    const x = zeros([400, 300])
    await softmax.forward({ x }, {})
    const before = backend.compilations
    const inFlight = Promise.all(Array.from({ length: 8 }, () => softmax.forward({ x }, {})))
    const { WebGPUContext } = (await import('gpu.js')).default
    const { device } = await WebGPUContext.acquire()
    device.destroy()
    await expect(inFlight).rejects.toThrow(/^gpu:webgpu: .*(lost|destroyed)/i)
    await device.lost
    expect(await softmax.forward({ x: zeros([1, 2]) }, {})).toEqual({ y: fromNested([[0.5, 0.5]]) })
    expect(backend.compilations).toBeGreaterThan(before)
    expect(backend.ran().find(({ kernel }) => kernel === 'softmax')?.calls).toBeGreaterThan(1)
    await backend.close()
  })
})

describe('a backend that is missing', () => {
  it('says why, and how to get it', () => {
    const error = new BackendUnavailable('webgpu', 'there is no adapter', 'install a driver')
    expect(error.message).toBe('webgpu cannot run here: there is no adapter; to get it, install a driver')
  })

  it('can be required by name', () => {
    expect(requiredBackends('webgpu, webasm')).toEqual(['webgpu', 'webasm'])
    expect(requiredBackends('')).toEqual([])
    expect(() => backendNamed('metal')).toThrow('unknown backend metal; known: webgpu, headlessgl, webasm, cpu')
  })
})
