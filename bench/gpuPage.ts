import { openBrowserPlatform } from '../gpu/browserPlatform.js'
import type { BackendName } from '../gpu/names.js'
import { openKernels, type Runner, type Timed, timedHere } from './gpuRunners.js'
import { workloadNamed } from './gpuWorkloads.js'
import { type TensorFlowBackend, tensorFlowRunner } from './tensorFlow.js'

/** A runner of the page, which makes the inputs by itself. */
export interface PageRunner {
  readonly name: string
  prepare(workload: string): Promise<Timed>
  close(): Promise<void>
}

/** What the page offers to the benchmark, which drives it from Node (gpuBrowser.ts). */
export interface Page {
  openKernels(backend: BackendName): Promise<PageRunner>
  /** TensorFlow.js has to be loaded, which makes itself the global `tf`; `wasmFiles` is where its programs are. */
  openTensorFlow(backend: TensorFlowBackend, wasmFiles: string): Promise<PageRunner>
}

declare global {
  var benchmarkPage: Page | undefined
}

function runnerOfPage(runner: Runner): PageRunner {
  const { name, prepare, close } = timedHere(runner)
  return {
    name: `${name} in the browser`,
    prepare: async (workload) => {
      const found = workloadNamed(workload)
      return prepare(found, found.inputs())
    },
    close,
  }
}

globalThis.benchmarkPage = {
  openKernels: async (backend) => runnerOfPage(await openKernels(backend, await openBrowserPlatform(backend))),
  openTensorFlow: async (backend, wasmFiles) => {
    const tensorFlow: unknown = Reflect.get(globalThis, 'tf')
    if (backend === 'wasm') {
      const wasm = typeof tensorFlow === 'object' && tensorFlow !== null && 'wasm' in tensorFlow && tensorFlow.wasm
      if (typeof wasm === 'object' && wasm !== null && 'setWasmPaths' in wasm && wasm.setWasmPaths instanceof Function)
        wasm.setWasmPaths(wasmFiles)
    }
    return runnerOfPage(await tensorFlowRunner(backend, () => tensorFlow))
  },
}
