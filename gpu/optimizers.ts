import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'

/** v = momentum·v + (g + weightDecay·p) */
const newVelocity = kernel(
  'velocity of sgd',
  function (
    this: Thread,
    size: number,
    parameter: Values,
    gradient: Values,
    velocity: Values,
    momentum: number,
    weightDecay: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    return momentum * velocity[i] + (gradient[i] + weightDecay * parameter[i])
  },
)

/** p − learningRate·v */
const newParameter = kernel(
  'parameter of sgd',
  function (this: Thread, size: number, parameter: Values, velocity: Values, learningRate: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return parameter[i] - learningRate * velocity[i]
  },
)

export const sgd: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const parameter = call.input('parameter')
    const size = parameter.length
    const velocity = await workspace.run(
      newVelocity,
      size,
      parameter,
      call.input('gradient'),
      call.optional('velocity') ?? (await workspace.filled(size, 0)),
      call.number('momentum'),
      call.number('weightDecay'),
    )
    return {
      parameter: await workspace.run(newParameter, size, parameter, velocity, call.number('learningRate')),
      velocity,
    }
  },
}
