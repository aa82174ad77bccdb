import { guarded } from './guard.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { movingAverage } from './momentumUpdate.js'
import type { GpuOperator } from './operator.js'

/** weight·old + rest·next² */
const averageOfSquares = kernel(
  'variance of adam',
  function (this: Thread, size: number, old: Values, next: Values, weight: number, rest: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return weight * old[i] + rest * next[i] * next[i]
  },
)

/** p − rate·m̂/(√v̂ + ε) with m̂ = m/meanShare and v̂ = v/varianceShare */
const newParameter = kernel(
  'parameter of adam',
  function (
    this: Thread,
    size: number,
    parameter: Values,
    mean: Values,
    variance: Values,
    rate: number,
    epsilon: number,
    meanShare: number,
    varianceShare: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const root = Math.sqrt(variance[i] / varianceShare)
    return parameter[i] - (rate * (mean[i] / meanShare)) / (root + epsilon)
  },
)

/** 1 − β^step = −(e^(step·log β) − 1), which keeps its digits where β^step is near 1. */
function oneMinusPower(beta: number, step: number): number {
  return -Math.expm1(step * Math.log(beta))
}

export const adam: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const [beta1, beta2, step] = [call.number('beta1'), call.number('beta2'), call.number('step')]
    const [parameter, gradient] = [call.input('parameter'), call.input('gradient')]
    const size = parameter.length
    const [mean, variance] = await Promise.all([
      workspace.run(movingAverage, size, call.input('mean'), gradient, beta1, 1 - beta1),
      workspace.run(averageOfSquares, size, call.input('variance'), gradient, beta2, 1 - beta2),
    ])
    const settings = [call.number('learningRate'), guarded(call.number('epsilon'))] as const
    const shares = [oneMinusPower(beta1, step), oneMinusPower(beta2, step)] as const
    return {
      parameter: await workspace.run(newParameter, size, parameter, mean, variance, ...settings, ...shares),
      mean,
      variance,
    }
  },
}
