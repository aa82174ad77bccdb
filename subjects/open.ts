import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { type BackendName, backendNames, openBackend } from '../gpu/index.js'
import type { Precision } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { profileNamed } from '../properties/index.js'
import { formats } from '../properties/precision.js'
import { isBundled, openBundled } from './bundled.js'
import { openModule } from './module.js'
import { openModelFile } from './onnx/modelFile.js'
import { isOnnxRuntime, openOnnxRuntime } from './onnx/onnxRuntime.js'
import { openProcess, type ProcessOptions } from './process.js'
import { rounded } from './rounded.js'
import { type OpenSubject, SubjectUnavailable } from './subject.js'
import { openTfjs } from './tfjs/open.js'

export interface OpenOptions extends ProcessOptions {
  /** Of the models that ONNX Runtime is given. */
  readonly opset?: number
  /** The operator that a model file computes. */
  readonly as?: string
}

const moduleEndings = /\.[cm]?[jt]s$/

/**
 * Opens what `answerkey test` is given: `oracle` (or `oracle:float32`, its inputs and answers rounded), `gpu:BACKEND`, `tfjs` or `tfjs:BACKEND`, `torch` or `numpy`, `onnxruntime` (or
 * `onnxruntime:web`, either with `:float64` behind it), an ONNX model file, the path of a JavaScript or TypeScript module, or a command
 * that speaks the protocol: one with arguments (`python3 impl.py`), or the path of an executable file.
 * Throws SubjectUnavailable or BackendUnavailable with the reason.
 */
export async function openSubject(
  spec: string,
  timeoutSeconds: number,
  options: OpenOptions = {},
): Promise<OpenSubject> {
  if (options.as !== undefined && !spec.endsWith('.onnx'))
    throw new SubjectUnavailable(spec, '--as is for model files, which end in .onnx')
  if (options.opset !== undefined && !isOnnxRuntime(spec))
    throw new SubjectUnavailable(spec, '--opset is for onnxruntime and onnxruntime:web')
  if (spec === 'oracle') return { ...oracle, close: async () => {} }
  if (spec.startsWith('oracle:')) return openRounded(spec)
  if (spec.startsWith('gpu:')) return openGpu(spec)
  if (spec === 'tfjs' || spec.startsWith('tfjs:')) return openTfjs(spec, timeoutSeconds)
  if (spec.endsWith('.onnx')) return openModelFile(spec, options.as, timeoutSeconds, options)
  if (isOnnxRuntime(spec)) return openOnnxRuntime(spec, options.opset, timeoutSeconds, options)
  if (isBundled(spec)) return openBundled(spec, timeoutSeconds, options)
  if (moduleEndings.test(spec) && (existsSync(spec) || !/\s/.test(spec)))
    return openModule(spec, timeoutSeconds, options)
  if (isExecutable(spec)) return openProcess(`'${spec.replaceAll("'", "'\\''")}'`, timeoutSeconds, options)
  if (/\S\s+\S/.test(spec)) return openProcess(spec, timeoutSeconds, options)
  throw new SubjectUnavailable(
    spec,
    existsSync(spec) && spec.endsWith('.py')
      ? `it is not executable; to run it with Python: answerkey test "python3 ${spec}"`
      : 'no such subject; it should be oracle, oracle:PRECISION, gpu:BACKEND, tfjs, tfjs:BACKEND, torch, numpy, onnxruntime, onnxruntime:web, a model file that ends in .onnx, the path of a module that ends in .ts, .js, .mts or .mjs, ' +
          'or a command such as "python3 impl.py"',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function openRounded(spec: string): OpenSubject {
  const precision = spec.slice('oracle:'.length)
  if (!isPrecision(precision))
    throw new SubjectUnavailable(spec, `no such precision; known: ${Object.keys(formats).join(', ')}`)
  return { ...rounded(oracle, precision), close: async () => {} }
}

function isPrecision(name: string): name is Precision {
  return Object.keys(formats).includes(name)
}

async function openGpu(spec: string): Promise<OpenSubject> {
  const name = spec.slice('gpu:'.length)
  if (!isBackend(name)) throw new SubjectUnavailable(spec, `no such backend; known: ${backendNames.join(', ')}`)
  const backend = await openBackend(name)
  return { ...backend.implementation, profile: profileNamed(backend.profileName, 'float32'), close: backend.close }
}

function isBackend(name: string): name is BackendName {
  return backendNames.some((backend) => backend === name)
}
