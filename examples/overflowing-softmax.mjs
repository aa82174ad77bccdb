// A softmax as it is often written at first: right for small numbers. `answerkey test examples/overflowing-softmax.mjs` says
// what is wrong with it.
export const tensors = 'nested'

const isRow = (x) => typeof x[0] === 'number'

function softmaxOf(row) {
  const exponentials = row.map((value) => Math.exp(value))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map((value) => value / sum)
}

function along(x, axis) {
  if (axis > 0) return x.map((part) => along(part, axis - 1))
  if (isRow(x)) return softmaxOf(x)
  const columns = x[0].map((_, j) =>
    along(
      x.map((part) => part[j]),
      0,
    ),
  )
  return x.map((_, i) => columns.map((column) => column[i]))
}

const rankOf = (x) => (Array.isArray(x) ? 1 + rankOf(x[0]) : 0)

export const operators = {
  softmax: {
    forward({ x, ...others }, { axis, ...settings }) {
      const rank = rankOf(x)
      if (Object.keys({ ...others, ...settings }).length > 0) throw new Error('softmax: it takes x and axis')
      if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
        throw new Error(`softmax: axis ${axis} is out of range`)
      if (!x.flat(Number.POSITIVE_INFINITY).every(Number.isFinite)) throw new Error('softmax: x is not finite')
      return { y: along(x, axis < 0 ? axis + rank : axis) }
    },
  },
}
