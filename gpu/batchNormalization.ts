import { sizeOf } from '../oracle/tensor.js'
import type { DeviceArray } from './deviceArray.js'
import { guarded } from './guard.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { type Affine, everywhere, type Grouping, momentsOf, sumsOfProducts } from './moments.js'
import { halves, inputGradient, normalize, standardize, sumsOfGradients } from './normalization.js'
import type { GpuCall, GpuOperator } from './operator.js'

/** Given statistics in the form of a batch's own: of every channel μ, then nothing to be added to it, then √(σ² + ε). */
const givenMoments = kernel(
  'given moments',
  function (this: Thread, size: number, mean: Values, variance: Values, channels: number, epsilon: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (i < channels) return mean[i]
    if (i < 2 * channels) return 0
    return Math.sqrt(variance[i - 2 * channels] + epsilon)
  },
)

/** −Σ ĝ/d of every channel, then −½·Σ ĝ⊙x̂/d². */
const statisticsGradient = kernel(
  'gradient of mean and variance',
  function (this: Thread, size: number, sums: Values, moments: Values, channels: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (i < channels) return -sums[i] / moments[2 * channels + i]
    return (-0.5 * sums[i]) / moments[channels + i] / moments[channels + i]
  },
)

function channelsOf(call: GpuCall): Grouping {
  const [repeats, groups, ...rest] = call.shapes.x
  return { repeats, groups, area: sizeOf(rest) }
}

/** The batch's own moments by channel, or the given ones. */
function momentsFor(call: GpuCall): Promise<DeviceArray> {
  const [mean, variance] = [call.optional('mean'), call.optional('variance')]
  const epsilon = call.number('epsilon')
  if (mean === undefined || variance === undefined)
    return momentsOf(call.workspace, call.input('x'), channelsOf(call), epsilon)
  return call.workspace.run(givenMoments, 3 * mean.length, mean, variance, mean.length, guarded(epsilon))
}

function byChannel(values: DeviceArray | undefined): Affine | undefined {
  return values && { values, steps: [1, 0] }
}

export const batchNorm: GpuOperator = {
  forward: async (call) => {
    const [scale, shift] = [byChannel(call.optional('gain')), byChannel(call.optional('bias'))]
    const moments = await momentsFor(call)
    return { y: await normalize(call.workspace, call.input('x'), moments, channelsOf(call), scale, shift) }
  },
  /**
   * Training: ∂L/∂x = (ĝ − mean(ĝ) − x̂·mean(ĝ⊙x̂))/√(σ² + ε) by channel, ĝ = gain⊙g; ∂L/∂gain = Σ g⊙x̂; ∂L/∂bias = Σ g. With
   * given statistics ∂L/∂x = ĝ/√(σ² + ε), ∂L/∂mean = −Σ ĝ/√(σ² + ε), ∂L/∂variance = −½·Σ ĝ⊙x̂/(σ² + ε).
   */
  backward: async (call) => {
    const { workspace } = call
    const [x, gradient, gain] = [call.input('x'), call.gradient('y'), byChannel(call.optional('gain'))]
    const grouping = channelsOf(call)
    const moments = await momentsFor(call)
    const [standard, one] = await Promise.all([standardize(workspace, x, moments, grouping), everywhere(workspace, 1)])
    const channels = { gradient, standard, moments, scale: gain ?? one, grouping }
    const given = call.optional('mean') !== undefined
    const sums = await sumsOfGradients(workspace, channels)
    const unscaled = gain === undefined ? sums : await sumsOfProducts(workspace, gradient, standard, one, grouping)
    const [gradX, [ofBias, ofGain]] = await Promise.all([
      inputGradient(workspace, channels, sums, given),
      halves(workspace, unscaled),
    ])
    const gradients: Record<string, DeviceArray> = { x: gradX, gain: ofGain, bias: ofBias }
    if (given) {
      const { groups } = grouping
      const ofStatistics = await workspace.run(statisticsGradient, 2 * groups, sums, moments, groups)
      const [mean, variance] = await halves(workspace, ofStatistics)
      Object.assign(gradients, { mean, variance })
    }
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}
