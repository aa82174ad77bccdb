import type { DeviceArray } from './deviceArray.js'
import { type Affine, everywhere, inColumns, inRows, momentsOf, sumsOfProducts } from './moments.js'
import { halves, inputGradient, type Normalized, normalize, standardize, sumsOfGradients } from './normalization.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

/** The length of the rows that are normalized, and ε. */
export interface LayerSettings {
  readonly length: number
  readonly epsilon: number
}

function byFeature(values: DeviceArray | undefined): Affine | undefined {
  return values && { values, steps: [0, 1] }
}

/** gain⊙(x − μ)/√(σ² + ε) + bias, μ and the biased variance σ² of every row. */
export async function layerNormalize(
  workspace: Workspace,
  x: DeviceArray,
  gain: DeviceArray | undefined,
  bias: DeviceArray | undefined,
  { length, epsilon }: LayerSettings,
): Promise<DeviceArray> {
  const rows = inRows(x, length)
  const moments = await momentsOf(workspace, x, rows, epsilon)
  return normalize(workspace, x, moments, rows, byFeature(gain), byFeature(bias))
}

async function prepareBackward(
  workspace: Workspace,
  x: DeviceArray,
  gain: DeviceArray | undefined,
  gradient: DeviceArray,
  { length, epsilon }: LayerSettings,
): Promise<Normalized> {
  const grouping = inRows(x, length)
  const moments = await momentsOf(workspace, x, grouping, epsilon)
  const [standard, scale] = await Promise.all([
    standardize(workspace, x, moments, grouping),
    byFeature(gain) ?? everywhere(workspace, 1),
  ])
  return { gradient, standard, moments, scale, grouping }
}

async function gradientOfX(workspace: Workspace, rows: Normalized): Promise<DeviceArray> {
  return inputGradient(workspace, rows, await sumsOfGradients(workspace, rows), false)
}

/** ∂L/∂bias = Σ g and ∂L/∂gain = Σ g⊙x̂, over all rows. */
async function gradientsOfParameters(workspace: Workspace, { gradient, standard }: Normalized, length: number) {
  const columns = inColumns(gradient, length)
  const sums = await sumsOfProducts(workspace, gradient, standard, await everywhere(workspace, 1), columns)
  const [bias, gain] = await halves(workspace, sums)
  return { gain, bias }
}

/** The gradients of layerNormalize with respect to x, gain and bias, from `gradient`, that with respect to its result. */
export async function layerNormalizeBackward(
  workspace: Workspace,
  x: DeviceArray,
  gain: DeviceArray | undefined,
  gradient: DeviceArray,
  settings: LayerSettings,
): Promise<{ x: DeviceArray; gain: DeviceArray; bias: DeviceArray }> {
  const rows = await prepareBackward(workspace, x, gain, gradient, settings)
  const [ofX, ofParameters] = await Promise.all([
    gradientOfX(workspace, rows),
    gradientsOfParameters(workspace, rows, settings.length),
  ])
  return { x: ofX, ...ofParameters }
}

function settingsOf(call: GpuCall): LayerSettings {
  return { length: call.sizes.D, epsilon: call.number('epsilon') }
}

export const layerNorm: GpuOperator = {
  forward: async (call) => {
    const [gain, bias] = [call.optional('gain'), call.optional('bias')]
    return { y: await layerNormalize(call.workspace, call.input('x'), gain, bias, settingsOf(call)) }
  },
  /** ∂L/∂x = (ĝ − mean(ĝ) − x̂·mean(ĝ⊙x̂))/√(σ² + ε) by row, ĝ = gain⊙g; ∂L/∂gain = Σ g⊙x̂; ∂L/∂bias = Σ g. */
  backward: async (call) => {
    const { workspace } = call
    const [x, gain, gradient] = [call.input('x'), call.optional('gain'), call.gradient('y')]
    if (gain === undefined && call.optional('bias') === undefined)
      return { x: await gradientOfX(workspace, await prepareBackward(workspace, x, gain, gradient, settingsOf(call))) }
    const gradients = await layerNormalizeBackward(workspace, x, gain, gradient, settingsOf(call))
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}
