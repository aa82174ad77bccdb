import type { Attributes, Operator } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import { defaultMemoryMegabytes } from './memory.js'
import { Pool, pipelined } from './pool.js'
import { printable } from './printable.js'
import { profileOf } from './protocol.js'
import type { OpenSubject } from './subject.js'

export interface ProcessOptions {
  /** Processes that share the calls; 1 where not given. Those beyond the first are started when there is work for them. */
  readonly workers?: number
  /** What the processes may hold together; three quarters of the machine's memory where not given. */
  readonly memoryMegabytes?: number
  /** Told every few seconds that the command has not said hello yet. */
  readonly onWaiting?: (seconds: number, limitSeconds: number) => void
}

/**
 * Opens a command that speaks the protocol (one JSON object a line, over standard input and output) as a subject. A call that
 * has not been answered after `timeoutSeconds`, or during which the process ends, writes what is no answer or holds too much
 * memory, is a Failure that shows its standard error, and the next call finds a fresh process. Throws SubjectUnavailable where
 * the command does not say hello.
 */
export async function openProcess(
  command: string,
  timeoutSeconds: number,
  { workers = 1, memoryMegabytes = defaultMemoryMegabytes(), onWaiting }: ProcessOptions = {},
): Promise<OpenSubject> {
  const pool = new Pool(command, {
    timeoutSeconds,
    workers,
    memoryBytes: (memoryMegabytes * 2 ** 20) / workers,
    onWaiting: onWaiting ?? (() => {}),
  })
  const hello = await pool.open()
  const operatorOf = (operator: string, hasBackward: boolean): Operator => ({
    forward: (inputs, attributes) => pool.ask({ operator, pass: 'forward', inputs, attributes, gradients: {} }),
    ...(hasBackward && {
      backward: (inputs: Tensors, attributes: Attributes, gradients: Tensors) =>
        pool.ask({ operator, pass: 'backward', inputs, attributes, gradients }),
    }),
  })
  const profile = profileOf(hello)
  return {
    name: printable(hello.name),
    precision: hello.precision,
    ...(profile !== undefined && { profile }),
    ...(hello.supports !== undefined && { supports: hello.supports }),
    ...(hello.dialects !== undefined && { dialects: hello.dialects }),
    operators: Object.fromEntries(
      Object.entries(hello.operators).map(([name, passes]) => [name, operatorOf(name, passes.includes('backward'))]),
    ),
    concurrency: workers * pipelined,
    workers,
    close: () => pool.close(),
  }
}
