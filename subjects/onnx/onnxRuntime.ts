import { type Attributes, Failure, type Operator, type Precision } from '../../oracle/contract.js'
import { contract } from '../../oracle/index.js'
import { type Tensors, zeros } from '../../oracle/tensor.js'
import { validateCall } from '../../oracle/validation.js'
import type { Supports } from '../../properties/support.js'
import { type OpenSubject, SubjectUnavailable } from '../subject.js'
import { Graph } from './graph.js'
import { Runtime, type RuntimeKind } from './runtime.js'
import type { Translation } from './translation.js'
import { translations } from './translations.js'

/** Opsets in which operators can be written. */
export const oldestOpset = 13
export const newestOpset = 26

/** What `answerkey test` calls it: `onnxruntime`, `onnxruntime:web`, `onnxruntime:float64`, `onnxruntime:web:float64`. */
export function isOnnxRuntime(spec: string): boolean {
  return spec === 'onnxruntime' || spec.startsWith('onnxruntime:')
}

/**
 * ONNX Runtime as the user has it installed, seen from the working directory. Every operator is a model of one node or a few, built
 * when it is called. `chosen` is its opset, the newest that both know where not given. Throws SubjectUnavailable with the reason.
 */
export async function openOnnxRuntime(spec: string, chosen?: number): Promise<OpenSubject> {
  const { kind, precision } = choicesOf(spec)
  if (chosen !== undefined && (chosen < oldestOpset || chosen > newestOpset))
    throw new SubjectUnavailable(spec, `opset ${chosen} is none of those known, ${oldestOpset} to ${newestOpset}`)
  const runtime = await Runtime.load(kind, process.cwd())
  const opset = chosen ?? (await newestOf(runtime))
  const known = Object.entries(translations).filter(([, { since }]) => since <= opset)
  const supports: Supports = Object.fromEntries(
    known.flatMap(([name, translation]) => (translation.supports === undefined ? [] : [[name, translation.supports]])),
  )
  return {
    name: `${runtime.name}, opset ${opset}${precision === 'float32' ? '' : `, ${precision}`}`,
    precision,
    operators: Object.fromEntries(
      known.map(([name, translation]) => [name, operatorOf(name, translation, { runtime, opset, precision })]),
    ),
    supports,
    close: () => runtime.close(),
  }
}

/** The newest opset in which the runtime takes a model. The oldest known where it takes none. */
async function newestOf(runtime: Runtime): Promise<number> {
  for (let opset = newestOpset; opset > oldestOpset; opset--) if (await takes(runtime, opset)) return opset
  return oldestOpset
}

async function takes(runtime: Runtime, opset: number): Promise<boolean> {
  const graph = new Graph(opset, 'float32')
  graph.output('y', graph.node('Relu', [graph.input('x', zeros([1]))]))
  try {
    await runtime.run(graph.bytes(), graph.feeds)
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

function choicesOf(spec: string): { readonly kind: RuntimeKind; readonly precision: Precision } {
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

function operatorOf(
  name: string,
  translation: Translation,
  { runtime, opset, precision }: { readonly runtime: Runtime; readonly opset: number; readonly precision: Precision },
): Operator {
  return {
    async forward(inputs: Tensors, attributes: Attributes) {
      const call = validateCall(contract[name], inputs, attributes)
      const graph = new Graph(opset, precision)
      translation.build(graph, { inputs, attributes: call.attributes, outputShapes: call.outputShapes })
      const answers = await runtime.run(graph.bytes(), graph.feeds)
      return Object.fromEntries(
        graph.outputs.map(({ name: output, value, arrange }) => [output, arrange(answers[value])]),
      )
    },
  }
}
