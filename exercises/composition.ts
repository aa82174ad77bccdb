import type { Operator } from '../oracle/contract.js'
import { type Tensor, type Tensors, zeros } from '../oracle/tensor.js'
import { forward } from './computation.js'
import type { Operators } from './exercise.js'
import { gradientsOf, plus } from './training.js'

/**
 * The operators, with layers of Transformers put together from their parts: `multiHeadAttention`, `layerNorm` and `feedForward`,
 * by the formulas of Attention Is All You Need (2017), section 3.1. Each part is a call of its own, which can be recorded.
 */
export function composed(operators: Operators): Operators {
  return {
    ...operators,
    encoderLayer: layer(operators, [{ attention: 'attention', norm: 'norm1', causal: false, reads: 'x' }], 'norm2'),
    decoderLayer: layer(
      operators,
      [
        { attention: 'selfAttention', norm: 'norm1', causal: true, reads: 'x' },
        { attention: 'crossAttention', norm: 'norm2', causal: false, reads: 'memory' },
      ],
      'norm3',
    ),
  }
}

/** An attention to the layer's own sequence or to the memory, and the norm behind it. */
interface Sublayer {
  readonly attention: string
  readonly norm: string
  readonly causal: boolean
  readonly reads: 'x' | 'memory'
}

/** The tensors whose names begin with a part's name, under the part's own names. */
function partOf(tensors: Tensors, part: string): Tensors {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${part}.`))
  return Object.fromEntries(own.map(([name, x]) => [name.slice(part.length + 1), x]))
}

/** The gradients of a part's parameters, under the layer's names. */
function parametersOf(part: string, { x, query, key, value, ...parameters }: Tensors): Tensors {
  return Object.fromEntries(Object.entries(parameters).map(([name, gradient]) => [`${part}.${name}`, gradient]))
}

/** What a layer does: every sublayer's calls, in the order in which x passes them. */
async function passed(
  operators: Operators,
  sublayers: readonly Sublayer[],
  lastNorm: string,
  inputs: Tensors,
  { heads, epsilon = 1e-5 }: Readonly<Record<string, unknown>>,
) {
  const ofNorm = { epsilon: Number(epsilon) }
  let { x } = inputs
  const attended = []
  for (const { attention, norm, causal, reads } of sublayers) {
    const read = reads === 'x' ? x : inputs.memory
    const mask: Tensors = reads === 'x' && inputs.mask !== undefined ? { mask: inputs.mask } : {}
    const call = { query: x, key: read, value: read, ...partOf(inputs, attention), ...mask }
    const settings = { heads: Number(heads), causal }
    const output = await forward(operators, 'multiHeadAttention', 'output', call, settings)
    const normed = { x: plus(output, x), ...partOf(inputs, norm) }
    attended.push({ call, settings, normed })
    x = await forward(operators, 'layerNorm', 'y', normed, ofNorm)
  }
  const fed = { x, ...partOf(inputs, 'feedForward') }
  const last = { x: plus(await forward(operators, 'feedForward', 'y', fed), x), ...partOf(inputs, lastNorm) }
  return { attended, fed, last, ofNorm }
}

function layer(operators: Operators, sublayers: readonly Sublayer[], lastNorm: string): Operator {
  return {
    async forward(inputs, attributes = {}) {
      const { last, ofNorm } = await passed(operators, sublayers, lastNorm, inputs, attributes)
      return { y: await forward(operators, 'layerNorm', 'y', last, ofNorm) }
    },
    /** The parts in reverse order; what enters a sum goes on unchanged to both of its terms. */
    async backward(inputs, attributes, { y }) {
      const { attended, fed, last, ofNorm } = await passed(operators, sublayers, lastNorm, inputs, attributes)
      const ofLast = await gradientsOf(operators, 'layerNorm', last, { y }, ofNorm)
      const ofFed = await gradientsOf(operators, 'feedForward', fed, { y: ofLast.x })
      let gradient = plus(ofFed.x, ofLast.x)
      let memory: Tensor | undefined
      const parameters = { ...parametersOf(lastNorm, ofLast), ...parametersOf('feedForward', ofFed) }
      for (const [i, { attention, norm, reads }] of [...sublayers.entries()].reverse()) {
        const { call, settings, normed } = attended[i]
        const ofNormed = await gradientsOf(operators, 'layerNorm', normed, { y: gradient }, ofNorm)
        const [N, T] = call.query.shape
        const weights = zeros([N, settings.heads, T, call.key.shape[1]])
        const ofOutput = { output: ofNormed.x, weights }
        const back = await gradientsOf(operators, 'multiHeadAttention', call, ofOutput, settings)
        const ofRead = plus(back.key, back.value)
        gradient = plus(ofNormed.x, back.query)
        if (reads === 'x') gradient = plus(gradient, ofRead)
        else memory = ofRead
        Object.assign(parameters, parametersOf(norm, ofNormed), parametersOf(attention, back))
      }
      return { x: gradient, ...(memory === undefined ? {} : { memory }), ...parameters }
    },
  }
}
