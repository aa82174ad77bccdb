import { readFileSync } from 'node:fs'
import { Failure, type Implementation } from '../../oracle/contract.js'
import type { Tensors } from '../../oracle/tensor.js'
import { slotsOf } from './binding.js'
import type { Feed } from './graph.js'
import { decodeModel } from './messages.js'
import { Runtime } from './runtime.js'
import { asked, inputAt, outputAt } from './terms.js'

/** In the runtime's process: the model file as the one operator that is asked. */
export async function runtimeModel(path: string): Promise<Implementation> {
  const bytes = readFileSync(path)
  const model = decodeModel(bytes)
  const slots = slotsOf(model)
  const runtime = await loadRuntime()
  const forward = async (inputs: Tensors): Promise<Tensors> => {
    const feeds = slots.map((slot, i): [string, Feed] => {
      const x = inputs[inputAt(i)]
      if (x === undefined) throw new Failure('unimplemented', `no ${slot.name}`)
      return [slot.name, { type: slot.type, shape: x.shape, tensor: x }]
    })
    const answers = await runtime.run(bytes, Object.fromEntries(feeds))
    return Object.fromEntries(model.graph.output.map(({ name }, i) => [outputAt(i), answers[name]]))
  }
  // Seventeen digits are any number's, whatever the types of the file.
  return { name: runtime.name, precision: 'float64', operators: { [asked]: { forward } } }
}

/** The runtime for Node, or the one for the web where it is not there. */
async function loadRuntime(): Promise<Runtime> {
  try {
    return await Runtime.load('node', process.cwd())
  } catch (error) {
    try {
      return await Runtime.load('web', process.cwd())
    } catch {
      throw error
    }
  }
}
