import type { Tensor } from '../tensor.js'
import type { CaseMaker, Random } from '../testing/random.js'

function image(random: Random): Tensor {
  return random.tensor([random.integer(1, 2), random.integer(1, 3), random.integer(1, 6), random.integer(1, 6)])
}

/** Random valid calls of the autoencoders, the adversarial losses and the augmentations. */
export const generativeCases: Readonly<Record<string, CaseMaker>> = {
  linearAutoencoder: (random) => {
    const [M, N, K] = [4, 5, 4].map((most) => random.integer(1, most))
    return {
      inputs: { x: random.tensor([M, N]), encoder: random.tensor([K, M]), decoder: random.tensor([M, K]) },
      attributes: random.maybe({ lambda: random.between(0, 2) }),
    }
  },
  recursiveAutoencoder: (random) => {
    const [N, D, P, C] = [4, 3, 4, 4].map((most) => random.integer(1, most))
    return {
      inputs: {
        left: random.tensor([N, D]),
        right: random.tensor([N, D]),
        target: random.integers([N], 0, C - 1),
        weight1: random.tensor([P, 2 * D]),
        bias1: random.tensor([P]),
        weight2: random.tensor([2 * D, P]),
        bias2: random.tensor([2 * D]),
        weight3: random.tensor([C, P]),
        bias3: random.tensor([C]),
      },
      attributes: {},
    }
  },
  discriminatorLoss: (random) => {
    const N = random.integer(1, 6)
    const scale = random.pick(1, 20, 1e4)
    return { inputs: { real: random.tensor([N], scale), fake: random.tensor([N], scale) }, attributes: {} }
  },
  generatorLoss: (random) => ({
    inputs: { fake: random.tensor([random.integer(1, 6)], random.pick(1, 20, 1e4)) },
    attributes: random.maybe({ kind: random.pick('nonSaturating', 'minimax') }),
  }),
  horizontalFlip: (random) => ({ inputs: { image: image(random) }, attributes: {} }),
  gaussianBlur: (random) => {
    const x = image(random)
    const radius = random.integer(0, Math.min(x.shape[2], x.shape[3]) - 1)
    return { inputs: { image: x }, attributes: { sigma: random.between(0.3, 3), radius } }
  },
  adjustColor: (random) => {
    const x = image(random)
    const C = x.shape[1]
    return { inputs: { image: x, scale: random.tensor([C]), shift: random.tensor([C]) }, attributes: {} }
  },
  crop: (random) => {
    const x = image(random)
    const [top, left] = [random.integer(0, x.shape[2] - 1), random.integer(0, x.shape[3] - 1)]
    const [height, width] = [random.integer(1, x.shape[2] - top), random.integer(1, x.shape[3] - left)]
    return { inputs: { image: x }, attributes: { top, left, height, width } }
  },
  resize: (random) => ({
    inputs: { image: image(random) },
    attributes: { height: random.integer(1, 12), width: random.integer(1, 12) },
  }),
}
