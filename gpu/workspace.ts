import type { Device } from './device.js'
import { DeviceArray } from './deviceArray.js'
import { type Kernel, type KernelArgument, kernel, type Passed, type Thread } from './kernel.js'

const constant = kernel('constant', function (this: Thread, size: number, value: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  return value
})

/** What only the numbers of an array can tell: throws a Refusal where they show that a call should not have been made. */
export interface Check {
  readonly array: DeviceArray
  verify(numbers: Float32Array): void
}

/**
 * The arrays of one call on a device: kernels read them and make new ones, all of which stay on the device until they are
 * read, and are released together.
 */
export class Workspace {
  readonly device: Device
  /** What is still to be verified, as soon as numbers are read. */
  readonly checks: Check[] = []
  private readonly arrays = new Set<DeviceArray>()

  constructor(device: Device) {
    this.device = device
  }

  /** Numbers of the host, for kernels to read. They are not copied. */
  array(values: Float32Array): DeviceArray {
    return this.keep(DeviceArray.ofHost(values))
  }

  /** `length` times the same number, made on the device. */
  filled(length: number, value: number): Promise<DeviceArray> {
    return this.run(constant, length, value)
  }

  /** Runs a kernel with one thread an element of its output of `size` numbers; see Device.run. */
  async run<Arguments extends readonly KernelArgument[]>(
    kernel: Kernel<Arguments>,
    size: number,
    ...args: Passed<Arguments>
  ): Promise<DeviceArray> {
    return this.keep(await this.device.run(kernel, size, ...args))
  }

  /** The numbers, on the host. */
  read(array: DeviceArray): Promise<Float32Array> {
    return this.device.read(array)
  }

  /** Makes another workspace's array one of this workspace, which releases it from here on. */
  adopt(array: DeviceArray, from: Workspace): DeviceArray {
    return from.arrays.delete(array) ? this.keep(array) : array
  }

  /** Gives back what the arrays hold on the device; none of them may be used afterwards. */
  async release(): Promise<void> {
    const arrays = [...this.arrays]
    this.arrays.clear()
    for (const array of arrays) await this.device.release(array)
  }

  private keep(array: DeviceArray): DeviceArray {
    this.arrays.add(array)
    return array
  }
}
