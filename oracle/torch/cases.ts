import type { Attributes } from '../contract.js'
import { type Tensors, tensor } from '../tensor.js'
import type { CaseMaker, Random } from '../testing/random.js'
import {
  adaptiveAvgPool2d,
  conv1d,
  conv2d,
  depthwiseSeparableConv2d,
  localResponseNorm,
  patchEmbedding,
  pooling,
} from './imageCases.js'

// Ranges are narrowed where PyTorch loses digits to cancellation; cancellation.py shows that against arbitrary precision.

/** A shape of rank `least` to 4 with lengths 1 to 5. */
function anyShape(random: Random, least = 0): number[] {
  return Array.from({ length: random.integer(least, 4) }, () => random.integer(1, 5))
}

/** Up to ±3: further out PyTorch's own sigmoid, tanh and gelu lose digits to 1 − σ, 1 − tanh² and 1 + erf. */
function elementwise(attributes: (random: Random) => Attributes): CaseMaker {
  return (random) => ({
    inputs: { x: random.tensor(anyShape(random), random.pick(0.01, 1, 3)) },
    attributes: attributes(random),
  })
}

/** Up to ±scale: where one probability is near 1, PyTorch's own softmax gradient is what cancellation leaves. */
const alongAxis = (scale: number) => (random: Random) => {
  const shape = anyShape(random, 1)
  const axis = random.integer(-shape.length, shape.length - 1)
  return { inputs: { x: random.tensor(shape, random.pick(0.1, 1, scale)) }, attributes: random.maybe({ axis }) }
}

const reduction = (random: Random) => random.maybe({ reduction: random.pick('mean', 'sum', 'none') })

/** Rows of at least 4, and differences that epsilon does not drown: in short rows the gradient is what cancellation leaves. */
function layerNorm(random: Random) {
  const D = random.integer(4, 9)
  return {
    inputs: {
      x: random.tensor([...anyShape(random), D], random.pick(0.1, 1, 10)),
      ...random.maybe({ gain: random.tensor([D]) }),
      ...random.maybe({ bias: random.tensor([D]) }),
    },
    attributes: random.maybe({ epsilon: random.pick(1e-3, 0.1, 1) }),
  }
}

function batchNorm(random: Random) {
  const [N, C] = [random.integer(4, 6), random.integer(1, 4)]
  const training = random.next() < 0.5
  const statistics: Tensors = training
    ? {}
    : {
        mean: random.tensor([C]),
        variance: tensor(
          [C],
          Array.from({ length: C }, () => random.between(0.01, 4)),
        ),
      }
  return {
    inputs: {
      x: random.tensor([N, C, ...anyShape(random).slice(0, 3)]),
      ...random.maybe({ gain: random.tensor([C]) }),
      ...random.maybe({ bias: random.tensor([C]) }),
      ...statistics,
    },
    attributes: { ...(training ? {} : { training }), ...random.maybe({ epsilon: random.pick(1e-3, 0.1, 1) }) },
  }
}

function cosineSimilarity(random: Random) {
  const shape = [...anyShape(random).slice(0, 3), random.integer(2, 6)]
  return {
    inputs: { a: random.tensor(shape, random.pick(1, 100)), b: random.tensor(shape) },
    attributes: random.maybe({ epsilon: 1e-6 }),
  }
}

function negativeSampling(random: Random) {
  const [N, K, D] = [1, 2, 3].map(() => random.integer(1, 5))
  const scale = random.pick(1, 4)
  return {
    inputs: {
      center: random.tensor([N, D], scale),
      positive: random.tensor([N, D], scale),
      negatives: random.tensor([N, K, D], scale),
    },
    attributes: {},
  }
}

function infoNce(random: Random) {
  const shape = [random.integer(2, 6), random.integer(2, 5)]
  return {
    inputs: { query: random.tensor(shape), key: random.tensor(shape) },
    attributes: {
      ...{ temperature: random.between(0.5, 2) },
      ...random.maybe({ normalize: random.pick(true, false) }),
    },
  }
}

function adam(random: Random) {
  const shape = anyShape(random)
  return {
    inputs: {
      parameter: random.tensor(shape),
      gradient: random.tensor(shape),
      mean: random.tensor(shape),
      variance: tensor(shape, random.tensor(shape).data.map(Math.abs)),
    },
    attributes: {
      step: random.pick(1, 2, 10, 1000),
      ...random.maybe({ learningRate: random.between(0, 1) }),
      ...random.maybe({ beta1: random.between(0, 0.99) }),
      ...random.maybe({ beta2: random.between(0, 0.99) }),
      ...random.maybe({ epsilon: random.between(1e-8, 1e-2) }),
    },
  }
}

function crossEntropy(random: Random) {
  const [N, C] = [random.integer(1, 5), random.integer(1, 6)]
  return {
    inputs: { logits: random.tensor([N, C], random.pick(1, 30)), target: random.integers([N], 0, C - 1) },
    attributes: { ...random.maybe({ labelSmoothing: random.between(0, 1) }), ...reduction(random) },
  }
}

function binaryCrossEntropy(random: Random) {
  const shape = anyShape(random)
  const target = tensor(
    shape,
    random.tensor(shape).data.map((value) => random.pick(0, 1, Math.abs(value) / 2)),
  )
  return { inputs: { logits: random.tensor(shape, random.pick(0.1, 4)), target }, attributes: reduction(random) }
}

function matmul(random: Random) {
  const [M, K, N] = [random.integer(1, 5), random.integer(1, 5), random.integer(1, 5)]
  const leading = anyShape(random).slice(0, 2)
  const [ofA, ofB] = random.pick([leading, leading], [leading, []], [[], leading])
  return { inputs: { a: random.tensor([...ofA, M, K]), b: random.tensor([...ofB, K, N]) }, attributes: {} }
}

function linear(random: Random) {
  const [O, I] = [random.integer(1, 5), random.integer(1, 5)]
  return {
    inputs: {
      x: random.tensor([...anyShape(random).slice(0, 3), I]),
      weight: random.tensor([O, I]),
      ...random.maybe({ bias: random.tensor([O]) }),
    },
    attributes: {},
  }
}

function squaredError(random: Random) {
  const shape = anyShape(random)
  return {
    inputs: { prediction: random.tensor(shape), target: random.tensor(shape) },
    attributes: { ...random.maybe({ factor: random.pick(0.5, 3) }), ...reduction(random) },
  }
}

function meanOverTime(random: Random) {
  const [T, N, H] = [random.integer(1, 5), random.integer(1, 4), random.integer(1, 4)]
  return {
    inputs: { x: random.tensor([T, N, H]), ...random.maybe({ lengths: random.integers([N], 1, T) }) },
    attributes: {},
  }
}

function oneHot(random: Random) {
  const classes = random.integer(1, 6)
  return { inputs: { ids: random.integers(anyShape(random), 0, classes - 1) }, attributes: { classes } }
}

function embedding(random: Random) {
  const [V, D] = [random.integer(1, 6), random.integer(1, 4)]
  return { inputs: { ids: random.integers(anyShape(random), 0, V - 1), table: random.tensor([V, D]) }, attributes: {} }
}

function dropout(random: Random) {
  const shape = anyShape(random)
  return {
    inputs: { x: random.tensor(shape), mask: random.integers(shape, 0, 1) },
    attributes: { p: random.between(0, 0.9) },
  }
}

function contrastiveLoss(random: Random) {
  const [N, D] = [random.integer(1, 5), random.integer(1, 5)]
  return {
    inputs: { a: random.tensor([N, D]), b: random.tensor([N, D]), same: random.integers([N], 0, 1) },
    attributes: { ...random.maybe({ margin: random.between(0, 5) }), ...reduction(random) },
  }
}

function sgd(random: Random) {
  const shape = anyShape(random)
  return {
    inputs: {
      parameter: random.tensor(shape),
      gradient: random.tensor(shape),
      ...random.maybe({ velocity: random.tensor(shape) }),
    },
    attributes: {
      learningRate: random.between(0, 1),
      ...random.maybe({ momentum: random.between(0, 1) }),
      ...random.maybe({ weightDecay: random.between(0, 1) }),
    },
  }
}

/** Every operator of the non-sequence families that PyTorch has, or that is a few of its functions. */
export const cases: Readonly<Record<string, CaseMaker>> = {
  matmul,
  linear,
  squaredError,
  weightPenalty: (random) => ({
    inputs: { weight: random.tensor(anyShape(random)) },
    attributes: { lambda: random.between(0, 2), ...random.maybe({ norm: random.pick(1, 2) }) },
  }),
  maxPool2d: pooling(() => ({})),
  meanOverTime,
  dropout,
  oneHot,
  embedding,
  contrastiveLoss,
  momentumUpdate: (random) => {
    const shape = anyShape(random)
    return {
      inputs: { target: random.tensor(shape), online: random.tensor(shape) },
      attributes: random.maybe({ momentum: random.next() }),
    }
  },
  sgd,
  relu: elementwise(() => ({})),
  sigmoid: elementwise(() => ({})),
  tanh: elementwise(() => ({})),
  leakyRelu: elementwise((random) => random.maybe({ negativeSlope: random.between(0, 2) })),
  gelu: elementwise((random) => random.maybe({ approximate: random.pick('none', 'tanh') })),
  softmax: alongAxis(3),
  logSoftmax: alongAxis(1e4),
  crossEntropy,
  binaryCrossEntropy,
  conv1d,
  conv2d,
  depthwiseSeparableConv2d,
  avgPool2d: pooling((random) => random.maybe({ countIncludePad: false })),
  adaptiveAvgPool2d,
  layerNorm,
  batchNorm,
  localResponseNorm,
  patchEmbedding,
  cosineSimilarity,
  negativeSampling,
  infoNce,
  ntXent: (random) => ({
    inputs: { z: random.tensor([2 * random.integer(1, 4), random.integer(2, 5)]) },
    attributes: random.maybe({ temperature: random.between(0.05, 2) }),
  }),
  adam,
}
