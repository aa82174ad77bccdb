import type { DeviceArray } from './deviceArray.js'
import { guarded } from './guard.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { matrix, multiply, transposed } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { total } from './reduction.js'
import { partOf } from './rowLengths.js'
import { type UnitRows, unitRows, unitRowsBackward } from './unitRows.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number
declare function logOnePlus(x: number): number

/**
 * Two numbers a row of n scores: the largest score, and Σ e^((score − largest)/τ) over the others, so that log(1 + Σ) keeps the
 * digits of a small loss. Where `excludes` is 1, a row's own score, on the diagonal, does not take part.
 */
const rowStatistics = kernel(
  'largest score and sum of exponentials beside it',
  function (
    this: Thread,
    size: number,
    scores: Values,
    n: number,
    excludes: number,
    coolness: number,
    part: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, 2)
    const first = row * n
    let own = n
    if (excludes === 1) own = row
    let place = 0
    if (own === 0) place = 1
    let columns = n
    if (i >= size) columns = 0
    let largest = scores[first + place]
    for (let j = 1; j < columns; j += 1) {
      const score = scores[first + j]
      if (j !== own) {
        if (score > largest) {
          largest = score
          place = j
        }
      }
    }
    if (i === row * 2) return largest
    let sum = 0
    for (let start = 0; start < columns; start += part) {
      const end = Math.min(start + part, columns)
      let some = 0
      for (let k = start; k < end; k += 1) {
        if (k !== own) {
          if (k !== place) some += Math.exp((scores[first + k] - largest) * coolness)
        }
      }
      sum += some
    }
    return sum
  },
  (_scores, n, _excludes, _coolness, part) => 2 * n + Math.ceil(n / part),
)

/** weight·(log(1 + Σ) + (largest − positive)/τ), the positive `shift` columns beside the diagonal. */
const rowLosses = kernel(
  'cross-entropy of scores',
  function (
    this: Thread,
    size: number,
    scores: Values,
    rows: Values,
    shift: number,
    coolness: number,
    weight: number,
  ): number {
    const row = this.thread.x
    if (row >= size) return 0
    let positive = row + shift
    if (positive >= size) positive = positive - size
    const behind = (rows[2 * row] - scores[row * size + positive]) * coolness
    return weight * (logOnePlus(rows[2 * row + 1]) + behind)
  },
)

/** weight·g/τ·(softmax − 1 at the positive); p − 1 is taken as −Σ/(1 + Σ) where the positive has the largest score. */
const scoreGradient = kernel(
  'gradient of cross-entropy of scores',
  function (
    this: Thread,
    size: number,
    scores: Values,
    rows: Values,
    gradient: Values,
    n: number,
    shift: number,
    excludes: number,
    coolness: number,
    weight: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, n)
    const column = i - row * n
    let positive = row + shift
    if (positive >= n) positive = positive - n
    const others = rows[2 * row + 1]
    const factor = weight * coolness * gradient[0]
    if (excludes === 1 && column === row) return 0
    if (column === positive && scores[i] === rows[2 * row]) return (-factor * others) / (1 + others)
    const probability = Math.exp((scores[i] - rows[2 * row]) * coolness) / (1 + others)
    if (column === positive) return factor * (probability - 1)
    return factor * probability
  },
)

/** x + xᵀ of a square matrix. */
const withTransposed = kernel(
  'sum with the transposed',
  function (this: Thread, size: number, x: Values, n: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, n)
    return x[i] + x[(i - row * n) * n + row]
  },
)

/** Which scores of a row take part, and which is its positive. */
interface Pairing {
  readonly n: number
  readonly shift: number
  readonly excludes: 0 | 1
  readonly temperature: number
}

function statisticsOf(workspace: Workspace, scores: DeviceArray, { n, excludes, temperature }: Pairing) {
  return workspace.run(rowStatistics, 2 * n, scores, n, excludes, 1 / temperature, partOf(n))
}

/** The mean over all rows of −log softmax(scores/τ) at the row's positive. */
async function meanLoss(workspace: Workspace, scores: DeviceArray, pairing: Pairing): Promise<DeviceArray> {
  const { n, shift, temperature } = pairing
  const rows = await statisticsOf(workspace, scores, pairing)
  return total(workspace, await workspace.run(rowLosses, n, scores, rows, shift, 1 / temperature, 1 / n))
}

/** The gradient of meanLoss with respect to the scores. */
async function scoreGradients(
  workspace: Workspace,
  scores: DeviceArray,
  gradient: DeviceArray,
  pairing: Pairing,
): Promise<DeviceArray> {
  const { n, shift, excludes, temperature } = pairing
  const rows = await statisticsOf(workspace, scores, pairing)
  const scalars = [n, shift, excludes, 1 / temperature, 1 / n] as const
  return workspace.run(scoreGradient, n * n, scores, rows, gradient, ...scalars)
}

/** The inner products of all rows of a with all rows of b. */
function innerProducts(workspace: Workspace, a: DeviceArray, b: DeviceArray, n: number, D: number) {
  return multiply(workspace, matrix(a, D), transposed(matrix(b, D)), [n, D, n])
}

async function prepareInfoNce(call: GpuCall) {
  const { workspace, sizes } = call
  const { N, D } = sizes
  const rowsOf = async (x: DeviceArray): Promise<UnitRows | undefined> =>
    call.attributes.normalize === true ? unitRows(workspace, x, D) : undefined
  const [query, key] = [call.input('query'), call.input('key')]
  const [unitQuery, unitKey] = await Promise.all([rowsOf(query), rowsOf(key)])
  const [q, k] = [unitQuery?.unit ?? query, unitKey?.unit ?? key]
  const scores = await innerProducts(workspace, q, k, N, D)
  const pairing: Pairing = { n: N, shift: 0, excludes: 0, temperature: guarded(call.number('temperature')) }
  return { workspace, q, k, unitQuery, unitKey, scores, pairing, D }
}

export const infoNce: GpuOperator = {
  forward: async (call) => {
    const { workspace, scores, pairing } = await prepareInfoNce(call)
    return { loss: await meanLoss(workspace, scores, pairing) }
  },
  /** With S = q·kᵀ/τ: ∂L/∂q = ∂L/∂S·k/τ, ∂L/∂k = (∂L/∂S)ᵀ·q/τ, then through the normalization. */
  backward: async (call) => {
    const { workspace, q, k, unitQuery, unitKey, scores, pairing, D } = await prepareInfoNce(call)
    const { n } = pairing
    const G = matrix(await scoreGradients(workspace, scores, call.gradient('loss'), pairing), n)
    const through = async (gradient: Promise<DeviceArray>, rows: UnitRows | undefined) =>
      rows === undefined ? gradient : unitRowsBackward(workspace, rows, await gradient)
    const [query, key] = await Promise.all([
      through(multiply(workspace, G, matrix(k, D), [n, n, D]), unitQuery),
      through(multiply(workspace, transposed(G), matrix(q, D), [n, n, D]), unitKey),
    ])
    return { query, key }
  },
}

async function prepareNtXent(call: GpuCall) {
  const { workspace, sizes } = call
  const n = call.shapes.z[0]
  const rows = await unitRows(workspace, call.input('z'), sizes.D)
  const scores = await innerProducts(workspace, rows.unit, rows.unit, n, sizes.D)
  const pairing: Pairing = { n, shift: n / 2, excludes: 1, temperature: guarded(call.number('temperature')) }
  return { workspace, rows, scores, pairing, D: sizes.D }
}

export const ntXent: GpuOperator = {
  forward: async (call) => {
    const { workspace, scores, pairing } = await prepareNtXent(call)
    return { loss: await meanLoss(workspace, scores, pairing) }
  },
  /** With S = û·ûᵀ/τ: ∂L/∂û = (G + Gᵀ)·û/τ for G = ∂L/∂S, then through the normalization. */
  backward: async (call) => {
    const { workspace, rows, scores, pairing, D } = await prepareNtXent(call)
    const { n } = pairing
    const G = await scoreGradients(workspace, scores, call.gradient('loss'), pairing)
    const both = matrix(await workspace.run(withTransposed, n * n, G, n), n)
    const gradient = await multiply(workspace, both, matrix(rows.unit, D), [n, n, D])
    return { z: await unitRowsBackward(workspace, rows, gradient) }
  },
}
