import type { DeviceArray } from './deviceArray.js'
import { matrix, multiply, sumRows, transposed } from './linear.js'
import type { Workspace } from './workspace.js'

/** The gradients of the weight [outputs,inputs] and the bias of x·Wᵀ + b for rows of `inputs` numbers. */
export async function parameterGradients(
  workspace: Workspace,
  x: DeviceArray,
  gradient: DeviceArray,
  [inputs, outputs]: readonly [number, number],
) {
  const sizes = [outputs, x.length / inputs, inputs] as const
  const [weight, bias] = await Promise.all([
    multiply(workspace, transposed(matrix(gradient, outputs)), matrix(x, inputs), sizes),
    sumRows(workspace, gradient, outputs),
  ])
  return { weight, bias }
}

/** The gradients of x·Wᵀ + b for rows of `inputs` numbers: of x, of the weight [outputs,inputs] and of the bias. */
export async function transformBackward(
  workspace: Workspace,
  x: DeviceArray,
  weight: DeviceArray,
  gradient: DeviceArray,
  [inputs, outputs]: readonly [number, number],
) {
  const sizes = [x.length / inputs, outputs, inputs] as const
  const [ofX, ofParameters] = await Promise.all([
    multiply(workspace, matrix(gradient, outputs), matrix(weight, inputs), sizes),
    parameterGradients(workspace, x, gradient, [inputs, outputs]),
  ])
  return { x: ofX, ...ofParameters }
}
