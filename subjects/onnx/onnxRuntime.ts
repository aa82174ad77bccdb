import type { ProcessOptions } from '../process.js'
import { type OpenSubject, SubjectUnavailable } from '../subject.js'
import { openRuntimeProcess } from './runningProcess.js'
import type { RuntimeKind } from './runtime.js'
import { newestOpset, type OperatorTerms, oldestOpset } from './terms.js'

/** What `answerkey test` calls it: `onnxruntime`, `onnxruntime:web`, `onnxruntime:float64`, `onnxruntime:web:float64`. */
export function isOnnxRuntime(spec: string): boolean {
  return spec === 'onnxruntime' || spec.startsWith('onnxruntime:')
}

/**
 * ONNX Runtime as the user has it installed, seen from the working directory, in a process of its own (see openRuntimeProcess). Every
 * operator is a model of one node or a few, built when it is called. `opset` is the newest that both know where not given. Throws
 * SubjectUnavailable with the reason.
 */
export async function openOnnxRuntime(
  spec: string,
  opset: number | undefined,
  timeoutSeconds: number,
  options: ProcessOptions = {},
): Promise<OpenSubject> {
  const { kind, precision } = choicesOf(spec)
  if (opset !== undefined && (opset < oldestOpset || opset > newestOpset))
    throw new SubjectUnavailable(spec, `opset ${opset} is none of those known, ${oldestOpset} to ${newestOpset}`)
  return openRuntimeProcess(spec, { kind, precision, ...(opset !== undefined && { opset }) }, timeoutSeconds, options)
}

function choicesOf(spec: string): { readonly kind: RuntimeKind; readonly precision: OperatorTerms['precision'] } {
  const [, ...choices] = spec.split(':')
  const kind = choices[0] === 'web' || choices[0] === 'node' ? choices[0] : undefined
  const [precision, ...rest] = kind === undefined ? choices : choices.slice(1)
  if (rest.length > 0 || (precision !== undefined && precision !== 'float32' && precision !== 'float64'))
    throw new SubjectUnavailable(
      spec,
      'it should be onnxruntime, onnxruntime:web, or one of them with a precision behind it, :float32 or :float64',
    )
  return { kind: kind ?? 'node', precision: precision ?? 'float32' }
}
