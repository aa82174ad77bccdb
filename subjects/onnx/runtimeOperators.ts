import { type Attributes, Failure, type Operator } from '../../oracle/contract.js'
import { contract } from '../../oracle/index.js'
import { type Tensors, zeros } from '../../oracle/tensor.js'
import { validateCall } from '../../oracle/validation.js'
import type { Supports } from '../../properties/support.js'
import { Graph } from './graph.js'
import { Runtime } from './runtime.js'
import type { Served } from './serve.js'
import { newestOpset, type OperatorTerms, oldestOpset } from './terms.js'
import type { Translation } from './translation.js'
import { translations } from './translations.js'

/** In the runtime's process: the operators, `chosen` being the opset of their models. */
export async function runtimeOperators({ kind, precision, opset: chosen }: OperatorTerms): Promise<Served> {
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

function operatorOf(
  name: string,
  translation: Translation,
  {
    runtime,
    opset,
    precision,
  }: Pick<OperatorTerms, 'precision'> & { readonly runtime: Runtime; readonly opset: number },
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
