import gpuJs from 'gpu.js'
import { expect, it } from 'vitest'

function twice(n: number): number {
  return n * 2
}

// A test here fails where gpu.js has mended what it is about: then the workaround can go.

it('wrapEveryLoop: gpu.js takes a loop’s bound that a function computed for a constant', () => {
  const gpu = new gpuJs.GPU({ mode: 'webgl' })
  gpu.addFunction(twice, { argumentTypes: ['Number'], returnType: 'Number' })
  const count = gpu.createKernel(
    'function (n) { const end = twice(n); let sum = 0; for (let i = 0; i < end; i += 1) sum += 1; return sum }',
    { output: [1], precision: 'single', argumentTypes: { n: 'Float' } },
  )
  expect(() => count(3)).toThrow('Loop index cannot be compared with non-constant expression')
})
