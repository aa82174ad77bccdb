import { existsSync } from 'node:fs'

/** Chromium or Chrome of this machine; ANSWERKEY_CHROMIUM names another. */
export const chromiumPath = [process.env.ANSWERKEY_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
)

const quiet = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** With WebGPU and WebGL drawn by the processor. */
export const softwareFlags: string[] = [
  ...quiet,
  '--use-webgpu-adapter=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-angle=swiftshader',
]

/** With WebGPU and WebGL on the graphics card, which Chromium leaves alone on Linux unless it is told. */
export const hardwareFlags: string[] = [
  ...quiet,
  '--ignore-gpu-blocklist',
  ...(process.platform === 'linux' ? ['--enable-features=Vulkan', '--use-angle=vulkan'] : []),
]
