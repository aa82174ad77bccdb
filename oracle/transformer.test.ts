import { describe, expect, it } from 'vitest'
import { layerNorm } from './normalization.js'
import { rowMajor, type Tensor, type Tensors, tensor, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'
import { decoderLayer, encoderLayer, feedForward } from './transformer.js'

const random = new Random(11)

function attention(part: string, E: number, biases: readonly string[]): Tensors {
  const weights = ['Query', 'Key', 'Value', 'Output'].map((name) => [`${part}.weight${name}`, random.tensor([E, E], 1)])
  return {
    ...Object.fromEntries(weights),
    ...Object.fromEntries(biases.map((name) => [`${part}.bias${name}`, random.tensor([E])])),
  }
}

function norm(part: string, E: number): Tensors {
  return { [`${part}.gain`]: random.tensor([E]), [`${part}.bias`]: random.tensor([E]) }
}

function fed(prefix: string, E: number, F: number): Tensors {
  return {
    [`${prefix}weight1`]: random.tensor([F, E]),
    [`${prefix}bias1`]: random.tensor([F]),
    [`${prefix}weight2`]: random.tensor([E, F]),
    [`${prefix}bias2`]: random.tensor([E]),
  }
}

function encoder(N: number, T: number, E: number, F: number, biases: readonly string[]): Tensors {
  return {
    x: random.tensor([N, T, E]),
    ...attention('attention', E, biases),
    ...norm('norm1', E),
    ...fed('feedForward.', E, F),
    ...norm('norm2', E),
  }
}

function decoder(N: number, T: number, S: number, E: number, F: number, biases: readonly string[]): Tensors {
  return {
    x: random.tensor([N, T, E]),
    memory: random.tensor([N, S, E]),
    ...attention('selfAttention', E, biases),
    ...norm('norm1', E),
    ...attention('crossAttention', E, biases),
    ...norm('norm2', E),
    ...fed('feedForward.', E, F),
    ...norm('norm3', E),
  }
}

const everyBias = ['Query', 'Key', 'Value', 'Output']
const calls: readonly Call[] = [
  { operator: 'feedForward', inputs: { x: random.tensor([2, 3, 2]), ...fed('', 2, 3) }, attributes: {} },
  {
    operator: 'encoderLayer',
    inputs: { ...encoder(2, 2, 4, 3, everyBias), mask: tensor([2, 2], [1, 0, 1, 1]) },
    attributes: { heads: 2, epsilon: 0.1 },
  },
  { operator: 'encoderLayer', inputs: encoder(1, 3, 2, 2, []), attributes: { heads: 1, epsilon: 0.5 } },
  { operator: 'decoderLayer', inputs: decoder(1, 3, 2, 4, 3, everyBias), attributes: { heads: 2, epsilon: 0.1 } },
  { operator: 'decoderLayer', inputs: decoder(1, 2, 1, 2, 2, ['Key']), attributes: { heads: 1, epsilon: 0.5 } },
]
describeCalls([feedForward, encoderLayer, decoderLayer], calls)

function first(x: Tensor, count: number): readonly number[] {
  return [...rowMajor(x)].slice(0, count)
}

/** The tensor with 1 added to its i-th entry in row-major order. */
function changedAt(x: Tensor, i: number): Tensor {
  const data = rowMajor(x).slice()
  data[i] += 1
  return tensor(x.shape, data)
}

describe('what is known of the layers', () => {
  it('feedForward is its formula, term by term', () => {
    const { x, weight1, bias1, weight2, bias2 } = calls[0].inputs
    const { y } = feedForward.forward(calls[0].inputs)
    for (let n = 0; n < 2; n++)
      for (let t = 0; t < 3; t++) {
        const hidden = [0, 1, 2].map((f) =>
          Math.max(0, weight1.get(f, 0) * x.get(n, t, 0) + weight1.get(f, 1) * x.get(n, t, 1) + bias1.get(f)),
        )
        for (const e of [0, 1]) {
          const sum = hidden.reduce((part, h, f) => part + weight2.get(e, f) * h, bias2.get(e))
          expect(y.get(n, t, e)).toBeCloseTo(sum, 13)
        }
      }
  })

  it('a layer whose sublayers answer 0 normalizes x twice', () => {
    const inputs = encoder(2, 3, 4, 3, [])
    const silent = {
      ...inputs,
      'attention.weightOutput': zeros([4, 4]),
      'feedForward.weight2': zeros([4, 3]),
      'feedForward.bias2': zeros([4]),
    }
    const once = layerNorm.forward({ x: inputs.x, gain: inputs['norm1.gain'], bias: inputs['norm1.bias'] })
    const twice = layerNorm.forward({ x: once.y, gain: inputs['norm2.gain'], bias: inputs['norm2.bias'] })
    expect([...rowMajor(encoderLayer.forward(silent, { heads: 2 }).y)]).toEqual([...rowMajor(twice.y)])
  })

  it('no position of a decoder layer sees what comes after it, each sees all of the memory', () => {
    const inputs = decoder(1, 3, 2, 4, 3, everyBias)
    const { y } = decoderLayer.forward(inputs, { heads: 2 })
    const later = decoderLayer.forward({ ...inputs, x: changedAt(inputs.x, 11) }, { heads: 2 })
    expect(first(later.y, 8)).toEqual(first(y, 8))
    expect(later.y.get(0, 2, 0)).not.toBe(y.get(0, 2, 0))
    const recalled = decoderLayer.forward({ ...inputs, memory: changedAt(inputs.memory, 7) }, { heads: 2 })
    expect(recalled.y.get(0, 0, 0)).not.toBe(y.get(0, 0, 0))
  })

  it('a masked position of an encoder layer does not reach the others', () => {
    const inputs: Tensors = { ...encoder(1, 2, 4, 3, everyBias), mask: tensor([2, 2], [1, 0, 1, 1]) }
    const { y } = encoderLayer.forward(inputs, { heads: 2 })
    const changed = encoderLayer.forward({ ...inputs, x: changedAt(inputs.x, 7) }, { heads: 2 })
    expect(first(changed.y, 4)).toEqual(first(y, 4))
  })
})

describe('refusals', () => {
  const inputs = encoder(1, 2, 4, 3, [])
  const { 'norm1.gain': _, ...withoutGain } = inputs
  it.each([
    [
      'heads that do not divide',
      () => encoderLayer.forward(inputs, { heads: 3 }),
      'encoderLayer: heads is 3; it should divide the 4 features',
    ],
    [
      'a mask that leaves no key',
      () => encoderLayer.forward({ ...inputs, mask: tensor([2, 2], [1, 0, 0, 0]) }, { heads: 2 }),
      'encoderLayer: mask leaves query 1 no key; every query should keep at least one',
    ],
    [
      'a gain left out',
      () => encoderLayer.forward(withoutGain, { heads: 2 }),
      'encoderLayer: input norm1.gain is missing; it should have shape [E]',
    ],
    [
      'a weight that does not fit',
      () => encoderLayer.forward({ ...inputs, 'feedForward.weight2': zeros([4, 2]) }, { heads: 2 }),
      'encoderLayer: feedForward.weight2 has 2 hidden units, feedForward.weight1 has 3',
    ],
    [
      'an epsilon of 0',
      () => encoderLayer.forward(inputs, { heads: 2, epsilon: 0 }),
      'encoderLayer: attribute epsilon is 0; it should be a number > 0',
    ],
    [
      'a mask for a decoder layer',
      () => decoderLayer.forward({ ...decoder(1, 2, 2, 2, 2, []), mask: zeros([2, 2]) }, { heads: 1 }),
      'decoderLayer: unknown input mask',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})
