import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, JSHandle, Page as Tab } from 'playwright'
import { chromiumPath, hardwareFlags, softwareFlags } from './chromium.js'
import type { PageRunner } from './gpuPage.js'
import { PeerMissing, requirePeer } from './gpuPeers.js'
import type { Timed, TimedRunner } from './gpuRunners.js'

/** The backends of gpu.js and of TensorFlow.js that a browser may have. */
const kernels = ['webgpu', 'webgl2', 'webgl', 'webasm'] as const
const tensorFlowBackends = ['cpu', 'wasm', 'webgl', 'webgpu'] as const

/** SharedArrayBuffer, and so threads of WebAssembly, only with these; clocks are finer, too. */
const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a browser runs, and how to close it. */
export interface BrowserRunners {
  readonly runners: readonly TimedRunner[]
  close(): Promise<void>
}

/**
 * Opens the page of the benchmark in Chromium, on the graphics card or with software drivers, and all that runs there; `missing`
 * is told what does not. Throws a PeerMissing where there is no Chromium.
 */
export async function openBrowser(
  software: boolean,
  missing: (name: string, reason: string) => void,
): Promise<BrowserRunners> {
  if (chromiumPath === undefined) throw new PeerMissing('there is none (ANSWERKEY_CHROMIUM names one)')
  const [{ chromium }, { createViteServer }] = await Promise.all([import('playwright'), import('vitest/node')]).catch(
    (error) => {
      throw new PeerMissing(`it is driven by development dependencies of answerkey: ${String(error).split('\n')[0]}`)
    },
  )
  const server = await createViteServer({
    root,
    configFile: false,
    appType: 'custom',
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null, headers: isolated, fs: { strict: false } },
    optimizeDeps: { include: ['gpu.js', 'ndarray', 'ndarray-ops'], noDiscovery: true },
  })
  let browser: Browser | undefined
  const close = async () => {
    await browser?.close()
    await server.close()
  }
  try {
    await server.listen()
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: software ? softwareFlags : hardwareFlags,
    })
    const tab = await browser.newPage()
    const address = server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0]
    if (address === undefined) throw new PeerMissing('its page is not served')
    await openPage(tab, address)
    return { runners: await openRunners(tab, address, missing), close }
  } catch (error) {
    await close()
    throw error instanceof PeerMissing ? error : new PeerMissing(firstLine(error))
  }
}

async function openPage(tab: Tab, address: string): Promise<void> {
  const script = new URL(import.meta.resolve('./gpuPage.js')).pathname.slice(root.length)
  const body = `<!doctype html><title>bench:gpu</title><script type="module" src="/${script}"></script>`
  await tab.route(address, (route) => route.fulfill({ contentType: 'text/html', headers: isolated, body }))
  await tab.goto(address)
  await tab.waitForFunction(() => globalThis.benchmarkPage !== undefined)
}

async function openRunners(
  tab: Tab,
  address: string,
  missing: (name: string, reason: string) => void,
): Promise<readonly TimedRunner[]> {
  const runners: TimedRunner[] = []
  const open = async (name: string, opening: () => Promise<JSHandle<PageRunner | undefined>>) => {
    try {
      const runner = await opening()
      const opened = await runner.evaluate((inside) => inside?.name)
      if (opened !== undefined) runners.push(remote(opened, runner))
    } catch (error) {
      missing(`${name} in the browser`, firstLine(error))
    }
  }
  for (const backend of kernels)
    await open(backend, () => tab.evaluateHandle((chosen) => globalThis.benchmarkPage?.openKernels(chosen), backend))
  try {
    const wasmFiles = await loadTensorFlow(tab, address)
    for (const backend of tensorFlowBackends)
      await open(`TensorFlow.js ${backend}`, () =>
        tab.evaluateHandle(([chosen, files]) => globalThis.benchmarkPage?.openTensorFlow(chosen, files), [
          backend,
          wasmFiles,
        ] as const),
      )
  } catch (error) {
    missing('TensorFlow.js in the browser', firstLine(error))
  }
  return runners
}

/** Loads TensorFlow.js with all backends into the page, as its packages bring them for browsers; answers where its programs are. */
async function loadTensorFlow(tab: Tab, address: string): Promise<string> {
  const folderOf = (name: string) => dirname(requirePeer.resolve(`@tensorflow/${name}/package.json`))
  const scripts = ['core', ...tensorFlowBackends.map((backend) => `backend-${backend}`)]
  try {
    const paths = scripts.map((name) => join(folderOf(`tfjs-${name}`), 'dist', `tf-${name}.min.js`))
    for (const path of paths) await tab.addScriptTag({ path })
  } catch (error) {
    throw new PeerMissing(`${firstLine(error)} (npm ci --ignore-scripts --prefix bench/peers)`)
  }
  const programs = join(folderOf('tfjs-backend-wasm'), 'dist')
  const files = new URL('tensorFlow/', address).href
  await tab.route(`${files}*`, (route) => {
    const name = route.request().url().slice(files.length)
    const contentType = extname(name) === '.wasm' ? 'application/wasm' : 'text/javascript'
    return route.fulfill({ path: join(programs, name), contentType, headers: isolated })
  })
  return files
}

/** A runner of the page. */
function remote(name: string, runner: JSHandle<PageRunner | undefined>): TimedRunner {
  return {
    name,
    prepare: async (workload) => {
      const prepared = await runner.evaluateHandle((inside, chosen) => inside?.prepare(chosen), workload.name)
      const onDevice = async (times: number) =>
        clocked(await prepared.evaluate((inside, calls) => inside?.onDevice?.(calls), times))
      return {
        answer: async (length) =>
          (await prepared.evaluate((inside, most) => inside?.answer(most), length)) ?? new Float32Array(),
        call: async () => clocked(await prepared.evaluate((inside) => inside?.call())),
        onDevice: (await prepared.evaluate((inside) => inside?.onDevice !== undefined)) ? onDevice : undefined,
        release: async () => {
          await prepared.evaluate((inside) => inside?.release())
          await prepared.dispose()
        },
      } satisfies Timed
    },
    close: async () => {
      await runner.evaluate((inside) => inside?.close())
    },
  }
}

function clocked(time: number | undefined): number {
  if (time === undefined) throw new TypeError('the page did not time the call')
  return time
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]
}
