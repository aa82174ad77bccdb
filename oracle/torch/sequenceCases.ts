import type { Tensor, Tensors } from '../tensor.js'
import type { CaseMaker, Random } from '../testing/random.js'

function recurrent(random: Random, gates: number): Tensors {
  const [T, N, I, H] = [5, 3, 4, 4].map((most) => random.integer(1, most))
  return {
    x: random.tensor([T, N, I]),
    weightInput: random.tensor([gates * H, I], 1),
    weightHidden: random.tensor([gates * H, H], 1),
    ...random.maybe({ h0: random.tensor([N, H]) }),
    ...random.maybe({ biasInput: random.tensor([gates * H]) }),
    ...random.maybe({ biasHidden: random.tensor([gates * H]) }),
    ...(gates === 4 ? random.maybe({ c0: random.tensor([N, H]) }) : {}),
  }
}

/** A mask that leaves every query the key of its own position, or the first: valid for causal attention too. */
function mask(random: Random, T: number, S: number): Tensor {
  const result = random.integers([T, S], 0, 1)
  for (let t = 0; t < T; t++) result.set(t, random.integer(0, Math.min(t, S - 1)), 1)
  return result
}

function attentionParameters(random: Random, E: number, prefix = ''): Tensors {
  const names = ['Query', 'Key', 'Value', 'Output']
  return Object.assign(
    Object.fromEntries(names.map((name) => [`${prefix}weight${name}`, random.tensor([E, E], 1)])),
    ...names.map((name) => random.maybe({ [`${prefix}bias${name}`]: random.tensor([E]) })),
  )
}

function normParameters(random: Random, E: number, part: string): Tensors {
  return { [`${part}.gain`]: random.tensor([E]), [`${part}.bias`]: random.tensor([E]) }
}

function feedForwardParameters(random: Random, E: number, F: number, prefix = ''): Tensors {
  return {
    [`${prefix}weight1`]: random.tensor([F, E], 1),
    [`${prefix}bias1`]: random.tensor([F]),
    [`${prefix}weight2`]: random.tensor([E, F], 1),
    [`${prefix}bias2`]: random.tensor([E]),
  }
}

/** Sizes of a layer; the width of a head is at least 2, so that no row that is normalized has one entry only. */
function layerSizes(random: Random) {
  const heads = random.integer(1, 3)
  const [N, T, S, F] = [2, 4, 4, 5].map((most) => random.integer(1, most))
  return { heads, N, T, S, F, E: heads * random.integer(2, 3) }
}

/** Random valid calls of the recurrent networks, the attentions and the transformer's layers. */
export const sequenceCases: Readonly<Record<string, CaseMaker>> = {
  rnn: (random) => ({
    inputs: recurrent(random, 1),
    attributes: random.maybe({ activation: random.pick('tanh', 'relu', 'identity') }),
  }),
  lstm: (random) => ({ inputs: recurrent(random, 4), attributes: {} }),
  gru: (random) => ({ inputs: recurrent(random, 3), attributes: {} }),
  gruResetBefore: (random) => ({ inputs: recurrent(random, 3), attributes: {} }),
  scaledDotProductAttention: (random) => {
    const causal = random.next() < 0.5
    const [T, D, M] = [4, 4, 3].map((most) => random.integer(1, most))
    const S = causal ? T : random.integer(1, 4)
    const leading = random.pick<readonly number[]>([], [2], [2, 1, 3])
    return {
      inputs: {
        query: random.tensor([...leading, T, D]),
        key: random.tensor([...leading, S, D]),
        value: random.tensor([...leading, S, M]),
        ...random.maybe({ mask: mask(random, T, S) }),
      },
      attributes: { ...random.maybe({ scale: random.between(-2, 2) }), ...(causal ? { causal } : {}) },
    }
  },
  multiHeadAttention: (random) => {
    const { heads, N, T, S, E } = layerSizes(random)
    const causal = random.next() < 0.5
    const keys = causal ? T : S
    return {
      inputs: {
        query: random.tensor([N, T, E]),
        key: random.tensor([N, keys, E]),
        value: random.tensor([N, keys, E]),
        ...attentionParameters(random, E),
        ...random.maybe({ mask: mask(random, T, keys) }),
      },
      attributes: { heads, ...(causal ? { causal } : {}) },
    }
  },
  luongAttention: (random) => {
    const score = random.pick('dot', 'general', 'concat')
    const [N, S, D, A] = [3, 4, 4, 4].map((most) => random.integer(1, most))
    const E = score === 'dot' ? D : random.integer(1, 4)
    return {
      inputs: {
        decoder: random.tensor([N, D]),
        encoder: random.tensor([N, S, E]),
        ...(score === 'general' ? { weight: random.tensor([D, E]) } : {}),
        ...(score === 'concat' ? { weight: random.tensor([A, D + E]), vector: random.tensor([A]) } : {}),
      },
      attributes: score === 'dot' ? random.maybe({ score }) : { score },
    }
  },
  // One sign only: two nearly perpendicular vectors would ask for more digits than a float64 comparison has.
  quadraticAttention: (random) => {
    const [T, S, D, M] = [4, 5, 4, 3].map((most) => random.integer(1, most))
    const positive = (rows: number) => {
      const x = random.tensor([rows, D])
      for (let i = 0; i < x.size; i++) x.data[i] = Math.abs(x.data[i])
      return x
    }
    return { inputs: { query: positive(T), key: positive(S), value: random.tensor([S, M]) }, attributes: {} }
  },
  feedForward: (random) => {
    const [E, F] = [random.integer(1, 4), random.integer(1, 5)]
    const leading = random.pick<readonly number[]>([], [3], [2, 3])
    return {
      inputs: { x: random.tensor([...leading, E]), ...feedForwardParameters(random, E, F) },
      attributes: {},
    }
  },
  encoderLayer: (random) => {
    const { heads, N, T, E, F } = layerSizes(random)
    return {
      inputs: {
        x: random.tensor([N, T, E]),
        ...attentionParameters(random, E, 'attention.'),
        ...normParameters(random, E, 'norm1'),
        ...feedForwardParameters(random, E, F, 'feedForward.'),
        ...normParameters(random, E, 'norm2'),
        ...random.maybe({ mask: mask(random, T, T) }),
      },
      attributes: { heads, ...random.maybe({ epsilon: random.between(1e-3, 1) }) },
    }
  },
  decoderLayer: (random) => {
    const { heads, N, T, S, E, F } = layerSizes(random)
    return {
      inputs: {
        x: random.tensor([N, T, E]),
        memory: random.tensor([N, S, E]),
        ...attentionParameters(random, E, 'selfAttention.'),
        ...normParameters(random, E, 'norm1'),
        ...attentionParameters(random, E, 'crossAttention.'),
        ...normParameters(random, E, 'norm2'),
        ...feedForwardParameters(random, E, F, 'feedForward.'),
        ...normParameters(random, E, 'norm3'),
      },
      attributes: { heads, ...random.maybe({ epsilon: random.between(1e-3, 1) }) },
    }
  },
}
