import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { slice } from './layout.js'
import { type Affine, everywhere, type Grouping, sumsOfProducts } from './moments.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** x̂ = (x − r − m)/d, with r, m and d those of the entry's group; see momentsOf. */
const standardized = kernel(
  'standardization',
  function (this: Thread, size: number, x: Values, moments: Values, groups: number, area: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const block = quotient(i, area)
    const group = block - quotient(block, groups) * groups
    return (x[i] - moments[group] - moments[groups + group]) / moments[2 * groups + group]
  },
)

/** scale⊙x̂ + shift */
const normalized = kernel(
  'normalization',
  function (
    this: Thread,
    size: number,
    x: Values,
    moments: Values,
    scale: Values,
    shift: Values,
    scaleGroup: number,
    scaleRest: number,
    shiftGroup: number,
    shiftRest: number,
    groups: number,
    area: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const block = quotient(i, area)
    const rest = i - block * area
    const group = block - quotient(block, groups) * groups
    const standard = (x[i] - moments[group] - moments[groups + group]) / moments[2 * groups + group]
    return standard * scale[group * scaleGroup + rest * scaleRest] + shift[group * shiftGroup + rest * shiftRest]
  },
)

/** scale⊙x̂ + shift, x̂ by the moments of each group. */
export async function normalize(
  workspace: Workspace,
  x: DeviceArray,
  moments: DeviceArray,
  grouping: Grouping,
  scale?: Affine,
  shift?: Affine,
): Promise<DeviceArray> {
  if (scale === undefined && shift === undefined) return standardize(workspace, x, moments, grouping)
  const [by, to] = [scale ?? (await everywhere(workspace, 1)), shift ?? (await everywhere(workspace, 0))]
  const scalars = [...by.steps, ...to.steps, grouping.groups, grouping.area] as const
  return workspace.run(normalized, x.length, x, moments, by.values, to.values, ...scalars)
}

/** x̂ by the moments of each group. */
export function standardize(
  workspace: Workspace,
  x: DeviceArray,
  moments: DeviceArray,
  { groups, area }: Grouping,
): Promise<DeviceArray> {
  return workspace.run(standardized, x.length, x, moments, groups, area)
}

/**
 * (ĝ − mean(ĝ) − x̂·mean(ĝ⊙x̂))/d with ĝ = scale⊙g, `sums` the two sums of each group over its `count` entries. A count of
 * infinity, given as 0, leaves ĝ/d: the moments do not depend on x then.
 */
const gradientOfInput = kernel(
  'gradient of normalization',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    standard: Values,
    moments: Values,
    sums: Values,
    scale: Values,
    scaleGroup: number,
    scaleRest: number,
    groups: number,
    area: number,
    count: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const block = quotient(i, area)
    const rest = i - block * area
    const group = block - quotient(block, groups) * groups
    const own = gradient[i] * scale[group * scaleGroup + rest * scaleRest]
    const deviation = moments[2 * groups + group]
    if (count === 0) return own / deviation
    return (own - sums[group] / count - (standard[i] * sums[groups + group]) / count) / deviation
  },
)

/** Parts what kernels put one after the other: the first half of the numbers, and the second. */
export function halves(workspace: Workspace, x: DeviceArray): Promise<[DeviceArray, DeviceArray]> {
  const half = x.length / 2
  return Promise.all([slice(workspace, x, 0, half), slice(workspace, x, half, half)])
}

/** What the backward pass of a normalization starts from. */
export interface Normalized {
  /** The gradient with respect to scale⊙x̂ + shift. */
  readonly gradient: DeviceArray
  /** x̂ */
  readonly standard: DeviceArray
  readonly moments: DeviceArray
  readonly scale: Affine
  readonly grouping: Grouping
}

/** Σ ĝ of each group, then Σ ĝ⊙x̂ of each group, ĝ = scale⊙g. */
export function sumsOfGradients(
  workspace: Workspace,
  { gradient, standard, scale, grouping }: Normalized,
): Promise<DeviceArray> {
  return sumsOfProducts(workspace, gradient, standard, scale, grouping)
}

/** The gradient with respect to x, whose own moments were taken, or (`given`) other ones. */
export function inputGradient(
  workspace: Workspace,
  { gradient, standard, moments, scale, grouping }: Normalized,
  sums: DeviceArray,
  given: boolean,
): Promise<DeviceArray> {
  const { repeats, groups, area } = grouping
  const arrays = [gradient, standard, moments, sums, scale.values] as const
  const scalars = [...scale.steps, groups, area, given ? 0 : repeats * area] as const
  return workspace.run(gradientOfInput, gradient.length, ...arrays, ...scalars)
}
