import { messageOf } from './message.js'
import { type BackendName, BackendUnavailable } from './names.js'
import { isSoftware, newGpu, openHost, openWebGpuDevice, type Platform, untroubled } from './platform.js'

const otherBrowser = 'take a browser that has it, or turn hardware acceleration on'

/** Sets a backend up in a browser. Throws a BackendUnavailable if it cannot run there. */
export async function openBrowserPlatform(name: BackendName): Promise<Platform> {
  switch (name) {
    case 'webgpu':
      return openWebGpu()
    case 'webgl2':
    case 'webgl':
      return openWebGl(name)
    case 'headlessgl':
      throw new BackendUnavailable(name, 'a browser has no headless-gl', 'run it in Node, or take webgl2')
    case 'webasm':
    case 'cpu':
      return openHost(name, otherBrowser)
  }
}

async function openWebGpu(): Promise<Platform> {
  try {
    const { adapterDevice, ...platform } = await openWebGpuDevice(otherBrowser)
    return platform
  } catch (error) {
    if (error instanceof BackendUnavailable) throw error
    throw new BackendUnavailable('webgpu', messageOf(error), otherBrowser)
  }
}

async function openWebGl(name: 'webgl2' | 'webgl'): Promise<Platform> {
  const gpu = await newGpu(name, otherBrowser)
  if (name === 'webgl') await wrapEveryLoop()
  // gpu.js makes its context with the first kernel.
  gpu.createKernel('function() { return 0 }', { output: [1] })()
  const context: unknown = gpu.context
  if (!isWebGl(context)) throw new BackendUnavailable(name, 'there is no context to draw on', otherBrowser)
  const names = context.getExtension('WEBGL_debug_renderer_info')
  const driver = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER))
  const side = Number(context.getParameter(context.MAX_TEXTURE_SIZE))
  return {
    gpu,
    device: driver,
    software: names === null ? undefined : isSoftware(driver),
    elements: side * side,
    ...untroubled,
    onProblem: (tell) => {
      context.canvas.addEventListener('webglcontextlost', () => tell('the context was lost'))
    },
  }
}

/**
 * WebGL 1 has only loops with constant bounds. gpu.js wraps the others in such a loop, but takes a bound that a function of its
 * own computed for a constant one, and the shader does not compile: so all loops are wrapped.
 */
async function wrapEveryLoop(): Promise<void> {
  const { WebGLFunctionNode } = (await import('gpu.js')).default
  Object.assign(WebGLFunctionNode.prototype, { isSafe: () => false })
}

/** What is needed of a browser's drawing context. */
interface WebGl {
  readonly RENDERER: number
  readonly MAX_TEXTURE_SIZE: number
  readonly canvas: { addEventListener(event: string, listener: () => void): void }
  getParameter(name: number): unknown
  getExtension(name: 'WEBGL_debug_renderer_info'): { readonly UNMASKED_RENDERER_WEBGL: number } | null
}

function isWebGl(context: unknown): context is WebGl {
  return typeof context === 'object' && context !== null && 'getExtension' in context && 'MAX_TEXTURE_SIZE' in context
}
