import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Tensor, Tensors } from '../../oracle/tensor.js'
import { openProcess, type ProcessOptions } from '../process.js'
import { shellWord } from '../shell.js'
import { type OpenSubject, SubjectUnavailable } from '../subject.js'
import { slotsOf } from './binding.js'
import { decodeModel } from './messages.js'
import { asked, inputAt, outputAt, type RuntimeTerms } from './terms.js'

/**
 * Starts ONNX Runtime in a process of its own: a call that takes longer than `timeoutSeconds`, that crashes its native code, or during
 * which it holds too much memory fails, and the next call finds a fresh process. `subject` is what the user knows it by. Throws
 * SubjectUnavailable where it does not start.
 */
export async function openRuntimeProcess(
  subject: string,
  terms: RuntimeTerms,
  timeoutSeconds: number,
  options: ProcessOptions,
): Promise<OpenSubject> {
  const file = fileURLToPath(new URL('./runtimeProcess.js', import.meta.url))
  const argument = Buffer.from(JSON.stringify(terms)).toString('base64url')
  const command = [process.execPath, file, argument].map(shellWord).join(' ')
  try {
    return await openProcess(command, timeoutSeconds, options)
  } catch (error) {
    if (!(error instanceof SubjectUnavailable)) throw error
    // It names a command of this project, of which the user has not heard.
    const why = error.message.replace(`${command}: `, '').replace(/^it refused the hello: /, '')
    throw new SubjectUnavailable(subject, why)
  }
}

/** A model file that runs in a process of its own. */
export interface RunningModel {
  /** The runtime and its version. */
  readonly runtime: string
  /** Its outputs for these inputs, by the names of both in the file. Throws a Failure where there are none. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}

/** Runs a model file in a process of its own; see openRuntimeProcess. */
export async function openModel(path: string, timeoutSeconds: number, options: ProcessOptions): Promise<RunningModel> {
  const model = decodeModel(readFileSync(path))
  const slots = slotsOf(model)
  const { name, operators, close } = await openRuntimeProcess(path, { model: path }, timeoutSeconds, options)
  return {
    runtime: name,
    async run(feeds) {
      const inputs = Object.fromEntries(slots.map((slot, i) => [inputAt(i), feeds[slot.name]]))
      const answers: Tensors = await operators[asked].forward(inputs, {})
      return Object.fromEntries(model.graph.output.map((output, i) => [output.name, answers[outputAt(i)]]))
    },
    close,
  }
}
