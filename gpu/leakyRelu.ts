import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'

const values = kernel('leakyRelu', function (this: Thread, size: number, x: Values, slope: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  if (x[i] > 0) return x[i]
  return slope * x[i]
})

const gradients = kernel(
  'gradient of leakyRelu',
  function (this: Thread, size: number, x: Values, gradient: Values, slope: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (x[i] > 0) return gradient[i]
    return slope * gradient[i]
  },
)

export const leakyRelu: GpuOperator = {
  forward: async (call) => {
    const x = call.input('x')
    return { y: await call.workspace.run(values, x.length, x, call.number('negativeSlope')) }
  },
  backward: async (call) => {
    const x = call.input('x')
    return {
      x: await call.workspace.run(gradients, x.length, x, call.gradient('y'), call.number('negativeSlope')),
    }
  },
}
