import type { GPU } from 'gpu.js'
import { exactIntegers } from './kernel.js'
import { messageOf } from './message.js'
import { type BackendName, BackendUnavailable } from './names.js'

declare module 'gpu.js' {
  /** Exported by gpu.js, but missing in its types: the device that all its WebGPU kernels share. */
  const WebGPUContext: { acquire(): Promise<{ adapter: GPUAdapter; device: GPUDevice }> }
}

/** A backend's own side: the gpu.js instance, the adapter behind it, and how to let go of it. */
export interface Platform {
  readonly gpu: GPU
  readonly device: string
  readonly software: boolean | undefined
  /** The largest number of elements that one buffer or texture holds. */
  readonly elements: number
  /** Registers who is told when the device is lost or reports an error. */
  onProblem(tell: (problem: string) => void): void
  release(): Promise<void>
}

/** What there is to hear of, and to release, where gpu.js says and holds nothing. */
export const untroubled = { onProblem: () => undefined, release: async () => undefined }

/** A gpu.js instance. Throws a BackendUnavailable that recommends `remedy` where gpu.js cannot run in this mode. */
export async function newGpu(name: BackendName, remedy: string): Promise<GPU> {
  const { GPU } = (await import('gpu.js')).default
  try {
    return new GPU({ mode: name })
  } catch (error) {
    throw new BackendUnavailable(name, messageOf(error), remedy)
  }
}

/** The backends that the processor runs, in Node as in a browser. */
export async function openHost(name: 'webasm' | 'cpu', remedy: string): Promise<Platform> {
  return {
    gpu: await newGpu(name, remedy),
    device: 'host',
    software: undefined,
    elements: exactIntegers,
    ...untroubled,
  }
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i

/** Whether a processor stands in for the graphics card, by the name of its driver. */
export function isSoftware(driver: string): boolean {
  return softwareNames.test(driver)
}

/** A gpu.js instance on `navigator.gpu`, whose adapter is known to be there. `release` is called after the last of them. */
export async function openWebGpuDevice(remedy: string): Promise<Platform & { readonly adapterDevice: GPUDevice }> {
  const gpu = await newGpu('webgpu', remedy)
  const { WebGPUContext } = (await import('gpu.js')).default
  const { adapter, device } = await WebGPUContext.acquire()
  const { vendor, architecture, description, device: model, isFallbackAdapter } = adapter.info
  const names = [vendor, architecture, model, description].filter((part) => part !== '').join(' ')
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits
  return {
    gpu,
    device: names,
    software: isFallbackAdapter || isSoftware(names),
    elements: Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / Float32Array.BYTES_PER_ELEMENT),
    onProblem: (tell) => {
      device.addEventListener('uncapturederror', ({ error }) => tell(`the device reports: ${error.message}`))
      device.lost.then(({ message }) => tell(`the device was lost: ${message}`))
    },
    release: async () => undefined,
    adapterDevice: device,
  }
}
