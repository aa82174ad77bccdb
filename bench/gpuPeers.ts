import { createRequire } from 'node:module'
import type { Runner } from './gpuRunners.js'
import { onnxRunner } from './onnxRuntime.js'
import { tensorFlowRunner } from './tensorFlow.js'

/** The peers have a folder of their own: they are no dependencies of answerkey. */
export const requirePeer = createRequire(new URL('../../bench/peers/package.json', import.meta.url))

/** Loads a package of bench/peers, or says how to install it. */
function load(name: string): unknown {
  try {
    return requirePeer(name)
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new PeerMissing(`${reason} (npm ci --ignore-scripts --prefix bench/peers)`)
  }
}

/** A peer cannot run here; the message says why. */
export class PeerMissing extends Error {}

/** The peers by name, each opened when its turn comes. */
export const peers: Readonly<Record<string, () => Promise<Runner>>> = {
  'TensorFlow.js cpu': () => tensorFlowRunner('cpu', load),
  'TensorFlow.js wasm': () => tensorFlowRunner('wasm', load),
  'ONNX Runtime node': () => onnxRunner('onnxruntime-node', load),
  'ONNX Runtime web, wasm': () => onnxRunner('onnxruntime-web', load),
}
