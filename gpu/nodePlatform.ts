import { createRequire } from 'node:module'
import type { create } from 'webgpu'
import { messageOf } from './message.js'
import { type BackendName, BackendUnavailable } from './names.js'
import { newGpu, openHost, openWebGpuDevice, type Platform, untroubled } from './platform.js'

/** Sets a backend up in Node. Throws a BackendUnavailable if it cannot run here. */
export async function openNodePlatform(name: BackendName): Promise<Platform> {
  switch (name) {
    case 'webgpu':
      return openWebGpu()
    case 'headlessgl':
      return openHeadlessGl()
    case 'webgl2':
    case 'webgl':
      throw new BackendUnavailable(name, 'Node has no WebGL', 'run it in a browser, or take headlessgl')
    case 'webasm':
    case 'cpu':
      return openHost(name, reinstall)
  }
}

const reinstall = 'run npm ci on a platform that it is built for'
const buildGl =
  'install what it is built with (build-essential python3 pkg-config libx11-dev libxi-dev libxext-dev libgl1-mesa-dev) and run npm ci again'
const getDisplay = 'run under xvfb-run -a, with the driver of libgl1-mesa-dri where there is no graphics card'
const getAdapter =
  'install libvulkan1 and the Vulkan driver of the graphics card; without a card, install Debian’s chromium and set VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json for its software adapter'

async function openHeadlessGl(): Promise<Platform> {
  try {
    createRequire(import.meta.url)('gl')
  } catch (error) {
    const [reason] = messageOf(error).split('\n')
    throw new BackendUnavailable('headlessgl', `the package gl does not load: ${reason}`, buildGl)
  }
  const { HeadlessGLKernel } = (await import('gpu.js')).default
  if (!HeadlessGLKernel.isSupported)
    throw new BackendUnavailable('headlessgl', 'there is no display to draw on', getDisplay)
  const { maxTextureSize } = HeadlessGLKernel.features
  return {
    gpu: await newGpu('headlessgl', buildGl),
    // headless-gl hides the driver's name behind ANGLE's.
    device: 'OpenGL through headless-gl',
    software: undefined,
    elements: maxTextureSize * maxTextureSize,
    ...untroubled,
  }
}

// gpu.js keeps one WebGPU device for all its instances: the last backend that closes destroys it.
let openDevices = 0

async function openWebGpu(): Promise<Platform> {
  if ((await (await webGpuEntry()).requestAdapter()) === null) {
    forgetWebGpuEntry()
    throw new BackendUnavailable('webgpu', 'there is no adapter', getAdapter)
  }
  const { adapterDevice, ...platform } = await openWebGpuDevice(reinstall)
  openDevices += 1
  return {
    ...platform,
    release: async () => {
      openDevices -= 1
      if (openDevices > 0) return
      adapterDevice.destroy()
      await adapterDevice.lost
      forgetWebGpuEntry()
    },
  }
}

let entry: ReturnType<typeof create> | undefined

/** Dawn's `navigator.gpu`, put where gpu.js looks for it: Node has none. */
async function webGpuEntry() {
  if (entry !== undefined) return entry
  try {
    const { create, globals } = await import('webgpu')
    Object.assign(globalThis, globals)
    entry = create([])
  } catch (error) {
    const [reason] = messageOf(error).split('\n')
    throw new BackendUnavailable('webgpu', `the package webgpu does not load: ${reason}`, reinstall)
  }
  const navigator: unknown = Reflect.get(globalThis, 'navigator')
  const holder = typeof navigator === 'object' && navigator !== null ? navigator : {}
  if (holder !== navigator) Object.defineProperty(globalThis, 'navigator', { value: holder, configurable: true })
  Object.defineProperty(holder, 'gpu', { value: entry, configurable: true })
  return entry
}

/** Dawn works in the background, and can hold up the end of the process, as long as `navigator.gpu` refers to it. */
function forgetWebGpuEntry(): void {
  const navigator: unknown = Reflect.get(globalThis, 'navigator')
  if (typeof navigator === 'object' && navigator !== null) Reflect.deleteProperty(navigator, 'gpu')
  entry = undefined
}
