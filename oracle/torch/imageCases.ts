import type { Attributes } from '../contract.js'
import type { CaseMaker, Random } from '../testing/random.js'

/** Kernel, stride, padding, dilation and an input length for one axis, such that the window fits. */
function axisSettings(random: Random) {
  const [kernel, stride, padding, dilation] = [1, 1, 0, 1].map((least) => random.integer(least, 3))
  const window = dilation * (kernel - 1) + 1
  return { kernel, stride, padding, dilation, length: Math.max(1, window - 2 * padding) + random.integer(0, 5) }
}

function channels(random: Random) {
  const groups = random.pick(1, 1, 2, 3)
  return { groups, C: groups * random.integer(1, 2), O: groups * random.integer(1, 3), N: random.integer(1, 3) }
}

export function conv1d(random: Random) {
  const { kernel, length, stride, padding, dilation } = axisSettings(random)
  const { groups, C, O, N } = channels(random)
  return {
    inputs: {
      x: random.tensor([N, C, length]),
      weight: random.tensor([O, C / groups, kernel]),
      ...random.maybe({ bias: random.tensor([O]) }),
    },
    attributes: { stride, padding, dilation, groups },
  }
}

export function conv2d(random: Random) {
  const [high, wide] = [axisSettings(random), axisSettings(random)]
  const { groups, C, O, N } = channels(random)
  return {
    inputs: {
      x: random.tensor([N, C, high.length, wide.length]),
      weight: random.tensor([O, C / groups, high.kernel, wide.kernel]),
      ...random.maybe({ bias: random.tensor([O]) }),
    },
    attributes: {
      stride: [high.stride, wide.stride],
      padding: [high.padding, wide.padding],
      dilation: [high.dilation, wide.dilation],
      groups,
    },
  }
}

export function depthwiseSeparableConv2d(random: Random) {
  const [high, wide] = [axisSettings(random), axisSettings(random)].map((axis) => ({
    ...axis,
    length: axis.length + axis.kernel,
  }))
  const { C, O, N } = channels(random)
  return {
    inputs: {
      x: random.tensor([N, C, high.length, wide.length]),
      depthwise: random.tensor([C, 1, high.kernel, wide.kernel]),
      pointwise: random.tensor([O, C, 1, 1]),
      ...random.maybe({ bias: random.tensor([O]) }),
    },
    attributes: { stride: [high.stride, wide.stride], padding: [high.padding, wide.padding] },
  }
}

export function pooling(attributes: (random: Random) => Attributes): CaseMaker {
  return (random) => {
    const [kernel, stride] = [0, 1].map(() => [random.integer(1, 4), random.integer(1, 3)])
    const padding = kernel.map((length) => random.integer(0, Math.floor(length / 2)))
    const image = kernel.map((length) => length + random.integer(0, 4))
    return {
      inputs: { x: random.tensor([random.integer(1, 2), random.integer(1, 3), ...image]) },
      attributes: { kernel, padding, ...random.maybe({ stride }), ...attributes(random) },
    }
  }
}

export function adaptiveAvgPool2d(random: Random) {
  const [H, W] = [random.integer(1, 8), random.integer(1, 8)]
  return {
    inputs: { x: random.tensor([random.integer(1, 2), random.integer(1, 3), H, W]) },
    attributes: { output: [random.integer(1, H), random.integer(1, W)] },
  }
}

export function localResponseNorm(random: Random) {
  const shape = [random.integer(1, 2), random.integer(1, 9), random.integer(1, 4), random.integer(1, 4)]
  return {
    inputs: { x: random.tensor(shape, 5) },
    attributes: {
      ...random.maybe({ size: random.pick(1, 3, 7) }),
      ...random.maybe({ alpha: random.between(0, 2) }),
      ...random.maybe({ beta: random.between(0, 2) }),
      ...random.maybe({ k: random.between(0.1, 3) }),
    },
  }
}

export function patchEmbedding(random: Random) {
  const [patch, N, C, D] = [1, 2, 3, 4].map(() => random.integer(1, 3))
  return {
    inputs: {
      image: random.tensor([N, C, patch * random.integer(1, 3), patch * random.integer(1, 3)]),
      weight: random.tensor([D, C * patch * patch]),
      ...random.maybe({ bias: random.tensor([D]) }),
    },
    attributes: { patch },
  }
}
