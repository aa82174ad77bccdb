import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'

/** weight·old + rest·next */
export const movingAverage = kernel(
  'moving average',
  function (this: Thread, size: number, old: Values, next: Values, weight: number, rest: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return weight * old[i] + rest * next[i]
  },
)

export const momentumUpdate: GpuOperator = {
  forward: async (call) => {
    const [target, momentum] = [call.input('target'), call.number('momentum')]
    return {
      y: await call.workspace.run(movingAverage, target.length, target, call.input('online'), momentum, 1 - momentum),
    }
  },
}
