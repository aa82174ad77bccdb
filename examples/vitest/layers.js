// Two layers as somebody might write them, on nested arrays. layers.test.js holds them against the laws.
export const precision = 'float64'
export const tensors = 'nested'

const map = (x, f) => (Array.isArray(x) ? x.map((entry) => map(entry, f)) : f(x))
const shapeOf = (x) => (Array.isArray(x) ? [x.length, ...shapeOf(x[0])] : [])
const areFinite = (x) => [x].flat(Number.POSITIVE_INFINITY).every(Number.isFinite)

/** Refuses whatever is not exactly one finite x and these attributes. */
function checked(name, { x, ...others }, attributes, known) {
  for (const surplus of Object.keys(others)) throw new RangeError(`${name}: it takes no input ${surplus}`)
  if (x === undefined || !areFinite(x)) throw new RangeError(`${name}: x should be finite numbers`)
  for (const attribute of Object.keys(attributes))
    if (!known.includes(attribute)) throw new RangeError(`${name}: it has no attribute ${attribute}`)
  return x
}

/** The gradient with respect to y, zeros where none is given. */
function checkedGradient(name, { y, ...others }, x) {
  for (const surplus of Object.keys(others)) throw new RangeError(`${name}: it has no output ${surplus}`)
  if (y === undefined) return map(x, () => 0)
  if (!areFinite(y) || String(shapeOf(y)) !== String(shapeOf(x)))
    throw new RangeError(`${name}: the gradient should be finite and of shape [${shapeOf(x)}]`)
  return y
}

const zipped = (a, b, f) => (Array.isArray(a) ? a.map((entry, i) => zipped(entry, b[i], f)) : f(a, b))

const rectified = (value) => (value > 0 ? value : 0)

const squashed = (value) => 1 / (1 + Math.exp(-value))

export const operators = {
  relu: {
    forward: (inputs, attributes) => ({ y: map(checked('relu', inputs, attributes, []), rectified) }),
    backward(inputs, attributes, gradients) {
      const x = checked('relu', inputs, attributes, [])
      return { x: zipped(x, checkedGradient('relu', gradients, x), (value, g) => (value > 0 ? g : 0)) }
    },
  },
  sigmoid: {
    forward: (inputs, attributes) => ({ y: map(checked('sigmoid', inputs, attributes, []), squashed) }),
  },
}
