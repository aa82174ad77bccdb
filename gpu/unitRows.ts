import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { matrix, multiply } from './linear.js'
import { lengthsOfRows } from './rowLengths.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** The least length that a vector is taken to have where it is divided by it. */
const leastLength = 1e-12

const units = kernel(
  'unit rows',
  function (this: Thread, size: number, x: Values, lengths: Values, columns: number, least: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return x[i] / Math.max(lengths[quotient(i, columns)], least)
  },
)

/** (g − x̂·⟨g, x̂⟩)/‖x‖ by row; g/least where the length is held fast. */
const unitsGradient = kernel(
  'gradient of unit rows',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    unit: Values,
    lengths: Values,
    dots: Values,
    columns: number,
    least: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, columns)
    if (lengths[row] <= least) return gradient[i] / least
    return (gradient[i] - unit[i] * dots[row]) / lengths[row]
  },
)

/** Rows of `columns` numbers, their lengths, and the rows divided by max(length, 10⁻¹²). */
export interface UnitRows {
  readonly unit: DeviceArray
  readonly lengths: DeviceArray
  readonly columns: number
}

export async function unitRows(workspace: Workspace, x: DeviceArray, columns: number): Promise<UnitRows> {
  const lengths = await lengthsOfRows(workspace, x, columns)
  return { unit: await workspace.run(units, x.length, x, lengths, columns, leastLength), lengths, columns }
}

/** The gradient with respect to the rows, from that with respect to the unit rows. */
export async function unitRowsBackward(
  workspace: Workspace,
  { unit, lengths, columns }: UnitRows,
  gradient: DeviceArray,
): Promise<DeviceArray> {
  const [left, right] = [matrix(gradient, columns, columns), matrix(unit, 1, columns)]
  const dots = await multiply(workspace, left, right, [1, columns, 1], lengths.length)
  return workspace.run(unitsGradient, unit.length, gradient, unit, lengths, dots, columns, leastLength)
}
