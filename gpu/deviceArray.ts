/** A buffer or texture of the device, as gpu.js hands it out. */
export interface Handle {
  toArray(): unknown
  delete(): void
}

/**
 * Numbers that kernels read and make. They lie on the host, on the device, or on both: those of the host go to the device when
 * a kernel first reads them, and those that a kernel made stay there until they are read. On a backend whose device is the
 * host they never move.
 */
export class DeviceArray {
  readonly length: number
  /** The numbers, where the host has them. */
  values: Float32Array | undefined
  /** Where the device has them: at once, or as soon as they arrived there. */
  handle: Handle | Promise<Handle> | undefined

  private constructor(length: number, values: Float32Array | undefined, handle: Handle | undefined) {
    this.length = length
    this.values = values
    this.handle = handle
  }

  static ofHost(values: Float32Array): DeviceArray {
    return new DeviceArray(values.length, values, undefined)
  }

  static ofDevice(length: number, handle: Handle): DeviceArray {
    return new DeviceArray(length, undefined, handle)
  }
}

/** Whether gpu.js answered with something that stays on the device. */
export function isHandle(answer: unknown): answer is Handle {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'toArray' in answer &&
    typeof answer.toArray === 'function' &&
    'delete' in answer &&
    typeof answer.delete === 'function'
  )
}
