import { Failure } from '../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor, tensor } from '../oracle/tensor.js'
import { type Chain, type Keeper, keep, keeperOf } from '../oracle/unread.js'
import { add } from './blocks.js'
import type { Device } from './device.js'
import type { DeviceArray } from './deviceArray.js'
import { concatenate, gather, negated } from './layout.js'
import type { BackendName } from './names.js'
import { type Carrier, type GpuOperator, implementationOn } from './operator.js'
import { type Check, Workspace } from './workspace.js'

/** A tensor whose numbers lie on the device, or are computed by the host as soon as `sources` are read. */
type Unread =
  | { readonly x: Tensor; readonly array: Promise<DeviceArray> }
  | { readonly x: Tensor; readonly sources: readonly Tensor[]; readonly compute: () => ArrayLike<number> }

/**
 * The operators of a backend with results that stay on the device: what they answer has its shape, and holds NaN until it is
 * read. All calls run on the device that the first of them met.
 */
export function openChain(
  backend: BackendName,
  working: () => Promise<Device>,
  operators: Readonly<Record<string, GpuOperator>>,
): Chain {
  const unread = new Map<ArrayBufferLike, Unread>()
  let opened: Promise<Workspace> | undefined
  const checks: Check[] = []
  let released = false
  let reads = 0

  /** The arrays that the chain holds. */
  const own = async (): Promise<Workspace> => {
    if (released) throw new Failure('failed', `gpu:${backend}: the chain was released`)
    opened ??= working().then((device) => new Workspace(device))
    return opened
  }

  const note = (entry: Unread): Tensor => {
    unread.set(entry.x.data.buffer, entry)
    keep(entry.x, keeper)
    return entry.x
  }

  const noteArray = (shape: readonly number[], array: Promise<DeviceArray>): Tensor => {
    // What went wrong shows where the numbers are needed.
    array.catch(() => {})
    return note({ x: unknown(shape), array })
  }

  /** The tensor's numbers for kernels; what has to be made for it is made in `workspace`. */
  const arrayOf = async (x: Tensor, workspace: Workspace): Promise<DeviceArray> => {
    const entry = unread.get(x.data.buffer)
    if (entry !== undefined && 'array' in entry) {
      const { shape, stride, offset } = x
      return gather(workspace, await entry.array, { shape, stride, offset: offset + x.data.byteOffset / 8 })
    }
    await read([x])
    return workspace.array(Float32Array.from(rowMajor(x)))
  }

  const read = async (tensors: readonly Tensor[]): Promise<void> => {
    // Each comes after those that it is computed from.
    const entries = new Set<Unread>()
    const collect = (x: Tensor) => {
      const entry = unread.get(x.data.buffer)
      if (entry === undefined) return
      if ('sources' in entry) entry.sources.forEach(collect)
      entries.add(entry)
    }
    tensors.forEach(collect)
    if (entries.size === 0) return
    const { device } = await own()
    const fetched = await Promise.all(
      [...entries].map(async (entry) => ('array' in entry ? device.read(await entry.array) : undefined)),
    )
    if (fetched.some((numbers) => numbers !== undefined)) reads += 1
    for (const { array, verify } of checks.splice(0)) verify(await device.read(array))
    for (const [i, entry] of [...entries].entries()) {
      entry.x.data.set('compute' in entry ? entry.compute() : (fetched[i] ?? []))
      unread.delete(entry.x.data.buffer)
      keep(entry.x, undefined)
    }
  }

  const keeper: Keeper = {
    joined(tensors) {
      const length = tensors.reduce((sum, { size }) => sum + size, 0)
      const join = async () => {
        const workspace = await own()
        return concatenate(workspace, await Promise.all(hostRuns(tensors).map((x) => arrayOf(x, workspace))))
      }
      return noteArray([length], join())
    },
    negated(x) {
      const negate = async () => {
        const workspace = await own()
        return negated(workspace, await arrayOf(x, workspace))
      }
      return noteArray(x.shape, negate())
    },
    plus(a, b) {
      const sum = async () => {
        const workspace = await own()
        return add(workspace, ...(await Promise.all([arrayOf(a, workspace), arrayOf(b, workspace)])))
      }
      return noteArray(a.shape, sum())
    },
    later: (sources, shape, compute) => note({ x: unknown(shape), sources, compute }),
  }

  const carrier: Carrier = {
    device: async () => (await own()).device,
    onHost: (x) => !unread.has(x.data.buffer),
    read,
    array: arrayOf,
    verify: async (workspace) => {
      const arrays = await own()
      for (const check of workspace.checks) checks.push({ ...check, array: arrays.adopt(check.array, workspace) })
    },
    tensor: async (shape, result, workspace) =>
      noteArray(shape, Promise.resolve((await own()).adopt(result, workspace))),
  }

  return {
    implementation: implementationOn(backend, working, operators, carrier),
    get reads() {
      return reads
    },
    read,
    async release() {
      released = true
      // A join may be on its way.
      await Promise.allSettled([...unread.values()].map((entry) => ('array' in entry ? entry.array : undefined)))
      await (await opened)?.release()
    },
  }
}

/** A tensor of NaN. */
function unknown(shape: readonly number[]): Tensor {
  return tensor(shape, new Float64Array(sizeOf(shape)).fill(Number.NaN))
}

/** The same numbers in fewer tensors: neighbours that are on the host become one. */
function hostRuns(tensors: readonly Tensor[]): readonly Tensor[] {
  const runs: Tensor[] = []
  for (const x of tensors) {
    const last = runs.at(-1)
    if (last === undefined || keeperOf(x) !== undefined || keeperOf(last) !== undefined) runs.push(x)
    else runs.splice(-1, 1, tensor([last.size + x.size], [...rowMajor(last), ...rowMajor(x)]))
  }
  return runs
}
