import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

const kept = kernel('dropout', function (this: Thread, size: number, x: Values, mask: Values, share: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  if (mask[i] === 1) return x[i] / share
  return 0
})

/** x/(1 − p) where the mask is 1, 0 elsewhere: forward and, for gradients, backward. */
export function drop(workspace: Workspace, x: DeviceArray, mask: DeviceArray, p: number): Promise<DeviceArray> {
  return workspace.run(kept, x.length, x, mask, 1 - p)
}

export const dropout: GpuOperator = {
  forward: async (call) => ({
    y: await drop(call.workspace, call.input('x'), call.input('mask'), call.number('p')),
  }),
  backward: async (call) => ({
    x: await drop(call.workspace, call.gradient('y'), call.input('mask'), call.number('p')),
  }),
}
