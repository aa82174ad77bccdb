import { add } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { feed, feedBackward, feedForwardOf } from './feedForward.js'
import { type LayerSettings, layerNormalize, layerNormalizeBackward } from './layerNormalization.js'
import { attendInHeads, attendInHeadsBackward, type MultiHead, projectionsOf } from './multiHeadAttention.js'
import type { GpuCall, GpuOperator } from './operator.js'

type Gradients = Readonly<Record<string, DeviceArray>>

/** What an answer's backward pass hands on: the gradient of x, and those of all else, under the layer's names. */
interface Passed {
  readonly x: DeviceArray
  readonly others: Gradients
}

/** One part of a layer after its forward pass. */
interface Part {
  readonly y: DeviceArray
  backward(gradient: DeviceArray): Promise<Passed>
}

/** Gradients of a part's parameters, under the layer's names. */
function named(part: string, { x, query, key, value, ...parameters }: Gradients): Gradients {
  return Object.fromEntries(Object.entries(parameters).map(([name, gradient]) => [`${part}.${name}`, gradient]))
}

function multiHeadOf(call: GpuCall, part: string, S: number, causal: boolean): MultiHead {
  const { N, T, E } = call.sizes
  const settings = { heads: call.number('heads'), causal, mask: call.optional('mask') }
  return { ...{ N, T, S, E }, ...settings, ...projectionsOf(call, `${part}.`) }
}

/** Attention of x to itself. */
async function toItself(call: GpuCall, part: string, x: DeviceArray, causal: boolean): Promise<Part> {
  const { workspace } = call
  const layer = multiHeadOf(call, part, call.sizes.T, causal)
  const read = { query: x, key: x, value: x }
  const { output: y, ...kept } = await attendInHeads(workspace, layer, read)
  return {
    y,
    backward: async (output) => {
      const all = await attendInHeadsBackward(workspace, layer, read, kept, output)
      const sum = await add(workspace, all.query, await add(workspace, all.key, all.value))
      return { x: sum, others: named(part, all) }
    },
  }
}

/** Attention of x to the memory. */
async function toMemory(call: GpuCall, part: string, x: DeviceArray): Promise<Part> {
  const { workspace } = call
  const memory = call.input('memory')
  const layer = multiHeadOf(call, part, call.sizes.S, false)
  const read = { query: x, key: memory, value: memory }
  const { output: y, ...kept } = await attendInHeads(workspace, layer, read)
  return {
    y,
    backward: async (output) => {
      const all = await attendInHeadsBackward(workspace, layer, read, kept, output)
      const ofMemory = await add(workspace, all.key, all.value)
      return { x: all.query, others: { ...named(part, all), memory: ofMemory } }
    },
  }
}

async function feeding(call: GpuCall, part: string, x: DeviceArray): Promise<Part> {
  const layers = feedForwardOf(call, `${part}.`)
  const { y, hidden } = await feed(call.workspace, x, layers)
  return {
    y,
    backward: async (gradient) => {
      const all = await feedBackward(call.workspace, x, layers, hidden, gradient)
      return { x: all.x, others: named(part, all) }
    },
  }
}

/** LayerNorm(x + inner(x)); what enters the sum goes back unchanged to both of its terms. */
async function residual(call: GpuCall, norm: string, x: DeviceArray, inner: Part): Promise<Part> {
  const { workspace } = call
  const [gain, bias] = [call.input(`${norm}.gain`), call.input(`${norm}.bias`)]
  const settings: LayerSettings = { length: call.sizes.E, epsilon: call.number('epsilon') }
  const sum = await add(workspace, inner.y, x)
  return {
    y: await layerNormalize(workspace, sum, gain, bias, settings),
    backward: async (gradient) => {
      const ofNorm = await layerNormalizeBackward(workspace, sum, gain, gradient, settings)
      const ofInner = await inner.backward(ofNorm.x)
      return {
        x: await add(workspace, ofNorm.x, ofInner.x),
        others: { ...ofInner.others, ...named(norm, ofNorm) },
      }
    },
  }
}

type MakePart = (x: DeviceArray) => Promise<Part>

/** Parts one after the other; nothing leaves the device between them. */
async function chain(x: DeviceArray, makers: readonly MakePart[]): Promise<Part> {
  const parts: Part[] = []
  let y = x
  for (const make of makers) {
    const part = await make(y)
    parts.push(part)
    y = part.y
  }
  return {
    y,
    backward: async (gradient) => {
      let passed: Passed = { x: gradient, others: {} }
      for (const part of parts.toReversed()) {
        const before = await part.backward(passed.x)
        passed = { x: before.x, others: { ...passed.others, ...before.others } }
      }
      return passed
    },
  }
}

function encode(call: GpuCall): Promise<Part> {
  return chain(call.input('x'), [
    async (x) => residual(call, 'norm1', x, await toItself(call, 'attention', x, false)),
    async (x) => residual(call, 'norm2', x, await feeding(call, 'feedForward', x)),
  ])
}

function decode(call: GpuCall): Promise<Part> {
  return chain(call.input('x'), [
    async (x) => residual(call, 'norm1', x, await toItself(call, 'selfAttention', x, true)),
    async (x) => residual(call, 'norm2', x, await toMemory(call, 'crossAttention', x)),
    async (x) => residual(call, 'norm3', x, await feeding(call, 'feedForward', x)),
  ])
}

function layer(run: (call: GpuCall) => Promise<Part>): GpuOperator {
  return {
    forward: async (call) => ({ y: (await run(call)).y }),
    backward: async (call) => {
      const { x, others } = await (await run(call)).backward(call.gradient('y'))
      return Object.fromEntries(Object.entries({ x, ...others }).filter(([name]) => name in call.shapes))
    },
  }
}

export const encoderLayer: GpuOperator = layer(encode)

export const decoderLayer: GpuOperator = layer(decode)
